//! Heads of requests that are begun and not finished.
//!
//! hyper has a timeout for them, but it also runs while a kept connection is idle, and makes a timer for every request. Clients of
//! this API keep connections for minutes between requests; and an idle connection holds nothing, while an unfinished head holds up to
//! `max_header_bytes`. So the bytes are watched here: per request that is two plain stores, and per connection there is one timer,
//! which looks every `patience` whether the head that was unfinished at the last look still is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, MissedTickBehavior};

/// What is read of the next head. One task reads, answers and looks, so that no order between the fields has to be kept.
#[derive(Default)]
pub(crate) struct Head {
    /// Heads begun and finished: odd while one is unfinished.
    count: AtomicU64,
    /// A request is being answered: what is read belongs to its body.
    answering: AtomicBool,
}

impl Head {
    /// The head is complete.
    pub(crate) fn finished(&self) {
        self.answering.store(true, Ordering::Relaxed);
        let count = self.count.load(Ordering::Relaxed);
        self.count.store(count + count % 2, Ordering::Relaxed);
    }

    /// The request is answered: what comes now is another one.
    pub(crate) fn answered(&self) {
        self.answering.store(false, Ordering::Relaxed);
    }

    fn bytes_came(&self) {
        if !self.answering.load(Ordering::Relaxed) {
            let count = self.count.load(Ordering::Relaxed);
            self.count.store(count + 1 - count % 2, Ordering::Relaxed);
        }
    }

    /// Resolves when a head has been unfinished for `patience`, at the latest after twice that.
    pub(crate) async fn overdue(&self, patience: Duration) {
        let mut looks = tokio::time::interval_at(Instant::now() + patience, patience);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = 0;
        loop {
            looks.tick().await;
            let count = self.count.load(Ordering::Relaxed);
            if count % 2 == 1 && count == last {
                return;
            }
            last = count;
        }
    }
}

/// A stream whose reads are watched.
pub(crate) struct Watched<S> {
    pub(crate) stream: S,
    pub(crate) head: Arc<Head>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.head.bytes_came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn idle_and_busy_connections_are_left_alone_and_a_slow_head_is_not() {
        let head = Head::default();
        let waited = |for_secs| tokio::time::timeout(Duration::from_secs(for_secs), head.overdue(PATIENCE));
        assert!(waited(600).await.is_err(), "idle");
        head.bytes_came();
        head.finished();
        head.bytes_came();
        assert!(waited(600).await.is_err(), "its body comes, or it is a blocking read");
        head.answered();
        assert!(waited(600).await.is_err(), "idle again");
        head.bytes_came();
        head.bytes_came();
        assert!(waited(61).await.is_ok(), "unfinished");
    }
}
