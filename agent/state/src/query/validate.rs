//! What a definition must be to be one, whatever the state: Consul's rules, in its order and words.

use api::http::duration;
use api::query::Query;
use std::time::Duration;

/// What stands in the place of a token that is not shown.
pub(super) const HIDDEN: &str = "<hidden>";

/// How much metadata a definition may ask for.
const MOST_METADATA: usize = 64;

/// # Errors
/// What is wrong with it.
pub(super) fn definition(query: &Query) -> Result<(), String> {
    if query.name.is_empty() && !query.is_template() && query.session.is_empty() {
        return Err("Must be bound to a session".to_owned());
    }
    if query.token == HIDDEN {
        return Err(format!("Bad Token '{HIDDEN}', it looks like a query definition with a redacted token was submitted"));
    }
    let service = &query.service;
    if service.service.is_empty() {
        return Err("Must provide a Service name to query".to_owned());
    }
    let failover = &service.failover;
    if failover.nearest_n < 0 {
        return Err(format!("Bad NearestN '{}', must be >= 0", failover.nearest_n));
    }
    if !failover.targets.is_empty() && (failover.nearest_n != 0 || !failover.datacenters.is_empty()) {
        return Err("Targets cannot be populated with NearestN or Datacenters".to_owned());
    }
    if let Some(target) = failover.targets.iter().find(|target| target.peer.is_empty() == target.datacenter.is_empty()) {
        let both = if target.peer.is_empty() { "none" } else { "both" };
        return Err(format!("A target must have one of Peer and Datacenter, and one has {both}"));
    }
    if service.node_meta.len() > MOST_METADATA {
        return Err(format!("Node metadata cannot contain more than {MOST_METADATA} key/value pairs"));
    }
    for (key, value) in &service.node_meta {
        metadata(key, value).map_err(|why| format!("Couldn't load metadata pair ('{key}', '{value}'): {why}"))?;
    }
    time_to_live(&query.dns.ttl)
}

/// Node metadata as a node could have it.
fn metadata(key: &str, value: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("Key cannot be blank".to_owned());
    }
    if !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err("Key contains invalid characters".to_owned());
    }
    if key.len() > 128 {
        return Err("Key is too long (limit: 128 characters)".to_owned());
    }
    if value.len() > 512 {
        return Err("Value is too long (limit: 512 characters)".to_owned());
    }
    Ok(())
}

fn time_to_live(ttl: &str) -> Result<(), String> {
    if ttl.is_empty() {
        return Ok(());
    }
    if duration::parse(ttl).is_none() {
        let missing = ttl.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let why = if missing { "missing unit in" } else { "invalid" };
        return Err(format!("Bad DNS TTL '{ttl}': time: {why} duration {ttl:?}"));
    }
    match ttl.strip_prefix('-').and_then(duration::parse) {
        Some(below) if below > Duration::ZERO => Err(format!("DNS TTL '-{}', must be >=0", below.as_nanos())),
        _ => Ok(()),
    }
}
