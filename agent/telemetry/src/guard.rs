//! Holds telemetry while the process runs.

use crate::log::{self, LogTap, Queue};
use crate::traces::{TraceCounters, Traces};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::{Registry, reload};

/// How long dropping the guard may take.
const AT_DROP: Duration = Duration::from_secs(2);

/// Keep it until the process ends: dropping it writes and sends what is left, for at most two seconds.
pub struct Guard {
    pub(crate) filter: reload::Handle<Targets, Registry>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) traces: Option<Traces>,
    pub(crate) tap: LogTap,
}

/// Changes the least important level that is logged.
#[derive(Clone)]
pub struct LevelSwitch(reload::Handle<Targets, Registry>);

impl LevelSwitch {
    /// From now on.
    pub fn set(&self, level: Level) {
        // It fails only when the subscriber is gone, and then there is nothing to filter.
        let _ = self.0.reload(log::at(level));
    }
}

impl Guard {
    /// What the waist needs to make spans; `None` when nothing is traced, so that it does not even ask.
    #[must_use]
    pub fn tracer(&self) -> Option<Arc<dyn dispatch::Tracer>> {
        self.traces.as_ref().map(|traces| Arc::clone(&traces.tracer) as Arc<dyn dispatch::Tracer>)
    }

    /// Where clients read the log.
    #[must_use]
    pub fn tap(&self) -> LogTap {
        self.tap.clone()
    }

    /// Where the level can be changed, also by whoever does not hold the guard.
    #[must_use]
    pub fn level_switch(&self) -> LevelSwitch {
        LevelSwitch(self.filter.clone())
    }

    /// How many log lines were dropped, since they could not be written fast enough.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.queue.dropped()
    }

    /// What became of the spans, when something is traced.
    #[must_use]
    pub fn trace_counters(&self) -> Option<Arc<TraceCounters>> {
        self.traces.as_ref().map(|traces| Arc::clone(&traces.counters))
    }

    /// Waits until all spans that have ended are sent and all lines written: for tests. Blocks the thread, at most `within` for the log
    /// and five seconds for the spans.
    #[must_use]
    pub fn flush(&self, within: Duration) -> bool {
        let sent = self.traces.as_ref().is_none_or(Traces::flush);
        self.queue.flush(Instant::now() + within) && sent
    }

    /// Sends and writes what is left, for at most `within`, and stops. Blocks the thread.
    pub fn shutdown(mut self, within: Duration) {
        self.stop(within);
    }

    fn stop(&mut self, within: Duration) {
        let deadline = Instant::now() + within;
        if let Some(mut traces) = self.traces.take() {
            traces.stop(within);
        }
        // Last, since the traces may have something to say about their end.
        self.queue.flush(deadline.max(Instant::now() + Duration::from_millis(100)));
        self.queue.close();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop(AT_DROP);
    }
}
