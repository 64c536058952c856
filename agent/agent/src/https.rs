//! HTTPS out of the agent's configuration: `ports.https` and `tls.https`.

use crate::pem;
use anyhow::{Context, bail};
use ca::tls::{EdgeCallers, EdgeTls, Keychain};
use config::{Config, Endpoint, TlsVersion};
use desk::HttpAddress;
use rustls::ServerConfig;
use rustls::time_provider::DefaultTimeProvider;
use std::net::SocketAddr;
use std::sync::Arc;

/// What clients may choose from, the best first.
const PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];

/// Where HTTPS is served; nowhere when its port is -1.
pub(crate) fn addresses(config: &Config) -> Vec<HttpAddress> {
    let address = |endpoint: &Endpoint| match endpoint {
        Endpoint::Ip(ip) => config.ports.https.map(|port| HttpAddress::Tcp(SocketAddr::new(*ip, port))),
        Endpoint::Unix(path) => config.ports.https.map(|_| HttpAddress::Unix(path.clone())),
    };
    config.addresses.https.iter().filter_map(address).collect()
}

/// Its certificates, and what clients must show, if it is served.
///
/// # Errors
/// What is missing, or the file that is of no use.
pub(crate) fn tls(config: &Config) -> anyhow::Result<Option<Arc<ServerConfig>>> {
    if config.ports.https.is_none() {
        return Ok(None);
    }
    let stanza = &config.tls.https;
    let (Some(cert_file), Some(key_file)) = (&stanza.cert_file, &stanza.key_file) else {
        bail!("ports.https: HTTPS needs a certificate: tls.https.cert_file and tls.https.key_file");
    };
    let (cert, key) = (pem::read("tls.https.cert_file", cert_file)?, pem::read("tls.https.key_file", key_file)?);
    let roots = pem::authorities("tls.https", stanza)?;
    let callers = match stanza.verify_incoming {
        false => EdgeCallers::Anyone,
        true if roots.is_empty() => {
            bail!("tls.https.verify_incoming: there is nothing to verify by: tls.https.ca_file or tls.https.ca_path")
        }
        true => EdgeCallers::Verified(&roots),
    };
    let mut edge = EdgeTls::new(Arc::new(DefaultTimeProvider));
    if stanza.min_version == TlsVersion::V1_3 {
        edge = edge.tls13_only();
    }
    if !stanza.cipher_suites.is_empty() {
        edge = edge.with_tls12_suites(&stanza.cipher_suites);
    }
    let identity = edge.identity(cert.as_pem(), key.as_pem())?;
    edge.server(Arc::new(Keychain::new(identity)), callers, PROTOCOLS).map(Some).context("tls.https")
}
