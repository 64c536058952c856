//! The time of day, as the API writes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Since 1970; a clock that is set before counts as 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// `2026-11-20T23:53:30Z`
pub(super) fn rfc3339(at: Duration) -> String {
    let Parts { date, time } = Parts::of(at);
    format!("{date}T{time}Z")
}

struct Parts {
    date: String,
    time: String,
}

impl Parts {
    fn of(at: Duration) -> Self {
        let (days, seconds) = (at.as_secs() / 86_400, at.as_secs() % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        Self { date: format!("{year:04}-{month:02}-{day:02}"), time: format!("{hour:02}:{minute:02}:{second:02}") }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar (Howard Hinnant, `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_777), (2026, 11, 20));
    }

    #[test]
    fn times_are_written() {
        assert_eq!(rfc3339(Duration::from_secs(951_827_696)), "2000-02-29T12:34:56Z");
    }
}
