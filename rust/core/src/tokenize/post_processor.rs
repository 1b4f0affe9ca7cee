//! What the post-processor of a `tokenizer.json` puts around a text of its own: BOS before it, as a rule.

use serde::Deserialize;
use serde_json::Value;

use super::reference::unusable;
use crate::error::Result;

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    post_processor: Value,
}

/// The ids before and after a text that is tokenized by itself with special tokens.
pub(super) fn around(json: &[u8], name: &str) -> Result<(Vec<u32>, Vec<u32>)> {
    let part: Part = serde_json::from_slice(json).map_err(|source| unusable(name, source))?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    add(&part.post_processor, &mut before, &mut after);
    Ok((before, after))
}

/// Adds what `part` puts around the ids so far.
fn add(part: &Value, before: &mut Vec<u32>, after: &mut Vec<u32>) {
    let pair = |key: &str| part[key][1].as_u64().map(|id| id as u32);
    match part["type"].as_str().unwrap_or_default() {
        "Sequence" => {
            for inner in part["processors"].as_array().into_iter().flatten() {
                add(inner, before, after);
            }
        }
        "TemplateProcessing" => {
            let mut is_before = true;
            let mut put_before = Vec::new();
            for piece in part["single"].as_array().into_iter().flatten() {
                if piece.get("Sequence").is_some() {
                    is_before = false;
                    continue;
                }
                let Some(name) = piece["SpecialToken"]["id"].as_str() else { continue };
                let ids = part["special_tokens"][name]["ids"].as_array().into_iter().flatten();
                let ids = ids.filter_map(Value::as_u64).map(|id| id as u32);
                if is_before { put_before.extend(ids) } else { after.extend(ids) }
            }
            before.splice(0..0, put_before);
        }
        "BertProcessing" | "RobertaProcessing" => {
            before.splice(0..0, pair("cls"));
            after.extend(pair("sep"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(post_processor: &Value) -> (Vec<u32>, Vec<u32>) {
        around(&serde_json::to_vec(&json!({"post_processor": post_processor})).unwrap(), "made").unwrap()
    }

    #[test]
    fn special_tokens_of_a_template_are_put_around_the_sequence() {
        let template = json!({"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1]}, "</s>": {"id": "</s>", "ids": [2, 3]}}});
        assert_eq!(of(&template), (vec![1], vec![2, 3]));
        let sequence = json!({"type": "Sequence", "processors": [{"type": "ByteLevel"}, template]});
        assert_eq!(of(&sequence), (vec![1], vec![2, 3]));
    }

    #[test]
    fn other_post_processors_put_their_two_tokens_or_none() {
        let bert = json!({"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]});
        assert_eq!(of(&bert), (vec![101], vec![102]));
        assert_eq!(of(&json!({"type": "ByteLevel"})), (vec![], vec![]));
        assert_eq!(of(&Value::Null), (vec![], vec![]));
    }
}
