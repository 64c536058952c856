//! TCP streams, each a task with a permit and a deadline.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Contact, Purpose};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::frame;
use crate::inbox::StreamEvent;

/// Streams that peers may have open towards us.
const INCOMING: usize = 64;
/// Streams that we may have open.
const OUTGOING: usize = 64;
/// And for probes beside them: where many members are silent these must not hold up the others.
const PROBES: usize = 16;

/// Permits and limits of streams.
pub(crate) struct Streams {
    pub(crate) incoming: Arc<Semaphore>,
    outgoing: Arc<Semaphore>,
    probes: Arc<Semaphore>,
    inbox: mpsc::Sender<StreamEvent>,
    max: usize,
    deadline: Duration,
    probe_deadline: Duration,
}

impl Streams {
    pub(crate) fn new(inbox: mpsc::Sender<StreamEvent>, config: &members::Config) -> Self {
        Self {
            incoming: Arc::new(Semaphore::new(INCOMING)),
            outgoing: Arc::new(Semaphore::new(OUTGOING)),
            probes: Arc::new(Semaphore::new(PROBES)),
            inbox,
            max: config.max_stream,
            deadline: config.stream_timeout,
            probe_deadline: config.probe_interval,
        }
    }

    /// Serves one stream that a peer opened.
    pub(crate) fn serve(&self, mut stream: TcpStream, from: SocketAddr, permit: OwnedSemaphorePermit) {
        let (inbox, max, deadline) = (self.inbox.clone(), self.max, self.deadline);
        tokio::spawn(async move {
            let _permit = permit;
            match timeout(deadline, serve(&mut stream, from, inbox, max)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%from, %error, "gossip stream failed"),
                Err(_) => tracing::debug!(%from, "gossip stream timed out"),
            }
        });
    }

    /// Opens a stream, sends `bytes` and puts the reply into the inbox. False if too many are open.
    pub(crate) fn open(&self, to: SocketAddr, bytes: Bytes, purpose: Purpose) -> bool {
        let (permits, deadline) = match purpose {
            Purpose::Probe => (&self.probes, self.probe_deadline),
            _ => (&self.outgoing, self.deadline),
        };
        let Ok(permit) = Arc::clone(permits).try_acquire_owned() else { return false };
        let (inbox, max) = (self.inbox.clone(), self.max);
        tokio::spawn(async move {
            let answered = async {
                let stream = connect(to, purpose, &inbox).await.map_err(|error| format!("dial tcp {to}: {}", connect_text(&error)))?;
                exchange(stream, to, &bytes, max).await
            };
            let reply = match timeout(deadline, answered).await {
                Ok(reply) => reply,
                Err(_) => Err(format!("dial tcp {to}: i/o timeout")),
            };
            drop(permit);
            // Fails only when the driver is gone.
            let _gone = inbox.send(StreamEvent::Done { to, purpose, reply }).await;
        });
        true
    }
}

async fn serve(stream: &mut TcpStream, from: SocketAddr, inbox: mpsc::Sender<StreamEvent>, max: usize) -> io::Result<()> {
    let bytes = frame::read(stream, max).await?;
    let (reply, answer) = oneshot::channel();
    let _gone = inbox.send(StreamEvent::Request { bytes, from, reply }).await;
    match answer.await {
        Ok(bytes) => frame::write(stream, &bytes).await,
        // The core refused the request, and has logged why.
        Err(_) => Ok(()),
    }
}

/// What a probe is to know is there when the call is taken or refused, whatever comes of it later.
async fn connect(to: SocketAddr, purpose: Purpose, inbox: &mpsc::Sender<StreamEvent>) -> io::Result<TcpStream> {
    let connected = TcpStream::connect(to).await;
    let contact = match &connected {
        Ok(_) => Some(Contact::Open),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Some(Contact::Refused),
        Err(_) => None,
    };
    if let Some(contact) = contact.filter(|_| purpose == Purpose::Probe) {
        // Fails only when the driver is gone.
        let _gone = inbox.send(StreamEvent::Contact { with: to, contact }).await;
    }
    connected
}

pub(crate) async fn call(to: SocketAddr, bytes: &[u8], max: usize) -> Result<Vec<u8>, String> {
    let stream = TcpStream::connect(to).await.map_err(|error| format!("dial tcp {to}: {}", connect_text(&error)))?;
    exchange(stream, to, bytes, max).await
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
fn connect_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused".to_owned(),
        io::ErrorKind::TimedOut => "i/o timeout".to_owned(),
        io::ErrorKind::HostUnreachable => "connect: no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "connect: network is unreachable".to_owned(),
        _ => format!("connect: {error}"),
    }
}
