use std::time::Duration;
use std::time::Instant;

use parking_lot::Mutex;
use quinn::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::DialError;
use crate::NotSent;
use crate::PathState;

/// Time after a first failed dial before the next; doubled by each further one.
const BACKOFF: Duration = Duration::from_millis(100);

/// Most time between dials: a healed path must be found again within what an operator waits.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

type Dialled = Option<Result<Connection, DialError>>;

/// One dialled peer and class: down, dialling, or up. Many callers share one dial.
#[derive(Debug)]
pub(crate) struct Slot {
    state: Mutex<State>,
    /// Cancelled when nobody wants the peer any more: its dial or connection ends.
    forgotten: CancellationToken,
}

#[derive(Debug)]
enum State {
    Down { since: Instant, failures: u32, retry_at: Instant, why: Option<DialError> },
    Dialling { since: Instant, failures: u32, result: watch::Receiver<Dialled> },
    Up { since: Instant, connection: Connection },
}

/// What a caller finds.
pub(crate) enum Found {
    /// A connection, perhaps one that has just died.
    Up(Connection),
    /// A dial under way: wait for it.
    Dialling(watch::Receiver<Dialled>),
    /// None: dial, and report through the sender.
    Dial(watch::Sender<Dialled>, watch::Receiver<Dialled>),
    /// It is too early for another dial.
    Refused(NotSent),
}

impl Slot {
    pub(crate) fn new(now: Instant) -> Self {
        let state = State::Down { since: now, failures: 0, retry_at: now, why: None };
        Self { state: Mutex::new(state), forgotten: CancellationToken::new() }
    }

    pub(crate) fn find(&self, now: Instant) -> Found {
        let mut state = self.state.lock();
        let failures = match &*state {
            State::Up { connection, .. } => return Found::Up(connection.clone()),
            State::Dialling { result, .. } => return Found::Dialling(result.clone()),
            State::Down { retry_at, why: Some(why), .. } if now < *retry_at => {
                return Found::Refused(NotSent::Backoff { last: why.clone(), left: *retry_at - now });
            }
            State::Down { failures, .. } => *failures,
        };
        let (report, result) = watch::channel(None);
        *state = State::Dialling { since: now, failures, result: result.clone() };
        Found::Dial(report, result)
    }

    /// The end of a dial. `jitter` in [0, 1) spreads the backoff by a quarter up or down.
    pub(crate) fn handle_dialled(&self, now: Instant, result: &Result<Connection, DialError>, jitter: f64) {
        let mut state = self.state.lock();
        let failed_before = match &*state {
            State::Dialling { failures, .. } | State::Down { failures, .. } => *failures,
            State::Up { .. } => 0,
        };
        *state = match result {
            Ok(connection) => State::Up { since: now, connection: connection.clone() },
            Err(why) => {
                let backoff = BACKOFF.saturating_mul(1 << failed_before.min(16)).min(BACKOFF_MAX);
                let retry_at = now + backoff.mul_f64(0.75 + 0.5 * jitter);
                State::Down { since: now, failures: failed_before.saturating_add(1), retry_at, why: Some(why.clone()) }
            }
        };
    }

    /// The end of the connection with this id: the next caller dials at once. Another connection is left alone.
    pub(crate) fn handle_lost(&self, now: Instant, connection: usize, why: &quinn::ConnectionError) {
        let mut state = self.state.lock();
        if matches!(&*state, State::Up { connection: current, .. } if current.stable_id() == connection) {
            let why = Some(DialError::Handshake(why.clone()));
            *state = State::Down { since: now, failures: 0, retry_at: now, why };
        }
    }

    pub(crate) fn path(&self, now: Instant) -> (PathState, Duration) {
        match &*self.state.lock() {
            State::Up { since, connection } => (PathState::of(connection), now.duration_since(*since)),
            State::Dialling { since, .. } => (PathState::Dialling, now.duration_since(*since)),
            State::Down { since, why, .. } => {
                let why = why.as_ref().map_or_else(String::new, ToString::to_string);
                (PathState::Down { why }, now.duration_since(*since))
            }
        }
    }

    /// Ends the dial or connection. True, for use in `retain`.
    pub(crate) fn forget(&self) -> bool {
        self.forgotten.cancel();
        true
    }

    pub(crate) async fn forgotten(&self) {
        self.forgotten.cancelled().await;
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(&*self.state.lock(), State::Up { .. })
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(&*self.state.lock(), State::Down { .. })
    }
}

/// Waits for a dial that someone does. A dialler that vanished (its runtime stops) counts as timed out.
pub(crate) async fn outcome(mut result: watch::Receiver<Dialled>) -> Result<Connection, NotSent> {
    let outcome = result.wait_for(Option::is_some).await;
    match outcome.as_deref() {
        Ok(Some(Ok(connection))) => Ok(connection.clone()),
        Ok(Some(Err(error))) => Err(NotSent::Dial(error.clone())),
        Ok(None) | Err(_) => Err(NotSent::Dial(DialError::TimedOut)),
    }
}
