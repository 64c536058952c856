//! Definitions into rows: defaults filled in, mistakes named in Consul's words.

use crate::{Scripts, Settings, Source, meta};
use api::Error;
use api::agent::{CheckDefinition, ServiceDefinition};
use api::catalog::{CRITICAL, CheckRow, Connect, PASSING, ServiceAddress, ServiceRow, VIRTUAL, WARNING, Weights};
use api::http::duration;
use std::net::IpAddr;
use std::time::Duration;

/// A definition of an instance that can be registered.
pub(crate) struct Prepared {
    pub(crate) row: ServiceRow,
    /// Its checks, with ids.
    pub(crate) checks: Vec<CheckDefinition>,
    pub(crate) token: String,
    /// What it wants beside it.
    pub(crate) sidecar: Option<Box<ServiceDefinition>>,
}

/// Fills in what a definition leaves out.
///
/// # Errors
/// When it makes no sense.
pub(crate) fn prepare(definition: ServiceDefinition, source: Source, settings: &Settings) -> Result<Prepared, Error> {
    let ServiceDefinition { check, checks, connect, token, .. } = &definition;
    if definition.name.is_empty() {
        return Err(Error::bad_request("Missing service name"));
    }
    if let Some(why) = meta::mistake(&definition.meta) {
        return Err(Error::bad_request(format!("Invalid Service Meta: {why}")));
    }
    let weights = definition.weights.unwrap_or(Weights { passing: 1, warning: 1 });
    bad_weights(weights)?;
    // One that says nothing at all is none, but only where there may be none.
    let single = check.iter().filter(|check| **check != CheckDefinition::default());
    let checks: Vec<CheckDefinition> = single.chain(checks).cloned().collect();
    let (token, connect) = (token.clone(), connect.clone().unwrap_or_default());
    let row = state::prepared_service(row(definition, weights, connect.native)).map_err(Error::bad_request)?;
    for check in &checks {
        validate(check, source, settings)?;
        if !matches!(&*check.status, "" | PASSING | WARNING | CRITICAL) {
            return Err(Error::bad_request("Status for checks must 'passing', 'warning', 'critical'"));
        }
    }
    Ok(Prepared { checks: of_instance(checks, &row), row, token, sidecar: connect.sidecar_service })
}

fn bad_weights(weights: Weights) -> Result<(), Error> {
    if weights.passing < 1 {
        return Err(Error::bad_request("Invalid Weights: Passing must be greater than 0"));
    }
    if weights.warning < 0 {
        return Err(Error::bad_request("Invalid Weights: Warning must be greater or equal than 0"));
    }
    if weights.passing > 65535 || weights.warning > 65535 {
        return Err(Error::bad_request("Invalid Weights: DNS Weight must be between 0 and 65535"));
    }
    Ok(())
}

fn row(definition: ServiceDefinition, weights: Weights, native: bool) -> ServiceRow {
    let ServiceDefinition { kind, id, name, tags, address, port, mut tagged_addresses, .. } = definition;
    if let Ok(ip) = address.parse::<IpAddr>() {
        let family = if ip.is_ipv4() { "ipv4" } else { "ipv6" };
        for network in ["lan", "wan"] {
            let own = || ServiceAddress { address: address.clone(), port };
            tagged_addresses.entry(format!("{network}_{family}")).or_insert_with(own);
        }
    }
    // The catalog gives it.
    tagged_addresses.remove(VIRTUAL);
    // An ordinary instance is no proxy of anything, whatever it says.
    let mut proxy = definition.proxy.filter(|_| !kind.is_empty()).unwrap_or_default();
    for upstream in proxy.upstreams.iter_mut().filter(|upstream| upstream.destination_type.is_empty()) {
        "service".clone_into(&mut upstream.destination_type);
    }
    ServiceRow {
        id: if id.is_empty() { name.clone() } else { id },
        service: name,
        kind,
        tags,
        address,
        socket_path: definition.socket_path,
        tagged_addresses,
        meta: definition.meta,
        port,
        ports: definition.ports,
        weights,
        enable_tag_override: definition.enable_tag_override,
        proxy,
        connect: Connect { native },
        locality: definition.locality,
        ..ServiceRow::default()
    }
}

/// Checks that came with an instance: those that say no id are counted out, and those that say no name get the instance's.
fn of_instance(mut checks: Vec<CheckDefinition>, row: &ServiceRow) -> Vec<CheckDefinition> {
    let alone = checks.len() == 1;
    for (number, check) in (1..).zip(&mut checks) {
        if check.check_id.is_empty() {
            check.check_id = if alone { format!("service:{}", row.id) } else { format!("service:{}:{number}", row.id) };
        }
        if check.name.is_empty() {
            check.name = format!("Service '{}' check", row.service);
        }
        check.service_id.clone_from(&row.id);
    }
    checks
}

/// Whether a check can be run.
///
/// # Errors
/// When it makes no sense, or is a command that may not be run.
pub(crate) fn validate(check: &CheckDefinition, source: Source, settings: &Settings) -> Result<(), Error> {
    let (interval, ttl) = (check.interval > 0, check.ttl > 0);
    let mistakes = [
        (interval && ttl, "Interval and TTL cannot both be specified"),
        (check.is_probe() && !interval, "Interval must be > 0 for Script, HTTP, or TCP checks"),
        (check.is_probe() && check.is_alias(), "Interval cannot be set for Alias checks"),
        (check.is_alias() && ttl, "TTL must be not be set for Alias checks"),
        (!check.is_probe() && !check.is_alias() && !ttl, "TTL must be > 0 for TTL checks"),
        (check.output_max_size < 0, "MaxOutputMaxSize must be positive"),
        (
            check.failures_before_warning > check.failures_before_critical,
            "FailuresBeforeWarning can't be higher than FailuresBeforeCritical",
        ),
    ];
    if let Some((_, why)) = mistakes.iter().find(|(is, _)| *is) {
        return Err(Error::bad_request(format!("Invalid check: {why}")));
    }
    may_run(check, source, settings)
}

/// Whether a check from there may run, as far as it is a command.
///
/// # Errors
/// When it may not: see [`Settings::scripts`].
pub(crate) fn may_run(check: &CheckDefinition, source: Source, settings: &Settings) -> Result<(), Error> {
    let allowed = match settings.scripts {
        Scripts::Nobody => false,
        Scripts::OfFiles => source == Source::Files,
        Scripts::OfAll => true,
    };
    if check.is_script() && !allowed {
        return Err(Error::failed(match source {
            Source::Files => {
                "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true"
            }
            Source::Api => "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
        }));
    }
    Ok(())
}

/// What the catalog is to say of a check; `instance` is the one it is of.
pub(crate) fn check_row(check: &CheckDefinition, node: &str, instance: Option<&ServiceRow>) -> CheckRow {
    CheckRow {
        node: node.to_owned(),
        check_id: check.check_id.clone(),
        name: check.name.clone(),
        status: if check.status.is_empty() { CRITICAL.to_owned() } else { check.status.clone() },
        notes: check.notes.clone(),
        service_id: check.service_id.clone(),
        service_name: instance.map(|row| row.service.clone()).unwrap_or_default(),
        service_tags: instance.map(|row| row.tags.clone()).unwrap_or_default(),
        r#type: check.kind().to_owned(),
        interval: said(check.interval),
        timeout: said(check.timeout),
        ..CheckRow::default()
    }
}

/// Nanoseconds as rows of checks say them: what was left out is not `0s` there.
fn said(nanos: u64) -> String {
    if nanos == 0 { String::new() } else { duration::format(Duration::from_nanos(nanos)) }
}
