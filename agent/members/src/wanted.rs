//! Details we know to exist but do not hold: from whom to fetch them, and when.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::Instance;

/// Instances per request; the rest waits for the next round.
const BATCH: usize = 512;

/// After these the want is dropped; the next packet or push/pull that mentions the version renews it.
const TRIES: u32 = 6;

/// What is to be fetched.
#[derive(Default)]
pub(crate) struct Wanted {
    wants: BTreeMap<Instance, Want>,
}

struct Want {
    version: u32,
    holder: SocketAddr,
    due: Duration,
    tries: u32,
}

impl Wanted {
    /// Asks for `version` (0: any), which `holder` is known or likely to have. A known want only learns of a better version.
    pub(crate) fn want(&mut self, instance: Instance, version: u32, holder: SocketAddr, due: Duration) {
        let want = self.wants.entry(instance).or_insert(Want { version, holder, due, tries: 0 });
        if version > want.version {
            *want = Want { version, holder, due: due.min(want.due), tries: 0 };
        }
    }

    pub(crate) fn settle(&mut self, instance: Instance, version: u32) {
        if self.wants.get(&instance).is_some_and(|want| want.version <= version) {
            self.wants.remove(&instance);
        }
    }

    pub(crate) fn forget(&mut self, instance: Instance) {
        self.wants.remove(&instance);
    }

    /// What to ask now, by holder. Each want is tried again later, then at the instance itself.
    pub(crate) fn due(&mut self, now: Duration, retry: Duration) -> BTreeMap<SocketAddr, Vec<Instance>> {
        let mut requests: BTreeMap<SocketAddr, Vec<Instance>> = BTreeMap::new();
        self.wants.retain(|_, want| want.tries < TRIES);
        for (instance, want) in &mut self.wants {
            if want.due > now {
                continue;
            }
            let batch = requests.entry(want.holder).or_default();
            if batch.len() >= BATCH {
                continue;
            }
            batch.push(*instance);
            want.tries = want.tries.saturating_add(1);
            want.due = now + retry.saturating_mul(want.tries);
            want.holder = instance.addr;
        }
        requests
    }

    /// When the next want is due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.wants.values().map(|want| want.due).min()
    }
}
