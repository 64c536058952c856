//! `operator autopilot get-config`: by which numbers the autopilot goes.

use super::{Configuration, PATH};
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "autopilot", "get-config"],
    arguments: "[options]",
    summary: "Shows the configuration of the autopilot",
    about: "
Shows by what the leader judges the servers, and whether it removes dead ones.
",
    http: Http::Datacenter,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let now = Configuration::read(&call.client()?, &call.get(PATH))?;
    call.line(format_args!("CleanupDeadServers = {}", now.cleanup_dead_servers))?;
    call.line(format_args!("LastContactThreshold = {}", now.last_contact_threshold))?;
    call.line(format_args!("MaxTrailingLogs = {}", now.max_trailing_logs))?;
    call.line(format_args!("MinQuorum = {}", now.min_quorum))?;
    call.line(format_args!("ServerStabilizationTime = {}", now.server_stabilization_time))?;
    call.line(format_args!("RedundancyZoneTag = {:?}", now.redundancy_zone_tag))?;
    call.line(format_args!("DisableUpgradeMigration = {}", now.disable_upgrade_migration))?;
    call.line(format_args!("UpgradeVersionTag = {:?}", now.upgrade_version_tag))
}
