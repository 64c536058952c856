//! Go string quoting in both directions: `%q` for error texts, `strconv.Unquote` for literals.

use std::fmt::Write as _;

/// Quotes as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => push_escape(&mut out, u32::from(c)),
        }
    }
    out.push('"');
    out
}

/// Reads the inside of a double-quoted literal. `None` if an escape is malformed or a line ends inside.
/// Bytes that are not UTF-8 (from `\x` and octal escapes) become U+FFFD, as they do when rendered.
pub(crate) fn unquote(inside: &str) -> Option<String> {
    if inside.contains('\n') {
        return None;
    }
    if !inside.contains('\\') {
        return Some(inside.to_owned());
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            push_char(&mut out, c);
            continue;
        }
        match chars.next()? {
            'a' => out.push(0x07),
            'b' => out.push(0x08),
            'f' => out.push(0x0c),
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'v' => out.push(0x0b),
            '\\' => out.push(b'\\'),
            '"' => out.push(b'"'),
            'x' => out.push(u8::try_from(digits(&mut chars, 2, 16)?).ok()?),
            first @ '0'..='7' => {
                let high = first.to_digit(8)?;
                let byte = high * 64 + digits(&mut chars, 2, 8)?;
                out.push(u8::try_from(byte).ok()?);
            }
            'u' => push_code_point(&mut out, digits(&mut chars, 4, 16)?)?,
            'U' => push_code_point(&mut out, digits(&mut chars, 8, 16)?)?,
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Exactly `count` digits of `radix`; at most eight hexadecimal ones, so it cannot overflow.
fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut value = 0;
    for _ in 0..count {
        value = value * radix + chars.next()?.to_digit(radix)?;
    }
    Some(value)
}

fn push_code_point(out: &mut Vec<u8>, code: u32) -> Option<()> {
    if code > u32::from(char::MAX) {
        return None;
    }
    // Only surrogates are left without a char.
    push_char(out, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(())
}

fn push_char(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Close to Go's `IsPrint`: the standard library's table of what debug output leaves alone.
fn is_printable(c: char) -> bool {
    c == '\'' || c.escape_debug().len() == 1
}

fn push_escape(out: &mut String, code: u32) {
    let written = match code {
        0..0x80 => write!(out, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_like_go() {
        for (text, want) in [
            ("plain 'x'", r#""plain 'x'""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("\n\t\x07\x01\x7f", r#""\n\t\a\x01\x7f""#),
            ("é\u{200b}\u{e0001}", "\"é\\u200b\\U000e0001\""),
        ] {
            assert_eq!(quote(text), want);
        }
    }

    #[test]
    fn unquotes_like_go() {
        for (inside, want) in [
            ("abc", Some("abc")),
            (r"n\x31", Some("n1")),
            (r"n\061", Some("n1")),
            (r"\u006e\U0001F600", Some("n😀")),
            (r"\ud800", Some("\u{fffd}")),
            (r"\xff", Some("\u{fffd}")),
            (r"\q", None),
            (r"\'", None),
            (r"\400", None),
            (r"\x4", None),
            (r"\U00110000", None),
            (r"\", None),
            ("a\nb", None),
        ] {
            assert_eq!(unquote(inside).as_deref(), want, "{inside}");
        }
    }
}
