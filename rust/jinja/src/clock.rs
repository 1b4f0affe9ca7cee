//! The clock of templates: `strftime_now` at midnight of the one date that a run resolves. The one place that
//! knows the calendar library.

use jiff::civil::Date;
use jiff::fmt::strtime;

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(Date);

/// Directives that the library prints as C does in the C locale.
const SAME: &str = "BACDFGHIMRSTUVWYabdeghjklmnprtuwy%";

impl Day {
    /// Reads `YYYY-MM-DD`; `None` when it is no such day.
    #[must_use]
    pub fn read(date: &str) -> Option<Self> {
        let has_form = date.len() == 10
            && date.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        has_form.then(|| date.parse().ok().map(Self)).flatten()
    }

    /// The day as C's `strftime` prints it in the C locale, at midnight; `None` for a directive
    /// that this clock does not know.
    #[must_use]
    pub fn format(self, format: &str) -> Option<String> {
        let mut wanted = String::with_capacity(format.len() + 16);
        let mut rest = format.chars();
        while let Some(character) = rest.next() {
            wanted.push(character);
            if character != '%' {
                continue;
            }
            let mut directive = rest.next()?;
            if directive == '-' {
                wanted.push('-');
                directive = rest.next()?;
            }
            // The library prints years with four digits, and knows neither locale nor time zone here.
            let in_the_c_locale = match directive {
                'Y' | 'G' => &format!("-{directive}"),
                'F' => "-Y-%m-%d",
                'c' => "a %b %e %H:%M:%S %-Y",
                'x' => "m/%d/%y",
                'X' => "H:%M:%S",
                'f' | 'z' | 'Z' => {
                    wanted.truncate(wanted.rfind('%')?);
                    wanted.push_str(if directive == 'f' { "000000" } else { "" });
                    continue;
                }
                known if SAME.contains(known) => {
                    wanted.push(known);
                    continue;
                }
                _ => return None,
            };
            if wanted.ends_with('-') {
                wanted.pop();
            }
            wanted.push_str(in_the_c_locale);
        }
        strtime::format(&wanted, self.0.at(0, 0, 0, 0)).ok()
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
        assert_eq!(
            printed("2026-03-04", "%-d/%-m %-j %e|%-e|%f|%z|%Z|%X %R"),
            "4/3 63  4|4|000000|||00:00:00 00:00"
        );
        assert_eq!(printed("0999-03-04", "%Y %F %G %c"), "999 999-03-04 999 Mon Mar  4 00:00:00 999");
        assert_eq!(
            printed("2021-01-03", "%G-W%V %U %W %C %g %D %r %k %l %h%n%t"),
            "2020-W53 01 00 20 20 01/03/21 12:00:00 AM  0 12 Jan\n\t"
        );
    }

    #[test]
    fn what_is_no_day_and_no_directive_is_refused() {
        for date in [
            "",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "2026-11-20x",
            "20-11-2026",
            "+026-11-20",
            "2026-11-2é",
        ] {
            assert_eq!(Day::read(date), None, "{date}");
        }
        for format in ["%Q", "%s", "%N", "%:z", "%q", "%3f", "50%", "%-"] {
            assert_eq!(Day::read("2026-11-20").unwrap().format(format), None, "{format}");
        }
    }
}
