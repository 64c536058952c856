//! TCP streams that peers open, each a task with a permit and a deadline.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::frame;

/// Streams that peers may have open towards us.
const INCOMING: usize = 64;

/// What a peer asks on a stream.
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: SocketAddr,
    pub(crate) reply: Reply,
}

/// To answer it; dropping it hangs up.
pub(crate) struct Reply(oneshot::Sender<Bytes>);

impl Reply {
    pub(crate) fn answer(self, bytes: Bytes) {
        // The peer may have given up.
        let _gone = self.0.send(bytes);
    }
}

/// Permits and limits.
pub(crate) struct Serving {
    permits: Arc<Semaphore>,
    requests: mpsc::Sender<Request>,
    max: usize,
    within: Duration,
}

impl Serving {
    pub(crate) fn new(config: &members::Config) -> (Self, mpsc::Receiver<Request>) {
        let (requests, asked) = mpsc::channel(INCOMING);
        let permits = Arc::new(Semaphore::new(INCOMING));
        (Self { permits, requests, max: config.max_stream, within: config.stream_timeout }, asked)
    }

    /// Waits until one more stream can be served.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Serves a stream.
    pub(crate) fn serve(&self, mut stream: TcpStream, from: SocketAddr, permit: OwnedSemaphorePermit) {
        let (requests, max, within) = (self.requests.clone(), self.max, self.within);
        tokio::spawn(async move {
            let _permit = permit;
            match timeout(within, serve(&mut stream, from, requests, max)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%from, %error, "gossip stream failed"),
                Err(_) => tracing::debug!(%from, "gossip stream timed out"),
            }
        });
    }
}

async fn serve(stream: &mut TcpStream, from: SocketAddr, requests: mpsc::Sender<Request>, max: usize) -> io::Result<()> {
    let bytes = frame::read(stream, max).await?;
    let (reply, answer) = oneshot::channel();
    // Fails only when the driver is gone.
    let _gone = requests.send(Request { bytes, from, reply: Reply(reply) }).await;
    match answer.await {
        Ok(bytes) => frame::write(stream, &bytes).await,
        // The core refused the request, and the driver has logged why.
        Err(_) => Ok(()),
    }
}
