use std::sync::Arc;
use std::time::Duration;

use quinn::Connection;
use quinn::Endpoint;

use crate::Class;
use crate::ClientTls;
use crate::Congestion;
use crate::DialError;
use crate::Peer;
use crate::TlsError;
use crate::TlsSource;
use crate::tls;

/// A handshake needs two round trips and the certificates of both sides; a path that takes longer is no path.
const DIAL_TIME: Duration = Duration::from_secs(5);

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Dialler {
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Arc<dyn TlsSource>,
    pub(crate) congestion: Congestion,
}

impl Dialler {
    /// A connection to a known peer.
    pub(crate) async fn dial(&self, to: &Peer, class: Class) -> Result<Connection, DialError> {
        let tls = self.tls.client(to).map_err(TlsError::from)?;
        self.dial_with(to, class, &tls).await
    }

    /// A connection with a TLS configuration of the caller's.
    pub(crate) async fn dial_with(&self, to: &Peer, class: Class, tls: &ClientTls) -> Result<Connection, DialError> {
        let config = tls::client(&tls.config, class, self.congestion)?;
        let connecting = self.endpoint.connect_with(config, to.addr, &tls.server_name)?;
        let handshake = tokio::time::timeout(DIAL_TIME, connecting).await;
        Ok(handshake.map_err(|_| DialError::TimedOut)??)
    }
}
