//! One way in for every call, one way out.

use crate::admission::{Admission, Limits};
use crate::agent_cache::AgentCache;
use crate::departure::Departures;
use crate::kept_back::KeptBack;
use crate::tracing::{self as spans, Trail};
use crate::{Flights, Hop, Locals, Log, Map, Peers, Store, Tracer, route};
use ::tracing::Instrument;
use api::{Answer, Attempt, Call, Code, Consistency, Encoded, Error, Meta, Op, Operation, Retry, Write};
use parking_lot::RwLock;
use state::Authority;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How many times a call is tried at the most, however much time it has: about as often as the pauses let it within Consul's hold time,
/// and as many again.
const MOST_TRIES: usize = 64;

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a call waits for a leader to be elected (`performance.rpc_hold_timeout`).
    pub hold: Duration,
    /// How many calls may be under way.
    pub limits: Limits,
    /// Who records the spans of calls; with `None`, none are made.
    pub tracer: Option<Arc<dyn Tracer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hold: Duration::from_secs(7), limits: Limits::default(), tracer: None }
    }
}

/// Serves a call here, or hands it to whoever can. The same for HTTP, DNS, gRPC and ourselves.
pub struct Dispatcher<L, P> {
    log: L,
    peers: P,
    store: Arc<Store>,
    locals: Locals,
    map: RwLock<Arc<Map>>,
    map_changed: watch::Sender<()>,
    flights: Flights,
    pub(crate) agent_cache: AgentCache,
    kept_back: KeptBack,
    departures: Departures,
    pub(crate) admission: Admission,
    hold: Duration,
    tracer: Option<Arc<dyn Tracer>>,
    seed: AtomicU64,
}

impl<L: Log, P: Peers> Dispatcher<L, P> {
    /// A dispatcher that reads `store`, writes `log`, and knows the world only as the [`Map`] it is given. `seed` spreads calls over
    /// equal peers.
    pub fn new(log: L, peers: P, store: Arc<Store>, locals: Locals, settings: Settings, seed: u64) -> Self {
        Self {
            log,
            peers,
            store,
            locals,
            map: RwLock::default(),
            map_changed: watch::channel(()).0,
            flights: Flights::default(),
            agent_cache: AgentCache::default(),
            kept_back: KeptBack::default(),
            departures: Departures::default(),
            admission: Admission::new(settings.limits),
            hold: settings.hold,
            tracer: settings.tracer,
            seed: AtomicU64::new(seed),
        }
    }

    /// The map in use.
    pub fn map(&self) -> Arc<Map> {
        Arc::clone(&self.map.read())
    }

    /// Replaces the map. Calls that wait for a leader look at it at once.
    pub fn set_map(&self, map: Map) {
        *self.map.write() = Arc::new(map);
        self.map_changed.send_replace(());
    }

    /// The state this dispatcher reads.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The log this dispatcher writes.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The way to other processes.
    pub fn peers(&self) -> &P {
        &self.peers
    }

    /// How many blocking reads wait on this process's own state: not those it has passed on.
    pub fn blocked_reads(&self) -> usize {
        self.admission.waiting()
    }

    /// Answers a call, wherever the answer is.
    ///
    /// # Errors
    /// What the operation says, or why it could not be asked; see [`Code`].
    pub async fn call(&self, mut call: Call) -> Result<Answer, Error> {
        // Who asks for his own datacenter by name, asks here.
        let map = self.map();
        if call.dc.is_some() && call.dc == map.here {
            call.dc = None;
        }
        let (trail, span) = spans::begin(self.tracer.as_ref(), &mut call, map.here.as_ref().map(|here| here.0.as_str()));
        let result = self.find_answer(call, &trail).instrument(span.clone()).await;
        spans::ended(&span, &result);
        result
    }

    /// Tries one hop after the other until one answers.
    async fn find_answer(&self, call: Call, trail: &Trail) -> Result<Answer, Error> {
        let began = Instant::now();
        let deadline = began + call.time_left;
        let hold_until = deadline.min(began + self.hold);
        let mut tried: Vec<(Hop, Attempt)> = Vec::new();
        let mut backoff = Duration::from_millis(20);
        let mut place = None;
        for tries in 1.. {
            let map = self.map();
            let hop = route(&call, &map, self.next_seed(), &tried);
            if place.is_none() && !matches!(hop, Ok(Hop::Here)) {
                // Kept from try to try, since the pauses between them hold the call, too.
                place = Some(self.admission.pass(call.wait.is_some())?);
            }
            let result = match &hop {
                Ok(Hop::Here) => {
                    let span = trail.serve();
                    let result = self.serve(&call, began, trail).instrument(span.clone()).await;
                    spans::ended(&span, &result);
                    result
                }
                Ok(hop) => self.pass_on(&call, hop, deadline, trail).await,
                Err(error) => Err(error.clone()),
            };
            let Err(error) = result else { return result };
            if let Ok(hop) = &hop
                && *hop != Hop::Here
            {
                tried.push((hop.clone(), Attempt { hop: hop.to_string(), reason: error.text.clone(), age_ms: 0 }));
            }
            let elsewhere = matches!(hop, Ok(Hop::Gateway(_) | Hop::Server(_)));
            // Whoever is overloaded is not asked again, nor is the caller kept: others may have room, or he comes back later.
            let overloaded = error.kind() == Code::Busy && !elsewhere;
            if tries == MOST_TRIES || overloaded || !worth_repeating(&call, &error) || Instant::now() >= hold_until {
                return Err(explained(error, &tried));
            }
            if route::may_pass(&error) || matches!(hop, Ok(Hop::Leader(_))) {
                // A leader may be on its way: look again when the map changes, and now and then in case it did unnoticed.
                let mut map_changed = self.map_changed.subscribe();
                let changed = async {
                    if Arc::ptr_eq(&map, &self.map()) {
                        // It ends only with the dispatcher, and that is borrowed here.
                        let _ = map_changed.changed().await;
                    }
                };
                let pause = tokio::time::timeout(backoff, changed);
                if tokio::time::timeout_at(hold_until, pause).await.is_err() {
                    return Err(explained(error, &tried));
                }
                backoff = (backoff * 2).min(Duration::from_millis(500));
                tried.retain(|(hop, _)| !matches!(hop, Hop::Leader(_) | Hop::Server(_)));
            }
        }
        Err(Error::protocol("a call is tried at least once"))
    }

    async fn pass_on(&self, call: &Call, hop: &Hop, deadline: Instant, trail: &Trail) -> Result<Answer, Error> {
        let time_left = deadline.saturating_duration_since(Instant::now());
        let mut onward = Call { hops_left: call.hops_left.saturating_sub(1), time_left, ..call.clone() };
        let span = trail.send(hop, &mut onward);
        let result = if call.hops_left == api::MAX_HOPS && call.wait.is_none() {
            self.departures.share(onward, |call| self.peers.send(hop, call)).instrument(span.clone()).await
        } else if call.hops_left == api::MAX_HOPS {
            self.flights.share(onward, |call| self.peers.send(hop, call)).instrument(span.clone()).await
        } else {
            // A call from another process may be one that left here, and would wait for itself: leadership moves while calls travel.
            self.peers.send(hop, onward).instrument(span.clone()).await
        };
        spans::ended(&span, &result);
        result
    }

    /// [`Dispatcher::call`] for code that knows which operation it wants.
    ///
    /// # Errors
    /// As [`Dispatcher::call`].
    pub async fn ask<O: Operation + Clone>(&self, op: O) -> Result<(O::Reply, Meta), Error> {
        let answer = self.call(Call::new(op)).await?;
        let reply = O::take(answer.reply.reply()?.clone())?;
        Ok((reply, answer.meta))
    }

    /// A write that the datacenter itself decided on. Only the leader's own tasks may ask for one.
    ///
    /// # Errors
    /// As [`Log::propose`].
    pub async fn decide(&self, write: Write) -> Result<(), Error> {
        self.log.propose(state::Permitted::internal(write)).await.map(drop)
    }

    /// Writes what was kept back since the last round. Only the leader's own tasks may ask for it.
    ///
    /// # Errors
    /// As [`Log::propose`]; what was not written yet is lost.
    pub async fn write_kept_back(&self) -> Result<(), Error> {
        for write in self.store.snapshot().put_together(self.kept_back.take()) {
            self.log.propose(write).await?;
        }
        Ok(())
    }

    /// Drops what was kept back: whoever begins to lead must not write what was true when it last led.
    pub fn drop_kept_back(&self) {
        drop(self.kept_back.take());
    }

    async fn serve(&self, call: &Call, arrived: Instant, trail: &Trail) -> Result<Answer, Error> {
        match &*call.op {
            Op::Read(read) => self.read(call, read, arrived, trail).await,
            Op::Write(write) => {
                let _place = self.admission.work()?;
                self.all_understand(call)?;
                let permitted = state::permit(write, &self.store.snapshot(), &self.authority(call))?;
                if let Some(reply) = permitted.reply_at_once() {
                    self.log.lease()?;
                    self.kept_back.push(permitted)?;
                    let meta = Meta { known_leader: true, ..Meta::default() };
                    return Ok(Answer { reply: Encoded::new(reply), meta });
                }
                let span = trail.propose();
                let proposed = self.log.propose(permitted).instrument(span.clone()).await;
                spans::ended(&span, &proposed);
                let proposed = proposed?;
                let meta = Meta { index: proposed.index, known_leader: true, ..Meta::default() };
                Ok(Answer { reply: Encoded::new(proposed.reply), meta })
            }
            Op::Local(_) => {
                let contact = self.log.contact();
                let left = call.time_left;
                let asked = tokio::time::timeout(left, self.locals.ask(call.clone())).await;
                let reply =
                    asked.unwrap_or_else(|_| Err(Error::new(Code::TimedOut, format!("{}: no reply within {left:?}", call.op.name()))))?;
                let meta = Meta { known_leader: contact.known_leader, last_contact_ms: contact.last_ms.unwrap_or(0), ..Meta::default() };
                Ok(Answer { reply: Encoded::new(reply), meta: meta.served(call.consistency) })
            }
        }
    }

    /// A write that the oldest server cannot read must not enter the log: that server would have to stop.
    fn all_understand(&self, call: &Call) -> Result<(), Error> {
        let (row, map) = (call.op.row(), self.map());
        match map.level {
            Some(level) if row.level > level => {
                let text = format!(
                    "{} needs feature level {}, and a server of this datacenter has level {level}: upgrade it first",
                    row.name, row.level
                );
                Err(Error::new(Code::Unsupported, text))
            }
            _ => Ok(()),
        }
    }

    async fn read(&self, call: &Call, read: &api::Read, arrived: Instant, trail: &Trail) -> Result<Answer, Error> {
        let who = self.authority(call);
        let look = match call.wait {
            None => {
                let _place = self.admission.work()?;
                self.before_look(call.consistency).await?;
                self.store.look(&call.op, read, &who)?
            }
            Some(wait) => {
                let _place = self.admission.wait()?;
                let look = self.store.look_when_newer(&call.op, read, &who, wait, || self.before_look(call.consistency));
                look.instrument(trail.wait(wait.index)).await?
            }
        };
        if call.consistency == Consistency::Default {
            // Checked after the evaluation and before the reply: what was read was read by the leader.
            self.log.lease()?;
        }
        let contact = self.log.contact();
        let held_us = if call.wait.is_some() { arrived.elapsed().as_micros().try_into().unwrap_or(u64::MAX) } else { 0 };
        let meta = Meta {
            index: look.seen.index,
            known_leader: contact.known_leader,
            last_contact_ms: contact.last_ms.unwrap_or(0),
            filtered: look.seen.hidden > 0,
            absent: look.seen.absent,
            held_us,
            served: 0,
        };
        Ok(Answer { reply: look.reply.clone(), meta: meta.served(call.consistency) })
    }

    /// What has to be true before a read looks at the state.
    async fn before_look(&self, consistency: Consistency) -> Result<(), Error> {
        match consistency {
            Consistency::Default => self.log.lease(),
            Consistency::Consistent => self.log.confirm().await,
            Consistency::Stale { max } => {
                let contact = self.log.contact();
                match (contact.last_ms, max) {
                    (None, _) => Err(Error::no_leader()),
                    (Some(last), Some(max)) if Duration::from_millis(last) > max => self.log.lease(),
                    (Some(_), _) => Ok(()),
                }
            }
        }
    }

    /// Who a token is. Until there is an ACL system, anyone.
    #[allow(clippy::unused_self, reason = "it will look tokens up")]
    pub(crate) fn authority(&self, _: &Call) -> Authority {
        Authority::everything()
    }

    fn next_seed(&self) -> u64 {
        // Calls are spread evenly, without a lock or a source of randomness.
        seed::mixed(self.seed.fetch_add(seed::STEP, Ordering::Relaxed))
    }
}

/// Whether a call that failed like this may be sent again: a write only if that is provably harmless.
fn worth_repeating(call: &Call, error: &Error) -> bool {
    let harmless = error.proves_unprocessed() || (error.is_transient() && call.op.row().retry == Retry::Safe);
    harmless && !matches!(error.kind(), Code::NoPath | Code::NoDatacenter | Code::Unsupported | Code::Protocol)
}

/// The error with what was tried on the way, where it says nothing of that itself.
fn explained(error: Error, tried: &[(Hop, Attempt)]) -> Error {
    if error.why.is_empty() && matches!(error.kind(), Code::NoPath | Code::NoLeader | Code::Lost | Code::TimedOut) {
        return Error { why: tried.iter().map(|(_, attempt)| attempt.clone()).collect(), ..error };
    }
    error
}
