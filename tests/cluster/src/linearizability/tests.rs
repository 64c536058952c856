use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn op(client: usize, invoke: u64, complete: u64, kind: Kind, outcome: Outcome) -> Op {
    Op { client, invoke: Duration::from_millis(invoke), complete: Duration::from_millis(complete), kind, outcome }
}

fn value(number: u64) -> Option<Value> {
    (number > 0).then_some(Value(number))
}

/// A read that found `found`; 0 is nothing.
fn read(invoke: u64, complete: u64, found: u64) -> Op {
    op(0, invoke, complete, Kind::Read, Outcome::Found(value(found)))
}

fn write(invoke: u64, complete: u64, new: u64) -> Op {
    op(1, invoke, complete, Kind::Write(Value(new)), Outcome::Done)
}

fn lost(invoke: u64, new: u64) -> Op {
    op(2, invoke, invoke, Kind::Write(Value(new)), Outcome::Unknown)
}

fn cas(invoke: u64, complete: u64, expected: u64, new: u64, outcome: Outcome) -> Op {
    op(3, invoke, complete, Kind::Cas { expected: value(expected), new: Value(new) }, outcome)
}

fn check(ops: &[Op]) -> Result<(), CheckError> {
    let mut history = History::default();
    ops.iter().for_each(|op| history.push("k", *op));
    history.check(Bounds::default())
}

fn violation(ops: &[Op]) -> Violation {
    match check(ops) {
        Err(CheckError::Violation(violation)) => violation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn known_cases() {
    use Outcome::{Done, Mismatch, Unknown};
    let fine: &[(&str, &[Op])] = &[
        ("nothing", &[]),
        ("absent at first", &[read(0, 1, 0)]),
        ("one after the other", &[write(0, 1, 1), read(2, 3, 1), write(4, 5, 2), read(6, 7, 2)]),
        ("a read during a write, either way", &[write(0, 10, 1), read(1, 2, 0), read(3, 4, 1)]),
        ("two writes at once, in the other order", &[write(0, 10, 1), write(0, 10, 2), read(11, 12, 1)]),
        ("a lost write that happened", &[write(0, 1, 1), lost(2, 2), read(3, 4, 2)]),
        ("a lost write that happened late", &[write(0, 1, 1), lost(2, 2), read(3, 4, 1), write(5, 6, 3), read(7, 8, 3), read(9, 10, 2)]),
        ("a lost write that never happened", &[write(0, 1, 1), lost(2, 2), read(3, 4, 1), read(50, 60, 1)]),
        ("cas from nothing", &[cas(0, 1, 0, 1, Done), cas(2, 3, 0, 2, Mismatch), read(4, 5, 1)]),
        ("cas against a lost write", &[write(0, 1, 1), lost(2, 2), cas(3, 4, 1, 3, Mismatch), read(5, 6, 2)]),
        ("a mismatch shows that a lost write happened", &[write(0, 1, 1), lost(2, 2), cas(3, 4, 1, 3, Mismatch)]),
        ("a lost cas that happened", &[write(0, 1, 1), cas(2, 2, 1, 2, Unknown), read(3, 4, 2)]),
        ("answers at the time of the next question", &[write(0, 5, 1), read(5, 6, 0)]),
    ];
    for (what, ops) in fine {
        check(ops).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    let wrong: &[(&str, &[Op])] = &[
        ("from nowhere", &[read(0, 1, 7)]),
        ("a lost update", &[write(0, 1, 1), read(2, 3, 0)]),
        ("a stale read", &[write(0, 1, 1), write(2, 3, 2), read(4, 5, 1)]),
        ("back and forth", &[write(0, 1, 1), write(2, 20, 2), read(3, 4, 2), read(5, 6, 1)]),
        ("both compare-and-sets won", &[write(0, 1, 1), cas(2, 9, 1, 2, Done), cas(2, 9, 1, 3, Done)]),
        ("a mismatch without a reason", &[write(0, 1, 1), cas(2, 3, 1, 2, Mismatch)]),
        ("a lost write, taken back", &[write(0, 1, 1), lost(2, 2), read(3, 4, 2), read(5, 6, 1)]),
        ("a lost write before it was sent", &[write(0, 1, 1), read(2, 3, 2), lost(4, 2)]),
        ("a lost cas that could not happen", &[write(0, 1, 1), cas(2, 2, 9, 2, Unknown), read(3, 4, 2)]),
        ("an answer to another question", &[op(0, 0, 1, Kind::Read, Done)]),
    ];
    for (what, ops) in wrong {
        assert!(matches!(check(ops), Err(CheckError::Violation(_))), "{what}");
    }
}

#[test]
fn the_explanation_is_what_contradicts_itself() {
    let mut ops = Vec::new();
    for number in 1..=100 {
        ops.push(write(number * 10, number * 10 + 1, number));
        ops.push(read(number * 10 + 2, number * 10 + 3, number));
    }
    ops.push(read(505, 506, 49));
    let violation = violation(&ops);
    assert_eq!(violation.ops, [write(490, 491, 49), write(500, 501, 50), read(505, 506, 49)]);
    assert_eq!((violation.from, violation.until), (Duration::from_millis(490), Duration::from_millis(506)));
    let text = violation.to_string();
    assert!(text.starts_with("key k: not linearizable between 490.000 and 506.000 ms"), "{text}");
    assert!(text.ends_with("\n  [505.000, 506.000] ms, client 0: read found 49"), "{text}");
}

#[test]
fn a_check_says_when_it_gives_up() {
    // Writes that all overlap, and a value that none of them wrote at the end: every order has to be tried.
    let mut history = History::default();
    (1..=24).for_each(|number| history.push("k", write(0, 100, number)));
    history.push("k", read(101, 102, 0));
    let gave_up = history.check(Bounds { configurations: 1000 });
    assert!(matches!(gave_up, Err(CheckError::Undecided { operations: 25, configurations: 1000, .. })), "{gave_up:?}");
}

#[test]
fn many_lost_writes_cost_little() {
    // Each mismatch shows that one of the lost writes happened before it; the reads show that none happened between them.
    let mut ops: Vec<Op> = (0..60).map(|number| lost(0, 1000 + number)).collect();
    for number in 1..=40 {
        let begin = number * 10;
        ops.push(write(begin, begin + 1, number));
        ops.push(read(begin + 2, begin + 3, number));
        ops.push(cas(begin + 4, begin + 5, number, 2000, Outcome::Mismatch));
    }
    let few = Bounds { configurations: 10_000 };
    let mut history = History::default();
    ops.iter().for_each(|op| history.push("k", *op));
    history.check(few).unwrap();

    // More mismatches than lost writes.
    let mut history = History::default();
    ops.iter().skip(25).for_each(|op| history.push("k", *op));
    assert!(matches!(history.check(few), Err(CheckError::Violation(_))));
}

#[test]
fn keys_are_checked_one_by_one() {
    let mut history = History::default();
    history.push("a", write(0, 1, 1));
    history.push("b", read(2, 3, 0));
    history.check(Bounds::default()).unwrap();
    let mut other = History::default();
    other.push("b", read(4, 5, 1));
    history.extend(other);
    let Err(CheckError::Violation(violation)) = history.check(Bounds::default()) else { panic!("b was never written") };
    assert_eq!(violation.key, "b");
}

/// One operation of a register that is really there: it takes effect at `at`, somewhere between question and answer.
#[derive(Clone, Debug)]
struct Planned {
    client: usize,
    invoke: u64,
    at: u64,
    complete: u64,
    kind: u8,
    /// 0: the answer is lost, and it never happens; 1: the answer is lost.
    fate: u8,
}

/// Clients that each do one thing after the other, with pauses.
fn plans() -> impl Strategy<Value = Vec<Planned>> {
    let step = (0..20_u64, 0..30_u64, 0..30_u64, 0..4_u8, 0..12_u8);
    prop::collection::vec(prop::collection::vec(step, 0..24), 1..6).prop_map(|clients| {
        let mut planned = Vec::new();
        for (client, steps) in clients.into_iter().enumerate() {
            let mut now = 0;
            for (pause, before, behind, kind, fate) in steps {
                let invoke = now + pause;
                let (at, complete) = (invoke + before, invoke + before + behind);
                planned.push(Planned { client, invoke, at, complete, kind, fate });
                now = complete + 1;
            }
        }
        planned
    })
}

/// Runs the plan on a register. Values are 1, 2, 3… in the order in which operations take effect.
fn run(mut planned: Vec<Planned>) -> Vec<Op> {
    planned.sort_by_key(|plan| plan.at);
    let (mut holds, mut ops) = (None, Vec::new());
    for (number, plan) in planned.into_iter().enumerate() {
        let new = Value(number as u64 + 1);
        let kind = match plan.kind {
            0 => Kind::Read,
            1 => Kind::Write(new),
            // One that finds what it expects, and one that does not.
            2 => Kind::Cas { expected: holds, new },
            _ => Kind::Cas { expected: Some(Value(u64::MAX)), new },
        };
        let happens = plan.fate != 0;
        let outcome = match kind {
            Kind::Read => Outcome::Found(holds),
            Kind::Cas { expected, .. } if expected != holds => Outcome::Mismatch,
            Kind::Write(_) | Kind::Cas { .. } => {
                if happens {
                    holds = Some(new);
                }
                Outcome::Done
            }
        };
        let outcome = if plan.fate <= 1 { Outcome::Unknown } else { outcome };
        ops.push(op(plan.client, plan.invoke, plan.complete, kind, outcome));
    }
    ops
}

/// Reads that could be answered with a value that had been overwritten before they began, and that value.
fn stale_answers(ops: &[Op]) -> Vec<(usize, Value)> {
    let writes: Vec<&Op> = ops.iter().filter(|op| op.outcome == Outcome::Done && op.written().is_some()).collect();
    let mut found = Vec::new();
    for (at, read) in ops.iter().enumerate().filter(|(_, op)| matches!(op.outcome, Outcome::Found(_))) {
        for old in &writes {
            let overwritten = writes.iter().any(|new| new.invoke > old.complete && new.complete < read.invoke);
            if let Some(value) = old.written().filter(|_| overwritten) {
                found.push((at, value));
            }
        }
    }
    found
}

/// The definition itself: try every order.
fn some_order_explains(ops: &[Op], state: Option<Value>) -> bool {
    let first_answer = ops.iter().filter(|op| op.is_complete()).map(|op| op.complete).min();
    let Some(first_answer) = first_answer else { return true };
    ops.iter().enumerate().filter(|(_, op)| op.invoke <= first_answer).any(|(at, op)| {
        let rest = [&ops[..at], &ops[at + 1..]].concat();
        op.step(state).is_some_and(|after| some_order_explains(&rest, after))
    })
}

/// Few operations on few values, answered at random: about half of them make no sense.
fn anything() -> impl Strategy<Value = Vec<Op>> {
    let small = || 0..4_u64;
    let one = (0..12_u64, 0..8_u64, 0..6_u8, small(), 1..4_u64).prop_map(|(invoke, took, what, seen, new)| match what {
        0 => read(invoke, invoke + took, seen),
        1 => write(invoke, invoke + took, new),
        2 => lost(invoke, new),
        3 => cas(invoke, invoke + took, seen, new, Outcome::Done),
        4 => cas(invoke, invoke + took, seen, new, Outcome::Mismatch),
        _ => cas(invoke, invoke, seen, new, Outcome::Unknown),
    });
    prop::collection::vec(one, 0..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_search_agrees_with_the_definition(ops in prop::collection::vec(anything(), 16)) {
        for ops in ops {
            prop_assert_eq!(check(&ops).is_ok(), some_order_explains(&ops, None), "{:?}", ops);
        }
    }

    #[test]
    fn what_a_register_answers_is_linearizable(planned in plans()) {
        let ops = run(planned);
        prop_assert!(check(&ops).is_ok(), "{:?}", check(&ops));
    }

    #[test]
    fn a_stale_read_is_found_and_explained(planned in plans(), pick in any::<prop::sample::Index>()) {
        let mut ops = run(planned);
        let stale = stale_answers(&ops);
        prop_assume!(!stale.is_empty());
        let (at, old) = stale[pick.index(stale.len())];
        ops[at].outcome = Outcome::Found(Some(old));
        let violation = violation(&ops);
        // The explanation contradicts itself without the rest, and cannot do so without the read.
        prop_assert!(check(&violation.ops).is_err());
        prop_assert!(violation.ops.contains(&ops[at]), "{violation}");
    }
}
