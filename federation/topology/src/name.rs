use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// Longest name taken, in bytes: a DNS label is 63, a node name in the field at most 255.
const MAX_NAME_BYTES: usize = 255;

/// A name from the network that cannot be one. The maps are unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} name {shown:?} is empty, longer than 255 bytes, or has a character that is not allowed")]
pub struct BadName {
    kind: &'static str,
    shown: String,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name of 1 to 255 bytes without forbidden characters.
            ///
            /// # Errors
            /// [`BadName`] shows at most 64 characters of what was given.
            pub fn new(name: &str) -> Result<Self, BadName> {
                let allowed: fn(char) -> bool = $allowed;
                if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(allowed) {
                    return Err(BadName { kind: $kind, shown: name.chars().take(64).collect() });
                }
                Ok(Self(name.into()))
            }

            /// The name as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name! {
    /// A datacenter's name: letters, digits, `-`, `_` and `.` (it becomes a DNS label and a certificate's name).
    Datacenter, "datacenter", |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
name! {
    /// A gateway's node name, unique in the federation together with its datacenter. No control characters.
    GatewayName, "gateway", |c| !c.is_control()
}
name! {
    /// A server's node name, unique in its datacenter. No control characters.
    ServerName, "server", |c| !c.is_control()
}
