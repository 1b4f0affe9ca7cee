//! The words that public data use for the parts of a conversation, whatever their case and separators.

use crate::conversation::Role;

/// A name in lower case without separators, so that `toolCalls`, `tool-calls` and `Tool_Calls` are one word.
pub(super) struct Folded {
    bytes: [u8; Folded::LONGEST],
    length: usize,
}

impl Folded {
    const LONGEST: usize = 32;

    /// The folded form; empty where the name is longer than any known word.
    pub(super) fn of(name: &str) -> Self {
        let mut folded = Self { bytes: [0; Self::LONGEST], length: 0 };
        for byte in name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' ' | b'.')) {
            if folded.length == Self::LONGEST || !byte.is_ascii() {
                folded.length = 0;
                return folded;
            }
            folded.bytes[folded.length] = byte.to_ascii_lowercase();
            folded.length += 1;
        }
        folded
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// What a question about a folded name answers for `key`.
pub(super) fn of_key<R>(key: &str, ask: impl Fn(&str) -> R) -> R {
    ask(Folded::of(key).as_str())
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A role of the conversation.
    Role(Role),
    /// The assistant, whose text is a call.
    Caller,
    /// The assistant, whose text is reasoning.
    Thinker,
}

/// The one table of speakers, for `role`, `from`, `type` and whatever else names one.
pub(super) fn speaker(name: &str) -> Option<Speaker> {
    let folded = Folded::of(name);
    let word = folded.as_str();
    let word = word.strip_suffix("messagechunk").or(word.strip_suffix("message")).unwrap_or(word);
    Some(match word {
        "user" | "human" | "prompter" | "customer" | "client" => Speaker::Role(Role::User),
        "assistant" | "gpt" | "ai" | "model" | "chatgpt" | "bot" | "bing" | "chatbot" | "agent" | "llm" => {
            Speaker::Role(Role::Assistant)
        }
        "system" | "developer" => Speaker::Role(Role::System),
        "tool" | "function" | "observation" | "ipython" | "toolresponse" | "functionresponse"
        | "toolresult" | "functionresult" | "toolresults" | "tooloutput" | "functionoutput"
        | "environment" => Speaker::Role(Role::Tool),
        "functioncall" | "toolcall" | "toolcalls" | "functioncalls" | "tooluse" => Speaker::Caller,
        "reasoning" | "thinking" | "thought" => Speaker::Thinker,
        _ => return None,
    })
}

/// What an object in a list of messages is by its `type`, where it is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call.
    Call,
    /// A result.
    Result,
    /// Reasoning.
    Thought,
    /// Text.
    Text,
    /// A border between two steps of the assistant.
    Step,
    /// An image, a sound, a file.
    Media,
    /// Something that prints nothing.
    Nothing,
}

/// The kind that a `type` of an item or of a content part names.
pub(super) fn kind(name: &str) -> Option<Kind> {
    let folded = Folded::of(name);
    Some(match folded.as_str() {
        "text" | "inputtext" | "outputtext" | "summarytext" | "textdelta" | "refusal" | "markdown" => {
            Kind::Text
        }
        "thinking" | "reasoning" | "reasoningtext" | "thought" | "reasoningsummary" | "think"
        | "reasoningcontent" => Kind::Thought,
        "tooluse" | "servertooluse" | "mcptooluse" | "toolcall" | "functioncall" | "customtoolcall"
        | "mcpcall" | "toolinvocation" | "dynamictool" | "localshellcall" => Kind::Call,
        "toolresult"
        | "mcptoolresult"
        | "toolcalloutput"
        | "functioncalloutput"
        | "customtoolcalloutput"
        | "functionresponse"
        | "toolresponse"
        | "toolcallresponse"
        | "functionresult"
        | "tooloutput"
        | "localshellcalloutput"
        | "toolcallresult" => Kind::Result,
        "stepstart" => Kind::Step,
        "image" | "imageurl" | "inputimage" | "audio" | "audiourl" | "inputaudio" | "video" | "videourl"
        | "file" | "inputfile" | "document" | "inlinedata" | "filedata" | "media" | "imagefile" => {
            Kind::Media
        }
        "redactedthinking" | "reasoningencrypted" | "compaction" | "sourceurl" | "sourcedocument"
        | "systemcontent" => Kind::Nothing,
        other if other.ends_with("toolresult") => Kind::Result,
        _ => return None,
    })
}

/// What a key of a message, or of an item that stands for one, means. Where several keys mean the same, the first
/// in the order of the numbers counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Role(u8),
    Kind,
    Content(u8),
    Parts,
    Reasoning,
    Summary,
    Calls,
    CallId,
    CallIds,
    Id,
    Name,
    Function,
    Weight(u8),
    WeightDetail,
    Refusal,
    Tools,
    Channel,
    Recipient,
    Wrapper,
    Arguments,
    Output,
    Requestor,
    Media,
}

/// The meaning of a key of a message.
pub(super) fn message_field(key: &str) -> Option<Field> {
    let folded = Folded::of(key);
    Some(match folded.as_str() {
        "role" => Field::Role(0),
        "from" => Field::Role(1),
        "speaker" => Field::Role(2),
        "author" => Field::Role(3),
        "sender" => Field::Role(4),
        "type" => Field::Kind,
        "content" => Field::Content(0),
        "value" => Field::Content(1),
        "text" => Field::Content(2),
        "message" => Field::Content(3),
        "utterance" => Field::Content(4),
        "parts" => Field::Parts,
        "reasoningcontent" | "reasoning" | "thinking" | "reasoningtext" | "reasoningdetails"
        | "thinkingblocks" | "thinkingcontent" => Field::Reasoning,
        "summary" => Field::Summary,
        "toolcalls" | "tooluses" | "functioncalls" | "calls" | "toolinvocations" | "functioncall"
        | "toolcall" | "tooluse" => Field::Calls,
        "toolcallid" | "callid" | "tooluseid" => Field::CallId,
        "toolcallids" => Field::CallIds,
        "id" => Field::Id,
        "name" | "toolname" => Field::Name,
        "function" => Field::Function,
        "weight" => Field::Weight(0),
        "train" => Field::Weight(1),
        "loss" => Field::Weight(2),
        "lossweight" => Field::Weight(3),
        "trainable" => Field::Weight(4),
        "traindetail" | "trainingdetail" | "trainonturn" => Field::WeightDetail,
        "refusal" => Field::Refusal,
        "tools" | "functions" => Field::Tools,
        "channel" => Field::Channel,
        "recipient" => Field::Recipient,
        "data" | "kwargs" | "payload" => Field::Wrapper,
        "arguments" | "args" | "input" | "parameters" => Field::Arguments,
        "output" | "result" | "response" => Field::Output,
        "requestor" => Field::Requestor,
        word if is_media(word) => Field::Media,
        _ => return None,
    })
}

/// Whether a folded key holds what no text model reads.
pub(super) fn is_media(word: &str) -> bool {
    matches!(
        word,
        "image"
            | "images"
            | "audio"
            | "audios"
            | "video"
            | "videos"
            | "imageurl"
            | "imageurls"
            | "inputaudio"
            | "imagepath"
            | "imagepaths"
            | "inlinedata"
            | "filedata"
    )
}

/// What a key of a call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallField {
    Id,
    Kind,
    Function,
    Name(u8),
    Arguments(u8),
    Output,
    Requestor,
}

/// The meaning of a key of a call.
pub(super) fn call_field(key: &str) -> Option<CallField> {
    let folded = Folded::of(key);
    Some(match folded.as_str() {
        "id" | "callid" | "toolcallid" | "tooluseid" => CallField::Id,
        "type" => CallField::Kind,
        "function" | "toolcall" | "functioncall" | "tooluse" => CallField::Function,
        "name" => CallField::Name(0),
        "toolname" | "functionname" => CallField::Name(1),
        "tool" | "action" | "recipientname" => CallField::Name(2),
        "arguments" => CallField::Arguments(0),
        "parameters" | "args" => CallField::Arguments(1),
        "input" | "kwargs" | "actioninput" | "params" | "toolinput" | "toolargs" => CallField::Arguments(2),
        "output" | "result" | "response" | "observation" => CallField::Output,
        "requestor" => CallField::Requestor,
        _ => return None,
    })
}

/// Whether a key of a record names what the record declares as tools.
pub(super) fn names_tools(word: &str) -> bool {
    (word.contains("tool")
        || word.contains("function")
        || matches!(word, "apis" | "apilist" | "apidefinitions"))
        && !["target", "used", "called", "call", "gold", "expected", "response", "result", "choice"]
            .iter()
            .any(|part| word.contains(part))
}

/// Whether a key of a record names its system text.
pub(super) fn names_system(word: &str) -> bool {
    matches!(
        word,
        "system"
            | "genaisysteminstructions"
            | "systemprompt"
            | "systemmessage"
            | "systeminstruction"
            | "systeminstructions"
            | "systemmsg"
            | "systemtext"
            | "systemcontent"
            | "sys"
            | "sysprompt"
            | "instructions"
            | "developermessage"
            | "developerprompt"
    )
}

/// How good a name is for the list of messages; the lowest number first.
pub(super) fn messages_rank(word: &str) -> Option<usize> {
    const NAMES: [&str; 22] = [
        "messages",
        "conversations",
        "conversation",
        "message",
        "dialog",
        "dialogue",
        "dialogs",
        "trajectory",
        "traj",
        "history",
        "contents",
        "turns",
        "chat",
        "chatmessages",
        "chathistory",
        "thread",
        "transcript",
        "items",
        "input",
        "inputs",
        "prompt",
        "trainmessages",
    ];
    NAMES.iter().position(|name| *name == word)
}

/// Keys of one exchange in a record or a list of pairs: what the person says, then what the model says.
pub(super) const ASKED: [&str; 9] =
    ["query", "instruction", "question", "prompt", "human", "user", "input", "usermessage", "request"];
/// The same of the model.
pub(super) const ANSWERED: [&str; 10] = [
    "response",
    "output",
    "answer",
    "completion",
    "assistant",
    "gpt",
    "bot",
    "answers",
    "reply",
    "assistantmessage",
];

/// Whether a key says how good a record is, so that training on it unasked may train what was judged bad.
pub(super) fn is_verdict(word: &str) -> bool {
    matches!(
        word,
        "label"
            | "kto"
            | "ktotag"
            | "chosen"
            | "rejected"
            | "rejectedresponse"
            | "chosenresponse"
            | "preferred"
            | "dispreferred"
            | "preferredoutput"
            | "nonpreferredoutput"
            | "isgood"
            | "isbad"
            | "accepted"
            | "isaccepted"
            | "ispreferred"
            | "ischosen"
            | "isrejected"
            | "desirable"
            | "undesirable"
            | "thumbsup"
            | "thumbsdown"
    )
}

/// Keys that are known to mean nothing for training, wherever they stand.
pub(super) fn means_nothing(word: &str) -> bool {
    matches!(
        word,
        "id" | "uuid"
            | "guid"
            | "hash"
            | "sha256"
            | "index"
            | "idx"
            | "timestamp"
            | "time"
            | "date"
            | "created"
            | "createdat"
            | "updatedat"
            | "model"
            | "modelname"
            | "source"
            | "dataset"
            | "subset"
            | "subsetname"
            | "split"
            | "language"
            | "lang"
            | "category"
            | "task"
            | "taskid"
            | "license"
            | "version"
            | "generator"
            | "score"
            | "scores"
            | "reward"
            | "rewards"
            | "resolved"
            | "cost"
            | "usage"
            | "tokens"
            | "numtokens"
            | "numturns"
            | "turn"
            | "turnidx"
            | "trial"
            | "seed"
            | "temperature"
            | "topp"
            | "maxtokens"
            | "url"
            | "uri"
            | "sessionid"
            | "conversationid"
            | "userid"
            | "requestid"
            | "customid"
            | "messageid"
            | "parentid"
            | "parentuuid"
            | "traceid"
            | "instanceid"
            | "trajectoryid"
            | "repo"
            | "gitbranch"
            | "cwd"
            | "status"
            | "state"
            | "finishreason"
            | "stopreason"
            | "logprobs"
            | "signature"
            | "encryptedcontent"
            | "cachecontrol"
            | "annotations"
            | "systemfingerprint"
            | "object"
            | "method"
            | "object_type"
            | "epoch"
            | "agent"
            | "messagetype"
            | "isdemo"
            | "difficulty"
            | "domain"
            | "tags"
            | "type"
            | "lc"
            | "format"
            | "strict"
            | "iserror"
            | "error"
            | "leafuuid"
            | "usertype"
            | "issidechain"
            | "schemaversion"
    )
}
