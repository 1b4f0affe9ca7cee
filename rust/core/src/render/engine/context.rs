//! The conversation as a template sees it: `messages`, `tools` and what else transformers passes.
//!
//! Every field gets an owner of its own, so that its bytes are known again in the rendered text.

use tooltrain_jinja::{Input, Inputs, JsonSource, Owner, Result};
use tooltrain_json::print_json;

use crate::conversation::{ArgumentsForm, Content, Conversation, Message, ToolCall};

/// Which field of a message an owner stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Content,
    Reasoning,
    CallName,
    CallArguments,
    /// The id of a call, or the id a result answers.
    CallId,
    /// The name of a participant, or of the tool that answered.
    Name,
    ToolDefinition,
}

/// What an owner's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Position of the message; of the tool for a definition.
    pub(crate) message: u32,
    pub(crate) part: Part,
    /// Position of the call in its message.
    pub(crate) call: u32,
}

/// How the arguments of a call are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArgumentHabit {
    /// As values, whatever form they came in.
    Value,
    /// As text where they came as text, else as values.
    Given,
    /// As text: the template adds them to text.
    Text,
}

/// How fields that a record may give in two ways are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Habits {
    pub(crate) arguments: ArgumentHabit,
    /// Missing content is passed as empty text.
    pub(crate) fill_content: bool,
}

/// The values that stand for a conversation, made when they are first needed.
#[derive(Debug, Default)]
pub(crate) struct Made<'r> {
    messages: Vec<Input<'r>>,
    tools: Option<Input<'r>>,
}

/// A conversation with its owners, and its JSON ready to be read.
#[derive(Debug)]
pub(crate) struct Context<'c> {
    conversation: &'c Conversation<'c>,
    habits: Habits,
    /// By owner number, less one.
    pub(crate) fields: Vec<Field>,
    tools: Vec<JsonSource<'c>>,
    /// Arguments of all calls in order.
    arguments: Vec<JsonSource<'c>>,
    /// The same as text, where values have to be passed as text.
    argument_texts: Vec<String>,
    /// Template arguments by name.
    kwargs: Vec<(&'c str, JsonSource<'c>)>,
    /// For each message, its first field and its first arguments.
    starts: Vec<(u32, u32)>,
}

impl<'c> Context<'c> {
    pub(crate) fn new(
        conversation: &'c Conversation<'c>,
        kwargs: &'c [(String, String)],
        habits: Habits,
    ) -> Self {
        let calls = conversation.messages.iter().map(|message| message.tool_calls.len()).sum::<usize>();
        let fields = conversation.tools.len() + 4 * conversation.messages.len() + 3 * calls;
        let mut context = Self {
            conversation,
            habits,
            fields: Vec::with_capacity(fields),
            tools: Vec::with_capacity(conversation.tools.len()),
            arguments: Vec::with_capacity(calls),
            argument_texts: Vec::new(),
            kwargs: kwargs
                .iter()
                .map(|(name, json)| (name.as_str(), JsonSource::new(json, Owner::TEMPLATE)))
                .collect(),
            starts: Vec::with_capacity(conversation.messages.len()),
        };
        for (position, tool) in conversation.tools.iter().enumerate() {
            let owner = context.own(position, Part::ToolDefinition, 0);
            context.tools.push(JsonSource::new(&tool.json, owner));
        }
        for (position, message) in conversation.messages.iter().enumerate() {
            context.starts.push((context.fields.len() as u32, context.arguments.len() as u32));
            for part in [Part::Content, Part::Reasoning, Part::CallId, Part::Name] {
                context.own(position, part, 0);
            }
            for (order, call) in message.tool_calls.iter().enumerate() {
                context.own(position, Part::CallId, order);
                context.own(position, Part::CallName, order);
                let owner = context.own(position, Part::CallArguments, order);
                context.arguments.push(JsonSource::new(&call.arguments.json, owner));
                if habits.arguments == ArgumentHabit::Text {
                    let mut text = String::new();
                    match call.arguments.form {
                        ArgumentsForm::Text => text.push_str(&call.arguments.json),
                        ArgumentsForm::Object => print_json(&call.arguments.json, &mut text),
                    }
                    context.argument_texts.push(text);
                }
            }
        }
        context
    }

    /// The same for another conversation.
    pub(crate) fn of<'x>(&self, conversation: &'x Conversation<'x>) -> Context<'x>
    where
        'c: 'x,
    {
        let mut context = Context::new(conversation, &[], self.habits);
        let kwargs =
            self.kwargs.iter().map(|(name, json)| (*name, JsonSource::new(json.text(), json.owner())));
        context.kwargs.extend(kwargs);
        context
    }

    fn own(&mut self, message: usize, part: Part, call: usize) -> Owner {
        self.fields.push(Field { message: message as u32, part, call: call as u32 });
        Owner::new(self.fields.len() as u32)
    }

    /// Bytes of everything the conversation says, near enough to set limits by.
    pub(crate) fn bytes(&self) -> usize {
        let message = |message: &Message<'_>| {
            let calls = message.tool_calls.iter().map(|call| call.name.len() + call.arguments.json.len());
            message.content.as_str().len()
                + message.reasoning.as_deref().map_or(0, str::len)
                + calls.sum::<usize>()
        };
        let tools = self.conversation.tools.iter().map(|tool| tool.json.len());
        self.conversation.messages.iter().map(message).sum::<usize>() + tools.sum::<usize>()
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> usize {
        self.conversation.messages.len()
    }

    /// The field an owner stands for; `None` for the template.
    pub(crate) fn field(&self, owner: Owner) -> Option<&Field> {
        self.fields.get((owner.number() as usize).checked_sub(1)?)
    }

    /// Defines `messages` (the first `count`), `tools` and the template arguments. What is made for one
    /// rendering is the same value in the next.
    pub(crate) fn define<'r>(
        &'r self,
        inputs: &mut Inputs<'_, 'r>,
        count: usize,
        made: &mut Made<'r>,
    ) -> Result<()>
    where
        'c: 'r,
    {
        for name in ["tools", "documents"] {
            inputs.define(name, Input::none());
        }
        for position in made.messages.len()..count {
            made.messages.push(self.message(inputs, position)?);
        }
        let messages = inputs.list(made.messages[..count].to_vec())?;
        inputs.define("messages", messages);
        if !self.tools.is_empty() {
            if made.tools.is_none() {
                let tools = self.tools.iter().map(|tool| inputs.json(tool));
                let tools = tools.collect::<Result<Vec<_>>>()?;
                made.tools = Some(inputs.list(tools)?);
            }
            made.tools.iter().for_each(|tools| inputs.define("tools", tools.clone()));
        }
        for (name, json) in &self.kwargs {
            let value = inputs.json(json)?;
            inputs.define(name, value);
        }
        Ok(())
    }

    /// A message as transformers passes it: keys that are null are left out, and reasoning stands
    /// under the two names that templates know.
    fn message<'r>(&'r self, inputs: &mut Inputs<'_, 'r>, position: usize) -> Result<Input<'r>> {
        let message: &Message<'_> = &self.conversation.messages[position];
        let (first_owner, first_arguments) = self.starts[position];
        let owner = |offset: u32| Owner::new(first_owner + 1 + offset);
        let mut members = Vec::with_capacity(4);
        members.push((Input::text("role"), Input::text(message.role.as_str())));
        match &message.content {
            Content::Text(text) => members.push((Input::text("content"), Input::owned(text, owner(0)))),
            Content::Absent | Content::Null if self.habits.fill_content => {
                members.push((Input::text("content"), Input::owned("", owner(0))));
            }
            Content::Absent | Content::Null => {}
        }
        if let Some(reasoning) = &message.reasoning {
            for key in ["thinking", "reasoning_content"] {
                members.push((Input::text(key), Input::owned(reasoning, owner(1))));
            }
        }
        if !message.tool_calls.is_empty() {
            let calls = message.tool_calls.iter().enumerate().map(|(order, call)| {
                self.call(inputs, call, owner(4 + 3 * order as u32), first_arguments as usize + order)
            });
            let calls = calls.collect::<Result<Vec<_>>>()?;
            members.push((Input::text("tool_calls"), inputs.list(calls)?));
        }
        if let Some(id) = &message.tool_call_id {
            members.push((Input::text("tool_call_id"), Input::owned(id, owner(2))));
        }
        if let Some(name) = &message.name {
            members.push((Input::text("name"), Input::owned(name, owner(3))));
        }
        inputs.numbered_dict(members, position as u32)
    }

    fn call<'r>(
        &'r self,
        inputs: &mut Inputs<'_, 'r>,
        call: &'r ToolCall<'_>,
        id_owner: Owner,
        place: usize,
    ) -> Result<Input<'r>> {
        let arguments = &self.arguments[place];
        let came_as_text = call.arguments.form == ArgumentsForm::Text;
        let arguments_value = match (self.habits.arguments, self.argument_texts.get(place)) {
            (ArgumentHabit::Given, _) if came_as_text => Input::owned(arguments.text(), arguments.owner()),
            (ArgumentHabit::Text, Some(text)) => Input::owned(text, arguments.owner()),
            _ => inputs.json(arguments)?,
        };
        let name = Input::owned(&call.name, Owner::new(id_owner.number() + 1));
        let function =
            inputs.dict(vec![(Input::text("name"), name), (Input::text("arguments"), arguments_value)])?;
        let mut members = Vec::with_capacity(3);
        if let Some(id) = &call.id {
            members.push((Input::text("id"), Input::owned(id, id_owner)));
        }
        members.push((Input::text("type"), Input::text("function")));
        members.push((Input::text("function"), function));
        inputs.dict(members)
    }
}
