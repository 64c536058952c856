//! `join`: has the agent join others.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["join"],
    arguments: "[options] ADDRESS...",
    summary: "Has the agent join a cluster",
    about: "
Tells the running agent to join the cluster of which an agent listens at
ADDRESS. One address that answers is enough; each is tried.
",
    http: Http::Agent,
    flags: &[WAN],
    run,
};

const WAN: Flag = Flag::switch("wan", "Join the pool that joins datacenters. Only servers can.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let addresses = std::mem::take(&mut call.flags.positional);
    if addresses.is_empty() {
        return Err(Failure::usage("At least one address to join must be specified."));
    }
    let client = call.client()?;
    let wan = call.flags.is_on(&WAN).then_some("1");
    let mut joined = 0_usize;
    for address in addresses {
        let request = call.put(format!("/v1/agent/join/{address}")).query_if("wan", wan);
        match client.ask(&request) {
            Ok(_) => joined += 1,
            Err(error) => call.warn(format_args!("Error joining address '{address}': {error}"))?,
        }
    }
    match joined {
        0 => Err(Failure::new("Failed to join any nodes.")),
        _ => call.line(format_args!("Successfully joined cluster by contacting {joined} nodes.")),
    }
}
