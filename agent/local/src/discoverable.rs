//! Whether what an instance is called can be asked for in DNS.

use api::catalog::ServiceRow;
use std::fmt;

/// Longest label (RFC 1035 section 2.3.4).
const LONGEST: usize = 63;

/// A name or a tag that nobody can ask for in DNS. It is registered all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undiscoverable<'r> {
    /// `name` or `tag`.
    pub what: &'static str,
    /// What it is called.
    pub label: &'r str,
    too_long: bool,
}

impl fmt::Display for Undiscoverable<'_> {
    /// In Consul's words: people look for them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = if self.too_long {
            "it being too long. Valid lengths are between 1 and 63 bytes."
        } else {
            "invalid characters. Valid characters include all alpha-numerics and dashes."
        };
        write!(f, "Service {} will not be discoverable via DNS due to {why}", self.what)
    }
}

/// What of an instance's name and tags cannot be asked for.
pub fn undiscoverable(row: &ServiceRow) -> impl Iterator<Item = Undiscoverable<'_>> {
    let labels = std::iter::once(("name", &*row.service)).chain(row.tags.iter().map(|tag| ("tag", &**tag)));
    labels.filter_map(|(what, label)| {
        let is_text = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_short = label.len() <= LONGEST;
        (!is_text || !is_short).then_some(Undiscoverable { what, label, too_long: is_text })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_label_is_said() {
        let long = "a".repeat(64);
        let row = |service: &str, tags: &[&str]| ServiceRow {
            service: service.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..ServiceRow::default()
        };
        assert_eq!(undiscoverable(&row("web-1", &["v1", ""])).count(), 0);
        let odd = row("und_er", &["v1.0", "ok", &long]);
        let said: Vec<String> = undiscoverable(&odd).map(|it| format!("{}: {it}", it.label)).collect();
        let invalid = "will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.";
        let lengthy = "will not be discoverable via DNS due to it being too long. Valid lengths are between 1 and 63 bytes.";
        assert_eq!(
            said,
            [format!("und_er: Service name {invalid}"), format!("v1.0: Service tag {invalid}"), format!("{long}: Service tag {lengthy}")]
        );
    }
}
