//! What has been seen of a plan, and what is new.

use crate::plan::Shape;
use crate::{Answer, Plan};
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;

/// Something new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The index of the answer it is from (of an event's, a hash).
    pub index: u64,
    /// JSON.
    pub payload: Value,
}

/// Why an answer says nothing. Whoever answers is no agent, or something between changes answers.
#[derive(Debug, Error)]
pub enum BadAnswer {
    /// It is no JSON.
    #[error("unexpected answer: {0}")]
    Json(#[from] serde_json::Error),
    /// Nobody waited, and nobody would the next time: asking on would be a busy loop.
    #[error("the answer has no X-Consul-Index")]
    NoIndex,
}

/// How far a watch has come. Ask with [`Progress::index`], then say how it went with [`Progress::answered`] or [`Progress::failed`].
#[derive(Debug, Default)]
pub struct Progress {
    /// Of the last answer; 0 before the first and after a failure.
    index: u64,
    /// What was delivered last.
    last: Option<Value>,
    /// The newest event seen.
    event: Option<String>,
    /// In a row.
    failures: u32,
}

/// After the first failure.
const LEAST_WAIT: Duration = Duration::from_secs(5);
/// After any.
const MOST_WAIT: Duration = Duration::from_secs(180);

impl Progress {
    /// What the next request waits to change; `None` to be answered at once.
    #[must_use]
    pub fn index(&self) -> Option<u64> {
        Some(self.index).filter(|index| *index > 0)
    }

    /// Takes an answer, and returns what is to be handed on. An index that fell means that the state was replaced: the next request
    /// is answered at once.
    ///
    /// # Errors
    /// See [`BadAnswer`]; count it as a failure.
    pub fn answered(&mut self, plan: &Plan, answer: &Answer) -> Result<Option<Delivery>, BadAnswer> {
        if answer.index.is_none() && self.index > 0 {
            return Err(BadAnswer::NoIndex);
        }
        // An index of 0 would make every request answer at once.
        let index = answer.index.unwrap_or(0).max(1);
        let same = self.index == index;
        let payload = if same { None } else { Some(plan.payload(&answer.body)?) };
        self.failures = 0;
        // The indexes of events are hashes, which neither rise nor fall.
        self.index = if index < self.index && plan.shape != Shape::Events { 0 } else { index };
        let payload = match payload {
            None => return Ok(None),
            Some(payload) if plan.shape == Shape::Events => self.new_events(payload),
            Some(payload) => Some(payload),
        };
        match payload.filter(|payload| self.last.as_ref() != Some(payload)) {
            None => Ok(None),
            Some(payload) => {
                self.last = Some(payload.clone());
                Ok(Some(Delivery { index, payload }))
            }
        }
    }

    /// Notes a failure, and returns how long to wait before asking again: longer with each in a row.
    pub fn failed(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        // Whoever answers next may count differently.
        self.index = 0;
        LEAST_WAIT.saturating_mul(self.failures.saturating_mul(self.failures)).min(MOST_WAIT)
    }

    /// The events behind the newest one seen; all, if that is not among them. `None` where there is nothing new, though the first
    /// answer is always news.
    fn new_events(&mut self, events: Value) -> Option<Value> {
        let Value::Array(mut events) = events else { return Some(events) };
        let id = |event: &Value| event.get("ID").and_then(Value::as_str).map(str::to_owned);
        let seen = events.iter().rposition(|event| self.event.is_some() && id(event) == self.event);
        if let Some(newest) = events.last().and_then(id) {
            self.event = Some(newest);
        }
        let new = events.split_off(seen.map_or(0, |at| at + 1));
        (!new.is_empty() || self.last.is_none()).then_some(Value::Array(new))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Definition;
    use serde_json::json;

    fn plan(kind: &str) -> Plan {
        let some = Some("x".to_owned());
        let (key, prefix) = (some.clone().filter(|_| kind == "key"), some.filter(|_| kind == "keyprefix"));
        Definition { kind: kind.to_owned(), key, prefix, ..Definition::default() }.plan().unwrap()
    }

    fn answer(index: u64, body: &str) -> Answer {
        Answer { index: Some(index), body: body.to_owned().into() }
    }

    /// What is delivered of answers in a row, and the index asked with after each.
    fn run(kind: &str, answers: &[(u64, &str)]) -> Vec<(Option<Value>, Option<u64>)> {
        let (plan, mut progress) = (plan(kind), Progress::default());
        let each = answers.iter().map(|(index, body)| {
            let delivered = progress.answered(&plan, &answer(*index, body)).unwrap();
            (delivered.map(|delivery| delivery.payload), progress.index())
        });
        each.collect()
    }

    #[test]
    fn only_what_changed_is_delivered() {
        let got = run("services", &[(5, "{}"), (5, "{}"), (6, "{}"), (7, r#"{"a":[]}"#), (8, "{}")]);
        let expected =
            [(Some(json!({})), Some(5)), (None, Some(5)), (None, Some(6)), (Some(json!({"a": []})), Some(7)), (Some(json!({})), Some(8))];
        assert_eq!(got, expected);
    }

    #[test]
    fn an_index_that_fell_starts_over_and_one_of_zero_counts_as_one() {
        let got = run("services", &[(9, "{}"), (3, r#"{"a":[]}"#), (3, r#"{"a":[]}"#), (0, "{}")]);
        let expected = [(Some(json!({})), Some(9)), (Some(json!({"a": []})), None), (None, Some(3)), (Some(json!({})), None)];
        assert_eq!(got, expected);
        assert_eq!(run("services", &[(0, "{}")])[0].1, Some(1));
    }

    #[test]
    fn keys_come_as_one_entry_a_list_or_null() {
        let entry = r#"[{"LockIndex":0,"Key":"x","Flags":1,"Value":"MQ==","CreateIndex":2,"ModifyIndex":3}]"#;
        let kv = json!({"Key":"x","CreateIndex":2,"ModifyIndex":3,"LockIndex":0,"Flags":1,"Value":"MQ==","Session":""});
        let delivered = |kind, body| run(kind, &[(3, body)])[0].0.clone().unwrap();
        assert_eq!(delivered("key", entry).to_string(), kv.to_string());
        assert_eq!(delivered("keyprefix", entry), json!([kv]));
        assert_eq!(delivered("key", ""), Value::Null);
        assert_eq!(delivered("keyprefix", ""), Value::Null);
        // Gone is news, still gone is none.
        assert_eq!(
            run("key", &[(3, entry), (4, ""), (5, "")])[1..].iter().map(|(new, _)| new.is_some()).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn each_event_is_delivered_once() {
        let events = |ids: &[&str]| serde_json::to_string(&ids.iter().map(|id| json!({ "ID": id })).collect::<Vec<_>>()).unwrap();
        let (none, ab, abc, cd) = (events(&[]), events(&["a", "b"]), events(&["a", "b", "c"]), events(&["y", "z"]));
        let got = run("event", &[(1, &none), (90, &ab), (90, &ab), (50, &abc), (60, &abc), (7, &cd)]);
        let ids = |ids: &[&str]| Some(Value::Array(ids.iter().map(|id| json!({ "ID": id })).collect()));
        let expected = [
            (ids(&[]), Some(1)),
            (ids(&["a", "b"]), Some(90)),
            (None, Some(90)),
            (ids(&["c"]), Some(50)),
            (None, Some(60)),
            (ids(&["y", "z"]), Some(7)),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn failures_wait_longer_and_ask_anew() {
        let (plan, mut progress) = (plan("nodes"), Progress::default());
        progress.answered(&plan, &answer(5, "[]")).unwrap();
        let waits: Vec<_> = (0..8).map(|_| progress.failed().as_secs()).collect();
        assert_eq!(waits, [5, 20, 45, 80, 125, 180, 180, 180]);
        assert_eq!(progress.index(), None);
        // The same as before the failure is no news; success makes the next failure short again.
        assert_eq!(progress.answered(&plan, &answer(2, "[]")).unwrap(), None);
        assert_eq!(progress.failed(), LEAST_WAIT);
        assert!(progress.answered(&plan, &answer(2, "not JSON")).is_err());
        // The first answer may lack an index; a second would be there at once, as would all that follow.
        let unindexed = Answer { index: None, body: "[1]".into() };
        assert!(progress.answered(&plan, &unindexed).unwrap().is_some());
        assert!(matches!(progress.answered(&plan, &unindexed), Err(BadAnswer::NoIndex)));
    }
}
