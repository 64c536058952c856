//! `monitor`: the log of a running agent, as it is written.

use crate::call::Call;
use crate::client::Ended;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["monitor"],
    arguments: "[options]",
    summary: "Shows the log of an agent as it is written",
    about: "
Prints the log lines of the running agent from now on, until it is interrupted
or the agent ends. The level is one of trace, debug, info, warn and err, and
does not have to be the agent's own: lines that its own log leaves out can be
seen here.

    $ delian monitor -log-level=debug
",
    http: Http::Agent,
    flags: &[LOG_JSON, LOG_LEVEL],
    run,
};

const LOG_JSON: Flag = Flag::switch("log-json", "Print each line as a JSON object.");
const LOG_LEVEL: Flag = Flag::text("log-level", "string", "Least level to show: the agent uses info if none is given.").or("INFO");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let request = call
        .get("/v1/agent/monitor")
        .query_if("loglevel", call.flags.non_empty(&LOG_LEVEL))
        .query_if("logjson", call.flags.is_on(&LOG_JSON).then_some("true"));
    let client = call.client()?;
    let stdout = &mut *call.io.stdout;
    let mut print = |lines: &[u8]| stdout.write_all(lines).and_then(|()| stdout.flush());
    let interrupt = (call.own.interrupt)();
    let followed = client.follow(&request, interrupt, &mut print);
    match followed.map_err(|error| Failure::new(format_args!("Error starting monitor: {error}")))?? {
        Ended::ByUs => Ok(()),
        Ended::ByAgent => {
            call.line("\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed.")?;
            Err(Failure::silent(1))
        }
    }
}
