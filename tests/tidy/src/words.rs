//! Words that no file of the project holds: hosts of registries, paths of one machine, and talk of how it was written.

use regex::Regex;

use crate::Violation;
use crate::files::File;

/// Files that others write.
const EXEMPT: &[&str] = &["Cargo.lock"];

/// Regular expressions, broken so that this file does not hold what it looks for.
const REFUSED: &[(&[&str], &str)] = &[
    (&[r"(?i)crates", r"\.io"], "a registry's host: builds take it from their own configuration"),
    (&[r"(?i)\b(ghcr|quay|gcr|docker|ecr)", r"\.io\b"], "a registry's host: builds take it from their own configuration"),
    (&[r"(?i)\b(pypi\.", r"org|npmjs\.", r"(com|org))\b"], "a registry's host: builds take it from their own configuration"),
    (&[r#"(^|[\s"'`(=])/(wo"#, r"rk|op", r"t|home/[a-z]+|Users/[A-Za-z]+|roo", "t)/"], "a path of one machine"),
    (&[r#"(^|[\s"'`(=])/tm"#, "p/"], "a path of one machine: ask for a temporary directory"),
    (
        &[r"(?i)\b(clau", r"de|anthro", r"pic|chat", r"gpt|open", r"ai|copi", r"lot|language mo", r"del)\b"],
        "the project speaks of itself only",
    ),
];

/// Lines that hold one of them.
#[must_use]
pub fn check(files: &[File]) -> Vec<Violation> {
    let rules: Vec<(Regex, &str)> =
        REFUSED.iter().filter_map(|(pattern, reason)| Some((Regex::new(&pattern.concat()).ok()?, *reason))).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !EXEMPT.iter().any(|exempt| file.path.ends_with(exempt))) {
        for (number, line) in file.text.lines().enumerate() {
            for (rule, reason) in &rules {
                if let Some(hit) = rule.find(line) {
                    found.push(Violation::new(format!("{}:{}", file.path, number + 1), format!("`{}`: {reason}", hit.as_str().trim())));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_finds_something() {
        assert!(REFUSED.iter().all(|(pattern, _)| Regex::new(&pattern.concat()).is_ok()));
        let samples: &[&[&str]] = &[
            &["https://index.crates", ".io/"],
            &["FROM ghcr", ".io/some/image"],
            &["https://registry.npmjs.", "org"],
            &["cd /wo", "rk/main"],
            &["let dir = \"/tm", "p/x\";"],
            &["written with Clau", "de"],
        ];
        assert_eq!(samples.len(), REFUSED.len());
        for sample in samples {
            assert_eq!(check(&[File::new("notes.md", sample.concat())]).len(), 1, "{}", sample.concat());
        }
    }

    #[test]
    fn what_only_looks_alike_passes() {
        let text = "https://www.consul.io/docs the path target/tmp/x, /var/lib/delian, a network/work/load, and `openapi`";
        assert!(check(&[File::new("notes.md", text)]).is_empty());
        assert!(check(&[File::new("Cargo.lock", ["crates", ".io"].concat())]).is_empty());
    }
}
