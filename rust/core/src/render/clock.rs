//! The clock of templates: `strftime_now` at midnight of the one date that a run resolves.

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    year: i32,
    month: u32,
    of_month: u32,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAYS_BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

impl Day {
    /// Reads `YYYY-MM-DD`; `None` when it is no such day.
    #[must_use]
    pub(crate) fn read(date: &str) -> Option<Self> {
        let mut numbers = date.splitn(3, '-').map(|part| (part.len(), part.parse::<u32>().ok()));
        let (Some((4, Some(year))), Some((2, Some(month))), Some((2, Some(day)))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return None;
        };
        let day = Self { year: year as i32, month, of_month: day };
        let valid = (1..=12).contains(&month) && day.of_month >= 1 && day.of_month <= day.days_in_month();
        valid.then_some(day)
    }

    /// The day as C's `strftime` prints it in the C locale, at midnight; `None` for a directive
    /// that this clock does not know.
    #[must_use]
    pub(crate) fn format(self, format: &str) -> Option<String> {
        let mut out = String::with_capacity(format.len() + 16);
        let mut rest = format.chars();
        while let Some(character) = rest.next() {
            if character != '%' {
                out.push(character);
                continue;
            }
            let mut directive = rest.next()?;
            let bare = directive == '-';
            if bare {
                directive = rest.next()?;
            }
            let number = |value: u32, width: usize| {
                if bare { value.to_string() } else { format!("{value:0width$}") }
            };
            let printed = match directive {
                'Y' => self.year.to_string(),
                'y' => number(self.year.rem_euclid(100) as u32, 2),
                'm' => number(self.month, 2),
                'd' => number(self.of_month, 2),
                'e' => format!("{:>2}", self.of_month),
                'B' => self.month_name().to_owned(),
                'b' | 'h' => self.month_name()[..3].to_owned(),
                'A' => self.weekday_name().to_owned(),
                'a' => self.weekday_name()[..3].to_owned(),
                'w' => self.weekday().to_string(),
                'u' => (if self.weekday() == 0 { 7 } else { self.weekday() }).to_string(),
                'j' => number(self.day_of_year(), 3),
                'H' | 'M' | 'S' => number(0, 2),
                'I' => number(12, 2),
                'p' => "AM".to_owned(),
                'f' => "000000".to_owned(),
                'z' | 'Z' => String::new(),
                'F' => self.format("%Y-%m-%d")?,
                'D' | 'x' => self.format("%m/%d/%y")?,
                'T' | 'X' => "00:00:00".to_owned(),
                'R' => "00:00".to_owned(),
                'c' => self.format("%a %b %e 00:00:00 %Y")?,
                '%' => "%".to_owned(),
                _ => return None,
            };
            out.push_str(&printed);
        }
        Some(out)
    }

    fn is_leap(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn days_in_month(self) -> u32 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn day_of_year(self) -> u32 {
        let leap_day = u32::from(self.month > 2 && self.is_leap());
        DAYS_BEFORE[self.month as usize - 1] + leap_day + self.of_month
    }

    /// Days since Sunday, by counting from the first of January of year 1, a Monday.
    fn weekday(self) -> u32 {
        let years = self.year - 1;
        let days = years * 365 + years / 4 - years / 100 + years / 400 + self.day_of_year() as i32;
        days.rem_euclid(7) as u32
    }

    fn month_name(self) -> &'static str {
        MONTHS[self.month as usize - 1]
    }

    fn weekday_name(self) -> &'static str {
        WEEKDAYS[self.weekday() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(date: &str, format: &str) -> String {
        Day::read(date).unwrap().format(format).unwrap()
    }

    #[test]
    fn days_print_as_python_prints_them() {
        assert_eq!(printed("2026-11-20", "%d %b %Y"), "20 Nov 2026");
        assert_eq!(
            printed("2026-11-20", "%A, %B %-d, %Y (%a, day %j)"),
            "Friday, November 20, 2026 (Fri, day 324)"
        );
        assert_eq!(printed("2024-02-29", "%Y-%m-%d %j %w %u"), "2024-02-29 060 4 4");
        assert_eq!(printed("2000-01-02", "%y/%m/%d %w %u %I:%M %p 100%%"), "00/01/02 0 7 12:00 AM 100%");
        assert_eq!(
            printed("1999-12-31", "%F %T %x %c"),
            "1999-12-31 00:00:00 12/31/99 Fri Dec 31 00:00:00 1999"
        );
    }

    #[test]
    fn what_is_no_day_and_no_directive_is_refused() {
        for date in ["", "2026-13-01", "2026-02-29", "2026-1-1", "2026-11-20x", "20-11-2026"] {
            assert_eq!(Day::read(date), None, "{date}");
        }
        assert_eq!(Day::read("2026-11-20").unwrap().format("%Q"), None);
        assert_eq!(Day::read("2026-11-20").unwrap().format("50%"), None);
    }
}
