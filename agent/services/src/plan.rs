//! Definitions of checks as plans for the crate that runs them.

use api::agent::CheckDefinition;
use checks::{Grpc, Http, OsService, Plan, Polled, Probe, Script, Target, Tcp, Thresholds, Tls, Udp};
use std::time::Duration;

/// What is to be run; `None` when somebody tells how the check is. `output_max` is what of an output is kept at the most.
pub(crate) fn plan(check: &CheckDefinition, output_max: usize) -> Option<Plan> {
    if check.is_alias() {
        return Some(Plan::Alias(Target { node: check.alias_node.clone(), service: check.alias_service.clone() }));
    }
    let own = usize::try_from(check.output_max_size).ok().filter(|most| *most > 0);
    Some(Plan::Polled(Polled {
        probe: probe(check)?,
        interval: Duration::from_nanos(check.interval),
        timeout: (check.timeout > 0).then(|| Duration::from_nanos(check.timeout)),
        thresholds: thresholds(check),
        output_max: own.map_or(output_max, |own| own.min(output_max)),
    }))
}

fn probe(check: &CheckDefinition) -> Option<Probe> {
    let tls = || Tls { skip_verify: check.tls_skip_verify, server_name: check.tls_server_name.clone() };
    if check.is_script() {
        return Some(Probe::Script(Script { args: check.args.clone() }));
    }
    if !check.http.is_empty() {
        let headers = check.header.iter().flat_map(|(name, values)| values.values.iter().map(|value| (name.clone(), value.clone())));
        return Some(Probe::Http(Http {
            url: check.http.clone(),
            method: check.method.clone(),
            headers: headers.collect(),
            body: check.body.clone(),
            follow_redirects: !check.disable_redirects,
            tls: tls(),
        }));
    }
    if !check.tcp.is_empty() {
        return Some(Probe::Tcp(Tcp { address: check.tcp.clone(), tls: check.tcp_use_tls.then(tls) }));
    }
    if !check.udp.is_empty() {
        return Some(Probe::Udp(Udp { address: check.udp.clone() }));
    }
    if !check.grpc.is_empty() {
        return Some(Probe::Grpc(Grpc { target: check.grpc.clone(), tls: check.grpc_use_tls.then(tls) }));
    }
    (!check.os_service.is_empty()).then(|| Probe::OsService(OsService { name: check.os_service.clone() }))
}

fn thresholds(check: &CheckDefinition) -> Thresholds {
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    Thresholds {
        success_before_passing: count(check.success_before_passing),
        failures_before_warning: (check.failures_before_warning > 0).then(|| count(check.failures_before_warning)),
        failures_before_critical: count(check.failures_before_critical),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use api::catalog::HeaderValues;

    #[test]
    fn definitions_become_plans() {
        let header = [("X".to_owned(), HeaderValues { values: vec!["1".to_owned(), "2".to_owned()] })].into();
        let http = CheckDefinition {
            http: "http://a".to_owned(),
            header,
            interval: 10_000_000_000,
            output_max_size: 100,
            failures_before_critical: 3,
            ..CheckDefinition::default()
        };
        let Some(Plan::Polled(polled)) = plan(&http, 4096) else { panic!("not polled") };
        assert_eq!((polled.interval, polled.timeout, polled.output_max), (Duration::from_secs(10), None, 100));
        assert_eq!((polled.thresholds.failures_before_critical, polled.thresholds.failures_before_warning), (3, None));
        let Probe::Http(probe) = polled.probe else { panic!("another probe") };
        let pair = |value: &str| ("X".to_owned(), value.to_owned());
        assert!(probe.headers == [pair("1"), pair("2")] && probe.follow_redirects);
        let alias = CheckDefinition { alias_service: "web".to_owned(), ..CheckDefinition::default() };
        assert_eq!(plan(&alias, 1), Some(Plan::Alias(Target { node: String::new(), service: "web".to_owned() })));
        assert_eq!(plan(&CheckDefinition { ttl: 1, ..CheckDefinition::default() }, 1), None);
    }
}
