//! What time brings: TTLs that end, outputs that have waited long enough, instances that are critical for too long.

use crate::{Check, Effect, Local};
use api::catalog::CRITICAL;
use std::time::Duration;

/// How often instances that are critical for too long are looked for.
pub(crate) const REAP_INTERVAL: Duration = Duration::from_secs(30);
/// How long any may be critical at the least.
const LEAST_PATIENCE: Duration = Duration::from_secs(60);

impl Local {
    /// When [`Local::handle_time`] has something to do; `None` while nothing can come of time alone.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        let of_check = |check: &Check| {
            let reap = (check.definition.deregister_critical_service_after > 0 && check.critical_since.is_some()).then_some(self.reap_at);
            [check.expires, check.write_output_at, reap].into_iter().flatten().min()
        };
        self.checks().filter_map(of_check).min()
    }

    /// Does what is due.
    pub fn handle_time(&mut self, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in self.where_due(now, |check| check.expires) {
            let Some(check) = self.checks.get_mut(&id).and_then(|entry| entry.held_mut()) else { continue };
            check.expires = None;
            let output = expired(&check.row.output);
            self.set_status(now, &id, CRITICAL, &output);
            effects.push(Effect::SaveTtl(id));
        }
        for id in self.where_due(now, |check| check.write_output_at) {
            let mark = self.changed();
            if let Some(entry) = self.checks.get_mut(&id) {
                entry.mark = mark;
                if let Some(check) = entry.held_mut() {
                    check.write_output_at = None;
                }
            }
        }
        if now >= self.reap_at {
            self.reap_at = now + REAP_INTERVAL;
            self.reap(now, &mut effects);
        }
        effects
    }

    fn where_due(&self, now: Duration, due: impl Fn(&Check) -> Option<Duration>) -> Vec<String> {
        self.checks().filter(|check| due(check).is_some_and(|due| due <= now)).map(|check| check.row.check_id.clone()).collect()
    }

    fn reap(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let hopeless = |check: &&Check| {
            let patience = Duration::from_nanos(check.definition.deregister_critical_service_after);
            let since = check.critical_since.filter(|_| !patience.is_zero());
            since.is_some_and(|since| now.saturating_sub(since) > patience.max(LEAST_PATIENCE))
        };
        let mut ids: Vec<String> = self.checks().filter(hopeless).map(|check| check.row.service_id.clone()).collect();
        ids.retain(|id| !id.is_empty());
        ids.dedup();
        for id in ids {
            self.remove_service(&id, effects);
            effects.push(Effect::Reaped(id));
        }
    }
}

/// As Consul says it, which shows what the application said last.
fn expired(last: &str) -> String {
    match last {
        "" => "TTL expired".to_owned(),
        last => format!("TTL expired (last output before timeout follows): {last}"),
    }
}
