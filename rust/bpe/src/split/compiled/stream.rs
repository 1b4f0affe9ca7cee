//! A stage read in one pass: each character says at once whether a piece ends before it.
//!
//! What a backtracking engine finds by going back is found here by remembering the last character: a
//! piece may turn out to end before the character that was read last. Where more would have to be taken
//! back the stream bets on what is likely and notices when it lost: then, and where nothing was likely,
//! the step is [`Slow`], and the text is split the plain way from the last place that is certain.

use super::automaton::{Automaton, DEAD, START};
use super::stage::{Stage, ThreesStage};

/// The step cannot be decided by the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slow;

/// Whether a piece ends before the character before this one, and before this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cuts {
    pub(crate) before_last: bool,
    pub(crate) before: bool,
}

/// What a stage knows between two characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Matching(Attempt),
    /// In a row of so many digits, and whether its start was taken for a border although the row may
    /// turn out not to be cut.
    Digits(u8, bool),
    NoDigits,
}

/// An attempt to match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    state: u32,
    /// Characters read, up to three for all that are more.
    read: u8,
    /// Whether it starts behind text that matched nothing, so that its start is no border yet.
    is_behind_gap: bool,
    /// Whether its start was taken for a border although it may still come to nothing.
    must_match: bool,
    /// Whether a match ended before the last character.
    has_matched: bool,
    /// The class of the last character, where it may have to be read again.
    last: u8,
    /// The state of an attempt that was taken to have ended; no further match may come of it.
    given_up: Option<u32>,
}

impl State {
    /// Whether the next character may show that a piece ended before the last one.
    pub(crate) fn may_cut_late(&self) -> bool {
        matches!(self, State::Matching(attempt) if attempt.has_matched || attempt.last != 0 || attempt.read == 2)
    }
}

impl Attempt {
    fn at_start(is_behind_gap: bool, given_up: Option<u32>) -> Attempt {
        Attempt {
            state: START,
            read: 0,
            is_behind_gap,
            must_match: false,
            has_matched: false,
            last: 0,
            given_up,
        }
    }
}

/// A stage, and whether other stages follow: those cannot go back behind a border that comes late.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'s> {
    pub(crate) stage: &'s Stage,
    pub(crate) is_last: bool,
}

impl Stream<'_> {
    /// The state behind the first character of a piece.
    pub(crate) fn first(self, class: u8) -> State {
        match self.stage {
            Stage::Matches(automaton) => State::Matching(first_of(automaton, class, None)),
            Stage::Threes(threes) if threes.digit.contain(class) => State::Digits(1, false),
            Stage::Threes(_) => State::NoDigits,
        }
    }

    /// The state behind another character, and which borders it showed.
    pub(crate) fn step(self, state: &State, class: u8) -> Result<(Cuts, State), Slow> {
        match (self.stage, state) {
            (Stage::Matches(automaton), State::Matching(attempt)) => {
                let (cuts, attempt) = self.step_of(automaton, attempt, class)?;
                Ok((cuts, State::Matching(attempt)))
            }
            (Stage::Threes(threes), state) => step_of_threes(threes, state, class),
            _ => Err(Slow),
        }
    }

    /// Whether a piece ends before the last character of the text.
    pub(crate) fn end(self, state: &State) -> Result<bool, Slow> {
        match (self.stage, state) {
            (Stage::Matches(automaton), State::Matching(attempt)) => self.end_of(automaton, attempt),
            (Stage::Threes(threes), State::Digits(count, _)) => {
                if threes.goes_on_alike(*count, None) {
                    Ok(false)
                } else {
                    Err(Slow)
                }
            }
            _ => Ok(false),
        }
    }

    fn step_of(self, automaton: &Automaton, attempt: &Attempt, class: u8) -> Result<(Cuts, Attempt), Slow> {
        let mut cuts = Cuts::default();
        let given_up = match attempt.given_up {
            None => None,
            Some(state) => match automaton.step(state, class) {
                (_, true) => return Err(Slow),
                (DEAD, false) => None,
                (next, false) if automaton.is_certain(next) => return Err(Slow),
                (next, false) => Some(next),
            },
        };
        let (next, is_match) = automaton.step(attempt.state, class);
        let read = (attempt.read + 1).min(3);
        if is_match {
            if attempt.is_behind_gap {
                cuts.before_last = true;
                if attempt.read != 1 {
                    return Err(Slow);
                }
            }
            if next == DEAD {
                cuts.before = true;
                return Ok((cuts, first_of(automaton, class, given_up)));
            }
            let attempt =
                Attempt { state: next, read, has_matched: true, ..Attempt::at_start(false, given_up) };
            return Ok((cuts, settled(automaton, attempt, class)));
        }
        if next != DEAD {
            if attempt.has_matched {
                if automaton.is_certain(next) {
                    let attempt = Attempt { state: next, read, ..Attempt::at_start(false, given_up) };
                    return Ok((cuts, settled(automaton, attempt, class)));
                }
                // More of it may match, but most likely it has ended.
                if given_up.is_some() {
                    return Err(Slow);
                }
                cuts.before_last = true;
                let again = first_of(automaton, attempt.last, None);
                let (more, mut attempt) = self.step_of(automaton, &again, class)?;
                attempt.given_up = Some(next);
                cuts.before |= more.before;
                return Ok((cuts, attempt));
            }
            let mut attempt = Attempt { state: next, read, given_up, last: class, ..attempt.clone() };
            if attempt.is_behind_gap && (automaton.is_certain(next) || !self.is_last) {
                match attempt.read {
                    1 => cuts.before = true,
                    2 => cuts.before_last = true,
                    _ => return Err(Slow),
                }
                attempt.is_behind_gap = false;
                attempt.must_match = true;
            }
            return Ok((cuts, settled(automaton, attempt, class)));
        }
        if attempt.has_matched {
            cuts.before_last = true;
            let again = first_of(automaton, attempt.last, given_up);
            return self.again(automaton, cuts, &again, attempt.given_up, class);
        }
        if attempt.must_match {
            return Err(Slow);
        }
        match attempt.read {
            0 => {
                cuts.before = !attempt.is_behind_gap;
                Ok((cuts, Attempt::at_start(true, given_up)))
            }
            1 => self.again(automaton, cuts, &Attempt::at_start(true, None), attempt.given_up, class),
            2 => {
                let gap = Attempt::at_start(true, None);
                let (first, again) = self.step_of(automaton, &gap, attempt.last)?;
                if first.before_last {
                    return Err(Slow);
                }
                cuts.before_last = first.before;
                self.again(automaton, cuts, &again, attempt.given_up, class)
            }
            _ => Err(Slow),
        }
    }

    /// Reads a character with another attempt than the one that was there.
    fn again(
        self,
        automaton: &Automaton,
        mut cuts: Cuts,
        attempt: &Attempt,
        given_up: Option<u32>,
        class: u8,
    ) -> Result<(Cuts, Attempt), Slow> {
        let attempt = Attempt { given_up, ..attempt.clone() };
        let (more, attempt) = self.step_of(automaton, &attempt, class)?;
        cuts.before_last |= more.before_last;
        cuts.before |= more.before;
        Ok((cuts, attempt))
    }

    fn end_of(self, automaton: &Automaton, attempt: &Attempt) -> Result<bool, Slow> {
        if attempt.given_up.is_some_and(|state| automaton.ends(state)) {
            return Err(Slow);
        }
        if attempt.state != START && automaton.ends(attempt.state) {
            return if !attempt.is_behind_gap {
                Ok(false)
            } else if attempt.read == 1 {
                Ok(true)
            } else {
                Err(Slow)
            };
        }
        if attempt.has_matched {
            self.end_of(automaton, &first_of(automaton, attempt.last, None))?;
            return Ok(true);
        }
        if attempt.must_match {
            return Err(Slow);
        }
        match attempt.read {
            0 | 1 => Ok(false),
            2 => {
                let gap = Attempt::at_start(true, None);
                let (first, again) = self.step_of(automaton, &gap, attempt.last)?;
                let late = self.end_of(automaton, &again)?;
                if first.before_last { Err(Slow) } else { Ok(first.before || late) }
            }
            _ => Err(Slow),
        }
    }
}

/// The attempt behind the first character of a piece.
fn first_of(automaton: &Automaton, class: u8, given_up: Option<u32>) -> Attempt {
    let (next, _) = automaton.step(START, class);
    if next == DEAD {
        return Attempt::at_start(true, given_up);
    }
    let attempt = Attempt { state: next, read: 1, ..Attempt::at_start(false, given_up) };
    settled(automaton, attempt, class)
}

/// Forgets what no longer matters, so that there are few states.
fn settled(automaton: &Automaton, mut attempt: Attempt, class: u8) -> Attempt {
    if automaton.is_certain(attempt.state) {
        attempt = Attempt { state: attempt.state, read: 3, ..Attempt::at_start(false, attempt.given_up) };
    } else {
        let is_read_again = attempt.has_matched || attempt.read == 2 && !attempt.must_match;
        attempt.last = if is_read_again { class } else { 0 };
        if attempt.has_matched || attempt.must_match && !attempt.is_behind_gap {
            attempt.read = 3;
        }
    }
    attempt
}

fn step_of_threes(threes: &ThreesStage, state: &State, class: u8) -> Result<(Cuts, State), Slow> {
    let is_digit = threes.digit.contain(class);
    match (state, is_digit) {
        (State::Digits(3, _), true) => Err(Slow),
        (State::Digits(count, bet), true) => Ok((Cuts::default(), State::Digits(count + 1, *bet))),
        (State::Digits(count, _), false) => {
            if !threes.goes_on_alike(*count, Some(class)) {
                return Err(Slow);
            }
            Ok((Cuts { before: threes.apart, ..Cuts::default() }, State::NoDigits))
        }
        (_, true) => Ok((Cuts { before: threes.apart, ..Cuts::default() }, State::Digits(1, threes.apart))),
        (_, false) => Ok((Cuts::default(), State::NoDigits)),
    }
}

impl ThreesStage {
    /// Whether a row of up to three digits that ends here has the cuts that the stream bet on.
    fn goes_on_alike(&self, count: u8, next: Option<u8>) -> bool {
        if self.apart { self.is_border(next) } else { count < 3 }
    }
}
