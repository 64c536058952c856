//! What a Rust file may not say: marks of unfinished work, queues without a bound, too many lines.

use regex::Regex;

use crate::Violation;
use crate::files::File;

/// Most lines of a Rust file.
pub const MOST_LINES: usize = 700;

/// Files that may be longer, with the reason.
pub const LONG_FILES: &[(&str, &str)] = &[];

/// A text that no Rust file may hold.
struct Banned {
    /// A regular expression, broken so that it does not match itself.
    pattern: &'static [&'static str],
    /// Why.
    reason: &'static str,
}

const BANNED: &[Banned] = &[
    Banned {
        pattern: &[r"(\bunbounded", r"_channel|::unb", r"ounded(\(|::<|;))"],
        reason: "a queue has a capacity, and a time after which it says no",
    },
    Banned { pattern: &[r"mpsc::channel\(", r"\)"], reason: "the standard library's channel has no bound; use `sync_channel`" },
    Banned { pattern: &[r"#\[ig", r"nore"], reason: "a test that does not run shows nothing" },
    Banned { pattern: &[r"\bto", r"do!\s*[(\[{]"], reason: "unfinished work is not committed" },
    Banned { pattern: &[r"\bunimpl", r"emented!\s*[(\[{]"], reason: "unfinished work is not committed" },
    Banned { pattern: &[r"\bdb", r"g!\s*[(\[{]"], reason: "a leftover of debugging" },
    Banned { pattern: &[r"\b(FIX", "ME|XX", r"X)\b"], reason: "mend it, or say in a sentence what is missing" },
    Banned { pattern: &[r"#!?\[allow\(clippy::", r"(disallowed_methods|disallowed_types)"], reason: "the bans hold the architecture up" },
];

/// Places in Rust files that hold what none may.
#[must_use]
pub fn check_banned(files: &[File]) -> Vec<Violation> {
    let rules: Vec<(Regex, &str)> =
        BANNED.iter().filter_map(|banned| Some((Regex::new(&banned.pattern.concat()).ok()?, banned.reason))).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.text.lines().enumerate() {
            for (rule, reason) in &rules {
                if let Some(hit) = rule.find(line) {
                    found.push(Violation::new(format!("{}:{}", file.path, number + 1), format!("`{}`: {reason}", hit.as_str())));
                }
            }
        }
    }
    found
}

/// Rust files with too many lines, and exceptions that are none any more.
#[must_use]
pub fn check_lengths(files: &[File], exceptions: &[(&str, &str)]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        let excepted = exceptions.iter().any(|(path, _)| *path == file.path);
        if lines > MOST_LINES && !excepted {
            found.push(Violation::new(&file.path, format!("{lines} lines, more than {MOST_LINES}: is it still one idea?")));
        } else if lines <= MOST_LINES && excepted {
            found.push(Violation::new(&file.path, format!("{lines} lines: take it off LONG_FILES")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banned(line: &[&str]) -> usize {
        check_banned(&[File::new("a/src/b.rs", line.concat())]).len()
    }

    #[test]
    fn every_pattern_compiles_and_finds_something() {
        assert!(BANNED.iter().all(|banned| Regex::new(&banned.pattern.concat()).is_ok()));
        let samples: &[&[&str]] = &[
            &["let (tx, rx) = unbounded", "_channel();"],
            &["let (tx, rx) = std::sync::mpsc::channel(", ");"],
            &["#[ig", "nore]"],
            &["    to", "do!()"],
            &["unimpl", "emented!(\"x\")"],
            &["db", "g!(x);"],
            &["// FIX", "ME later"],
            &["#[allow(clippy::", "disallowed_methods)]"],
        ];
        assert_eq!(samples.len(), BANNED.len());
        for sample in samples {
            assert_eq!(banned(sample), 1, "{}", sample.concat());
        }
    }

    #[test]
    fn bounded_queues_and_other_files_pass() {
        assert_eq!(banned(&["let (tx, rx) = mpsc::channel(16);"]), 0);
        assert!(check_banned(&[File::new("a/NOTES.md", ["to", "do!()"].concat())]).is_empty());
    }

    #[test]
    fn long_files_are_found_and_stale_exceptions_too() {
        let long = File::new("a.rs", "\n".repeat(MOST_LINES + 1));
        let short = File::new("b.rs", "\n");
        assert_eq!(check_lengths(std::slice::from_ref(&long), &[]).len(), 1);
        assert!(check_lengths(&[long], &[("a.rs", "a table")]).is_empty());
        assert_eq!(check_lengths(&[short], &[("b.rs", "a table")]).len(), 1);
    }
}
