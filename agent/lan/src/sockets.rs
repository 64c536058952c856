//! UDP and TCP on one port.

use std::io;
use std::net::{SocketAddr, UdpSocket as StdUdpSocket};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

/// Kernel buffers asked for: bursts of gossip must outlive a busy moment of the owner task.
const BUFFER: usize = 2 << 20;
/// Ports tried when any will do.
const TRIES: usize = 32;

/// The two sockets of a member, on the same address.
pub(crate) struct Sockets {
    pub(crate) udp: Arc<UdpSocket>,
    pub(crate) tcp: TcpListener,
    pub(crate) addr: SocketAddr,
}

impl Sockets {
    /// With port 0 the kernel chooses one for TCP, and another try is made if UDP cannot have it.
    pub(crate) async fn bind(addr: SocketAddr) -> io::Result<Self> {
        let mut tries = if addr.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            let tcp = TcpListener::bind(addr).await?;
            let bound = tcp.local_addr()?;
            match bind_udp(bound) {
                Ok(udp) => return Ok(Self { udp: Arc::new(udp), tcp, addr: bound }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn bind_udp(addr: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    raise(|size| socket.set_recv_buffer_size(size));
    raise(|size| socket.set_send_buffer_size(size));
    socket.bind(&addr.into())?;
    UdpSocket::from_std(StdUdpSocket::from(socket))
}

/// Takes the largest size the system grants; Linux cuts silently, others refuse.
fn raise(set: impl Fn(usize) -> io::Result<()>) {
    let mut size = BUFFER;
    while size >= 64 << 10 && set(size).is_err() {
        size /= 2;
    }
}
