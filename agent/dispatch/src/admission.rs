//! Overload is refused early: a call over a limit costs one comparison.

use api::{Code, Error};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many calls may be under way here.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls that are being answered.
    pub working: usize,
    /// Blocking reads that wait.
    pub waiting: usize,
    /// Calls that others are answering for us. Blocking reads among them count apart, up to `waiting`.
    pub passing: usize,
}

impl Default for Limits {
    /// 8,192 calls, so that a thousand connections with a few calls each pass; 131,072 waiting reads at a few hundred bytes each. A call
    /// passed on takes a journey rather than a moment, and ten thousand watchers may wake at once: as many as an edge takes connections.
    fn default() -> Self {
        Self { working: 8 * 1024, waiting: 128 * 1024, passing: 64 * 1024 }
    }
}

/// The places there are.
pub struct Admission {
    limits: Limits,
    working: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
    passing: Arc<AtomicUsize>,
    waiting_elsewhere: Arc<AtomicUsize>,
}

/// A place; dropping it gives it back.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    /// This many places.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, working: Arc::default(), waiting: Arc::default(), passing: Arc::default(), waiting_elsewhere: Arc::default() }
    }

    /// How many blocking reads wait here.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A place for a call that is answered at once.
    pub(crate) fn work(&self) -> Result<Place, Error> {
        take(&self.working, self.limits.working, "calls under way")
    }

    /// A place for a blocking read.
    pub(crate) fn wait(&self) -> Result<Place, Error> {
        take(&self.waiting, self.limits.waiting, "blocking reads")
    }

    /// A place for a call that is passed on.
    pub(crate) fn pass(&self, waits: bool) -> Result<Place, Error> {
        if waits {
            take(&self.waiting_elsewhere, self.limits.waiting, "blocking reads passed on")
        } else {
            take(&self.passing, self.limits.passing, "calls passed on")
        }
    }
}

fn take(places: &Arc<AtomicUsize>, limit: usize, of_what: &str) -> Result<Place, Error> {
    if places.fetch_add(1, Ordering::Relaxed) >= limit {
        places.fetch_sub(1, Ordering::Relaxed);
        let text = format!("rate limit exceeded, try again later or against a different server: more than {limit} {of_what}");
        return Err(Error::new(Code::Busy, text));
    }
    Ok(Place(Arc::clone(places)))
}
