//! A virtual network of members, driven event by event.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Acquainted, Config, Contact, Effect, Event, Keyring, Me, Members, Purpose, Status, StreamError, Timer, UserEvent};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The address of the `n`th member.
pub(crate) fn addr(n: usize) -> SocketAddr {
    SocketAddr::from(([127, 1, (n >> 8) as u8, n as u8], 8301))
}

pub(crate) fn name(n: usize) -> String {
    format!("n{n}")
}

pub(crate) fn me(n: usize, generation: u64) -> Me {
    let tags = BTreeMap::from([("role".to_owned(), "node".to_owned())]);
    Me { name: name(n), addr: addr(n), generation, tags, spki: Bytes::from_static(b"key") }
}

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) config: Config,
    pub(crate) loss: f64,
    pub(crate) latency: Duration,
    /// How long it takes until the first packet between two gets through, if connections have to be made.
    pub(crate) handshake: Option<Duration>,
    connections: BTreeMap<(SocketAddr, SocketAddr), Duration>,
    /// Only streams get through.
    pub(crate) no_datagrams: bool,
    /// These take up to so long to get to whatever reaches them, be it a packet or a timer.
    pub(crate) slow: BTreeSet<usize>,
    pub(crate) slowness: Duration,
    pub(crate) packets: usize,
    /// Sent, in packets.
    pub(crate) bytes: usize,
    /// And in tables, both ways.
    pub(crate) table_bytes: usize,
    pub(crate) tables: usize,
    pub(crate) largest_packet: usize,
    pub(crate) streams: usize,
    failures_only: bool,
    /// Who was declared failed, by whom and when.
    pub(crate) failures: Vec<Failure>,
    pub(crate) joins: Vec<Result<(), StreamError>>,
    nodes: BTreeMap<SocketAddr, Node>,
    /// Machines that are gone: nobody refuses a call there.
    vanished: BTreeSet<SocketAddr>,
    /// Processes that do nothing until then, though their machines take calls.
    stalled: BTreeMap<SocketAddr, Duration>,
    /// Pairs of addresses between which nothing passes, one way.
    cut: BTreeSet<(SocketAddr, SocketAddr)>,
    queue: BinaryHeap<Due>,
    sequence: u64,
    rng: SmallRng,
    started: u64,
}

/// One member declared another failed.
pub(crate) struct Failure {
    pub(crate) at: Duration,
    pub(crate) by: SocketAddr,
    pub(crate) of: SocketAddr,
}

pub(crate) struct Node {
    pub(crate) members: Members,
    pub(crate) events: Vec<Event>,
    pub(crate) user_events: Vec<Arc<UserEvent>>,
    pub(crate) left: bool,
    pub(crate) keyring_changes: usize,
    pub(crate) generations: Vec<u64>,
    /// Tells this run of a process from earlier ones at its address.
    life: u64,
}

enum What {
    Packet { from: SocketAddr, to: SocketAddr, bytes: Bytes },
    Connected { at: SocketAddr, with: SocketAddr, made: bool, life: u64 },
    Contact { at: SocketAddr, with: SocketAddr, contact: Contact, life: u64 },
    Stream { from: SocketAddr, to: SocketAddr, bytes: Bytes, purpose: Purpose, life: u64 },
    Reply { to: SocketAddr, bytes: Bytes, purpose: Purpose, life: u64 },
    Timer { at: SocketAddr, timer: Timer, life: u64 },
}

impl What {
    /// Who is to handle it.
    fn at(&self) -> SocketAddr {
        match self {
            Self::Packet { to, .. } | Self::Stream { to, .. } | Self::Reply { to, .. } => *to,
            Self::Connected { at, .. } | Self::Contact { at, .. } | Self::Timer { at, .. } => *at,
        }
    }
}

/// How long TCP waits before it repeats the first segment of a connection, and later ones.
const SYN_RTO: Duration = SECOND;
const RTO: Duration = Duration::from_millis(200);

struct Due(Duration, u64, What);

impl World {
    /// `SEED_OFFSET` in the environment moves all seeds, to search for rarer courses of events.
    pub(crate) fn new(seed: u64) -> Self {
        let offset: u64 = std::env::var("SEED_OFFSET").ok().and_then(|offset| offset.parse().ok()).unwrap_or(0);
        let seed = seed.wrapping_add(offset);
        Self {
            now: Duration::ZERO,
            config: Config::lan(),
            loss: 0.0,
            latency: Duration::from_millis(1),
            no_datagrams: false,
            handshake: None,
            connections: BTreeMap::new(),
            slow: BTreeSet::new(),
            slowness: Duration::ZERO,
            packets: 0,
            bytes: 0,
            table_bytes: 0,
            tables: 0,
            largest_packet: 0,
            streams: 0,
            failures_only: false,
            failures: Vec::new(),
            joins: Vec::new(),
            nodes: BTreeMap::new(),
            vanished: BTreeSet::new(),
            stalled: BTreeMap::new(),
            cut: BTreeSet::new(),
            queue: BinaryHeap::new(),
            sequence: 0,
            rng: SmallRng::seed_from_u64(seed),
            started: 0,
        }
    }

    /// `n` members, the later ones joined through member 0, run until everyone sees everyone.
    pub(crate) fn converged(seed: u64, n: usize) -> Self {
        let mut world = Self::new(seed);
        world.grow(n);
        world.until(60, |world| world.all_see(n));
        world
    }

    /// `n` members that know each other from the start, and nothing is being gossiped: as if the pool had been there for long. Their
    /// events are not kept, but for failures.
    pub(crate) fn acquaint(&mut self, n: usize) {
        self.failures_only = true;
        let pool: Vec<Me> = (0..n).map(|i| Me { tags: BTreeMap::new(), ..me(i, 1) }).collect();
        let mut seeds = vec![[0; 32]; n];
        seeds.iter_mut().for_each(|seed| self.rng.fill(seed));
        // Nobody keeps step with anybody.
        let phases: Vec<Duration> = (0..n).map(|_| self.config.probe_interval.mul_f64(self.rng.random_range(0.0..1.0))).collect();
        let acquainted = Acquainted::new(self.config.clone(), Keyring::default(), Duration::ZERO, pool[0].clone(), &pool).unwrap();
        let member = |i: usize| acquainted.member(pool[i].clone(), phases[i], seeds[i]).unwrap();
        let some = |from: usize, to: usize| (from..to).map(member).collect::<Vec<_>>();
        let (half, more) = std::thread::scope(|scope| {
            let more = scope.spawn(|| some(n / 2, n));
            (some(0, n / 2), more.join().unwrap())
        });
        for (members, now) in half.into_iter().chain(more).zip(phases) {
            self.now = now;
            self.run_by(members);
        }
        self.now = self.config.probe_interval;
    }

    pub(crate) fn grow(&mut self, n: usize) {
        for i in 0..n {
            self.start(me(i, 1));
            if i > 0 {
                self.with(i, |members, now| members.join(now, addr(0)).unwrap());
            }
        }
    }

    pub(crate) fn start(&mut self, me: Me) {
        self.start_with(me, Keyring::default());
    }

    pub(crate) fn start_with(&mut self, me: Me, keyring: Keyring) {
        let mut seed = [0; 32];
        self.rng.fill(&mut seed);
        let members = Members::new(self.config.clone(), me, keyring, self.now, seed).unwrap();
        self.run_by(members);
    }

    fn run_by(&mut self, members: Members) {
        self.started += 1;
        let at = members.me().addr;
        let node = Node {
            members,
            events: Vec::new(),
            user_events: Vec::new(),
            left: false,
            keyring_changes: 0,
            generations: Vec::new(),
            life: self.started,
        };
        self.nodes.insert(at, node);
        self.carry_out(at);
    }

    /// The process dies: no more packets or timers for it.
    pub(crate) fn kill(&mut self, n: usize) {
        self.nodes.remove(&addr(n));
    }

    /// The machine is gone with the process on it.
    pub(crate) fn kill_machine(&mut self, n: usize) {
        self.vanished.insert(addr(n));
        self.kill(n);
    }

    /// The process does nothing for `time`; what reaches it meanwhile waits.
    pub(crate) fn stall(&mut self, n: usize, time: Duration) {
        self.stalled.insert(addr(n), self.now + time);
    }

    /// A command to member `n`, with the time.
    pub(crate) fn with<T>(&mut self, n: usize, command: impl FnOnce(&mut Members, Duration) -> T) -> T {
        let answer = command(&mut self.nodes.get_mut(&addr(n)).unwrap().members, self.now);
        self.carry_out(addr(n));
        answer
    }

    pub(crate) fn node(&self, n: usize) -> &Node {
        &self.nodes[&addr(n)]
    }

    /// Nothing passes from `from` to `to`.
    pub(crate) fn cut(&mut self, from: usize, to: usize) {
        self.cut.insert((addr(from), addr(to)));
    }

    pub(crate) fn heal(&mut self) {
        self.cut.clear();
    }

    /// Whether the process runs.
    pub(crate) fn runs(&self, at: SocketAddr) -> bool {
        self.nodes.contains_key(&at)
    }

    /// How member `n` sees `other`.
    pub(crate) fn status(&self, n: usize, other: usize) -> Option<Status> {
        self.nodes[&addr(n)].members.member(&name(other)).map(|member| member.status)
    }

    /// Every running member sees `n` live members.
    pub(crate) fn all_see(&self, n: usize) -> bool {
        self.nodes().all(|node| node.members.members().filter(|member| member.status.is_live()).count() == n)
    }

    /// Every running member except `other` itself sees `other` so.
    pub(crate) fn all_see_status(&self, other: usize, status: Option<Status>) -> bool {
        let name = name(other);
        let others = self.nodes.iter().filter(|(at, _)| **at != addr(other));
        others.into_iter().all(|(_, node)| node.members.member(&name).map(|member| member.status) == status)
    }

    /// Runs until `condition`, checked every 100 ms; panics after `limit` virtual seconds. Returns how long it took.
    #[track_caller]
    pub(crate) fn until(&mut self, limit: u64, condition: impl Fn(&Self) -> bool) -> Duration {
        let start = self.now;
        while !condition(self) {
            assert!(self.now < start + SECOND * limit as u32, "not reached within {limit} s");
            self.run(Duration::from_millis(100));
        }
        self.now - start
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.queue.peek().is_some_and(|due| due.0 <= end) {
            let Due(at, _, what) = self.queue.pop().unwrap();
            self.now = at;
            match self.stalled.get(&what.at()).filter(|until| **until > at) {
                Some(until) => self.push(*until - at, what),
                None => self.happen(what),
            }
        }
        self.now = end;
    }

    /// All that run.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    pub(crate) fn inject(&mut self, n: usize, bytes: &[u8]) -> Result<(), members::PacketError> {
        self.with(n, |members, now| members.handle_packet(now, bytes))
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Packet { from, to, bytes } => {
                if self.passes(from, to)
                    && let Some(node) = self.nodes.get_mut(&to)
                {
                    let _dropped = node.members.handle_packet(self.now, &bytes);
                    self.carry_out(to);
                }
            }
            What::Connected { at, with, made, life } => {
                let Some(node) = self.nodes.get_mut(&at).filter(|node| node.life == life) else { return };
                node.members.handle_connected(self.now, with, made);
                self.carry_out(at);
            }
            What::Contact { at, with, contact, life } => {
                let Some(node) = self.nodes.get_mut(&at).filter(|node| node.life == life) else { return };
                node.members.handle_contact(self.now, with, contact);
                self.carry_out(at);
            }
            What::Stream { from, to, bytes, purpose, life } => {
                if !self.passes(from, to) || !self.passes(to, from) {
                    return;
                }
                let Some(node) = self.nodes.get_mut(&to) else { return };
                match node.members.handle_stream(self.now, &bytes) {
                    Ok(bytes) => {
                        let again = self.retransmission(RTO);
                        self.count_table(purpose, bytes.len());
                        self.push(self.latency + again, What::Reply { to: from, bytes, purpose, life });
                    }
                    Err(error) if purpose == Purpose::Join => self.joins.push(Err(error)),
                    Err(_) => {}
                }
                self.carry_out(to);
            }
            What::Reply { to, bytes, purpose, life } => {
                let Some(node) = self.nodes.get_mut(&to).filter(|node| node.life == life) else { return };
                let taken = node.members.handle_stream_reply(self.now, &bytes);
                if purpose == Purpose::Join {
                    self.joins.push(taken);
                }
                self.carry_out(to);
            }
            What::Timer { at, timer, life } => {
                let Some(node) = self.nodes.get_mut(&at).filter(|node| node.life == life) else { return };
                node.members.handle_timer(self.now, timer);
                self.carry_out(at);
            }
        }
    }

    fn carry_out(&mut self, at: SocketAddr) {
        let life = self.nodes[&at].life;
        while let Some(effect) = self.nodes.get_mut(&at).unwrap().members.poll_effect() {
            match effect {
                Effect::Packet { to, bytes } => {
                    self.packets += 1;
                    self.bytes += bytes.len();
                    self.largest_packet = self.largest_packet.max(bytes.len());
                    if !self.no_datagrams && self.rng.random_range(0.0..1.0) >= self.loss {
                        let jitter = self.latency.mul_f64(self.rng.random_range(0.0..1.0));
                        let late = self.lateness(to);
                        let waits = self.connection(at, to);
                        self.push(waits + self.latency + jitter + late, What::Packet { from: at, to, bytes });
                    }
                }
                Effect::Stream { to, bytes, purpose } => {
                    self.streams += 1;
                    self.tables += usize::from(purpose == Purpose::PushPull);
                    self.count_table(purpose, bytes.len());
                    let connected = self.latency * 2 + self.retransmission(SYN_RTO) + self.retransmission(SYN_RTO);
                    let lives = self.nodes.contains_key(&to);
                    if purpose == Purpose::Probe && (lives || !self.vanished.contains(&to)) && self.passes(at, to) && self.passes(to, at) {
                        let contact = if lives { Contact::Open } else { Contact::Refused };
                        self.push(connected, What::Contact { at, with: to, contact, life });
                    }
                    let again = self.retransmission(RTO);
                    self.push(connected + self.latency + again, What::Stream { from: at, to, bytes, purpose, life });
                }
                Effect::After { delay, timer } => {
                    let late = self.lateness(at);
                    self.push(delay + late, What::Timer { at, timer, life });
                }
                Effect::Event(event) => {
                    if let Event::Joined(member) = &event
                        && member.addr != at
                    {
                        self.connection(at, member.addr);
                    }
                    if let Event::Failed(member) = &event {
                        self.failures.push(Failure { at: self.now, by: at, of: member.addr });
                    }
                    if !self.failures_only {
                        self.nodes.get_mut(&at).unwrap().events.push(event);
                    }
                }
                Effect::UserEvent(event) => self.nodes.get_mut(&at).unwrap().user_events.push(event),
                Effect::Generation(generation) => self.nodes.get_mut(&at).unwrap().generations.push(generation),
                Effect::KeyringChanged => self.nodes.get_mut(&at).unwrap().keyring_changes += 1,
                Effect::Left => self.nodes.get_mut(&at).unwrap().left = true,
            }
        }
    }

    fn count_table(&mut self, purpose: Purpose, bytes: usize) {
        if purpose == Purpose::PushPull {
            self.table_bytes += bytes;
        }
    }

    /// How long a packet waits for a connection, which is made now if there is none.
    fn connection(&mut self, from: SocketAddr, to: SocketAddr) -> Duration {
        let Some(handshake) = self.handshake else { return Duration::ZERO };
        if let Some(made) = self.connections.get(&(from, to)) {
            return made.saturating_sub(self.now);
        }
        self.connections.insert((from, to), self.now + handshake);
        let (made, node) = (self.runs(to), self.nodes.get_mut(&from).unwrap());
        node.members.handle_connecting(to);
        let life = node.life;
        self.push(handshake, What::Connected { at: from, with: to, made, life });
        handshake
    }

    /// How long one segment of a stream is held up by loss.
    fn retransmission(&mut self, mut timeout: Duration) -> Duration {
        let mut late = Duration::ZERO;
        while late < SECOND * 10 && self.rng.random_range(0.0..1.0) < self.loss {
            late += timeout;
            timeout *= 2;
        }
        late
    }

    fn lateness(&mut self, at: SocketAddr) -> Duration {
        if self.slow.is_empty() || !self.slow.iter().any(|n| addr(*n) == at) {
            return Duration::ZERO;
        }
        self.slowness.mul_f64(self.rng.random_range(0.0..1.0))
    }

    fn push(&mut self, delay: Duration, what: What) {
        self.sequence += 1;
        self.queue.push(Due(self.now + delay, self.sequence, what));
    }

    fn passes(&self, from: SocketAddr, to: SocketAddr) -> bool {
        !self.cut.contains(&(from, to))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.0, other.1).cmp(&(self.0, self.1))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}
