//! The program under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the program is: what `DELIAN_BIN` says, or `delian` beside this test, which is built if it is missing.
pub(crate) fn path() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os("DELIAN_BIN") {
        Some(named) => named.into(),
        None => beside_this_test(),
    })
}

fn beside_this_test() -> PathBuf {
    // A test is target/<profile>/deps/<name>-<hash>.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("delian");
    if !program.exists() {
        build(profile);
    }
    assert!(program.exists(), "{}: not there, though it was built", program.display());
    program
}

fn build(profile: &Path) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--package", "agent", "--target-dir"]).arg(profile.parent().unwrap());
    if profile.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "{cargo:?}: {status}");
}
