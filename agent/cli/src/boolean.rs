//! The spellings of true and false that flags and environment variables accept.

/// Reads a boolean; the accepted words are those of Consul's flags. `None` for anything
/// else: `yes` and `on` are not booleans.
pub(crate) fn parse(word: &str) -> Option<bool> {
    match word {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
