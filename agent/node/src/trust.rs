//! The certificate a process shows, whom it trusts, and the TLS configurations made of both.
//!
//! It begins with the node key's own certificate and the keys that gossip pins, or with what the authority gave it in its last run.
//! Once the datacenter's authority has signed a leaf for the same key, that leaf is shown, and identities count: `policy.rs` says how.

use crate::certificates::{Certificates, Unreadable};
use crate::configured::{InUse, RpcCertificates};
use crate::policy::Policy;
use crate::verdicts::Verdicts;
use crate::{Identity, Kind, Tags};
use bytes::Bytes;
use ca::issue::{PrivateKey, Serial};
use ca::spiffe::{DcName, TrustDomain};
use ca::tls::{Admission, Crypto, Keychain, PinnedRole, Pins, RpcParts, RpcPeer, RpcTls, Slot, Trust as Roots, TrustSlot};
use ca::{SpkiHash, Validity};
use members::Member;
use parking_lot::Mutex;
use rpc::Caller;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wire::{ClientTls, Generation, PeerInfo};

/// How long the node key's own certificate is valid. Its key is what is pinned; the certificate is only its envelope.
const SELF_SIGNED_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The file of [`Certificates`] in the data directory.
const FILE: &str = "certificates.json";

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
    /// Where what the authority gives is kept.
    file: Option<PathBuf>,
    given: Mutex<Given>,
    /// Connections made before it was advanced show or trust what is out of date.
    generation: Generation,
    verdicts: Mutex<Verdicts>,
    /// The operator's certificates, if RPC goes by them.
    configured: Option<InUse>,
}

/// What the authority gave, and the policy that follows.
#[derive(Default)]
struct Given {
    certificates: Option<Certificates>,
    policy: Policy,
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
    /// The trust of a process that may have run before: what its data directory holds is shown and believed at once. What cannot be
    /// used is left aside, with a warning that names the file, until the authority gives other certificates.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn open(identity: &Identity, datacenter: &str, domain: &str) -> Result<Self, TrustError> {
        Self::open_by(identity, datacenter, domain, Arc::new(DefaultTimeProvider))
    }

    /// The same by another clock than the machine's.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn open_by(identity: &Identity, datacenter: &str, domain: &str, clock: Arc<dyn TimeProvider>) -> Result<Self, TrustError> {
        let fresh = || Self::new(&identity.key, datacenter, domain, Arc::clone(&clock));
        let (trust, file) = (fresh()?, identity.path(FILE));
        let Some(file) = file else { return Ok(trust) };
        let recalled = match Certificates::read(&file) {
            Ok(None) => Ok(()),
            Ok(Some(last)) => trust.recall(&identity.key, last).map_err(|error| Unreadable::Content(error.to_string())),
            Err(error) => Err(error),
        };
        let trust = match recalled {
            Ok(()) => trust,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "the certificates of the last run cannot be used: others are asked for");
                fresh()?
            }
        };
        Ok(Self { file: Some(file), ..trust })
    }

    /// Trust before the datacenter has an authority, kept in memory: its own key, and the keys that gossip pins.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn begin(key: &PrivateKey, datacenter: &str, domain: &str) -> Result<Self, TrustError> {
        Self::new(key, datacenter, domain, Arc::new(DefaultTimeProvider))
    }

    fn new(key: &PrivateKey, datacenter: &str, domain: &str, clock: Arc<dyn TimeProvider>) -> Result<Self, TrustError> {
        let dc = name(datacenter)?;
        let certificate = |error: &dyn std::fmt::Display| TrustError::Certificate(error.to_string());
        let crypto = Crypto::new();
        let validity = Validity::starting(seconds(clock.as_ref()), SELF_SIGNED_TTL).map_err(|error| certificate(&error))?;
        let leaf = key.self_signed(validity, Serial::from_random(rand::random())).map_err(|error| certificate(&error))?;
        let shown = ca::tls::Identity::new(&crypto, vec![leaf], key).map_err(|error| certificate(&error))?;
        let (keys, node) = (Arc::new(Keychain::new(shown.clone())), Arc::new(Keychain::new(shown)));
        let roots: Arc<TrustSlot> = Arc::new(Slot::new(Roots::nobody()));
        let pins = Arc::new(Pins::new());
        let parts = RpcParts {
            crypto: crypto.clone(),
            clock: Arc::clone(&clock),
            keys: Arc::clone(&keys),
            trust: Arc::clone(&roots),
            pins: Arc::clone(&pins),
            admission: Admission::Founding,
            dc,
            domain: domain.to_owned(),
        };
        let rpc = RpcTls::new(parts).map_err(|error| certificate(&error))?;
        let (given, generation, verdicts) = (Mutex::default(), Generation::default(), Mutex::default());
        Ok(Self {
            crypto,
            keys,
            node,
            roots,
            rpc,
            clock,
            pins,
            spki: key.spki_hash(),
            file: None,
            given,
            generation,
            verdicts,
            configured: None,
        })
    }

    /// The same with `certificates` for RPC within the datacenter, if there are any: they are shown and trusted there, whatever the
    /// authority gives. Call it before the TLS configurations are handed out.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn configured(self, certificates: Option<&RpcCertificates>, datacenter: &str, domain: &str) -> Result<Self, TrustError> {
        let Some(certificates) = certificates else { return Ok(self) };
        let in_use =
            InUse { keys: Arc::new(Keychain::new(self.shown_by(certificates))), roots: Arc::new(Slot::new(certificates.roots.clone())) };
        let parts = RpcParts {
            crypto: self.crypto.clone(),
            clock: Arc::clone(&self.clock),
            keys: Arc::clone(&in_use.keys),
            trust: Arc::clone(&in_use.roots),
            pins: Arc::clone(&self.pins),
            admission: certificates.admission(),
            dc: name(datacenter)?,
            domain: domain.to_owned(),
        };
        let rpc = RpcTls::new(parts).map_err(|error| TrustError::Certificate(error.to_string()))?;
        let configured = Self { rpc, configured: Some(in_use), ..self };
        configured.examine(certificates);
        Ok(configured)
    }

    /// Shows and trusts `certificates` in place of those that were configured before: in every handshake from now on, and for the calls
    /// on connections that others made before. Connections of this process are made anew. A process that began without configured
    /// certificates goes on without.
    pub fn reconfigured(&self, certificates: &RpcCertificates) {
        let Some(in_use) = &self.configured else { return };
        in_use.roots.store(certificates.roots.clone());
        in_use.keys.replace(self.shown_by(certificates));
        self.rpc.set_admission(certificates.admission());
        self.generation.advance();
        self.examine(certificates);
    }

    fn shown_by(&self, certificates: &RpcCertificates) -> ca::tls::Identity {
        certificates.identity.clone().unwrap_or_else(|| self.node.current())
    }

    /// Warns of a certificate that is of no use among its own kind.
    fn examine(&self, certificates: &RpcCertificates) {
        if let Some(identity) = &certificates.identity
            && let Err(error) = self.rpc.peer(identity.chain(), self.now())
        {
            tracing::warn!(%error, "tls.internal_rpc.cert_file: whoever trusts the same authorities will refuse this certificate");
        }
    }

    /// Shows `certificates` from now on, trusts their roots, and remembers them. Founders are those of the first ones.
    ///
    /// # Errors
    /// [`TrustError::Signed`]; what was shown and trusted before stays.
    pub fn certified(&self, key: &PrivateKey, certificates: Certificates) -> Result<(), TrustError> {
        let mut given = self.given.lock();
        let founders = match &given.certificates {
            Some(before) => before.founders.clone(),
            None => certificates.founders,
        };
        let certificates = Certificates { founders, ..certificates };
        self.adopt(&mut given, key, &certificates)?;
        if let Some(file) = &self.file
            && let Err(error) = certificates.write(file)
        {
            tracing::error!(file = %file.display(), %error, "the certificates are not remembered");
        }
        given.certificates = Some(certificates);
        Ok(())
    }

    /// Takes up what the last run was given, if that was this node, in this datacenter. It may have expired since.
    fn recall(&self, key: &PrivateKey, certificates: Certificates) -> Result<(), TrustError> {
        let mut given = self.given.lock();
        self.adopt(&mut given, key, &certificates)?;
        let last = validity(&certificates)?.not_after().min(self.now());
        match self.rpc.peer(self.keys.current().chain(), last) {
            Ok(RpcPeer::Verified { .. }) => {}
            Ok(_) => return Err(TrustError::Signed("the chain names nobody in this datacenter".to_owned())),
            Err(error) => return Err(TrustError::Signed(error.to_string())),
        }
        given.certificates = Some(certificates);
        Ok(())
    }

    fn adopt(&self, given: &mut Given, key: &PrivateKey, certificates: &Certificates) -> Result<(), TrustError> {
        let until = validity(certificates)?.not_after();
        let trust = federation(&certificates.trust_domain, &certificates.roots)?;
        let chain = certificates.chain.iter().map(der).collect();
        let identity = ca::tls::Identity::new(&self.crypto, chain, key).map_err(|error| TrustError::Signed(error.to_string()))?;
        self.roots.store(trust);
        self.keys.replace(identity);
        self.pins.set_founders(certificates.founders.clone());
        given.policy.handle_leaf(until, self.now());
        self.admit(&given.policy);
        self.generation.advance();
        Ok(())
    }

    /// Trusts `roots` from now on, without a certificate: a client agent, which shows its node key for ever.
    ///
    /// # Errors
    /// [`TrustError::Signed`]; what was trusted before stays.
    pub fn believe(&self, trust_domain: &str, roots: &[Bytes]) -> Result<(), TrustError> {
        let trust = federation(trust_domain, roots)?;
        let mut given = self.given.lock();
        self.roots.store(trust);
        given.policy.handle_roots();
        self.admit(&given.policy);
        self.generation.advance();
        Ok(())
    }

    /// Whether this process, a server, is in touch with a leader of its datacenter, or is one. Say so once at least, and whenever it changes.
    pub fn handle_leader(&self, seen: bool) {
        let mut given = self.given.lock();
        given.policy.handle_leader(seen, self.now());
        self.admit(&given.policy);
    }

    /// What the authority gave last, and is shown; it may have expired.
    #[must_use]
    pub fn certificates(&self) -> Option<Certificates> {
        self.given.lock().certificates.clone()
    }

    /// Hash of the node key: what this process has pinned through gossip.
    #[must_use]
    pub fn pin(&self) -> Bytes {
        Bytes::copy_from_slice(self.spki.as_bytes())
    }

    /// Pins the keys of `members`, whatever their state: who failed may be on its way back.
    pub fn set_members(&self, members: &[Member]) {
        let pinned = |member: &Member| {
            let role = match Tags::of(member).kind {
                Kind::Server => PinnedRole::Server,
                Kind::Gateway => PinnedRole::Gateway,
                Kind::Client => PinnedRole::Member,
            };
            Some((key_of(member)?, role))
        };
        let pins: BTreeMap<SpkiHash, PinnedRole> = members.iter().filter_map(pinned).collect();
        if let Err(error) = self.pins.replace(pins) {
            tracing::error!(%error, "the keys of the LAN pool are too many to pin");
        }
    }

    /// TLS towards servers, and the name their certificates carry.
    #[must_use]
    pub fn towards_servers(&self) -> Option<ClientTls> {
        let name = ServerName::try_from(self.rpc.server_name().to_owned()).ok()?;
        Some(ClientTls { config: self.rpc.client(), name, generation: self.generation.clone() })
    }

    /// TLS towards gateways.
    #[must_use]
    pub fn towards_gateways(&self) -> Option<ClientTls> {
        let name = ServerName::try_from(ca::tls::WAN_SERVER_NAME).ok()?;
        Some(ClientTls { config: self.rpc.gateway_client(), name, generation: self.generation.clone() })
    }

    /// Who is at the other end of an RPC connection, by the trust of this second.
    #[must_use]
    pub fn caller(&self, peer: &PeerInfo) -> Caller {
        let now = self.now();
        if let Some(caller) = self.verdicts.lock().get(&peer.certificates, now) {
            return caller;
        }
        let caller = match self.rpc.peer(&peer.certificates, now) {
            Ok(found) => caller_of(&found),
            Err(error) => {
                tracing::debug!(peer = %peer.addr, %error, "a peer is not trusted any more");
                Caller::Stranger
            }
        };
        self.verdicts.lock().keep(&peer.certificates, now, caller);
        caller
    }

    /// Whether a peer may use what only servers may: raft (CVE-2021-37219).
    #[must_use]
    pub fn is_server(&self, peer: &PeerInfo) -> bool {
        self.caller(peer) == Caller::Server
    }

    /// An operator's certificates know no beginning, and so no leniency.
    fn admit(&self, policy: &Policy) {
        if self.configured.is_none() {
            self.rpc.set_admission(policy.admission());
        }
    }

    fn now(&self) -> u64 {
        seconds(self.clock.as_ref())
    }
}

fn caller_of(peer: &RpcPeer) -> Caller {
    match peer {
        peer if peer.is_server() => Caller::Server,
        peer if peer.is_gateway() => Caller::Gateway,
        RpcPeer::Uncertified { role: PinnedRole::Server, .. } => Caller::Newcomer { server: true },
        RpcPeer::Uncertified { role: PinnedRole::Gateway, .. } => Caller::Newcomer { server: false },
        _ => Caller::Agent,
    }
}

/// The key that gossip pins for a member.
#[must_use]
pub fn key_of(member: &Member) -> Option<SpkiHash> {
    Some(SpkiHash::from_bytes(member.spki.as_ref().try_into().ok()?))
}

fn name(datacenter: &str) -> Result<DcName, TrustError> {
    datacenter.parse().map_err(|error: ca::spiffe::InvalidName| TrustError::Datacenter(error.to_string()))
}

fn validity(certificates: &Certificates) -> Result<Validity, TrustError> {
    let leaf = certificates.chain.first().ok_or_else(|| TrustError::Signed("there is none".to_owned()))?;
    Validity::of_certificate(leaf).map_err(|error| TrustError::Signed(error.to_string()))
}

fn federation(trust_domain: &str, roots: &[Bytes]) -> Result<Roots, TrustError> {
    let signed = |error: &dyn std::fmt::Display| TrustError::Signed(error.to_string());
    let domain: TrustDomain = trust_domain.parse().map_err(|error: ca::spiffe::InvalidTrustDomain| signed(&error))?;
    let roots: Vec<_> = roots.iter().map(der).collect();
    Roots::federation(domain, &roots).map_err(|error| signed(&error))
}

fn der(bytes: &Bytes) -> CertificateDer<'static> {
    CertificateDer::from(bytes.to_vec())
}

fn seconds(clock: &dyn TimeProvider) -> u64 {
    clock.current_time().map_or(0, |now| now.as_secs())
}
