//! The owner task: inputs to the core, effects from it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Coordinate, Effect, Event, Member, Members, Purpose, Timers, UserEvent};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::handle::Shared;
use crate::inbox::{Command, JoinOutcome, StreamEvent, join_outcome, left_outcome};
use crate::sockets::Sockets;
use crate::streams::Streams;
use crate::{BindError, LanConfig, LanHandle};

/// Commands and stream results waiting for the owner task.
const INBOX: usize = 256;
/// Events kept for a slow reader, who then sees that it missed some.
const EVENTS: usize = 4096;
/// User events kept for a slow reader, who then misses the oldest.
const USER_EVENTS: usize = 512;
/// Packets or timers handled in a row before the others get their turn.
const BURST: usize = 64;
/// Largest datagram read; the core refuses what is longer than members send.
const DATAGRAM: usize = 64 << 10;

/// A bound member of a LAN pool. Nothing happens until [`run`](Self::run).
pub struct Lan {
    core: Members,
    sockets: Sockets,
    started: Instant,
    timers: Timers,
    streams: Streams,
    commands: mpsc::Receiver<Command>,
    stream_events: mpsc::Receiver<StreamEvent>,
    handle: LanHandle,
    events: broadcast::Sender<Event>,
    user_events: broadcast::Sender<Arc<UserEvent>>,
    list: watch::Sender<Arc<[Member]>>,
    generation: watch::Sender<u64>,
    coordinate: watch::Sender<Coordinate>,
    joins: BTreeMap<SocketAddr, Vec<oneshot::Sender<JoinOutcome>>>,
    leaves: Vec<oneshot::Sender<()>>,
    left: bool,
    /// By the request that is being answered.
    keyring_changed: bool,
}

impl Lan {
    /// Takes the port, reads the keyring file, and starts the core.
    ///
    /// # Errors
    /// [`BindError`]; nothing is left behind but the keyring file.
    pub async fn bind(config: LanConfig) -> Result<Self, BindError> {
        let keyring = match &config.keyring_file {
            Some(file) => file.load_or_create(config.keyring)?,
            None => config.keyring,
        };
        let sockets = Sockets::bind(config.bind).await.map_err(|error| BindError::Listen(config.bind, error))?;
        let mut me = config.me;
        me.addr = advertised(config.advertise, sockets.addr)?;
        let started = Instant::now();
        let (generation, generations) = watch::channel(me.generation);
        let core = Members::new(config.members, me, keyring, Duration::ZERO, rand::random())?;
        let (command_tx, commands) = mpsc::channel(INBOX);
        let (stream_tx, stream_events) = mpsc::channel(INBOX);
        let (events, _) = broadcast::channel(EVENTS);
        let (user_events, _) = broadcast::channel(USER_EVENTS);
        let coordinate = watch::Sender::new(core.coordinate());
        let list = watch::Sender::new(core.members().cloned().collect());
        let handle = LanHandle::new(Shared {
            addr: core.me().addr,
            commands: command_tx,
            events: events.clone(),
            user_events: user_events.clone(),
            list: list.subscribe(),
            generations,
            coordinate: coordinate.subscribe(),
            join_port: config.join_port,
            keyring_file: config.keyring_file,
            keyring_lock: tokio::sync::Mutex::new(()),
            rounds: tokio::sync::Mutex::new(()),
        });
        let streams = Streams::new(stream_tx, core.config());
        Ok(Self {
            core,
            sockets,
            started,
            timers: Timers::default(),
            streams,
            commands,
            stream_events,
            handle,
            events,
            user_events,
            list,
            generation,
            coordinate,
            joins: BTreeMap::new(),
            leaves: Vec::new(),
            left: false,
            keyring_changed: false,
        })
    }

    /// The bound address, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.sockets.addr
    }

    /// To speak with the driver, before and while it runs.
    #[must_use]
    pub fn handle(&self) -> LanHandle {
        self.handle.clone()
    }

    /// Gossips until `stop`. Stopping is sudden, as a crash: call [`LanHandle::leave`] before to leave in good order.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut datagram = vec![0; DATAGRAM];
        self.carry_out();
        loop {
            let next_timer = self.started + self.timers.next().unwrap_or_else(|| self.now() + Duration::from_secs(3600));
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep_until(next_timer) => self.on_timers(),
                Some(command) = self.commands.recv() => self.on_command(command),
                Some(event) = self.stream_events.recv() => self.on_stream(event),
                accepted = accept(&self.sockets, &self.streams) => {
                    if let Some((stream, from, permit)) = accepted {
                        self.streams.serve(stream, from, permit);
                    }
                }
                // Last, for a flood of packets must not keep the others waiting; they are bounded, packets are not.
                ready = self.sockets.udp.readable() => {
                    if ready.is_ok() {
                        self.on_packets(&mut datagram);
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

    fn on_packets(&mut self, datagram: &mut [u8]) {
        for _ in 0..BURST {
            match self.sockets.udp.try_recv_from(datagram) {
                Ok((len, from)) => {
                    if let Err(error) = self.core.handle_packet(self.now(), &datagram[..len]) {
                        tracing::debug!(%from, %error, "dropped gossip packet");
                    }
                    self.carry_out();
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                // An ICMP answer to an earlier packet of ours: SWIM will find out by itself.
                Err(_) => {}
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Join { addr, done } => match self.core.join(now, addr) {
                Ok(()) => self.joins.entry(addr).or_default().push(done),
                Err(left) => answer(done, left_outcome(left)),
            },
            Command::Leave { done } => {
                self.core.leave(now);
                self.leaves.push(done);
            }
            Command::ForceLeave { name, prune, done } => {
                let known = self.core.force_leave(now, &name, prune);
                self.carry_out();
                answer(done, known);
            }
            Command::SetTags { tags, done } => answer(done, self.core.set_tags(now, tags)),
            Command::Fire { name, payload, done } => answer(done, self.core.fire(now, &name, payload)),
            Command::Keys { done } => answer(done, self.core.keys().to_vec()),
            Command::Keyring { op, done } => {
                answer(done, self.core.keyring(&op));
            }
            Command::KeyringRequest { turn, op, done } => answer(done, self.core.keyring_request(turn, &op)),
            Command::KeyringReply { bytes, done } => answer(done, self.core.handle_keyring_reply(&bytes)),
        }
        self.carry_out();
    }

    fn on_stream(&mut self, event: StreamEvent) {
        let now = self.now();
        match event {
            StreamEvent::Request { bytes, from, reply } => {
                let answered = self.core.handle_stream(now, &bytes);
                self.carry_out();
                match answered {
                    Ok(bytes) if std::mem::take(&mut self.keyring_changed) => {
                        tracing::info!(%from, "a member changed the gossip keys");
                        self.handle.keep_keyring(move || answer(reply, bytes));
                    }
                    Ok(bytes) => answer(reply, bytes),
                    Err(error) => tracing::debug!(%from, %error, "refused gossip stream"),
                }
            }
            StreamEvent::Contact { with, contact } => self.core.handle_contact(now, with, contact),
            StreamEvent::Done { to, purpose, reply } => self.on_stream_done(now, to, purpose, reply),
        }
        self.carry_out();
    }

    fn on_stream_done(&mut self, now: Duration, to: SocketAddr, purpose: Purpose, reply: Result<Vec<u8>, String>) {
        let outcome = reply.and_then(|bytes| join_outcome(self.core.handle_stream_reply(now, &bytes)));
        if let Err(error) = &outcome {
            tracing::debug!(%to, ?purpose, error, "gossip stream brought nothing");
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

    /// Drains the core.
    fn carry_out(&mut self) {
        let mut changed = false;
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::Packet { to, bytes } => self.send(to, &bytes),
                Effect::Stream { to, bytes, purpose } => {
                    if !self.streams.open(to, bytes, purpose) {
                        match purpose {
                            Purpose::Join => self.joined(to, &Err("too many streams are open".to_owned())),
                            Purpose::Probe => self.core.handle_not_called(to),
                            _ => {}
                        }
                    }
                }
                Effect::After { delay, timer } => self.timers.push(self.now() + delay, timer),
                Effect::Event(event) => {
                    changed = true;
                    log(&event);
                    // Fails only when nobody listens.
                    let _nobody = self.events.send(event);
                }
                Effect::UserEvent(event) => {
                    tracing::debug!(name = event.name, ltime = event.ltime, "user event");
                    // Fails only when nobody listens.
                    let _nobody = self.user_events.send(event);
                }
                Effect::Generation(generation) => {
                    self.generation.send_replace(generation);
                }
                Effect::KeyringChanged => self.keyring_changed = true,
                Effect::Left => self.left = true,
            }
        }
        let (here, told) = (self.core.coordinate(), *self.coordinate.borrow());
        if here != told {
            self.coordinate.send_replace(here);
        }
        if changed {
            self.list.send_replace(self.core.members().cloned().collect());
        }
        if self.left {
            for done in self.leaves.drain(..) {
                answer(done, ());
            }
        }
    }

    /// A full socket buffer loses the packet, as the network might.
    fn send(&self, to: SocketAddr, bytes: &Bytes) {
        if let Err(error) = self.sockets.udp.try_send_to(bytes, to) {
            tracing::trace!(%to, %error, "gossip packet not sent");
        }
    }
}

/// A permit first: beyond the limit, peers wait in the kernel's queue.
async fn accept(sockets: &Sockets, streams: &Streams) -> Option<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(&streams.incoming).acquire_owned().await.ok()?;
    match sockets.tcp.accept().await {
        Ok((stream, from)) => Some((stream, from, permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept gossip streams");
            // Out of file descriptors, most likely: do not spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

fn advertised(advertise: Option<SocketAddr>, bound: SocketAddr) -> Result<SocketAddr, BindError> {
    let mut addr = advertise.unwrap_or(bound);
    if addr.ip().is_unspecified() {
        return Err(BindError::Advertise(addr));
    }
    if addr.port() == 0 {
        addr.set_port(bound.port());
    }
    Ok(addr)
}

/// The asker may have gone; then nobody needs the answer.
fn answer<T>(done: oneshot::Sender<T>, value: T) {
    let _gone = done.send(value);
}

fn log(event: &Event) {
    match event {
        Event::Joined(member) => tracing::info!(name = member.name, addr = %member.addr, "member joined"),
        Event::Updated(member) => tracing::info!(name = member.name, addr = %member.addr, "member updated"),
        Event::Left(member) => tracing::info!(name = member.name, addr = %member.addr, "member left"),
        Event::Failed(member) => tracing::info!(name = member.name, addr = %member.addr, "member failed"),
        Event::Reaped(member) => tracing::info!(name = member.name, addr = %member.addr, "member reaped"),
        Event::Conflict { kept, hidden } => {
            tracing::error!(name = kept.name, kept = %kept.addr, hidden = %hidden.addr, "two members with one name");
        }
    }
}
