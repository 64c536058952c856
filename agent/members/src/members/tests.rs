//! One member among others that only exist in its mind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod intents;
mod lifeguard;
mod probing;
mod returning;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use foca::{Member, State};

use super::Members;
use crate::crypt::Channel;
use crate::effect::Kind;
use crate::identity::Identity;
use crate::wire::{Envelope, SwimPacket};
use crate::{Config, Effect, Instance, Keyring, Me, Timers};

const NOW: Duration = Duration::from_secs(100);

fn addr(number: u16) -> SocketAddr {
    ([127, 0, 0, 1], 8300 + number).into()
}

fn peer(number: u16) -> Identity {
    Identity { instance: Instance { addr: addr(number), generation: 1 }, renewal: 0 }
}

/// Number 0 of a pool of `size`.
fn member(size: u16) -> Members {
    member_at(0, size)
}

fn member_at(own: u16, size: u16) -> Members {
    let me = Me { name: format!("n{own}"), addr: addr(own), generation: 1, tags: BTreeMap::new(), spki: Bytes::new() };
    let mut members = Members::new(Config::lan(), me, Keyring::default(), NOW, [7; 32]).unwrap();
    let others = (0..size).filter(|number| *number != own).map(|number| Member::new(peer(number), 0, State::Alive));
    members.swim(NOW, |swim, outputs| swim.apply_many(others, true, outputs));
    members
}

/// What it sends to its silent peers from now on.
fn sent(members: &mut Members, time: Duration) -> Vec<(SocketAddr, Envelope)> {
    packets(members, time)
        .into_iter()
        .map(|(to, bytes)| (to, Envelope::decode(&members.sealer.open(Channel::Packet, &bytes).unwrap()).unwrap()))
        .collect()
}

/// The same as bytes.
fn packets(members: &mut Members, time: Duration) -> Vec<(SocketAddr, Bytes)> {
    let (mut timers, mut now, mut packets) = (Timers::default(), NOW, Vec::new());
    while now < NOW + time {
        for effect in effects(members) {
            match effect {
                Effect::After { delay, timer } => timers.push(now + delay, timer),
                Effect::Packet { to, bytes } => packets.push((to, bytes)),
                _ => {}
            }
        }
        now = timers.next().unwrap();
        let timer = timers.pop(now).unwrap();
        members.handle_timer(now, timer);
    }
    packets
}

fn effects(members: &mut Members) -> Vec<Effect> {
    std::iter::from_fn(|| members.poll_effect()).collect()
}
