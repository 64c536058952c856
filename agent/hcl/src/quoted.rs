//! Quoted strings of HCL1: C escapes, and `${...}` copied as it stands, quotes included.

use crate::cursor::Cursor;
use crate::{ParseError, Problem, Span};

/// Reads a string; the cursor stands on the opening quote.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    let start = cursor.here();
    cursor.bump();
    let mut text = String::new();
    let mut bytes = Vec::new();
    loop {
        let at = cursor.here();
        let next = cursor.bump();
        if next == Some('\\') {
            escape(cursor, at, &mut bytes)?;
            continue;
        }
        flush(&mut bytes, &mut text, at)?;
        match next {
            Some('"') => return Ok(text),
            Some('$') if cursor.eat('{') => {
                text.push_str("${");
                interpolation(cursor, start, &mut text)?;
            }
            None | Some('\n' | '\0') => return Err(unterminated(start)),
            Some(other) => text.push(other),
        }
    }
}

/// Copies up to the brace that closes the `${` just read; line breaks are allowed in between.
fn interpolation(cursor: &mut Cursor<'_>, start: Span, text: &mut String) -> Result<(), ParseError> {
    let mut open = 1_u32;
    while open > 0 {
        let next = cursor.bump().ok_or_else(|| unterminated(start))?;
        text.push(next);
        match next {
            '{' => open = open.saturating_add(1),
            '}' => open -= 1,
            _ => {}
        }
    }
    Ok(())
}

/// Resolves the escape behind a backslash at `at`. Numeric escapes below 256 are bytes and may
/// spell one character together, so all go through `bytes`.
fn escape(cursor: &mut Cursor<'_>, at: Span, bytes: &mut Vec<u8>) -> Result<(), ParseError> {
    let illegal = || {
        let expected = r#"one of a b f n r t v \ " x u U or three octal digits"#;
        ParseError::new(at, Problem::Escape { expected })
    };
    let byte = match cursor.peek().ok_or_else(illegal)? {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        '0'..='7' => {
            let code = digits(cursor, 8, 3).and_then(|code| u8::try_from(code).ok());
            bytes.push(code.ok_or_else(illegal)?);
            return Ok(());
        }
        kind @ ('x' | 'u' | 'U') => {
            cursor.bump();
            let length = match kind {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let code = digits(cursor, 16, length).ok_or_else(illegal)?;
            if kind == 'x' {
                bytes.push(u8::try_from(code).map_err(|_| illegal())?);
            } else {
                let character = char::from_u32(code).ok_or_else(illegal)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            return Ok(());
        }
        _ => return Err(illegal()),
    };
    cursor.bump();
    bytes.push(byte);
    Ok(())
}

/// Exactly `length` digits to the base `radix`.
fn digits(cursor: &mut Cursor<'_>, radix: u32, length: usize) -> Option<u32> {
    let mut code = 0_u32;
    for _ in 0..length {
        let digit = cursor.peek()?.to_digit(radix)?;
        cursor.bump();
        code = code.checked_mul(radix)?.checked_add(digit)?;
    }
    Some(code)
}

fn flush(bytes: &mut Vec<u8>, text: &mut String, at: Span) -> Result<(), ParseError> {
    if bytes.is_empty() {
        return Ok(());
    }
    let piece = std::str::from_utf8(bytes).map_err(|_| {
        let expected = "escapes that form UTF-8";
        ParseError::new(at, Problem::Escape { expected })
    })?;
    text.push_str(piece);
    bytes.clear();
    Ok(())
}

fn unterminated(start: Span) -> ParseError {
    let problem = Problem::Unterminated { what: "string", expected: "'\"' on the same line" };
    ParseError::new(start, problem)
}
