//! Names that say nothing, and so invite everything.

use crate::Violation;

const REFUSED: &[&str] =
    &["util", "utils", "utility", "utilities", "common", "commons", "helper", "helpers", "misc", "stuff", "shared_code"];

/// Rust files and folders (of `paths`, below the root) that are called so, alone or as one of the words of the name.
#[must_use]
pub fn check<'p>(paths: impl IntoIterator<Item = &'p str>) -> Vec<Violation> {
    let mut found = Vec::new();
    for path in paths.into_iter().filter(|path| path.ends_with(".rs") || path.ends_with("Cargo.toml")) {
        let words = path.split('/').flat_map(|part| part.trim_end_matches(".rs").split(['_', '-']));
        if let Some(word) = words.into_iter().find(|word| REFUSED.contains(word)) {
            found.push(Violation::new(path, format!("`{word}` names no idea")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_an_idea_are_found_wherever_they_stand() {
        assert_eq!(
            check(["a/src/util.rs", "common/src/lib.rs", "a/src/http_utils.rs", "a/src/helpers/mod.rs", "misc/Cargo.toml"]).len(),
            5
        );
        assert!(
            check(["a/src/commons_tale/uncommon.rs".replace("commons_tale", "tale").as_str(), "a/src/quote.rs", "doc/util.md"]).is_empty()
        );
    }
}
