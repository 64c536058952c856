//! gzip, for clients that take it.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Response, header};
use std::io::Write;

/// Shorter bodies grow, or gain less than a packet.
const LEAST: usize = 1400;

/// Compresses the body of `response` if the client takes gzip and it is worth it.
pub(crate) fn compress(accept: &HeaderMap, mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if response.body().len() < LEAST || !takes_gzip(accept) {
        return response;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(response.body().len() / 4), Compression::fast());
    // Writing into a vector does not fail; if it ever did, the plain body is as good an answer.
    let Ok(compressed) = encoder.write_all(response.body()).and_then(|()| encoder.finish()) else {
        return response;
    };
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.map(|_| compressed.into())
}

/// RFC 9110, 12.5.3: `gzip` or `*`, unless its weight is zero.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut weights = accepted.filter_map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next()?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        (name.eq_ignore_ascii_case("gzip") || name == "*").then_some((name == "*", weight))
    });
    let mut best: Option<(bool, f32)> = None;
    for candidate in weights.by_ref() {
        // A weight for gzip itself counts more than one for everything.
        if best.is_none_or(|(wildcard, _)| wildcard && !candidate.0) {
            best = Some(candidate);
        }
    }
    best.is_some_and(|(_, weight)| weight > 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn weights_are_heeded() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        for yes in ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "*;q=0, gzip"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "deflate", "gzip;q=0", "gzip;q=0, *"] {
            assert!(!takes(no), "{no}");
        }
    }

    #[test]
    fn long_bodies_shrink_and_short_ones_stay() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(compress(&headers, Response::new(Bytes::from(vec![b'a'; 10_000]))).body().len() < 200);
        assert_eq!(compress(&headers, Response::new(Bytes::from_static(b"true"))).body(), "true");
    }
}
