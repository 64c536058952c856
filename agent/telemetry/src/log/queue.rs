//! Lines on their way to the thread that writes them.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Bytes that may wait. A terminal that is stuck costs this much memory, and then lines.
const MOST_BYTES: usize = 4 << 20;

/// A bounded queue of lines that never makes its writers wait.
#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    /// Something to write, or the end.
    filled: Condvar,
    /// Everything is written.
    emptied: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<String>,
    bytes: usize,
    /// Lines were taken and are not written yet.
    writing: bool,
    closed: bool,
}

impl Queue {
    /// Adds a line, or drops it when there is no room.
    pub(crate) fn push(&self, line: String) {
        {
            let mut inner = self.inner.lock();
            if inner.closed || inner.bytes + line.len() > MOST_BYTES {
                drop(inner);
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            inner.bytes += line.len();
            inner.lines.push_back(line);
        }
        self.filled.notify_one();
    }

    /// How many lines were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// All lines there are, once there are some; `None` at the end. Asking again says that the last ones are written.
    pub(crate) fn take(&self) -> Option<VecDeque<String>> {
        let mut inner = self.inner.lock();
        inner.writing = false;
        while inner.lines.is_empty() {
            self.emptied.notify_all();
            if inner.closed {
                return None;
            }
            self.filled.wait(&mut inner);
        }
        inner.writing = true;
        inner.bytes = 0;
        Some(std::mem::take(&mut inner.lines))
    }

    /// Waits until all lines are written, or until `deadline`; returns whether they are.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let mut inner = self.inner.lock();
        while !inner.lines.is_empty() || inner.writing {
            if self.emptied.wait_until(&mut inner, deadline).timed_out() {
                return inner.lines.is_empty() && !inner.writing;
            }
        }
        true
    }

    /// Takes no more lines.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
        self.filled.notify_one();
    }
}
