//! What anyone may send to a member of a gossip pool. Without a key, so that the bytes get as far as the parser.

use members::{Config, Effect, Keyring, Me, Members};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// A datagram.
pub(crate) fn packet(input: &[u8]) -> bool {
    let mut member = member(2);
    let taken = member.handle_packet(Duration::from_secs(1), input).is_ok();
    drain(&mut member);
    taken
}

/// A stream, towards us and as the answer to ours.
pub(crate) fn stream(input: &[u8]) -> bool {
    let mut member = member(2);
    let asked = member.handle_stream(Duration::from_secs(1), input).is_ok();
    let answered = member.handle_stream_reply(Duration::from_secs(2), input).is_ok();
    drain(&mut member);
    asked || answered
}

/// Packets of a member that has just been joined.
pub(crate) fn packet_seeds() -> Vec<Vec<u8>> {
    talk().0
}

/// A push/pull, and its reply.
pub(crate) fn stream_seeds() -> Vec<Vec<u8>> {
    talk().1
}

/// What two members say to each other in the first seconds: packets, streams.
fn talk() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut one, mut two) = (member(1), member(2));
    let (mut packets, mut streams) = (Vec::new(), Vec::new());
    let mut timers: Vec<(Duration, members::Timer)> = Vec::new();
    one.join(Duration::from_secs(1), address(2)).expect("it has not left");
    for second in 1..8 {
        let now = Duration::from_secs(second);
        let mut asked = Vec::new();
        while let Some(effect) = one.poll_effect() {
            match effect {
                Effect::Packet { bytes, .. } => packets.push(bytes.to_vec()),
                Effect::Stream { bytes, .. } => asked.push(bytes),
                Effect::After { delay, timer } => timers.push((now + delay, timer)),
                _ => {}
            }
        }
        for request in asked {
            if let Ok(reply) = two.handle_stream(now, &request) {
                let _ = one.handle_stream_reply(now, &reply);
                streams.extend([request.to_vec(), reply.to_vec()]);
            }
        }
        drain(&mut two);
        let (due, later): (Vec<_>, Vec<_>) = timers.drain(..).partition(|(at, _)| *at <= now);
        timers = later;
        for (_, timer) in due {
            one.handle_timer(now, timer);
        }
    }
    (packets, streams)
}

fn member(number: u8) -> Members {
    let me = Me {
        name: format!("n{number}"),
        addr: address(number),
        generation: 1,
        tags: BTreeMap::from([("role".to_owned(), "consul".to_owned())]),
        spki: bytes::Bytes::new(),
    };
    Members::new(Config::lan(), me, Keyring::default(), Duration::ZERO, [number; 32]).expect("a good name")
}

fn address(number: u8) -> SocketAddr {
    ([10, 0, 0, number], 8301).into()
}

fn drain(member: &mut Members) {
    while member.poll_effect().is_some() {}
}
