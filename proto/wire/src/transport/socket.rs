//! What every TCP socket here is set to.

use crate::limits::UNSENT_BYTES;
use socket2::SockRef;
use std::io;
use tokio::net::TcpStream;

/// No Nagle delay, and little unsent data in the kernel: what is handed to it can no longer be overtaken by a small frame.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}
