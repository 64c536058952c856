//! Asking through the waist, and keeping an eye on what was answered.

use crate::basis::{Basis, Watched};
use crate::config::DnsConfig;
use crate::counters::{Counters, count};
use api::{Answer, CachePolicy, Caching, Call, Consistency, Datacenter, Error, Freshness, Op, Wait};
use dispatch::{Dispatcher, Log, Peers, Role};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// An answer from a state that is older is counted.
const OLD: Duration = Duration::from_secs(5);
/// How long one wait for a change of another's reply takes. What nobody asked for meanwhile, is not watched any longer.
const PERIOD: Duration = Duration::from_secs(60);
/// What a wait may take longer than it should.
const GRACE: Duration = Duration::from_secs(10);

/// Replies of others that are watched, at the most.
const WATCHES: usize = 4096;

/// Whom names are looked up with, and how.
pub(crate) struct Lookup<L, P> {
    dispatcher: Arc<Dispatcher<L, P>>,
    pub(crate) config: Arc<DnsConfig>,
    pub(crate) counters: Arc<Counters>,
    watches: Arc<Semaphore>,
    stop: CancellationToken,
}

impl<L: Log, P: Peers> Lookup<L, P> {
    pub(crate) fn new(dispatcher: Arc<Dispatcher<L, P>>, config: Arc<DnsConfig>, stop: CancellationToken) -> Self {
        Self { dispatcher, config, counters: Arc::default(), watches: Arc::new(Semaphore::new(WATCHES)), stop }
    }

    /// The same by another configuration. What is watched and counted is so for both.
    pub(crate) fn with(&self, config: Arc<DnsConfig>) -> Self {
        let (dispatcher, counters, watches) = (Arc::clone(&self.dispatcher), Arc::clone(&self.counters), Arc::clone(&self.watches));
        Self { dispatcher, config, counters, watches, stop: self.stop.clone() }
    }

    /// Whether the state here is young enough to answer from. It does not change within microseconds: once for many questions.
    pub(crate) fn is_fresh(&self) -> bool {
        let Some(max) = self.config.max_stale else { return false };
        self.dispatcher.map().role != Role::Server
            || self.dispatcher.log().contact().last_ms.is_some_and(|last| Duration::from_millis(last) <= max)
    }

    /// Asks `op` of the datacenter, and notes how long the answer holds.
    pub(crate) async fn ask(&self, op: impl Into<Op>, datacenter: Option<&str>, basis: &mut Basis) -> Result<Answer, Error> {
        let consistency = self.config.max_stale.map_or(Consistency::Default, |_| Consistency::Stale { max: None });
        let call = Call {
            dc: datacenter.map(Datacenter::from),
            consistency,
            token: self.config.token.clone(),
            time_left: self.config.patience,
            ..Call::new(op)
        };
        if let Some(kept) = self.kept(&call).await {
            basis.merge(Basis::passing());
            return kept;
        }
        let answer = self.dispatcher.call(call.clone()).await?;
        let age = Duration::from_millis(answer.meta.last_contact_ms);
        if self.config.max_stale.is_some_and(|max| age > max) {
            basis.merge(Basis::passing());
            return self.dispatcher.call(Call { consistency: Consistency::Default, ..call }).await;
        }
        if age > OLD {
            count(&self.counters.stale);
        }
        self.note(call, &answer, basis);
        Ok(answer)
    }

    /// Asks the agent's cache, where it is used: not for what is answered here, which is current.
    async fn kept(&self, call: &Call) -> Option<Result<Answer, Error>> {
        let most = self.config.cache?;
        call.op.caching().filter(|caching| *caching == Caching::AsItCame || self.is_from_others(call))?;
        let policy = CachePolicy { max_age: Some(most), ..CachePolicy::default() };
        match self.dispatcher.call_kept(call.clone(), policy).await {
            // What cannot be refreshed any more: whoever is to know, has to be asked.
            Ok((_, Freshness::Hit { age })) if !most.is_zero() && age > most => None,
            kept => Some(kept.map(|(answer, _)| answer)),
        }
    }

    /// Whether others reply to a call that need not be answered by the leader.
    fn is_from_others(&self, call: &Call) -> bool {
        let map = self.dispatcher.map();
        map.role != Role::Server || call.dc.as_ref().is_some_and(|dc| Some(dc) != map.here.as_ref())
    }

    /// What was answered here holds as long as nothing it was made from changes; what others answered, as long as a second call that
    /// waits for a change is not answered. Who is to be asked only the leader, is asked each time.
    fn note(&self, call: Call, answer: &Answer, basis: &mut Basis) {
        if self.config.max_stale.is_none() {
            return basis.merge(Basis::passing());
        }
        if let Some(holds) = self.dispatcher.holds(&call, answer) {
            return basis.add_holds(holds);
        }
        let from_others = self.is_from_others(&call);
        match Arc::clone(&self.watches).try_acquire_owned() {
            Ok(place) if from_others && answer.meta.index > 0 => {
                let watched = Arc::new(Watched::default());
                basis.add_watched(Arc::clone(&watched));
                let wait = Wait { index: answer.meta.index, limit: PERIOD };
                let call = Call { wait: Some(wait), time_left: PERIOD + GRACE, ..call };
                tokio::spawn(watch(Arc::clone(&self.dispatcher), call, watched, place, self.stop.clone()));
            }
            _ => basis.merge(Basis::passing()),
        }
    }
}

/// Waits until the reply to `call` is another, or cannot be had any more, or is not used any more.
async fn watch<L: Log, P: Peers>(
    dispatcher: Arc<Dispatcher<L, P>>,
    call: Call,
    watched: Arc<Watched>,
    _place: OwnedSemaphorePermit,
    stop: CancellationToken,
) {
    let seen = call.wait.map(|wait| wait.index);
    loop {
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            answer = dispatcher.call(call.clone()) => answer,
        };
        let same = answer.is_ok_and(|answer| Some(answer.meta.index) == seen);
        if !same || !watched.take_used() {
            break;
        }
    }
    watched.set_changed();
}
