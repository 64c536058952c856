//! Transactions: many operations, all of them or none.

mod catalog;
mod keys;

use crate::{Apply, Change, Evaluate, Needs, State, View};
use api::Error;
use api::txn::{Failure, Found, Item, Outcome, Read, Step, Subject, Write};

/// What a step comes to: its results, or why it failed.
type Came = Result<Vec<Item>, String>;

impl Evaluate for Read {
    fn evaluate(&self, view: &View<'_>) -> Result<Outcome, Error> {
        let failures = senseless(&self.steps);
        if !failures.is_empty() {
            return Ok(Outcome { errors: failures, ..Outcome::default() });
        }
        let came = self.steps.iter().map(|step| match &step.subject {
            None => Ok(Vec::new()),
            Some(Subject::Kv(step)) => {
                keys::saw(step, view);
                keys::look(step, view.state).map(|found| keys::visible(found, view))
            }
            Some(Subject::Unknown(why)) => Err(why.clone()),
            Some(subject) => {
                catalog::saw(subject, view);
                catalog::look(subject, view.state).map(|found| catalog::visible(subject, found, view))
            }
        });
        Ok(match outcome(came) {
            Ok(results) => Outcome { results, errors: Vec::new() },
            Err(errors) => Outcome { results: Vec::new(), errors },
        })
    }
}

impl Apply for Write {
    fn needs(&self, state: &State, needs: &mut Needs) {
        for step in &self.steps {
            match &step.subject {
                None | Some(Subject::Unknown(_)) => {}
                Some(Subject::Kv(step)) => keys::needs(step, needs),
                Some(subject) => catalog::needs(subject, state, needs),
            }
        }
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Outcome, Error> {
        let failures = senseless(&self.steps);
        if !failures.is_empty() {
            return Ok(Outcome { errors: failures, ..Outcome::default() });
        }
        let done = change.all_or_nothing(|change| {
            outcome(self.steps.iter().map(|step| match &step.subject {
                None => Ok(Vec::new()),
                Some(Subject::Kv(step)) => keys::run(step, change),
                Some(Subject::Unknown(why)) => Err(why.clone()),
                Some(subject) => catalog::run(subject, change),
            }))
        });
        Ok(match done {
            Ok(results) => Outcome { results, errors: Vec::new() },
            Err(errors) => Outcome { results: Vec::new(), errors },
        })
    }
}

/// Steps that make no sense whatever the state: with one of these, Consul does not even try the others.
fn senseless(steps: &[Step]) -> Vec<Failure> {
    let wrong = |step: &Step| match &step.subject {
        Some(Subject::Kv(step)) => keys::senseless(step),
        Some(Subject::Unknown(_)) | None => None,
        Some(subject) => catalog::senseless(subject),
    };
    steps.iter().zip(0..).filter_map(|(step, op_index)| wrong(step).map(|what| Failure { op_index, what })).collect()
}

/// All results, or all failures.
fn outcome(came: impl Iterator<Item = Came>) -> Result<Vec<Found>, Vec<Failure>> {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for (came, op_index) in came.zip(0..) {
        match came {
            Ok(items) => results.extend(items.into_iter().map(|item| Found { item: Some(item) })),
            Err(what) => errors.push(Failure { op_index, what }),
        }
    }
    if errors.is_empty() { Ok(results) } else { Err(errors) }
}
