//! Durations as Go writes and reads them: `1h2m3.5s`.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// Reads a duration: a sequence of decimal numbers, each with a unit. A bare `0` needs none. Negative ones count as zero, since
/// nowhere in the API does less than nothing mean anything else. `None` when it is no duration, or longer than Go can hold.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut nanos = 0f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (name, scale) = UNITS.iter().find(|(name, _)| rest.get(..unit) == Some(name))?;
        rest = rest.get(name.len()..)?;
        nanos += number * scale;
    }
    if nanos > i64::MAX as f64 {
        return None;
    }
    Some(if negative { Duration::ZERO } else { Duration::from_nanos(nanos as u64) })
}

/// Writes a duration as Go does: `1h0m0s`, `1.5s`, `200ms`, `0s`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < 1_000_000_000 {
        let (scale, unit) = match nanos {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{}{unit}", decimal(nanos, scale));
    }
    let seconds = nanos / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = decimal(nanos % 60_000_000_000, 1_000_000_000);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

fn decimal(nanos: u128, scale: u128) -> String {
    let fraction = format!("{:0width$}", nanos % scale, width = scale.ilog10() as usize);
    match (scale, fraction.trim_end_matches('0')) {
        (1, _) | (_, "") => format!("{}", nanos / scale),
        (_, fraction) => format!("{}.{fraction}", nanos / scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read_and_written() {
        let cases = [
            ("0s", 0),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1.5s", 1_500),
            ("200ms", 200),
            ("24h0m0s", 86_400_000),
            ("1h0m0.5s", 3_600_500),
        ];
        for (text, ms) in cases {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
            assert_eq!(format(Duration::from_millis(ms)), text);
        }
        assert_eq!(parse("1h"), Some(Duration::from_secs(3600)));
        assert_eq!(parse("-1s"), Some(Duration::ZERO));
        for bad in ["", "10", "s", "1x", "1s1", "..s", "1e3s", "999999999h"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
