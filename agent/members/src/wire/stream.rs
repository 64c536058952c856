//! What travels on streams: one message each way.
//!
//! A request is a push/pull (the caller's whole table, answered with the callee's), a request for details, or one for a keyring operation.
//! Rows carry versions of details only; details themselves are added where the other side is seen to lack them.
//!
//! ```text
//! message: | version 1 | pool: text | kind u8 | body |              text, record: length u16 before it
//!   1 push/pull, 2 its reply   | rows u32 | row record … | details u32 | details record … | events u32 | event record … | clock u64 |
//!   3 details request          | count u32 | instance record … |
//!   4 details reply            | details u32 | details record … |
//!   5 refused                  | reason: text |
//!   8 packet                     | a packet, sealed: text |                     where datagrams do not get through
//!   9 packet reply               | its answer, or nothing: text |
//!  10 keyring request          | turn u64 | 1 list |             keys are raw, at most sixteen; a list has turn 0
//!                              | turn u64 | 2 install, 3 use, 4 remove | key: text |
//!  11 keyring reply            | turn u64 | keys u32 | key: text … |      the next turn; the keys after it, the one in use first
//! row:     | identity | incarnation u16 | status u8 | down for u32 s | details version u32 |
//! details: | instance | version u32 | name: text | tags u16 | key: text, value: text … | key (DER): text |
//! ```
//!
//! Events are those of the last minutes, for members that gossip missed; the clock is the pool's Lamport time for events. Both are left
//! out while nobody has fired an event. An event is drawn with the gossip items. A newer member may append fields to a record. Records have a least size, so that a message cannot grow much in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::item::{read_clock, read_event, write_event};
use super::reader::{Reader, WireError};
use super::writer::Writer;
use crate::crypt::CAPACITY;
use crate::details::Details;
use crate::identity::Identity;
use crate::{GossipKey, Instance, KeyringOp, KeyringState, UserEvent};

const VERSION: u8 = 1;

/// The outermost message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamMessage {
    /// Name of the sender's pool.
    pub(crate) pool: String,
    pub(crate) body: Body,
}

/// Requests and replies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    PushPull(PushPull),
    PushPullReply(PushPull),
    DetailsRequest(Vec<Instance>),
    DetailsReply(Vec<(Instance, Details)>),
    KeyringRequest {
        turn: u64,
        op: KeyringOp,
    },
    KeyringReply(KeyringState),
    /// What would be a datagram, sealed as one.
    Packet(Bytes),
    /// What would be the datagram that answers it; empty if there is none.
    PacketReply(Bytes),
    /// The callee will not answer, and says why.
    Refused(String),
}

/// A member's table, its own row first, and what it thinks the other lacks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PushPull {
    pub(crate) rows: Vec<Row>,
    pub(crate) details: Vec<(Instance, Details)>,
    pub(crate) events: Vec<Arc<UserEvent>>,
    pub(crate) clock: u64,
}

/// What is known of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) identity: Identity,
    pub(crate) incarnation: u16,
    pub(crate) status: RowStatus,
    /// Seconds since it is down, so that nobody remembers it longer for having heard late.
    pub(crate) down_for: u32,
    /// Version of its details that the sender holds; 0: none.
    pub(crate) details: u32,
}

/// How the sender sees an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowStatus {
    Alive,
    Suspect,
    Leaving,
    Left,
    Failed,
    Pruned,
}

impl StreamMessage {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.u8(VERSION);
        out.block(self.pool.as_bytes());
        match &self.body {
            Body::PushPull(table) => write_table(&mut out, 1, table),
            Body::PushPullReply(table) => write_table(&mut out, 2, table),
            Body::DetailsRequest(instances) => {
                out.u8(3);
                write_records(&mut out, instances, |record, instance| record.instance(*instance));
            }
            Body::DetailsReply(details) => {
                out.u8(4);
                write_records(&mut out, details, write_details);
            }
            Body::Refused(reason) => {
                out.u8(5);
                out.block(reason.as_bytes());
            }
            Body::KeyringRequest { turn, op } => {
                out.u8(10);
                out.u64(*turn);
                write_keyring_op(&mut out, op);
            }
            Body::KeyringReply(KeyringState { turn, keys }) => {
                out.u8(11);
                out.u64(*turn);
                write_records(&mut out, keys, |record, key| record.extend_from_slice(key.secret()));
            }
            Body::Packet(packet) => {
                out.u8(8);
                out.block(packet);
            }
            Body::PacketReply(packet) => {
                out.u8(9);
                out.block(packet);
            }
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            other => return Err(WireError::Invalid { field: "stream version", value: other.into() }),
        }
        let pool = reader.text()?.to_owned();
        let body = match reader.u8()? {
            1 => Body::PushPull(read_table(&mut reader)?),
            2 => Body::PushPullReply(read_table(&mut reader)?),
            3 => Body::DetailsRequest(read_records(&mut reader, Reader::instance)?),
            4 => Body::DetailsReply(read_records(&mut reader, read_details)?),
            5 => Body::Refused(reader.text()?.to_owned()),
            // 6 and 7 were keyring operations without a turn, which could be said again by whoever had recorded them.
            8 => Body::Packet(Bytes::copy_from_slice(reader.block()?)),
            9 => Body::PacketReply(Bytes::copy_from_slice(reader.block()?)),
            10 => Body::KeyringRequest { turn: reader.u64()?, op: read_keyring_op(&mut reader)? },
            11 => Body::KeyringReply(KeyringState { turn: reader.u64()?, keys: read_keys(&mut reader)? }),
            other => return Err(WireError::Invalid { field: "stream message", value: other.into() }),
        };
        Ok(Self { pool, body })
    }
}

/// Bytes that a details record takes, for staying within a message's limit.
pub(crate) fn details_len(instance: Instance, details: &Details) -> usize {
    let mut out = Vec::with_capacity(256);
    write_details(&mut out, &(instance, details.clone()));
    2 + out.len()
}

fn write_table(out: &mut Vec<u8>, kind: u8, table: &PushPull) {
    out.u8(kind);
    write_records(out, &table.rows, write_row);
    write_records(out, &table.details, write_details);
    if table.clock > 0 {
        write_records(out, &table.events, |record, event| write_event(record, event));
        out.u64(table.clock);
    }
}

fn read_table(reader: &mut Reader<'_>) -> Result<PushPull, WireError> {
    let (rows, details) = (read_records(reader, read_row)?, read_records(reader, read_details)?);
    if reader.is_empty() {
        return Ok(PushPull { rows, details, ..PushPull::default() });
    }
    let events = read_records(reader, |record| Ok(Arc::new(read_event(record)?)))?;
    Ok(PushPull { rows, details, events, clock: read_clock(reader)? })
}

fn write_records<T>(out: &mut Vec<u8>, records: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.u32(u32::try_from(records.len()).unwrap_or(u32::MAX));
    for record in records {
        let mut bytes = Vec::with_capacity(64);
        write(&mut bytes, record);
        out.block(&bytes);
    }
}

/// The vector grows with what is really there, not with the number announced.
fn read_records<'a, T>(reader: &mut Reader<'a>, read: impl Fn(&mut Reader<'a>) -> Result<T, WireError>) -> Result<Vec<T>, WireError> {
    let mut records = Vec::new();
    for _ in 0..reader.u32()? {
        records.push(read(&mut Reader::new(reader.block()?))?);
    }
    Ok(records)
}

fn write_keyring_op(out: &mut Vec<u8>, op: &KeyringOp) {
    let (kind, key) = match op {
        KeyringOp::List => return out.u8(1),
        KeyringOp::Install(key) => (2, key),
        KeyringOp::Use(key) => (3, key),
        KeyringOp::Remove(key) => (4, key),
    };
    out.u8(kind);
    out.block(key.secret());
}

fn read_keyring_op(reader: &mut Reader<'_>) -> Result<KeyringOp, WireError> {
    Ok(match reader.u8()? {
        1 => KeyringOp::List,
        2 => KeyringOp::Install(read_key(reader.block()?)?),
        3 => KeyringOp::Use(read_key(reader.block()?)?),
        4 => KeyringOp::Remove(read_key(reader.block()?)?),
        other => return Err(WireError::Invalid { field: "keyring operation", value: other.into() }),
    })
}

/// A key takes far more memory than bytes, so that their number is bounded before any is made.
fn read_keys(reader: &mut Reader<'_>) -> Result<Vec<GossipKey>, WireError> {
    let count = reader.u32()?;
    if count as usize > CAPACITY {
        return Err(WireError::Invalid { field: "number of keys", value: count.into() });
    }
    (0..count).map(|_| read_key(reader.block()?)).collect()
}

fn read_key(bytes: &[u8]) -> Result<GossipKey, WireError> {
    GossipKey::new(bytes).map_err(|error| WireError::Invalid { field: "gossip key length", value: error.0 as u64 })
}

fn write_row(out: &mut Vec<u8>, row: &Row) {
    out.identity(row.identity);
    out.u16(row.incarnation);
    out.u8(match row.status {
        RowStatus::Alive => 1,
        RowStatus::Suspect => 2,
        RowStatus::Leaving => 3,
        RowStatus::Left => 4,
        RowStatus::Failed => 5,
        RowStatus::Pruned => 6,
    });
    out.u32(row.down_for);
    out.u32(row.details);
}

fn read_row(reader: &mut Reader<'_>) -> Result<Row, WireError> {
    let (identity, incarnation) = (reader.identity()?, reader.u16()?);
    let status = match reader.u8()? {
        1 => RowStatus::Alive,
        2 => RowStatus::Suspect,
        3 => RowStatus::Leaving,
        4 => RowStatus::Left,
        5 => RowStatus::Failed,
        6 => RowStatus::Pruned,
        other => return Err(WireError::Invalid { field: "row status", value: other.into() }),
    };
    Ok(Row { identity, incarnation, status, down_for: reader.u32()?, details: reader.u32()? })
}

fn write_details(out: &mut Vec<u8>, (instance, details): &(Instance, Details)) {
    out.instance(*instance);
    out.u32(details.version);
    out.block(details.name.as_bytes());
    out.u16(u16::try_from(details.tags.len()).unwrap_or(u16::MAX));
    for (key, value) in &details.tags {
        out.block(key.as_bytes());
        out.block(value.as_bytes());
    }
    out.block(&details.spki);
}

fn read_details(reader: &mut Reader<'_>) -> Result<(Instance, Details), WireError> {
    let (instance, version) = (reader.instance()?, reader.u32()?);
    let name = reader.text()?.to_owned();
    let mut tags = BTreeMap::new();
    for _ in 0..reader.u16()? {
        tags.insert(reader.text()?.to_owned(), reader.text()?.to_owned());
    }
    let spki = Bytes::copy_from_slice(reader.block()?);
    let details = Details::new(version, name, tags, spki).map_err(|_| WireError::Invalid { field: "details", value: version.into() })?;
    Ok((instance, details))
}
