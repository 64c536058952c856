use std::sync::Arc;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::crypto::rustls::QuicServerConfig;
use rustls::client::Resumption;
use rustls::server::NoServerSessionStorage;

use crate::Class;
use crate::Congestion;
use crate::TlsError;
use crate::class;

/// For all inbound connections. No resumption and no early data: a resumed session skips the check of the certificate
/// (after a change of trust it would still pass), and early data can be replayed.
pub(crate) fn server(tls: &rustls::ServerConfig, congestion: Congestion) -> Result<quinn::ServerConfig, TlsError> {
    let mut tls = tls.clone();
    tls.alpn_protocols = Class::ALL.map(|class| class.alpn().to_vec()).to_vec();
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    tls.max_early_data_size = 0;
    let crypto = QuicServerConfig::try_from(tls).map_err(|_| TlsError)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(class::accepted(congestion));
    Ok(config)
}

/// For connections we dial.
pub(crate) fn client(tls: &rustls::ClientConfig, class: Class, congestion: Congestion) -> Result<quinn::ClientConfig, TlsError> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![class.alpn().to_vec()];
    tls.resumption = Resumption::disabled();
    tls.enable_early_data = false;
    let crypto = QuicClientConfig::try_from(tls).map_err(|_| TlsError)?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    config.transport_config(class.dialled(congestion));
    Ok(config)
}

/// The client configurations of the classes that are kept per peer.
pub(crate) struct ClientTls {
    control: quinn::ClientConfig,
    mesh: quinn::ClientConfig,
}

impl ClientTls {
    pub(crate) fn new(tls: &rustls::ClientConfig, congestion: Congestion) -> Result<Self, TlsError> {
        Ok(Self { control: client(tls, Class::Control, congestion)?, mesh: client(tls, Class::Mesh, congestion)? })
    }

    pub(crate) fn of(&self, class: Class) -> quinn::ClientConfig {
        match class {
            Class::Mesh => self.mesh.clone(),
            Class::Control | Class::Stranger => self.control.clone(),
        }
    }
}
