//! foca as we use it: its types filled in, its outputs collected.

use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use foca::{Foca, Message, NoCustomBroadcast, Notification, PeriodicParams, Runtime};
use rand::rngs::StdRng;

use crate::Config;
use crate::crypt::OVERHEAD;
use crate::identity::Identity;
use crate::wire::{ITEM_ROOM, SWIM_OVERHEAD, SwimCodec};

pub(crate) type Swim = Foca<Identity, SwimCodec, StdRng, NoCustomBroadcast>;

pub(crate) fn new(config: &Config, identity: Identity, rng: StdRng) -> Swim {
    Foca::new(identity, foca_config(config, 1), rng, SwimCodec)
}

/// foca's parameters in a pool of `n` live members. Its own suspicion timeout is not used: we keep suspicions.
pub(crate) fn foca_config(config: &Config, n: usize) -> foca::Config {
    let positive = |n: usize| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
    let transmissions = u8::try_from(config.retransmits(n)).unwrap_or(u8::MAX);
    foca::Config {
        probe_period: config.probe_interval,
        probe_rtt: config.probe_timeout,
        num_indirect_probes: positive(config.indirect_checks),
        max_transmissions: NonZeroU8::new(transmissions).unwrap_or(NonZeroU8::MIN),
        suspect_to_down_after: config.suspicion_min(n),
        // Longer than we remember anyone: a forgotten `Down` could be gossiped back to life.
        remove_down_after: Some(config.reconnect_timeout.max(config.tombstone_timeout) * 2),
        max_packet_size: positive(config.max_packet.saturating_sub(OVERHEAD + SWIM_OVERHEAD + ITEM_ROOM).max(200)),
        notify_down_members: true,
        periodic_announce: None,
        periodic_announce_to_down_members: None,
        periodic_gossip: Some(PeriodicParams { frequency: config.gossip_interval, num_members: positive(config.gossip_nodes) }),
    }
}

/// What one call into foca brought about, in order.
#[derive(Default)]
pub(crate) struct Outputs(pub(crate) Vec<Output>);

/// foca's notifications that matter here, its packets and timers.
pub(crate) enum Output {
    /// The message is filled in by the notification that follows a send.
    Send {
        to: Identity,
        bytes: Vec<u8>,
        message: Option<Message<Identity>>,
    },
    After(Duration, foca::Timer<Identity>),
    Up(Identity),
    Down(Identity),
    Replaced(Identity, Identity),
    Defunct,
    ProbeFailed,
    Received {
        from: Identity,
        message: Message<Identity>,
    },
    /// Our incarnation, as put into the header of a packet.
    Sent {
        incarnation: u16,
    },
}

impl Runtime<Identity> for Outputs {
    fn notify(&mut self, notification: Notification<'_, Identity>) {
        let output = match notification {
            Notification::MemberUp(id) => Output::Up(*id),
            Notification::MemberDown(id) => Output::Down(*id),
            Notification::Rename(old, new) => Output::Replaced(*old, *new),
            Notification::Defunct => Output::Defunct,
            Notification::ProbeFailed(..) => Output::ProbeFailed,
            Notification::DataReceived(header) => Output::Received { from: header.src, message: header.message.clone() },
            Notification::DataSent(header) => {
                if let Some(Output::Send { message, .. }) = self.0.last_mut() {
                    *message = Some(header.message.clone());
                }
                Output::Sent { incarnation: header.src_incarnation }
            }
            Notification::Active | Notification::Idle | Notification::Rejoin(_) => return,
        };
        self.0.push(output);
    }

    fn send_to(&mut self, to: Identity, data: &[u8]) {
        self.0.push(Output::Send { to, bytes: data.to_vec(), message: None });
    }

    fn submit_after(&mut self, event: foca::Timer<Identity>, after: Duration) {
        self.0.push(Output::After(after, event));
    }
}
