//! `catalog`: what a datacenter knows of datacenters, nodes and services.

pub(super) mod datacenters;
pub(super) mod nodes;
pub(super) mod services;

use crate::call::Call;
use crate::command::Group;
use crate::flag::Flag;
use crate::request::Request;

/// `catalog`.
pub(super) const GROUP: Group = Group {
    path: &["catalog"],
    summary: "Lists datacenters, nodes and services",
    about: "
The catalog is what the servers of a datacenter know; an agent's own view of
its node is something else.

    $ delian catalog datacenters
    $ delian catalog nodes
    $ delian catalog services
",
};

const NODE_META: Flag = Flag::pairs(
    "node-meta",
    "Only nodes with this `key=value` in their metadata. Repeat the flag for nodes that have all \
     of several.",
);

/// Adds the `-node-meta` flags, which the API writes with a colon.
fn with_node_meta(call: &Call<'_, '_>, request: Request) -> Request {
    call.flags.pairs(&NODE_META).fold(request, |request, (key, value)| request.query("node-meta", format!("{key}:{value}")))
}
