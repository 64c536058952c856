//! The state on disk and on the way to a server that lags behind.
//!
//! ```text
//! snapshot = record*            each length-delimited (varint), prost
//! record   = header             first, exactly once: version, indexes and clock of all tables
//!          | entry | grave      keys in order; tombstones by age
//!          | node | service | check | coordinate   each node, what runs on it, the checks of both, where it is
//!          | index                    of each topic that has rows
//!          | virtual IP               of each service that has one
//!          | autopilot | ca | forgotten
//!          | query                    by id
//! ```
//!
//! Rows are the structs of `api`, so a snapshot is read by any build that reads the wire. A record of an unknown kind is refused: it
//! would be state silently lost. Golden bytes are kept as test data.

use crate::catalog::VirtualIpRow;
use crate::{State, Touch, kv};
use api::catalog::{CheckRow, NodeRow, ServiceRow};
use api::coordinate::Located;
use api::federation::CaState;
use api::kv::Entry;
use api::operator::Autopilot;
use api::query::Query;
use prost::Message;
use std::sync::Arc;

/// The only version of the format there is.
const VERSION: u32 = 1;

/// Greatest record: a value at its limit, its key, and room.
const RECORD_LIMIT: usize = 64 * 1024 * 1024;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    #[prost(oneof = "Kind", tags(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 32, 53))]
    pub(crate) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    #[prost(message, tag = 1)]
    Header(Header),
    #[prost(message, tag = 2)]
    Entry(Entry),
    #[prost(message, tag = 3)]
    Grave(Grave),
    #[prost(message, tag = 4)]
    Node(NodeRow),
    #[prost(message, tag = 5)]
    Service(OnNode),
    #[prost(message, tag = 6)]
    Check(CheckRow),
    #[prost(message, tag = 7)]
    Autopilot(Autopilot),
    #[prost(message, tag = 8)]
    Ca(CaState),
    #[prost(message, tag = 9)]
    Forgotten(Forgotten),
    #[prost(message, tag = 10)]
    Index(TopicIndex),
    #[prost(message, tag = 32)]
    Coordinate(Located),
    #[prost(message, tag = 20)]
    Query(Query),
    #[prost(message, tag = 53)]
    VirtualIp(VirtualIpRow),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(uint32, tag = 1)]
    version: u32,
    #[prost(uint64, tag = 2)]
    index: u64,
    #[prost(uint64, tag = 3)]
    clock_ms: u64,
    #[prost(uint64, tag = 4)]
    kv_index: u64,
    #[prost(uint64, tag = 5)]
    kv_reaped: u64,
    #[prost(uint64, tag = 6)]
    kv_restored: u64,
    #[prost(uint64, tag = 7)]
    ca_index: u64,
    #[prost(uint64, tag = 8)]
    datacenters_index: u64,
    #[prost(message, optional, tag = 9)]
    catalog: Option<crate::catalog::Indexes>,
    #[prost(uint64, tag = 20)]
    queries_index: u64,
    /// Whether virtual IPs are given.
    #[prost(bool, tag = 53)]
    virtual_ips: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Grave {
    #[prost(string, tag = 1)]
    key: String,
    #[prost(uint64, tag = 2)]
    index: u64,
    #[prost(uint64, tag = 3)]
    clock_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OnNode {
    #[prost(string, tag = 1)]
    pub(crate) node: String,
    #[prost(message, required, tag = 2)]
    pub(crate) service: ServiceRow,
}

/// The index of a topic, which its rows do not tell: what was removed from it has raised it too.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TopicIndex {
    #[prost(oneof = "Indexed", tags(1, 2, 3))]
    pub(crate) topic: Option<Indexed>,
    #[prost(uint64, tag = 4)]
    pub(crate) index: u64,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Indexed {
    #[prost(string, tag = 1)]
    Node(String),
    #[prost(string, tag = 2)]
    Service(String),
    #[prost(string, tag = 3)]
    Mesh(String),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Forgotten {
    #[prost(string, tag = 1)]
    dc: String,
    #[prost(uint64, tag = 2)]
    index: u64,
}

impl State {
    /// The records of a snapshot, encoded one by one so that a writer never holds two of them.
    pub fn snapshot(&self) -> impl Iterator<Item = Vec<u8>> {
        let header = Header {
            version: VERSION,
            index: self.index,
            clock_ms: self.clock_ms,
            kv_index: self.kv.index,
            kv_reaped: self.kv.reaped,
            kv_restored: self.kv.restored,
            ca_index: self.ca.index,
            datacenters_index: self.datacenters.index,
            catalog: Some(self.catalog.indexes()),
            queries_index: self.queries.index,
            virtual_ips: self.catalog.gives_virtual_ips(),
        };
        let grave = |(clock_ms, index, key): &(u64, u64, Arc<str>)| Grave { key: key.to_string(), index: *index, clock_ms: *clock_ms };
        std::iter::once(Kind::Header(header))
            .chain(self.kv.entries.iter().map(|stored| Kind::Entry((*stored.0).clone())))
            .chain(self.kv.graves.iter().map(move |row| Kind::Grave(grave(row))))
            .chain(self.catalog.records())
            .chain(self.autopilot.0.iter().map(|row| Kind::Autopilot((**row).clone())))
            .chain(self.ca.state.iter().map(|state| Kind::Ca((**state).clone())))
            .chain(self.datacenters.forgotten.iter().map(|(dc, index)| Kind::Forgotten(Forgotten { dc: dc.clone(), index: *index })))
            .chain(self.queries.all().map(|query| Kind::Query((**query).clone())))
            .map(|kind| Record { kind: Some(kind) }.encode_length_delimited_to_vec())
    }

    /// This state, taken from an archive, in the place of `current`: no index falls, and everyone who waits is to look again.
    #[must_use]
    pub fn in_place_of(mut self, current: &Self) -> (Self, Vec<Touch>) {
        let index = self.index.max(current.index) + 1;
        self.index = index;
        self.clock_ms = self.clock_ms.max(current.clock_ms);
        (self.kv.index, self.kv.restored) = (index, index);
        self.catalog.restored_at(index);
        self.ca.index = index;
        self.datacenters.index = index;
        self.queries.index = index;
        if let Some(row) = &self.autopilot.0 {
            self.autopilot.0 = Some(Arc::new(Autopilot { modify_index: index, ..(**row).clone() }));
        }
        (self, vec![Touch::Everything])
    }
}

/// Reads a snapshot, in whatever pieces it comes.
#[derive(Default)]
pub struct Restorer {
    state: State,
    pending: Vec<u8>,
    records: u64,
}

/// Why bytes are no snapshot. The state that was being read is worth nothing then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Bytes that are no record.
    #[error("snapshot record {record}: {source}")]
    Record {
        /// Which record, from 0.
        record: u64,
        /// What is wrong with it.
        source: prost::DecodeError,
    },
    /// A record that says it is larger than one can be.
    #[error("snapshot record {record} claims {claimed} bytes, more than the {RECORD_LIMIT} there can be")]
    TooLarge {
        /// Which record, from 0.
        record: u64,
        /// Its length, as it says.
        claimed: usize,
    },
    /// A kind of record that this build does not know.
    #[error("snapshot record {0} is of a kind unknown to this build: a newer server wrote it")]
    Unknown(u64),
    /// The first record is no header, or a header comes later.
    #[error("snapshot record {0}: the header must come first, and once")]
    Header(u64),
    /// A version that this build does not know.
    #[error("snapshot format version {0}; this build reads version {VERSION}")]
    Version(u32),
    /// A row that does not fit the rows before it.
    #[error("snapshot record {record}: {what}")]
    Row {
        /// Which record, from 0.
        record: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The snapshot ends within a record.
    #[error("snapshot ends within record {0}")]
    Truncated(u64),
}

impl Restorer {
    /// Takes the next piece.
    ///
    /// # Errors
    /// As soon as the bytes are no snapshot.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RestoreError> {
        self.pending.extend_from_slice(bytes);
        let mut read = 0;
        while let Some(rest) = self.pending.get(read..)
            && !rest.is_empty()
        {
            let mut cursor = rest;
            let length = match prost::decode_length_delimiter(&mut cursor) {
                Ok(length) => length,
                // A varint takes at most ten bytes: with fewer at hand, the rest of it may be in the next piece.
                Err(_) if rest.len() < 10 => break,
                Err(source) => {
                    return Err(RestoreError::Record { record: self.records, source });
                }
            };
            if length > RECORD_LIMIT {
                return Err(RestoreError::TooLarge { record: self.records, claimed: length });
            }
            let Some(body) = cursor.get(..length) else {
                break;
            };
            let record = Record::decode(body).map_err(|source| RestoreError::Record { record: self.records, source })?;
            read += rest.len() - cursor.len() + length;
            self.take(record)?;
            self.records += 1;
        }
        self.pending.drain(..read);
        Ok(())
    }

    /// The state, after the last piece.
    ///
    /// # Errors
    /// When a piece is missing.
    pub fn finish(self) -> Result<State, RestoreError> {
        if self.records == 0 || !self.pending.is_empty() {
            return Err(RestoreError::Truncated(self.records));
        }
        Ok(self.state)
    }

    fn take(&mut self, record: Record) -> Result<(), RestoreError> {
        let Some(kind) = record.kind else {
            return Err(RestoreError::Unknown(self.records));
        };
        if matches!(kind, Kind::Header(_)) != (self.records == 0) {
            return Err(RestoreError::Header(self.records));
        }
        let state = &mut self.state;
        let row = |what: String| RestoreError::Row { record: self.records, what };
        match kind {
            Kind::Header(header) if header.version != VERSION => {
                return Err(RestoreError::Version(header.version));
            }
            Kind::Header(header) => {
                (state.index, state.clock_ms) = (header.index, header.clock_ms);
                (state.kv.index, state.kv.reaped, state.kv.restored) = (header.kv_index, header.kv_reaped, header.kv_restored);
                (state.ca.index, state.datacenters.index) = (header.ca_index, header.datacenters_index);
                state.queries.index = header.queries_index;
                state.catalog.set_indexes(&header.catalog.unwrap_or_default());
                state.catalog.restore_virtual_ips(header.virtual_ips);
            }
            Kind::Entry(entry) => drop(state.kv.entries.insert(kv::Stored(Arc::new(entry)))),
            Kind::Grave(Grave { key, index, clock_ms }) => {
                let key: Arc<str> = key.into();
                // Graves come by age, so the last of a key is its tombstone.
                state.kv.tombstones.insert(Arc::clone(&key), index);
                state.kv.graves.insert((clock_ms, index, key));
            }
            Kind::Node(node) => state.catalog.restore_node(node).map_err(row)?,
            Kind::Service(OnNode { node, service }) => state.catalog.restore_service(&node, service).map_err(row)?,
            Kind::Check(check) => state.catalog.restore_check(check).map_err(row)?,
            Kind::Coordinate(located) => state.catalog.restore_coordinate(located).map_err(row)?,
            Kind::Index(index) => state.catalog.restore_index(index).map_err(row)?,
            Kind::Autopilot(autopilot) => state.autopilot.0 = Some(Arc::new(autopilot)),
            Kind::Ca(ca) => state.ca.state = Some(Arc::new(ca)),
            Kind::VirtualIp(given) => state.catalog.restore_virtual_ip(given).map_err(row)?,
            Kind::Query(query) => state.queries.insert(query),
            Kind::Forgotten(Forgotten { dc, index }) => drop(state.datacenters.forgotten.insert(dc, index)),
        }
        Ok(())
    }
}
