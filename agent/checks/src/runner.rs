//! The one task that carries out what the roster says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep_until;

use crate::alias::evaluate;
use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::roster::{Follow, Key, Start};
use crate::shared::Shared;
use crate::{Aliases, Plan, Report};

/// Between two looks at an alias's target, so that one that changes all the time costs no more than this.
const PAUSE: Duration = Duration::from_millis(100);
/// After an error of the host, first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

pub(crate) struct Runner<A> {
    shared: Arc<Shared>,
    prober: Arc<Prober>,
    aliases: Arc<A>,
    reports: mpsc::Sender<(Key, Report)>,
    /// Runs and subscriptions. Dropping it cancels all.
    tasks: JoinSet<Option<Outcome>>,
    runs: HashMap<Id, Start>,
    cancel: HashMap<Key, AbortHandle>,
}

impl<A: Aliases> Runner<A> {
    pub(crate) fn new(shared: Arc<Shared>, prober: Arc<Prober>, aliases: A, reports: mpsc::Sender<(Key, Report)>) -> Self {
        Self { shared, prober, aliases: Arc::new(aliases), reports, tasks: JoinSet::new(), runs: HashMap::new(), cancel: HashMap::new() }
    }

    /// Runs until all handles or the receiver are gone.
    pub(crate) async fn run(mut self) {
        while !self.shared.is_abandoned() {
            let step = self.shared.roster.lock().step(self.shared.now());
            for key in step.cancel {
                if let Some(task) = self.cancel.remove(&key) {
                    task.abort();
                }
            }
            step.start.into_iter().for_each(|start| self.start(start));
            step.follow.into_iter().for_each(|follow| self.follow(follow));
            let next = step.next.and_then(|at| self.shared.started.checked_add(at));
            tokio::select! {
                () = self.shared.changed.notified() => {}
                Some(ended) = self.tasks.join_next_with_id() => if !self.ended(ended).await { return },
                () = sleep_until(next.unwrap_or_else(tokio::time::Instant::now)), if next.is_some() => {}
                () = self.reports.closed() => return,
            }
        }
    }

    fn start(&mut self, start: Start) {
        let (prober, plan) = (Arc::clone(&self.prober), Arc::clone(&start.plan));
        let task = self.tasks.spawn(async move {
            match &*plan {
                Plan::Polled(polled) => Some(prober.run(polled).await),
                Plan::Alias(_) => None,
            }
        });
        let id = task.id();
        self.cancel.insert(start.key, task);
        self.runs.insert(id, start);
    }

    /// Takes note of a run's end; whether the host still listens.
    async fn ended(&mut self, ended: Result<(Id, Option<Outcome>), JoinError>) -> bool {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), None),
        };
        // A subscription ends by being cancelled, and leaves nothing behind.
        let Some(run) = self.runs.remove(&id) else { return true };
        self.cancel.remove(&run.key);
        let report = self.shared.roster.lock().finish(&run, outcome, self.shared.now());
        match report {
            Some(report) => self.reports.send((run.key, report)).await.is_ok(),
            None => true,
        }
    }

    fn follow(&mut self, Follow { key, id, target }: Follow) {
        let (shared, aliases, reports) = (Arc::clone(&self.shared), Arc::clone(&self.aliases), self.reports.clone());
        let task = self.tasks.spawn(async move {
            let (mut version, mut retry) = (None, RETRY.0);
            loop {
                let observed = aliases.observe(&target, version).await;
                let (outcome, pause) = match observed {
                    Ok(observed) => {
                        (version, retry) = (Some(observed.version), RETRY.0);
                        (evaluate(&id, &target, &observed), PAUSE)
                    }
                    Err(error) => {
                        let pause = retry;
                        retry = (retry * 2).min(RETRY.1);
                        (Outcome::critical(error), pause)
                    }
                };
                let report = shared.roster.lock().observe(key, outcome);
                if let Some(report) = report
                    && reports.send((key, report)).await.is_err()
                {
                    return None;
                }
                tokio::time::sleep(pause).await;
            }
        });
        self.cancel.insert(key, task);
    }
}
