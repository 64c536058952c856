//! A question in, its answer out: from what is prepared, or by looking it up.

use crate::basis::Basis;
use crate::cache::{Cache, Kept, Key};
use crate::config::DnsConfig;
use crate::counters::{Counters, count};
use crate::lookup::Lookup;
use crate::prepared::Prepared;
use crate::query::{Query, Unfit, labels, plain, refusal};
use crate::record::{Rcode, Response};
use crate::recursor::Transport;
use crate::resolve::{Asker, Resolved, Resolver};
use crate::{Limits, Scratch};
use dispatch::{Dispatcher, Log, Peers};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// What all listeners share, as long as it is configured the same.
pub(crate) struct Edge<L, P> {
    pub(crate) config: Arc<DnsConfig>,
    pub(crate) counters: Arc<Counters>,
    /// Places for questions that are looked up.
    pub(crate) places: Arc<Semaphore>,
    resolver: Resolver<L, P>,
    cache: Cache,
    refused: Prepared,
    seed: AtomicU64,
}

/// The edge by the configuration of now.
pub(crate) struct Edges<L, P> {
    config: watch::Receiver<Arc<DnsConfig>>,
    edge: RwLock<Arc<Edge<L, P>>>,
}

impl<L: Log, P: Peers> Edges<L, P> {
    pub(crate) fn new(dispatcher: Arc<Dispatcher<L, P>>, config: watch::Receiver<Arc<DnsConfig>>, stop: CancellationToken) -> Self {
        let lookup = Lookup::new(dispatcher, Arc::clone(&config.borrow()), stop);
        let places = Arc::new(Semaphore::new(lookup.config.max_lookups));
        Self { config, edge: RwLock::new(Arc::new(Edge::new(lookup, places))) }
    }

    /// What was prepared by another configuration is forgotten: it tells other lifetimes, and maybe other answers.
    pub(crate) fn now(&self) -> Arc<Edge<L, P>> {
        let wanted = Arc::clone(&self.config.borrow());
        let is_current = |edge: &Arc<Edge<L, P>>| Arc::ptr_eq(&edge.config, &wanted);
        if let Some(edge) = Some(self.edge.read()).filter(|edge| is_current(edge)) {
            return Arc::clone(&edge);
        }
        let mut edge = self.edge.write();
        // Another may have been faster.
        if !is_current(&edge) {
            *edge = Arc::new(edge.with(wanted));
        }
        Arc::clone(&edge)
    }
}

/// What is known of a message at once.
pub(crate) enum AtOnce {
    /// Its answer has been written.
    Answered,
    /// None is expected.
    Silent,
    /// It has to be looked up.
    Unknown,
}

impl<L: Log, P: Peers> Edge<L, P> {
    fn new(lookup: Lookup<L, P>, places: Arc<Semaphore>) -> Self {
        Self {
            config: Arc::clone(&lookup.config),
            counters: Arc::clone(&lookup.counters),
            places,
            resolver: Resolver::new(lookup),
            cache: Cache::default(),
            refused: Prepared::new(&Response { rcode: Rcode::Refused, ..Response::default() }, &[0], true),
            seed: AtomicU64::new(rand::random()),
        }
    }

    /// The same by another configuration. Bounds and counters are those of both.
    fn with(&self, config: Arc<DnsConfig>) -> Self {
        Self::new(self.resolver.lookup.with(config), Arc::clone(&self.places))
    }

    /// Whether the state here is young enough to answer from: see [`Lookup::is_fresh`].
    pub(crate) fn is_fresh(&self) -> bool {
        self.resolver.lookup.is_fresh()
    }

    /// Answers without waiting for anybody, if that can be.
    pub(crate) fn answer_at_once(
        &self,
        message: &[u8],
        transport: Transport,
        fresh: bool,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> AtOnce {
        let query = match Query::read(message) {
            Ok(query) => query,
            Err(Unfit::Silent) => return AtOnce::Silent,
            Err(Unfit::Unusual) => return AtOnce::Unknown,
            Err(Unfit::Refused(rcode)) => {
                self.refuse(message, rcode, out);
                return AtOnce::Answered;
            }
        };
        let key = Key::of(&query);
        let Some(kept) = self.cache.get(&key, fresh) else { return AtOnce::Unknown };
        count(&self.counters.queries);
        count(&self.counters.prepared);
        self.put(&kept.prepared, &query, transport, scratch, out);
        AtOnce::Answered
    }

    /// Answers, however long it takes. `None` when no answer is expected.
    pub(crate) async fn answer(&self, message: &[u8], asker: Asker) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let refused = match Query::read(message) {
            Ok(query) => {
                self.look_up_and_put(message, &query, asker, &mut out).await;
                None
            }
            Err(Unfit::Silent) => return None,
            Err(Unfit::Refused(rcode)) => Some(rcode),
            Err(Unfit::Unusual) => {
                let message = plain(message).unwrap_or_default();
                match Query::read(&message) {
                    Ok(query) => {
                        self.look_up_and_put(&message, &query, asker, &mut out).await;
                        None
                    }
                    Err(_) => Some(Rcode::FormErr),
                }
            }
        };
        if let Some(rcode) = refused {
            self.refuse(message, rcode, &mut out);
        }
        Some(out)
    }

    async fn look_up_and_put(&self, message: &[u8], query: &Query<'_>, asker: Asker, out: &mut Vec<u8>) {
        count(&self.counters.queries);
        let (key, transport) = (Key::of(query), asker.transport);
        let asker = Asker { address: query.client().unwrap_or(asker.address), ..asker };
        let asked = query.kind();
        let resolved = match labels(key.name()) {
            Some(labels) => self.resolver.resolve(&labels, asked, asker, 0).await,
            None => Resolved::Elsewhere,
        };
        let mut scratch = Scratch::default();
        match resolved {
            Resolved::Answer(response, basis) => {
                let kept = self.prepare(&key, &response, basis);
                self.put(&kept.prepared, query, transport, &mut scratch, out);
            }
            Resolved::Elsewhere if self.resolver.recursion.is_possible() => {
                count(&self.counters.recursed);
                match self.resolver.recursion.forward(message, transport).await {
                    Some(answer) => *out = answer,
                    None => {
                        let failed = Response { rcode: Rcode::ServFail, unresolved: true, ..Response::default() };
                        self.put(&Prepared::new(&failed, key.name(), true), query, transport, &mut scratch, out);
                    }
                }
            }
            Resolved::Elsewhere => self.put(&self.refused, query, transport, &mut scratch, out),
        }
    }

    fn prepare(&self, key: &Key, response: &Response, basis: Basis) -> Arc<Kept> {
        let prepared = Prepared::new(response, key.name(), self.config.compress);
        let kept = Arc::new(Kept { prepared, basis });
        if kept.basis.lasts() {
            self.cache.put(key, Arc::clone(&kept));
        }
        kept
    }

    fn put(&self, prepared: &Prepared, query: &Query<'_>, transport: Transport, scratch: &mut Scratch, out: &mut Vec<u8>) {
        let limits = match transport {
            Transport::Udp => Limits::udp(query, self.config.udp_answer_limit),
            Transport::Tcp => Limits::tcp(query),
        };
        let limits = Limits { tell: self.config.enable_truncate, recursion: self.resolver.recursion.is_possible(), ..limits };
        let seed = self.seed.fetch_add(seed::STEP, Ordering::Relaxed);
        prepared.assemble(query, limits, seed, now(), scratch, out);
    }

    fn refuse(&self, message: &[u8], rcode: Rcode, out: &mut Vec<u8>) {
        count(&self.counters.queries);
        // What has no header was not even refused.
        out.extend(refusal(message, rcode).into_iter().flatten());
    }
}

/// Seconds since 1970, as serials have them.
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}
