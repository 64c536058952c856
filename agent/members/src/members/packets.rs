//! Packets in and out.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use foca::{Member, State};

use super::{Members, Phase};
use crate::Effect;
use crate::crypt::{Channel, OVERHEAD, OpenError};
use crate::identity::Identity;
use crate::wire::{Envelope, SwimPacket, WireError};

/// Packets of a pool with larger packets than ours are still read up to this.
const PACKET_MAX: usize = 2048;

/// Why a packet was dropped. Normal where strangers send; the state is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Longer than any member sends.
    #[error("packet of {0} bytes is too long")]
    TooLong(usize),
    /// Not sealed for this pool.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Sealed well, written badly.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Its sender uses our own address.
    #[error("sender claims our own address")]
    Ourselves,
    /// Names new members although [`Config::max_members`](crate::Config::max_members) are known.
    #[error("too many members")]
    Full,
}

impl Members {
    /// A datagram arrived.
    ///
    /// # Errors
    /// [`PacketError`] says why the packet was dropped, for a counter and a rate-limited log line.
    pub fn handle_packet(&mut self, now: Duration, bytes: &[u8]) -> Result<(), PacketError> {
        self.clock = now;
        if matches!(self.phase, Phase::Departing | Phase::Left) {
            return Ok(());
        }
        self.receive(now, bytes)?;
        Ok(())
    }

    /// Takes a packet in, however it came. Returns its sender.
    pub(super) fn receive(&mut self, now: Duration, bytes: &[u8]) -> Result<SocketAddr, PacketError> {
        if bytes.len() > PACKET_MAX.max(self.config.max_packet) {
            return Err(PacketError::TooLong(bytes.len()));
        }
        let body = self.sealer.open(Channel::Packet, bytes)?;
        let envelope = Envelope::decode(&body)?;
        if envelope.sender.instance.addr == self.me.addr {
            return Err(PacketError::Ourselves);
        }
        self.informant = Some(envelope.sender.instance.addr);
        self.meet(now, envelope.sender);
        let swim = match &envelope.swim {
            Some(bytes) => self.handle_swim(now, &envelope, bytes),
            None => Ok(()),
        };
        // What rides along is believed only from a live member, as foca does with its updates.
        if swim.is_ok() && self.directory.is_live(envelope.sender) {
            self.handle_riders(now, &envelope);
        }
        self.informant = None;
        self.round_trip = None;
        self.publish();
        swim.map(|()| envelope.sender.instance.addr)
    }

    fn handle_swim(&mut self, now: Duration, envelope: &Envelope, bytes: &[u8]) -> Result<(), PacketError> {
        let packet = SwimPacket::decode(bytes)?;
        if packet.header.src != envelope.sender {
            return Err(WireError::Invalid { field: "swim sender", value: 0 }.into());
        }
        let named = || std::iter::once(packet.header.src).chain(packet.updates.iter().map(|update| *update.id()));
        if self.directory.is_full() && named().any(|identity| self.directory.get(identity.instance).is_none()) {
            return Err(PacketError::Full);
        }
        let stale = packet.header.dst.instance.addr == self.me.addr && packet.header.dst != self.identity;
        if stale && self.directory.is_live(envelope.sender) {
            // foca will not answer this; the sender would take us for dead.
            self.send(envelope.sender.instance.addr, Envelope::new(self.identity, self.details.version));
        }
        for identity in named().chain([packet.header.dst]) {
            self.outbid(now, identity);
        }
        // foca refutes at once, under the next incarnation.
        let incarnation = self.incarnation;
        self.swim(now, |swim, outputs| swim.handle_data(bytes, outputs));
        self.hear_refutation(packet.header.src, packet.header.src_incarnation);
        for update in &packet.updates {
            match update.state() {
                State::Suspect if *update.id() == self.identity => {
                    if update.incarnation() >= incarnation {
                        self.health.worsen(1);
                    }
                }
                State::Suspect => self.hear_suspect_update(now, *update.id(), update.incarnation()),
                State::Alive => self.hear_refutation(*update.id(), update.incarnation()),
                State::Down => {}
            }
        }
        Ok(())
    }

    /// A known address speaks under a newer identity: two members that renew at once must still hear each other,
    /// although neither addresses the other as it is now.
    fn meet(&mut self, now: Duration, sender: Identity) {
        let Some(latest) = self.directory.latest_at(sender.instance.addr) else { return };
        let known = self.directory.get(latest).map(|entry| Identity { instance: latest, renewal: entry.renewal });
        if known.is_some_and(|known| sender.replaces(known)) {
            let alive = Member::new(sender, 0, State::Alive);
            self.swim(now, |swim, outputs| swim.apply_many(std::iter::once(alive), true, outputs));
        }
    }

    fn handle_riders(&mut self, now: Duration, envelope: &Envelope) {
        let sender = envelope.sender.instance;
        if self.directory.get(sender).is_some_and(|entry| entry.version() < envelope.details) {
            self.want(now, sender, envelope.details);
        }
        if let Some(nack) = envelope.nack {
            for probe in self.probes() {
                probe.nack(sender.addr, nack.target, nack.number, nack.evidence);
            }
        }
        if let (Some(there), Some(rtt)) = (envelope.coordinate, self.round_trip) {
            self.neighbours.handle_answer(sender, there, rtt, &mut self.rng);
        }
        for item in &envelope.items {
            if self.handle_item(now, item.clone()) {
                self.items.push(item.clone());
            }
        }
    }

    /// Fills what room a packet has with items, seals and sends it.
    pub(super) fn send(&mut self, to: SocketAddr, mut envelope: Envelope) {
        let used = envelope.encode().len() + OVERHEAD;
        let room = self.config.max_packet.saturating_sub(used);
        // Twice as often as SWIM's updates: an item that dies out early waits for the next push/pull.
        let limit = self.config.retransmits(self.live()) * 2;
        envelope.items.extend(self.items.fill(room, limit));
        if let Some(bytes) = self.seal_packet(&envelope) {
            self.effects.push_back(Effect::Packet { to, bytes });
        }
    }

    pub(super) fn seal_packet(&mut self, envelope: &Envelope) -> Option<Bytes> {
        self.sealer.seal(Channel::Packet, &envelope.encode())
    }
}
