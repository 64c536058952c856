//! Every parser that strangers feed, each as a function of bytes that must return.
//!
//! [`TARGETS`] is the list. `tests/` runs each on some thousands of made-up inputs; the crate in `fuzz/`, which is no part of the
//! workspace, hands each to libFuzzer (`cargo fuzz run <target>`). A function panics when a parser does, and where what was read
//! does not come back from its own printed form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is the finding")]

mod certificates;
mod checks;
mod frames;
mod gossip;
mod names;
mod requests;
mod snapshot;
mod texts;

pub mod inputs;

/// One parser.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called, here and in `fuzz/`.
    pub name: &'static str,
    /// Feeds it; whether it took the input.
    pub run: fn(&[u8]) -> bool,
    /// Inputs to start from, of which it takes some.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "hcl", run: texts::hcl, seeds: texts::hcl_seeds },
    Target { name: "json", run: texts::json, seeds: texts::json_seeds },
    Target { name: "agent_configuration", run: texts::agent_configuration, seeds: texts::hcl_seeds },
    Target { name: "gateway_configuration", run: texts::gateway_configuration, seeds: texts::hcl_seeds },
    Target { name: "filter", run: texts::filter, seeds: texts::filter_seeds },
    Target { name: "query_template", run: texts::query_template, seeds: texts::query_template_seeds },
    Target { name: "http_request", run: requests::http_request, seeds: requests::http_seeds },
    Target { name: "call", run: requests::call, seeds: requests::call_seeds },
    Target { name: "answer", run: requests::answer, seeds: requests::answer_seeds },
    Target { name: "snapshot", run: snapshot::snapshot, seeds: snapshot::seeds },
    Target { name: "gossip_packet", run: gossip::packet, seeds: gossip::packet_seeds },
    Target { name: "gossip_stream", run: gossip::stream, seeds: gossip::stream_seeds },
    Target { name: "rpc_frames", run: frames::rpc, seeds: frames::rpc_seeds },
    Target { name: "wan_head", run: frames::wan_head, seeds: frames::wan_seeds },
    Target { name: "dns_question", run: names::question, seeds: names::question_seeds },
    Target { name: "dns_name", run: names::name, seeds: names::name_seeds },
    Target { name: "certificate_request", run: certificates::request, seeds: certificates::request_seeds },
    Target { name: "certificate", run: certificates::certificate, seeds: certificates::certificate_seeds },
    Target { name: "spiffe_id", run: certificates::spiffe_id, seeds: certificates::spiffe_seeds },
    Target { name: "check_redirect", run: checks::redirect, seeds: checks::redirect_seeds },
    Target { name: "check_health", run: checks::health, seeds: checks::health_seeds },
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}

/// Splits the input in two, at a place that its first byte tells.
fn halves(input: &[u8]) -> (&[u8], &[u8]) {
    let Some((first, rest)) = input.split_first() else {
        return (&[], &[]);
    };
    rest.split_at(usize::from(*first).min(rest.len()))
}

/// Two inputs as [`halves`] splits them.
fn joined(head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(head.len()).expect("a seed's head is short");
    [&[length], head, body].concat()
}
