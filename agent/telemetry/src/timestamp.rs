//! Moments as text, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment, taken apart. Moments before 1970 show as 1970: only a broken clock has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    year: u64,
    month: u64,
    day: u64,
    second_of_day: u64,
    micros: u32,
}

impl From<SystemTime> for Timestamp {
    fn from(moment: SystemTime) -> Self {
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (year, month, day) = civil(since.as_secs() / 86_400);
        Self { year, month, day, second_of_day: since.as_secs() % 86_400, micros: since.subsec_micros() }
    }
}

impl Timestamp {
    /// `2006-01-02T15:04:05.000Z`.
    pub(crate) fn millis(self) -> String {
        format!("{}T{}.{:03}Z", self.date(), self.time(), self.micros / 1000)
    }

    /// `2006-01-02T15:04:05.000000Z`.
    pub(crate) fn micros(self) -> String {
        format!("{}T{}.{:06}Z", self.date(), self.time(), self.micros)
    }

    /// `2006-01-02 15:04:05 +0000 UTC`, as Go prints a time.
    pub(crate) fn go(self) -> String {
        format!("{} {} +0000 UTC", self.date(), self.time())
    }

    fn date(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn time(self) -> String {
        format!("{:02}:{:02}:{:02}", self.second_of_day / 3600, self.second_of_day / 60 % 60, self.second_of_day % 60)
    }
}

/// Year, month and day of a day since 1970, by counting from 1 March 0000, so that the leap day comes last in its year; an era is the
/// 400 years after which the calendar repeats.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_MARCH_0000_TO_1970: u64 = 719_468;
    let days = days + DAYS_FROM_MARCH_0000_TO_1970;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_show_as_the_calendar_has_them() {
        let at = |seconds: u64, micros: u64| Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros));
        assert_eq!(at(0, 0).millis(), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_399, 999_999).millis(), "2000-02-28T23:59:59.999Z");
        assert_eq!(at(951_782_400, 0).millis(), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(4_107_542_400, 0).millis(), "2100-03-01T00:00:00.000Z");
        assert_eq!(at(1_795_233_215, 429_413).micros(), "2026-11-21T03:53:35.429413Z");
        assert_eq!(at(1_795_233_200, 5).go(), "2026-11-21 03:53:20 +0000 UTC");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = civil(0);
        for day in 1..200_000 {
            let next = civil(day);
            let same_month = (next.0, next.1, next.2) == (last.0, last.1, last.2 + 1);
            let new_month = next.2 == 1 && last.2 >= 28 && (next.0 * 12 + next.1) == (last.0 * 12 + last.1 + 1);
            assert!(same_month || new_month, "{last:?} then {next:?}");
            last = next;
        }
    }
}
