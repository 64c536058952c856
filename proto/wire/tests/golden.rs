//! The bytes of every message, kept for ever: a change of these files is a change of the protocol.
//!
//! `WIRE_GOLDEN=write` makes the files of new messages; existing ones are never rewritten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use bytes::Bytes;
use prost::Message as _;
use std::{fmt::Write as _, path::PathBuf};
use wire::{
    Chunk, Payload,
    frame::{Cancel, Drain, Frame, Frames, Kind, Message, Part},
    wan::{BadHead, Head, MAX_WAN_HEAD_BYTES},
};

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            write!(hex, "{byte:02x}").unwrap();
        }
        hex.push('\n');
    }
    hex
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn check<M: prost::Message + Default + PartialEq>(name: &str, message: &M) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"));
    let encoded = message.encode_to_vec();
    if !path.exists() && std::env::var("WIRE_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, hex(&encoded)).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(hex(&encoded), golden, "{name} is encoded otherwise than before");
    assert!(M::decode(unhex(&golden).as_slice()).unwrap() == *message, "{name} is read otherwise than before");
}

fn message(more: u64) -> Message {
    Message { head: Bytes::from_static(b"head"), body: Bytes::from_static(b"body"), more }
}

#[test]
fn frames() {
    let kinds = [
        ("call", 1, Kind::Call(message(0))),
        ("call_in_parts", 2, Kind::Call(message(300))),
        ("answer", u64::MAX, Kind::Answer(message(0))),
        ("answer_in_parts", 4, Kind::Answer(message(u64::MAX))),
        ("part", 5, Kind::Part(Part { body: Bytes::from_static(b"more body") })),
        ("cancel", 6, Kind::Cancel(Cancel {})),
        ("drain", 0, Kind::Drain(Drain {})),
    ];
    let mut all: Vec<Frame> = Vec::new();
    for (name, id, kind) in kinds {
        let frame = Frame::new(id, kind);
        check(&format!("frame_{name}"), &frame);
        all.push(frame);
    }
    for (name, frame) in [("refused", Frame::refused(7, "busy")), ("failed", Frame::failed(8, "too long"))] {
        check(&format!("frame_{name}"), &frame);
        all.push(frame);
    }
    check("frames", &Frames { frames: all });
}

#[test]
fn a_kind_from_the_future_is_seen_as_unknown() {
    // Field 15, a message of two bytes.
    let frame = Frame::decode([0x08, 0x2a, 0x7a, 0x02, 0x08, 0x01].as_slice()).unwrap();
    assert_eq!(frame, Frame { id: 42, kind: None });
}

#[test]
fn payloads() {
    check("payload", &Payload { body: Bytes::from_static(b"opaque") });
    check("chunk", &Chunk { body: Bytes::from_static(b"piece"), last: false });
    check("chunk_last", &Chunk { body: Bytes::new(), last: true });
}

#[test]
fn wan_head() {
    let head = Head { ttl: 3, relay: "dc3".to_owned(), age_ms: 1500, head: Bytes::from_static(b"head") };
    check("wan_head", &head);
    assert_eq!(Head::from_bytes(head.to_bytes()), Ok(head));
    assert_eq!(Head::from_bytes(Bytes::new()), Ok(Head::default()));
    let long = Bytes::from(vec![0; MAX_WAN_HEAD_BYTES + 1]);
    assert_eq!(Head::from_bytes(long), Err(BadHead::TooLong(MAX_WAN_HEAD_BYTES + 1)));
    assert!(matches!(Head::from_bytes(Bytes::from_static(b"\xff\xff")), Err(BadHead::Malformed(_))));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = Frames::decode(bytes.as_slice());
        let _ = Payload::decode(bytes.as_slice());
        let _ = Chunk::decode(bytes.as_slice());
        let _ = Head::from_bytes(Bytes::from(bytes));
    }
}
