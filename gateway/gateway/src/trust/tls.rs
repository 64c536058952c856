//! The TLS of the links: what `ca` makes, for each connection anew.

use std::sync::Arc;

use ca::spiffe::DcName;
use ca::tls::{Keychain, WAN_SERVER_NAME, WanParts, WanTls};
use link::{ClientTls, Peer, TlsSource};
use node::Trust;

/// TLS configurations for the links of one gateway.
pub(crate) struct LinkTls {
    pub(crate) wan: WanTls,
}

impl LinkTls {
    /// Shows `keys` to other gateways, and believes what `trust` believes.
    pub(crate) fn new(trust: &Trust, keys: Arc<Keychain>) -> Self {
        let wan = WanTls::new(WanParts {
            crypto: trust.crypto.clone(),
            clock: Arc::clone(&trust.clock),
            identity: keys,
            node: Arc::clone(&trust.node),
            trust: Arc::clone(&trust.roots),
        });
        Self { wan }
    }

    /// For a stranger's call.
    ///
    /// # Errors
    /// No configuration can be made; not expected.
    pub(crate) fn stranger(&self) -> Result<ClientTls, rustls::Error> {
        Ok(ClientTls { config: self.wan.join_client()?, server_name: WAN_SERVER_NAME.into() })
    }
}

impl TlsSource for LinkTls {
    fn server(&self) -> Result<Arc<rustls::ServerConfig>, rustls::Error> {
        self.wan.server()
    }

    fn client(&self, to: &Peer) -> Result<ClientTls, rustls::Error> {
        let dc: DcName = to.name.parse().map_err(|error: ca::spiffe::InvalidName| rustls::Error::General(error.to_string()))?;
        Ok(ClientTls { config: self.wan.client(&dc)?, server_name: WAN_SERVER_NAME.into() })
    }
}
