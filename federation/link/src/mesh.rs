use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use quinn::Connection;
use quinn::RecvStream;
use quinn::SendStream;
use quinn::WriteError;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::sync::mpsc;

use crate::MeshRequest;
use crate::PeerInfo;
use crate::code;
use crate::frame;
use crate::frame::Kind;
use crate::serve::refusal;
use crate::serve::refuse;
use crate::shared::Shared;

/// How long a peer may take to send the head.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// A carried connection: bytes both ways. `shutdown` ends our direction in order; dropping before it resets the stream,
/// so that a cut connection never looks like a finished one.
#[derive(Debug)]
pub struct MeshStream {
    send: SendStream,
    recv: RecvStream,
    finished: bool,
}

impl MeshStream {
    /// Sends the opening message. Dropped while it waits, it resets the stream.
    pub(crate) async fn open(send: SendStream, recv: RecvStream, mut opening: [Bytes; 2]) -> Result<Self, WriteError> {
        let mut stream = Self::new(send, recv);
        stream.send.write_all_chunks(&mut opening).await?;
        Ok(stream)
    }

    fn new(send: SendStream, recv: RecvStream) -> Self {
        Self { send, recv, finished: false }
    }
}

impl AsyncRead for MeshStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        AsyncRead::poll_read(Pin::new(&mut self.recv), cx, buf)
    }
}

impl AsyncWrite for MeshStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.send), cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.send), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.finished = true;
        AsyncWrite::poll_shutdown(Pin::new(&mut self.send), cx)
    }
}

impl Drop for MeshStream {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.send.reset(code::CANCELLED);
        }
    }
}

/// Serves one mesh connection until it ends.
pub(crate) async fn serve(connection: Connection, peer: Arc<PeerInfo>, queue: mpsc::Sender<MeshRequest>, shared: Shared) {
    while let Ok((send, recv)) = connection.accept_bi().await {
        if shared.closing.is_cancelled() {
            let mut recv = recv;
            refuse(send, &mut recv, code::CLOSING);
            continue;
        }
        // Streams are bounded per connection; a head that stalls must not delay other streams.
        tokio::spawn(open(send, recv, peer.clone(), queue.clone(), shared.clone()));
    }
}

async fn open(send: SendStream, mut recv: RecvStream, peer: Arc<PeerInfo>, queue: mpsc::Sender<MeshRequest>, shared: Shared) {
    let read = frame::read_head(&mut recv, Kind::Mesh, shared.limits.head);
    let refused = match tokio::time::timeout(HEAD_TIME, read).await {
        Ok(Ok(head)) => match queue.try_reserve() {
            Ok(place) => {
                return place.send(MeshRequest { peer, head, stream: MeshStream::new(send, recv) });
            }
            Err(_) => code::BUSY,
        },
        Ok(Err(error)) => refusal(&error, &shared),
        Err(_) => code::MALFORMED,
    };
    refuse(send, &mut recv, refused);
}
