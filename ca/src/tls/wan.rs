//! TLS of the links between gateways, and of the door for strangers beside them.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, Error, ServerConfig};

use super::chain::{Chain, Side};
use super::link_config;
use super::verifier::Admit;
use super::{Crypto, Keychain, PeerRefused, TrustSlot};
use crate::SpkiHash;
use crate::spiffe::{DcName, SpiffeId};

/// Between gateways with identities.
pub const WAN_ALPN: &[u8] = b"delian-wan/1";

/// For a gateway without an identity yet.
pub const JOIN_ALPN: &[u8] = b"delian-join/1";

/// The server name to dial. It says nothing on purpose: whom a link expects is in its configuration.
pub const WAN_SERVER_NAME: &str = "gateway.delian";

/// Makes the configurations for one UDP port that serves both protocols.
pub struct WanTls {
    parts: Arc<WanParts>,
}

/// What [`WanTls`] is made of.
pub struct WanParts {
    /// The process's provider.
    pub crypto: Crypto,
    /// Wall time; certificates are checked against it.
    pub clock: Arc<dyn TimeProvider>,
    /// The gateway's identity, shown on both protocols; before there is one, the self-signed node certificate.
    pub identity: Arc<Keychain>,
    /// The self-signed node certificate, shown when calling as a stranger.
    pub node: Arc<Keychain>,
    /// The roots.
    pub trust: Arc<TrustSlot>,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WanPeer {
    /// A gateway, verified, of this datacenter.
    Gateway(DcName),
    /// Someone on [`JOIN_ALPN`] who holds this key. Nothing else is known of him.
    Stranger(SpkiHash),
}

impl WanTls {
    /// Makes no configuration yet.
    pub fn new(parts: WanParts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// For **one** incoming connection; make one for each. It serves both protocols and asks of the caller what the
    /// protocol that he offers demands: rustls shows the protocol to the part that picks our certificate, but not
    /// to the part that checks his, so the two share a note that belongs to the connection. A configuration used
    /// for a second connection refuses the protocol that the first one did not use.
    pub fn server(&self) -> Result<Arc<ServerConfig>, Error> {
        let offered = Arc::new(OnceLock::new());
        let shown = Arc::new(OneConnection { identity: Arc::clone(&self.parts.identity), offered: Arc::clone(&offered) });
        let parts = Arc::clone(&self.parts);
        let admit = Caller { parts, offered };
        let (crypto, clock) = (&self.parts.crypto, &self.parts.clock);
        link_config::server(crypto, clock, admit, shown, &[WAN_ALPN, JOIN_ALPN])
    }

    /// For calls to a gateway of `dc`; any other peer is refused in the handshake.
    pub fn client(&self, dc: &DcName) -> Result<Arc<ClientConfig>, Error> {
        let parts = Arc::clone(&self.parts);
        let shown = Arc::clone(&self.parts.identity);
        let admit = Called { parts, dc: dc.clone() };
        let (crypto, clock) = (&self.parts.crypto, &self.parts.clock);
        link_config::client(crypto, clock, admit, shown, WAN_ALPN)
    }

    /// For the call of a stranger: shows the node certificate and accepts any server, whose certificate proves
    /// nothing before [`super::verify_join_proof`] does.
    pub fn join_client(&self) -> Result<Arc<ClientConfig>, Error> {
        let shown = Arc::clone(&self.parts.node);
        let (crypto, clock) = (&self.parts.crypto, &self.parts.clock);
        link_config::client(crypto, clock, AnyMember, shown, JOIN_ALPN)
    }

    /// Who called, from the negotiated protocol and the certificates of a finished handshake; `now` in unix seconds.
    /// Decided anew by the trust of this moment.
    pub fn peer(&self, protocol: &[u8], certificates: &[CertificateDer<'_>], now: u64) -> Result<WanPeer, PeerRefused> {
        if protocol == JOIN_ALPN {
            return stranger(Chain::of(certificates)?).map(WanPeer::Stranger);
        }
        if protocol != WAN_ALPN {
            return Err(PeerRefused::Protocol);
        }
        match self.peer_identity(certificates, now)? {
            SpiffeId::Gateway { dc, .. } => Ok(WanPeer::Gateway(dc)),
            other => Err(PeerRefused::Role(other)),
        }
    }

    /// The verified gateway identity of a caller, from the certificates of a finished handshake; `now` in unix
    /// seconds. A stranger's certificate is refused whatever it says.
    pub fn peer_identity(&self, certificates: &[CertificateDer<'_>], now: u64) -> Result<SpiffeId, PeerRefused> {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        self.parts.gateway(Chain::of(certificates)?, Side::Client, now)
    }
}

impl WanParts {
    fn gateway(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<SpiffeId, PeerRefused> {
        let leaf = chain.verify(&self.trust.load(), self.crypto.provider(), side, now)?;
        match leaf.id {
            Some(id @ SpiffeId::Gateway { .. }) => Ok(id),
            Some(other) => Err(PeerRefused::Role(other)),
            None => Err(PeerRefused::Unnamed),
        }
    }
}

/// The key of someone of whom only that is known.
fn stranger(chain: Chain<'_>) -> Result<SpkiHash, PeerRefused> {
    if !chain.is_single() {
        return Err(PeerRefused::StrangerChain);
    }
    chain.key()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Wan,
    Join,
}

/// Shows our identity and notes which protocol the caller offered.
struct OneConnection {
    identity: Arc<Keychain>,
    offered: Arc<OnceLock<Protocol>>,
}

impl ResolvesServerCert for OneConnection {
    /// `None`, which ends the handshake, for a caller who offers both protocols or neither.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let offers = |protocol: &[u8]| hello.alpn().is_some_and(|mut it| it.any(|p| p == protocol));
        let offered = match (offers(WAN_ALPN), offers(JOIN_ALPN)) {
            (true, false) => Protocol::Wan,
            (false, true) => Protocol::Join,
            _ => return None,
        };
        // A repeated hello (HelloRetryRequest) may only repeat itself.
        if *self.offered.get_or_init(|| offered) != offered {
            return None;
        }
        self.identity.resolve(hello)
    }
}

impl fmt::Debug for OneConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneConnection")
    }
}

/// Whoever calls us.
struct Caller {
    parts: Arc<WanParts>,
    offered: Arc<OnceLock<Protocol>>,
}

impl Admit for Caller {
    fn admit(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<(), PeerRefused> {
        match self.offered.get() {
            Some(Protocol::Wan) => self.parts.gateway(chain, side, now).map(drop),
            Some(Protocol::Join) => stranger(chain).map(drop),
            None => Err(PeerRefused::Protocol),
        }
    }
}

/// The gateway we call.
struct Called {
    parts: Arc<WanParts>,
    dc: DcName,
}

impl Admit for Called {
    fn admit(&self, chain: Chain<'_>, side: Side, now: UnixTime) -> Result<(), PeerRefused> {
        match self.parts.gateway(chain, side, now)? {
            SpiffeId::Gateway { dc, .. } if dc == self.dc => Ok(()),
            SpiffeId::Gateway { dc, .. } => Err(PeerRefused::Datacenter { expected: self.dc.clone(), presented: dc }),
            other => Err(PeerRefused::Role(other)),
        }
    }
}

/// The member a stranger calls, before he can verify anything.
struct AnyMember;

impl Admit for AnyMember {
    fn admit(&self, chain: Chain<'_>, _: Side, _: UnixTime) -> Result<(), PeerRefused> {
        chain.key().map(drop)
    }
}
