//! The files of the project: what is under the root, without what builds leave there.

use std::fs;
use std::io;
use std::path::Path;

/// What is no part of the project, wherever it is; `.git` is a file in a second work tree.
const SKIPPED: &[&str] = &["target", ".git"];

/// A file that is text.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path below the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    /// A file made up for a test of a rule.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether it is Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether nothing in it is part of the product: it is under `tests` or `benches`, or a test module of its own.
    #[must_use]
    pub fn is_test(&self) -> bool {
        let folder = |name: &str| self.path.starts_with(&format!("{name}/")) || self.path.contains(&format!("/{name}/"));
        folder("tests") || folder("benches") || self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs")
    }
}

/// Every file that is UTF-8, in the order of the paths. Links are not followed.
///
/// # Errors
/// The first folder or file that cannot be read.
pub fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Some(file) = read_file(root, &entry.path())?
            {
                files.push(file);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_file(root: &Path, path: &Path) -> io::Result<Option<File>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // An editor's or a test's passing file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Ok(String::from_utf8(bytes).ok().map(|text| File::new(below, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_code_is_known_by_its_place() {
        let is_test = |path: &str| File::new(path, "").is_test();
        assert!(is_test("tests/tidy/src/lib.rs") && is_test("ca/src/tls/tests/wan.rs") && is_test("agent/lan/tests/a.rs"));
        assert!(is_test("ca/src/issue/tests.rs") && is_test("agent/members/src/wire/envelope_tests.rs") && is_test("a/benches/b.rs"));
        assert!(!is_test("ca/src/issue.rs") && !is_test("agent/contests/src/lib.rs"));
    }
}
