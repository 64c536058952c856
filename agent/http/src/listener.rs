//! Where requests come from: TCP, or a Unix socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, UnixListener};

/// A listener that has its address.
pub enum Bound {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket and its path.
    Unix(UnixListener, PathBuf),
}

/// An address that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for HTTP on {address}: {source}")]
pub struct BindError {
    address: String,
    source: std::io::Error,
}

impl Bound {
    /// Takes a TCP port; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the port is taken or the address is none of this machine's.
    pub fn tcp(address: SocketAddr) -> Result<Self, BindError> {
        let bind = || {
            let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
            // A restarted agent must not wait for the kernel to forget its last connections.
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(4096)?;
            TcpListener::from_std(socket.into())
        };
        bind().map(Self::Tcp).map_err(|source| BindError { address: address.to_string(), source })
    }

    /// Takes a Unix socket; one that a dead process left is replaced.
    ///
    /// # Errors
    /// When the path cannot be written, or a live process listens there.
    pub fn unix(path: &Path) -> Result<Self, BindError> {
        let error = |source| BindError { address: format!("unix://{}", path.display()), source };
        if path.exists() && std::os::unix::net::UnixStream::connect(path).is_err() {
            std::fs::remove_file(path).map_err(error)?;
        }
        UnixListener::bind(path).map(|listener| Self::Unix(listener, path.to_owned())).map_err(error)
    }

    /// The TCP address, if it is one.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // A left-over socket only costs the next start a look at it.
            let _ = std::fs::remove_file(path);
        }
    }
}
