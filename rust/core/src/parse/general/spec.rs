//! A layout as data: where a record keeps its conversation, and what its keys mean. What it does not say follows from
//! the words that everybody uses.

use super::names::Speaker;
use super::path::Path;
use crate::conversation::Role;
use crate::layout_spec::{LayoutSpec, OneOrMore};
use tooltrain_json::Json;

/// A compiled layout.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    is_given: bool,
    pub(super) name: String,
    pub(super) recognize: Vec<Path>,
    pub(super) messages: Vec<Path>,
    pub(super) system: Vec<Path>,
    pub(super) tools: Vec<Path>,
    pub(super) each: Option<Path>,
    pub(super) per_file: bool,
    pub(super) unwrap: Option<Path>,
    pub(super) keep: Vec<(Path, Vec<String>)>,
    pub(super) merge: Option<Path>,
    pub(super) roles: Vec<(String, Option<Speaker>)>,
    pub(super) role: Vec<String>,
    pub(super) content: Vec<String>,
    pub(super) reasoning: Vec<String>,
    pub(super) calls: Vec<String>,
    pub(super) weight: Vec<String>,
    pub(super) call_id: Vec<String>,
    pub(super) call_name: Vec<String>,
    pub(super) call_arguments: Vec<String>,
    pub(super) call_result: Vec<String>,
    pub(super) pairs: Option<(String, String)>,
    pub(super) ignore: Vec<Path>,
    pub(super) last_turn_only: bool,
}

impl Spec {
    /// Compiles a layout; the error names the member that is wrong.
    pub fn compile(layout: &LayoutSpec) -> Result<Self, String> {
        let paths = |member: &str, given: &Option<OneOrMore>| {
            let texts = given.as_ref().map(OneOrMore::as_slice).unwrap_or_default();
            texts.iter().map(|text| path(member, text)).collect::<Result<Vec<_>, _>>()
        };
        let one = |member: &str, given: &Option<String>| {
            given.as_deref().map(|text| path(member, text)).transpose()
        };
        let keys =
            |given: &Option<OneOrMore>| given.as_ref().map(OneOrMore::as_slice).unwrap_or_default().to_vec();
        let call = layout.call.clone().unwrap_or_default();
        let roles =
            layout.roles.iter().map(|(name, role)| Ok((name.clone(), speaker(name, role.as_deref())?)));
        let keep = layout.keep.iter().map(|(at, values)| {
            let values = values.iter().map(|value| match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            Ok((path("where", at)?, values.collect()))
        });
        Ok(Self {
            is_given: true,
            name: layout.name.clone().unwrap_or_default(),
            recognize: paths("recognize", &layout.recognize)?,
            messages: paths("messages", &layout.messages)?,
            system: paths("system", &layout.system)?,
            tools: paths("tools", &layout.tools)?,
            each: one("each", &layout.each)?,
            per_file: match layout.per.as_deref() {
                None | Some("record") => false,
                Some("file") => true,
                Some(other) => return Err(format!("per: expected \"record\" or \"file\", found {other:?}")),
            },
            unwrap: one("unwrap", &layout.unwrap)?,
            keep: keep.collect::<Result<_, String>>()?,
            merge: one("merge", &layout.merge)?,
            roles: roles.collect::<Result<_, String>>()?,
            role: keys(&layout.role),
            content: keys(&layout.content),
            reasoning: keys(&layout.reasoning),
            calls: keys(&layout.calls),
            weight: keys(&layout.weight),
            call_id: keys(&layout.call_id),
            call_name: keys(&call.name),
            call_arguments: keys(&call.arguments),
            call_result: keys(&call.result),
            pairs: layout.pairs.clone().map(|pairs| (pairs.user, pairs.assistant)),
            ignore: paths("ignore", &layout.ignore)?,
            last_turn_only: match layout.loss.as_deref() {
                None | Some("assistant") => false,
                Some("last_turn") => true,
                Some(other) => {
                    return Err(format!("loss: expected \"assistant\" or \"last_turn\", found {other:?}"));
                }
            },
        })
    }
}

fn path(member: &str, text: &str) -> Result<Path, String> {
    Path::parse(text).map_err(|what| format!("{member}: {what}"))
}

fn speaker(name: &str, role: Option<&str>) -> Result<Option<Speaker>, String> {
    Ok(Some(match role {
        None => return Ok(None),
        Some("user") => Speaker::Role(Role::User),
        Some("assistant") => Speaker::Role(Role::Assistant),
        Some("system") => Speaker::Role(Role::System),
        Some("tool") => Speaker::Role(Role::Tool),
        Some("call") => Speaker::Caller,
        Some("reasoning") => Speaker::Thinker,
        Some(other) => {
            return Err(format!(
                "roles.{name}: expected user, assistant, system, tool, call, reasoning or null, found {other:?}"
            ));
        }
    }))
}

impl Spec {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The elements of a record that are records themselves, where the layout has such.
    #[must_use]
    pub fn each(&self) -> Option<&Path> {
        self.each.as_ref()
    }

    /// Whether all records of a file are one conversation.
    #[must_use]
    pub fn is_per_file(&self) -> bool {
        self.per_file
    }

    /// Whether it was compiled from a layout, and is not the one of everybody's words.
    pub(crate) fn is_given(&self) -> bool {
        self.is_given
    }

    /// Whether a record has what only records of this layout have.
    pub(crate) fn recognizes(&self, record: Json<'_, '_>) -> bool {
        !self.recognize.is_empty() && self.recognize.iter().all(|path| path.first(record).is_some())
    }

    /// Where the layout looks for messages, for a message to the user.
    pub(crate) fn places(&self) -> String {
        let paths: Vec<_> = self.messages.iter().map(|path| format!("`{}`", path.text())).collect();
        if paths.is_empty() { "anywhere".to_owned() } else { paths.join(", ") }
    }

    /// The keys that the layout names, whose texts may be JSON.
    pub(super) fn named_keys(&self) -> impl Iterator<Item = &str> {
        let paths = self.messages.iter().chain(&self.tools).chain(&self.system);
        paths.filter_map(Path::first_key).chain(self.calls.iter().map(String::as_str))
    }
}
