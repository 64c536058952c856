//! The search for an order.

use super::operation::{Kind, Op, Outcome, Value};
use std::collections::{BTreeSet, HashSet};

/// How many more configurations may be remembered.
pub(super) struct Budget(usize);

/// It ran out.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Budget {
    pub(super) fn new(configurations: usize) -> Self {
        Self(configurations)
    }

    fn spend(&mut self) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(1).ok_or(Exhausted)?;
        Ok(())
    }
}

/// Whether the operations on one key can be put into an order that keeps to their times and explains every answer.
pub(super) fn is_linearizable(ops: &[Op], budget: &mut Budget) -> Result<bool, Exhausted> {
    let ops = relevant(ops);
    let unseen = unseen(&ops);
    let mut events = Events::new(&ops);
    let mut done = Done::new(ops.len());
    let mut seen: HashSet<(Done, Option<Value>)> = HashSet::new();
    // What was put in order so far: the event of each call, and what the register held before it.
    let mut order: Vec<(usize, Option<Value>)> = Vec::new();
    let mut state = None;
    let mut unordered = ops.iter().filter(|op| op.is_complete()).count();
    let mut at = events.first();
    while unordered > 0 {
        let Event { op: number, is_return } = events.all[at];
        let op = &ops[number];
        if is_return {
            // It must come before anything that is still to be ordered, and could not be placed: take back the last step.
            let Some((call, before)) = order.pop() else { return Ok(false) };
            state = before;
            let taken_back = events.all[call].op;
            done.remove(taken_back);
            unordered += usize::from(ops[taken_back].is_complete());
            events.put_back(call);
            at = events.next[call];
            continue;
        }
        // What has no answer and would change nothing, or nothing that matters now, need not have happened yet.
        let after = op.step(state).filter(|after| op.is_complete() || *after != state);
        if let Some(after) = after.filter(|_| !unseen[number] || is_needed(&ops, &unseen, &events, at, state)) {
            done.insert(number);
            if seen.insert((done.clone(), after)) {
                budget.spend()?;
                order.push((at, state));
                state = after;
                unordered -= usize::from(op.is_complete());
                events.take_out(at);
                at = events.first();
                continue;
            }
            done.remove(number);
        }
        at = events.next[at];
    }
    Ok(true)
}

/// Changes without an answer whose value nobody found or named: all that they can do is to make a compare-and-set find something else.
fn unseen(ops: &[Op]) -> Vec<bool> {
    let named = |op: &Op| match op.kind {
        Kind::Cas { expected, .. } => expected,
        Kind::Read | Kind::Write(_) => op.observed(),
    };
    let named: BTreeSet<Value> = ops.iter().filter_map(named).collect();
    ops.iter().map(|op| !op.is_complete() && op.written().is_some_and(|value| !named.contains(&value))).collect()
}

/// Whether an unseen change has to happen now: just before a compare-and-set that would else find what it expects. Of several such
/// writes, which differ in nothing else, the first is taken. Without this, a check would try every subset of them.
fn is_needed(ops: &[Op], unseen: &[bool], events: &Events, call: usize, state: Option<Value>) -> bool {
    let is_write = |node: usize| matches!(ops[events.all[node].op].kind, Kind::Write(_));
    let (mut node, mut passed_call, mut needed) = (events.first(), false, false);
    // What may come next stands before the first return.
    while !events.all[node].is_return {
        let op = &ops[events.all[node].op];
        passed_call |= node == call;
        if !passed_call && is_write(call) && unseen[events.all[node].op] && is_write(node) {
            return false;
        }
        needed |= op.outcome == Outcome::Mismatch && matches!(op.kind, Kind::Cas { expected, .. } if expected == state);
        node = events.next[node];
    }
    needed
}

/// Without the operations that cannot matter: reads without an answer, and changes without an answer whose value nobody found, for
/// then an order that has them stays one without them. That holds only where nobody was told "something else".
pub(super) fn relevant(ops: &[Op]) -> Vec<Op> {
    let observed: BTreeSet<Value> = ops.iter().filter_map(Op::observed).collect();
    let mismatches = ops.iter().any(|op| op.outcome == Outcome::Mismatch);
    let may_matter = |op: &&Op| {
        op.is_complete() || (op.kind != Kind::Read && (mismatches || op.written().is_some_and(|value| observed.contains(&value))))
    };
    ops.iter().filter(may_matter).copied().collect()
}

/// Calls and returns in the order of their times, in a list from which they are taken out as they are put in order. Node 0 is the
/// list's end and its beginning.
struct Events {
    all: Vec<Event>,
    next: Vec<usize>,
    previous: Vec<usize>,
    return_of: Vec<Option<usize>>,
}

#[derive(Clone, Copy)]
struct Event {
    op: usize,
    is_return: bool,
}

impl Events {
    fn new(ops: &[Op]) -> Self {
        let calls = ops.iter().enumerate().map(|(op, it)| (it.invoke, Event { op, is_return: false }));
        let returns =
            ops.iter().enumerate().filter(|(_, it)| it.is_complete()).map(|(op, it)| (it.complete, Event { op, is_return: true }));
        let mut timed: Vec<_> = calls.chain(returns).collect();
        // At the same time, calls first: then the two overlap, which allows more.
        timed.sort_by_key(|(time, event)| (*time, event.is_return));
        let mut all = vec![Event { op: usize::MAX, is_return: true }];
        all.extend(timed.into_iter().map(|(_, event)| event));
        let mut return_of = vec![None; ops.len()];
        for (node, event) in all.iter().enumerate().skip(1).filter(|(_, event)| event.is_return) {
            return_of[event.op] = Some(node);
        }
        let count = all.len();
        let next = (0..count).map(|node| (node + 1) % count).collect();
        let previous = (0..count).map(|node| (node + count - 1) % count).collect();
        Self { all, next, previous, return_of }
    }

    fn first(&self) -> usize {
        self.next[0]
    }

    fn take_out(&mut self, call: usize) {
        self.unlink(call);
        if let Some(node) = self.return_of[self.all[call].op] {
            self.unlink(node);
        }
    }

    /// Undoes the last [`Events::take_out`] that was not undone.
    fn put_back(&mut self, call: usize) {
        if let Some(node) = self.return_of[self.all[call].op] {
            self.link(node);
        }
        self.link(call);
    }

    fn unlink(&mut self, node: usize) {
        let (before, behind) = (self.previous[node], self.next[node]);
        self.next[before] = behind;
        self.previous[behind] = before;
    }

    fn link(&mut self, node: usize) {
        let (before, behind) = (self.previous[node], self.next[node]);
        self.next[before] = node;
        self.previous[behind] = node;
    }
}

/// A set of operations.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done(Box<[u64]>);

impl Done {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into())
    }

    fn insert(&mut self, op: usize) {
        self.0[op / 64] |= 1 << (op % 64);
    }

    fn remove(&mut self, op: usize) {
        self.0[op / 64] &= !(1 << (op % 64));
    }
}
