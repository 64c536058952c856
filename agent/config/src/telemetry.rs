//! Metrics and traces.

use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// The `telemetry` stanza. `otlp_endpoint` and `sample_ratio` are ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// First part of every metric's name.
    pub metrics_prefix: String,
    /// Whether gauges leave the host name out.
    pub disable_hostname: bool,
    /// Prefixes of names that are let through, from `+` rules.
    pub allowed_prefixes: Vec<String>,
    /// Prefixes of names that are held back, from `-` rules.
    pub blocked_prefixes: Vec<String>,
    /// Whether a name without a rule is let through.
    pub filter_default: bool,
    /// How long Prometheus metrics are kept; zero turns the endpoint off.
    pub prometheus_retention_time: Duration,
    /// `http://` or `https://` address of an OpenTelemetry collector (gRPC); none sends no traces.
    pub otlp_endpoint: Option<String>,
    /// Share of requests that are traced, 0 to 1; none leaves it to the environment, and to 1 after that.
    pub sample_ratio: Option<f64>,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Telemetry, Findings) {
    let mut read = Reader::new(context);
    let (allowed_prefixes, blocked_prefixes) = prefixes(&mut read);
    let telemetry = Telemetry {
        metrics_prefix: read.text("telemetry.metrics_prefix").unwrap_or("consul").to_owned(),
        disable_hostname: read.is("telemetry.disable_hostname"),
        allowed_prefixes,
        blocked_prefixes,
        filter_default: read.truth("telemetry.filter_default").unwrap_or(true),
        prometheus_retention_time: read.duration("telemetry.prometheus_retention_time", Duration::ZERO),
        otlp_endpoint: otlp_endpoint(&mut read),
        sample_ratio: sample_ratio(&mut read),
    };
    (telemetry, read.finish())
}

fn prefixes(read: &mut Reader<'_>) -> (Vec<String>, Vec<String>) {
    let (mut allowed, mut blocked) = (Vec::new(), Vec::new());
    for rule in read.texts("telemetry.prefix_filter") {
        let rule = rule.value.as_str();
        if let Some(prefix) = rule.strip_prefix('+') {
            allowed.push(prefix.to_owned());
        } else if let Some(prefix) = rule.strip_prefix('-') {
            blocked.push(prefix.to_owned());
        } else if rule.is_empty() {
            read.warn("Cannot have empty filter rule in prefix_filter");
        } else {
            let message = format!("Filter rule must begin with either '+' or '-': {rule:?}");
            read.warn(message);
        }
    }
    (allowed, blocked)
}

fn otlp_endpoint(read: &mut Reader<'_>) -> Option<String> {
    let key = "telemetry.otlp_endpoint";
    let given = read.filled(key)?;
    let rest = given.strip_prefix("http://").or_else(|| given.strip_prefix("https://"));
    if rest.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
        let form = "Must be of the form http://host:port or https://host:port";
        read.wrong(key, format!("{key} cannot be {given:?}. {form}"));
    }
    Some(given.to_owned())
}

fn sample_ratio(read: &mut Reader<'_>) -> Option<f64> {
    let key = "telemetry.sample_ratio";
    let ratio = read.float(key)?;
    if !(0.0..=1.0).contains(&ratio) {
        read.wrong(key, format!("{key} cannot be {ratio}. Must be between 0 and 1"));
        return None;
    }
    Some(ratio)
}
