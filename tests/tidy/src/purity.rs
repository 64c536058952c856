//! Pure crates: no clock, no task, no socket, no randomness of their own, nor anything that has one.

use crate::Violation;
use crate::files::File;
use crate::graph::Graph;
use crate::workspace::Crate;

/// The crates that have rules and nothing else; each can be tested on a clock of the test's own.
pub const PURE: &[&str] = &["seed", "api", "hcl", "filter", "config", "state", "members", "topology", "local"];

/// The crates that read no clock and start nothing, though what they use may: `ca` stands on rustls.
pub const CLOCKLESS: &[&str] = &["ca"];

/// What a pure crate may not be built from, however far down.
const HEAVY: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "hyper",
    "hyper-util",
    "h2",
    "tonic",
    "tower",
    "quinn",
    "quinn-proto",
    "rustls",
    "tokio-rustls",
    "aws-lc-rs",
    "openraft",
    "redb",
    "opentelemetry",
    "tracing-subscriber",
    "clap",
];

/// What `clippy.toml` bans in each of them.
const BANS: &[&str] = &["std::time::Instant::now", "std::time::SystemTime::now", "std::thread::spawn", "tokio::spawn", "rand::rng"];

/// Ways from a pure crate to a heavy one.
#[must_use]
pub fn check_graph(graph: &Graph, pure: &[&str]) -> Vec<Violation> {
    let mut found = Vec::new();
    for name in pure {
        for heavy in HEAVY {
            if let Some(way) = graph.path(name, heavy) {
                found.push(Violation::new(*name, format!("is pure, and built from `{heavy}`: {}", way.join(" → "))));
            }
        }
    }
    found
}

/// Pure crates whose `clippy.toml` is missing or bans less than it should.
#[must_use]
pub fn check_bans(crates: &[Crate], files: &[File], names: &[&str]) -> Vec<Violation> {
    let mut found = Vec::new();
    for each in crates.iter().filter(|each| names.contains(&each.name.as_str())) {
        let path = format!("{}/clippy.toml", each.folder);
        match files.iter().find(|file| file.path == path) {
            None => found.push(Violation::new(path, "is missing")),
            Some(file) => {
                let missing = BANS.iter().filter(|ban| !file.text.contains(&format!("path = \"{ban}\"")));
                found.extend(missing.map(|ban| Violation::new(&path, format!("does not ban `{ban}`"))));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_heavy_crate_is_found_far_down() {
        let mut graph = Graph::default();
        graph.add("state", "light");
        graph.add("light", "tokio");
        graph.add("hcl", "light-too");
        let found = check_graph(&graph, &["state", "hcl"]);
        assert_eq!(found, [Violation::new("state", "is pure, and built from `tokio`: state → light → tokio")]);
    }

    #[test]
    fn missing_bans_are_found() {
        let pure = |name: &str| Crate { name: name.to_owned(), folder: name.to_owned(), normal: BTreeSet::new(), dev: BTreeSet::new() };
        let all: String = BANS.iter().map(|ban| format!("{{ path = \"{ban}\" }},\n")).collect();
        let some = all.replace("path = \"rand::rng\"", "");
        let files = [File::new("a/clippy.toml", all), File::new("b/clippy.toml", some)];
        let found = check_bans(&[pure("a"), pure("b"), pure("c"), pure("io")], &files, &["a", "b", "c"]);
        assert_eq!(found, [Violation::new("b/clippy.toml", "does not ban `rand::rng`"), Violation::new("c/clippy.toml", "is missing")]);
    }
}
