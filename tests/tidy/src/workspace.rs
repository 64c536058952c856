//! The workspace as cargo sees it.

use std::collections::BTreeSet;
use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::graph::Graph;

/// The crates of the workspace and what they are built from.
#[derive(Debug)]
pub struct Workspace {
    /// Where the workspace's `Cargo.toml` lies.
    pub root: PathBuf,
    /// Its crates, by name.
    pub crates: Vec<Crate>,
    /// What is built from what on this machine's platform, with the features the workspace chooses.
    pub graph: Graph,
}

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    /// The package's name.
    pub name: String,
    /// Its folder below the root, with `/`.
    pub folder: String,
    /// What its manifest lists for the product, renamed or not: the package's name.
    pub normal: BTreeSet<String>,
    /// What its manifest lists for tests and benchmarks.
    pub dev: BTreeSet<String>,
}

/// The workspace cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// cargo cannot be run.
    #[error("cannot run cargo: {0}")]
    Run(#[from] io::Error),
    /// cargo refused.
    #[error("cargo failed: {0}")]
    Failed(String),
    /// The output is not what cargo documents.
    #[error("cargo metadata: no {0}")]
    Format(&'static str),
    /// The output is no JSON.
    #[error("cargo metadata: {0}")]
    Json(#[from] serde_json::Error),
}

impl Workspace {
    /// Asks cargo, without the network: whoever runs tests has the sources already.
    ///
    /// # Errors
    /// [`WorkspaceError`], with cargo's words if a manifest is broken.
    pub fn load() -> Result<Self, WorkspaceError> {
        let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])?;
        // `cargo metadata` has a graph too, but with packages in it that nobody builds: whatever a feature mentions.
        let tree =
            cargo(&["tree", "--workspace", "--edges", "normal,build", "--prefix", "depth", "--format", "{p}", "--offline", "--locked"])?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let root = PathBuf::from(text(&metadata, "workspace_root")?);
        let mut crates = list(&metadata, "packages")?.iter().map(|package| Crate::parse(&root, package)).collect::<Result<Vec<_>, _>>()?;
        crates.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { root, crates, graph: Graph::of_tree(&tree) })
    }
}

impl Crate {
    fn parse(root: &Path, package: &Value) -> Result<Self, WorkspaceError> {
        let manifest = Path::new(text(package, "manifest_path")?);
        let folder = manifest.parent().and_then(|folder| folder.strip_prefix(root).ok());
        let mut found = Self {
            name: text(package, "name")?.to_owned(),
            folder: folder.ok_or(WorkspaceError::Format("manifest below the root"))?.to_string_lossy().replace('\\', "/"),
            normal: BTreeSet::new(),
            dev: BTreeSet::new(),
        };
        for dependency in list(package, "dependencies")? {
            let name = text(dependency, "name")?.to_owned();
            match dependency["kind"].as_str() {
                Some("dev") => drop(found.dev.insert(name)),
                _ => drop(found.normal.insert(name)),
            }
        }
        Ok(found)
    }
}

fn cargo(arguments: &[&str]) -> Result<String, WorkspaceError> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output()?;
    if !done.status.success() {
        return Err(WorkspaceError::Failed(String::from_utf8_lossy(&done.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn text<'v>(value: &'v Value, key: &'static str) -> Result<&'v str, WorkspaceError> {
    value[key].as_str().ok_or(WorkspaceError::Format(key))
}

fn list<'v>(value: &'v Value, key: &'static str) -> Result<&'v Vec<Value>, WorkspaceError> {
    value[key].as_array().ok_or(WorkspaceError::Format(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_of_dependencies_are_told_apart() {
        let dependencies = json!([{ "name": "b", "kind": null }, { "name": "c", "kind": "dev" }, { "name": "d", "kind": "build" }]);
        let package = json!({ "name": "a", "manifest_path": "/w/x/a/Cargo.toml", "dependencies": dependencies });
        let found = Crate::parse(Path::new("/w"), &package).unwrap();
        assert_eq!((found.name.as_str(), found.folder.as_str()), ("a", "x/a"));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!((found.normal, found.dev), (set(&["b", "d"]), set(&["c"])));
    }

    #[test]
    fn what_is_no_package_is_named() {
        let refused = Crate::parse(Path::new("/w"), &json!({ "manifest_path": "/elsewhere/Cargo.toml" })).unwrap_err();
        assert_eq!(refused.to_string(), "cargo metadata: no name");
    }
}
