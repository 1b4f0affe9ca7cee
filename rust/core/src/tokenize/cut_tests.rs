use proptest::prelude::*;

use super::*;
use crate::render::Field;

const TOKENS: [&str; 7] = ["<|im|>", "<|im|", "<think>", "</think>", "[INST]", "<", "é|"];
const PIECES: [&str; 14] = [
    "<|im|>", "<|im|", "<|im", "|>", "<think>", "</think>", "[INST]", "[", "<", "é|", "é", "a", " ", "think>",
];

fn added(kinds: &[usize]) -> Vec<AddedToken> {
    let token = |&kind: &usize| AddedToken {
        content: TOKENS[kind].into(),
        id: kind as u32,
        special: true,
        ..AddedToken::default()
    };
    kinds.iter().map(token).collect()
}

fn rendered(pieces: &[(usize, u8)]) -> Rendered {
    let mut rendered = Rendered::default();
    for &(piece, origin) in pieces {
        let start = rendered.text.len() as u32;
        rendered.text.push_str(PIECES[piece]);
        let origin = [Origin::Template, Origin::Content, Origin::Plain][usize::from(origin)];
        rendered.spans.push(Span {
            start,
            end: rendered.text.len() as u32,
            origin,
            field: Field::Header,
            message: 0,
            sampled: false,
            weight: 0.0,
        });
    }
    rendered
}

/// The law in plain words: go from left to right, and take the longest token whose bytes all have the
/// origin of the first.
fn expected(rendered: &Rendered, added: &[AddedToken], markers: &[&str]) -> Vec<(u32, Range<u32>)> {
    let origins: Vec<Origin> = rendered
        .spans
        .iter()
        .flat_map(|span| std::iter::repeat_n(span.origin, (span.end - span.start) as usize))
        .collect();
    let (mut found, mut at) = (vec![], 0);
    while at < rendered.text.len() {
        let fits = |token: &&AddedToken| {
            let end = at + token.content.len();
            rendered.text.as_bytes()[at..].starts_with(token.content.as_bytes())
                && origins[at] != Origin::Plain
                && (origins[at] == Origin::Template || markers.contains(&token.content.as_str()))
                && origins[at..end].iter().all(|&origin| origin == origins[at])
        };
        match added.iter().filter(fits).max_by_key(|token| token.content.len()) {
            Some(token) => {
                let end = at + token.content.len();
                found.push((token.id, at as u32..end as u32));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

proptest! {
    #[test]
    fn control_tokens_are_found_by_origin(
        kinds in proptest::sample::subsequence((0..TOKENS.len()).collect::<Vec<_>>(), 0..=TOKENS.len()),
        marker_count in 0usize..5,
        pieces in proptest::collection::vec((0..PIECES.len(), 0u8..3), 0..40),
    ) {
        let added = added(&kinds);
        let markers: Vec<&str> = TOKENS[2..2 + marker_count].to_vec();
        let rendered = rendered(&pieces);
        let cutter = Cutter::new(&added, &markers, Boundary::Whole);
        let mut pieces = vec![];
        cutter.cut(&rendered, &mut pieces);

        let mut end = 0;
        for piece in &pieces {
            let (Piece::Control { bytes, .. } | Piece::Text(bytes, _)) = piece;
            prop_assert_eq!(bytes.start, end);
            end = bytes.end;
        }
        prop_assert_eq!(end as usize, rendered.text.len());
        let control = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Control { id, bytes, .. } => Some((id, bytes)),
            Piece::Text(..) => None,
        });
        prop_assert_eq!(control.collect::<Vec<_>>(), expected(&rendered, &added, &markers));
    }
}
