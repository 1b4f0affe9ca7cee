//! Any chat template, from its Jinja source.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tooltrain_jinja::{Day, Limits, Meter, Printed, Program, TemplateError, compile};

use super::context::{ArgumentHabit, Context, Habits};
use super::session::Session;
use crate::conversation::{Arguments, ArgumentsForm, Content, Conversation, Message, Role, ToolCall};
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::options::OnInexact;
use crate::render::certify::control_text::control_texts;
use crate::render::certify::probes;
use crate::render::certify::proof::coverage::dropped_fields;
use crate::render::certify::proof::extent::Ownership;
use crate::render::certify::proof::header::{KnownPrompts, Row, common_prefix, generation_prompts};
use crate::render::certify::proof::spans;
use crate::render::certify::proof::turns::{self, Delimiters, Located, Unproved};
use crate::render::rendered::{Rendered, Serving};
use crate::render::{CallIds, Capabilities, ChatTemplate, RenderOptions, TurnGrade};

/// Steps that a template may take for one text, besides a multiple of the record. Sound templates take
/// some hundreds a message.
const STEPS: u64 = 5_000_000;
/// Steps while it is tried out on the probes.
const PROBE_STEPS: u64 = 200_000;
const PROBE_BYTES: usize = 4 << 20;
/// Memory and output that a template may use besides a multiple of the record.
const BYTES: usize = 24 << 20;

/// What a tokenizer says about tokens that matter to templates.
#[derive(Clone, Debug, Default)]
pub struct TemplateTokens {
    /// Special tokens by the name that templates use: `bos_token`, `eos_token` and the like.
    pub specials: Vec<(String, String)>,
    /// Texts of the tokens that end generation.
    pub stops: Vec<String>,
    /// Whether the run names those tokens itself: then no others are looked for.
    pub stops_are_given: bool,
    /// Texts of added tokens, and whether they are special.
    pub added: Vec<(String, bool)>,
}

/// A chat template that the engine runs, with what was learned about it when it was loaded.
#[derive(Debug)]
pub struct JinjaTemplate {
    name: String,
    digest: String,
    /// What looks like a control token in its source.
    control_texts: BTreeSet<String>,
    program: Program,
    specials: Vec<(String, String)>,
    pub(super) stops: Vec<&'static str>,
    /// Special tokens that are no stop tokens.
    pub(super) others: Vec<&'static str>,
    /// Whether turns end in a stop token somewhere. Otherwise no other token ends a turn of history.
    pub(super) ends_turns: bool,
    /// Whether stop tokens were found in the template, since those of the tokenizer end no turn.
    pub(super) stops_found: bool,
    markers: Vec<&'static str>,
    thinks: bool,
    arguments: ArgumentHabit,
    call_ids: CallIds,
    last_turn_lacks_stop: bool,
    capabilities: Capabilities,
    /// Whether it was tried out; until then its steps are few.
    loaded: bool,
    role_headers: RwLock<Vec<(RenderOptions, Arc<str>)>>,
}

/// What a conversation is printed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its text.
    Text,
    /// The prompt that serving shows after it.
    Prompt,
    /// Its text, and then the prompts of its turns.
    Turns,
}

impl JinjaTemplate {
    /// Compiles a template and tries it out.
    ///
    /// `name` is what reports call it. Fails when the source is no template that can be run.
    pub fn from_source(name: &str, source: &str, tokens: &TemplateTokens) -> Result<Self> {
        let program = compile(source).map_err(|reason| {
            Error::new(ErrorKind::Template, format!("the chat template cannot be used: {reason}"))
                .file(name)
                .hint("give another one with chat_template=")
        })?;
        let mut stops: Vec<&'static str> = tokens.stops.iter().map(|text| interned(text)).collect();
        stops.dedup();
        let special = tokens.added.iter().filter(|(_, special)| *special).map(|(text, _)| interned(text));
        let others = special.filter(|text| !stops.contains(text)).collect();
        let mut template = Self {
            name: name.to_owned(),
            digest: sha256(source.as_bytes()),
            control_texts: control_texts(source),
            thinks: program.thinks(),
            program,
            specials: tokens.specials.clone(),
            stops,
            others,
            ends_turns: false,
            stops_found: false,
            markers: Vec::new(),
            arguments: ArgumentHabit::Value,
            call_ids: CallIds::Any,
            last_turn_lacks_stop: false,
            capabilities: Capabilities::default(),
            loaded: false,
            role_headers: RwLock::new(Vec::new()),
        };
        template.arguments = template.tried_arguments();
        template.call_ids = template.tried_call_ids();
        template.settle_stops(tokens);
        template.capabilities = template.tried_capabilities();
        template.last_turn_lacks_stop = template.ends_with_text();
        template.markers = template.content_markers_among(&tokens.added);
        template.loaded = true;
        Ok(template)
    }

    /// The text alone, as transformers would print it: no span is looked for.
    pub fn text(&self, conversation: &Conversation<'_>, options: &RenderOptions) -> Result<String, Finding> {
        self.with_session(conversation, options, Purpose::Text, |_, printed| Ok(printed.text))
    }

    /// The prompt that serving shows after these messages.
    pub fn prompt(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
    ) -> Result<String, Finding> {
        self.with_session(conversation, options, Purpose::Prompt, |_, printed| Ok(printed.text))
    }

    /// Prints the conversation and hands it on with the session that printed it. Where the template
    /// stumbles over missing content, the content is passed as empty text.
    pub(super) fn with_session<T>(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        purpose: Purpose,
        then: impl FnOnce(&Session<'_>, Printed) -> Result<T, Finding>,
    ) -> Result<T, Finding> {
        let count = conversation.messages.len();
        let generation_prompt = purpose == Purpose::Prompt;
        let mut habits = Habits { arguments: self.arguments, fill_content: false };
        loop {
            let context = Context::new(conversation, &options.template_kwargs, habits);
            let meter = self.meter(&context);
            let mut session = self.session(&context, &meter, options);
            if purpose == Purpose::Turns {
                session = session.with_memo();
            }
            match session.print(count, generation_prompt, options.thinking) {
                Ok(printed) => return then(&session, printed),
                Err(TemplateError::Raised(_)) if !habits.fill_content && lacks_content(conversation) => {
                    habits.fill_content = true;
                }
                Err(error) => return Err(finding(&error)),
            }
        }
    }

    /// Prints the conversation, finds its turns, and hands both on.
    fn with_turns<T>(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        findings: &mut Vec<Finding>,
        then: impl FnOnce(
            Printed,
            &Ownership,
            Vec<(Result<Located, Unproved>, Serving)>,
            &mut Vec<Finding>,
        ) -> Result<T, Finding>,
    ) -> Result<T, Finding> {
        self.with_session(conversation, options, Purpose::Turns, |session, printed| {
            let ownership = Ownership::of(&printed, session.context, conversation.messages.len());
            let dropped = dropped_fields(&self.name, &printed, &ownership, conversation, findings)?;
            let row = Row {
                conversation,
                session,
                printed: &printed,
                ownership: &ownership,
                thinking: options.thinking,
                thinks: self.thinks,
                role_header: &self.role_header(options),
                prompts: KnownPrompts::default(),
            };
            let found = turns::find_turns(
                &row,
                conversation,
                Delimiters { stops: &self.stops, others: &self.others, close_history: self.ends_turns },
            );
            let with_serving =
                found.into_iter().zip(conversation.assistant_turns()).map(|(turn, position)| {
                    let consistent = turn.as_ref().is_ok_and(|turn| turn.consistent);
                    let serving = match (dropped[position], consistent) {
                        (true, _) => Serving::FieldDropped,
                        (_, false) => Serving::PromptDiffers,
                        _ => Serving::Consistent,
                    };
                    (turn, serving)
                });
            let turns = with_serving.collect();
            then(printed, &ownership, turns, findings)
        })
    }

    fn session<'s>(
        &'s self,
        context: &'s Context<'s>,
        meter: &'s Meter,
        options: &RenderOptions,
    ) -> Session<'s> {
        let limits = self.limits(context);
        Session::new(&self.program, context, meter, &self.specials, Day::read(&options.date), limits)
    }

    fn limits(&self, context: &Context<'_>) -> Limits {
        if !self.loaded {
            return Limits { steps: PROBE_STEPS, memory: PROBE_BYTES, output: PROBE_BYTES };
        }
        let record = context.bytes();
        Limits { steps: STEPS + 4 * record as u64, memory: BYTES + 8 * record, output: BYTES + 8 * record }
    }

    fn meter(&self, context: &Context<'_>) -> Meter {
        Meter::new(self.limits(context).memory)
    }

    /// What every generation prompt begins with under these options.
    pub(super) fn role_header(&self, options: &RenderOptions) -> Arc<str> {
        let known = self.role_headers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, header)) = known.iter().find(|(known, _)| known == options) {
            return header.clone();
        }
        drop(known);
        let probe = Conversation {
            messages: vec![Message::new(Role::User, 0).with_text("x")],
            ..Conversation::default()
        };
        let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
        let context = Context::new(&probe, &options.template_kwargs, habits);
        let meter = self.meter(&context);
        let session = self.session(&context, &meter, options);
        let prompts = generation_prompts(&session, 1, options.thinking, self.thinks);
        let header: Arc<str> = common_prefix(&prompts).into();
        let mut known = self.role_headers.write().unwrap_or_else(PoisonError::into_inner);
        known.push((options.clone(), header.clone()));
        header
    }

    /// How it takes arguments: those that came as text are passed so if it prints them as they came,
    /// and values too if it stumbles over them.
    fn tried_arguments(&self) -> ArgumentHabit {
        const GIVEN: &str = "{\"word\":\"bee\"}";
        let prints = |form: ArgumentsForm| {
            self.prints_a_call(ArgumentHabit::Given, |call| {
                call.arguments = Arguments { json: GIVEN.into(), form };
            })
        };
        match (prints(ArgumentsForm::Text), prints(ArgumentsForm::Object)) {
            (Some(text), Some(_)) if text.contains(GIVEN) => ArgumentHabit::Given,
            (Some(text), None) if text.contains(GIVEN) => ArgumentHabit::Text,
            _ => ArgumentHabit::Value,
        }
    }

    /// Which ids of calls it prints.
    fn tried_call_ids(&self) -> CallIds {
        let prints =
            |id: &'static str| self.prints_a_call(self.arguments, |call| call.id = Some(id.into())).is_some();
        if prints("a1b2c3d4e") && !prints("call_abcdefghijklmnopqrstuvwx") {
            CallIds::NineCharacters
        } else {
            CallIds::Any
        }
    }

    /// What it prints of a probe with one call, changed by `change`; its result answers the same id.
    fn prints_a_call(
        &self,
        arguments: ArgumentHabit,
        change: impl Fn(&mut ToolCall<'static>),
    ) -> Option<String> {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let calling =
            probes::probes().into_iter().filter(|probe| matches!(probe.shape, "call" | "open call"));
        let with_tools_or_not = calling.flat_map(|probe| {
            let toolless = Conversation { tools: Vec::new(), ..probe.conversation.clone() };
            [probe.conversation, toolless]
        });
        with_tools_or_not.into_iter().find_map(|mut conversation| {
            for message in &mut conversation.messages {
                message.tool_calls.iter_mut().for_each(&change);
            }
            let id = conversation.messages.iter().find_map(|message| message.tool_calls.first()?.id.clone());
            for message in conversation.messages.iter_mut().filter(|message| message.role == Role::Tool) {
                message.tool_call_id.clone_from(&id);
            }
            let context = Context::new(
                &conversation,
                &options.template_kwargs,
                Habits { arguments, fill_content: true },
            );
            let meter = self.meter(&context);
            let printed =
                self.session(&context, &meter, &options).print(conversation.messages.len(), false, None);
            printed.ok().map(|printed| printed.text)
        })
    }

    /// Whether calls beside each other are sampled in one stretch, with no stop token between them.
    fn calls_in_one_stretch(&self, options: &RenderOptions) -> bool {
        let cut = |turn: &TurnGrade| turn.grade.as_ref().is_err_and(|reason| reason == turns::STOP_INSIDE);
        !self.graded("parallel calls", options).iter().any(cut)
    }

    /// Whether an answer at the end of a conversation is the end of the text, and proved.
    fn ends_with_text(&self) -> bool {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let Some(probe) = probes::probes().into_iter().find(|probe| probe.shape == "text") else {
            return false;
        };
        let answer = probe.conversation.messages.last().map_or("", |message| message.content.as_str());
        let printed = self.text(&probe.conversation, &options);
        printed.is_ok_and(|text| text.ends_with(answer))
            && self.graded("text", &options).iter().all(|turn| turn.grade.is_ok())
    }

    /// The grades of a probe's turns; none where it is refused.
    pub(super) fn graded(&self, shape: &str, options: &RenderOptions) -> Vec<TurnGrade> {
        let probe = probes::probes().into_iter().find(|probe| probe.shape == shape);
        probe.and_then(|probe| self.grade(&probe.conversation, options).ok()).unwrap_or_default()
    }

    /// What the template printed of the probes.
    fn tried_capabilities(&self) -> Capabilities {
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let prints = |shape: &str, lost: &[&str]| {
            let probe = probes::probes().into_iter().find(|probe| probe.shape == shape);
            probe.is_some_and(|probe| {
                let mut findings = Vec::new();
                let dropped =
                    self.with_session(&probe.conversation, &options, Purpose::Text, |session, printed| {
                        let ownership =
                            Ownership::of(&printed, session.context, probe.conversation.messages.len());
                        dropped_fields(&self.name, &printed, &ownership, &probe.conversation, &mut findings)
                    });
                dropped.is_ok()
                    && !findings.iter().any(|finding| lost.iter().any(|key| finding.pointer.contains(key)))
            })
        };
        Capabilities {
            system: prints("system", &["/messages/0/"]),
            tools: prints("call", &["/tools"]) || prints("open call", &["/tools"]),
            calls: prints("call", &["/tool_calls"]),
            parallel_calls: prints("parallel calls", &["/tool_calls"]) && self.calls_in_one_stretch(&options),
            text_beside_calls: prints("text beside call", &["/content"])
                && self.graded("text beside call", &options).iter().all(|turn| turn.grade.is_ok()),
            reasoning: prints("reasoning", &["/reasoning_content"]),
        }
    }

    /// Added tokens that delimit no turn: not special, no stop, and in no header of a plain chat.
    fn content_markers_among(&self, added: &[(String, bool)]) -> Vec<&'static str> {
        let chat = Conversation {
            messages: vec![
                Message::new(Role::System, 0).with_text("x"),
                Message::new(Role::User, 1).with_text("x"),
            ],
            ..Conversation::default()
        };
        let options = RenderOptions { date: "2000-01-01".into(), ..RenderOptions::default() };
        let mut headers = self.role_header(&options).to_string();
        for messages in [&chat.messages[..], &chat.messages[1..]] {
            let chat = Conversation { messages: messages.to_vec(), ..Conversation::default() };
            headers.push_str(&self.text(&chat, &options).unwrap_or_default());
        }
        let is_think = |text: &str| matches!(text, "<think>" | "</think>");
        let is_marker =
            |text: &str| !self.stops.contains(&text) && (is_think(text) || !headers.contains(text));
        added
            .iter()
            .filter(|(text, special)| !special && is_marker(text))
            .map(|(text, _)| interned(text))
            .collect()
    }
}

impl ChatTemplate for JinjaTemplate {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn is_native(&self) -> bool {
        false
    }

    fn generation_prompt(&self, options: &RenderOptions) -> Option<String> {
        let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
        let appended = |tools| {
            let asked = probes::question(tools);
            let context = Context::new(&asked, &options.template_kwargs, habits);
            let meter = self.meter(&context);
            let session = self.session(&context, &meter, options);
            generation_prompts(&session, 1, options.thinking, false).pop().filter(|prompt| !prompt.is_empty())
        };
        [false, true].into_iter().find_map(appended)
    }

    fn serving_prompt(
        &self,
        conversation: &Conversation<'_>,
        message: usize,
        options: &RenderOptions,
    ) -> Option<String> {
        self.with_session(conversation, options, Purpose::Text, |session, _| {
            Ok(session.print(message, true, options.thinking).ok().map(|printed| printed.text))
        })
        .ok()
        .flatten()
    }

    fn thinks(&self) -> bool {
        self.thinks
    }

    fn content_markers(&self) -> &[&'static str] {
        &self.markers
    }

    fn stop_tokens(&self) -> &[&'static str] {
        &self.stops
    }

    fn last_turn_lacks_stop(&self) -> bool {
        self.last_turn_lacks_stop
    }

    fn control_texts(&self, _options: &RenderOptions) -> BTreeSet<String> {
        self.control_texts.clone()
    }

    fn stops_found(&self) -> bool {
        self.stops_found
    }

    fn history_terminators(&self) -> &[&'static str] {
        if self.ends_turns { &self.others } else { &[] }
    }

    fn prints_argument_text(&self) -> bool {
        self.arguments != ArgumentHabit::Value
    }

    fn call_ids(&self) -> CallIds {
        self.call_ids
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn grade(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
    ) -> Result<Vec<TurnGrade>, Finding> {
        self.with_turns(conversation, options, &mut Vec::new(), |_, _, turns, _| {
            let graded = turns.into_iter().map(|(turn, serving)| match turn {
                Ok(turn) => TurnGrade { message: turn.message, grade: Ok(turn.grade), serving },
                Err(unproved) => {
                    TurnGrade { message: unproved.message, grade: Err(unproved.reason), serving }
                }
            });
            Ok(graded.collect())
        })
    }

    fn render(
        &self,
        conversation: &Conversation<'_>,
        options: &RenderOptions,
        out: &mut Rendered,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Finding> {
        self.with_turns(conversation, options, findings, |printed, ownership, turns, findings| {
            let mut proved = Vec::new();
            for (turn, serving) in turns {
                match turn {
                    Ok(turn) => proved.push((turn, serving)),
                    Err(unproved) => {
                        let index = conversation.messages[unproved.message as usize].index;
                        let finding = Finding::new(
                            Code::SpansNotProvable,
                            format!("/messages/{index}"),
                            format!(
                                "what the model would have sampled in this turn cannot be proved: {}",
                                unproved.reason
                            ),
                        );
                        let finding = match unproved.closer {
                            Some(closer) => finding.hint(self.stop_hint(closer)),
                            None => finding,
                        };
                        if options.on_inexact == OnInexact::Reject {
                            return Err(finding);
                        }
                        findings.push(finding.severity(Severity::Masked));
                    }
                }
            }
            spans::write(printed, ownership, conversation, &proved, out);
            Ok(())
        })
    }
}

fn lacks_content(conversation: &Conversation<'_>) -> bool {
    conversation.messages.iter().any(|message| !matches!(message.content, Content::Text(_)))
}

fn finding(error: &TemplateError) -> Finding {
    let code =
        if matches!(error, TemplateError::Limit(_)) { Code::TemplateLimit } else { Code::CannotRender };
    Finding::new(code, "", error.to_string())
}

/// The text for as long as the process lives: token names are few and come again with every run.
pub(super) fn interned(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = known.get(text) {
        return text;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    known.insert(kept);
    kept
}
