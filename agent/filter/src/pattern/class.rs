//! Bracketed character classes.

use super::PatternError;
use super::escape;
use super::input::Input;
use super::output::Output;

/// Names allowed in `[:name:]`.
const NAMES: [&str; 14] =
    ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];

/// Translates a class whose `[` has been read; `before` is the position of that. Members are written by
/// code point, so none of them can be taken for an operator.
pub(super) fn class(input: &mut Input<'_>, before: Input<'_>, out: &mut Output) -> Result<(), PatternError> {
    let unclosed = || PatternError::new("missing closing ]", before.rest());
    out.push('[');
    if input.eat("^") {
        out.push('^');
    }
    let mut is_first = true;
    // A closing bracket right at the start is a member.
    while is_first || input.peek() != Some(']') {
        is_first = false;
        if input.peek().is_none() {
            return Err(unclosed());
        }
        if named(input, out)? || escape::set(input, out)? {
            continue;
        }
        let start = *input;
        let low = member(input, before)?;
        let mut high = low;
        let mut ahead = *input;
        if ahead.eat("-") && !ahead.rest().is_empty() && ahead.peek() != Some(']') {
            high = member(&mut ahead, before)?;
            *input = ahead;
            if high < low {
                let part = input.since(start);
                return Err(PatternError::new("invalid character class range", part));
            }
        }
        let (low, high) = (u32::from(low), u32::from(high));
        out.push_str(&format!(r"\x{{{low:x}}}-\x{{{high:x}}}"));
    }
    input.next();
    out.push(']');
    Ok(())
}

/// `[:name:]`. Without the closing part it is no name and the bracket a member.
fn named(input: &mut Input<'_>, out: &mut Output) -> Result<bool, PatternError> {
    let mut ahead = *input;
    if !ahead.eat("[:") {
        return Ok(false);
    }
    let Some(name) = ahead.until(":]") else {
        return Ok(false);
    };
    let plain = name.strip_prefix('^').unwrap_or(name);
    let part = ahead.since(*input);
    if !NAMES.contains(&plain) {
        return Err(PatternError::new("invalid character class range", part));
    }
    out.push_str(part);
    *input = ahead;
    Ok(true)
}

fn member(input: &mut Input<'_>, class: Input<'_>) -> Result<char, PatternError> {
    let before = *input;
    match input.next() {
        Some('\\') => escape::character(input, before),
        Some(c) => Ok(c),
        None => Err(PatternError::new("missing closing ]", class.rest())),
    }
}
