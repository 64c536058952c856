//! A definition: the reply, the snapshot row and the JSON object are this one struct.

use crate::http::null_if_empty;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// The one type of template there is: it takes every name that begins with its own.
pub const TEMPLATE_BY_PREFIX: &str = "name_prefix_match";

/// How to find instances of a service.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Query {
    /// A UUID.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
    /// Unique in its datacenter, whatever its case; may be empty for a template and for what is bound to a session.
    #[prost(string, tag = 2)]
    pub name: String,
    /// It lives as long as this session does; empty for ever.
    #[prost(string, tag = 3)]
    pub session: String,
    /// With which it is executed; empty leaves that to whoever executes it.
    #[prost(string, tag = 4)]
    pub token: String,
    /// Whether it is one for many names.
    #[prost(message, required, tag = 5)]
    pub template: Template,
    /// What is looked for.
    #[prost(message, required, tag = 6)]
    pub service: ServiceQuery,
    /// What DNS answers say.
    #[prost(message, required, tag = 7)]
    #[serde(rename = "DNS")]
    pub dns: Dns,
    /// Index of its creation.
    #[prost(uint64, tag = 20)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 21)]
    pub modify_index: u64,
}

impl Query {
    /// Whether it is one for many names.
    #[must_use]
    pub fn is_template(&self) -> bool {
        !self.template.r#type.is_empty()
    }
}

/// How a definition serves many names.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Template {
    /// [`TEMPLATE_BY_PREFIX`], or empty for none.
    #[prost(string, tag = 1)]
    pub r#type: String,
    /// Its groups are what `${match(n)}` stands for; RE2.
    #[prost(string, tag = 2)]
    pub regexp: String,
    /// Tags that come out blank are left out.
    #[prost(bool, tag = 3)]
    pub remove_empty_tags: bool,
}

/// What is looked for.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceQuery {
    /// Of this service.
    #[prost(string, tag = 1)]
    pub service: String,
    /// Where else, if this datacenter has none.
    #[prost(message, required, tag = 2)]
    pub failover: Fallback,
    /// Only instances all of whose checks pass; otherwise none of whose checks is critical.
    #[prost(bool, tag = 3)]
    pub only_passing: bool,
    /// Checks that do not count.
    #[prost(string, repeated, tag = 4)]
    #[serde(rename = "IgnoreCheckIDs", serialize_with = "list_or_null")]
    pub ignore_check_ids: Vec<String>,
    /// The node that the nearest are wanted to: a name, `_agent` or `_ip`; empty for no order.
    #[prost(string, tag = 5)]
    pub near: String,
    /// Tags that an instance must have, all of them; of those after a `!`, none.
    #[prost(string, repeated, tag = 6)]
    #[serde(serialize_with = "list_or_null")]
    pub tags: Vec<String>,
    /// Metadata that its node must have.
    #[prost(btree_map = "string, string", tag = 7)]
    #[serde(serialize_with = "null_if_empty")]
    pub node_meta: BTreeMap<String, String>,
    /// Metadata that it must have.
    #[prost(btree_map = "string, string", tag = 8)]
    #[serde(serialize_with = "null_if_empty")]
    pub service_meta: BTreeMap<String, String>,
    /// The instances to reach the service through the mesh: its proxies, and its native instances.
    #[prost(bool, tag = 9)]
    pub connect: bool,
}

/// Where else to look.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Fallback {
    /// In so many of the nearest datacenters, in their order; never below 0.
    #[prost(int32, tag = 1)]
    pub nearest_n: i32,
    /// And then in these, in this order.
    #[prost(string, repeated, tag = 2)]
    #[serde(serialize_with = "list_or_null")]
    pub datacenters: Vec<String>,
    /// Or, instead of both, in these.
    #[prost(message, repeated, tag = 3)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
}

impl Fallback {
    /// Whether there is anywhere else to look.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nearest_n == 0 && self.datacenters.is_empty() && self.targets.is_empty()
    }

    /// The datacenters named, in their order. Peers of clusters are none: nothing is known here by that name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let targets = self.targets.iter().map(|target| &target.datacenter);
        self.datacenters.iter().chain(targets).filter(|dc| !dc.is_empty()).map(String::as_str)
    }
}

/// One place to look in: one of both.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Target {
    /// A peer of this cluster.
    #[prost(string, tag = 1)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub peer: String,
    /// A datacenter.
    #[prost(string, tag = 2)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub datacenter: String,
}

/// What DNS answers say.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(default)]
pub struct Dns {
    /// A Go duration; empty for what the agent is configured with.
    #[prost(string, tag = 1)]
    #[serde(rename = "TTL")]
    pub ttl: String,
}

impl Dns {
    /// The time to live; `None` when nothing is said of it.
    #[must_use]
    pub fn time_to_live(&self) -> Option<std::time::Duration> {
        crate::http::duration::parse(&self.ttl)
    }
}

/// A list, or `null` when there is nothing in it: what Go makes of a list that nobody set.
fn list_or_null<S: Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if list.is_empty() { serializer.serialize_none() } else { serializer.collect_seq(list) }
}
