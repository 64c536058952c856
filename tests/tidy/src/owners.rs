//! Heavy dependencies stand behind one crate each, so that an edit elsewhere rebuilds little, and a change of the dependency stays there.

use regex::Regex;

use crate::Violation;
use crate::files::File;
use crate::workspace::Crate;

/// A dependency, and the crates that may have it for normal use. Tests may use anything.
#[derive(Debug, Clone, Copy)]
pub struct Owned {
    /// The package.
    pub dependency: &'static str,
    /// Who may depend on it.
    pub by: &'static [&'static str],
}

/// Dependencies with an owner.
pub const OWNED: &[Owned] = &[
    Owned { dependency: "openraft", by: &["consensus"] },
    Owned { dependency: "redb", by: &["consensus"] },
    Owned { dependency: "quinn", by: &["link"] },
    Owned { dependency: "foca", by: &["members"] },
    Owned { dependency: "aes-gcm", by: &["members"] },
    Owned { dependency: "imbl", by: &["members", "state"] },
    Owned { dependency: "hickory-proto", by: &["edge-dns"] },
    Owned { dependency: "rcgen", by: &["ca"] },
    Owned { dependency: "rustls-webpki", by: &["ca"] },
    // `telemetry` speaks gRPC to a collector, which is none of ours.
    Owned { dependency: "tonic", by: &["wire", "telemetry"] },
    Owned { dependency: "tonic-prost", by: &["wire"] },
    Owned { dependency: "tower", by: &["wire", "telemetry"] },
    // A server in two of them, a client in the command line and in checks.
    Owned { dependency: "hyper", by: &["edge-http", "wire", "cli", "watch", "checks"] },
    Owned { dependency: "hyper-util", by: &["edge-http", "wire", "cli", "watch", "telemetry", "checks"] },
    // Its pings, which hyper does not hand on.
    Owned { dependency: "h2", by: &["checks"] },
    Owned { dependency: "rustix", by: &["agent", "checks", "watch"] },
    Owned { dependency: "flate2", by: &["edge-http", "cli"] },
    Owned { dependency: "regex", by: &["filter", "cli"] },
    Owned { dependency: "clap", by: &["agent"] },
    Owned { dependency: "anyhow", by: &["agent", "cli"] },
    Owned { dependency: "opentelemetry", by: &["telemetry"] },
    Owned { dependency: "opentelemetry-otlp", by: &["telemetry"] },
    Owned { dependency: "opentelemetry_sdk", by: &["telemetry"] },
    Owned { dependency: "tracing-opentelemetry", by: &["telemetry"] },
    Owned { dependency: "tracing-subscriber", by: &["telemetry"] },
    // Async functions in traits are written with `impl Future`.
    Owned { dependency: "async-trait", by: &[] },
];

/// Packages that nothing of ours is built from, with the reason.
pub const REFUSED: &[(&str, &str)] = &[
    ("ring", "one cryptographic provider for all: aws-lc-rs"),
    ("openssl", "one cryptographic provider for all: aws-lc-rs"),
    ("openssl-sys", "one cryptographic provider for all: aws-lc-rs"),
    ("native-tls", "one cryptographic provider for all: aws-lc-rs"),
    ("bincode", "unmaintained (RUSTSEC-2025-0141)"),
    ("axum", "comes with tonic's router, which is off"),
    ("prost-build", "messages are written by hand: a build needs no protoc"),
    ("tonic-build", "messages are written by hand: a build needs no protoc"),
    ("protobuf-src", "messages are written by hand: a build needs no protoc"),
];

/// The crate that alone makes TLS configurations.
pub const TLS_MAKER: &str = "ca";

/// Files besides that may make one for now, with the reason.
pub const TLS_EXEMPT: &[(&str, &str)] = &[];

/// Crates that depend on what another crate owns. Crates under `tests/` may.
#[must_use]
pub fn check_owned(crates: &[Crate], owned: &[Owned]) -> Vec<Violation> {
    let mut found = Vec::new();
    for each in crates.iter().filter(|each| !each.folder.starts_with("tests/")) {
        for rule in owned.iter().filter(|rule| each.normal.contains(rule.dependency) && !rule.by.contains(&each.name.as_str())) {
            found.push(Violation::new(&each.name, format!("depends on `{}`, which stands behind {:?}", rule.dependency, rule.by)));
        }
    }
    found
}

/// Places in the product that build a rustls configuration and are not in [`TLS_MAKER`].
#[must_use]
pub fn check_tls(files: &[File], exempt: &[(&str, &str)]) -> Vec<Violation> {
    let Ok(builder) = Regex::new(r"\b(Server|Client)Config::builder(_with_[a-z_]+)?\(") else {
        return vec![Violation::new("check_tls", "the pattern does not compile")];
    };
    let home = format!("{TLS_MAKER}/");
    let product = |file: &&File| file.is_rust() && !file.is_test() && !file.path.starts_with(&home);
    let mut found = Vec::new();
    for file in files.iter().filter(product).filter(|file| !exempt.iter().any(|(path, _)| *path == file.path)) {
        for (number, line) in file.text.lines().enumerate().take_while(|(_, line)| line.trim() != "mod tests {") {
            if builder.is_match(line) {
                found.push(Violation::new(format!("{}:{}", file.path, number + 1), "makes a TLS configuration, which is for `ca` alone"));
            }
        }
    }
    for (path, _) in exempt {
        if !files.iter().any(|file| file.path == *path && builder.is_match(&file.text)) {
            found.push(Violation::new(*path, "makes no TLS configuration any more: take it off TLS_EXEMPT"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_crate(name: &str, folder: &str, normal: &[&str]) -> Crate {
        let normal = normal.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.to_owned(), folder: folder.to_owned(), normal, dev: [String::from("quinn")].into() }
    }

    #[test]
    fn what_another_owns_is_found_except_in_tests() {
        let crates = [
            a_crate("link", "federation/link", &["quinn"]),
            a_crate("state", "agent/state", &["quinn"]),
            a_crate("sim", "tests/sim", &["quinn"]),
        ];
        let found = check_owned(&crates, OWNED);
        assert_eq!(found, [Violation::new("state", "depends on `quinn`, which stands behind [\"link\"]")]);
    }

    #[test]
    fn tls_configurations_are_found_outside_their_maker() {
        let making = "fn f() {\n    ServerConfig::builder()\n}\n";
        let in_tests = "mod tests {\n    ClientConfig::builder_with_provider(p)\n}\n";
        let files = [
            File::new("ca/src/tls.rs", making),
            File::new("agent/x/src/a.rs", making),
            File::new("agent/x/src/b.rs", in_tests),
            File::new("agent/x/tests/c.rs", making),
            File::new("agent/cli/src/tls.rs", making),
        ];
        let exempt = &[("agent/cli/src/tls.rs", "for a reason")];
        let found = check_tls(&files, exempt);
        assert_eq!(found.iter().map(|found| found.place.as_str()).collect::<Vec<_>>(), ["agent/x/src/a.rs:2"]);
        assert_eq!(check_tls(&[], exempt).len(), 1);
    }
}
