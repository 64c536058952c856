//! Which datacenter an authority is of.

use ca::issue::CaName;
use ca::spiffe::{DcName, InvalidName, TrustDomain};

/// The place of an authority in the federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its datacenter.
    pub dc: DcName,
    /// The datacenter that holds the root.
    pub primary: DcName,
    /// The DNS domain, for `server.<dc>.<domain>`.
    pub domain: String,
}

impl Site {
    /// Reads the names from a configuration; no primary means that `dc` is it.
    ///
    /// # Errors
    /// A name that cannot stand in a certificate.
    pub fn new(dc: &str, primary: &str, domain: &str) -> Result<Self, InvalidName> {
        let dc: DcName = dc.parse()?;
        let primary = if primary.is_empty() { dc.clone() } else { primary.parse()? };
        Ok(Self { dc, primary, domain: domain.to_owned() })
    }

    /// Whether this datacenter holds the root.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.dc == self.primary
    }

    /// What this datacenter's intermediate is called.
    pub(crate) fn ca_name(&self, trust_domain: TrustDomain) -> CaName {
        CaName { trust_domain, dc: self.dc.clone() }
    }
}
