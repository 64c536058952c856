//! The federation's trust domain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::name::shortened;

/// `<uuid>.consul`: the cluster's uuid in lower case (made once, in the primary) and the literal suffix `consul`,
/// whatever the DNS domain is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustDomain(Box<str>);

/// Not `<lower-case uuid>.consul`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trust domain {0:?} is not <lower-case uuid>.consul")]
pub struct InvalidTrustDomain(String);

impl TrustDomain {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight hex digits, which Consul puts into certificate names.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl FromStr for TrustDomain {
    type Err = InvalidTrustDomain;

    fn from_str(text: &str) -> Result<Self, InvalidTrustDomain> {
        match text.strip_suffix(".consul") {
            Some(uuid) if is_uuid(uuid) => Ok(Self(text.into())),
            _ => Err(InvalidTrustDomain(shortened(text))),
        }
    }
}

impl TryFrom<String> for TrustDomain {
    type Error = InvalidTrustDomain;

    fn try_from(text: String) -> Result<Self, InvalidTrustDomain> {
        text.parse()
    }
}

impl From<TrustDomain> for String {
    fn from(domain: TrustDomain) -> Self {
        domain.0.into()
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 8-4-4-4-12 lower-case hex digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
