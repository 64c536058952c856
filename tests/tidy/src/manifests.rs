//! What every crate inherits, and what every crate root says.

use crate::Violation;
use crate::files::File;
use crate::workspace::Crate;

/// Lines that every manifest has.
const INHERITED: &[&str] = &[
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
    "publish.workspace = true",
];

/// Crates that stand in for one of the registry have its version.
const STAND_INS: &[&str] = &["base2histogram"];

/// Fewest lines of a crate's own description.
const LEAST_DOC_LINES: usize = 3;

/// Manifests that do not inherit the workspace's lints and keys, or set a version of a dependency of their own.
#[must_use]
pub fn check_inheritance(crates: &[Crate], files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    for each in crates {
        let path = format!("{}/Cargo.toml", each.folder);
        let Some(file) = files.iter().find(|file| file.path == path) else {
            found.push(Violation::new(path, "is missing"));
            continue;
        };
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        let own_version = |line: &&&str| STAND_INS.contains(&each.name.as_str()) && line.starts_with("version");
        let missing = INHERITED.iter().filter(|line| !lines.contains(line) && !own_version(line));
        found.extend(missing.map(|line| Violation::new(&path, format!("has no `{line}`"))));
        if !lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]) {
            found.push(Violation::new(&path, "does not inherit the workspace's lints"));
        }
        let mut section = "";
        for (number, line) in lines.iter().enumerate() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies") && line.contains('=') && !line.starts_with('#') && !line.contains("workspace = true")
            {
                found.push(Violation::new(
                    format!("{path}:{}", number + 1),
                    format!("`{line}`: versions are set in the workspace's manifest"),
                ));
            }
        }
    }
    found
}

/// Crates whose root file does not say in a few lines what the crate is.
#[must_use]
pub fn check_docs(crates: &[Crate], files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    for each in crates {
        let roots = ["lib.rs", "main.rs"].map(|name| format!("{}/src/{name}", each.folder));
        let Some(root) = roots.iter().find_map(|path| files.iter().find(|file| file.path == *path)) else {
            found.push(Violation::new(&each.folder, "has neither src/lib.rs nor src/main.rs"));
            continue;
        };
        let lines = root.text.lines().filter(|line| line.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty())).count();
        if lines < LEAST_DOC_LINES {
            found.push(Violation::new(&root.path, format!("{lines} line(s) of `//!`, fewer than {LEAST_DOC_LINES}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn one() -> [Crate; 1] {
        [Crate { name: "a".to_owned(), folder: "a".to_owned(), normal: BTreeSet::new(), dev: BTreeSet::new() }]
    }

    #[test]
    fn what_is_not_inherited_is_found() {
        let good =
            format!("[package]\nname = \"a\"\n{}\n[dependencies]\nb.workspace = true\n\n[lints]\nworkspace = true\n", INHERITED.join("\n"));
        let check = |text: &str| check_inheritance(&one(), &[File::new("a/Cargo.toml", text)]).len();
        assert_eq!(check(&good), 0);
        assert_eq!(check(&good.replace("[lints]\nworkspace = true\n", "")), 1);
        assert_eq!(check(&good.replace("license.workspace = true\n", "")), 1);
        assert_eq!(check(&good.replace("b.workspace = true", "b = \"1\"")), 1);
        assert_eq!(check_inheritance(&one(), &[]).len(), 1);
    }

    #[test]
    fn a_root_without_a_description_is_found() {
        let check = |text: &str| check_docs(&one(), &[File::new("a/src/lib.rs", text)]).len();
        assert_eq!(check("//! One.\n//!\n//! Two.\n//! Three.\n"), 0);
        assert_eq!(check("//! One.\n//!\n//! Two.\n"), 1);
        assert_eq!(check_docs(&one(), &[]).len(), 1);
    }
}
