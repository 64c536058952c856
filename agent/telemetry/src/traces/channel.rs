//! The connection to the collector, made when there is something to send, and again when it broke.

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

/// How long connecting may take; an export has a time of its own (`OTEL_EXPORTER_OTLP_TIMEOUT`, 10 seconds).
const CONNECT: Duration = Duration::from_secs(5);

/// Why a collector's address cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    /// Not `http://host:port` or `https://host:port`.
    #[error("not of the form http://host:port or https://host:port")]
    Form,
    /// `https://` without anything to verify the collector with.
    #[error("https needs certificate authorities to verify the collector with, and none are set")]
    NoTls,
}

/// A channel to `endpoint`, not connected yet. To be called in a tokio runtime, which then drives the connection.
pub(crate) fn channel(endpoint: &str, tls: Option<&Arc<ClientConfig>>) -> Result<Channel, ChannelError> {
    let uri: Uri = endpoint.parse().map_err(|_| ChannelError::Form)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(ChannelError::Form)?.to_owned();
    match uri.scheme_str() {
        Some("http") => Ok(Endpoint::from(uri).connect_timeout(CONNECT).connect_lazy()),
        Some("https") => {
            let mut config = ClientConfig::clone(tls.ok_or(ChannelError::NoTls)?);
            config.alpn_protocols = vec![b"h2".to_vec()];
            let port = uri.port_u16().unwrap_or(443);
            let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = ServerName::try_from(bare.clone()).map_err(|_| ChannelError::Form)?;
            let connector = TlsConnector::from(Arc::new(config));
            let connect = tower::service_fn(move |_: Uri| dial(bare.clone(), port, connector.clone(), name.clone()));
            Ok(Endpoint::from(uri).connect_timeout(CONNECT).connect_with_connector_lazy(connect))
        }
        _ => Err(ChannelError::Form),
    }
}

async fn dial(
    host: String,
    port: u16,
    connector: TlsConnector,
    name: ServerName<'static>,
) -> io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let stream = TcpStream::connect((host, port)).await?;
    Ok(TokioIo::new(connector.connect(name, stream).await?))
}
