//! Records that are judged good or bad, and records with a better and a worse side: what `verdict=` makes of them.

use tooltrain_json::{Json, Kind as Type};

use super::names::{self, Folded};
use super::{General, shapes};
use crate::conversation::{DefaultLoss, Role};
use crate::finding::Code;
use crate::options::VerdictPolicy;

/// Keys of the better side, folded.
const BETTER: [&str; 4] = ["chosen", "chosenresponse", "preferred", "preferredoutput"];
/// Keys of what comes before it, folded.
const BEFORE: [&str; 8] =
    ["messages", "conversations", "conversation", "prompt", "input", "question", "query", "instruction"];

impl<'t, 'a> General<'_, 't, 'a, '_> {
    /// The conversation with the better side of a record that has two, where the run asks for it.
    pub(super) fn better_side(&mut self) -> Option<Vec<Json<'t, 'a>>> {
        if self.reading.options.verdict != VerdictPolicy::Better || self.record.kind() != Type::Object {
            return None;
        }
        let chosen = shapes::first_of(self.record, &BETTER)?;
        for (key, other) in self.record.members() {
            if names::of_key(&key, names::is_verdict) && other.index() != chosen.index() {
                self.marks.set(other);
            }
        }
        let is_whole = chosen.elements().next().is_some_and(|first| {
            let role = first.get("role").or(first.get("from")).and_then(Json::text);
            let speaker = role.and_then(|role| names::speaker(&role));
            matches!(speaker, Some(names::Speaker::Role(Role::User | Role::System)))
        });
        if is_whole {
            return Some(vec![chosen]);
        }
        let before = shapes::first_of(self.record, &BEFORE)?;
        let count = if before.kind() == Type::Array { before.elements().count() } else { 1 };
        self.default_loss = DefaultLoss::FromMessage(count as u32);
        Some(vec![before, chosen])
    }

    /// Whether the policy of the run says what to do with a verdict.
    pub(super) fn reads_verdict(&mut self, key: &str, value: Json<'t, 'a>) -> bool {
        match self.reading.options.verdict {
            VerdictPolicy::Refuse => false,
            VerdictPolicy::Ignore => true,
            VerdictPolicy::Better => {
                let bad = is_bad(key, value);
                if bad == Some(true) {
                    self.left_out = true;
                    let what =
                        format!("`{}` is {}: the record was left out", key.escape_debug(), value.source());
                    self.note(Code::JudgedBad, value, what);
                }
                bad.is_some()
            }
        }
    }
}

/// Whether a verdict is bad; `None` where that is not known.
fn is_bad(key: &str, value: Json<'_, '_>) -> Option<bool> {
    let folded = Folded::of(key);
    let is_inverted =
        matches!(folded.as_str(), "isbad" | "undesirable" | "isrejected" | "thumbsdown" | "dispreferred");
    let text = value.text().map(|text| text.to_lowercase());
    let bad = match (value.kind(), text.as_deref()) {
        (Type::True, _) | (_, Some("true" | "good" | "desirable" | "chosen" | "accepted" | "positive")) => {
            false
        }
        (Type::False, _) | (_, Some("false" | "bad" | "undesirable" | "rejected" | "negative")) => true,
        (Type::Number, _) => value.number()? <= 0.0,
        _ => return None,
    };
    Some(bad != is_inverted)
}
