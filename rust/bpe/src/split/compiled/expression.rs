//! Reading a regular expression as the reference's engine reads it, as far as splitting patterns go.
//!
//! Whatever is not read here is refused, with what it was. The syntax is Oniguruma's: `{1,3}+` repeats
//! a repetition, `(?i:` folds the long s to s, `&&` intersects what stands on both sides of it.

use std::iter::Peekable;
use std::str::Chars;

use super::set::CodeSet;
use crate::unicode::properties;

/// Copies of an expression that a counted repetition may stand for.
const MOST_COPIES: u32 = 1000;

/// Brackets inside brackets.
const DEEPEST: usize = 40;

/// An expression; alternatives are tried in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Empty,
    Set(CodeSet),
    Concat(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
    },
    /// The next character is one of the set, or the text ends and `end` is set.
    Next {
        set: CodeSet,
        end: bool,
    },
    /// The text goes on with the expression.
    Follows(Box<Node>),
    /// The text does not go on with the expression.
    FollowsNot(Box<Node>),
    /// `\b`
    WordBorder,
}

/// Why an expression was refused.
pub(crate) type Refusal = String;

pub(crate) fn parse(expression: &str) -> Result<Node, Refusal> {
    let mut parser = Parser { rest: expression.chars().peekable(), folds: false, depth: 0 };
    let node = parser.alternatives()?;
    match parser.rest.next() {
        None => Ok(node),
        Some(c) => Err(format!("an unmatched {c:?}")),
    }
}

struct Parser<'e> {
    rest: Peekable<Chars<'e>>,
    /// Inside `(?i:`
    folds: bool,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn next(&mut self) -> Result<char, Refusal> {
        self.rest.next().ok_or_else(|| "an expression that ends too soon".to_owned())
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth == DEEPEST {
            return Err("brackets that are nested too deeply".to_owned());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn alternatives(&mut self) -> Result<Node, Refusal> {
        let mut branches = vec![self.concat()?];
        while self.take('|') {
            branches.push(self.concat()?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternatives(branches) })
    }

    fn concat(&mut self) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        let mut last_letter = None;
        while let Some(&c) = self.rest.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if self.folds {
                // These pairs are also matched by a single character: a ligature or a sharp s.
                if let Some(last) = last_letter
                    && ["ss", "st", "ff", "fi", "fl"].contains(&format!("{last}{c}").to_lowercase().as_str())
                {
                    return Err(format!("{last}{c} without regard to case"));
                }
                last_letter = Some(c);
            }
            let atom = self.atom()?;
            parts.push(self.repeated(atom)?);
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::Concat(parts),
        })
    }

    fn atom(&mut self) -> Result<Node, Refusal> {
        match self.next()? {
            '(' => self.deeper(Self::group),
            '[' => Ok(Node::Set(self.deeper(Self::class)?)),
            '.' => Ok(Node::Set(CodeSet::single('\n').complement())),
            '$' => Ok(Node::Next { set: CodeSet::single('\n'), end: true }),
            '\\' => match self.rest.peek() {
                Some('b') => {
                    self.rest.next();
                    Ok(Node::WordBorder)
                }
                Some('z') => {
                    self.rest.next();
                    Ok(Node::Next { set: CodeSet::default(), end: true })
                }
                _ => Ok(Node::Set(self.escape()?)),
            },
            c @ ('^' | '*' | '+' | '?' | '{') => Err(format!("{c:?} in this place")),
            c => Ok(Node::Set(self.literal(c)?)),
        }
    }

    fn group(&mut self) -> Result<Node, Refusal> {
        let folds = self.folds;
        let mut kind = ':';
        if self.take('?') {
            kind = self.next()?;
            if kind == 'i' {
                if !self.take(':') {
                    return Err("flags for the rest of an expression".to_owned());
                }
                self.folds = true;
            } else if !matches!(kind, ':' | '=' | '!') {
                return Err(format!("a group that begins with (?{kind}"));
            }
        }
        let inner = self.alternatives()?;
        self.folds = folds;
        if !self.take(')') {
            return Err("a group without its end".to_owned());
        }
        Ok(match (kind, as_set(&inner)) {
            ('=', Some(set)) => Node::Next { set, end: false },
            ('!', Some(set)) => Node::Next { set: set.complement(), end: true },
            ('=', None) => Node::Follows(Box::new(inner)),
            ('!', None) => Node::FollowsNot(Box::new(inner)),
            _ => inner,
        })
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, Refusal> {
        loop {
            let (least, most) = match self.rest.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => {
                    self.rest.next();
                    let (least, most) = self.counts()?;
                    if self.rest.peek() == Some(&'?') {
                        return Err("a counted repetition that takes as little as it can".to_owned());
                    }
                    node = repeat(node, least, most, false)?;
                    continue;
                }
                _ => return Ok(node),
            };
            self.rest.next();
            if self.take('+') {
                node = possessive(&node, least, most)?;
            } else {
                let lazy = self.take('?');
                node = repeat(node, least, most, lazy)?;
            }
        }
    }

    /// What stands between `{` and `}`.
    fn counts(&mut self) -> Result<(u32, Option<u32>), Refusal> {
        let mut text = String::new();
        loop {
            match self.next()? {
                '}' => break,
                c => text.push(c),
            }
        }
        let number = |digits: &str| digits.parse::<u32>().ok().filter(|&count| count <= MOST_COPIES);
        let counts = match text.split_once(',') {
            None => number(&text).map(|count| (count, Some(count))),
            Some(("", most)) => number(most).map(|most| (0, Some(most))),
            Some((least, "")) => number(least).map(|least| (least, None)),
            Some((least, most)) => number(least).zip(number(most).map(Some)),
        };
        counts
            .filter(|&(least, most)| most.is_none_or(|most| least <= most && most > 0))
            .ok_or_else(|| format!("the repetition {{{text}}}"))
    }

    fn literal(&self, c: char) -> Result<CodeSet, Refusal> {
        if !self.folds || !c.is_alphabetic() {
            return Ok(CodeSet::single(c));
        }
        if !c.is_ascii() {
            return Err(format!("{c:?} without regard to case"));
        }
        let (lower, upper) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
        let folded = match lower {
            's' => '\u{17F}',
            'k' => '\u{212A}',
            _ => lower,
        };
        Ok(CodeSet::of([lower, upper, folded].map(|c| (c as u32, c as u32)).to_vec()))
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<CodeSet, Refusal> {
        let c = self.next()?;
        let set = match c {
            's' | 'S' => CodeSet::of(properties::space()),
            'd' | 'D' => CodeSet::of(properties::named("Nd").unwrap_or_default()),
            'w' | 'W' => CodeSet::of(properties::word()),
            'p' | 'P' => return self.property(c == 'P'),
            'r' => CodeSet::single('\r'),
            'n' => CodeSet::single('\n'),
            't' => CodeSet::single('\t'),
            'f' => CodeSet::single('\u{C}'),
            'v' => CodeSet::single('\u{B}'),
            'u' => self.code(4)?,
            'x' if self.take('{') => {
                let mut digits = String::new();
                while !self.take('}') {
                    digits.push(self.next()?);
                }
                code_point(&digits)?
            }
            c if c.is_ascii_punctuation() || c == ' ' => CodeSet::single(c),
            c => return Err(format!("\\{c}")),
        };
        Ok(if matches!(c, 'S' | 'D' | 'W') { set.complement() } else { set })
    }

    fn code(&mut self, digits: usize) -> Result<CodeSet, Refusal> {
        let digits = (0..digits).map(|_| self.next()).collect::<Result<String, _>>()?;
        code_point(&digits)
    }

    fn property(&mut self, inverted: bool) -> Result<CodeSet, Refusal> {
        if !self.take('{') {
            return Err("\\p without a name".to_owned());
        }
        let inverted = inverted ^ self.take('^');
        let mut name = String::new();
        while !self.take('}') {
            name.push(self.next()?);
        }
        let set = properties::named(&name).map(CodeSet::of);
        let set = set.ok_or_else(|| format!("\\p{{{name}}}"))?;
        Ok(if inverted { set.complement() } else { set })
    }

    /// A character class behind its `[`.
    fn class(&mut self) -> Result<CodeSet, Refusal> {
        let inverted = self.take('^');
        let mut all: Option<CodeSet> = None;
        let mut set = CodeSet::default();
        let mut is_empty = true;
        loop {
            let c = self.next()?;
            let item = match c {
                ']' if is_empty => return Err("an empty character class".to_owned()),
                ']' => break,
                '&' if self.take('&') => {
                    all = Some(all.map_or_else(|| set.clone(), |all| all.intersection(&set)));
                    set = CodeSet::default();
                    continue;
                }
                '[' if self.rest.peek() == Some(&':') => return Err("a POSIX class".to_owned()),
                '[' => self.deeper(Self::class)?,
                '\\' => self.escape()?,
                c => CodeSet::single(c),
            };
            is_empty = false;
            let item = self.range_from(item)?;
            set.add(&self.folded(item)?);
        }
        if let Some(all) = all {
            set = all.intersection(&set);
        }
        Ok(if inverted { set.complement() } else { set })
    }

    /// The range that begins with `first` where a hyphen follows, else `first`.
    fn range_from(&mut self, first: CodeSet) -> Result<CodeSet, Refusal> {
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']') | None);
        let &[(from, same)] = first.ranges() else { return Ok(first) };
        if from != same || !is_range {
            return Ok(first);
        }
        self.rest.next();
        let last = match self.next()? {
            '\\' => self.escape()?,
            '[' => return Err("a range that ends with a class".to_owned()),
            c => CodeSet::single(c),
        };
        match *last.ranges() {
            [(to, same)] if to == same && from <= to => Ok(CodeSet::of(vec![(from, to)])),
            _ => Err("a range that ends before it begins".to_owned()),
        }
    }

    fn folded(&self, item: CodeSet) -> Result<CodeSet, Refusal> {
        if !self.folds {
            return Ok(item);
        }
        let mut folded = CodeSet::default();
        for &(first, last) in item.ranges() {
            if last >= 0x80 {
                return Err("a class beyond ASCII without regard to case".to_owned());
            }
            for c in (first..=last).filter_map(char::from_u32) {
                folded.add(&self.literal(c)?);
            }
        }
        Ok(folded)
    }
}

fn code_point(digits: &str) -> Result<CodeSet, Refusal> {
    let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    code.map(CodeSet::single).ok_or_else(|| format!("the code point {digits:?}"))
}

/// The set of an expression that takes one character whatever it is.
fn as_set(node: &Node) -> Option<CodeSet> {
    match node {
        Node::Set(set) => Some(set.clone()),
        Node::Alternatives(branches) => {
            let mut all = CodeSet::default();
            for branch in branches {
                all.add(&as_set(branch)?);
            }
            Some(all)
        }
        _ => None,
    }
}

fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::Set(_) => false,
        Node::Concat(parts) => parts.iter().all(may_be_empty),
        Node::Alternatives(branches) => branches.iter().any(may_be_empty),
        Node::Repeat { node, least, .. } => *least == 0 || may_be_empty(node),
        _ => true,
    }
}

fn repeat(node: Node, least: u32, most: Option<u32>, lazy: bool) -> Result<Node, Refusal> {
    if may_be_empty(&node) {
        return Err("a repetition of what may be empty".to_owned());
    }
    Ok(Node::Repeat { node: Box::new(node), least, most, lazy })
}

/// A repetition that gives nothing back. Of single characters that is one which goes on as long as it can.
fn possessive(node: &Node, least: u32, most: Option<u32>) -> Result<Node, Refusal> {
    let set = as_set(node).ok_or_else(|| "a possessive repetition of more than a character".to_owned())?;
    let stops = Node::Next { set: set.complement(), end: true };
    if most == Some(1) {
        return Ok(Node::Alternatives(vec![Node::Set(set), stops]));
    }
    Ok(Node::Concat(vec![repeat(Node::Set(set), least, most, false)?, stops]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        for (expression, named) in [
            ("a(?<=b)", "(?<"),
            ("(?>a)", "(?>"),
            ("^a", "'^'"),
            (r"\h", r"\h"),
            (r"\p{Nope}", r"\p{Nope}"),
            ("(a|)*", "may be empty"),
            ("[[:alpha:]]", "POSIX"),
            ("a{2}?", "as little"),
            ("(a", "without its end"),
            ("a)", "unmatched"),
            ("[a", "too soon"),
            ("(?i:ss)", "without regard to case"),
            ("(?i)a", "flags"),
            ("a{1001}", "{1001}"),
            ("(ab)++", "possessive"),
        ] {
            let refusal = parse(expression).unwrap_err();
            assert!(refusal.contains(named), "{expression}: {refusal}");
        }
        assert!(parse(&"(".repeat(1000)).unwrap_err().contains("nested"));
    }

    #[test]
    fn classes_are_sets() {
        let set = |expression: &str| match parse(expression).unwrap() {
            Node::Set(set) => set,
            other => panic!("{other:?}"),
        };
        assert_eq!(set("[a-c&&[^b]]"), CodeSet::of(vec![(97, 97), (99, 99)]));
        assert_eq!(set(r"[\-a]"), CodeSet::of(vec![(45, 45), (97, 97)]));
        assert_eq!(set("[a-]"), set(r"[\-a]"));
        assert_eq!(set(r"[^\p{L}]"), set(r"\P{L}"));
        assert_eq!(set(r"\p{^L}"), set(r"\P{L}"));
        assert_eq!(set("(?i:[sd])"), CodeSet::of([68, 83, 100, 115, 0x17F].map(|c| (c, c)).to_vec()));
        assert_eq!(set(r"\u4e00"), CodeSet::single('一'));
        assert_eq!(set(r"[^(\s|[.,]|)]"), set(r"[^(|)\s.,]"));
    }
}
