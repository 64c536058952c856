//! A snapshot in pieces, on both sides.

use crate::{limits::CHUNK_BYTES, payload::Chunk};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use std::{io, pin::Pin};
use tonic::Streaming;

/// The pieces of an incoming snapshot; HTTP/2 flow control slows the sender to the pace at which they are taken.
pub struct Chunks {
    inbound: Streaming<Chunk>,
    complete: bool,
}

/// The snapshot ended before its last piece: the sender gave up, or the connection was lost. What came must be thrown away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("snapshot broke off: {0}")]
pub struct SnapshotBroken(pub String);

impl Chunks {
    pub(crate) const fn new(inbound: Streaming<Chunk>) -> Self {
        Self { inbound, complete: false }
    }

    /// The next piece, 256 KiB at most; `None` when the snapshot is complete.
    ///
    /// # Errors
    /// [`SnapshotBroken`]; further calls fail again.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SnapshotBroken> {
        if self.complete {
            return Ok(None);
        }
        match self.inbound.message().await {
            Ok(Some(chunk)) => {
                self.complete = chunk.last;
                Ok(if chunk.last && chunk.body.is_empty() { None } else { Some(chunk.body) })
            }
            Ok(None) => Err(SnapshotBroken("sender stopped before the last piece".to_owned())),
            Err(status) => Err(SnapshotBroken(status.message().to_owned())),
        }
    }
}

/// Cuts `source` to size and marks its end; an error of the source ends the stream without that mark.
pub(super) fn cut(source: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> impl Stream<Item = Chunk> + Send + 'static {
    let cut = Cut { source: Box::pin(source), rest: Bytes::new(), ended: false };
    stream::unfold(cut, Cut::step)
}

struct Cut<S> {
    source: Pin<Box<S>>,
    rest: Bytes,
    ended: bool,
}

impl<S: Stream<Item = io::Result<Bytes>>> Cut<S> {
    async fn step(mut self) -> Option<(Chunk, Self)> {
        if self.ended {
            return None;
        }
        while self.rest.is_empty() {
            match self.source.next().await {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(error)) => {
                    tracing::warn!(%error, "snapshot cannot be read");
                    return None;
                }
                None => {
                    self.ended = true;
                    return Some((Chunk { body: Bytes::new(), last: true }, self));
                }
            }
        }
        let body = self.rest.split_to(CHUNK_BYTES.min(self.rest.len()));
        Some((Chunk { body, last: false }, self))
    }
}
