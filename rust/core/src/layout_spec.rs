//! A layout as data: where a record keeps its conversation, and what its keys mean. The option `layout=` takes one, and
//! those that come with the library are files of this form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What `layout=` names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LayoutChoice {
    /// A layout that is known, or the path of a file with one.
    Named(String),
    /// A layout as data.
    Spec(Box<LayoutSpec>),
}

/// One path or key, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several, in their order.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// Names of the parts of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallSpec {
    /// Keys of the name of the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<OneOrMore>,
    /// Keys of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<OneOrMore>,
    /// Keys of the result, where it is kept with the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<OneOrMore>,
}

/// Keys of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairSpec {
    /// Key of what the person says.
    pub user: String,
    /// Key of what the model says.
    pub assistant: String,
}

/// A layout as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutSpec {
    /// Its name, for reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is, for the documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it is described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Paths that a record of this layout has, and no record of another: it is recognized by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognize: Option<OneOrMore>,
    /// Paths of lists of messages and of single messages, joined in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<OneOrMore>,
    /// Paths of texts that become the system message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<OneOrMore>,
    /// Paths of declared tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<OneOrMore>,
    /// A path to elements of a record that are records themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// `file` where all records of a file are one conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// A path inside each element of the messages, to the message itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unwrap: Option<String>,
    /// Paths in an element and the values that it has to have there to be read.
    #[serde(rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub keep: BTreeMap<String, Vec<serde_json::Value>>,
    /// A path in an element: consecutive ones with the same value there are one turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<String>,
    /// Speakers by the name that the data has: user, assistant, system, tool, call, reasoning, or null to leave them
    /// out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Option<String>>,
    /// Keys of the speaker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<OneOrMore>,
    /// Keys of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<OneOrMore>,
    /// Keys of the reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<OneOrMore>,
    /// Keys of the calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<OneOrMore>,
    /// Keys of the loss weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<OneOrMore>,
    /// Keys of the id that a result names its call by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<OneOrMore>,
    /// Names of the parts of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSpec>,
    /// Keys of one question and its answer, in a record or in each element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairSpec>,
    /// Paths of what means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<OneOrMore>,
    /// `last_turn` where only the last turn is trained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<String>,
    /// A record of the layout, for the documentation and the tests.
    #[serde(skip_serializing)]
    pub example: Option<serde_json::Value>,
}
