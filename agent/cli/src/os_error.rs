//! Operating system errors in the words scripts know from Consul.

use std::io;
use std::path::Path;

/// The error's own text without Rust's decoration: `connection refused`.
pub(crate) fn text(error: &io::Error) -> String {
    let shown = error.to_string();
    let plain = shown.split(" (os error").next().unwrap_or(&shown);
    let mut chars = plain.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => shown,
    }
}

/// A file that could not be opened or read: `open PATH: no such file or directory`.
pub(crate) fn opening(path: &Path, error: &io::Error) -> String {
    format!("open {}: {}", path.display(), text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_lose_their_number() {
        let missing = io::Error::from_raw_os_error(2);
        assert_eq!(opening(Path::new("a.json"), &missing), "open a.json: no such file or directory");
        assert_eq!(text(&io::Error::other("Own words")), "own words");
    }
}
