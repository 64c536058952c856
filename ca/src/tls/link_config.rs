//! What all configurations of Delian's own links share.

use std::sync::Arc;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, Error, ServerConfig};

use super::Crypto;
use super::verifier::{Admit, Verifier};

/// Who calls must show a certificate that `admit` accepts.
pub(super) fn server<A: Admit + 'static>(
    crypto: &Crypto,
    clock: &Arc<dyn TimeProvider>,
    admit: A,
    shown: Arc<dyn ResolvesServerCert>,
    protocols: &[&[u8]],
) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::clone(crypto.provider());
    let verifier = Arc::new(verifier(crypto, admit));
    let mut config = ServerConfig::builder_with_details(provider, Arc::clone(clock))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(shown);
    config.alpn_protocols = owned(protocols);
    // A resumed session would carry an old decision past a change of trust (CVE-2022-21654 is of that kind).
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// Who is called must show a certificate that `admit` accepts.
pub(super) fn client<A: Admit + 'static>(
    crypto: &Crypto,
    clock: &Arc<dyn TimeProvider>,
    admit: A,
    shown: Arc<dyn ResolvesClientCert>,
    protocol: &[u8],
) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::clone(crypto.provider());
    let verifier = Arc::new(verifier(crypto, admit));
    let mut config = ClientConfig::builder_with_details(provider, Arc::clone(clock))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(shown);
    config.alpn_protocols = owned(&[protocol]);
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Ok(Arc::new(config))
}

fn verifier<A: Admit>(crypto: &Crypto, admit: A) -> Verifier<A> {
    Verifier { admit, crypto: crypto.clone() }
}

fn owned(protocols: &[&[u8]]) -> Vec<Vec<u8>> {
    protocols.iter().map(|protocol| protocol.to_vec()).collect()
}
