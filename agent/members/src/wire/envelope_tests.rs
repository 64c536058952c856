//! Golden bytes: what these packets are today they stay for ever. A new version is a new file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::details::Details;
use crate::wire::{Body, PushPull, Row, RowStatus, StreamMessage, SwimCodec, SwimPacket};
use crate::{GossipKey, Instance, KeyringOp, KeyringState, UserEvent};
use foca::{Codec, Header, Member, Message, State};
use proptest::prelude::*;
use std::sync::Arc;

fn identity(n: u8) -> Identity {
    let addr = ([10, 0, 0, n], 8301).into();
    Identity { instance: Instance { addr, generation: 1_700_000_000 + u64::from(n) }, renewal: n.into() }
}

fn swim() -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header {
        src: identity(1),
        src_incarnation: 7,
        dst: identity(2),
        message: Message::PingReq { target: identity(3), probe_number: 9 },
    };
    SwimCodec.encode_header(&header, &mut bytes).unwrap();
    bytes.extend_from_slice(&[0, 2]);
    SwimCodec.encode_member(&Member::new(identity(4), 5, State::Suspect), &mut bytes).unwrap();
    SwimCodec.encode_member(&Member::down(identity(5)), &mut bytes).unwrap();
    bytes
}

fn envelope() -> Envelope {
    let v6 = "[2001:db8::1]:8301".parse().unwrap();
    Envelope {
        sender: identity(1),
        details: 3,
        swim: Some(swim()),
        items: vec![
            Item::Leave(identity(2).instance),
            Item::ForceLeave { instance: identity(3).instance, prune: true, renewal: None },
            Item::Details { instance: Instance { addr: v6, generation: 8 }, version: 2 },
            Item::Accusation { target: identity(4), incarnation: 5, from: v6, evidence: Evidence::None },
            Item::Undead(identity(6)),
        ],
        nack: Some(Nack { target: identity(3), number: 9, evidence: Evidence::None }),
        coordinate: None,
    }
}

fn event() -> Arc<UserEvent> {
    let id = 0x6843_1cc2_3afb_fc97_6fcc_d29a_91bd_6caa;
    Arc::new(UserEvent { ltime: 7, id, name: "deploy".to_owned(), payload: bytes::Bytes::from_static(b"hello") })
}

fn stream() -> StreamMessage {
    let row = Row { identity: identity(1), incarnation: 4, status: RowStatus::Failed, down_for: 60, details: 2 };
    let tags = [("role".to_owned(), "consul".to_owned())].into();
    let details = Details::new(2, "n1".to_owned(), tags, bytes::Bytes::from_static(b"key")).unwrap();
    let table = PushPull { rows: vec![row], details: vec![(identity(1).instance, details)], ..PushPull::default() };
    StreamMessage { pool: "lan:dc1".to_owned(), body: Body::PushPull(table) }
}

/// Compares with a file of hexadecimal lines; with `UPDATE_GOLDEN` set, writes it.
fn golden(name: &str, bytes: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    let hex: Vec<String> = bytes.chunks(32).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
    let hex = hex.join("\n") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &hex).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), hex, "{name}");
}

#[test]
fn envelope_v1_bytes_are_golden() {
    let bytes = envelope().encode();
    golden("envelope-v1.hex", &bytes);
    assert_eq!(Envelope::decode(&bytes).unwrap(), envelope());
    let packet = SwimPacket::decode(&swim()).unwrap();
    assert_eq!((packet.header.src_incarnation, packet.updates.len()), (7, 2));
}

#[test]
fn coordinates_have_golden_bytes_and_absurd_ones_are_left_out() {
    let vec = [0.5, -0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.125];
    let here = Coordinate { vec, error: 0.75, adjustment: -0.5, height: 0.0625 };
    let mut ack = Envelope { coordinate: Some(here), items: Vec::new(), ..envelope() };
    golden("envelope-coordinate-v1.hex", &ack.encode());
    assert_eq!(Envelope::decode(&ack.encode()).unwrap(), ack);
    assert_eq!(ack.encode().len() - Envelope { coordinate: None, ..ack.clone() }.encode().len(), COORDINATE_LEN);
    ack.coordinate = Some(Coordinate { height: f64::INFINITY, ..here });
    let read = Envelope::decode(&ack.encode()).unwrap();
    assert_eq!((read.coordinate, read.nack), (None, ack.nack));
}

#[test]
fn stream_v1_bytes_are_golden() {
    let bytes = stream().encode();
    golden("stream-v1.hex", &bytes);
    assert_eq!(StreamMessage::decode(&bytes).unwrap(), stream());
}

#[test]
fn user_events_have_golden_bytes() {
    let told = Envelope { items: vec![Item::UserEvent(event())], ..envelope() };
    golden("envelope-event-v1.hex", &told.encode());
    assert_eq!(Envelope::decode(&told.encode()).unwrap(), told);
    let table = PushPull { events: vec![event()], clock: 9, ..PushPull::default() };
    let exchanged = StreamMessage { body: Body::PushPull(table), ..stream() };
    golden("stream-event-v1.hex", &exchanged.encode());
    assert_eq!(StreamMessage::decode(&exchanged.encode()).unwrap(), exchanged);
}

#[test]
fn keyring_operations_have_golden_bytes_and_few_keys() {
    let [short, long] = [&[1; 16][..], &[2; 32]].map(|bytes| GossipKey::new(bytes).unwrap());
    let told = |body| StreamMessage { pool: "lan:dc1".to_owned(), body };
    let ops = [KeyringOp::List, KeyringOp::Install(short.clone()), KeyringOp::Use(long.clone()), KeyringOp::Remove(short.clone())];
    let messages = ops.map(|op| told(Body::KeyringRequest { turn: 7, op })).into_iter();
    let messages = messages.chain([told(Body::KeyringReply(KeyringState { turn: 8, keys: vec![long, short.clone()] }))]);
    let mut all = Vec::new();
    for message in messages {
        let bytes = message.encode();
        assert_eq!(StreamMessage::decode(&bytes).unwrap(), message);
        assert!((0..bytes.len()).all(|cut| StreamMessage::decode(&bytes[..cut]).is_err()));
        all.extend(bytes);
    }
    golden("stream-keyring-v2.hex", &all);
    let reply = |keys| told(Body::KeyringReply(KeyringState { turn: 8, keys: vec![short.clone(); keys] })).encode();
    assert!(StreamMessage::decode(&reply(16)).is_ok());
    assert!(StreamMessage::decode(&reply(17)).is_err());
}

#[test]
fn events_are_short_and_their_clock_has_an_end() {
    let longest = |name: usize, payload: usize, ltime| {
        let (name, payload) = ("n".repeat(name), bytes::Bytes::from(vec![0; payload]));
        Item::UserEvent(Arc::new(UserEvent { ltime, id: 1, name, payload }))
    };
    let item = longest(12, 500, 1 << 48);
    assert_eq!((Item::decode(&item.encode()).unwrap().as_ref(), item.section_len()), (Some(&item), 544));
    assert!(Item::decode(&longest(12, 501, 1).encode()).is_err());
    assert!(Item::decode(&longest(1, 1, (1 << 48) + 1).encode()).is_err());
}

#[test]
fn unknown_sections_and_items_are_skipped() {
    let mut bytes = envelope().encode();
    bytes.extend_from_slice(&[200, 0, 2, 1, 1]);
    bytes.extend_from_slice(&[2, 0, 3, 99, 1, 1]);
    assert_eq!(Envelope::decode(&bytes).unwrap(), envelope());
}

#[test]
fn every_cut_is_an_error_or_a_shorter_message() {
    let bytes = envelope().encode();
    for cut in 0..bytes.len() {
        let _ = Envelope::decode(&bytes[..cut]);
        let _ = SwimPacket::decode(&bytes[..cut]);
    }
    let bytes = stream().encode();
    for cut in 0..bytes.len() {
        assert!(StreamMessage::decode(&bytes[..cut]).is_err());
    }
}

#[test]
fn no_item_is_longer_than_the_room_kept_for_items() {
    assert!(envelope().items.iter().all(|item| item.section_len() <= ITEM_ROOM));
}

proptest! {
    #[test]
    fn decoding_garbage_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Envelope::decode(&bytes);
        let _ = SwimPacket::decode(&bytes);
        let _ = StreamMessage::decode(&bytes);
    }
}
