//! What is sent: an answer that is there, or is made on the way, or lines as they come.

use crate::made::Made;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Where the lines of `/v1/agent/monitor` come from.
pub trait Logs: Send + Sync {
    /// The lines of the log from now on.
    ///
    /// # Errors
    /// Why there are none for this client.
    fn lines(&self, asked: &api::agent::Monitor) -> Result<Box<dyn Lines>, api::Error>;
}

/// Lines without end.
pub trait Lines: Send {
    /// The next one with its line feed; `None` when there will be no more.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>>;
}

/// The body of an answer.
pub(crate) enum Content {
    /// It is there.
    Whole(Full<Bytes>),
    /// It is made piece by piece.
    Made(Made),
    /// It comes line by line, until the server stops.
    Lines { lines: Box<dyn Lines>, stop: Pin<Box<WaitForCancellationFutureOwned>> },
}

impl Content {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }

    pub(crate) fn lines(lines: Box<dyn Lines>, stop: &CancellationToken) -> Self {
        Self::Lines { lines, stop: Box::pin(stop.clone().cancelled_owned()) }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(context),
            Self::Made(made) => made.poll_next(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
            Self::Lines { lines, stop } => {
                // Whoever reads along would else keep the server from stopping in time.
                if stop.as_mut().poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                lines.poll_next(context).map(|line| line.map(|line| Ok(Frame::data(line))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Made(_) | Self::Lines { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Made(_) | Self::Lines { .. } => SizeHint::default(),
        }
    }
}
