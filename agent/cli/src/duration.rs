//! Durations as Go writes them.

use std::time::Duration;

/// Reads `1h30m`, `2m`, `1.5s`, `100ms`; `None` for anything else and for negative ones.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

/// Writes it the same way: `2m0s`.
pub(crate) fn format(duration: Duration) -> String {
    let (whole, fraction) = (duration.as_secs(), f64::from(duration.subsec_millis()) / 1000.0);
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, f64::from(u8::try_from(whole % 60).unwrap_or(0)) + fraction);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, millis, written) in
            [("2m", 120_000, "2m0s"), ("1h30m", 5_400_000, "1h30m0s"), ("1.5s", 1500, "1.5s"), ("250ms", 250, "0.25s"), ("0", 0, "0s")]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
            assert_eq!(format(Duration::from_millis(millis)), written);
        }
        for text in ["", "5", "s", "-1s", "1x", "1..s", "m5"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
