//! `federation`: how datacenters reach each other.

pub(super) mod explain;
pub(super) mod forget;

use crate::command::Group;
use crate::failure::Failure;

/// `federation`.
pub(super) const GROUP: Group = Group {
    path: &["federation"],
    summary: "Shows and repairs the ways between datacenters",
    about: "
Datacenters reach each other through their gateways. These commands show why a
datacenter can or cannot be reached, and drop one that will not come back.

    $ delian federation explain dc2
    $ delian federation forget dc2
",
};

/// The one datacenter a command is about.
fn datacenter(positional: &[String]) -> Result<String, Failure> {
    match positional {
        [name] if !name.is_empty() => Ok(name.clone()),
        _ => Err(Failure::usage("A single datacenter must be specified.")),
    }
}
