//! Durations as Go writes them: `1h30m`, `250ms`, `-1.5s`, `0`.

/// Why a text is no duration; prints as Go does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit { unit: String, text: String },
}

/// The duration in nanoseconds; `text` is `[+-](number unit)+` or a lone zero.
pub(crate) fn parse(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let scale = unit_nanos(unit, text)?;
        // 18 digits hold any count that fits a duration; a fraction beyond them is below 1 ns.
        let whole = whole.trim_start_matches('0');
        if whole.len() > 18 {
            return Err(invalid());
        }
        let fraction = &fraction[..fraction.len().min(18)];
        total += whole.parse::<i128>().unwrap_or(0) * scale;
        let tenths = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        total += fraction.parse::<i128>().unwrap_or(0) * scale / tenths;
        if total > i128::from(i64::MAX) {
            return Err(invalid());
        }
        rest = after;
    }
    let signed = if negative { -total } else { total };
    i64::try_from(signed).map_err(|_| invalid())
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn unit_nanos(unit: &str, text: &str) -> Result<i128, DurationError> {
    Ok(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(DurationError::MissingUnit(text.to_owned())),
        _ => {
            return Err(DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() });
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn as_go_reads_them() {
        let good = [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("+1.5h", 5_400_000_000_000),
            ("-5s", -5_000_000_000),
            ("5h3m0.5s", 18_180_500_000_000),
            ("100us", 100_000),
            (".5ms", 500_000),
            ("87600h", 315_360_000_000_000_000),
        ];
        for (text, nanos) in good {
            assert_eq!(parse(text), Ok(nanos), "{text}");
        }
        let bad = [
            ("", r#"time: invalid duration """#),
            ("x", r#"time: invalid duration "x""#),
            ("-", r#"time: invalid duration "-""#),
            (".s", r#"time: invalid duration ".s""#),
            ("5", r#"time: missing unit in duration "5""#),
            ("1d", r#"time: unknown unit "d" in duration "1d""#),
            ("9999999h", r#"time: invalid duration "9999999h""#),
            ("99999999999999999999s", r#"time: invalid duration "99999999999999999999s""#),
            ("1é", r#"time: unknown unit "é" in duration "1é""#),
        ];
        for (text, message) in bad {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }
}
