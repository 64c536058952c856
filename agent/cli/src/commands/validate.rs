//! `validate`: checks configuration files without starting an agent.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::own::{ConfigFormat, Validate};

pub(super) const COMMAND: Command = Command {
    path: &["validate"],
    arguments: "[options] FILE_OR_DIRECTORY...",
    summary: "Checks configuration files",
    about: "
Reads configuration as `delian agent` would and reports what is wrong with it.
Give it everything the agent is given: parts alone may miss settings that
others have.

Exits with 0 if the configuration is valid and with 1 if it is not.
",
    http: Http::None,
    flags: &[CONFIG_FORMAT, QUIET],
    run,
};

const CONFIG_FORMAT: Flag = Flag::text("config-format", "hcl|json", "Read every file in this format instead of going by its extension.");
const QUIET: Flag = Flag::switch("quiet", "Print nothing if the configuration is valid.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    if call.flags.positional.is_empty() {
        return Err(Failure::new("Must specify at least one config file or directory"));
    }
    let format = match call.flags.non_empty(&CONFIG_FORMAT) {
        None => None,
        Some("hcl") => Some(ConfigFormat::Hcl),
        Some("json") => Some(ConfigFormat::Json),
        // The missing quote is Consul's; scripts may compare the line.
        Some(_) => return Err(Failure::new("-config-format must be either 'hcl' or 'json")),
    };
    let paths = call.flags.positional.iter().map(Into::into).collect();
    let validated = (call.own.validate)(&Validate { paths, format });
    let warnings = validated.map_err(|error| Failure::new(format_args!("Config validation failed: {error}")))?;
    if call.flags.is_on(&QUIET) {
        return Ok(());
    }
    for warning in warnings {
        call.warn(warning)?;
    }
    call.line("Configuration is valid!")
}
