//! Identical reads towards another process share a request that has not left yet.
//!
//! Joining a request under way could bring an answer from before the reader asked, and so hide a write acknowledged in between. Joining
//! one that is still to leave cannot. So a few identical reads are under way at once, each leaving when it is asked for; while they are,
//! all further ones wait for the next to come back, and leave together. A reader waits no longer for that than a round trip divided by
//! [`AT_ONCE`], on average, and ten thousand of them cost a peer no more than a few requests per round trip.

use crate::question::Question;
use api::{Answer, Call, Class, Code, Error};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Identical reads under way at once. Below this nobody waits: as many as a page that asks for the same thing in several places.
const AT_ONCE: usize = 32;

type Outcome = Option<Result<Answer, Error>>;

/// Reads under way, and those about to leave.
#[derive(Default)]
pub(crate) struct Departures {
    gates: Arc<Mutex<HashMap<Question, Gate>>>,
}

/// Where identical reads leave.
struct Gate {
    slots: Arc<Semaphore>,
    /// What the next to leave will bring to those who board it.
    next: Option<watch::Receiver<Outcome>>,
}

enum Place {
    /// Leaves at once.
    Free(OwnedSemaphorePermit),
    /// Leaves when another has come back, with all who board until then.
    Captain(Arc<Semaphore>, watch::Sender<Outcome>),
    Passenger(watch::Receiver<Outcome>),
}

impl Departures {
    /// Sends `call` with `send`, or shares the answer to an identical one that leaves later than this is asked. Only reads are shared.
    ///
    /// # Errors
    /// Those of `send`; [`Code::TimedOut`] when the call's time is over before anything left.
    pub(crate) async fn share<F>(&self, call: Call, send: impl Fn(Call) -> F) -> Result<Answer, Error>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        if call.op.row().class != Class::Read {
            return send(call).await;
        }
        let question = Question::of(&call);
        let deadline = tokio::time::Instant::now() + call.time_left;
        let time_left = || deadline.saturating_duration_since(tokio::time::Instant::now());
        loop {
            match self.board(&question) {
                Place::Free(slot) => {
                    let _leaving = Leaving { gates: &self.gates, question: &question, slot: Some(slot), captain: false };
                    return send(call).await;
                }
                Place::Captain(slots, outcome) => {
                    let mut leaving = Leaving { gates: &self.gates, question: &question, slot: None, captain: true };
                    let slot = tokio::time::timeout_at(deadline, slots.acquire_owned()).await;
                    let Ok(Ok(slot)) = slot else { return Err(too_late(&call)) };
                    leaving.depart(slot);
                    let result = send(Call { time_left: time_left(), ..call }).await;
                    // Nobody may have boarded.
                    let _ = outcome.send(Some(result.clone()));
                    return result;
                }
                Place::Passenger(mut outcome) => {
                    let landed = tokio::time::timeout_at(deadline, outcome.wait_for(Option::is_some)).await;
                    let Ok(landed) = landed else { return Err(too_late(&call)) };
                    // A captain that was cancelled brings nothing: somebody else flies.
                    if let Ok(landed) = landed
                        && let Some(result) = landed.clone()
                    {
                        return result;
                    }
                }
            }
        }
    }

    fn board(&self, question: &Question) -> Place {
        let mut gates = self.gates.lock();
        let gate = gates.entry(question.clone()).or_insert_with(|| Gate { slots: Arc::new(Semaphore::new(AT_ONCE)), next: None });
        if let Some(next) = &gate.next {
            return Place::Passenger(next.clone());
        }
        match Arc::clone(&gate.slots).try_acquire_owned() {
            Ok(slot) => Place::Free(slot),
            Err(_) => {
                let (outcome, next) = watch::channel(None);
                gate.next = Some(next);
                Place::Captain(Arc::clone(&gate.slots), outcome)
            }
        }
    }
}

fn too_late(call: &Call) -> Error {
    let text = format!("{}: {AT_ONCE} identical reads are under way, and none came back in time", call.op.name());
    Error { unprocessed: true, ..Error::new(Code::TimedOut, text) }
}

/// Gives back what a read holds of its gate, however it ends.
struct Leaving<'a> {
    gates: &'a Mutex<HashMap<Question, Gate>>,
    question: &'a Question,
    slot: Option<OwnedSemaphorePermit>,
    /// Whether others still board.
    captain: bool,
}

impl Leaving<'_> {
    /// Closes the door: who comes now takes the next.
    fn depart(&mut self, slot: OwnedSemaphorePermit) {
        self.slot = Some(slot);
        self.captain = false;
        if let Some(gate) = self.gates.lock().get_mut(self.question) {
            gate.next = None;
        }
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut gates = self.gates.lock();
        // Under the lock: a gate goes when nobody holds anything of it.
        drop(self.slot.take());
        let Some(gate) = gates.get_mut(self.question) else { return };
        if self.captain {
            gate.next = None;
        }
        if gate.next.is_none() && gate.slots.available_permits() == AT_ONCE {
            gates.remove(self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::{Encoded, Meta, kv};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::task::JoinSet;
    use tokio::time::Instant;

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    /// An answer whose index is the millisecond at which its request left.
    async fn fly(began: Instant, flights: &AtomicUsize) -> Result<Answer, Error> {
        flights.fetch_add(1, Ordering::Relaxed);
        let left = began.elapsed().as_millis().try_into().unwrap();
        tokio::time::sleep(ROUND_TRIP).await;
        let reply = Encoded::new(api::Reply::KvGet(kv::Entries::default()));
        Ok(Answer { reply, meta: Meta { index: left, ..Meta::default() } })
    }

    fn read(key: &str) -> Call {
        Call::new(kv::Get { key: key.into() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_readers_are_few_requests_and_nobody_reads_the_past() {
        let (departures, flights, began) = (Arc::new(Departures::default()), Arc::new(AtomicUsize::new(0)), Instant::now());
        let mut readers = JoinSet::new();
        for number in 0..1000u64 {
            let (departures, flights) = (Arc::clone(&departures), Arc::clone(&flights));
            readers.spawn(async move {
                tokio::time::sleep(Duration::from_millis(number / 10)).await;
                let asked: u64 = began.elapsed().as_millis().try_into().unwrap();
                let answer = departures.share(read("a"), |_| fly(began, &flights)).await.unwrap();
                assert!(answer.meta.index >= asked, "asked at {asked}, left at {}", answer.meta.index);
                assert!(began.elapsed() <= Duration::from_millis(asked) + 2 * ROUND_TRIP);
            });
        }
        while let Some(reader) = readers.join_next().await {
            reader.unwrap();
        }
        let flights = flights.load(Ordering::Relaxed);
        // 1,000 readers in 100 ms, and a round trip of 40: three or four rounds of 32.
        assert!((AT_ONCE..=5 * AT_ONCE).contains(&flights), "{flights} requests");
        assert!(departures.gates.lock().is_empty(), "nothing stays behind");
    }

    #[tokio::test(start_paused = true)]
    async fn different_reads_and_writes_are_not_shared() {
        let (departures, flights, began) = (Departures::default(), AtomicUsize::new(0), Instant::now());
        let reads = (0..100).map(|number| departures.share(read(&number.to_string()), |_| fly(began, &flights)));
        for read in futures_util::future::join_all(reads).await {
            assert_eq!(read.unwrap().meta.index, 0);
        }
        let writes = (0..100).map(|_| departures.share(Call::new(kv::Put::default()), |_| fly(began, &flights)));
        drop(futures_util::future::join_all(writes).await);
        assert_eq!(flights.load(Ordering::Relaxed), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_captain_that_is_cancelled_strands_nobody_and_time_is_kept() {
        let (departures, began) = (Arc::new(Departures::default()), Instant::now());
        let ask = |time_left: Duration| {
            let departures = Arc::clone(&departures);
            async move {
                let flights = AtomicUsize::new(0);
                departures.share(Call { time_left, ..read("a") }, |_| fly(began, &flights)).await
            }
        };
        let mut under_way = JoinSet::new();
        for _ in 0..AT_ONCE {
            under_way.spawn(ask(Duration::from_secs(1)));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let captain = tokio::spawn(ask(Duration::from_secs(1)));
        tokio::time::sleep(Duration::from_millis(1)).await;
        let passenger = tokio::spawn(ask(Duration::from_secs(1)));
        let hurried = tokio::spawn(ask(Duration::from_millis(5)));
        tokio::time::sleep(Duration::from_millis(1)).await;
        captain.abort();
        assert_eq!(hurried.await.unwrap().err().map(|error| error.kind()), Some(Code::TimedOut));
        assert!(passenger.await.unwrap().is_ok());
        while let Some(done) = under_way.join_next().await {
            assert!(done.unwrap().is_ok());
        }
        assert!(departures.gates.lock().is_empty(), "nothing stays behind");
    }
}
