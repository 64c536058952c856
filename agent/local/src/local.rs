//! The register itself: what it holds, and what can be looked up.

use crate::entry::{Entry, Mark};
use crate::random::Random;
use crate::{Check, Service, Settings};
use api::catalog::NodeRow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Instances that an agent takes.
pub(crate) const MOST_SERVICES: usize = 16_384;
/// Checks that an agent takes: as many as are run.
pub(crate) const MOST_CHECKS: usize = 10_000;

/// This node's services and checks.
pub struct Local {
    pub(crate) settings: Settings,
    /// What the catalog is to say of the node itself.
    pub(crate) me: NodeRow,
    pub(crate) me_mark: Mark,
    pub(crate) services: BTreeMap<String, Entry<Service>>,
    pub(crate) checks: BTreeMap<String, Entry<Check>>,
    /// Counts changes.
    pub(crate) version: u64,
    pub(crate) random: Random,
    /// When instances that are critical for too long are looked for.
    pub(crate) reap_at: Duration,
}

impl Local {
    /// A register of `me` that holds nothing yet. `seed` spreads writes that can wait over time.
    #[must_use]
    pub fn new(settings: Settings, me: NodeRow, seed: u64) -> Self {
        Self {
            settings,
            me,
            me_mark: Mark::changed(1),
            services: BTreeMap::new(),
            checks: BTreeMap::new(),
            version: 1,
            random: Random::new(seed),
            reap_at: crate::due::REAP_INTERVAL,
        }
    }

    /// The node.
    #[must_use]
    pub fn me(&self) -> &NodeRow {
        &self.me
    }

    /// How it keeps what it holds.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An instance, by id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.get(id)?.held()
    }

    /// A check, by id.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.get(id)?.held()
    }

    /// All instances, in the order of their ids.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values().filter_map(Entry::held)
    }

    /// All checks, in the order of their ids.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().filter_map(Entry::held)
    }

    /// The checks of an instance.
    pub fn checks_of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Check> {
        self.checks().filter(move |check| check.row.service_id == service)
    }

    /// How many changes there have been: what was looked up under another number may have changed since.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether nothing is known to be missing in the catalog.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.me_mark.in_sync && self.services.values().all(|e| e.mark.in_sync) && self.checks.values().all(|e| e.mark.in_sync)
    }

    /// The agent's node or its ways of keeping checks are others now, after a reload.
    pub fn reconfigure(&mut self, settings: Settings, me: NodeRow) {
        self.settings = settings;
        if self.me != me {
            self.me = me;
            self.me_mark = self.changed();
        }
    }

    /// Counts a change of something.
    pub(crate) fn changed(&mut self) -> Mark {
        self.version += 1;
        Mark::changed(self.version)
    }
}
