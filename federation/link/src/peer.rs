use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

/// Length of the keying material that binds a join to its TLS session.
pub const EXPORTER_BYTES: usize = 32;

/// Keying material of a TLS session (RFC 5705, RFC 8446 7.5): equal on both sides, and on no other connection.
/// `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Exporter([u8; EXPORTER_BYTES]);

impl Exporter {
    /// Of a finished handshake; `None` if TLS gives none, which rustls does only before the end of it.
    pub(crate) fn of(connection: &quinn::Connection) -> Option<Self> {
        let mut output = [0; EXPORTER_BYTES];
        connection.export_keying_material(&mut output, EXPORTER_LABEL, &[]).ok()?;
        Some(Self(output))
    }

    /// The bytes, to be covered by a proof. Never send or log them.
    pub fn as_bytes(&self) -> &[u8; EXPORTER_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter(..)")
    }
}

/// The label the exporter is made with.
const EXPORTER_LABEL: &[u8] = b"EXPORTER-delian-join";

/// Whom to dial. Connections are kept per address *and* name: one verified for a name serves no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    /// Its UDP address.
    pub addr: SocketAddr,
    /// The name its certificate must be for, as the verifier of the TLS configuration understands it.
    pub server_name: Arc<str>,
}

impl Peer {
    /// A peer at `addr` that must prove to be `server_name`.
    pub fn new(addr: SocketAddr, server_name: &str) -> Self {
        Self { addr, server_name: server_name.into() }
    }
}

/// Who is at the other end of an inbound connection. Shared by all that arrives on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// Where its packets came from when it connected.
    pub addr: SocketAddr,
    /// The certificate chain it presented and the verifier accepted, leaf first (DER). Empty only for a stranger.
    pub certs: Vec<CertificateDer<'static>>,
}

impl PeerInfo {
    pub(crate) fn of(connection: &quinn::Connection) -> Self {
        let certs = connection.peer_identity().and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok());
        Self { addr: connection.remote_address(), certs: certs.map_or_else(Vec::new, |certs| *certs) }
    }
}
