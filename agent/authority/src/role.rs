//! What a certificate is asked for, in the words of [`api::federation::CaSign`].

use api::federation::CaSign;
use ca::issue::Grant;
use ca::spiffe::{DcName, SpiffeId, TrustDomain};

/// The kinds of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafRole {
    /// A server: its id and `server.<dc>.<domain>`.
    Server,
    /// A gateway: its id alone.
    Gateway,
}

/// Everything that can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A leaf of this datacenter.
    Leaf(LeafRole),
    /// The intermediate of another datacenter.
    Intermediate,
}

impl LeafRole {
    /// As the operation spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => CaSign::SERVER,
            Self::Gateway => CaSign::GATEWAY,
        }
    }

    /// The names that such a leaf has.
    pub(crate) fn grant(self, trust_domain: TrustDomain, dc: DcName, domain: &str) -> Grant {
        match self {
            Self::Server => Grant::server(trust_domain, dc, domain),
            Self::Gateway => Grant::id_only(SpiffeId::Gateway { trust_domain, dc }),
        }
    }
}

impl Role {
    /// The role of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            CaSign::SERVER => Some(Self::Leaf(LeafRole::Server)),
            CaSign::GATEWAY => Some(Self::Leaf(LeafRole::Gateway)),
            CaSign::INTERMEDIATE => Some(Self::Intermediate),
            _ => None,
        }
    }
}
