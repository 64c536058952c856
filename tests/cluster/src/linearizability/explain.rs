//! Which operations contradict each other.

use super::Bounds;
use super::operation::{Op, Outcome};
use super::search::{Budget, is_linearizable, relevant};
use std::fmt;
use std::time::Duration;

/// Operations on one key that no order explains, and few of them: what the contradiction does not need was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which key.
    pub key: String,
    /// When the first of them began.
    pub from: Duration,
    /// When the answer came that fits none of the others.
    pub until: Duration,
    /// They, by their beginning.
    pub ops: Vec<Op>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from.as_secs_f64() * 1000.0, self.until.as_secs_f64() * 1000.0);
        write!(f, "key {}: not linearizable between {from:.3} and {until:.3} ms; no order explains", self.key)?;
        self.ops.iter().try_for_each(|op| write!(f, "\n  {op}"))
    }
}

/// Makes a history that is not linearizable smaller for as long as it is not. Every step only weakens it, so whatever is left
/// contradicts itself without the rest: it ends earlier, observes less, or knows less of what it wrote.
pub(super) fn explain(key: &str, ops: &[Op], bounds: Bounds) -> Violation {
    // An undecided one is not used.
    let contradicts = |ops: &[Op]| matches!(is_linearizable(ops, &mut Budget::new(bounds.configurations / 16)), Ok(false));
    let mut ops = shortest_prefix(ops, contradicts);
    let observes = |op: &Op| matches!(op.outcome, Outcome::Found(_) | Outcome::Mismatch);
    reduce(&mut ops, observes, |_| None, contradicts);
    let writes = |op: &Op| op.outcome == Outcome::Done;
    reduce(&mut ops, writes, |op| Some(Op { outcome: Outcome::Unknown, ..op }), contradicts);
    let mut ops = relevant(&ops);
    ops.sort_by_key(|op| op.invoke);
    let from = ops.iter().map(|op| op.invoke).min().unwrap_or_default();
    let until = ops.iter().filter(|op| op.is_complete()).map(|op| op.complete).max().unwrap_or_default();
    Violation { key: key.to_owned(), from, until, ops }
}

/// What was known at the first answer that contradicts those before it.
fn shortest_prefix(ops: &[Op], contradicts: impl Fn(&[Op]) -> bool) -> Vec<Op> {
    let mut answers: Vec<Duration> = ops.iter().filter(|op| op.is_complete()).map(|op| op.complete).collect();
    answers.sort_unstable();
    answers.dedup();
    let until = |end: Duration| -> Vec<Op> {
        let begun = ops.iter().filter(|op| op.invoke <= end);
        begun.map(|op| if op.complete <= end { *op } else { Op { outcome: Outcome::Unknown, ..*op } }).collect()
    };
    let first = answers.partition_point(|end| !contradicts(&until(*end)));
    answers.get(first).map_or_else(|| ops.to_vec(), |end| until(*end))
}

/// Replaces what `may` be replaced (`None`: by nothing), many at a time and then one by one, for as long as the rest `contradicts`.
fn reduce(ops: &mut Vec<Op>, may: impl Fn(&Op) -> bool, replace: impl Fn(Op) -> Option<Op>, contradicts: impl Fn(&[Op]) -> bool) {
    let mut size = ops.len().max(1);
    while size > 0 {
        let mut begin = 0;
        while begin < ops.len() {
            let chunk = begin..(begin + size).min(ops.len());
            let replaced = |(at, op): (usize, &Op)| if chunk.contains(&at) && may(op) { replace(*op) } else { Some(*op) };
            let smaller: Vec<Op> = ops.iter().enumerate().filter_map(replaced).collect();
            if smaller != *ops && contradicts(&smaller) {
                // Those behind moved up.
                begin += size - (ops.len() - smaller.len());
                *ops = smaller;
            } else {
                begin += size;
            }
        }
        size /= 2;
    }
}
