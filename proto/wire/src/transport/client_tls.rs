//! How a client secures its connections.

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A configuration, the name to verify, and a count that says when connections made with it are out of date.
#[derive(Clone)]
pub struct ClientTls {
    /// The configuration.
    pub config: Arc<ClientConfig>,
    /// What the server's certificate must say, as far as the configuration looks at it.
    pub name: ServerName<'static>,
    /// Which certificates the configuration shows and trusts.
    pub generation: Generation,
}

/// Counts how often the certificates of a process were replaced. A connection shows for ever what it was made with, so that its peer
/// would stop believing it when that expires: one made before a replacement takes no new requests.
#[derive(Clone, Debug, Default)]
pub struct Generation(Arc<AtomicU64>);

impl Generation {
    /// Connections made so far are out of date.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl From<(Arc<ClientConfig>, ServerName<'static>)> for ClientTls {
    /// Certificates that are never replaced.
    fn from((config, name): (Arc<ClientConfig>, ServerName<'static>)) -> Self {
        Self { config, name, generation: Generation::default() }
    }
}
