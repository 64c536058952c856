//! The proxy that an instance wants beside it.

use api::Error;
use api::agent::{CheckDefinition, ServiceDefinition};
use api::catalog::{CONNECT_PROXY, ServiceRow, Weights};
use std::ops::RangeInclusive;

/// What a sidecar's id is made of.
const SUFFIX: &str = "-sidecar-proxy";
/// How often its port is tried, in nanoseconds.
const LISTENING_INTERVAL: u64 = 10_000_000_000;

pub(crate) fn id_of(parent: &ServiceRow) -> String {
    format!("{}{SUFFIX}", parent.id)
}

/// The sidecar of `parent` as it is registered: what `wanted` leaves out comes from the parent. `own` is the port it has if it is there
/// already, `taken` tells which ports others have.
///
/// # Errors
/// When what is wanted cannot be, or no port is left.
pub(crate) fn definition(
    parent: &ServiceRow,
    wanted: &ServiceDefinition,
    own: Option<i32>,
    ports: &RangeInclusive<u16>,
    taken: impl Fn(i32) -> bool,
) -> Result<ServiceDefinition, Error> {
    if !wanted.id.is_empty() {
        return Err(mistake("A SidecarService cannot specify an ID as this is managed by the agent"));
    }
    if wanted.connect.as_ref().is_some_and(|connect| connect.sidecar_service.is_some()) {
        return Err(mistake("A SidecarService cannot have a nested SidecarService"));
    }
    let mut sidecar = ServiceDefinition { id: id_of(parent), ..wanted.clone() };
    if sidecar.name.is_empty() {
        sidecar.name = format!("{}{SUFFIX}", parent.service);
    }
    if sidecar.kind.is_empty() {
        CONNECT_PROXY.clone_into(&mut sidecar.kind);
    }
    if sidecar.tags.is_empty() {
        sidecar.tags.clone_from(&parent.tags);
    }
    if sidecar.meta.is_empty() {
        sidecar.meta.clone_from(&parent.meta);
    }
    if sidecar.address.is_empty() {
        sidecar.address.clone_from(&parent.address);
    }
    if sidecar.weights.is_none() {
        sidecar.weights = Some(Weights { passing: 1, warning: 1 });
    }
    if sidecar.locality.is_none() {
        sidecar.locality.clone_from(&parent.locality);
    }
    if sidecar.port == 0 && sidecar.socket_path.is_empty() {
        sidecar.port = free_port(own, ports, taken)?;
    }
    let proxy = sidecar.proxy.get_or_insert_default();
    if proxy.destination_service_name.is_empty() {
        proxy.destination_service_name.clone_from(&parent.service);
    }
    if proxy.destination_service_id.is_empty() {
        proxy.destination_service_id.clone_from(&parent.id);
    }
    if proxy.local_service_socket_path.is_empty() {
        if proxy.local_service_address.is_empty() {
            "127.0.0.1".clone_into(&mut proxy.local_service_address);
        }
        if proxy.local_service_port < 1 {
            proxy.local_service_port = parent.port;
        }
    }
    if sidecar.check.is_none() && sidecar.checks.is_empty() {
        sidecar.checks = checks(parent, &sidecar);
    }
    Ok(sidecar)
}

/// That it listens, and that its instance is well.
fn checks(parent: &ServiceRow, sidecar: &ServiceDefinition) -> Vec<CheckDefinition> {
    let host = if sidecar.address.is_empty() { "127.0.0.1" } else { &sidecar.address };
    let tcp = if host.contains(':') { format!("[{host}]:{}", sidecar.port) } else { format!("{host}:{}", sidecar.port) };
    let listening =
        CheckDefinition { name: "Connect Sidecar Listening".to_owned(), tcp, interval: LISTENING_INTERVAL, ..CheckDefinition::default() };
    let alias = CheckDefinition {
        name: format!("Connect Sidecar Aliasing {}", parent.id),
        alias_service: parent.id.clone(),
        ..CheckDefinition::default()
    };
    vec![listening, alias]
}

/// The port it has, or the first that nobody has.
fn free_port(own: Option<i32>, ports: &RangeInclusive<u16>, taken: impl Fn(i32) -> bool) -> Result<i32, Error> {
    let within = |port: &i32| u16::try_from(*port).is_ok_and(|port| ports.contains(&port));
    let free = || ports.clone().map(i32::from).find(|port| *port > 0 && !taken(*port));
    own.filter(within).or_else(free).ok_or_else(|| {
        let (first, last) = (ports.start(), ports.end());
        mistake(&format!("auto-assignment of a port for the sidecar failed: none left in range [{first}, {last}]"))
    })
}

fn mistake(why: &str) -> Error {
    Error::bad_request(format!("1 error occurred:\n\t* {why}\n\n"))
}
