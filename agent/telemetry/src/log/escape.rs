//! Text of strangers, made safe to print: one event is one line, and a terminal takes no orders from it.

/// Appends `text`; in quotes, if a reader could not tell where it ends.
pub(crate) fn value(text: &str, out: &mut String) {
    if text.chars().any(|c| c.is_whitespace() || c == '"' || is_unsafe(c)) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c => push(c, out),
            }
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// Appends `text` as it is, except for what is unsafe to print.
pub(crate) fn message(text: &str, out: &mut String) {
    text.chars().for_each(|c| push(c, out));
}

fn push(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unsafe(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Control characters, line and paragraph separators, and what turns the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        for (given, shown) in [
            ("plain", "plain"),
            ("", ""),
            ("two words", "\"two words\""),
            ("a=b", "a=b"),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("back\\slash", "back\\slash"),
            ("a\n2026-01-01T00:00:00.000Z [ERROR] agent: forged", "\"a\\n2026-01-01T00:00:00.000Z [ERROR] agent: forged\""),
            ("\u{1b}[2J", "\"\\u{1b}[2J\""),
            ("\u{202e}gpj", "\"\\u{202e}gpj\""),
            ("zürich", "zürich"),
        ] {
            let mut out = String::new();
            value(given, &mut out);
            assert_eq!(out, shown, "{given:?}");
        }
    }

    #[test]
    fn messages_stay_on_one_line() {
        let mut out = String::new();
        message("a \"b\"\r\n\0c\u{2028}d", &mut out);
        assert_eq!(out, "a \"b\"\\r\\n\\u{0}c\\u{2028}d");
    }
}
