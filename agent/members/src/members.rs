//! The core: inputs in, effects out.

mod acquainted;
mod commands;
mod items;
mod keyring;
mod lifeguard;
mod outputs;
mod packets;
mod probing;
mod streams;
mod timers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::coordinate::Neighbours;
use crate::crypt::Sealer;
use crate::details::Details;
use crate::directory::Directory;
use crate::effect::Kind;
use crate::happenings::Happenings;
use crate::health::LocalHealth;
use crate::identity::Identity;
use crate::probe::Probe;
use crate::queue::ItemQueue;
use crate::suspicion::Suspicions;
use crate::swim::{self, Swim};
use crate::wanted::Wanted;
use crate::{Config, Coordinate, DetailsError, Effect, Instance, Keyring, Me, Member, Timer};

pub use acquainted::Acquainted;
pub use packets::PacketError;
use probing::Errand;
pub use streams::StreamError;

/// One member of one gossip pool.
///
/// Call [`new`](Self::new), then feed inputs as they come (`handle_*`, commands), each with the time since the process
/// started, which must not go back. After **every** call drain [`poll_effect`](Self::poll_effect) and carry the effects out.
/// Queries may be made at any time.
pub struct Members {
    config: Config,
    me: Me,
    details: Details,
    identity: Identity,
    /// Ours, as last put into a packet by foca.
    incarnation: u16,
    phase: Phase,
    /// Not before this our identity changes again: two processes at one address must not outbid each other in a loop.
    renew_after: Duration,
    swim: Swim,
    directory: Directory,
    items: ItemQueue,
    gossip_armed: bool,
    wanted: Wanted,
    /// When the details timer that counts is due.
    details_due: Option<Duration>,
    /// Who told us what is being handled: the first to ask for details.
    informant: Option<SocketAddr>,
    health: LocalHealth,
    /// foca's.
    probe: Option<Probe>,
    /// That of foca's that has just failed.
    failed: Option<Probe>,
    /// Of the next in the ring.
    watches: Vec<Probe>,
    watch_number: u8,
    /// Addresses to which the driver is making a connection.
    connecting: BTreeSet<SocketAddr>,
    /// Suspects that we ask again.
    rechecks: BTreeSet<Instance>,
    /// How long the sender of the packet being handled took to answer our ping, if it is that answer.
    round_trip: Option<Duration>,
    neighbours: Neighbours,
    happenings: Happenings,
    /// Probes we make for others and have not heard back from: (asker, target, number).
    owed: BTreeMap<(Identity, Identity, u8), Errand>,
    suspicions: Suspicions,
    sealer: Sealer,
    /// What the next change of our keyring by another member has to name.
    keyring_turn: u64,
    effects: VecDeque<Effect>,
    /// When the latest input came.
    clock: Duration,
    /// A stall counts against our health once in an interval.
    stalled: Option<Duration>,
    rng: StdRng,
}

/// How far we are with leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// The intent is being gossiped.
    Leaving,
    /// Down by our own word, which is being gossiped; nothing is taken in.
    Departing,
    Left,
}

/// The operation needs a member that is still in the pool; this one has left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this node has left the pool")]
pub struct Left;

impl Members {
    /// A member alone in its pool. `seed` must be random: it also keeps encryption nonces apart.
    ///
    /// # Errors
    /// [`DetailsError`] for a bad name, too many tags or too long a key.
    pub fn new(config: Config, me: Me, keyring: Keyring, now: Duration, seed: [u8; 32]) -> Result<Self, DetailsError> {
        let directory = Directory::new(&config);
        Self::with_directory(config, me, keyring, now, seed, directory)
    }

    fn with_directory(
        config: Config,
        me: Me,
        keyring: Keyring,
        now: Duration,
        seed: [u8; 32],
        directory: Directory,
    ) -> Result<Self, DetailsError> {
        let details = Details::new(1, me.name.clone(), me.tags.clone(), me.spki.clone())?;
        let mut rng = StdRng::from_seed(seed);
        let identity = Identity { instance: Instance { addr: me.addr, generation: me.generation }, renewal: 0 };
        let (for_swim, of_this_process) = (rng.next_u64(), rng.next_u64());
        let mut members = Self {
            directory,
            swim: swim::new(&config, identity, StdRng::seed_from_u64(for_swim)),
            sealer: Sealer::new(keyring, &config, of_this_process),
            keyring_turn: of_this_process,
            health: LocalHealth::new(config.max_health_score),
            config,
            me,
            details,
            identity,
            incarnation: 0,
            phase: Phase::Running,
            renew_after: Duration::ZERO,
            items: ItemQueue::default(),
            gossip_armed: false,
            wanted: Wanted::default(),
            details_due: None,
            informant: None,
            probe: None,
            failed: None,
            watches: Vec::new(),
            watch_number: 0,
            connecting: BTreeSet::new(),
            rechecks: BTreeSet::new(),
            round_trip: None,
            neighbours: Neighbours::new(),
            happenings: Happenings::default(),
            owed: BTreeMap::new(),
            suspicions: Suspicions::default(),
            effects: VecDeque::new(),
            clock: now,
            stalled: None,
            rng,
        };
        members.directory.up(now, identity);
        members.directory.learn_details(now, identity.instance, members.details.clone());
        members.start_timers();
        members.publish();
        Ok(members)
    }

    /// The next thing to do; call until `None` after every input.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Everyone known, ourselves included, by name.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.directory.members()
    }

    /// The member of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.directory.listed(name)
    }

    /// How many members are suspected here at the moment.
    #[must_use]
    pub fn suspected(&self) -> usize {
        self.swim.iter_members().filter(|member| member.state() == foca::State::Suspect).count()
    }

    /// Ourselves, with the generation and tags of now.
    #[must_use]
    pub fn me(&self) -> &Me {
        &self.me
    }

    /// Lifeguard's health score: 0 is well, see [`Config::max_health_score`].
    #[must_use]
    pub fn local_health(&self) -> u32 {
        self.health.score()
    }

    /// Where we are, by the round trips of our probes.
    #[must_use]
    pub fn coordinate(&self) -> Coordinate {
        self.neighbours.here()
    }

    /// Where `member` is, as it last told us; `None` until it has answered a probe of ours, and when it is down.
    #[must_use]
    pub fn coordinate_of(&self, member: &Member) -> Option<Coordinate> {
        self.neighbours.of(Instance { addr: member.addr, generation: member.generation })
    }

    /// The parameters in use.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Live members, ourselves included.
    fn live(&self) -> usize {
        self.swim.num_members() + 1
    }

    /// The second half of every input: tell what changed, and see that what is queued will be sent.
    fn publish(&mut self) {
        for event in self.directory.publish() {
            self.effects.push_back(Effect::Event(event));
        }
        if !self.items.is_empty() && !self.gossip_armed && self.phase != Phase::Left {
            self.gossip_armed = true;
            self.after(self.config.gossip_interval, Kind::Gossip);
        }
    }

    fn after(&mut self, delay: Duration, kind: Kind) {
        let due = self.clock + delay;
        self.effects.push_back(Effect::After { delay, timer: Timer { kind, due, put_off: false } });
    }

    /// A random part of `whole`, to spread what many members do at once.
    fn part_of(&mut self, whole: Duration) -> Duration {
        whole.mul_f64(self.rng.random_range(0.0..1.0))
    }

    /// Up to `count` random live members.
    fn random_live(&mut self, count: usize) -> Vec<Identity> {
        use rand::seq::IteratorRandom;
        self.swim.iter_members().map(|member| *member.id()).sample(&mut self.rng, count)
    }

    fn set_generation(&mut self, generation: u64) {
        self.me.generation = generation;
        self.effects.push_back(Effect::Generation(generation));
    }
}

#[cfg(test)]
mod tests;
