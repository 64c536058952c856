//! `operator autopilot`: how the leader looks after the servers.

pub(in crate::commands) mod get_config;
pub(in crate::commands) mod set_config;
pub(in crate::commands) mod state;

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::command::Group;
use crate::failure::Failure;
use crate::request::Request;

/// `operator autopilot`.
pub(in crate::commands) const GROUP: Group = Group {
    path: &["operator", "autopilot"],
    summary: "Looks at and changes how servers are looked after",
    about: "
The leader takes dead servers out of raft, lets new ones vote once they are
stable, and judges their health. These commands show what it sees and change
by which numbers it goes.
",
};

const PATH: &str = "/v1/operator/autopilot/configuration";

/// By what it goes. Durations are as Go writes them.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Configuration {
    cleanup_dead_servers: bool,
    last_contact_threshold: String,
    max_trailing_logs: u64,
    min_quorum: u64,
    server_stabilization_time: String,
    redundancy_zone_tag: String,
    disable_upgrade_migration: bool,
    upgrade_version_tag: String,
    create_index: u64,
    modify_index: u64,
}

impl Configuration {
    fn read(client: &Client, request: &Request) -> Result<Self, Failure> {
        client.ask_json(request).map_err(|error| Failure::new(format_args!("Error querying Autopilot configuration: {error}")))
    }
}
