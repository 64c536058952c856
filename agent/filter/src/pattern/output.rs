//! The translated pattern so far.

use regex::bytes::Regex;

/// Unicode class names asked of the crate one by one, which costs some microseconds each; beyond
/// these, a bad name is found when the whole is compiled, and only the error text is less exact.
const MAX_CHECKED_NAMES: usize = 16;

/// The translation being written.
#[derive(Default)]
pub(super) struct Output {
    text: String,
    checked: Vec<String>,
}

impl Output {
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A character that means itself, outside a class.
    pub(super) fn push_literal(&mut self, c: char) {
        self.text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    /// A Unicode class by name. `false` if there is none of that name.
    pub(super) fn push_unicode(&mut self, name: &str, is_negated: bool) -> bool {
        let class = format!(r"\{}{{{name}}}", if is_negated { 'P' } else { 'p' });
        if self.checked.len() < MAX_CHECKED_NAMES && !self.checked.contains(&class) {
            if Regex::new(&class).is_err() {
                return false;
            }
            self.checked.push(class.clone());
        }
        self.text.push_str(&class);
        true
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
