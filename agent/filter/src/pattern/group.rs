//! What follows an opening parenthesis: names and flags.

use super::PatternError;
use super::input::Input;
use super::output::Output;

/// Translates a group whose `(` has been read; `before` is the position of that. A capturing one begins with `group`, and has no
/// name. Returns whether a group was opened, which `(?i)` does not.
pub(super) fn open(input: &mut Input<'_>, before: Input<'_>, group: &str, out: &mut Output) -> Result<bool, PatternError> {
    if input.eat("?P<") {
        let name = input.until(">").ok_or_else(|| PatternError::new("invalid named capture", before.rest()))?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_word) {
            let part = input.since(before);
            return Err(PatternError::new("invalid named capture", part));
        }
        out.push_str(group);
        return Ok(true);
    }
    if input.eat("?") {
        return flags(input, before, out);
    }
    out.push_str(group);
    Ok(true)
}

/// `flags)` or `flags:`. A flag named twice counts as last named; the `regex` crate refuses those.
fn flags(input: &mut Input<'_>, before: Input<'_>, out: &mut Output) -> Result<bool, PatternError> {
    let (mut on, mut off) = (String::new(), String::new());
    let mut is_off = false;
    let mut is_complete = true;
    let ending = loop {
        match input.next() {
            Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                is_complete = true;
                on.retain(|c| c != flag);
                off.retain(|c| c != flag);
                if is_off {
                    off.push(flag);
                } else {
                    on.push(flag);
                }
            }
            Some('-') if !is_off => {
                is_off = true;
                is_complete = false;
            }
            Some(ending @ (':' | ')')) if is_complete => break ending,
            _ => {
                let part = input.since(before);
                return Err(PatternError::new("invalid or unsupported Perl syntax", part));
            }
        }
    };
    let opens = ending == ':';
    let sets = !(on.is_empty() && off.is_empty());
    if !opens && !sets {
        return Ok(false);
    }
    out.push_str("(?");
    out.push_str(&on);
    if !off.is_empty() {
        out.push('-');
        out.push_str(&off);
    }
    out.push(ending);
    Ok(opens)
}
