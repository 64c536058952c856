//! `services`: the services that the agent itself registers.

pub(super) mod deregister;
pub(super) mod register;

use std::path::PathBuf;

use serde_json::Value;

use crate::call::Call;
use crate::command::Group;
use crate::failure::Failure;

/// `services`.
pub(super) const GROUP: Group = Group {
    path: &["services"],
    summary: "Registers and deregisters services at an agent",
    about: "
Services belong to the agent of the node on which they run: it keeps them in
the catalog and runs their checks.

    $ delian services register web.hcl
    $ delian services deregister -id=web
",
};

/// The definitions in the files that the arguments name.
fn definitions(call: &Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let paths: Vec<PathBuf> = call.flags.positional.iter().map(Into::into).collect();
    (call.own.services)(&paths).map_err(|error| Failure::new(format_args!("Error: {error}")))
}

/// A text in a definition; empty when it is not there.
fn field<'a>(definition: &'a Value, name: &str) -> &'a str {
    definition.get(name).and_then(Value::as_str).unwrap_or_default()
}
