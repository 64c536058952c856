//! `catalog datacenters`: the datacenters known, nearest first.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["catalog", "datacenters"],
    arguments: "[options]",
    summary: "Lists all known datacenters",
    about: "
Lists the datacenters of the federation, one per line. The one asked comes
first, the others follow by the round-trip time to their servers.
",
    http: Http::Datacenter,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    call.no_arguments()?;
    let names: Vec<String> = call
        .client()?
        .ask_json(&call.get("/v1/catalog/datacenters"))
        .map_err(|error| Failure::new(format_args!("Error listing datacenters: {error}")))?;
    names.iter().try_for_each(|name| call.line(name))
}
