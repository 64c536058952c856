//! Who may depend on whom among the workspace's own crates. An arrow never points up, nor sideways.

use std::collections::BTreeSet;

use crate::Violation;
use crate::workspace::Crate;

/// Crates of one layer do not know each other; a crate may use those of the layers before its own.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    /// What the layer is.
    pub name: &'static str,
    /// Its crates.
    pub crates: &'static [&'static str],
}

/// Lowest first.
pub const LAYERS: &[Layer] = &[
    Layer { name: "choices", crates: &["seed"] },
    Layer { name: "words", crates: &["api", "hcl", "filter"] },
    Layer { name: "pure cores", crates: &["config", "state", "members", "topology", "ca"] },
    // What a registration must be, `state` says.
    Layer { name: "the agent's own core", crates: &["local"] },
    Layer { name: "what gossip drivers share", crates: &["gossip"] },
    Layer { name: "carriers", crates: &["wire", "lan", "link", "checks"] },
    Layer { name: "the waist", crates: &["dispatch"] },
    Layer { name: "stand-ins", crates: &["base2histogram"] },
    Layer { name: "around the waist", crates: &["consensus", "rpc", "telemetry", "watch"] },
    Layer { name: "edges", crates: &["edge-http", "edge-dns", "cli"] },
    Layer { name: "nodes", crates: &["node"] },
    Layer { name: "certificates by operation", crates: &["authority"] },
    Layer { name: "the gateway", crates: &["gateway"] },
    Layer { name: "services of a node", crates: &["services"] },
    // It may run a gateway within.
    Layer { name: "what agents have in common", crates: &["desk"] },
    Layer { name: "agents", crates: &["server", "client"] },
    Layer { name: "the binary", crates: &["agent"] },
    Layer { name: "tests", crates: &["parsers", "sim", "compat", "tidy"] },
    // It starts what `tidy` reads in the tree.
    Layer { name: "tests of processes", crates: &["cluster"] },
];

/// Crates that have their place in [`LAYERS`] and are still to come.
pub const PLANNED: &[&str] = &[];

/// Crates that may use even less than the layers before them: what they know besides would be a leak of their idea.
pub const NARROW: &[(&str, &[&str])] = &[
    // What travels is opaque to the carriers.
    ("wire", &[]),
    ("link", &[]),
    ("gossip", &["members"]),
    ("lan", &["members", "gossip"]),
    // Whoever says what to check knows the catalog; whoever checks does not.
    ("checks", &["api", "ca"]),
    // The cores do not know each other.
    ("config", &["hcl"]),
    ("state", &["api", "filter", "hcl", "seed"]),
    ("local", &["api", "filter", "seed", "state"]),
    ("members", &[]),
    ("topology", &["seed"]),
    ("ca", &[]),
    ("dispatch", &["api", "state", "filter", "seed"]),
    // An edge parses, calls and renders; it reaches no table, no peer and no datacenter.
    ("edge-http", &["api", "config", "dispatch"]),
    ("edge-dns", &["api", "dispatch", "seed"]),
    ("cli", &["ca", "watch"]),
    // How a watch is asked is its caller's affair.
    ("watch", &["ca"]),
    // It records the waist's spans; nobody below the processes knows it.
    ("telemetry", &["api", "dispatch"]),
    // Consensus orders bytes; who may call it is decided elsewhere.
    ("consensus", &["api", "state", "dispatch", "wire"]),
];

/// Dependencies, for the product or for tests, that point up or sideways or leave a crate's narrow list; crates without a layer;
/// names in the tables that are no crate.
#[must_use]
pub fn check(crates: &[Crate], layers: &[Layer], narrow: &[(&str, &[&str])]) -> Vec<Violation> {
    let own: BTreeSet<&str> = crates.iter().map(|known| known.name.as_str()).collect();
    let rank = |name: &str| layers.iter().position(|layer| layer.crates.contains(&name));
    let mut found = Vec::new();
    for each in crates {
        let Some(mine) = rank(&each.name) else {
            found.push(Violation::new(&each.name, "is in no layer of LAYERS"));
            continue;
        };
        for used in each.normal.iter().chain(&each.dev).filter(|used| own.contains(used.as_str())) {
            if *used != each.name && rank(used).is_none_or(|theirs| theirs >= mine) {
                found.push(Violation::new(&each.name, format!("uses `{used}`, which is not below `{}`", layers[mine].name)));
            }
        }
        if let Some((_, allowed)) = narrow.iter().find(|(name, _)| *name == each.name) {
            for used in each.normal.iter().filter(|used| own.contains(used.as_str()) && !allowed.contains(&used.as_str())) {
                found.push(Violation::new(&each.name, format!("uses `{used}`; of our crates it may know {allowed:?}")));
            }
        }
    }
    found
}

/// Crates of `layers` that the workspace does not have and `expected` does not excuse.
#[must_use]
pub fn check_stale(crates: &[Crate], layers: &[Layer], expected: &[&str]) -> Vec<Violation> {
    let has = |name: &str| crates.iter().any(|known| known.name == name);
    let listed = layers.iter().flat_map(|layer| layer.crates).filter(|name| !has(name) && !expected.contains(*name));
    listed.map(|name| Violation::new("LAYERS", format!("there is no crate `{name}`"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Layer] = &[Layer { name: "low", crates: &["a", "b"] }, Layer { name: "high", crates: &["c", "d"] }];

    fn a_crate(name: &str, normal: &[&str], dev: &[&str]) -> Crate {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.to_owned(), folder: name.to_owned(), normal: set(normal), dev: set(dev) }
    }

    #[test]
    fn arrows_up_and_sideways_are_found_in_either_kind() {
        let crates = [a_crate("a", &["c"], &[]), a_crate("b", &[], &["a"]), a_crate("c", &["a", "serde"], &[]), a_crate("d", &["c"], &[])];
        let found: Vec<String> = check(&crates, TWO, &[]).iter().map(Violation::to_string).collect();
        assert_eq!(
            found,
            ["a: uses `c`, which is not below `low`", "b: uses `a`, which is not below `low`", "d: uses `c`, which is not below `high`"]
        );
    }

    #[test]
    fn narrow_lists_and_missing_layers_are_held() {
        let crates = [a_crate("a", &[], &[]), a_crate("c", &["a"], &[]), a_crate("x", &[], &[])];
        let found: Vec<String> = check(&crates, TWO, &[("c", &["b"])]).iter().map(Violation::to_string).collect();
        assert_eq!(found, ["c: uses `a`; of our crates it may know [\"b\"]", "x: is in no layer of LAYERS"]);
        assert_eq!(check_stale(&crates, TWO, &["d"]).len(), 1);
    }

    #[test]
    fn the_table_names_every_crate_once() {
        let names: Vec<&str> = LAYERS.iter().flat_map(|layer| layer.crates).copied().collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), unique.len());
        assert!(NARROW.iter().all(|(name, allowed)| unique.contains(name) && allowed.iter().all(|other| unique.contains(other))));
    }
}
