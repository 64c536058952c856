//! Checks that have something to say.

use crate::error::no_ttl;
use crate::{Effect, Local};
use api::Error;
use api::catalog::CRITICAL;
use std::time::Duration;

impl Local {
    /// The application says how it is, which counts until the check's TTL ends.
    ///
    /// # Errors
    /// When there is no such check, or it has no TTL.
    pub fn update_ttl(&mut self, now: Duration, id: &str, status: &str, output: &str) -> Result<Vec<Effect>, Error> {
        let Some(check) = self.check(id).filter(|check| check.definition.ttl > 0) else { return Err(no_ttl(id)) };
        let most = usize::try_from(check.definition.output_max_size).ok().filter(|most| *most > 0);
        let most = most.map_or(self.settings.output_max, |most| most.min(self.settings.output_max));
        let expires = now + Duration::from_nanos(check.definition.ttl);
        self.set_status(now, id, status, &cut(output, most));
        if let Some(check) = self.checks.get_mut(id).and_then(|entry| entry.held_mut()) {
            check.expires = Some(expires);
        }
        Ok(vec![Effect::SaveTtl(id.to_owned())])
    }

    /// What running a check came to. A check that is not there any more, or not run, is left alone.
    pub fn handle_result(&mut self, now: Duration, id: &str, status: &str, output: &str) {
        if self.check(id).is_some_and(|check| check.definition.is_probe() || check.definition.is_alias()) {
            self.set_status(now, id, status, output);
        }
    }

    /// A status goes to the catalog at once. An output that changes alone waits, and others before it is written are never seen.
    pub(crate) fn set_status(&mut self, now: Duration, id: &str, status: &str, output: &str) {
        let Some(check) = self.checks.get_mut(id).and_then(|entry| entry.held_mut()) else { return };
        let output = if self.settings.discard_output { "" } else { output };
        check.critical_since = (status == CRITICAL).then(|| check.critical_since.unwrap_or(now));
        if check.row.status == status && check.row.output == output {
            return;
        }
        let alone = check.row.status == status;
        status.clone_into(&mut check.row.status);
        output.clone_into(&mut check.row.output);
        let longest = self.settings.check_update_interval;
        if alone && !longest.is_zero() {
            let wait = longest / 2 + self.random.below(longest / 2);
            check.write_output_at.get_or_insert(now + wait);
            // Somebody may be waiting for it here.
            self.version += 1;
            return;
        }
        check.write_output_at = None;
        let mark = self.changed();
        if let Some(entry) = self.checks.get_mut(id) {
            entry.mark = mark;
        }
    }
}

/// At most this many bytes, and what is missing then.
fn cut(output: &str, most: usize) -> String {
    if output.len() <= most {
        return output.to_owned();
    }
    let end = (0..=most).rev().find(|end| output.is_char_boundary(*end)).unwrap_or(0);
    let kept = output.get(..end).unwrap_or_default();
    format!("{kept} ... (captured {end} of {} bytes)", output.len())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc ... (captured 3 of 4 bytes)");
        assert_eq!(cut("aöö", 2), "a ... (captured 1 of 5 bytes)");
    }
}
