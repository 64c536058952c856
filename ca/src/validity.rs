//! How long a certificate counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::Undecodable;

/// From when until when a certificate counts, both in unix seconds and both inclusive (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u64, u64)", into = "(u64, u64)")]
pub struct Validity {
    not_before: u64,
    not_after: u64,
}

/// A span that no certificate can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate cannot be valid from {not_before} to {not_after} (unix seconds)")]
pub struct InvalidValidity {
    not_before: u64,
    not_after: u64,
}

impl Validity {
    /// `not_before..=not_after`; the end must lie after the start and before the year 10000.
    pub fn new(not_before: u64, not_after: u64) -> Result<Self, InvalidValidity> {
        if not_before < not_after && not_after <= END_OF_9999 {
            return Ok(Self { not_before, not_after });
        }
        Err(InvalidValidity { not_before, not_after })
    }

    /// `ttl` from `now` (unix seconds) on; it starts a minute early, for peers whose clock is behind.
    pub fn starting(now: u64, ttl: Duration) -> Result<Self, InvalidValidity> {
        Self::new(now.saturating_sub(CLOCK_SKEW), now.saturating_add(ttl.as_secs()))
    }

    /// The same, cut so that it does not outlive its issuer; `None` when nothing is left after `self`'s start.
    pub fn within(self, issuer: Self) -> Option<Self> {
        let not_before = self.not_before.max(issuer.not_before);
        let not_after = self.not_after.min(issuer.not_after);
        Self::new(not_before, not_after).ok()
    }

    /// That of a certificate (DER, nothing behind it).
    ///
    /// # Errors
    /// It does not decode, or its span is none that we sign.
    pub fn of_certificate(der: &[u8]) -> Result<Self, Undecodable> {
        let Ok(([], parsed)) = X509Certificate::from_der(der) else {
            return Err(Undecodable);
        };
        let (from, until) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        let (Ok(from), Ok(until)) = (from.try_into(), until.try_into()) else {
            return Err(Undecodable);
        };
        Self::new(from, until).map_err(|_| Undecodable)
    }

    /// First second that counts.
    pub fn not_before(self) -> u64 {
        self.not_before
    }

    /// Last second that counts.
    pub fn not_after(self) -> u64 {
        self.not_after
    }

    /// When more than half of the span has passed: from here on a renewal is due.
    pub fn half_life(self) -> u64 {
        self.not_before + (self.not_after - self.not_before) / 2
    }

    /// Whether `now` lies after the end.
    pub fn is_over(self, now: u64) -> bool {
        now > self.not_after
    }
}

impl TryFrom<(u64, u64)> for Validity {
    type Error = InvalidValidity;

    fn try_from((not_before, not_after): (u64, u64)) -> Result<Self, InvalidValidity> {
        Self::new(not_before, not_after)
    }
}

impl From<Validity> for (u64, u64) {
    fn from(validity: Validity) -> Self {
        (validity.not_before, validity.not_after)
    }
}

/// 9999-12-31T23:59:59Z, the last moment a certificate can name.
const END_OF_9999: u64 = 253_402_300_799;

/// Seconds; the same minute that Consul grants.
const CLOCK_SKEW: u64 = 60;
