//! Who reaches whom, and what gets lost. Calls and raft's messages pass through the same cuts.

use api::{Answer, Call, Code, Error};
use bytes::Bytes;
use consensus::{Consensus, Inbound, InboundError, Node, Transport, TransportError, TransportFuture};
use dispatch::{Dispatcher, Hop, Log, Peers};
use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// Calls that wait for one process.
const QUEUE: usize = 1024;

/// The network. Processes are known by address.
#[derive(Clone)]
pub struct Network(Arc<Mutex<Plan>>);

struct Plan {
    rng: SmallRng,
    calls: BTreeMap<SocketAddr, mpsc::Sender<Delivery>>,
    raft: BTreeMap<SocketAddr, Inbound>,
    /// Nothing passes from the first to the second.
    cuts: BTreeSet<(SocketAddr, SocketAddr)>,
    /// Probability that a message, or an answer, is lost.
    loss: f64,
    /// Greatest delay of a message.
    delay: Duration,
}

struct Delivery {
    call: Call,
    answer: oneshot::Sender<Result<Answer, Error>>,
}

/// The network as one process uses it.
#[derive(Clone)]
pub struct Calls {
    from: SocketAddr,
    network: Network,
}

impl Network {
    /// A network that is whole, loses nothing, and takes up to `delay` for a message.
    #[must_use]
    pub fn new(rng: SmallRng, delay: Duration) -> Self {
        let (calls, raft, cuts) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self(Arc::new(Mutex::new(Plan { rng, calls, raft, cuts, loss: 0.0, delay })))
    }

    /// The network as the process at `from` uses it.
    #[must_use]
    pub fn from(&self, from: SocketAddr) -> Calls {
        Calls { from, network: self.clone() }
    }

    /// Serves calls to `at` with this dispatcher, until [`Network::unplug`].
    pub fn plug<L: Log>(&self, at: SocketAddr, dispatcher: Arc<Dispatcher<L, Calls>>) {
        let (sender, mut queue) = mpsc::channel::<Delivery>(QUEUE);
        self.0.lock().calls.insert(at, sender);
        tokio::spawn(async move {
            let mut under_way = JoinSet::new();
            while let Some(Delivery { call, answer }) = queue.recv().await {
                let dispatcher = Arc::clone(&dispatcher);
                // Whoever asked may have given up.
                under_way.spawn(async move { drop(answer.send(dispatcher.call(call).await)) });
                while under_way.try_join_next().is_some() {}
            }
            // Unplugged: what is under way dies here, unanswered.
        });
    }

    /// Delivers raft's messages to this node.
    pub fn plug_raft(&self, at: SocketAddr, node: &Consensus) {
        self.0.lock().raft.insert(at, node.inbound());
    }

    /// Takes a process off the network.
    pub fn unplug(&self, at: SocketAddr) {
        let mut plan = self.0.lock();
        plan.calls.remove(&at);
        plan.raft.remove(&at);
    }

    /// From now on nothing passes from `from` to `to`; the other direction is another matter.
    pub fn cut(&self, from: SocketAddr, to: SocketAddr) {
        self.0.lock().cuts.insert((from, to));
    }

    /// From now on messages are lost with this probability.
    pub fn lose(&self, loss: f64) {
        self.0.lock().loss = loss;
    }

    /// Ends all cuts and losses.
    pub fn heal(&self) {
        let mut plan = self.0.lock();
        plan.cuts.clear();
        plan.loss = 0.0;
    }

    /// Whether a message passes now.
    fn passes(&self, from: SocketAddr, to: SocketAddr) -> bool {
        let mut plan = self.0.lock();
        let loss = plan.loss;
        !plan.cuts.contains(&(from, to)) && plan.rng.random_range(0.0..1.0) >= loss
    }

    async fn travel(&self) {
        let share = {
            let mut plan = self.0.lock();
            let share = plan.rng.random_range(0.0..1.0);
            plan.delay.mul_f64(share)
        };
        tokio::time::sleep(share).await;
    }
}

impl Peers for Calls {
    async fn send(&self, hop: &Hop, call: Call) -> Result<Answer, Error> {
        let (network, left) = (&self.network, call.time_left);
        let Some(to) = hop.peer().map(|peer| peer.addr) else {
            return Err(Error { unprocessed: true, ..Error::failed(format!("no way to {hop}")) });
        };
        network.travel().await;
        let (answer, answered) = oneshot::channel();
        let unprocessed = |what: &str| Error { unprocessed: true, ..Error::new(Code::Lost, format!("{to}: {what}")) };
        if !network.passes(self.from, to) {
            return Err(unprocessed("cannot be reached"));
        }
        {
            // Let go of at once: who holds it keeps the process alive.
            let served = network.0.lock().calls.get(&to).cloned().ok_or_else(|| unprocessed("refused"))?;
            served.try_send(Delivery { call, answer }).map_err(|_| unprocessed("busy"))?;
        }
        let answer = tokio::time::timeout(left, answered).await;
        network.travel().await;
        if !network.passes(to, self.from) {
            return Err(Error::new(Code::Lost, format!("{to}: the answer was lost")));
        }
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::new(Code::Lost, format!("{to}: died"))),
            Err(_) => Err(Error::new(Code::TimedOut, format!("{to}: no answer within {left:?}"))),
        }
    }
}

impl Calls {
    fn raft<'a, F, R>(&'a self, to: &'a Node, within: Duration, call: F) -> TransportFuture<'a>
    where
        F: FnOnce(Inbound) -> R + Send + 'a,
        R: Future<Output = Result<Bytes, InboundError>> + Send + 'a,
    {
        Box::pin(async move {
            let unreachable = || TransportError::Unreachable(to.addr.clone());
            let at: SocketAddr = to.addr.parse().map_err(|_| unreachable())?;
            self.network.travel().await;
            if !self.network.passes(self.from, at) {
                return Err(unreachable());
            }
            let inbound = self.network.0.lock().raft.get(&at).cloned().ok_or_else(unreachable)?;
            let answer = tokio::time::timeout(within, call(inbound)).await.map_err(|_| TransportError::Broken("too late".to_owned()))?;
            self.network.travel().await;
            if !self.network.passes(at, self.from) {
                return Err(TransportError::Broken("the answer was lost".to_owned()));
            }
            answer.map_err(|error| TransportError::Broken(error.to_string()))
        })
    }
}

impl Transport for Calls {
    fn append<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.raft(to, within, move |node| async move { node.append(body).await })
    }

    fn vote<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.raft(to, within, move |node| async move { node.vote(body).await })
    }

    fn transfer<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.raft(to, within, move |node| async move { node.transfer(body).await })
    }

    fn snapshot<'a>(&'a self, to: &'a Node, messages: mpsc::Receiver<Bytes>, within: Duration) -> TransportFuture<'a> {
        self.raft(to, within, move |node| async move { node.snapshot(messages).await })
    }
}
