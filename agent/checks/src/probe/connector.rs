//! Connections, with TLS or without.

use std::sync::{Arc, OnceLock};

use ca::tls::{CheckPeers, EdgeTls, Keychain, SYSTEM_AUTHORITIES};
use rustls::ClientConfig;
use rustls::time_provider::DefaultTimeProvider;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::address::Address;
use super::dial::dial;
use super::go_text;
use crate::{Roots, Tls};

/// What a check speaks over.
pub(crate) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// What is spoken within.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP/2, for gRPC and pings.
    Http2,
    /// The check does not know.
    Any,
}

/// Makes connections. TLS configurations are made when the first check needs them: a node without TLS checks does not load the system's
/// authorities.
pub(crate) struct Connector {
    edge: EdgeTls,
    roots: Roots,
    keys: Option<Arc<Keychain>>,
    /// Expected of who is asked where nothing else is; empty: the host.
    server_name: String,
    verifying: Configurations,
    trusting: Configurations,
}

type Configuration = OnceLock<Result<Arc<ClientConfig>, String>>;

/// By [`Protocol`].
#[derive(Default)]
struct Configurations {
    http: Configuration,
    http2: Configuration,
    any: Configuration,
}

impl Connector {
    pub(crate) fn new(roots: Roots, keys: Option<Arc<Keychain>>, server_name: String) -> Self {
        let edge = EdgeTls::new(Arc::new(DefaultTimeProvider));
        Self { edge, roots, keys, server_name, verifying: Configurations::default(), trusting: Configurations::default() }
    }

    /// A connection, with a handshake where there are options for one. Bounded in time by the caller.
    pub(crate) async fn dial(&self, address: &Address, options: Option<&Tls>, protocol: Protocol) -> Result<Stream, String> {
        let stream = dial(address).await?;
        match options {
            Some(options) => self.shake_hands(stream, &address.host, options, protocol).await.map(Either::Right),
            None => Ok(Either::Left(stream)),
        }
    }

    async fn shake_hands(&self, stream: TcpStream, host: &str, options: &Tls, protocol: Protocol) -> Result<TlsStream<TcpStream>, String> {
        let configurations = if options.skip_verify { &self.trusting } else { &self.verifying };
        let (configuration, names): (_, &[&[u8]]) = match protocol {
            Protocol::Http => (&configurations.http, &[b"http/1.1"]),
            Protocol::Http2 => (&configurations.http2, &[b"h2"]),
            Protocol::Any => (&configurations.any, &[]),
        };
        let configuration = configuration.get_or_init(|| self.make(options.skip_verify, names)).clone()?;
        let names_of_peer = [&*options.server_name, &*self.server_name, host];
        let name = names_of_peer.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let name = ServerName::try_from(name.to_owned()).map_err(|_| format!("tls: {name} is no server name"))?;
        let connected = TlsConnector::from(configuration).connect(name, stream).await;
        connected.map_err(|error| format!("tls: {}", go_text::cause(&error)))
    }

    fn make(&self, skip_verify: bool, protocols: &[&[u8]]) -> Result<Arc<ClientConfig>, String> {
        let system;
        let peers = match (&self.roots, skip_verify) {
            (_, true) => CheckPeers::Any,
            (Roots::Bundle(bundle), false) => CheckPeers::Under(bundle),
            (Roots::System, false) => {
                let bundle = SYSTEM_AUTHORITIES.iter().find_map(|path| std::fs::read(path).ok());
                system = bundle.ok_or("tls: no certificate authorities found on this system")?;
                CheckPeers::Under(&system)
            }
        };
        self.edge.check_client(&peers, self.keys.clone(), protocols).map_err(|error| format!("tls: {error}"))
    }
}
