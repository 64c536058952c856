//! The owner task of the WAN pool's gossip core.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use link::Gossip;
use members::{Config, Coordinate, DetailsError, Effect, Event, Keyring, Me, Member, Members, Purpose, Timers};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::carrier::{Carrier, Done};
use super::handle::{Command, JoinOutcome, Places};
use super::runs::Runs;
use super::{Book, WanHandle};
use crate::counters::{Counters, count};
use crate::trust::Identities;

/// Commands and stream results waiting for the owner task.
const INBOX: usize = 256;
/// Timers handled in a row before the others get their turn.
const BURST: usize = 64;

/// A member of the WAN pool. Nothing happens until [`run`](Self::run).
pub(crate) struct Wan {
    core: Members,
    started: Instant,
    timers: Timers,
    carrier: Carrier,
    book: Book,
    runs: Runs,
    counters: Arc<Counters>,
    commands: mpsc::Receiver<Command>,
    done: mpsc::Receiver<Done>,
    list: watch::Sender<Arc<[Member]>>,
    generation: watch::Sender<u64>,
    here: Coordinate,
    places: watch::Sender<Arc<Places>>,
    joins: BTreeMap<SocketAddr, Vec<oneshot::Sender<JoinOutcome>>>,
    leaves: Vec<oneshot::Sender<()>>,
    left: bool,
}

impl Wan {
    /// A member alone in its pool. The links encrypt and authenticate, so the pool has no keyring.
    ///
    /// # Errors
    /// Our name or tags are not acceptable.
    pub(crate) fn new(config: Config, me: Me, link: link::Handle, counters: Arc<Counters>) -> Result<(Self, WanHandle), DetailsError> {
        let (generation, generations) = watch::channel(me.generation);
        let (addr, stream_time) = (me.addr, config.stream_timeout);
        let core = Members::new(config, me, Keyring::default(), Duration::ZERO, rand::random())?;
        let (command_tx, commands) = mpsc::channel(INBOX);
        let (done_tx, done) = mpsc::channel(INBOX);
        let list = watch::Sender::new(core.members().cloned().collect());
        let book = Book::default();
        let places = watch::Sender::default();
        let handle =
            WanHandle { commands: command_tx, list: list.subscribe(), generations, places: places.subscribe(), book: book.clone(), addr };
        let wan = Self {
            carrier: Carrier::new(link, book.clone(), Arc::clone(&counters), done_tx, stream_time),
            started: Instant::now(),
            timers: Timers::default(),
            runs: Runs::default(),
            book,
            counters,
            commands,
            done,
            list,
            generation,
            here: core.coordinate(),
            core,
            places,
            joins: BTreeMap::new(),
            leaves: Vec::new(),
            left: false,
        };
        Ok((wan, handle))
    }

    /// Gossips until `stop`, taking in what the link receives.
    pub(crate) async fn run(mut self, mut gossip: mpsc::Receiver<Gossip>, identities: Arc<Identities>, stop: CancellationToken) {
        self.carry_out();
        loop {
            let next_timer = self.started + self.timers.next().unwrap_or_else(|| self.now() + Duration::from_secs(3600));
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep_until(next_timer) => self.on_timers(),
                Some(command) = self.commands.recv() => self.on_command(command),
                Some(done) = self.done.recv() => self.on_done(done),
                Some(gossip) = gossip.recv() => {
                    let (Gossip::Datagram { peer, .. } | Gossip::Stream { peer, .. }) = &gossip;
                    if let Some(dc) = identities.datacenter(peer) {
                        // Gossip may name its sender before it tells who that is.
                        self.book.learn(peer.addr, dc.as_str());
                        self.on_gossip(gossip);
                    }
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn on_timers(&mut self) {
        for _ in 0..BURST {
            let Some(timer) = self.timers.pop(self.now()) else { break };
            self.core.handle_timer(self.now(), timer);
            self.carry_out();
        }
    }

    fn on_gossip(&mut self, gossip: Gossip) {
        let now = self.now();
        match gossip {
            Gossip::Datagram { peer, data } => {
                count(&self.counters.datagrams_in);
                if let Err(error) = self.core.handle_packet(now, &data) {
                    tracing::debug!(from = %peer.addr, %error, "dropped WAN gossip packet");
                }
            }
            Gossip::Stream { peer, data, reply } => match self.core.handle_stream(now, &data) {
                Ok(answer) => {
                    tokio::spawn(async move {
                        if let Err(error) = reply.send(Bytes::new(), answer).await {
                            tracing::debug!(to = %peer.addr, %error, "push/pull not answered");
                        }
                    });
                }
                Err(error) => tracing::debug!(from = %peer.addr, %error, "refused WAN gossip stream"),
            },
        }
        self.carry_out();
    }

    fn on_command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Join { addr, done } => match self.core.join(now, addr) {
                Ok(()) => self.joins.entry(addr).or_default().push(done),
                Err(left) => answer(done, Err(left.to_string())),
            },
            Command::ForceLeave { name, prune, done } => {
                let known = self.core.force_leave(now, &name, prune);
                self.carry_out();
                answer(done, known);
            }
            Command::Leave { done } => {
                self.core.leave(now);
                self.leaves.push(done);
            }
        }
        self.carry_out();
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Stream { to, purpose, reply } => self.on_stream_done(to, purpose, reply),
            Done::Connected { to, made } => {
                self.carrier.handle_connected(to);
                self.core.handle_connected(self.now(), to, made);
                self.carry_out();
            }
        }
    }

    fn on_stream_done(&mut self, to: SocketAddr, purpose: Purpose, reply: Result<Bytes, String>) {
        let now = self.now();
        let outcome = reply.and_then(|bytes| self.core.handle_stream_reply(now, &bytes).map_err(|error| error.to_string()));
        if let Err(error) = &outcome {
            tracing::debug!(%to, ?purpose, error, "WAN gossip stream brought nothing");
        }
        // Whoever waits for a join shall find its members listed.
        self.carry_out();
        if purpose == Purpose::Join {
            self.joined(to, &outcome);
        }
    }

    fn joined(&mut self, to: SocketAddr, outcome: &JoinOutcome) {
        for done in self.joins.remove(&to).unwrap_or_default() {
            answer(done, outcome.clone());
        }
    }

    /// We have moved if somebody has answered a probe: once per probe, at the most.
    fn tell_places(&mut self) {
        let here = self.core.coordinate();
        if std::mem::replace(&mut self.here, here) == here {
            return;
        }
        let others = self.core.members().filter_map(|member| Some((member.name.clone(), self.core.coordinate_of(member)?)));
        let places: Places = others.chain([(self.core.me().name.clone(), here)]).collect();
        self.places.send_replace(Arc::new(places));
    }

    /// Drains the core.
    fn carry_out(&mut self) {
        let (mut changed, mut there) = (false, Vec::new());
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::Packet { to, bytes } => {
                    if self.carrier.packet(to, bytes) {
                        self.core.handle_connecting(to);
                    }
                }
                Effect::Stream { to, bytes, purpose } => {
                    if let Err(error) = self.carrier.stream(to, bytes, purpose)
                        && purpose == Purpose::Join
                    {
                        self.joined(to, &Err(error));
                    }
                }
                Effect::After { delay, timer } => self.timers.push(self.now() + delay, timer),
                Effect::Event(event) => {
                    changed = true;
                    log(&event);
                    if let Event::Joined(member) | Event::Updated(member) = event
                        && member.addr != self.core.me().addr
                    {
                        let restarted = self.runs.handle_member(&member);
                        there.push((member.addr, restarted));
                    }
                }
                // Nobody fires any between datacenters: events are a datacenter's own.
                Effect::UserEvent(event) => tracing::debug!(name = event.name, "user event in the WAN pool"),
                Effect::Generation(generation) => {
                    self.generation.send_replace(generation);
                }
                // The WAN pool has no keyring of its own: its links are TLS.
                Effect::KeyringChanged => {}
                Effect::Left => self.left = true,
            }
        }
        self.tell_places();
        if changed {
            let list: Arc<[Member]> = self.core.members().cloned().collect();
            self.book.handle_members(&list);
            self.runs.keep(&list);
            self.list.send_replace(list);
            // The book knows them now.
            for (addr, restarted) in there {
                self.carrier.connect(addr, restarted);
            }
        }
        if self.left {
            for done in self.leaves.drain(..) {
                answer(done, ());
            }
        }
    }
}

/// The asker may have gone; then nobody needs the answer.
fn answer<T>(done: oneshot::Sender<T>, value: T) {
    let _gone = done.send(value);
}

fn log(event: &Event) {
    match event {
        Event::Joined(member) => tracing::info!(name = member.name, addr = %member.addr, "WAN member joined"),
        Event::Updated(member) => tracing::debug!(name = member.name, addr = %member.addr, "WAN member updated"),
        Event::Left(member) => tracing::info!(name = member.name, addr = %member.addr, "WAN member left"),
        Event::Failed(member) => tracing::info!(name = member.name, addr = %member.addr, "WAN member failed"),
        Event::Reaped(member) => tracing::info!(name = member.name, addr = %member.addr, "WAN member reaped"),
        Event::Conflict { kept, hidden } => {
            tracing::error!(name = kept.name, kept = %kept.addr, hidden = %hidden.addr, "two WAN members with one name");
        }
    }
}
