use std::io;
use std::net::SocketAddr;
use std::net::UdpSocket;

use socket2::Domain;
use socket2::Protocol;
use socket2::Socket;
use socket2::Type;
use tracing::warn;

/// Wanted kernel buffer per direction. Published comparisons of QUIC implementations at 10 Gbit/s found the systems'
/// defaults (about 200 KiB) ten times too small; 4 MiB is 30 ms of that rate.
const BUFFER_BYTES: usize = 4 << 20;

/// A UDP socket with large buffers, as large as the system grants.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER_BYTES).and_then(|()| socket.set_send_buffer_size(BUFFER_BYTES))?;
    let granted = socket.recv_buffer_size()?.min(socket.send_buffer_size()?);
    if granted < BUFFER_BYTES {
        warn!(granted, wanted = BUFFER_BYTES, "UDP buffers are small: raise net.core.rmem_max and wmem_max");
    }
    socket.bind(&addr.into())?;
    Ok(socket.into())
}
