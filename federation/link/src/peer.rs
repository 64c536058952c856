use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::Class;

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

/// The label the exporter is made with, without a context. The proofs of the trust crate say the same.
const EXPORTER_LABEL: &[u8] = b"EXPORTER-delian-join-1";

/// Whom to dial. Connections are kept per address *and* name: one verified for a name serves no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    /// Its UDP address.
    pub addr: SocketAddr,
    /// Who it must prove to be, in the words of the [`crate::TlsSource`]: a datacenter, or a name in a certificate.
    pub name: Arc<str>,
}

impl Peer {
    /// A peer at `addr` that must prove to be `name`.
    pub fn new(addr: SocketAddr, name: &str) -> Self {
        Self { addr, name: name.into() }
    }
}

/// Who is at the other end of an inbound connection. Shared by all that arrives on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// Where its packets came from when it connected.
    pub addr: SocketAddr,
    /// What its connection is for.
    pub class: Class,
    /// The certificate chain it presented and the verifier accepted, leaf first (DER). May be empty for a stranger.
    pub certs: Vec<CertificateDer<'static>>,
}

impl PeerInfo {
    pub(crate) fn of(connection: &quinn::Connection, class: Class) -> Self {
        let certs = connection.peer_identity().and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok());
        Self { addr: connection.remote_address(), class, certs: certs.map_or_else(Vec::new, |certs| *certs) }
    }
}
