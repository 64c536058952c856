use std::sync::Arc;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::crypto::rustls::QuicServerConfig;
use rustls::client::Resumption;
use rustls::server::NoServerSessionStorage;

use crate::Class;
use crate::Congestion;
use crate::Peer;
use crate::TlsError;
use crate::class;

/// Where a link gets its TLS configurations. It asks anew for every connection, so that a change of certificates or
/// trust holds from the next handshake on, and so that a verifier may belong to one connection.
///
/// TLS 1.3 is required; ALPN, resumption and early data are set by the link.
pub trait TlsSource: Send + Sync + 'static {
    /// For one inbound connection of whichever class. The verifier may let a client without a certificate pass, for
    /// joins: the link itself refuses it everything else.
    ///
    /// # Errors
    /// No configuration can be made; the connection is refused.
    fn server(&self) -> Result<Arc<rustls::ServerConfig>, rustls::Error>;

    /// For one control or mesh connection to `to`: its verifier accepts nobody else.
    ///
    /// # Errors
    /// No configuration can be made; the dial fails.
    fn client(&self, to: &Peer) -> Result<ClientTls, rustls::Error>;
}

/// How to dial.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// Identity and verifier.
    pub config: Arc<rustls::ClientConfig>,
    /// What the verifier is asked to check and the server is told (SNI): a DNS name or an address.
    pub server_name: Arc<str>,
}

/// The same configurations for all connections: the verifier checks that the certificate is for the peer's name.
#[derive(Debug, Clone)]
pub struct FixedTls {
    /// For inbound connections.
    pub server: Arc<rustls::ServerConfig>,
    /// For dialled connections.
    pub client: Arc<rustls::ClientConfig>,
}

impl TlsSource for FixedTls {
    fn server(&self) -> Result<Arc<rustls::ServerConfig>, rustls::Error> {
        Ok(self.server.clone())
    }

    fn client(&self, to: &Peer) -> Result<ClientTls, rustls::Error> {
        Ok(ClientTls { config: self.client.clone(), server_name: to.name.clone() })
    }
}

/// For an inbound connection. No resumption and no early data: a resumed session skips the check of the certificate
/// (after a change of trust it would still pass), and early data can be replayed.
pub(crate) fn server(tls: &dyn TlsSource, congestion: Congestion) -> Result<quinn::ServerConfig, TlsError> {
    let mut tls = (*tls.server()?).clone();
    tls.alpn_protocols = Class::ALL.map(|class| class.alpn().to_vec()).to_vec();
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    tls.max_early_data_size = 0;
    let crypto = QuicServerConfig::try_from(tls).map_err(|_| TlsError::Unfit)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(class::accepted(congestion));
    Ok(config)
}

/// For a connection we dial.
pub(crate) fn client(tls: &rustls::ClientConfig, class: Class, congestion: Congestion) -> Result<quinn::ClientConfig, TlsError> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![class.alpn().to_vec()];
    tls.resumption = Resumption::disabled();
    tls.enable_early_data = false;
    let crypto = QuicClientConfig::try_from(tls).map_err(|_| TlsError::Unfit)?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    config.transport_config(class.dialled(congestion));
    Ok(config)
}
