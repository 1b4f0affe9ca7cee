//! All stages as one table: a look-up for each character, and no step that waits for a border.

use rustc_hash::FxHashMap;

use super::chain::Chain;
use super::stream::{Cuts, Slow, State, Stream};
use crate::split::masks::decode;

const MOST_STEPS: usize = 1 << 20;

/// The step cannot be taken this way.
const SLOW: u32 = 1 << 28;
/// Splitting may begin anew before this character.
const ANEW: u32 = 1 << 29;
/// A pretoken ends before the last character.
const BEFORE_LAST: u32 = 1 << 30;
/// A pretoken ends before this character.
const BEFORE: u32 = 1 << 31;
const STATE: u32 = SLOW - 1;

/// The symbol of characters that have none.
const NO_SYMBOL: u8 = u8::MAX;

pub(crate) struct Fused {
    symbols: usize,
    of_ascii: [u8; 128],
    /// By class, for characters beyond ASCII.
    of_class: [u8; 256],
    /// By state and symbol: the place where the steps of the next state begin, and what the character
    /// showed.
    steps: Vec<u32>,
    /// By state: what the end of the text shows.
    ends: Vec<u32>,
    /// By symbol: the state behind the first character.
    first: Vec<u32>,
}

/// A symbol is what the stages of characters and those of bytes see of a character.
type Symbol = (u8, u8);

/// The states of all stages.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Product {
    states: Vec<State>,
    /// The states before the last character, and that; only where they may still be needed.
    back: Option<(Vec<State>, Symbol)>,
}

impl Fused {
    /// None where the table would be too large.
    pub(crate) fn new(chain: &Chain) -> Option<Fused> {
        let mut builder =
            Builder { chain, symbols: Vec::new(), known: FxHashMap::default(), waiting: Vec::new() };
        let (mut of_ascii, mut of_class) = ([NO_SYMBOL; 128], [NO_SYMBOL; 256]);
        let has_bytes = chain.of_characters < chain.stages.len();
        for (byte, place) in (0u8..).zip(&mut of_ascii) {
            let mapped = if has_bytes { chain.of_byte[usize::from(byte)] } else { 0 };
            *place = builder.symbol((chain.alphabet.class(u32::from(byte)), mapped))?;
        }
        if !has_bytes {
            for class in 0..chain.alphabet.len() as u8 {
                of_class[usize::from(class)] = builder.symbol((class, 0))?;
            }
        }
        builder.build(of_ascii, of_class)
    }

    /// Writes the ends of pretokens from `start` on. Returns how many, where splitting goes on, and the
    /// place up to which it has to go on the plain way, if it has to.
    #[inline]
    pub(crate) fn fill(
        &self,
        chain: &Chain,
        text: &str,
        start: usize,
        end: usize,
        ends: &mut [u32],
    ) -> (usize, usize, Option<usize>) {
        let bytes = &text.as_bytes()[..end];
        let most = ends.len().saturating_sub(3);
        let (mut at, mut last, mut count) = (start, start, 0);
        let (mut anew, mut anew_count) = (start, 0);
        let mut state = 0;
        let mut is_first = true;
        while at < end && count < most {
            let byte = bytes[at];
            let (symbol, length) = if byte < 0x80 {
                (self.of_ascii[usize::from(byte)], 1)
            } else {
                let (code_point, length) = decode(&bytes[at..]).unwrap_or((0, 1));
                (self.of_class[usize::from(chain.alphabet.class(code_point))], length)
            };
            if symbol == NO_SYMBOL {
                return (anew_count, anew, Some(at + length));
            }
            let step = if is_first {
                is_first = false;
                self.first[usize::from(symbol)]
            } else {
                self.steps[state + usize::from(symbol)]
            };
            if step & SLOW != 0 {
                return (anew_count, anew, Some(at + length));
            }
            ends[count] = last as u32;
            count += usize::from(step & BEFORE_LAST != 0);
            ends[count] = at as u32;
            count += usize::from(step & BEFORE != 0);
            if step & ANEW != 0 {
                (anew, anew_count) = (at, count);
            }
            state = (step & STATE) as usize;
            last = at;
            at += length;
        }
        if at < end {
            return if anew > start { (anew_count, anew, None) } else { (0, start, Some(at)) };
        }
        let step = self.ends[state / self.symbols];
        if step & SLOW != 0 || count + 2 > ends.len() {
            return (anew_count, anew, Some(end));
        }
        ends[count] = last as u32;
        count += usize::from(step & BEFORE_LAST != 0);
        ends[count] = end as u32;
        (count + 1, end, None)
    }
}

struct Builder<'c> {
    chain: &'c Chain,
    symbols: Vec<Symbol>,
    known: FxHashMap<Product, u32>,
    waiting: Vec<Product>,
}

impl Builder<'_> {
    fn symbol(&mut self, symbol: Symbol) -> Option<u8> {
        let at = self.symbols.iter().position(|&known| known == symbol).unwrap_or_else(|| {
            self.symbols.push(symbol);
            self.symbols.len() - 1
        });
        (at < usize::from(NO_SYMBOL)).then_some(at as u8)
    }

    fn streams(&self) -> impl Iterator<Item = (usize, Stream<'_>)> {
        let last = self.chain.stages.len() - 1;
        let stream = move |(number, stage)| (number, Stream { stage, is_last: number == last });
        self.chain.stages.iter().enumerate().map(stream)
    }

    fn class(&self, stage: usize, symbol: Symbol) -> u8 {
        if stage < self.chain.of_characters { symbol.0 } else { symbol.1 }
    }

    fn build(mut self, of_ascii: [u8; 128], of_class: [u8; 256]) -> Option<Fused> {
        let symbols = self.symbols.clone();
        let firsts: Vec<_> = symbols.iter().map(|&symbol| self.first(symbol)).collect();
        let mut first = Vec::with_capacity(firsts.len());
        for states in &firsts {
            first.push(self.place(Product { states: states.clone(), back: None }));
        }
        let (mut steps, mut ends) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.waiting.len() {
            let product = self.waiting[at].clone();
            for (symbol, first) in symbols.iter().zip(&firsts) {
                let Ok((cuts, next)) = self.step(&product, *symbol) else {
                    steps.push(SLOW);
                    continue;
                };
                let is_anew = cuts.before && *first == next.states;
                let place = self.place(next);
                steps.push(place | flags(cuts) | if is_anew { ANEW } else { 0 });
            }
            ends.push(match self.end(&product) {
                Ok(before_last) => flags(Cuts { before_last, before: false }),
                Err(Slow) => SLOW,
            });
            if self.waiting.len() * symbols.len() > MOST_STEPS {
                return None;
            }
            at += 1;
        }
        Some(Fused { symbols: symbols.len(), of_ascii, of_class, steps, ends, first })
    }

    fn place(&mut self, product: Product) -> u32 {
        let (waiting, symbols) = (&mut self.waiting, self.symbols.len());
        *self.known.entry(product).or_insert_with_key(|product| {
            waiting.push(product.clone());
            ((waiting.len() - 1) * symbols) as u32
        })
    }

    fn first(&self, symbol: Symbol) -> Vec<State> {
        self.streams().map(|(number, stream)| stream.first(self.class(number, symbol))).collect()
    }

    fn step(&self, product: &Product, symbol: Symbol) -> Result<(Cuts, Product), Slow> {
        let mut cuts = Cuts::default();
        let mut states = Vec::with_capacity(product.states.len());
        let mut is_late = false;
        for (number, stream) in self.streams() {
            let class = self.class(number, symbol);
            let again = self.before_last(product, number, stream, cuts.before_last)?;
            let state = again.as_ref().unwrap_or(&product.states[number]);
            let (more, next) = if cuts.before {
                let before_last = stream.end(state)?;
                (Cuts { before_last, before: true }, stream.first(class))
            } else {
                stream.step(state, class)?
            };
            is_late |= number > 0 && more.before_last;
            cuts.before_last |= more.before_last;
            cuts.before |= more.before;
            states.push(next);
        }
        let others = &states[..states.len() - 1];
        let back = others.iter().any(State::may_cut_late).then(|| {
            // What was cut late by a stage whose piece turns out to end sooner would have to be taken back.
            (if is_late { Vec::new() } else { product.states.clone() }, symbol)
        });
        Ok((cuts, Product { states, back }))
    }

    /// The state of a stage whose piece ended before the last character, with that read again.
    fn before_last(
        &self,
        product: &Product,
        number: usize,
        stream: Stream<'_>,
        has_ended: bool,
    ) -> Result<Option<State>, Slow> {
        if !has_ended {
            return Ok(None);
        }
        let (back, symbol) = product.back.as_ref().ok_or(Slow)?;
        if stream.end(back.get(number).ok_or(Slow)?)? {
            return Err(Slow);
        }
        Ok(Some(stream.first(self.class(number, *symbol))))
    }

    fn end(&self, product: &Product) -> Result<bool, Slow> {
        let mut is_cut = false;
        for (number, stream) in self.streams() {
            let again = self.before_last(product, number, stream, is_cut)?;
            is_cut |= stream.end(again.as_ref().unwrap_or(&product.states[number]))?;
        }
        Ok(is_cut)
    }
}

fn flags(cuts: Cuts) -> u32 {
    (if cuts.before { BEFORE } else { 0 }) | if cuts.before_last { BEFORE_LAST } else { 0 }
}
