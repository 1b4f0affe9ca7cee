//! The conversations that every template is tried out on.

use crate::conversation::{Arguments, ArgumentsForm, Conversation, Message, Role, Tool, ToolCall};

/// A conversation of one shape.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Name of the shape.
    pub shape: &'static str,
    /// A small conversation of that shape.
    pub conversation: Conversation<'static>,
}

const TOOL: &str = r#"{"type": "function", "function": {"name": "lookup", "description": "Looks a word up.", "parameters": {"type": "object", "properties": {"word": {"type": "string", "description": "The word."}}, "required": ["word"]}}}"#;

/// All of them, in the order of certificates.
#[must_use]
pub fn probes() -> Vec<Probe> {
    let probe = |shape, talk: Talk| Probe { shape, conversation: talk.0 };
    vec![
        probe("text", Talk::new().user("How are you?").says("Fine.")),
        probe("system", Talk::new().system("Be brief.").user("How are you?").says("Fine.")),
        probe(
            "rounds",
            Talk::new()
                .user("One?")
                .says("First.")
                .user("Two?")
                .says("Second.")
                .user("Three?")
                .says("Third."),
        ),
        probe("unicode", Talk::new().user("你好吗？ 🙂").says("很好，谢谢。 é")),
        probe("white space", Talk::new().user("  a\n").says("\n b ").user("c").says("d\n\n")),
        probe("same texts", Talk::new().user("yes").says("yes").user("yes").says("yes")),
        probe("empty answer", Talk::new().user("Hush.").says("").user("Well?").says("Yes.")),
        probe("call", Talk::new().tools().user("Bee?").calls("", &["bee"]).results(1).says("An insect.")),
        probe("open call", Talk::new().tools().user("Bee?").calls("", &["bee"])),
        probe(
            "text beside call",
            Talk::new().tools().user("Bee?").calls("I look.", &["bee"]).results(1).says("An insect."),
        ),
        probe(
            "parallel calls",
            Talk::new().tools().user("Bee, ant?").calls("", &["bee", "ant"]).results(2).says("Insects."),
        ),
        probe(
            "rounds with calls",
            Talk::new()
                .tools()
                .user("Bee?")
                .calls("", &["bee"])
                .results(1)
                .says("An insect.")
                .user("Ant?")
                .calls("", &["ant"])
                .results(1)
                .says("Another."),
        ),
        probe("reasoning", Talk::new().user("2 + 2?").thinks("Two and two.").says_too("4")),
        probe(
            "reasoning in rounds",
            Talk::new()
                .user("2 + 2?")
                .thinks("Two and two.")
                .says_too("4")
                .user("3 + 3?")
                .thinks("Three.")
                .says_too("6"),
        ),
    ]
}

/// A question that waits for its answer, with tools declared or without.
#[must_use]
pub fn question(tools: bool) -> Conversation<'static> {
    let talk = Talk::new().user("2 + 2?");
    if tools { talk.tools().0 } else { talk.0 }
}

/// The question with its answer, reasoned about or not.
#[must_use]
pub fn answered(tools: bool, reasoning: bool) -> Conversation<'static> {
    let asked = Talk(question(tools));
    if reasoning { asked.thinks("Two and two.").says_too("4").0 } else { asked.says("4").0 }
}

/// A conversation in the making.
struct Talk(Conversation<'static>);

impl Talk {
    fn new() -> Self {
        Self(Conversation::default())
    }

    fn tools(mut self) -> Self {
        self.0.tools.push(Tool { json: TOOL.into(), name: "lookup".into(), parameters: None });
        self
    }

    fn add(mut self, role: Role, text: &'static str) -> Self {
        let index = self.0.messages.len() as u32;
        self.0.messages.push(Message::new(role, index).with_text(text));
        self
    }

    fn system(self, text: &'static str) -> Self {
        self.add(Role::System, text)
    }

    fn user(self, text: &'static str) -> Self {
        self.add(Role::User, text)
    }

    fn says(self, text: &'static str) -> Self {
        self.add(Role::Assistant, text)
    }

    fn thinks(self, reasoning: &'static str) -> Self {
        let mut talk = self.add(Role::Assistant, "");
        if let Some(message) = talk.0.messages.last_mut() {
            message.reasoning = Some(reasoning.into());
        }
        talk
    }

    /// The text of the message before, which has its reasoning already.
    fn says_too(mut self, text: &'static str) -> Self {
        if let Some(message) = self.0.messages.pop() {
            self.0.messages.push(message.with_text(text));
        }
        self
    }

    fn calls(self, text: &'static str, words: &[&str]) -> Self {
        let mut talk = self.add(Role::Assistant, text);
        if let Some(message) = talk.0.messages.last_mut() {
            for (order, word) in words.iter().enumerate() {
                message.tool_calls.push(ToolCall {
                    id: Some(format!("call{:05}", message.index as usize * 10 + order).into()),
                    name: "lookup".into(),
                    arguments: Arguments {
                        json: format!("{{\"word\": \"{word}\"}}").into(),
                        form: ArgumentsForm::Object,
                    },
                });
            }
        }
        talk
    }

    /// Results of the calls before.
    fn results(mut self, count: usize) -> Self {
        let calls = self.0.messages.last().map(|message| message.tool_calls.clone()).unwrap_or_default();
        for (order, call) in calls.into_iter().take(count).enumerate() {
            let mut talk = self.add(Role::Tool, if order == 0 { "{\"kind\": \"insect\"}" } else { "small" });
            if let Some(message) = talk.0.messages.last_mut() {
                message.tool_call_id = call.id;
                message.name = Some("lookup".into());
            }
            self = talk;
        }
        self
    }
}
