//! What follows a backslash.

use super::PatternError;
use super::input::Input;
use super::output::Output;

/// Translates an escape outside a class whose backslash has been read; `before` is the position of that.
pub(super) fn outside<'a>(input: &mut Input<'a>, before: Input<'a>, out: &mut Output) -> Result<(), PatternError> {
    let mut ahead = before;
    if set(&mut ahead, out)? {
        *input = ahead;
        return Ok(());
    }
    let assertion = match input.peek() {
        Some('A') => r"\A",
        Some('z') => r"\z",
        Some('b') => r"(?-u:\b)",
        Some('B') => r"(?-u:\B)",
        Some('Q') => {
            input.next();
            let quoted = input.until(r"\E").unwrap_or_else(|| {
                let rest = input.rest();
                input.eat(rest);
                rest
            });
            out.push_str(&regex::escape(quoted));
            return Ok(());
        }
        _ => {
            let c = character(input, before)?;
            out.push_literal(c);
            return Ok(());
        }
    };
    input.next();
    out.push_str(assertion);
    Ok(())
}

/// Reads and translates `\d` and the like, and `\pL`, inside or outside a class. Reads nothing and returns
/// `false` if there is none of them here.
pub(super) fn set(input: &mut Input<'_>, out: &mut Output) -> Result<bool, PatternError> {
    let mut ahead = *input;
    if !ahead.eat("\\") {
        return Ok(false);
    }
    let translated = match ahead.next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => r"[\t\n\f\r ]",
        Some('S') => r"[^\t\n\f\r ]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some(c @ ('p' | 'P')) => {
            unicode(&mut ahead, *input, c == 'P', out)?;
            ""
        }
        _ => return Ok(false),
    };
    out.push_str(translated);
    *input = ahead;
    Ok(true)
}

/// The name after `\p` or `\P`: one character, or braced and perhaps negated.
fn unicode(input: &mut Input<'_>, before: Input<'_>, is_capital: bool, out: &mut Output) -> Result<(), PatternError> {
    let invalid = |part: &str| PatternError::new("invalid character class range", part);
    let start = *input;
    let name = if input.eat("{") { input.until("}") } else { input.next().map(|_| input.since(start)) };
    let name = name.ok_or_else(|| invalid(before.rest()))?;
    let (is_negated, name) = match name.strip_prefix('^') {
        Some(name) => (!is_capital, name),
        None => (is_capital, name),
    };
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if is_word && out.push_unicode(name, is_negated) { Ok(()) } else { Err(invalid(input.since(before))) }
}

/// One escaped character whose backslash has been read; `before` is the position of that.
pub(super) fn character(input: &mut Input<'_>, before: Input<'_>) -> Result<char, PatternError> {
    let Some(c) = input.next() else {
        return Err(PatternError::new("trailing backslash at end of expression", ""));
    };
    let meant = match c {
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        'x' => hexadecimal(input),
        '0'..='7' => octal(input, c),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    };
    meant.ok_or_else(|| PatternError::new("invalid escape sequence", input.since(before)))
}

/// Two digits, or any number of them in braces. Stops behind the first character that does not fit,
/// because the error shows what was read.
fn hexadecimal(input: &mut Input<'_>) -> Option<char> {
    if !input.eat("{") {
        let high = input.next()?.to_digit(16)?;
        let low = input.next()?.to_digit(16)?;
        return char::from_u32(high * 16 + low);
    }
    let mut code = input.next()?.to_digit(16)?;
    loop {
        match input.next()? {
            '}' => return char::from_u32(code),
            c => code = code * 16 + c.to_digit(16)?,
        }
        if code > u32::from(char::MAX) {
            return None;
        }
    }
}

/// Up to three digits after 0, exactly two or three otherwise: a single one would be a back reference.
fn octal(input: &mut Input<'_>, first: char) -> Option<char> {
    let mut code = first.to_digit(8)?;
    let mut more = 0;
    while more < 2 {
        let Some(digit) = input.peek().and_then(|c| c.to_digit(8)) else {
            break;
        };
        input.next();
        code = code * 8 + digit;
        more += 1;
    }
    if first != '0' && more == 0 {
        return None;
    }
    char::from_u32(code)
}
