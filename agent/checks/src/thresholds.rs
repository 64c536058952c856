//! How many results in a row change the status.

use crate::Status;

/// Zero and one both mean: at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thresholds {
    /// Results that are not critical before the status follows them (`SuccessBeforePassing`).
    pub success_before_passing: u32,
    /// Critical results before the status is at least warning; without it as many as for critical (`FailuresBeforeWarning`).
    pub failures_before_warning: Option<u32>,
    /// Critical results before the status is critical (`FailuresBeforeCritical`).
    pub failures_before_critical: u32,
}

/// Results in a row so far. Nothing was counted before the first result, which is taken at once whatever it is, as Consul does: the
/// status that a check starts with is nobody's observation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Streak {
    results: Option<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    failures: bool,
    length: u32,
}

impl Streak {
    /// Counts a result; the status to show from now on, or nothing while the row is too short to change it.
    pub(crate) fn count(&mut self, thresholds: Thresholds, result: Status) -> Option<Status> {
        let failures = result == Status::Critical;
        let Some(row) = &mut self.results else {
            // As long as any threshold, so that an unbroken row goes on as it began.
            self.results = Some(Row { failures, length: u32::MAX });
            return Some(result);
        };
        row.length = if row.failures == failures { row.length.saturating_add(1) } else { 1 };
        row.failures = failures;
        if !failures {
            return (row.length >= thresholds.success_before_passing).then_some(result);
        }
        if row.length >= thresholds.failures_before_critical {
            return Some(Status::Critical);
        }
        let warning = thresholds.failures_before_warning.unwrap_or(thresholds.failures_before_critical);
        (row.length >= warning).then_some(Status::Warning)
    }
}

#[cfg(test)]
mod tests {
    use Status::{Critical, Passing, Warning};
    use proptest::prelude::*;

    use super::*;

    fn shown(thresholds: Thresholds, results: &[Status]) -> Vec<Option<Status>> {
        let mut streak = Streak::default();
        results.iter().map(|result| streak.count(thresholds, *result)).collect()
    }

    #[test]
    fn without_thresholds_each_result_is_shown() {
        let results = [Critical, Passing, Warning, Critical, Passing];
        assert_eq!(shown(Thresholds::default(), &results), results.map(Some));
    }

    #[test]
    fn the_first_result_is_taken_at_once() {
        let thresholds = Thresholds { success_before_passing: 3, failures_before_warning: None, failures_before_critical: 3 };
        assert_eq!(
            shown(thresholds, &[Passing, Passing, Critical, Critical, Critical]),
            [Some(Passing), Some(Passing), None, None, Some(Critical)]
        );
        assert_eq!(shown(thresholds, &[Critical, Passing, Passing, Passing]), [Some(Critical), None, None, Some(Passing)]);
    }

    #[test]
    fn warning_comes_before_critical() {
        let thresholds = Thresholds { success_before_passing: 0, failures_before_warning: Some(2), failures_before_critical: 4 };
        let results = [Passing, Critical, Critical, Critical, Critical, Critical];
        assert_eq!(shown(thresholds, &results), [Some(Passing), None, Some(Warning), Some(Warning), Some(Critical), Some(Critical)]);
    }

    #[test]
    fn a_warning_is_a_success() {
        let thresholds = Thresholds { success_before_passing: 2, failures_before_warning: None, failures_before_critical: 0 };
        assert_eq!(shown(thresholds, &[Critical, Passing, Warning]), [Some(Critical), None, Some(Warning)]);
    }

    fn status() -> impl Strategy<Value = Status> {
        prop_oneof![Just(Passing), Just(Warning), Just(Critical)]
    }

    proptest! {
        #[test]
        fn a_change_needs_its_whole_row(
            results in prop::collection::vec(status(), 2..60), success in 0..5_u32, warning in prop::option::of(0..5_u32), critical in 0..5_u32,
        ) {
            let thresholds =
                Thresholds { success_before_passing: success, failures_before_warning: warning, failures_before_critical: critical };
            let mut showing = None;
            for (at, now) in shown(thresholds, &results).into_iter().enumerate() {
                let good = |result: &Status| *result != Critical;
                let row = results[..=at].iter().rev().take_while(|result| good(result) == good(&results[at])).count();
                let whole = row == at + 1;
                if let Some(now) = now && showing.is_some_and(|shown| shown != now) && !whole {
                    let needed = match (now, good(&results[at])) {
                        (Critical, _) => critical,
                        (_, true) => success,
                        (_, false) => warning.unwrap_or(critical),
                    };
                    prop_assert!(row >= needed as usize, "{now} after {row} of {needed}");
                }
                // And a whole row is enough.
                if results[at] == Critical && row >= critical as usize {
                    prop_assert_eq!(now, Some(Critical));
                }
                showing = now.or(showing);
            }
        }
    }
}
