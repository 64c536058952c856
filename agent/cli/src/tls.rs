//! What the options say of TLS, and the configuration that `ca` makes of it.

use std::sync::Arc;

use ca::tls::{CheckPeers, EdgeTls, EdgeTlsError, Keychain, Pem, PemError, SYSTEM_AUTHORITIES};
use rustls::ClientConfig;
use rustls::time_provider::DefaultTimeProvider;
use thiserror::Error;

/// What TLS is made from.
#[derive(Debug)]
pub(crate) struct Material {
    /// PEM files with the authorities to trust; the system's where none are named.
    pub(crate) ca: Option<Vec<Vec<u8>>>,
    /// What to present to the agent.
    pub(crate) client: Option<Identity>,
    /// Whether the agent's certificate must be valid for its name.
    pub(crate) verify: bool,
}

/// A certificate chain and its key, as PEM.
pub(crate) struct Identity {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Why there is no TLS: a wrong file, mostly.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    /// A CA file without a certificate.
    #[error("Error loading CA File: no certificate found")]
    NoAuthority,
    /// No file of the system's authorities was found; a CA must be named.
    #[error("no certificate authorities found on this system: use -ca-file")]
    NoSystemAuthorities,
    /// Not PEM, not what the PEM says, or the key of another certificate.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The parts do not fit together.
    #[error(transparent)]
    Tls(#[from] EdgeTlsError),
}

/// Commands speak HTTP/1.1.
const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];

impl Material {
    /// Whether anything was asked of TLS, so that a wrong file is reported even where
    /// TLS is not used.
    pub(crate) fn is_given(&self) -> bool {
        self.ca.is_some() || self.client.is_some()
    }

    /// Makes the client's side of TLS.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let edge = EdgeTls::new(Arc::new(DefaultTimeProvider));
        let keys = self.client.as_ref().map(|identity| identity.keychain(&edge)).transpose()?;
        let config = match &self.ca {
            _ if !self.verify => edge.check_client(&CheckPeers::Any, keys, PROTOCOLS),
            Some(files) => {
                let mut roots = Vec::new();
                for content in files {
                    match (Pem { file: "CA file", content }).certificates() {
                        Ok(found) => roots.extend(found),
                        Err(PemError::NoCertificate(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                if roots.is_empty() {
                    return Err(TlsError::NoAuthority);
                }
                edge.client(&roots, keys, PROTOCOLS)
            }
            None => {
                let bundle = SYSTEM_AUTHORITIES.iter().find_map(|path| std::fs::read(path).ok());
                let bundle = bundle.ok_or(TlsError::NoSystemAuthorities)?;
                edge.check_client(&CheckPeers::Under(&bundle), keys, PROTOCOLS)
            }
        };
        Ok(config?)
    }
}

impl Identity {
    fn keychain(&self, edge: &EdgeTls) -> Result<Arc<Keychain>, PemError> {
        let (chain, key) = (Pem { file: "client certificate", content: &self.chain }, Pem { file: "client key", content: &self.key });
        Ok(Arc::new(Keychain::new(edge.identity(chain, key)?)))
    }
}

impl std::fmt::Debug for Identity {
    /// Shows no key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
