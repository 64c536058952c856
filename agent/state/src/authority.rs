//! What a token may do.

use api::{Access, Resource};

/// What a token may do, resolved once per token and then asked by every view and every write.
///
/// Until the ACL system resolves tokens, every token resolves to [`Authority::everything`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    default: Default,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Default {
    Allow,
    Deny,
}

impl Authority {
    /// May do all that any token may. [`Resource::Internal`] is not among it.
    #[must_use]
    pub fn everything() -> Self {
        Self { default: Default::Allow }
    }

    /// May do nothing but what is open to anyone.
    #[must_use]
    pub fn nothing() -> Self {
        Self { default: Default::Deny }
    }

    /// Whether it may.
    #[must_use]
    pub fn may(&self, resource: Resource, _access: Access, _name: &str) -> bool {
        match resource {
            Resource::Open => true,
            Resource::Internal => false,
            _ => self.default == Default::Allow,
        }
    }
}
