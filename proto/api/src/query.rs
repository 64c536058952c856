//! Prepared queries: how to find instances of a service, kept under a name: `/v1/query/*`.
//!
//! [`Execute`] is the one to call. The process that answers it renders the definition ([`Resolve`]), looks for instances
//! ([`Instances`]), and where there are none asks a gateway of its datacenter ([`Failover`]), which asks other datacenters
//! ([`Serve`]).

mod definition;

pub use definition::{Dns, Fallback, Query, ServiceQuery, TEMPLATE_BY_PREFIX, Target, Template};

use crate::health::Instance;

/// Greatest body of a definition, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// [`Source::near`]: the node of the agent that was asked.
pub const NEAR_AGENT: &str = "_agent";
/// [`Source::near`]: the node with the address of whoever asked.
pub const NEAR_ADDRESS: &str = "_ip";

/// `GET /v1/query`, `GET /v1/query/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Read {
    /// Which; `None` for all.
    #[prost(string, optional, tag = 1)]
    pub id: Option<String>,
}

/// Definitions.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize)]
#[serde(transparent)]
pub struct Queries {
    /// In the order of their ids.
    #[prost(message, repeated, tag = 1)]
    pub queries: Vec<Query>,
}

/// `GET /v1/query/{id or name}/explain`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Explain {
    /// Its id, its name, or a name that its template takes.
    #[prost(string, tag = 1)]
    pub query: String,
}

/// The same for those who execute it: its token is not hidden.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Resolve {
    /// As [`Explain::query`].
    #[prost(string, tag = 1)]
    pub query: String,
}

/// A definition with its template filled in.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Explained {
    /// It.
    #[prost(message, required, tag = 1)]
    pub query: Query,
}

/// The instances that a definition finds in this datacenter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Instances {
    /// What is looked for; its template filled in. `near` in it does not count.
    #[prost(message, required, tag = 1)]
    pub service: ServiceQuery,
    /// The node that the nearest are wanted to, [`NEAR_ADDRESS`], or empty.
    #[prost(string, tag = 2)]
    pub near: String,
    /// For [`NEAR_ADDRESS`]: of whoever asked.
    #[prost(string, tag = 3)]
    pub address: String,
}

/// Instances, and how near they are.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Found {
    /// All of them, in no particular order.
    #[prost(message, repeated, tag = 1)]
    pub instances: Vec<Instance>,
    /// Of each of them, the round-trip time to the node that the nearest are wanted to, in seconds; infinite where it is not known.
    /// Empty where it is known of none.
    #[prost(double, repeated, tag = 2)]
    pub distances: Vec<f64>,
    /// The node that the nearest are wanted to; empty if there is none such.
    #[prost(string, tag = 3)]
    pub near: String,
}

/// `POST /v1/query`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Create {
    /// The definition, without an id.
    #[prost(message, required, tag = 1)]
    pub query: Query,
}

/// `{"ID":…}`
#[derive(Clone, PartialEq, prost::Message, serde::Serialize)]
pub struct Created {
    /// Of the new definition.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
}

/// `PUT /v1/query/{id}`: replaces the whole of it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Update {
    /// The definition, with the id of the old one.
    #[prost(message, required, tag = 1)]
    pub query: Query,
}

/// `DELETE /v1/query/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Delete {
    /// Which.
    #[prost(string, tag = 1)]
    pub id: String,
}

/// Changed or deleted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Done {}

/// `GET /v1/query/{id or name}/execute`, and names under `.query.` in DNS.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Execute {
    /// As [`Explain::query`].
    #[prost(string, tag = 1)]
    pub query: String,
    /// Whom the answer is for.
    #[prost(message, required, tag = 2)]
    pub source: Source,
    /// How many instances at the most; 0 for all.
    #[prost(uint32, tag = 3)]
    pub limit: u32,
    /// The instances to reach the service through the mesh, whatever the definition says.
    #[prost(bool, tag = 4)]
    pub connect: bool,
}

/// Whom an answer is for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Source {
    /// The node of the agent that was asked.
    #[prost(string, tag = 1)]
    pub node: String,
    /// The IP address of whoever asked, or empty.
    #[prost(string, tag = 2)]
    pub address: String,
    /// The node that the nearest are wanted to: a name, [`NEAR_AGENT`] or [`NEAR_ADDRESS`]; empty leaves it to the definition.
    #[prost(string, tag = 3)]
    pub near: String,
}

/// What a server asks its gateway where its own datacenter has no instance: the first of the definition's datacenters that has.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Failover {
    /// What is looked for, and where else.
    #[prost(message, required, tag = 1)]
    pub service: ServiceQuery,
    /// As [`Execute::limit`].
    #[prost(uint32, tag = 2)]
    pub limit: u32,
}

/// What a gateway asks another datacenter: its own instances, in no particular order, and no further failover.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Serve {
    /// What is looked for.
    #[prost(message, required, tag = 1)]
    pub service: ServiceQuery,
    /// As [`Execute::limit`].
    #[prost(uint32, tag = 2)]
    pub limit: u32,
}

/// What a definition found, and where.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Executed {
    /// The service looked for.
    #[prost(string, tag = 1)]
    pub service: String,
    /// Its instances.
    #[prost(message, repeated, tag = 2)]
    pub instances: Vec<Instance>,
    /// What DNS answers say.
    #[prost(message, required, tag = 3)]
    pub dns: Dns,
    /// The datacenter that answered last.
    #[prost(string, tag = 4)]
    pub datacenter: String,
    /// How many other datacenters were asked.
    #[prost(uint32, tag = 5)]
    pub failovers: u32,
}
