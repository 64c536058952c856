//! What the project's files are called and say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use std::sync::LazyLock;

use tidy::files::{self, File};
use tidy::workspace::Workspace;
use tidy::{documents, manifests, names, none, owners, purity, sleeps, source, units, words};

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(|| Workspace::load().unwrap());
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| files::read(&WORKSPACE.root).unwrap());

#[test]
fn the_files_are_seen() {
    assert!(FILES.iter().any(|file| file.path == "proto/api/src/lib.rs" && file.text.contains("//!")));
    assert!(FILES.iter().any(|file| file.path == ".ci/run"));
    assert!(!FILES.iter().any(|file| file.path.starts_with("target/")));
}

#[test]
fn names_say_what_is_inside() {
    none(&names::check(FILES.iter().map(|file| file.path.as_str())));
}

#[test]
fn nothing_unfinished_and_nothing_unbounded() {
    none(&source::check_banned(&FILES));
}

#[test]
fn no_file_is_too_long() {
    none(&source::check_lengths(&FILES, source::LONG_FILES));
}

#[test]
fn the_project_speaks_of_itself_only() {
    none(&words::check(&FILES));
}

#[test]
fn tests_wait_for_conditions() {
    none(&sleeps::check(&FILES, sleeps::OTHERS));
}

#[test]
fn one_crate_makes_tls_configurations() {
    none(&owners::check_tls(&FILES, owners::TLS_EXEMPT));
}

#[test]
fn pure_crates_ban_clocks_tasks_and_randomness() {
    none(&purity::check_bans(&WORKSPACE.crates, &FILES, &[purity::PURE, purity::CLOCKLESS].concat()));
}

#[test]
fn manifests_inherit() {
    none(&manifests::check_inheritance(&WORKSPACE.crates, &FILES));
}

#[test]
fn every_crate_says_what_it_is() {
    none(&manifests::check_docs(&WORKSPACE.crates, &FILES));
}

#[test]
fn every_crate_is_on_the_map_with_its_invariant() {
    none(&documents::check_map(&WORKSPACE.crates, &text(documents::MAP).text));
}

#[test]
fn documents_name_files_that_are_there() {
    for path in [documents::MAP, "README.md", "deploy/README.md"] {
        none(&documents::check_paths(text(path), &FILES));
    }
}

#[test]
fn units_start_the_program_and_let_it_do_little() {
    none(&units::check(&FILES, units::UNITS));
}

fn text(path: &str) -> &'static File {
    FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing"))
}
