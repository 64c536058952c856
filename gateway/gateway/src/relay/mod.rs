//! Calls on their way through a gateway. The body passes through undecoded; of the answer, only an error is looked at. What a
//! gateway answers itself is the failover of queries.

mod decide;
mod failover;
mod failure;
mod flights;
mod time;

use std::sync::Arc;
use std::time::Instant;

use api::{Answer, AnswerHead, Attempt, Call, CallHead, Error};
use bytes::Bytes;
use prost::Message;
use tracing::field::Empty;
use tracing::{Instrument, Level, Span, span};

use crate::counters::{Counters, count};
use crate::federation::Federation;
use crate::locals::Locals;
use crate::operation::Operation;

pub(crate) use decide::Origin;
use decide::{Step, admit, check_sender, decide};
use dispatch::{SPAN_TARGET, Tracer};
pub(crate) use failure::evidence_of;
use failure::{another_may_be_asked, error_of};
pub(crate) use flights::Flights;
use flights::{Lane, Way};
use time::{Deadline, GRACE};

/// Most gateways and servers tried for one call.
const MOST_TRIES: usize = 8;

/// Head and body of an answer on the wire.
type Encoded = (Bytes, Bytes);

/// Passes calls on: to a server of this datacenter, or to a gateway of another.
pub(crate) struct Relay {
    pub(crate) here: String,
    pub(crate) locals: Arc<Locals>,
    pub(crate) federation: Arc<Federation>,
    pub(crate) link: link::Handle,
    pub(crate) flights: Flights,
    pub(crate) counters: Arc<Counters>,
    pub(crate) tracer: Option<Arc<dyn Tracer>>,
}

/// A call being passed on.
struct Passing {
    head: CallHead,
    body: Bytes,
    operation: Operation,
    deadline: Deadline,
}

impl Relay {
    /// Passes a call on and brings back its answer, or an error as an answer.
    pub(crate) async fn serve(&self, origin: Origin, head: Bytes, body: Bytes) -> Encoded {
        let answer = self.pass(origin, head, body).await;
        answer.unwrap_or_else(|error| Answer::encode(&Err(error)))
    }

    /// Asks for something ourselves.
    ///
    /// # Errors
    /// What was answered, or why there is no answer.
    pub(crate) async fn ask<O: api::Operation>(&self, op: O, dc: Option<&str>) -> Result<O::Reply, Error> {
        let call = Call { dc: dc.map(Into::into), ..Call::new(op) };
        let (head, body) = call.encode();
        let (head, body) = self.pass(Origin::Own, head, body).await?;
        let answer = Answer::decode(head, body)?;
        O::take(answer.reply.reply()?.clone())
    }

    async fn pass(&self, origin: Origin, head: Bytes, body: Bytes) -> Result<Encoded, Error> {
        let mut head = CallHead::decode(head).map_err(|error| Error::protocol(format!("call header: {error}")))?;
        let operation = Operation::of(&body)?;
        admit(&origin, operation, &body)?;
        let lane = if head.wait_index.is_some_and(|index| index > 0) { Lane::Blocked } else { Lane::Quick };
        check_sender(&origin, &head)?;
        let _from = match origin {
            Origin::Remote(dc) => Some(self.enter(Way::From(dc.0), lane)?),
            Origin::Own | Origin::Local(_) => None,
        };
        let step = decide(&mut head, &self.here)?;
        let span = self.span(&mut head, &step, operation);
        let passing = Passing { deadline: Deadline::of(&head), head, body, operation };
        let work = async {
            match &step {
                Step::Here if operation.is_for_gateways() => self.fail_over(passing).await,
                Step::Here => self.here(passing).await,
                Step::Away(dc) => self.away(dc, lane, passing).await,
            }
        };
        if span.is_none() {
            return work.await;
        }
        let answer = work.instrument(span.clone()).await;
        if let Err(error) = &answer {
            span.record("error", error.text.as_str());
        }
        answer
    }

    /// The span of a call that somebody records; the next process will see in its head that it comes after it.
    fn span(&self, head: &mut CallHead, step: &Step, operation: Operation) -> Span {
        let Some(trace) = head.trace.as_mut().filter(|trace| trace.is_sampled()) else {
            return Span::none();
        };
        let dc = match step {
            Step::Here => &self.here,
            Step::Away(dc) => dc,
        };
        let span = span!(
            target: SPAN_TARGET,
            parent: None,
            Level::INFO,
            "relay",
            otel.name = "relay",
            otel.kind = "server",
            trace.parent = trace.parent,
            trace.state = trace.state,
            dc,
            op = operation.name(),
            error = Empty,
        );
        let context = self.tracer.as_ref().map(|tracer| tracer.context_of(&span)).unwrap_or_default();
        if !context.parent.is_empty() {
            *trace = context;
        }
        span
    }

    fn enter(&self, way: Way, lane: Lane) -> Result<flights::Flight, Error> {
        self.flights.enter(way, lane).inspect_err(|_| count(&self.counters.refused))
    }

    /// To a random healthy server of this datacenter; to another if that one certainly did nothing, or may be asked twice.
    async fn here(&self, mut passing: Passing) -> Result<Encoded, Error> {
        count(&self.counters.local);
        let mut tried = Vec::new();
        let mut last = None;
        while tried.len() < MOST_TRIES {
            let Some(server) = self.locals.pick(rand::random(), &tried) else { break };
            if !tried.is_empty() {
                count(&self.counters.retries);
            }
            let left = passing.deadline.put(&mut passing.head)?;
            let head = passing.head.encode_to_vec().into();
            let error = match self.locals.call(&server, head, passing.body.clone(), left + GRACE).await {
                Ok((head, body)) => match refusal(&head) {
                    None => return Ok((head, body)),
                    Some(error) if !another_may_be_asked(&error, passing.operation.retry()) => return Ok((head, body)),
                    Some(error) => error,
                },
                Err(error) if !another_may_be_asked(&error, passing.operation.retry()) => return Err(error),
                Err(error) => error,
            };
            tried.push(server.addr);
            last = Some(error);
        }
        Err(last.unwrap_or_else(|| Error {
            why: vec![Attempt { hop: self.here.clone(), reason: "its gateway knows no live server of it".to_owned(), age_ms: 0 }],
            ..Error::no_leader()
        }))
    }

    /// To a gateway of `dc`; to another under the same conditions.
    async fn away(&self, dc: &str, lane: Lane, mut passing: Passing) -> Result<Encoded, Error> {
        let mut tried = Vec::new();
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut flight = None;
        loop {
            let hop = match self.federation.next_hop(dc, &tried) {
                Ok(hop) if tried.len() < MOST_TRIES => hop,
                Ok(_) => return Err(Error::no_path(attempts)),
                Err(ruled_out) => {
                    count(&self.counters.no_path);
                    let others = ruled_out.into_iter().filter(|attempt| !attempts.iter().any(|had| had.hop == attempt.hop));
                    return Err(Error::no_path(attempts.iter().cloned().chain(others).collect()));
                }
            };
            // Only now: a name that nobody knows must take no place.
            if flight.is_none() {
                flight = Some(self.enter(Way::To(dc.to_owned()), lane)?);
                self.counters.relayed(dc);
            } else {
                count(&self.counters.retries);
            }
            let left = passing.deadline.put(&mut passing.head)?;
            let head =
                wire::wan::Head { ttl: passing.head.hops_left, relay: String::new(), age_ms: 0, head: passing.head.encode_to_vec().into() };
            let began = Instant::now();
            let peer = link::Peer::new(hop.addr, dc);
            let error = match self.link.call(&peer, head.to_bytes(), passing.body.clone(), left + GRACE).await {
                Ok((head, body)) => {
                    if lane == Lane::Quick || hop.probe {
                        self.federation.handle_answer(&hop, dc, began.elapsed());
                    }
                    match refusal(&head) {
                        Some(error) if error.kind() == api::Code::Busy => error,
                        Some(_) | None => return Ok((head, body)),
                    }
                }
                Err(error) => {
                    let gateway = hop.gateway.as_str();
                    if let Some(failure) = evidence_of(&error) {
                        self.federation.handle_failure(&hop, dc, failure);
                    }
                    error_of(&error, gateway)
                }
            };
            if !another_may_be_asked(&error, passing.operation.retry()) {
                return Err(error);
            }
            tracing::debug!(dc, gateway = %hop.gateway, %error, "call goes another way");
            attempts.push(Attempt { hop: hop.gateway.to_string(), reason: error.text, age_ms: 0 });
            tried.push(hop.gateway);
        }
    }

    /// Calls under way and counted so far.
    pub(crate) fn counters(&self) -> crate::CounterValues {
        self.counters.values(self.flights.towards())
    }
}

/// The error in the head of an answer. A success begins with another field, so that it need not be decoded.
fn refusal(head: &Bytes) -> Option<Error> {
    const ERROR_KEY: u8 = 2 << 3 | 2;
    if head.first() != Some(&ERROR_KEY) {
        return None;
    }
    AnswerHead::decode(head.clone()).ok().and_then(|head| head.error)
}
