//! Definitions of checks as plans for the crate that runs them.

use api::agent::CheckDefinition;
use checks::{Docker, Grpc, H2Ping, Http, OsService, Plan, Polled, Probe, Script, Target, Tcp, Thresholds, Tls, Udp};
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
        let (container, args) = (check.docker_container_id.clone(), check.args.clone());
        // A shell may be named; Consul runs the command without one, too.
        return Some(if container.is_empty() { Probe::Script(Script { args }) } else { Probe::Docker(Docker { container, args }) });
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
    if !check.h2ping.is_empty() {
        let tls = check.h2ping_use_tls.unwrap_or(true).then(tls);
        return Some(Probe::H2Ping(H2Ping { address: check.h2ping.clone(), tls }));
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
        let probed = |check: CheckDefinition| match plan(&check, 1) {
            Some(Plan::Polled(polled)) => polled.probe,
            _ => panic!("not polled"),
        };
        let ping = |h2ping_use_tls| CheckDefinition { h2ping: "a:1".to_owned(), h2ping_use_tls, ..CheckDefinition::default() };
        let pinged = |tls| Probe::H2Ping(H2Ping { address: "a:1".to_owned(), tls });
        assert_eq!(probed(ping(None)), pinged(Some(Tls::default())), "TLS unless it says otherwise");
        assert_eq!(probed(ping(Some(false))), pinged(None));
        let args = vec!["/bin/check".to_owned()];
        let script = CheckDefinition { args: args.clone(), shell: "/bin/sh".to_owned(), ..CheckDefinition::default() };
        assert_eq!(probed(script.clone()), Probe::Script(Script { args: args.clone() }));
        let contained = CheckDefinition { docker_container_id: "web".to_owned(), ..script };
        assert_eq!(probed(contained), Probe::Docker(Docker { container: "web".to_owned(), args }));
        assert_eq!(plan(&CheckDefinition { ttl: 1, ..CheckDefinition::default() }, 1), None);
    }
}
