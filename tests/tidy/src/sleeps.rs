//! Tests wait for conditions, with a deadline, and never for a time.
//!
//! A `sleep` is fine where it costs no time, on tokio's paused clock, and where it is the pause between two looks at a condition: near
//! below the head of a loop. All others are counted per file in a table, with what they are for.

use regex::Regex;

use crate::Violation;
use crate::files::File;

/// How far above a pause the head of its loop may be, in lines.
const LOOP_HEAD: usize = 8;

/// What a file says that runs on a paused clock.
const PAUSED: &[&str] = &["start_paused = true", ".start_paused(true)"];

/// Folders whose tests all run on one.
pub const VIRTUAL: &[&str] = &["tests/sim/", "agent/authority/src/tests/", "agent/gossip/src/tests/"];

/// Other test files with calls of `sleep`: path, how many, what for.
pub const OTHERS: &[(&str, usize, &str)] = &[
    ("gateway/gateway/src/tests/server.rs", 1, "a server that holds a blocking read for as long as it may"),
    ("tests/cluster/src/workload.rs", 1, "clients pause between their operations"),
];

/// Test files that sleep more often than listed, and rows that list more than there are.
#[must_use]
pub fn check(files: &[File], others: &[(&str, usize, &str)]) -> Vec<Violation> {
    let Ok(sleep) = Regex::new(r"\b(sleep|sleep_until)\(") else {
        return vec![Violation::new("sleeps", "the pattern does not compile")];
    };
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !is_exempt(file)) {
        let listed = others.iter().find(|(path, ..)| *path == file.path).map_or(0, |(_, count, _)| *count);
        let lines: Vec<&str> = tested_part(file).lines().collect();
        let there = (0..lines.len()).filter(|at| sleep.is_match(lines[*at]) && !is_between_looks(&lines, *at)).count();
        if there > listed {
            let what =
                format!("{there} call(s) of `sleep` in tests outside of a loop, {listed} in OTHERS: wait for a condition, with a deadline");
            found.push(Violation::new(&file.path, what));
        } else if there < listed {
            found.push(Violation::new(
                &file.path,
                format!("{there} call(s) of `sleep` in tests outside of a loop: lower the row in OTHERS"),
            ));
        }
    }
    for (path, ..) in others.iter().filter(|(path, ..)| !files.iter().any(|file| file.path == *path)) {
        found.push(Violation::new(*path, "is in OTHERS, and no file"));
    }
    found
}

fn is_exempt(file: &File) -> bool {
    // A benchmark measures time; this crate talks of what it looks for.
    let apart = file.path.contains("/benches/") || file.path.starts_with("tests/tidy/");
    apart || VIRTUAL.iter().any(|folder| file.path.starts_with(folder)) || PAUSED.iter().any(|mark| file.text.contains(mark))
}

fn is_between_looks(lines: &[&str], at: usize) -> bool {
    let near = &lines[at.saturating_sub(LOOP_HEAD)..at];
    near.iter().any(|line| line.trim_start().starts_with("while ") || line.trim_start().starts_with("loop {"))
}

/// What of the file is tests: all of it, or its test module, or nothing.
fn tested_part(file: &File) -> &str {
    if file.is_test() {
        return &file.text;
    }
    file.text.find("\nmod tests {").and_then(|start| file.text.get(start..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEPING: &str = "async fn f() {\n    tokio::time::sleep(PERIOD).await;\n}\n";

    fn found(path: &str, text: impl Into<String>) -> usize {
        check(&[File::new(path, text)], &[]).len()
    }

    #[test]
    fn sleeps_in_tests_are_found_and_the_product_may_pause() {
        assert_eq!(found("a/src/b.rs", SLEEPING), 0);
        assert_eq!(found("a/tests/c.rs", SLEEPING), 1);
        assert_eq!(found("a/src/d.rs", format!("fn g() {{}}\nmod tests {{\n{SLEEPING}}}\n")), 1);
    }

    #[test]
    fn pauses_between_looks_and_virtual_time_pass() {
        assert_eq!(found("a/tests/c.rs", "while !holds() {\n    assert!(now() < deadline);\n    sleep(PERIOD).await;\n}\n"), 0);
        assert_eq!(found("a/tests/c.rs", format!("while !holds() {{}}\n{}sleep(PERIOD).await;\n", "\n".repeat(LOOP_HEAD))), 1);
        assert_eq!(found("a/tests/c.rs", format!("#[tokio::test(start_paused = true)]\n{SLEEPING}")), 0);
    }

    #[test]
    fn the_table_is_held_exactly() {
        let test = File::new("a/tests/c.rs", SLEEPING);
        let count = |files: &[File], listed| check(files, &[("a/tests/c.rs", listed, "why")]).len();
        assert_eq!((count(std::slice::from_ref(&test), 1), count(std::slice::from_ref(&test), 2), count(&[], 1)), (0, 1, 1));
    }
}
