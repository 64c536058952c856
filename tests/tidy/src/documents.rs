//! `ARCHITECTURE.md` is a map of what is there: every crate, each with its invariant, and no other.

use crate::Violation;
use crate::files::File;
use crate::workspace::Crate;

/// The map.
pub const MAP: &str = "ARCHITECTURE.md";

/// What opens the bold sentence of a crate on the map.
const INVARIANT: &str = "**Invariant:";

/// Crates that are not on the map or have no invariant there; entries for folders that are no crate. An entry is a heading
/// "### `folder`" and what follows until the next heading.
#[must_use]
pub fn check_map(crates: &[Crate], map: &str) -> Vec<Violation> {
    let entries = entries(map);
    let mut found = Vec::new();
    for each in crates {
        match entries.iter().find(|(folder, _)| *folder == each.folder) {
            None => found.push(Violation::new(MAP, format!("`{}` is not on the map", each.folder))),
            Some((_, text)) if !text.contains(INVARIANT) => {
                found.push(Violation::new(MAP, format!("`{}` has no line \"{INVARIANT}\"", each.folder)));
            }
            Some(_) => {}
        }
    }
    for (folder, _) in entries.iter().filter(|(folder, _)| !crates.iter().any(|each| each.folder == *folder)) {
        found.push(Violation::new(MAP, format!("`{folder}` is on the map and no crate")));
    }
    found
}

/// Paths in backquotes, of files or folders below the root, that are not there. What has a blank or a pattern in it is no path.
#[must_use]
pub fn check_paths(document: &File, files: &[File]) -> Vec<Violation> {
    let roots = ["proto/", "agent/", "federation/", "gateway/", "ca/", "tests/", "deploy/", ".ci/"];
    let mut found = Vec::new();
    for (number, line) in document.text.lines().enumerate() {
        for quoted in line.split('`').skip(1).step_by(2) {
            let path = quoted.trim_end_matches('/');
            let is_path = roots.iter().any(|root| quoted.starts_with(root)) && !path.contains([' ', '*', '<', '{', '…']);
            if is_path && !files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/"))) {
                found.push(Violation::new(format!("{}:{}", document.path, number + 1), format!("there is no `{path}`")));
            }
        }
    }
    found
}

/// Headings of the third level that are a path in backquotes, each with the text up to the next heading.
fn entries(map: &str) -> Vec<(&str, String)> {
    let mut entries: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in map.lines() {
        if line.starts_with('#') {
            let folder = line.strip_prefix("### `").and_then(|rest| rest.split_once('`'));
            open = folder.is_some();
            entries.extend(folder.map(|(folder, _)| (folder, String::new())));
        } else if let (true, Some((_, text))) = (open, entries.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_map_and_the_crates_are_held_equal() {
        let of = |folder: &str| Crate { name: folder.to_owned(), folder: folder.to_owned(), normal: BTreeSet::new(), dev: BTreeSet::new() };
        let map = "## Map\n### `a`: words\n**Invariant: none.**\n### `b`\nno promise\n## Next\n**Invariant:** elsewhere\n### `c`\n**Invariant: x.**\n";
        let found: Vec<String> = check_map(&[of("a"), of("b"), of("d")], map).into_iter().map(|found| found.what).collect();
        assert_eq!(found, ["`b` has no line \"**Invariant:\"", "`d` is not on the map", "`c` is on the map and no crate"]);
    }

    #[test]
    fn paths_that_lead_nowhere_are_found() {
        let files = [File::new("ca/src/lib.rs", "")];
        let document = File::new("A.md", "see `ca/src/lib.rs`, `ca/src/`, `ca/src/gone.rs`, `tests/*`, `GET x` and `agent/<x>`");
        assert_eq!(check_paths(&document, &files), [Violation::new("A.md:1", "there is no `ca/src/gone.rs`")]);
    }
}
