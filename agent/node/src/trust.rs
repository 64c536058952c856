//! The certificate a process shows, whom it trusts, and the TLS configurations made of both.
//!
//! It begins with the node key's own certificate and the keys that gossip pins; once the datacenter's authority has signed a leaf
//! for the same key, that leaf is shown, and verified identities count.

use crate::{Kind, Tags};
use bytes::Bytes;
use ca::SpkiHash;
use ca::issue::{PrivateKey, Serial};
use ca::spiffe::{DcName, TrustDomain};
use ca::tls::{Admission, Crypto, Identity, Keychain, PinnedRole, Pins, RpcParts, RpcTls, Slot, Trust as Roots, TrustSlot};
use ca::{Undecodable, Validity};
use members::Member;
use parking_lot::Mutex;
use rpc::Caller;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wire::PeerInfo;

/// How long the node key's own certificate is valid. Its key is what is pinned; the certificate is only its envelope.
const SELF_SIGNED_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The trust of one process.
pub struct Trust {
    /// The process's cryptography.
    pub crypto: Crypto,
    /// What it shows.
    pub keys: Arc<Keychain>,
    /// The certificate that the node key signed for itself.
    pub node: Arc<Keychain>,
    /// Whom it trusts.
    pub roots: Arc<TrustSlot>,
    /// TLS between the processes of the datacenter.
    pub rpc: RpcTls,
    /// The clock certificates are checked against.
    pub clock: Arc<dyn TimeProvider>,
    pins: Arc<Pins>,
    spki: SpkiHash,
    verdicts: Mutex<Verdicts>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The datacenter's name cannot stand in a certificate.
    #[error("datacenter name: {0}")]
    Datacenter(String),
    /// The certificate could not be made or used.
    #[error("node certificate: {0}")]
    Certificate(String),
    /// The authority's answer cannot be used.
    #[error("certificates from the authority: {0}")]
    Signed(String),
}

impl Trust {
    /// Trust before the datacenter has an authority: its own key, and the keys that gossip pins.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn begin(key: &PrivateKey, datacenter: &str, domain: &str) -> Result<Self, TrustError> {
        let dc: DcName = datacenter.parse().map_err(|error: ca::spiffe::InvalidName| TrustError::Datacenter(error.to_string()))?;
        let certificate = |error: &dyn std::fmt::Display| TrustError::Certificate(error.to_string());
        let crypto = Crypto::new();
        let validity = Validity::starting(unix_now(), SELF_SIGNED_TTL).map_err(|error| certificate(&error))?;
        let leaf = key.self_signed(validity, Serial::from_random(rand::random())).map_err(|error| certificate(&error))?;
        let shown = Identity::new(&crypto, vec![leaf], key).map_err(|error| certificate(&error))?;
        let (keys, node) = (Arc::new(Keychain::new(shown.clone())), Arc::new(Keychain::new(shown)));
        let roots: Arc<TrustSlot> = Arc::new(Slot::new(Roots::nobody()));
        let pins = Arc::new(Pins::new());
        let clock: Arc<dyn TimeProvider> = Arc::new(DefaultTimeProvider);
        let parts = RpcParts {
            crypto: crypto.clone(),
            clock: Arc::clone(&clock),
            keys: Arc::clone(&keys),
            trust: Arc::clone(&roots),
            pins: Arc::clone(&pins),
            admission: Admission::PinnedOrVerified,
            dc,
            domain: domain.to_owned(),
        };
        let rpc = RpcTls::new(parts).map_err(|error| certificate(&error))?;
        Ok(Self { crypto, keys, node, roots, rpc, clock, pins, spki: key.spki_hash(), verdicts: Mutex::default() })
    }

    /// Shows `chain` (leaf first) from now on, and trusts `roots`.
    ///
    /// # Errors
    /// [`TrustError::Signed`]; what was shown and trusted before stays.
    pub fn certified(&self, key: &PrivateKey, chain: &[Bytes], roots: &[Bytes], trust_domain: &str) -> Result<(), TrustError> {
        let signed = |error: &dyn std::fmt::Display| TrustError::Signed(error.to_string());
        let der = |bytes: &Bytes| CertificateDer::from(bytes.to_vec());
        let domain: TrustDomain = trust_domain.parse().map_err(|error: ca::spiffe::InvalidTrustDomain| signed(&error))?;
        let roots: Vec<_> = roots.iter().map(der).collect();
        let trust = Roots::federation(domain, &roots).map_err(|error| signed(&error))?;
        let identity = Identity::new(&self.crypto, chain.iter().map(der).collect(), key).map_err(|error| signed(&error))?;
        self.roots.store(trust);
        self.keys.replace(identity);
        Ok(())
    }

    /// Hash of the node key: what this process has pinned through gossip.
    #[must_use]
    pub fn pin(&self) -> Bytes {
        Bytes::copy_from_slice(self.spki.as_bytes())
    }

    /// Pins the keys of `members`, whatever their state: who failed may be on its way back.
    pub fn set_members(&self, members: &[Member]) {
        let pinned = |member: &Member| {
            let key: [u8; 32] = member.spki.as_ref().try_into().ok()?;
            let role = match Tags::of(member).kind {
                Kind::Server => PinnedRole::Server,
                Kind::Gateway => PinnedRole::Gateway,
                Kind::Client => PinnedRole::Member,
            };
            Some((SpkiHash::from_bytes(key), role))
        };
        let pins: BTreeMap<SpkiHash, PinnedRole> = members.iter().filter_map(pinned).collect();
        if let Err(error) = self.pins.replace(pins) {
            tracing::error!(%error, "the keys of the LAN pool are too many to pin");
        }
    }

    /// TLS towards servers, and the name their certificates carry.
    #[must_use]
    pub fn towards_servers(&self) -> Option<(Arc<rustls::ClientConfig>, ServerName<'static>)> {
        let name = ServerName::try_from(self.rpc.server_name().to_owned()).ok()?;
        Some((self.rpc.client(), name))
    }

    /// TLS towards gateways.
    #[must_use]
    pub fn towards_gateways(&self) -> Option<(Arc<rustls::ClientConfig>, ServerName<'static>)> {
        let name = ServerName::try_from(ca::tls::WAN_SERVER_NAME).ok()?;
        Some((self.rpc.gateway_client(), name))
    }

    /// Who is at the other end of an RPC connection, by the trust of this second.
    #[must_use]
    pub fn caller(&self, peer: &PeerInfo) -> Caller {
        match self.judge(peer) {
            Verdict { known: false, .. } => Caller::Stranger,
            Verdict { server: false, gateway: false, .. } => Caller::Agent,
            Verdict { .. } => Caller::Trusted,
        }
    }

    /// Whether a peer may use what only servers may: raft (CVE-2021-37219).
    #[must_use]
    pub fn is_server(&self, peer: &PeerInfo) -> bool {
        self.judge(peer).server
    }

    /// Verifying a chain costs as much as ten calls, so what was found is kept for the rest of the second.
    fn judge(&self, peer: &PeerInfo) -> Verdict {
        let now = unix_now();
        if let Some(verdict) = self.verdicts.lock().get(&peer.certificates, now) {
            return verdict;
        }
        let verdict = match self.rpc.peer(&peer.certificates, now) {
            Ok(peer) => Verdict { known: true, server: peer.is_server(), gateway: peer.is_gateway() },
            Err(error) => {
                tracing::debug!(peer = %peer.addr, %error, "a peer is not trusted any more");
                Verdict { known: false, server: false, gateway: false }
            }
        };
        self.verdicts.lock().keep(&peer.certificates, now, verdict);
        verdict
    }
}

/// What the trust of a moment says of a peer.
#[derive(Clone, Copy)]
struct Verdict {
    known: bool,
    server: bool,
    gateway: bool,
}

/// Verdicts of one second, by the chain that a connection has shown: all of its calls share that.
#[derive(Default)]
struct Verdicts {
    second: u64,
    /// The chain is held, so that its address stays its own.
    by_chain: HashMap<usize, (Chain, Verdict)>,
}

type Chain = Arc<[CertificateDer<'static>]>;

impl Verdicts {
    /// Connections whose verdicts are kept; beyond, each call is judged anew.
    const MOST: usize = 4096;

    fn get(&self, chain: &Chain, now: u64) -> Option<Verdict> {
        let found = self.by_chain.get(&Arc::as_ptr(chain).addr()).filter(|_| self.second == now);
        found.map(|(_, verdict)| *verdict)
    }

    fn keep(&mut self, chain: &Chain, now: u64, verdict: Verdict) {
        if self.second != now {
            self.by_chain.clear();
            self.second = now;
        }
        if self.by_chain.len() < Self::MOST {
            self.by_chain.insert(Arc::as_ptr(chain).addr(), (Arc::clone(chain), verdict));
        }
    }
}

impl Trust {
    /// The pin that a certificate (DER) would have.
    ///
    /// # Errors
    /// When it does not decode.
    pub fn pin_of(certificate: &[u8]) -> Result<SpkiHash, Undecodable> {
        SpkiHash::of_certificate(certificate)
    }
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
