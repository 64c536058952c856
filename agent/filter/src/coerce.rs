//! Reading values as Go's `strconv` does, with its error texts.

use crate::Kind;
use crate::program::Scalar;
use crate::quote::quote;

/// Reads `text` as a value of the scalar `kind`; `kind`s with parts read text. The error is the text
/// `strconv` gives.
pub(crate) fn scalar(text: &str, kind: Kind) -> Result<Scalar, String> {
    match kind {
        Kind::Int => int(text).map(Scalar::Int).map_err(|e| e.show("ParseInt", text)),
        Kind::Uint => uint(text).map(Scalar::Uint).map_err(|e| e.show("ParseUint", text)),
        Kind::Float => float(text).map(Scalar::Float).map_err(|e| e.show("ParseFloat", text)),
        Kind::Bool => boolean(text).map(Scalar::Bool).map_err(|e| e.show("ParseBool", text)),
        Kind::String | Kind::List(_) | Kind::Map(_) | Kind::Struct(_) => Ok(Scalar::String(text.to_owned())),
    }
}

enum Refusal {
    Syntax,
    Range,
}

impl Refusal {
    fn show(&self, function: &str, text: &str) -> String {
        let what = match self {
            Self::Syntax => "invalid syntax",
            Self::Range => "value out of range",
        };
        format!("strconv.{function}: parsing {}: {what}", quote(text))
    }
}

fn int(text: &str) -> Result<i64, Refusal> {
    let (negative, magnitude) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let magnitude = i128::from(uint(magnitude)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).map_err(|_| Refusal::Range)
}

/// Go's base 0: `0x`, `0o`, `0b`, a leading 0 for octal, and underscores between digits or after the
/// base prefix.
fn uint(text: &str) -> Result<u64, Refusal> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)),
        [b'0', b'o', ..] => (8, lower.get(2..)),
        [b'0', b'b', ..] => (2, lower.get(2..)),
        [b'0', _, ..] => (8, lower.get(1..)),
        _ => (10, Some(lower.as_str())),
    };
    let digits = digits.unwrap_or_default();
    // The prefix counts as a digit for the placing of underscores.
    let placed = if radix == 10 { digits.to_owned() } else { format!("0{digits}") };
    if digits.is_empty() || placed.starts_with('_') || placed.ends_with('_') || placed.contains("__") {
        return Err(Refusal::Syntax);
    }
    let mut value: Option<u64> = Some(0);
    for c in digits.chars().filter(|c| *c != '_') {
        let digit = c.to_digit(radix).ok_or(Refusal::Syntax)?;
        value = value.and_then(|v| v.checked_mul(u64::from(radix))).and_then(|v| v.checked_add(u64::from(digit)));
    }
    value.ok_or(Refusal::Range)
}

/// Decimal notation, `inf` and `nan`; Go's hexadecimal floats are not read.
fn float(text: &str) -> Result<f64, Refusal> {
    let value: f64 = text.parse().map_err(|_| Refusal::Syntax)?;
    if value.is_infinite() && text.bytes().any(|b| b.is_ascii_digit()) {
        return Err(Refusal::Range);
    }
    Ok(value)
}

fn boolean(text: &str) -> Result<bool, Refusal> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Refusal::Syntax),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, kind: Kind) -> String {
        match scalar(text, kind) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn reads_integers_like_go() {
        for (text, want) in [
            ("80", "Int(80)"),
            ("0x50", "Int(80)"),
            ("0X5_0", "Int(80)"),
            ("0_120", "Int(80)"),
            ("0120", "Int(80)"),
            ("0b11", "Int(3)"),
            ("+8_0", "Int(80)"),
            ("-9223372036854775808", "Int(-9223372036854775808)"),
            ("9223372036854775808", "strconv.ParseInt: parsing \"9223372036854775808\": value out of range"),
            ("", "strconv.ParseInt: parsing \"\": invalid syntax"),
            ("8__0", "strconv.ParseInt: parsing \"8__0\": invalid syntax"),
            ("_8", "strconv.ParseInt: parsing \"_8\": invalid syntax"),
            ("0x", "strconv.ParseInt: parsing \"0x\": invalid syntax"),
            ("09", "strconv.ParseInt: parsing \"09\": invalid syntax"),
            ("--1", "strconv.ParseInt: parsing \"--1\": invalid syntax"),
        ] {
            assert_eq!(show(text, Kind::Int), want);
        }
        assert_eq!(show("-1", Kind::Uint), "strconv.ParseUint: parsing \"-1\": invalid syntax");
    }

    #[test]
    fn reads_floats_and_bools_like_go() {
        assert_eq!(show("1.5", Kind::Float), "Float(1.5)");
        assert_eq!(show("1e999", Kind::Float), "strconv.ParseFloat: parsing \"1e999\": value out of range");
        assert_eq!(show("T", Kind::Bool), "Bool(true)");
        assert_eq!(show("yes", Kind::Bool), "strconv.ParseBool: parsing \"yes\": invalid syntax");
    }
}
