//! Path segments of an id: datacenters, services, nodes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A datacenter's name: 1 to 63 bytes of `a-z`, `0-9`, `-`, `_`. Upper case is refused, not folded: a name that
/// is compared in two places must have one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DcName(Box<str>);

/// A service's or node's name: 1 to 253 bytes of `A-Z`, `a-z`, `0-9`, `.`, `-`, `_`; neither `.` nor `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathName(Box<str>);

/// A name that cannot stand in an id. Normal for outside input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} name {name:?} must have 1 to {max} bytes of {charset}")]
pub struct InvalidName {
    kind: &'static str,
    name: String,
    max: usize,
    charset: &'static str,
}

impl DcName {
    /// Longest name in bytes; a DNS label, and below the 64 characters X.520 allows in a common name.
    pub const MAX: usize = 63;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PathName {
    /// Longest name in bytes.
    pub const MAX: usize = 253;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DcName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if (1..=Self::MAX).contains(&name.len()) && name.bytes().all(allowed) {
            return Ok(Self(name.into()));
        }
        Err(InvalidName { kind: "datacenter", name: shortened(name), max: Self::MAX, charset: "a-z, 0-9, '-', '_'" })
    }
}

impl FromStr for PathName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let dots = name == "." || name == "..";
        if (1..=Self::MAX).contains(&name.len()) && name.bytes().all(allowed) && !dots {
            return Ok(Self(name.into()));
        }
        Err(InvalidName { kind: "service or node", name: shortened(name), max: Self::MAX, charset: "A-Z, a-z, 0-9, '.', '-', '_'" })
    }
}

impl TryFrom<String> for DcName {
    type Error = InvalidName;

    fn try_from(name: String) -> Result<Self, InvalidName> {
        name.parse()
    }
}

impl TryFrom<String> for PathName {
    type Error = InvalidName;

    fn try_from(name: String) -> Result<Self, InvalidName> {
        name.parse()
    }
}

impl From<DcName> for String {
    fn from(name: DcName) -> Self {
        name.0.into()
    }
}

impl From<PathName> for String {
    fn from(name: PathName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for DcName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a stranger wrote, cut so that an error cannot be made long by him.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
