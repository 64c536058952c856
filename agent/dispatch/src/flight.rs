//! Identical blocking reads towards a leader or another datacenter share one request on the way.
//!
//! Whoever joins a request under way might be given an answer from before he asked, and so miss a write acknowledged in between. An
//! answer says how long its call was held before it was evaluated; so it was evaluated no earlier than the request left plus that
//! long, measured here. Who joined by then takes it; who joined later asks again, together with all the others who did.

use crate::question::Question;
use api::{Answer, Call, Error};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

type Outcome = Option<Result<Answer, Error>>;

/// Requests under way that can be joined.
#[derive(Default)]
pub struct Flights {
    under_way: Arc<Mutex<HashMap<Question, Flight>>>,
}

#[derive(Clone)]
struct Flight {
    left_at: Instant,
    outcome: watch::Receiver<Outcome>,
    /// Tells this flight from a later one under the same question.
    number: Arc<()>,
}

/// Ends a flight however it ends: with an answer, or because whoever flew it was cancelled. Then another takes off.
struct Landing {
    question: Question,
    number: Arc<()>,
    under_way: Arc<Mutex<HashMap<Question, Flight>>>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock();
        if under_way.get(&self.question).is_some_and(|flight| Arc::ptr_eq(&flight.number, &self.number)) {
            under_way.remove(&self.question);
        }
    }
}

impl Flights {
    /// Sends `call` with `send`, or shares the answer to the same call that is under way.
    ///
    /// # Errors
    /// Those of `send`.
    pub async fn share<F>(&self, call: Call, send: impl Fn(Call) -> F) -> Result<Answer, Error>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        let Some(wait) = call.wait else {
            return send(call).await;
        };
        let question = Question::of(&call);
        let asked_at = Instant::now();
        let deadline = asked_at + wait.limit;
        loop {
            match self.join_or_take_off(&question) {
                Role::Pilot(landing, outcome) => {
                    let remaining = deadline.saturating_duration_since(Instant::now());
                    let result = send(Call { wait: Some(api::Wait { limit: remaining, ..wait }), ..call.clone() }).await;
                    drop(landing);
                    // Nobody may have joined.
                    let _ = outcome.send(Some(result.clone()));
                    return result;
                }
                Role::Passenger(mut flight) => {
                    let Ok(outcome) = tokio::time::timeout_at(deadline, landed(&mut flight.outcome)).await else {
                        // Its own time is over, though that of the flight is not: it asks for itself, without waiting.
                        return send(Call { wait: None, ..call }).await;
                    };
                    if let Some(Ok(answer)) = outcome
                        && asked_at <= flight.left_at + answer.meta.held()
                    {
                        return Ok(answer);
                    }
                }
            }
        }
    }

    fn join_or_take_off(&self, question: &Question) -> Role {
        let mut under_way = self.under_way.lock();
        if let Some(flight) = under_way.get(question) {
            return Role::Passenger(flight.clone());
        }
        let (sender, outcome) = watch::channel(None);
        let number = Arc::new(());
        under_way.insert(question.clone(), Flight { left_at: Instant::now(), outcome, number: Arc::clone(&number) });
        let landing = Landing { question: question.clone(), number, under_way: Arc::clone(&self.under_way) };
        Role::Pilot(landing, sender)
    }
}

/// What a flight brought; nothing, if whoever flew it was cancelled.
async fn landed(outcome: &mut watch::Receiver<Outcome>) -> Outcome {
    outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone())
}

enum Role {
    Pilot(Landing, watch::Sender<Outcome>),
    Passenger(Flight),
}
