use core::fmt;

use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// A time, in seconds since 1970-01-01T00:00:00Z without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The time of this many seconds.
    #[must_use]
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads a date and time of RFC 3339, section 5.6. Fractions of a second are dropped.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the text is not one.
    pub fn parse_rfc3339(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader::new(text.as_bytes());
        let year = digits(&mut reader, 4)?;
        separator(&mut reader, b"-")?;
        let month = digits(&mut reader, 2)?;
        separator(&mut reader, b"-")?;
        let day = digits(&mut reader, 2)?;
        separator(&mut reader, b"Tt ")?;
        let hour = digits(&mut reader, 2)?;
        separator(&mut reader, b":")?;
        let minute = digits(&mut reader, 2)?;
        separator(&mut reader, b":")?;
        let second = digits(&mut reader, 2)?;
        if reader.skip_prefix(b".") {
            digits(&mut reader, 1)?;
            reader.skip_while(|byte| byte.is_ascii_digit());
        }
        let offset = match separator(&mut reader, b"Zz+-")? {
            sign @ (b'+' | b'-') => {
                let hours = digits(&mut reader, 2)?;
                separator(&mut reader, b":")?;
                let minutes = digits(&mut reader, 2)?;
                if hours > 23 || minutes > 59 {
                    return Err(reader.fault(WHAT, FaultKind::Value));
                }
                let minutes = hours.saturating_mul(60).saturating_add(minutes);
                if sign == b'-' {
                    minutes.saturating_neg()
                } else {
                    minutes
                }
            }
            _ => 0,
        };
        reader.finish(WHAT)?;
        let local = Self::of(year, month, day, (hour, minute, second))?;
        Ok(Self(local.0.saturating_sub(offset.saturating_mul(60))))
    }

    /// Reads the date and time of a certificate (RFC 5280, section 4.1.2.5): always to the second and
    /// in UTC, with a year of two digits in a `UTCTime` and of four in a `GeneralizedTime`.
    #[cfg(feature = "attestation")]
    pub(crate) fn parse_certificate(text: &[u8], short_year: bool) -> Result<Self, Fault> {
        let mut reader = Reader::new(text);
        let year = match digits(&mut reader, if short_year { 2 } else { 4 })? {
            year @ 0..=49 if short_year => year.saturating_add(2000),
            year if short_year => year.saturating_add(1900),
            year => year,
        };
        let month = digits(&mut reader, 2)?;
        let day = digits(&mut reader, 2)?;
        let hour = digits(&mut reader, 2)?;
        let minute = digits(&mut reader, 2)?;
        let second = digits(&mut reader, 2)?;
        separator(&mut reader, b"Z")?;
        reader.finish(WHAT)?;
        Self::of(year, month, day, (hour, minute, second))
    }

    fn of(year: i64, month: i64, day: i64, of_day: (i64, i64, i64)) -> Result<Self, Fault> {
        let (hour, minute, second) = of_day;
        let most = [(hour, 23), (minute, 59), (second, 60)];
        if most.iter().any(|(value, most)| value > most) {
            return Err(Fault::new(WHAT, FaultKind::Value, 0));
        }
        let days =
            days_since_1970(year, month, day).ok_or(Fault::new(WHAT, FaultKind::Value, 0))?;
        Ok(Self::at(days, hour, minute, second))
    }

    /// The time of a day counted from 1970-01-01.
    fn at(days: i64, hour: i64, minute: i64, second: i64) -> Self {
        let hours = days.saturating_mul(24).saturating_add(hour);
        let minutes = hours.saturating_mul(60).saturating_add(minute);
        Self(minutes.saturating_mul(60).saturating_add(second))
    }
}

impl fmt::Display for UnixTime {
    /// The time in UTC, as RFC 3339 writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400);
        let second = self.0.rem_euclid(86_400);
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// The date of a day counted from 1970-01-01.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "days are at most 2^63 / 86400, far from the ends of 64 bits"
)]
const fn date_of(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that a leap day is a year's last one, and come in eras of 400.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

const WHAT: What = What::DateAndTime;

fn digits(reader: &mut Reader<'_>, count: usize) -> Result<i64, Fault> {
    let at = reader.position();
    let mut value = 0_i64;
    for digit in reader.take(count, WHAT)? {
        let digit =
            char::from(*digit)
                .to_digit(10)
                .ok_or(Fault::new(WHAT, FaultKind::Syntax, at))?;
        value = value.saturating_mul(10).saturating_add(digit.into());
    }
    Ok(value)
}

fn separator(reader: &mut Reader<'_>, one_of: &[u8]) -> Result<u8, Fault> {
    let at = reader.position();
    let byte = reader.byte(WHAT)?;
    if one_of.contains(&byte) {
        Ok(byte)
    } else {
        Err(Fault::new(WHAT, FaultKind::Syntax, at))
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; none where there is no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap =
        year.checked_rem(4)? == 0 && (year.checked_rem(100)? != 0 || year.checked_rem(400)? == 0);
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    if !(1..=*months.get(before)?).contains(&day) {
        return None;
    }
    let of_months: i64 = months.iter().take(before).sum();
    // Leap days before this year, counted from year 0, and those before 1970.
    let last = year.checked_sub(1)?;
    let leap_days = last
        .checked_div_euclid(4)?
        .checked_sub(last.checked_div_euclid(100)?)?
        .checked_add(last.checked_div_euclid(400)?)?;
    year.checked_sub(1970)?
        .checked_mul(365)?
        .checked_add(leap_days.checked_sub(477)?)?
        .checked_add(of_months)?
        .checked_add(day.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    fn seconds(text: &str) -> Option<i64> {
        UnixTime::parse_rfc3339(text).ok().map(UnixTime::seconds)
    }

    #[test]
    fn a_date_and_time_is_read_with_its_offset() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T12:30:45Z"), Some(951_827_445));
        assert_eq!(seconds("2026-11-22T12:00:00+01:00"), Some(1_795_345_200));
        assert_eq!(seconds("2026-11-22t11:00:00.123z"), Some(1_795_345_200));
        assert_eq!(seconds("1969-12-31T23:59:59Z"), Some(-1));
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        use std::string::ToString;

        for text in [
            "1970-01-01T00:00:00Z",
            "2000-02-29T12:30:45Z",
            "2100-03-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
        ] {
            let time = UnixTime::parse_rfc3339(text).unwrap();
            assert_eq!(time.to_string(), text);
        }
    }

    #[cfg(feature = "attestation")]
    #[test]
    fn a_certificates_date_has_its_century() {
        let read = |text: &str, short| {
            let time = UnixTime::parse_certificate(text.as_bytes(), short);
            time.ok().map(UnixTime::seconds)
        };
        assert_eq!(read("700101000000Z", true), Some(0));
        assert_eq!(read("491231235959Z", true), seconds("2049-12-31T23:59:59Z"));
        assert_eq!(read("500101000000Z", true), seconds("1950-01-01T00:00:00Z"));
        assert_eq!(
            read("30240101000000Z", false),
            seconds("3024-01-01T00:00:00Z")
        );
        for (text, short) in [
            ("7001010000Z", true),
            ("700101000000+0000", true),
            ("20240101000000", false),
            ("20240101000000.5Z", false),
            ("20240230000000Z", false),
        ] {
            assert_eq!(read(text, short), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_and_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00.Z",
            "2026-01-00T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
