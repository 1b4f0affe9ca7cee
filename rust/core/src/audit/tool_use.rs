//! What a set of conversations does with its tools.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use crate::conversation::{Conversation, Role};

/// Most tools that are counted by name. A set that declares new ones in every record would need
/// memory without bound; calls past this many names are counted together.
const MOST_TOOLS: usize = 100_000;

/// Use of one tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToolUse {
    /// Conversations that declare it.
    pub declared: u64,
    /// Calls of it.
    pub calls: u64,
    /// Of those, calls that are wrong: not declared, or with arguments against the schema.
    pub wrong_calls: u64,
}

/// Use of tools in all conversations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ToolUseSummary {
    /// Conversations that could be read, accepted or not.
    pub conversations: u64,
    /// Conversations that declare tools.
    pub with_tools: u64,
    /// Conversations with at least one call.
    pub with_calls: u64,
    /// Conversations with a turn of several calls.
    pub with_parallel_calls: u64,
    /// Assistant turns.
    pub turns: u64,
    /// Assistant turns that call.
    pub calling_turns: u64,
    /// Assistant turns with several calls.
    pub parallel_turns: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that are wrong.
    pub wrong_calls: u64,
    /// Tool results.
    pub results: u64,
    /// How many conversations have how many calls.
    pub calls_per_conversation: BTreeMap<u64, u64>,
    /// By name of the tool.
    #[serde(serialize_with = "by_name")]
    pub tools: FxHashMap<String, ToolUse>,
    /// Calls and declarations of tools past the number that is counted by name.
    pub other_tools: ToolUse,
}

impl ToolUseSummary {
    /// Counts one conversation. `wrong` holds message and call positions of its wrong calls.
    pub fn count(&mut self, conversation: &Conversation<'_>, wrong: &[(u32, u32)]) {
        self.conversations += 1;
        self.with_tools += u64::from(!conversation.tools.is_empty());
        for (position, tool) in conversation.tools.iter().enumerate() {
            let again = position > 0
                && conversation.tools.len() <= 64
                && conversation.tools[..position].iter().any(|earlier| earlier.name == tool.name);
            if !again {
                self.tool(&tool.name).declared += 1;
            }
        }
        let mut calls = 0;
        let mut parallel = false;
        for message in &conversation.messages {
            match message.role {
                Role::Assistant => {
                    self.turns += 1;
                    calls += message.tool_calls.len() as u64;
                    self.calling_turns += u64::from(!message.tool_calls.is_empty());
                    self.parallel_turns += u64::from(message.tool_calls.len() > 1);
                    parallel |= message.tool_calls.len() > 1;
                    for call in &message.tool_calls {
                        self.tool(&call.name).calls += 1;
                    }
                }
                Role::Tool => self.results += 1,
                Role::System | Role::User => {}
            }
        }
        for &(message, call) in wrong {
            let call =
                conversation.messages.get(message as usize).and_then(|m| m.tool_calls.get(call as usize));
            if let Some(call) = call {
                self.tool(&call.name).wrong_calls += 1;
                self.wrong_calls += 1;
            }
        }
        self.calls += calls;
        self.with_calls += u64::from(calls > 0);
        self.with_parallel_calls += u64::from(parallel);
        *self.calls_per_conversation.entry(calls).or_default() += 1;
    }

    fn tool(&mut self, name: &str) -> &mut ToolUse {
        if !self.tools.contains_key(name) && self.tools.len() < MOST_TOOLS {
            self.tools.insert(name.to_owned(), ToolUse::default());
        }
        self.tools.get_mut(name).unwrap_or(&mut self.other_tools)
    }

    /// Adds the counts of `later`.
    pub fn merge(&mut self, later: &ToolUseSummary) {
        self.conversations += later.conversations;
        self.with_tools += later.with_tools;
        self.with_calls += later.with_calls;
        self.with_parallel_calls += later.with_parallel_calls;
        self.turns += later.turns;
        self.calling_turns += later.calling_turns;
        self.parallel_turns += later.parallel_turns;
        self.calls += later.calls;
        self.wrong_calls += later.wrong_calls;
        self.results += later.results;
        for (&calls, &conversations) in &later.calls_per_conversation {
            *self.calls_per_conversation.entry(calls).or_default() += conversations;
        }
        for (name, used) in &later.tools {
            add(self.tool(name), used);
        }
        add(&mut self.other_tools, &later.other_tools);
    }

    /// Names of tools that are declared and never called.
    #[must_use]
    pub fn never_called(&self) -> Vec<&str> {
        let unused = self.tools.iter().filter(|(_, used)| used.declared > 0 && used.calls == 0);
        let mut names: Vec<_> = unused.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

/// The tools in the order of their names.
fn by_name<S: Serializer>(tools: &FxHashMap<String, ToolUse>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tools.iter().collect::<BTreeMap<_, _>>())
}

fn add(to: &mut ToolUse, more: &ToolUse) {
    to.declared += more.declared;
    to.calls += more.calls;
    to.wrong_calls += more.wrong_calls;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{ParseOptions, Scratch, parse};

    fn summary(records: &[(&str, &[(u32, u32)])]) -> ToolUseSummary {
        let mut summary = ToolUseSummary::default();
        for (record, wrong) in records {
            let parsed = parse(record.as_bytes(), &mut Scratch::default(), &ParseOptions::default()).unwrap();
            summary.count(&parsed.conversation, wrong);
        }
        summary
    }

    const CALLS: &str = r#"{"messages": [{"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}, {"id": "b", "function": {"name": "g", "arguments": {}}}]},
        {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "assistant", "content": "done"}], "tools": [{"name": "f"}, {"name": "unused"}, {"name": "f"}]}"#;
    const CHAT: &str =
        r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}"#;

    #[test]
    fn tools_and_turns_are_counted() {
        let summary = summary(&[(CALLS, &[(1, 1)]), (CHAT, &[])]);
        let tool = |name: &str| summary.tools[name];
        assert_eq!(tool("f"), ToolUse { declared: 1, calls: 1, wrong_calls: 0 });
        assert_eq!(tool("g"), ToolUse { declared: 0, calls: 1, wrong_calls: 1 });
        assert_eq!(summary.never_called(), ["unused"]);
        assert_eq!(summary.calls_per_conversation, BTreeMap::from([(0, 1), (2, 1)]));
        assert_eq!((summary.conversations, summary.with_tools, summary.with_calls), (2, 1, 1));
        assert_eq!((summary.with_parallel_calls, summary.parallel_turns, summary.calling_turns), (1, 1, 1));
        assert_eq!((summary.turns, summary.calls, summary.wrong_calls, summary.results), (3, 2, 1, 2));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let whole = summary(&[(CALLS, &[(1, 1)]), (CHAT, &[]), (CALLS, &[])]);
        let mut parts = summary(&[(CALLS, &[(1, 1)])]);
        parts.merge(&summary(&[(CHAT, &[]), (CALLS, &[])]));
        assert_eq!(parts, whole);
    }
}
