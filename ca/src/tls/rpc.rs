//! TLS of the RPC within a datacenter (TCP, HTTP/2).

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, Error, ServerConfig};

use super::chain::{Chain, Side};
use super::link_config;
use super::verifier::Admit;
use super::{Admission, Crypto, Keychain, PeerRefused, PinnedRole, Pins, Slot, TrustSlot};
use crate::SpkiHash;
use crate::issue::{gateway_host, server_host};
use crate::spiffe::{DcName, SpiffeId};

/// The two configurations of RPC within a datacenter. Both stay valid for the life of the process.
pub struct RpcTls {
    rules: Arc<Rules>,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    gateway_client: Arc<ClientConfig>,
}

/// What [`RpcTls`] is made of.
pub struct RpcParts {
    /// The process's provider.
    pub crypto: Crypto,
    /// Wall time; certificates are checked against it.
    pub clock: Arc<dyn TimeProvider>,
    /// What is shown: at first the self-signed node certificate, later a leaf. Request the leaf for the node's own
    /// key, so that a peer which still goes by pins finds the same key in it.
    pub keys: Arc<Keychain>,
    /// The roots.
    pub trust: Arc<TrustSlot>,
    /// The members' keys.
    pub pins: Arc<Pins>,
    /// The policy to begin with.
    pub admission: Admission,
    /// This datacenter.
    pub dc: DcName,
    /// The DNS domain, for `server.<dc>.<domain>`.
    pub domain: String,
}

/// Who is at the other end of an RPC connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcPeer {
    /// Known by its key, and that counts.
    Pinned {
        /// The key.
        key: SpkiHash,
        /// What it counts as.
        role: PinnedRole,
    },
    /// Known by its key where identities count: it is neither server nor gateway, and may ask to be certified as what it says.
    Uncertified {
        /// The key.
        key: SpkiHash,
        /// What gossip says it is.
        role: PinnedRole,
    },
    /// An identity of this datacenter.
    Verified {
        /// The identity.
        id: SpiffeId,
        /// Whether it is a server and its certificate names `server.<dc>.<domain>`.
        server: bool,
    },
    /// A certificate of the operator's own authority.
    Configured {
        /// Whether the certificate names `server.<dc>.<domain>`.
        server: bool,
        /// Whether it names `gateway.<dc>.<domain>`.
        gateway: bool,
    },
}

impl RpcPeer {
    /// Whether it may use what only servers may: raft, snapshots, forwarding (CVE-2021-37219).
    pub fn is_server(&self) -> bool {
        match self {
            Self::Pinned { role, .. } => *role == PinnedRole::Server,
            Self::Uncertified { .. } => false,
            Self::Verified { server, .. } | Self::Configured { server, .. } => *server,
        }
    }

    /// Whether it may be called as a gateway. A server may: one without a gateway beside it has one within.
    pub fn is_gateway(&self) -> bool {
        match self {
            Self::Pinned { role, .. } => matches!(role, PinnedRole::Gateway | PinnedRole::Server),
            Self::Uncertified { .. } => false,
            Self::Verified { id, server } => *server || matches!(id, SpiffeId::Gateway { .. }),
            Self::Configured { server, gateway } => *server || *gateway,
        }
    }
}

impl RpcTls {
    /// Builds both configurations. An error means that the provider cannot speak TLS 1.3; not expected.
    pub fn new(parts: RpcParts) -> Result<Self, Error> {
        let RpcParts { crypto, clock, keys, trust, pins, admission, dc, domain } = parts;
        let (host, gateway_host) = (server_host(&dc, &domain), gateway_host(&dc, &domain));
        let rules = Arc::new(Rules { crypto: crypto.clone(), trust, pins, admission: Slot::new(admission), host, gateway_host, dc });
        let shown = Arc::clone(&keys);
        let server = link_config::server(&crypto, &clock, Arc::clone(&rules), shown, &[ALPN])?;
        let client = link_config::client(&crypto, &clock, Arc::clone(&rules), keys.clone(), ALPN)?;
        let gateway_client = link_config::client(&crypto, &clock, TowardsGateway(Arc::clone(&rules)), keys, ALPN)?;
        Ok(Self { rules, server, client, gateway_client })
    }

    /// For listeners. Both ends show a certificate; see [`Self::peer`] for who called.
    pub fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    /// For calls to a server of this datacenter: the peer must be one. The name to dial is [`Self::server_name`].
    pub fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client)
    }

    /// For calls to a gateway of this datacenter: the peer must be one. The name to dial counts for nothing.
    pub fn gateway_client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.gateway_client)
    }

    /// `server.<dc>.<domain>`.
    pub fn server_name(&self) -> &str {
        &self.rules.host
    }

    /// Changes the policy for handshakes from now on.
    pub fn set_admission(&self, admission: Admission) {
        self.rules.admission.store(admission);
    }

    /// Who called, from the certificates of a finished handshake; `now` in unix seconds. Decided anew by the trust
    /// of this moment: what the certificate merely says is never believed.
    pub fn peer(&self, certificates: &[CertificateDer<'_>], now: u64) -> Result<RpcPeer, PeerRefused> {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        self.rules.judge(Chain::of(certificates)?, Side::Client, Wanted::Anyone, now)
    }
}

/// Who is let in.
struct Rules {
    crypto: Crypto,
    trust: Arc<TrustSlot>,
    pins: Arc<Pins>,
    admission: Slot<Admission>,
    dc: DcName,
    host: String,
    gateway_host: String,
}

/// What the peer has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Anyone,
    Server,
    Gateway,
}

impl Rules {
    fn judge(&self, chain: Chain<'_>, side: Side, wanted: Wanted, now: UnixTime) -> Result<RpcPeer, PeerRefused> {
        // Who has an identity is that, whatever gossip says of the key.
        let refused = match self.identify(chain, side, now) {
            Ok(peer) => return self.is(peer, wanted),
            Err(refused) => refused,
        };
        match *self.admission.load() {
            Admission::Founding => self.by_pin(chain, wanted),
            Admission::Certified(leniency) if leniency.lasts(now.as_secs()) && self.is_excused(chain, side, now)? => {
                self.by_pin(chain, wanted)
            }
            Admission::Certified(_) if wanted == Wanted::Anyone => match self.by_pin(chain, wanted)? {
                RpcPeer::Pinned { key, role } => Ok(RpcPeer::Uncertified { key, role }),
                other => Ok(other),
            },
            Admission::VerifiedServers if wanted == Wanted::Anyone => self.as_agent(chain)?.ok_or(refused),
            Admission::Certified(_) | Admission::Verified | Admission::VerifiedServers => Err(refused),
        }
    }

    /// Whether the peer had a certificate for what gossip says it is and has it no more, or was there before anyone had one.
    fn is_excused(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<bool, PeerRefused> {
        let key = chain.key()?;
        let wanted = match self.pins.role(&key) {
            Some(PinnedRole::Server) => Wanted::Server,
            Some(PinnedRole::Gateway) => Wanted::Gateway,
            Some(PinnedRole::Member) | None => return Ok(false),
        };
        if self.pins.is_founder(&key) {
            return Ok(true);
        }
        let last = chain.last_second()?;
        Ok(last < now && self.identify(chain, side, last).and_then(|peer| self.is(peer, wanted)).is_ok())
    }

    fn by_pin(&self, chain: Chain<'_>, wanted: Wanted) -> Result<RpcPeer, PeerRefused> {
        let key = chain.key()?;
        match (self.pins.role(&key), wanted) {
            (None, _) => Err(PeerRefused::NotPinned(key)),
            (Some(role), Wanted::Anyone) => Ok(RpcPeer::Pinned { key, role }),
            (Some(role @ PinnedRole::Server), Wanted::Server)
            | (Some(role @ (PinnedRole::Gateway | PinnedRole::Server)), Wanted::Gateway) => Ok(RpcPeer::Pinned { key, role }),
            (Some(_), Wanted::Server | Wanted::Gateway) => Err(PeerRefused::PinnedRole(key)),
        }
    }

    /// The client agent that gossip pins the key for, if it is one's.
    fn as_agent(&self, chain: Chain<'_>) -> Result<Option<RpcPeer>, PeerRefused> {
        let key = chain.key()?;
        let role = self.pins.role(&key).filter(|role| *role == PinnedRole::Member);
        Ok(role.map(|role| RpcPeer::Uncertified { key, role }))
    }

    /// Whose verified identity it is.
    fn identify(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<RpcPeer, PeerRefused> {
        let leaf = chain.verify(&self.trust.load(), self.crypto.provider(), side, now)?;
        let named = leaf.lists_host(&self.host);
        match leaf.id {
            None => Ok(RpcPeer::Configured { server: named, gateway: leaf.lists_host(&self.gateway_host) }),
            Some(id @ (SpiffeId::Service { .. } | SpiffeId::Signing { .. })) => Err(PeerRefused::Role(id)),
            Some(id) => {
                self.same_datacenter(&id)?;
                let server = named && matches!(id, SpiffeId::Server { .. });
                Ok(RpcPeer::Verified { id, server })
            }
        }
    }

    /// Whether a verified peer is what was wanted.
    fn is(&self, peer: RpcPeer, wanted: Wanted) -> Result<RpcPeer, PeerRefused> {
        match (wanted, &peer) {
            (Wanted::Server, peer) if !peer.is_server() => Err(PeerRefused::Host(self.host.clone())),
            (Wanted::Gateway, RpcPeer::Verified { id, .. }) if !peer.is_gateway() => Err(PeerRefused::Role(id.clone())),
            (Wanted::Gateway, peer) if !peer.is_gateway() => Err(PeerRefused::Host(self.gateway_host.clone())),
            _ => Ok(peer),
        }
    }

    fn same_datacenter(&self, id: &SpiffeId) -> Result<(), PeerRefused> {
        match id.dc() {
            Some(dc) if dc != &self.dc => Err(PeerRefused::Datacenter { expected: self.dc.clone(), presented: dc.clone() }),
            _ => Ok(()),
        }
    }
}

impl Admit for Arc<Rules> {
    fn admit(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<(), PeerRefused> {
        let wanted = if side == Side::Server { Wanted::Server } else { Wanted::Anyone };
        self.judge(chain, side, wanted, now).map(drop)
    }
}

/// The same rules for whoever dials a gateway.
struct TowardsGateway(Arc<Rules>);

impl Admit for TowardsGateway {
    fn admit(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<(), PeerRefused> {
        self.0.judge(chain, side, Wanted::Gateway, now).map(drop)
    }
}

const ALPN: &[u8] = b"h2";
