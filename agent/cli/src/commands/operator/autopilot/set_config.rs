//! `operator autopilot set-config`: changes by which numbers the autopilot goes.

use super::{Configuration, PATH};
use crate::call::Call;
use crate::command::Command;
use crate::duration;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "autopilot", "set-config"],
    arguments: "[options]",
    summary: "Changes the configuration of the autopilot",
    about: "
Changes what is given and leaves the rest as it is. If somebody else changes
the configuration meanwhile, nothing is written.

    $ delian operator autopilot set-config -cleanup-dead-servers=false
",
    http: Http::Datacenter,
    flags: &[CLEANUP, UPGRADE_MIGRATION, LAST_CONTACT, TRAILING, QUORUM, ZONE_TAG, STABILIZATION, VERSION_TAG],
    run,
};

const CLEANUP: Flag = Flag::switch("cleanup-dead-servers", "Whether failed servers are removed when enough others remain; needs =.");
const UPGRADE_MIGRATION: Flag = Flag::switch("disable-upgrade-migration", "Kept for those who read it back; it has no effect.");
const LAST_CONTACT: Flag =
    Flag::text("last-contact-threshold", "200ms", "A server that has not heard from the leader for longer is unhealthy.");
const TRAILING: Flag = Flag::uint("max-trailing-logs", "A server that lags more entries behind is unhealthy.");
const QUORUM: Flag = Flag::uint("min-quorum", "No failed server is removed when fewer would remain.");
const ZONE_TAG: Flag = Flag::text("redundancy-zone-tag", "string", "Kept for those who read it back; it has no effect.");
const STABILIZATION: Flag = Flag::text("server-stabilization-time", "10s", "How long a new server must be healthy before it votes.");
const VERSION_TAG: Flag = Flag::text("upgrade-version-tag", "string", "Kept for those who read it back; it has no effect.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let spans = [span(call, &LAST_CONTACT)?, span(call, &STABILIZATION)?];
    let client = call.client()?;
    let before = Configuration::read(&client, &call.get_latest(PATH))?;
    let cas = before.modify_index.to_string();
    let wanted = with_flags(before, call, spans);
    let failed = |error: String| Failure::new(format_args!("Error setting Autopilot configuration: {error}"));
    let body = serde_json::to_vec(&wanted).map_err(|error| failed(error.to_string()))?;
    let written: bool = client.ask_json(&call.put(PATH).query("cas", cas).body(body)).map_err(|error| failed(error.to_string()))?;
    if written {
        return call.line("Configuration updated!");
    }
    // Consul says this on stdout.
    call.line("Configuration could not be atomically updated, please try again")?;
    Err(Failure::silent(1))
}

/// A duration as it was given, if it is one.
fn span(call: &Call<'_, '_>, flag: &Flag) -> Result<Option<String>, Failure> {
    let Some(text) = call.flags.text(flag) else { return Ok(None) };
    match duration::parse(text) {
        Some(_) => Ok(Some(text.to_owned())),
        None => Err(Failure::new(format_args!("invalid value {text:?} for flag -{}: time: invalid duration {text:?}", flag.name))),
    }
}

fn with_flags(before: Configuration, call: &Call<'_, '_>, spans: [Option<String>; 2]) -> Configuration {
    let flags = &call.flags;
    let [last_contact, stabilization] = spans;
    let switch = |flag: &Flag, before: bool| if flags.is_given(flag) { flags.is_on(flag) } else { before };
    let number = |flag: &Flag, before: u64| if flags.is_given(flag) { flags.uint(flag) } else { before };
    let text = |flag: &Flag, before: String| flags.text(flag).map_or(before, str::to_owned);
    Configuration {
        cleanup_dead_servers: switch(&CLEANUP, before.cleanup_dead_servers),
        last_contact_threshold: last_contact.unwrap_or(before.last_contact_threshold),
        max_trailing_logs: number(&TRAILING, before.max_trailing_logs),
        min_quorum: number(&QUORUM, before.min_quorum),
        server_stabilization_time: stabilization.unwrap_or(before.server_stabilization_time),
        redundancy_zone_tag: text(&ZONE_TAG, before.redundancy_zone_tag),
        disable_upgrade_migration: switch(&UPGRADE_MIGRATION, before.disable_upgrade_migration),
        upgrade_version_tag: text(&VERSION_TAG, before.upgrade_version_tag),
        ..before
    }
}
