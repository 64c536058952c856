//! A connection that is made when it is needed, shared by all who need it, and made again after it was lost.

use super::client_tls::Generation;
use crate::{
    error::{ConnectError, NotSent},
    limits::ClientLimits,
};
use parking_lot::Mutex;
use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// A connection that lived shorter than this counts as a failed attempt, so that a server which accepts and hangs up
/// is not dialled in a loop.
const SHORT_LIFE: Duration = Duration::from_secs(1);

/// Something that can turn out to be lost.
pub(crate) trait Usable: Clone + Send + 'static {
    fn is_usable(&self) -> bool;
}

type Dialling<T> = Pin<Box<dyn Future<Output = Result<T, ConnectError>> + Send>>;

/// At most one connection `T`, and at most one attempt to make it.
pub(crate) struct Redial<T>(Arc<Inner<T>>);

struct Inner<T> {
    addr: SocketAddr,
    limits: ClientLimits,
    generation: Generation,
    dial: Box<dyn Fn() -> Dialling<T> + Send + Sync>,
    state: Mutex<State<T>>,
}

enum State<T> {
    Down {
        failures: u32,
        retry_at: Option<Instant>,
        why: Option<ConnectError>,
    },
    /// The receiver learns when the attempt has ended.
    Dialling {
        done: watch::Receiver<()>,
        failures: u32,
    },
    Up {
        connection: T,
        /// It was current when the connection was dialled.
        generation: u64,
        since: Instant,
        failures: u32,
    },
}

impl<T> Clone for Redial<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Usable> Redial<T> {
    pub(crate) fn new(
        addr: SocketAddr,
        limits: ClientLimits,
        generation: Generation,
        dial: impl Fn() -> Dialling<T> + Send + Sync + 'static,
    ) -> Self {
        let state = Mutex::new(State::Down { failures: 0, retry_at: None, why: None });
        Self(Arc::new(Inner { addr, limits, generation, dial: Box::new(dial), state }))
    }

    /// The connection that is up, or the one that the attempt under way or a new one yields before `deadline`.
    ///
    /// While it backs off it does not wait: the caller may know another server.
    pub(crate) async fn get(&self, deadline: Instant) -> Result<T, NotSent> {
        loop {
            let mut done = match self.now_or_when()? {
                Ok(connection) => return Ok(connection),
                Err(done) => done,
            };
            // However the attempt ends, the state says what came of it.
            if timeout_at(deadline, done.changed()).await.is_err() {
                return Err(NotSent::Deadline);
            }
        }
    }

    fn now_or_when(&self) -> Result<Result<T, watch::Receiver<()>>, NotSent> {
        let mut state = self.0.state.lock();
        let failures = match &*state {
            // What is under way on it goes on.
            State::Up { generation, .. } if *generation != self.0.generation.current() => 0,
            State::Up { connection, .. } if connection.is_usable() => return Ok(Ok(connection.clone())),
            State::Up { since, failures, .. } if since.elapsed() < SHORT_LIFE => {
                let failures = *failures + 1;
                let why = ConnectError::new(self.0.addr, "connection was closed at once");
                *state = self.0.down(failures, why.clone());
                return Err(why.into());
            }
            State::Up { .. } => 0,
            State::Down { retry_at: Some(at), why: Some(why), .. } if Instant::now() < *at => return Err(why.clone().into()),
            State::Down { failures, .. } => *failures,
            State::Dialling { done, .. } if done.has_changed().is_ok() => return Ok(Err(done.clone())),
            // The runtime of the attempt was shut down under it.
            State::Dialling { failures, .. } => *failures,
        };
        let (ended, done) = watch::channel(());
        *state = State::Dialling { done: done.clone(), failures };
        drop(state);
        tokio::spawn(attempt(Arc::clone(&self.0), failures, ended));
        Ok(Err(done))
    }
}

/// A task of its own, so that a caller with little time left does not take the attempt with it.
async fn attempt<T: Usable>(redial: Arc<Inner<T>>, failures: u32, ended: watch::Sender<()>) {
    let generation = redial.generation.current();
    let dialled = (redial.dial)().await;
    let outcome = match dialled {
        Ok(connection) => State::Up { connection, generation, since: Instant::now(), failures },
        Err(why) => {
            tracing::debug!(error = %why, "cannot connect");
            redial.down(failures + 1, why)
        }
    };
    *redial.state.lock() = outcome;
    drop(ended);
}

impl<T> Inner<T> {
    fn down(&self, failures: u32, why: ConnectError) -> State<T> {
        let pause = backoff(&self.limits, failures, rand::random_range(0.5..=1.0));
        State::Down { failures, retry_at: Some(Instant::now() + pause), why: Some(why) }
    }
}

/// The pause after `failures` failed attempts in a row; `jitter` in 0.5 to 1 spreads those who lost the same server.
fn backoff(limits: &ClientLimits, failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    limits.backoff.saturating_mul(1 << doublings).min(limits.max_backoff).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Clone, Debug)]
    struct Fake(u32);

    impl Usable for Fake {
        fn is_usable(&self) -> bool {
            true
        }
    }

    fn addr() -> SocketAddr {
        "127.0.0.1:1".parse().unwrap()
    }

    #[test]
    fn backoff_doubles_up_to_its_bound() {
        let limits = ClientLimits::default();
        let pauses = [1, 2, 3, 7, 40].map(|failures| backoff(&limits, failures, 1.0).as_millis());
        assert_eq!(pauses, [50, 100, 200, 3000, 3000]);
        assert_eq!(backoff(&limits, 1, 0.5), Duration::from_millis(25));
    }

    #[tokio::test]
    async fn all_share_one_attempt() {
        let dials = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&dials);
        let redial = Redial::new(addr(), ClientLimits::default(), Generation::default(), move || {
            let n = counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(Fake(n))
            })
        });
        let deadline = Instant::now() + Duration::from_secs(5);
        let (a, b, c) = tokio::join!(redial.get(deadline), redial.get(deadline), redial.get(deadline));
        assert_eq!((a.unwrap().0, b.unwrap().0, c.unwrap().0), (0, 0, 0));
        assert_eq!(dials.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_connection_of_an_older_generation_takes_no_new_requests() {
        let (dials, generation) = (Arc::new(AtomicU32::new(0)), Generation::default());
        let counter = Arc::clone(&dials);
        let redial = Redial::new(addr(), ClientLimits::default(), generation.clone(), move || {
            let n = counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(Fake(n)) })
        });
        let deadline = Instant::now() + Duration::from_secs(5);
        assert_eq!((redial.get(deadline).await.unwrap().0, redial.get(deadline).await.unwrap().0), (0, 0));
        generation.advance();
        assert_eq!((redial.get(deadline).await.unwrap().0, redial.get(deadline).await.unwrap().0), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_repeated_without_dialling_until_the_pause_is_over() {
        let dials = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&dials);
        let redial: Redial<Fake> = Redial::new(addr(), ClientLimits::default(), Generation::default(), move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(ConnectError::new(addr(), "no")) })
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        for _ in 0..3 {
            assert!(matches!(redial.get(deadline).await, Err(NotSent::Unreachable(_))));
        }
        assert_eq!(dials.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_millis(51)).await;
        redial.get(deadline).await.unwrap_err();
        assert_eq!(dials.load(Ordering::Relaxed), 2);
    }
}
