//! What a requester may be called.

use crate::spiffe::{DcName, SpiffeId, TrustDomain};

/// The names authorised for one leaf. Who decides that (ACL, join, node join) does so before it makes a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    id: SpiffeId,
    dns: Vec<String>,
}

impl Grant {
    /// A service, client agent or gateway: its id and no DNS name.
    pub fn id_only(id: SpiffeId) -> Self {
        Self { id, dns: Vec::new() }
    }

    /// A server of `dc`: its id and `server.<dc>.<domain>`, which server RPC demands.
    pub fn server(trust_domain: TrustDomain, dc: DcName, domain: &str) -> Self {
        let dns = vec![server_host(&dc, domain)];
        Self { id: SpiffeId::Server { trust_domain, dc }, dns }
    }

    /// The one URI name.
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// The DNS names, often none.
    pub fn dns(&self) -> &[String] {
        &self.dns
    }
}

/// `server.<dc>.<domain>` in lower case; `domain` is the configured DNS domain with or without a final dot.
pub(crate) fn server_host(dc: &DcName, domain: &str) -> String {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    format!("server.{dc}.{domain}")
}

/// `gateway.<dc>.<domain>`, likewise.
pub(crate) fn gateway_host(dc: &DcName, domain: &str) -> String {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    format!("gateway.{dc}.{domain}")
}
