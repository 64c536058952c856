//! An answer that is made while it is sent.

use api::http::Pieces;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;

/// So much compressed data is worth a write.
const WORTH_SENDING: usize = 4 * 1024;
/// Pieces that are compressed at a time: some 64 KiB, which take less than a millisecond.
const AT_A_TIME: usize = 8;

/// The pieces of an answer, compressed or as they are.
pub(crate) enum Made {
    /// As they are.
    Plain(Pieces),
    /// Compressed; without a compressor, all has been.
    Gzip(Pieces, Option<Compressor>),
}

pub(crate) struct Compressor {
    encoder: Box<GzEncoder<Vec<u8>>>,
    _place: OwnedSemaphorePermit,
}

impl Made {
    /// These pieces; compressed, if there is a place for that.
    pub(crate) fn new(pieces: Pieces, place: Option<OwnedSemaphorePermit>) -> Self {
        let compressor = |place| Compressor { encoder: Box::new(GzEncoder::new(Vec::new(), Compression::fast())), _place: place };
        match place {
            Some(place) => Self::Gzip(pieces, Some(compressor(place))),
            None => Self::Plain(pieces),
        }
    }

    /// The next piece; none when that was all.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let (pieces, slot) = match self {
            Self::Plain(pieces) => return Poll::Ready(pieces.next()),
            Self::Gzip(pieces, slot) => (pieces, slot),
        };
        let Some(compressor) = slot else { return Poll::Ready(None) };
        for _ in 0..AT_A_TIME {
            let Some(piece) = pieces.next() else {
                // Writing into a vector does not fail.
                let rest = slot.take().and_then(|compressor| compressor.encoder.finish().ok());
                return Poll::Ready(rest.map(Bytes::from));
            };
            if compressor.encoder.write_all(&piece).is_err() {
                return Poll::Ready(None);
            }
            if compressor.encoder.get_ref().len() >= WORTH_SENDING {
                return Poll::Ready(Some(std::mem::take(compressor.encoder.get_mut()).into()));
            }
        }
        // Others have their turn.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
