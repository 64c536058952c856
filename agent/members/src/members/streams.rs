//! Push/pull and details over streams.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use foca::Member as SwimMember;
use foca::State as SwimState;

use super::{Left, Members, PacketError, Phase};
use crate::crypt::{Channel, OVERHEAD, OpenError, Sealer};
use crate::details::Details;
use crate::directory::{Entry, State};
use crate::effect::Kind;
use crate::evidence::Evidence;
use crate::identity::Identity;
use crate::wire::{Body, Item, PushPull, Row, RowStatus, StreamMessage, WireError, details_len};
use crate::{Effect, Instance, Purpose, UserEvent};

/// Room in a stream message for everything that is neither row nor details.
const STREAM_FRAME: usize = 1024;

/// And for user events.
const EVENTS_FRAME: usize = 128 * 600;

/// Why a stream message was not taken. The state is good; the stream is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Not sealed for this pool.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Sealed well, written badly.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A reply where a request is due, or the other way round.
    #[error("unexpected stream message")]
    Unexpected,
    /// The other side would not, for its own reason.
    #[error("{0}")]
    Refused(String),
    /// The sender is of another pool.
    #[error("peer is in gossip pool {theirs:?}, not {ours:?}")]
    Pool {
        /// The sender's.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// The packet that it carries was not taken.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// We have left the pool.
    #[error(transparent)]
    Left(#[from] Left),
}

impl Members {
    /// A stream was opened towards us and brought `bytes`; the reply goes back on it.
    ///
    /// # Errors
    /// [`StreamError`]: close the stream without a reply.
    pub fn handle_stream(&mut self, now: Duration, bytes: &[u8]) -> Result<Bytes, StreamError> {
        self.clock = now;
        let message = self.open_stream(bytes)?;
        let reply = if message.pool == self.config.pool {
            match message.body {
                Body::PushPull(table) => self.answer_push_pull(now, table),
                Body::DetailsRequest(instances) => Body::DetailsReply(self.held(&instances)),
                Body::KeyringRequest { turn, op } => self.answer_keyring(turn, &op, Sealer::is_sealed(bytes))?,
                Body::Packet(packet) => Body::PacketReply(self.answer_packet(now, &packet)),
                Body::PushPullReply(_) | Body::DetailsReply(_) | Body::KeyringReply(_) | Body::PacketReply(_) | Body::Refused(_) => {
                    return Err(StreamError::Unexpected);
                }
            }
        } else {
            let refusal = StreamError::Pool { theirs: self.config.pool.clone(), ours: message.pool };
            Body::Refused(refusal.to_string())
        };
        self.publish();
        self.seal_stream(reply).ok_or(StreamError::Unexpected)
    }

    /// The reply to a stream that [`Effect::Stream`] asked for.
    ///
    /// # Errors
    /// [`StreamError`]; for a [`Purpose::Join`] it is what the operator is told.
    pub fn handle_stream_reply(&mut self, now: Duration, bytes: &[u8]) -> Result<(), StreamError> {
        self.clock = now;
        let message = self.open_stream(bytes)?;
        if message.pool != self.config.pool && !matches!(message.body, Body::Refused(_)) {
            return Err(StreamError::Pool { theirs: message.pool, ours: self.config.pool.clone() });
        }
        match message.body {
            Body::PushPullReply(table) => {
                self.merge(now, table);
            }
            Body::DetailsReply(details) => {
                for (instance, details) in details {
                    self.learn(now, instance, details, true);
                }
            }
            Body::PacketReply(packet) if packet.is_empty() => {}
            Body::PacketReply(packet) => {
                self.receive(now, &packet)?;
            }
            Body::Refused(reason) => return Err(StreamError::Refused(reason)),
            Body::PushPull(_) | Body::DetailsRequest(_) | Body::KeyringRequest { .. } | Body::KeyringReply(_) | Body::Packet(_) => {
                return Err(StreamError::Unexpected);
            }
        }
        self.publish();
        Ok(())
    }

    /// Asks for a stream with our whole table.
    pub(super) fn push_pull(&mut self, now: Duration, to: SocketAddr, purpose: Purpose) {
        let details = vec![(self.identity.instance, self.details.clone())];
        let table = PushPull { rows: self.rows(now), details, events: self.recent_events(now), clock: self.happenings.clock() };
        if let Some(bytes) = self.seal_stream(Body::PushPull(table)) {
            self.effects.push_back(Effect::Stream { to, bytes, purpose });
        }
    }

    pub(super) fn seal_stream(&mut self, body: Body) -> Option<Bytes> {
        let secret = matches!(body, Body::KeyringRequest { .. } | Body::KeyringReply(_));
        let message = StreamMessage { pool: self.config.pool.clone(), body }.encode();
        if secret { self.sealer.seal_secret(Channel::Stream, &message) } else { self.sealer.seal(Channel::Stream, &message) }
    }

    pub(super) fn open_stream(&self, bytes: &[u8]) -> Result<StreamMessage, StreamError> {
        if matches!(self.phase, Phase::Departing | Phase::Left) {
            return Err(Left.into());
        }
        let body = self.sealer.open(Channel::Stream, bytes)?;
        Ok(StreamMessage::decode(&body)?)
    }

    fn answer_push_pull(&mut self, now: Duration, table: PushPull) -> Body {
        let held: BTreeMap<Instance, u32> = table.rows.iter().map(|row| (row.identity.instance, row.details)).collect();
        let newcomers = self.merge(now, table);
        for (instance, version) in newcomers {
            self.items.push(Item::Details { instance, version });
        }
        let rows = self.rows(now);
        let lacks = |row: &&Row| row.details > held.get(&row.identity.instance).copied().unwrap_or(0);
        let lacking: Vec<Instance> = rows.iter().filter(lacks).map(|row| row.identity.instance).collect();
        let details = self.held(&lacking);
        Body::PushPullReply(PushPull { rows, details, events: self.recent_events(now), clock: self.happenings.clock() })
    }

    /// Events that somebody may have missed: those since about his last two exchanges.
    fn recent_events(&self, now: Duration) -> Vec<Arc<UserEvent>> {
        self.happenings.recent(now, self.config.push_pull_every(self.live()) * 2)
    }

    /// Everyone as we see them, ourselves first.
    fn rows(&self, now: Duration) -> Vec<Row> {
        let swim = self.swim_states();
        let row = |(instance, entry): (&Instance, &Entry)| {
            let identity = Identity { instance: *instance, renewal: entry.renewal };
            let (incarnation, state) = swim.get(&identity).copied().unwrap_or((0, SwimState::Alive));
            let status = match entry.state {
                State::Alive if state == SwimState::Suspect => RowStatus::Suspect,
                State::Alive => RowStatus::Alive,
                State::Leaving => RowStatus::Leaving,
                State::Left => RowStatus::Left,
                State::Failed => RowStatus::Failed,
                State::Pruned => RowStatus::Pruned,
            };
            let down_for = self.directory.down_for(now, entry);
            Row { identity, incarnation, status, down_for, details: entry.version() }
        };
        let ours = self.identity.instance;
        let own = self.directory.get(ours).map(|entry| Row { incarnation: self.incarnation, ..row((&ours, entry)) });
        let others = self.directory.entries().filter(|(instance, entry)| **instance != ours && !entry.replaced);
        own.into_iter().chain(others.map(row)).collect()
    }

    /// What foca knows, for who asks of everyone: it has a list, and reads all of it to find one.
    fn swim_states(&self) -> BTreeMap<Identity, (u16, SwimState)> {
        self.swim.iter_membership_state().map(|member| (*member.id(), (member.incarnation(), member.state()))).collect()
    }

    /// Details that we hold of `instances`, as many as fit a message beside its rows.
    fn held(&self, instances: &[Instance]) -> Vec<(Instance, Details)> {
        const ROW: usize = 64;
        let rows = self.directory.entries().count() * ROW;
        let mut room = self.config.max_stream.saturating_sub(OVERHEAD + STREAM_FRAME + EVENTS_FRAME + rows);
        let mut held = Vec::new();
        for instance in instances {
            let Some(details) = self.directory.details(*instance) else { continue };
            let Some(rest) = room.checked_sub(details_len(*instance, details)) else { break };
            room = rest;
            held.push((*instance, details.clone()));
        }
        held
    }

    /// Takes over what another member knows. Returns the live instances whose details were news.
    fn merge(&mut self, now: Duration, table: PushPull) -> Vec<(Instance, u32)> {
        self.informant = table.rows.first().map(|row| row.identity.instance.addr);
        // Alone, we learn what everyone but us knows; there is no need to tell it again.
        let alone = self.swim.num_members() == 0;
        let tell = !alone || table.rows.len() <= 2;
        if alone {
            // Many who join at once miss some of each other: look again when that has settled.
            let delay = self.config.probe_interval + self.part_of(self.config.probe_interval);
            self.after(delay, Kind::Settle);
        }
        let mut updates: Vec<_> = table.rows.iter().filter_map(|row| self.merge_row(now, row)).collect();
        // In a large pool nearly every row says what is known.
        let known = self.swim_states();
        updates.retain(|update| known.get(update.id()) != Some(&(update.incarnation(), update.state())));
        self.swim(now, |swim, outputs| swim.apply_many(updates.into_iter(), tell, outputs));
        self.happenings.handle_clock(table.clock);
        if alone {
            self.happenings.skip(&table.events);
        } else {
            for event in &table.events {
                if self.hear_user_event(now, event) {
                    self.items.push(Item::UserEvent(Arc::clone(event)));
                }
            }
        }
        let mut news = Vec::new();
        for (instance, details) in table.details {
            let version = details.version;
            if self.learn(now, instance, details, false) {
                news.push((instance, version));
            }
        }
        for row in &table.rows {
            let instance = row.identity.instance;
            if row.status == RowStatus::Leaving && instance != self.identity.instance && self.directory.is_live(row.identity) {
                self.directory.leaving(now, instance);
            }
            match row.status {
                RowStatus::Suspect => self.hear_suspect_update(now, row.identity, row.incarnation),
                RowStatus::Alive | RowStatus::Leaving => self.hear_refutation(row.identity, row.incarnation),
                RowStatus::Left | RowStatus::Failed | RowStatus::Pruned => {}
            }
            if self.directory.get(instance).is_some_and(|entry| entry.version() < row.details) {
                self.want(now, instance, row.details);
            }
        }
        self.informant = None;
        news
    }

    /// What a row tells the directory at once, and what foca is to be told.
    fn merge_row(&mut self, now: Duration, row: &Row) -> Option<SwimMember<Identity>> {
        let identity = row.identity;
        let instance = identity.instance;
        if instance.addr == self.me.addr {
            self.merge_own_row(now, row);
            return None;
        }
        let known = self.directory.get(instance).is_some();
        if !known && self.directory.is_full() {
            return None;
        }
        let live_here = self.directory.is_live(identity);
        let down_for = Duration::from_secs(row.down_for.into());
        let state = match row.status {
            RowStatus::Alive | RowStatus::Leaving => SwimState::Alive,
            RowStatus::Suspect => SwimState::Suspect,
            RowStatus::Failed | RowStatus::Pruned if live_here => {
                // We may know better: let it come back where it is down. If it is dead, the suspicion will show it.
                if self.directory.undead(identity) {
                    self.items.push(Item::Undead(identity));
                }
                if let Some(from) = self.informant {
                    self.hear_accusation(now, identity, row.incarnation, (from, Evidence::None));
                }
                return None;
            }
            RowStatus::Left => {
                if known {
                    self.directory.give_up(now, identity, false);
                } else {
                    self.directory.learn_down(now, identity, State::Left, down_for);
                }
                SwimState::Down
            }
            RowStatus::Failed => {
                if !known {
                    self.directory.learn_down(now, identity, State::Failed, down_for);
                }
                SwimState::Down
            }
            RowStatus::Pruned => {
                if known {
                    self.directory.give_up(now, identity, true);
                } else {
                    self.directory.learn_down(now, identity, State::Pruned, down_for);
                }
                SwimState::Down
            }
        };
        Some(SwimMember::new(identity, row.incarnation, state))
    }

    /// How others see us: down means to come back, suspect to speak up.
    fn merge_own_row(&mut self, now: Duration, row: &Row) {
        if row.identity != self.identity {
            self.outbid(now, row.identity);
            return;
        }
        match row.status {
            RowStatus::Left | RowStatus::Failed | RowStatus::Pruned => self.renew(now),
            RowStatus::Suspect => self.hear_suspicion_of_us(now, row.incarnation),
            RowStatus::Alive | RowStatus::Leaving => {}
        }
    }

    /// Takes details; `pass_on` gossips that they can be had here. True if they were news about someone live.
    fn learn(&mut self, now: Duration, instance: Instance, details: Details, pass_on: bool) -> bool {
        let version = details.version;
        if instance == self.identity.instance || !self.directory.learn_details(now, instance, details) {
            return false;
        }
        self.wanted.settle(instance, version);
        let live = self.directory.get(instance).is_some_and(|entry| entry.state.is_live());
        if live && pass_on {
            self.items.push(Item::Details { instance, version });
        }
        live
    }
}
