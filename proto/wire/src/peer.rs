//! Who is at the other end of a connection that was accepted.

use rustls_pki_types::CertificateDer;
use std::{net::SocketAddr, sync::Arc};

/// The peer of one connection; cheap to clone.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// Its address as the kernel saw it.
    pub addr: SocketAddr,
    /// Its certificate chain, leaf first, as verified by the TLS configuration; empty without TLS or without a client certificate.
    pub certificates: Arc<[CertificateDer<'static>]>,
}
