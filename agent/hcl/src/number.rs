//! Numbers of HCL1: decimal, hexadecimal (`0x`), octal (leading `0`), with point or exponent.

use crate::ParseError;
use crate::cursor::{Cursor, describe};
use crate::token::Token;

/// Reads a number; the cursor stands on a digit, `-` or `.`.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Token, ParseError> {
    let start = cursor.here();
    let source = cursor.rest();
    let text = |cursor: &Cursor<'_>| source[..cursor.here().start - start.start].to_owned();

    let negative = cursor.eat('-');
    if negative && !cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        let got = describe(cursor.peek());
        return Err(ParseError::expected(start, "a digit after '-'", got));
    }
    let whole = cursor.take_while(|c| c.is_ascii_digit());
    if whole == "0" && matches!(cursor.peek(), Some('x' | 'X')) {
        cursor.bump();
        let digits = cursor.take_while(|c| c.is_ascii_hexdigit());
        let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
        return i64::from_str_radix(&signed, 16).map(Token::Int).map_err(|_| {
            let reason = "expected hexadecimal digits of a 64-bit integer";
            ParseError::number(start, reason)
        });
    }

    let mut float = false;
    if cursor.eat('.') {
        float = true;
        let fraction = cursor.take_while(|c| c.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() {
            let got = describe(cursor.peek());
            return Err(ParseError::expected(start, "a digit after '.'", got));
        }
    }
    if matches!(cursor.peek(), Some('e' | 'E')) {
        float = true;
        cursor.bump();
        if matches!(cursor.peek(), Some('+' | '-')) {
            cursor.bump();
        }
        cursor.take_while(|c| c.is_ascii_digit());
    }

    let text = text(cursor);
    if float {
        return match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Token::Float(number)),
            Ok(_) => Err(ParseError::number(start, "out of range")),
            Err(_) => Err(ParseError::number(start, "expected an exponent")),
        };
    }
    let radix = if whole.len() > 1 && whole.starts_with('0') { 8 } else { 10 };
    i64::from_str_radix(&text, radix).map(Token::Int).map_err(|_| {
        let octal = radix == 8 && whole.contains(['8', '9']);
        let reason = if octal { "expected octal digits after the leading 0" } else { "out of range" };
        ParseError::number(start, reason)
    })
}
