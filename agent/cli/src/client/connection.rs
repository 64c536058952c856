//! Connections to the agent: TCP, a Unix socket, TLS over either.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::error::TransportError;
use crate::address::Endpoint;

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Connects without TLS. A name's addresses are tried one after the other.
pub(super) async fn plain(endpoint: &Endpoint) -> Result<Box<dyn Stream>, TransportError> {
    match endpoint {
        Endpoint::Unix(path) => match UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(cause) => Err(TransportError::dial("unix", path.display(), cause)),
        },
        Endpoint::Tcp(host, port) => {
            let no_such_host = || TransportError::Lookup(host.clone());
            let addresses = lookup_host((host.as_str(), *port)).await.map_err(|_| no_such_host())?;
            let mut failed = no_such_host();
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(Box::new(stream)),
                    Err(cause) => failed = TransportError::dial("tcp", address, cause),
                }
            }
            Err(failed)
        }
    }
}

/// Shakes hands over `stream` with a server whose certificate must carry `name`.
pub(super) async fn tls(stream: Box<dyn Stream>, config: Arc<ClientConfig>, name: &str) -> Result<Box<dyn Stream>, TransportError> {
    let server = ServerName::try_from(name.to_owned()).map_err(|_| TransportError::ServerName(name.to_owned()))?;
    match TlsConnector::from(config).connect(server, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(cause) => Err(TransportError::Tls(cause)),
    }
}
