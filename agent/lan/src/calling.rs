//! TCP streams that we open.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use gossip::Call;
use members::Contact;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::frame;

/// Makes `call`; the reply is at most `max` bytes long.
pub(crate) async fn make(call: Call, max: usize) -> Result<Bytes, String> {
    let made = async {
        let stream = connect(&call).await.map_err(|error| not_connected(call.to, &error))?;
        exchange(stream, call.to, &call.bytes, max).await
    };
    match timeout(call.within, made).await {
        Ok(reply) => reply.map(Bytes::from),
        Err(_) => Err(format!("dial tcp {}: i/o timeout", call.to)),
    }
}

/// As [`make`], for whoever does so beside the pool.
pub(crate) async fn call(to: SocketAddr, bytes: &[u8], max: usize) -> Result<Vec<u8>, String> {
    let stream = TcpStream::connect(to).await.map_err(|error| not_connected(to, &error))?;
    exchange(stream, to, bytes, max).await
}

/// The machine answers for its process, whatever comes of the call later.
async fn connect(call: &Call) -> io::Result<TcpStream> {
    let connected = TcpStream::connect(call.to).await;
    match &connected {
        Ok(_) => call.tell(Contact::Open).await,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => call.tell(Contact::Refused).await,
        Err(_) => {}
    }
    connected
}

async fn exchange(mut stream: TcpStream, to: SocketAddr, bytes: &[u8], max: usize) -> Result<Vec<u8>, String> {
    let exchange = async {
        frame::write(&mut stream, bytes).await?;
        frame::read(&mut stream, max).await
    };
    exchange.await.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("{to} closed the connection (another gossip key, or not a gossip port)"),
        _ => format!("read tcp {to}: {error}"),
    })
}

/// The words Consul's users know from Go.
fn not_connected(to: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("dial tcp {to}: connect: connection refused"),
        io::ErrorKind::TimedOut => format!("dial tcp {to}: i/o timeout"),
        io::ErrorKind::HostUnreachable => format!("dial tcp {to}: connect: no route to host"),
        io::ErrorKind::NetworkUnreachable => format!("dial tcp {to}: connect: network is unreachable"),
        _ => format!("dial tcp {to}: connect: {error}"),
    }
}
