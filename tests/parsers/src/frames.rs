//! Frames: between the processes of a datacenter, and between gateways.

use bytes::Bytes;
use prost::Message;
use wire::frame::{Frame, Frames};
use wire::wan::Head;
use wire::{Chunk, Payload};

/// Messages of the server port.
pub(crate) fn rpc(input: &[u8]) -> bool {
    let _ = (Payload::decode(input), Chunk::decode(input));
    Frames::decode(input).is_ok_and(|frames| {
        assert_eq!(Frames::decode(frames.encode_to_vec().as_slice()).expect("what was read can be written"), frames);
        true
    })
}

/// The head of every message between gateways.
pub(crate) fn wan_head(input: &[u8]) -> bool {
    Head::from_bytes(Bytes::copy_from_slice(input)).is_ok_and(|head| {
        assert_eq!(Head::from_bytes(head.to_bytes()).expect("what was read can be written"), head);
        true
    })
}

pub(crate) fn rpc_seeds() -> Vec<Vec<u8>> {
    let frames = Frames { frames: vec![Frame::refused(1, "full"), Frame::failed(2, "gone")] };
    vec![frames.encode_to_vec()]
}

pub(crate) fn wan_seeds() -> Vec<Vec<u8>> {
    vec![Head { ttl: 4, relay: "dc2".to_owned(), age_ms: 17, head: Bytes::from_static(b"head") }.to_bytes().to_vec()]
}
