//! The cryptographic provider of Delian's own links.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::crypto::{ActiveKeyExchange, CompletedKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup};
use rustls::{NamedGroup, ProtocolVersion};

use super::Counters;

/// aws-lc-rs restricted to TLS 1.3 and X25519MLKEM768, which counts what it does. Make one per process and clone it.
#[derive(Clone)]
pub struct Crypto {
    provider: Arc<CryptoProvider>,
    counters: Arc<Counters>,
}

impl Crypto {
    /// rustls wants its groups to live for ever, so each call leaks a few bytes: call it once.
    pub fn new() -> Self {
        let counters = Arc::new(Counters::default());
        let group: &'static CountedGroup = Box::leak(Box::new(CountedGroup { counters: Arc::clone(&counters) }));
        let provider = CryptoProvider {
            cipher_suites: vec![
                cipher_suite::TLS13_AES_128_GCM_SHA256,
                cipher_suite::TLS13_AES_256_GCM_SHA384,
                cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            ],
            kx_groups: vec![group],
            ..default_provider()
        };
        Self { provider: Arc::new(provider), counters }
    }

    /// What handshakes came to so far.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }
}

impl Default for Crypto {
    fn default() -> Self {
        Self::new()
    }
}

/// X25519MLKEM768 that counts finished exchanges. A wrapper, because QUIC does not tell the negotiated group.
struct CountedGroup {
    counters: Arc<Counters>,
}

impl SupportedKxGroup for CountedGroup {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        Ok(Box::new(CountedExchange { inner: kx_group::X25519MLKEM768.start()?, counters: Arc::clone(&self.counters) }))
    }

    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, rustls::Error> {
        let completed = kx_group::X25519MLKEM768.start_and_complete(peer)?;
        self.counters.exchanged();
        Ok(completed)
    }

    fn name(&self) -> NamedGroup {
        kx_group::X25519MLKEM768.name()
    }

    fn fips(&self) -> bool {
        kx_group::X25519MLKEM768.fips()
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        kx_group::X25519MLKEM768.usable_for_version(version)
    }
}

impl fmt::Debug for CountedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519MLKEM768")
    }
}

/// Offers no classical half as a share of its own ([`ActiveKeyExchange::hybrid_component`]): only the hybrid counts.
struct CountedExchange {
    inner: Box<dyn ActiveKeyExchange>,
    counters: Arc<Counters>,
}

impl ActiveKeyExchange for CountedExchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, rustls::Error> {
        let secret = self.inner.complete(peer)?;
        self.counters.exchanged();
        Ok(secret)
    }

    fn pub_key(&self) -> &[u8] {
        self.inner.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.inner.group()
    }
}
