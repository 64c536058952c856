//! A core with its clock, and what becomes of its effects.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Config, DetailsError, Effect, Event, Keyring, Me, Member, Members, Purpose, Timers};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::calls::{Calls, Report};
use crate::handle::{Command, answer};
use crate::{Carrier, Handle, JoinOutcome, Sent};

/// Commands, and reports of streams, that wait for the owner.
const INBOX: usize = 256;
/// Timers handled in a row before the others get their turn.
const BURST: usize = 64;
/// How long to sleep where no timer is set.
const LONG: Duration = Duration::from_secs(3600);

/// A member of a pool, for the one task that owns it.
///
/// Begin with [`start`](Self::start); then wait for [`turn`](Self::turn) and [`take`](Self::take) it, and [`feed`](Self::feed) what the
/// network brings.
pub struct Pool {
    core: Members,
    started: Instant,
    timers: Timers,
    calls: Calls,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Receiver<Report>,
    list: watch::Sender<Arc<[Member]>>,
    generation: watch::Sender<u64>,
    joins: BTreeMap<SocketAddr, Vec<oneshot::Sender<JoinOutcome>>>,
    leaves: Vec<oneshot::Sender<()>>,
    left: bool,
}

/// What a pool has to do next, whatever the network brings.
pub struct Turn(What);

enum What {
    Timers,
    Command(Command),
    Report(Report),
}

impl Pool {
    /// A member alone in its pool.
    ///
    /// # Errors
    /// Our name, tags or key are not acceptable.
    pub fn new(config: Config, me: Me, keyring: Keyring) -> Result<(Self, Handle), DetailsError> {
        let (generation, generations) = watch::channel(me.generation);
        let core = Members::new(config, me, keyring, Duration::ZERO, rand::random())?;
        let (command_tx, commands) = mpsc::channel(INBOX);
        let (report_tx, reports) = mpsc::channel(INBOX);
        let list = watch::Sender::new(core.members().cloned().collect());
        let handle = Handle { commands: command_tx, list: list.subscribe(), generations };
        let pool = Self {
            calls: Calls::new(core.config(), report_tx),
            core,
            started: Instant::now(),
            timers: Timers::default(),
            commands,
            reports,
            list,
            generation,
            joins: BTreeMap::new(),
            leaves: Vec::new(),
            left: false,
        };
        Ok((pool, handle))
    }

    /// The core, for questions.
    #[must_use]
    pub fn core(&self) -> &Members {
        &self.core
    }

    /// Carries out what a new member begins with.
    pub fn start(&mut self, carrier: &mut impl Carrier) {
        self.carry_out(carrier);
    }

    /// Waits until a timer is due, a handle has asked for something or a stream has something to tell, in this order. Nothing is lost if
    /// the future is dropped.
    pub async fn turn(&mut self) -> Turn {
        let next_timer = self.started + self.timers.next().unwrap_or_else(|| self.now() + LONG);
        tokio::select! {
            biased;
            () = sleep_until(next_timer) => Turn(What::Timers),
            Some(command) = self.commands.recv() => Turn(What::Command(command)),
            Some(report) = self.reports.recv() => Turn(What::Report(report)),
        }
    }

    /// Does what a [`turn`](Self::turn) brought.
    pub fn take(&mut self, turn: Turn, carrier: &mut impl Carrier) {
        match turn.0 {
            What::Timers => self.on_timers(carrier),
            What::Command(command) => self.on_command(command, carrier),
            What::Report(report) => self.on_report(report, carrier),
        }
    }

    /// Gives the core something that the network brought, and carries out what that leads to.
    pub fn feed<T>(&mut self, carrier: &mut impl Carrier, input: impl FnOnce(&mut Members, Duration) -> T) -> T {
        let now = self.now();
        let value = input(&mut self.core, now);
        self.carry_out(carrier);
        value
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn on_timers(&mut self, carrier: &mut impl Carrier) {
        for _ in 0..BURST {
            let Some(timer) = self.timers.pop(self.now()) else { break };
            self.feed(carrier, |core, now| core.handle_timer(now, timer));
        }
    }

    fn on_command(&mut self, command: Command, carrier: &mut impl Carrier) {
        match command {
            Command::Join { addr, done } => {
                match self.core.join(self.now(), addr) {
                    Ok(()) => self.joins.entry(addr).or_default().push(done),
                    Err(left) => answer(done, Err(left.to_string())),
                }
                // Only now: the stream may be refused at once.
                self.carry_out(carrier);
            }
            Command::Leave { done } => {
                self.leaves.push(done);
                self.feed(carrier, |core, now| core.leave(now));
            }
            // The asker hears of it when its effects are carried out.
            Command::Ask(ask) => self.feed(carrier, ask)(),
        }
    }

    fn on_report(&mut self, report: Report, carrier: &mut impl Carrier) {
        match report {
            Report::Contact { with, contact } => self.feed(carrier, |core, now| core.handle_contact(now, with, contact)),
            Report::Ended { to, purpose, reply } => self.on_ended(to, purpose, reply, carrier),
        }
    }

    fn on_ended(&mut self, to: SocketAddr, purpose: Purpose, reply: Result<Bytes, String>, carrier: &mut impl Carrier) {
        let taken = reply.and_then(|bytes| {
            let taken = self.feed(carrier, |core, now| core.handle_stream_reply(now, &bytes));
            taken.map_err(|error| error.to_string())
        });
        if let Err(error) = &taken {
            tracing::debug!(pool = self.core.config().pool, %to, ?purpose, error, "gossip stream brought nothing");
        }
        // Not before: whoever waits for a join shall find its members listed.
        if purpose == Purpose::Join {
            self.joined(to, &taken);
        }
    }

    fn joined(&mut self, to: SocketAddr, outcome: &JoinOutcome) {
        for done in self.joins.remove(&to).unwrap_or_default() {
            answer(done, outcome.clone());
        }
    }

    /// Drains the core.
    fn carry_out(&mut self, carrier: &mut impl Carrier) {
        let mut changed = false;
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::Packet { to, bytes } => {
                    if carrier.packet(to, bytes) == Sent::Connecting {
                        self.core.handle_connecting(to);
                    }
                }
                Effect::Stream { to, bytes, purpose } => {
                    if !self.calls.open(carrier, to, bytes, purpose) {
                        self.on_not_called(to, purpose);
                    }
                }
                Effect::After { delay, timer } => self.timers.push(self.now() + delay, timer),
                Effect::Event(event) => {
                    changed = true;
                    log(&self.core.config().pool, &event);
                    carrier.event(event);
                }
                Effect::UserEvent(event) => {
                    tracing::debug!(pool = self.core.config().pool, name = event.name, ltime = event.ltime, "user event");
                    carrier.user_event(event);
                }
                Effect::Generation(generation) => {
                    self.generation.send_replace(generation);
                }
                Effect::KeyringChanged => carrier.keyring_changed(),
                Effect::Left => self.left = true,
            }
        }
        let list: Option<Arc<[Member]>> = changed.then(|| self.core.members().cloned().collect());
        carrier.settled(&self.core, list.as_ref());
        if let Some(list) = list {
            self.list.send_replace(list);
        }
        if self.left {
            for done in self.leaves.drain(..) {
                answer(done, ());
            }
        }
    }

    fn on_not_called(&mut self, to: SocketAddr, purpose: Purpose) {
        match purpose {
            Purpose::Join => self.joined(to, &Err("too many streams are open".to_owned())),
            Purpose::Probe => self.core.handle_not_called(to),
            Purpose::PushPull | Purpose::Reconnect | Purpose::Details => {}
        }
    }
}

fn log(pool: &str, event: &Event) {
    match event {
        Event::Joined(member) => tracing::info!(pool, name = member.name, addr = %member.addr, "member joined"),
        Event::Updated(member) => tracing::info!(pool, name = member.name, addr = %member.addr, "member updated"),
        Event::Left(member) => tracing::info!(pool, name = member.name, addr = %member.addr, "member left"),
        Event::Failed(member) => tracing::info!(pool, name = member.name, addr = %member.addr, "member failed"),
        Event::Reaped(member) => tracing::info!(pool, name = member.name, addr = %member.addr, "member reaped"),
        Event::Conflict { kept, hidden } => {
            tracing::error!(pool, name = kept.name, kept = %kept.addr, hidden = %hidden.addr, "two members with one name");
        }
    }
}
