//! User events: `/v1/event/*`. They spread by gossip within one datacenter, and are kept by each agent for itself.

use bytes::Bytes;
use serde::Serialize;

/// Greatest body of a request to fire one, in bytes. What may be gossiped is far less.
pub const BODY_LIMIT: usize = 64 * 1024;

/// `PUT /v1/event/fire/{name}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Fire {
    /// Its name.
    #[prost(string, tag = 1)]
    pub name: String,
    /// What it carries.
    #[prost(bytes = "bytes", tag = 2)]
    pub payload: Bytes,
    /// For agents whose node is named so: a regular expression, or empty for all.
    #[prost(string, tag = 3)]
    pub node: String,
    /// For agents with a service named so: a regular expression, or empty.
    #[prost(string, tag = 4)]
    pub service: String,
    /// For agents on which such a service has a tag like this: a regular expression, or empty.
    #[prost(string, tag = 5)]
    pub tag: String,
}

/// `GET /v1/event/list`
#[derive(Clone, PartialEq, prost::Message)]
pub struct List {
    /// Only events of this name, if one is given.
    #[prost(string, tag = 1)]
    pub name: String,
}

/// The last events that concerned this agent.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Events {
    /// Oldest first.
    #[prost(message, repeated, tag = 1)]
    pub events: Vec<Event>,
    /// Made of the newest one's id: other after each event, but neither greater nor smaller. 1 without events.
    #[prost(uint64, tag = 2)]
    pub index: u64,
}

/// An event.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// A UUID.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = 2)]
    pub name: String,
    /// What it carries.
    #[prost(bytes = "bytes", tag = 3)]
    #[serde(serialize_with = "crate::http::base64_or_null")]
    pub payload: Bytes,
    /// See [`Fire::node`].
    #[prost(string, tag = 4)]
    pub node_filter: String,
    /// See [`Fire::service`].
    #[prost(string, tag = 5)]
    pub service_filter: String,
    /// See [`Fire::tag`].
    #[prost(string, tag = 6)]
    pub tag_filter: String,
    /// Of this format: 1.
    #[prost(uint32, tag = 7)]
    pub version: u32,
    /// When it was fired, by the pool's Lamport clock; 0 for whoever fired it.
    #[prost(uint64, tag = 8)]
    #[serde(rename = "LTime")]
    pub ltime: u64,
}
