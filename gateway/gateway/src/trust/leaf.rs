//! What a signed certificate says that a gateway needs to know.

use std::time::Duration;

use bytes::Bytes;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Least time until a renewal, whatever a certificate says.
const LEAST: Duration = Duration::from_secs(10);

/// Time from `now` (unix seconds) until half of the certificate's life is over: then a new one is due.
///
/// # Errors
/// It does not parse.
pub(super) fn until_half_life(leaf: &Bytes, now: u64) -> Result<Duration, String> {
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|error| format!("the signed certificate does not parse: {error}"))?;
    let seconds = |time: i64| u64::try_from(time).unwrap_or(0);
    let span = certificate.validity();
    let (from, until) = (seconds(span.not_before.timestamp()), seconds(span.not_after.timestamp()));
    let half = from + until.saturating_sub(from) / 2;
    Ok(Duration::from_secs(half.saturating_sub(now)).max(LEAST))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ca::Validity;
    use ca::issue::{PrivateKey, Serial};

    #[test]
    fn renewal_is_due_at_half_life() {
        let validity = Validity::new(1_800_000_000, 1_800_002_000).unwrap();
        let leaf = PrivateKey::generate().unwrap().self_signed(validity, Serial::from_random([1; 16])).unwrap();
        let leaf = Bytes::copy_from_slice(&leaf);
        assert_eq!(until_half_life(&leaf, 1_800_000_100).unwrap(), Duration::from_secs(900));
        assert_eq!(until_half_life(&leaf, 1_900_000_000).unwrap(), LEAST);
        assert!(until_half_life(&Bytes::from_static(b"nonsense"), 0).is_err());
    }
}
