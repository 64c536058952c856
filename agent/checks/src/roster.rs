//! Which checks there are, what each is waiting for, and what is due: the rules of the runner, without clock or task.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::schedule::Schedule;
use crate::thresholds::Streak;
use crate::{Plan, Polled, Refused, Report, Settings, Target};

/// A check under one plan. The same id gets another with each new plan, so that whatever still belongs to the old one is known as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(u64);

/// All checks. Times count from the start of the runner.
pub(crate) struct Roster {
    checks: HashMap<Key, Check>,
    keys: HashMap<String, Key>,
    /// Next runs.
    timers: BTreeSet<(Duration, Key)>,
    probes: Lane,
    processes: Lane,
    /// Alias checks that nobody follows yet.
    unfollowed: Vec<Key>,
    /// Runs and subscriptions of checks that are gone.
    cancelled: Vec<Key>,
    schedule: Schedule,
    last_key: u64,
    max_checks: usize,
}

struct Check {
    id: String,
    plan: Arc<Plan>,
    state: State,
    streak: Streak,
    /// What the host was told last.
    reported: Option<Outcome>,
}

enum State {
    /// For the run at this time.
    Waiting(Duration),
    /// For a place in its lane, since this time.
    Queued(Duration),
    /// In a run that began at this time.
    Running(Duration),
    /// For a change of the alias's target.
    Following,
}

/// Runs that share a limit. Who has waited longest goes first.
struct Lane {
    queue: BTreeSet<(Duration, Key)>,
    running: usize,
    limit: usize,
}

/// What has to happen now.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) start: Vec<Start>,
    pub(crate) follow: Vec<Follow>,
    pub(crate) cancel: Vec<Key>,
    /// When to look again, unless something happens before.
    pub(crate) next: Option<Duration>,
}

/// A run to begin. Whatever becomes of it, [`Roster::finish`] has to hear.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) key: Key,
    pub(crate) plan: Arc<Plan>,
}

/// An alias to follow until it is cancelled.
#[derive(Debug)]
pub(crate) struct Follow {
    pub(crate) key: Key,
    pub(crate) id: String,
    pub(crate) target: Target,
}

impl Roster {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            checks: HashMap::new(),
            keys: HashMap::new(),
            timers: BTreeSet::new(),
            probes: Lane::new(settings.max_probes),
            processes: Lane::new(settings.max_processes),
            unfollowed: Vec::new(),
            cancelled: Vec::new(),
            schedule: Schedule::new(settings.seed),
            last_key: 0,
            max_checks: settings.max_checks,
        }
    }

    /// Whether the key's plan is still in force.
    pub(crate) fn has(&self, key: Key) -> bool {
        self.checks.contains_key(&key)
    }

    /// See [`crate::Checks::set`].
    pub(crate) fn set(&mut self, id: &str, plan: Plan, now: Duration) -> Result<(), Refused> {
        if let Some(check) = self.keys.get(id).and_then(|key| self.checks.get_mut(key)) {
            // The host will hear of the next result, also where that is the last one again. An alias has no next one by itself.
            if *check.plan == plan && matches!(plan, Plan::Polled(_)) {
                check.reported = None;
                return Ok(());
            }
            self.remove(id);
        } else if self.checks.len() >= self.max_checks {
            return Err(Refused::Full(self.max_checks));
        }
        self.last_key += 1;
        let key = Key(self.last_key);
        let state = match &plan {
            Plan::Polled(Polled { interval, .. }) => State::Waiting(self.schedule.first(now, *interval)),
            Plan::Alias(_) => {
                self.unfollowed.push(key);
                State::Following
            }
        };
        if let State::Waiting(due) = state {
            self.timers.insert((due, key));
        }
        self.keys.insert(id.to_owned(), key);
        let check = Check { id: id.to_owned(), plan: Arc::new(plan), state, streak: Streak::default(), reported: None };
        self.checks.insert(key, check);
        Ok(())
    }

    /// See [`crate::Checks::remove`].
    pub(crate) fn remove(&mut self, id: &str) {
        let Some(key) = self.keys.remove(id) else { return };
        let Some(check) = self.checks.remove(&key) else { return };
        match check.state {
            State::Waiting(due) => drop(self.timers.remove(&(due, key))),
            State::Queued(since) => drop(self.lane(&check.plan).queue.remove(&(since, key))),
            State::Running(_) => self.cancelled.push(key),
            State::Following => match self.unfollowed.iter().position(|other| *other == key) {
                Some(at) => drop(self.unfollowed.swap_remove(at)),
                None => self.cancelled.push(key),
            },
        }
    }

    /// What is due.
    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let mut step = Step { cancel: std::mem::take(&mut self.cancelled), ..Step::default() };
        while let Some((due, key)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            self.timers.pop_first();
            self.come_due(due, key);
        }
        for key in std::mem::take(&mut self.unfollowed) {
            if let Some(Check { id, plan, .. }) = self.checks.get(&key)
                && let Plan::Alias(target) = &**plan
            {
                step.follow.push(Follow { key, id: id.clone(), target: target.clone() });
            }
        }
        for lane in [&mut self.probes, &mut self.processes] {
            while let Some(key) = lane.admit() {
                if let Some(check) = self.checks.get_mut(&key) {
                    check.state = State::Running(now);
                    step.start.push(Start { key, plan: Arc::clone(&check.plan) });
                }
            }
        }
        step.next = self.timers.first().map(|(due, _)| *due);
        step
    }

    /// A run ended, or was cancelled before it did. What to tell the host.
    pub(crate) fn finish(&mut self, run: &Start, outcome: Option<Outcome>, now: Duration) -> Option<Report> {
        let lane = self.lane(&run.plan);
        lane.running = lane.running.saturating_sub(1);
        let check = self.checks.get_mut(&run.key)?;
        let (State::Running(began), Plan::Polled(polled)) = (&check.state, &*check.plan) else { return None };
        let due = Schedule::next(*began, now, polled.interval);
        let thresholds = polled.thresholds;
        check.state = State::Waiting(due);
        self.timers.insert((due, run.key));
        let found = outcome?;
        let status = check.streak.count(thresholds, found.status)?;
        check.report(Outcome { status, ..found })
    }

    /// An alias's target changed.
    pub(crate) fn observe(&mut self, key: Key, outcome: Outcome) -> Option<Report> {
        self.checks.get_mut(&key)?.report(outcome)
    }

    fn come_due(&mut self, due: Duration, key: Key) {
        let Some(check) = self.checks.get_mut(&key) else { return };
        check.state = State::Queued(due);
        let plan = Arc::clone(&check.plan);
        self.lane(&plan).queue.insert((due, key));
    }

    fn lane(&mut self, plan: &Plan) -> &mut Lane {
        match plan {
            Plan::Polled(polled) if polled.probe.is_process() => &mut self.processes,
            _ => &mut self.probes,
        }
    }
}

impl Check {
    /// The report of `outcome`, unless that is what the host was told last.
    fn report(&mut self, outcome: Outcome) -> Option<Report> {
        if self.reported.as_ref() == Some(&outcome) {
            return None;
        }
        self.reported = Some(outcome.clone());
        Some(Report { id: self.id.clone(), status: outcome.status, output: outcome.output })
    }
}

impl Lane {
    fn new(limit: usize) -> Self {
        Self { queue: BTreeSet::new(), running: 0, limit: limit.max(1) }
    }

    /// The next to run, whose place is taken now.
    fn admit(&mut self) -> Option<Key> {
        if self.running >= self.limit {
            return None;
        }
        let (_, key) = self.queue.pop_first()?;
        self.running += 1;
        Some(key)
    }
}
