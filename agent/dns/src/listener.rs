//! The ports.

use crate::datagrams::Datagrams;
use socket2::SockRef;
use std::net::{SocketAddr, TcpListener as StdListener, UdpSocket};
use tokio::net::TcpListener;

/// Tries to find a port that is free for both protocols, when any will do.
const TRIES: usize = 16;
/// What the kernel holds of questions that are not read yet, in bytes: a few thousand. It may give less.
const QUEUE: usize = 4 * 1024 * 1024;

/// A port, taken for UDP and for TCP.
pub struct Bound {
    pub(crate) udp: Datagrams,
    pub(crate) tcp: TcpListener,
    addr: SocketAddr,
}

/// Why a port cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for DNS over {protocol} on {address}: {source}")]
pub struct BindError {
    protocol: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

impl Bound {
    /// Takes an address. Port 0 takes any that is free for both.
    ///
    /// # Errors
    /// [`BindError`], naming protocol and address.
    pub fn new(address: SocketAddr) -> Result<Self, BindError> {
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            match Self::take(address) {
                Err(_) if tries > 0 => {}
                outcome => return outcome,
            }
        }
    }

    fn take(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |protocol| move |source| BindError { protocol, address, source };
        let tcp = StdListener::bind(address).map_err(failed("TCP"))?;
        let addr = tcp.local_addr().map_err(failed("TCP"))?;
        let udp = UdpSocket::bind(addr).map_err(failed("UDP"))?;
        // A wish: less is enough, only bursts are lost earlier.
        let _ = SockRef::from(&udp).set_recv_buffer_size(QUEUE);
        let _ = SockRef::from(&udp).set_send_buffer_size(QUEUE);
        let udp = Datagrams::new(udp).map_err(failed("UDP"))?;
        let listener = tcp.set_nonblocking(true).and_then(|()| TcpListener::from_std(tcp));
        Ok(Self { udp, tcp: listener.map_err(failed("TCP"))?, addr })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}
