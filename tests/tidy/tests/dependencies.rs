//! What the crates are built from.
#![allow(clippy::unwrap_used, reason = "a test has nobody to hand an error to")]

use std::fs;
use std::sync::LazyLock;

use tidy::workspace::Workspace;
use tidy::{Violation, layers, lock, none, owners, purity};

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(|| Workspace::load().unwrap());

#[test]
fn the_workspace_is_seen_whole() {
    assert!(WORKSPACE.crates.len() >= 20, "{}", WORKSPACE.crates.len());
    // Both would be found if the rules below looked at an empty graph.
    assert!(WORKSPACE.graph.path("agent", "api").is_some());
    assert!(WORKSPACE.graph.path("consensus", "openraft").is_some());
}

#[test]
fn no_arrow_points_up() {
    none(&layers::check(&WORKSPACE.crates, layers::LAYERS, layers::NARROW));
    none(&layers::check_stale(&WORKSPACE.crates, layers::LAYERS, layers::PLANNED));
}

#[test]
fn pure_crates_are_built_from_nothing_heavy() {
    none(&purity::check_graph(&WORKSPACE.graph, purity::PURE));
}

#[test]
fn heavy_dependencies_stand_behind_their_owner() {
    none(&owners::check_owned(&WORKSPACE.crates, owners::OWNED));
}

#[test]
fn nothing_is_built_from_what_is_refused() {
    let mut found = Vec::new();
    for each in &WORKSPACE.crates {
        for (package, reason) in owners::REFUSED {
            if let Some(way) = WORKSPACE.graph.path(&each.name, package) {
                found.push(Violation::new(&each.name, format!("is built from `{package}` ({reason}): {}", way.join(" → "))));
            }
        }
    }
    none(&found);
}

#[test]
fn locked_versions_have_no_known_holes() {
    let packages = lock::parse(&fs::read_to_string(WORKSPACE.root.join("Cargo.lock")).unwrap());
    assert!(packages.len() > 100, "{}", packages.len());
    none(&lock::check(&packages, lock::FLOORS, lock::EXACT));
}
