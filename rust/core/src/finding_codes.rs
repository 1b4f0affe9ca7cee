// The table of finding codes. One row a code; add a row to add a finding.
codes! {
    InvalidJson = "invalid_json", "record", Error,
        "The line is not valid JSON.", "mend the line at the position given; one JSON object a line",
        fails r#"{"messages": [}"#, passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    InvalidUtf8 = "invalid_utf8", "record", Error,
        "The line is not valid UTF-8.", "write the shard as UTF-8",
        fails "a line with the byte 0xFF", passes "the same line without it";
    LineTooLong = "line_too_long", "record", Error,
        "The line is longer than `max_line_bytes`.", "raise max_line_bytes, or split the record",
        fails "a line of 65 MiB", passes "a line of 1 MiB";
    CannotRender = "cannot_render", "template", Error,
        "The chat template cannot print this conversation.", "see the message; another template may be able to",
        fails "a conversation for which the template raises", passes "one that it prints";
    FieldNotPrinted = "field_not_printed", "template", Warning,
        "The chat template does not print a field of this message.", "use a template that has a place for it, or drop the field",
        fails r#"{"role": "assistant", "reasoning_content": "hm", "content": "yes"} with a template without reasoning"#, passes r#"{"role": "assistant", "content": "yes"}"#;
    ControlTokenMissing = "control_token_missing", "template", Warning,
        "The chat template writes text that looks like a control token, and the tokenizer has no such token.", "give the tokenizer that belongs to the template, or add the token to it",
        fails "a template that writes <|tool_sep|> beside a call, with a tokenizer without that token", passes "the same with a tokenizer that has it";
    CallIdsRenamed = "call_ids_renamed", "template", Fixed,
        "The chat template takes ids of nine letters and digits: other ids were renamed, in calls and results alike.", "nothing to do",
        fails r#"the call id "call_1" with the template of Mistral Nemo"#, passes r#"the call id "abcdef123""#;
    SpansNotProvable = "spans_not_provable", "template", Error,
        "What the model would have sampled cannot be proved for this conversation.", "use a built-in template, or on_inexact=\"mask_turn\"",
        fails "a template that prints an assistant turn without a stop token", passes "one that does";
    NotAnObject = "not_an_object", "record", Error,
        "The line is JSON, but not an object.", "write one JSON object a line",
        fails "[1, 2]",
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    LoneSurrogate = "lone_surrogate", "record", Error,
        "A string holds half of a surrogate pair, which stands for no character.", "write the whole character, or drop it",
        fails r#"{"messages": [{"role": "user", "content": "\ud83d"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "\ud83d\ude00"}, {"role": "assistant", "content": "hello"}]}"#;
    DuplicateKey = "duplicate_key", "record", Error,
        "A key stands twice in one object, and readers disagree about which one counts.", "keep one of the two",
        fails r#"{"messages": [{"role": "user", "role": "system", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    TooDeep = "too_deep", "record", Error,
        "The line is nested deeper than `max_depth`.", "raise max_depth, or flatten the record",
        fails "a line with 300 brackets open",
        passes "a line with 3";
    UnknownLayout = "unknown_layout", "record", Error,
        "The record has the keys of no layout that is known.", "rename the keys, or force a layout with layout=",
        fails r#"{"text": "hi"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    OtherLayout = "other_layout", "record", Error,
        "The record has not the layout that was asked for.", "give the shard its own run, or drop layout=",
        fails r#"{"messages": []} with layout="sharegpt""#,
        passes r#"the same with layout="openai""#;
    NoMessages = "no_messages", "record", Error,
        "The record has no messages.", "drop the record",
        fails r#"{"messages": []}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    FieldWrongType = "field_wrong_type", "record", Error,
        "A field has a type it cannot have.", "see the message for what is expected",
        fails r#"{"messages": "hi"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    RoleMissing = "role_missing", "turns", Error,
        "A message has no role.", "give it one of system, user, assistant, tool",
        fails r#"{"messages": [{"content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    UnknownRole = "unknown_role", "turns", Error,
        "A message has a role that is not known.", "use system, developer, user, assistant or tool",
        fails r#"{"messages": [{"role": "critic", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    DeveloperRole = "developer_role", "turns", Fixed,
        "The developer role was read as system.", "nothing to do",
        fails r#"{"messages": [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    MisspelledKey = "misspelled_key", "record", Fixed,
        "A key is not known, and is nearly one that the record or message lacks: it was read as that one.", "no action needed; rename the key if something else is meant",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "contnet": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    ContentWrongType = "content_wrong_type", "turns", Error,
        "Content is neither text, null, nor a list of parts.", "write the content as a string",
        fails r#"{"messages": [{"role": "user", "content": 7}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    UnknownContentPart = "unknown_content_part", "turns", Error,
        "A content part is not text.", "text models take text parts only; drop the part or the record",
        fails r#"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant", "content": "hello"}]}"#;
    PartsJoined = "parts_joined", "turns", Fixed,
        "Several content parts were joined, with nothing between them.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant", "content": "hello"}]}"#;
    RefusalRead = "refusal_read", "turns", Fixed,
        "A refusal was read as the content of its turn.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": null, "refusal": "No."}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "No.", "refusal": null}]}"#;
    WeightInvalid = "weight_invalid", "turns", Error,
        "A loss weight is neither a boolean nor a number of at least 0.", "use 0, 1 or another weight",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": -1}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": 1}]}"#;
    WeightWithoutColumn = "weight_without_column", "turns", Error,
        "A loss weight of the record is neither 0 nor 1, and no column of the output can say it.", "name the columns and add loss_weights to them, or give the record weights 0 and 1",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "weight": 0.5}]} with columns="trl""#,
        passes r#"the same with columns=["input_ids", "labels", "loss_weights"]"#;
    ConversationOverLength = "conversation_over_length", "length", Warning,
        "The conversation, or the row of a turn, is longer than `max_length` and was left out.", "raise max_length, or set over_length=\"split\"",
        fails r#"a conversation of 300 tokens with max_length=200 and over_length="drop""#, passes r#"the same with over_length="split""#;
    ConversationTruncated = "conversation_truncated", "length", Warning,
        "The conversation is longer than `max_length`: what follows the last turn that fits was left out.", "raise max_length, or set over_length=\"split\"",
        fails r#"a conversation of 300 tokens with max_length=200 and over_length="truncate""#, passes r#"the same with over_length="split""#;
    TurnOverLength = "turn_over_length", "length", Warning,
        "A single turn with the messages that belong to it is longer than `max_length` and was left out.", "raise max_length, or shorten the messages",
        fails "a turn of 300 tokens with max_length=200", passes "a turn of 100 tokens";
    ResultsAtACut = "results_at_a_cut", "length", Warning,
        "Results of tools are in no piece of a split conversation: with them, the next turn does not fit.", "raise max_length, or shorten the results; the turn that reads them is trained without them",
        fails "a result of 190 tokens and then a turn, with max_length=200", passes "a result of 20 tokens";
    UntrainedPiece = "untrained_piece", "length", Warning,
        "A piece of a split conversation has nothing to train and was left out.", "nothing to do where its turns have weight 0; else see why they are not trained",
        fails "the turns of a whole piece with weight 0", passes "one of them with weight 1";
    SystemNotFirst = "system_not_first", "turns", Warning,
        "A system message stands after other messages.", "put it first; templates differ in what they make of it",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "system", "content": "be brief"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    ConsecutiveUser = "consecutive_user", "turns", Warning,
        "Two user messages follow each other.", "join them, if they are one",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    EmptyAssistant = "empty_assistant", "turns", Warning,
        "An assistant message has no content, no reasoning and no call.", "drop it, or give it weight 0: it trains the model to say nothing",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": ""}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    TrailingTurns = "trailing_turns", "turns", Fixed,
        "Messages after the last assistant message were dropped: nothing is trained on them.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "hi"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    NothingToTrain = "nothing_to_train", "turns", Warning,
        "The record has no assistant turn, or weights and loss policy train none.", "drop the record, or look at its weights and at loss=",
        fails r#"{"messages": [{"role": "user", "content": "hi"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    OnlyWrongCalls = "only_wrong_calls", "turns", Warning,
        "Every turn of the record that would be trained has a wrong call.", "mend the calls or what the record declares, or set validation=\"warn\" to train them all the same",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "g", "arguments": {}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    ArgumentsNotJson = "arguments_not_json", "calls", Error,
        "The arguments of a call are not JSON.", "write them as one JSON object",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{n: 1}"}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"n\": 1}"}}]}]}"#;
    ArgumentsNotObject = "arguments_not_object", "calls", Error,
        "The arguments of a call are JSON, but not an object.", "write them as one JSON object",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": [1]}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": 1}}}]}]}"#;
    CallNameMissing = "call_name_missing", "calls", Error,
        "A call does not name its tool.", "give the call a function name",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"arguments": {}}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    CallTypeUnknown = "call_type_unknown", "calls", Error,
        "A call is of another type than function.", "only function calls can be rendered",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "f", "input": ""}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    CallsMisplaced = "calls_misplaced", "calls", Error,
        "A message that is not of the assistant makes tool calls.", "move them to an assistant message",
        fails r#"{"messages": [{"role": "user", "content": "hi", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    EmptyCalls = "empty_calls", "calls", Fixed,
        "An empty list of calls was read as no calls.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "tool_calls": []}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    UndeclaredTool = "undeclared_tool", "calls", Masked,
        "A call names a tool that the record does not declare, although it declares others.", "declare the tool, mend the name, or set validation=",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "g", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    ParallelCallsForbidden = "parallel_calls_forbidden", "calls", Warning,
        "A turn has several calls although `parallel_tool_calls` is false.", "set it to true, or split the turn",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "parallel_tool_calls": false}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "parallel_tool_calls": true}"#;
    CallIdMissing = "call_id_missing", "pairing", Fixed,
        "A call without an id was given one.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    ResultIdMissing = "result_id_missing", "pairing", Fixed,
        "A result without an id was paired with the one call it can answer.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    DuplicateCallId = "duplicate_call_id", "pairing", Error,
        "Two calls of one turn have the same id.", "give every call its own id",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "b", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    CallIdReused = "call_id_reused", "pairing", Fixed,
        "An id of an earlier turn is used again: it was renamed, in the call and in its result.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "tool_calls": [{"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "b", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    ResultWithoutCall = "result_without_call", "pairing", Error,
        "A tool result answers no call of the turn before it.", "give it the id of its call, or drop it",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    ResultsReordered = "results_reordered", "pairing", Fixed,
        "Results of parallel calls were put in the order of the calls.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "b", "content": "1"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}, {"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "b", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    DuplicateResult = "duplicate_result", "pairing", Error,
        "Two results answer the same call.", "keep one of the two",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    CallUnanswered = "call_unanswered", "pairing", Error,
        "A call has no result although the conversation goes on.", "add the result; a call may stay open only in the last turn, or when no call of the record has a result",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "b", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    ToolWrongShape = "tool_wrong_shape", "tools", Error,
        "A tool definition is not an object with a name.", "write it as {\"type\": \"function\", \"function\": {\"name\": ..., \"parameters\": ...}}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"type": "function"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    ToolsNotJson = "tools_not_json", "tools", Error,
        "`tools` is a string that is not JSON.", "write the tools as a list, or as the JSON text of one",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": "[{]"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": "[]"}"#;
    DuplicateTool = "duplicate_tool", "tools", Warning,
        "Two tools have the same name; a call passes if either accepts it.", "rename one of the two",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"name": "f"}, {"name": "f"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"name": "f"}, {"name": "g"}]}"#;
    NoToolsDeclared = "no_tools_declared", "tools", Warning,
        "The record calls tools and declares none.", "declare them, or give a shared list with tools=",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    ParallelCalls = "parallel_calls", "template", Error,
        "The chat template prints one call a turn, and this turn has several.", "split the turn into one call and result after the other, or use a family with parallel calls",
        fails "an assistant message with two tool_calls and one result, for Llama 3.1", passes "the same with a result for each call: the turn is split";
    LegacyFunctions = "legacy_functions", "calls", Fixed,
        "Function calls of the older form were read as tool calls.", "nothing to do",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    CallTextNotJson = "call_text_not_json", "calls", Error,
        "The text of a call is not JSON.", "write the call as {\"name\": .., \"arguments\": {..}}",
        fails r#"{"conversations": [{"from": "human", "value": "hi"}, {"from": "function_call", "value": "f()"}]}"#,
        passes r#"{"conversations": [{"from": "human", "value": "hi"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}]}"#;
    TextMarkupBroken = "text_markup_broken", "calls", Error,
        "A call or result that stands in text does not end, or has text beside it.", "close the tag",
        fails r#"{"conversations": [{"from": "system", "value": "<tools>[]</tools>"}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "<tool_call>{"}]}"#,
        passes r#"{"conversations": [{"from": "system", "value": "<tools>[]</tools>"}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"}]}"#;
    TextAfterCall = "text_after_call", "calls", Warning,
        "Text of a turn stands after a call; it was put before it.", "templates print the text of a turn before its calls",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}, {"type": "text", "text": "done"}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": "done"}, {"type": "tool_use", "id": "a", "name": "f", "input": {}}]}]}"#;
    ToolsInText = "tools_in_text", "tools", Warning,
        "The tools were read from the system text, which still lists them.", "drop the list from the system text: chat templates print the tools themselves",
        fails r#"{"conversations": [{"from": "system", "value": "<tools>[{\"name\": \"f\"}]</tools>"}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"}]}"#,
        passes r#"{"tools": "[{\"name\": \"f\"}]", "conversations": [{"from": "human", "value": "hi"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}]}"#;
    QuestionNotMessages = "question_not_messages", "record", Error,
        "The question of a distil row is not the JSON text of a list of messages.", "write it so, or set base.task to tool-calling-closed-book",
        fails r#"{"question": "[", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#,
        passes r#"{"question": "hi", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#;
    AnswerObject = "answer_object", "record", Fixed,
        "The answer of a distil row is an object; its JSON text is expected.", "nothing to do",
        fails r#"{"question": "hi", "answer": {"name": "f", "parameters": {}}}"#,
        passes r#"{"question": "hi", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#;
    NotOneCall = "not_one_call", "calls", Warning,
        "An assistant turn of a distil row does not make exactly one call.", "write one call a turn",
        fails r#"{"question": "[{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": \"hello\"}, {\"role\": \"user\", \"content\": \"go\"}]", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#,
        passes r#"{"question": "hi", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#;
    JobDescriptionMissing = "job_description_missing", "record", Warning,
        "A distil row has no job description beside it: no system text and no tools.", "put job_description.json beside the shard, or name it",
        fails r#"{"question": "hi", "answer": "{\"name\": \"f\", \"parameters\": {}}"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    UnknownTask = "unknown_task", "record", Error,
        "`base.task` of config.yaml is no task that is known.", "use tool-calling-closed-book or multi-turn-tool-calling-closed-book",
        fails "base.task: open-book",
        passes "base.task: tool-calling-closed-book";
    ResultNameDiffers = "result_name_differs", "pairing", Warning,
        "A result names another tool than the call it answers.", "mend the name or the id",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "name": "g", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "name": "f", "content": "1"}, {"role": "assistant", "content": "hello"}]}"#;
    ArgumentsAgainstSchema = "arguments_against_schema", "calls", Masked,
        "The arguments of a call are not what the schema of its tool asks for.", "mend the arguments or the schema, or set validation=",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": "2"}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": 2}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    ArgumentsNotChecked = "arguments_not_checked", "calls", Warning,
        "The arguments of a call could not be checked within the bounds.", "simplify the schema of the tool",
        fails "arguments nested 200 deep",
        passes "arguments nested 3 deep";
    ToolSchemaInvalid = "tool_schema_invalid", "tools", Warning,
        "The parameters of a tool are no JSON Schema that can be used; its calls are not checked.", "mend the schema; references have to stay inside it",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": 5}}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    NonstandardSchemaType = "nonstandard_schema_type", "tools", Warning,
        "A schema uses types that JSON Schema does not know; they were read as what they mean, and ignored where that is not known.", "use string, number, integer, boolean, object, array or null",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": 2}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "dict", "properties": {"n": {"type": "float"}}}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": 2}}}]}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]}"#;
    NullsLeftOut = "nulls_left_out", "record", Warning,
        "Null members of structs were left out: a column of structs cannot say whether a member was null or was not there.", "where the difference matters, give the column as JSON text",
        fails r#"the struct {"role": "user", "content": "hi", "name": null} in a Parquet column"#, passes "the same row as JSON text";
    RowWrongWidth = "row_wrong_width", "record", Error,
        "A row of CSV has another number of fields than the header.", "quote fields that hold separators or line ends",
        fails "the row a,b,c under the header question,answer", passes "the row a,b";
    InternalFailure = "internal_failure", "record", Error,
        "A law of this program does not hold for the record, or a part of it failed on it; the record is refused, and the run goes on.", "this is a bug in tooltrain_fast: please report it with the record, if you can",
        fails "a record on which the tokenizer panics", passes "any other record of the same shard";
    LostInConversion = "lost_in_conversion", "conversion", Warning,
        "The written row does not say this, for its dialect has no place for it.", "convert to messages, which keeps everything, where it matters",
        fails r#"reasoning, converted to="sharegpt""#, passes r#"the same converted to="messages""#;
    NotExpressible = "not_expressible", "conversion", Error,
        "The dialect cannot say this record, or would say something else.", "convert it to another dialect",
        fails r#"a record without a call, converted to="distil""#, passes r#"the same converted to="openai""#;
    OutsideServiceLimits = "outside_service_limits", "conversion", Warning,
        "The hosted fine-tuning API refuses rows like this one.", "mend the record, or leave it out",
        fails r#"a tool called "my tool", converted to="openai""#, passes r#"a tool called "my_tool""#;
    TemplateLimit = "template_limit", "template", Error,
        "The chat template reached a limit of steps, memory, output or nesting.", "the message names the limit; a sound template stays far below it",
        fails "a template that doubles a text thirty times", passes "one that prints each message once";
    ParallelCallsSplit = "parallel_calls_split", "template", Fixed,
        "A turn of several calls was split into one call and result after the other, since the family prints one call a turn.", "nothing to do",
        fails "an assistant message with two tool_calls and a result for each, for Llama 3.1", passes "the same with one call a message";
    OtherKeyRead = "other_key_read", "record", Fixed,
        "A key of another name was read as the one that the record or message lacks.", "no action needed; to read another key, name it with layout={..}",
        fails r#"{"messages": [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    RoleRead = "role_read", "turns", Fixed,
        "A speaker of another name was read as one of the known roles.", "no action needed; to read it otherwise, map it with layout={\"roles\": {..}}",
        fails r#"{"messages": [{"role": "User", "content": "hi"}, {"role": "Chatbot", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    KeyRepeated = "key_repeated", "record", Fixed,
        "A key appears twice in one object with the same value: one of the two was dropped.", "no action needed",
        fails r#"{"messages": [{"role": "user", "content": "hi", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    PythonLiteral = "python_literal", "record", Fixed,
        "A Python literal, as repr prints it, was read as the JSON that it stands for.", "no action needed; json.dumps writes JSON",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{'n': True}"}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    TextDecoded = "text_decoded", "record", Fixed,
        "JSON text was decoded where a value is expected.", "no action needed",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": "{\"type\": \"object\"}"}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    ArgumentsEmpty = "arguments_empty", "calls", Fixed,
        "Empty, null or missing arguments were read as an object without members.", "no action needed; a call without arguments has {}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    ArgumentsEncodedTwice = "arguments_encoded_twice", "calls", Fixed,
        "The arguments were the JSON text of a JSON text: they were decoded once more.", "no action needed",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "\"{\\\"n\\\": 1}\""}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}]}]}"#;
    CallsInText = "calls_in_text", "calls", Fixed,
        "Calls in the text of a turn became calls.", "no action needed",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    TextLooksLikeCall = "text_looks_like_call", "calls", Warning,
        "The text of a turn looks like a tool call, and was left as text.", "declare the tools of the record, or give them with tools=",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    UserCallsLeftOut = "user_calls_left_out", "calls", Warning,
        "Calls that the user side made, and their results, were left out.", "no action needed: they are not what the model does",
        fails r#"{"messages": [{"role": "user", "content": "hi", "tool_calls": [{"id": "u", "name": "look", "arguments": {}, "requestor": "user"}]}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    SeveralConversations = "several_conversations", "record", Error,
        "Several values of the record look like its conversation.", "name the one to read: layout={\"messages\": \"key\"}",
        fails r#"{"a": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "b": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    MessagesUnread = "messages_unread", "record", Warning,
        "A value that looks like messages was not read.", "read it with layout={\"messages\": \"key\"}, or leave it out with layout={\"ignore\": [\"key\"]}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "draft": [{"role": "user", "content": "hi"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    TextUnread = "text_unread", "turns", Error,
        "A message says nothing, and has text under a key that is not known.", "map the key: layout={\"content\": \"key\"}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "prose": "hello"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    CallsUnread = "calls_unread", "calls", Error,
        "A value that looks like tool calls was not read.", "name the key: layout={\"calls\": \"key\"}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "doings": [{"name": "f", "arguments": {}}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    ToolsUnread = "tools_unread", "tools", Error,
        "A value that looks like declared tools was not read, and the record declares no others.", "name the key: layout={\"tools\": \"key\"}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "helpers": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    ReasoningUnread = "reasoning_unread", "turns", Warning,
        "A value that looks like reasoning was not read.", "name the key: layout={\"reasoning\": \"key\"}",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "think_aloud": "a greeting"}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    SystemUnread = "system_unread", "turns", Warning,
        "A value that looks like a system prompt was not read, since the messages have one.", "name the key: layout={\"system\": \"key\"}",
        fails r#"{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "system_prompt": "be long"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    WeightNotRead = "weight_not_read", "turns", Error,
        "A loss weight has a form or a place that is not read.", "give the message, or a part of its content, a weight of 0 or 1",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "train_detail": [{"begin_offset": 0, "end_offset": 2, "train": false}]}]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    MediaNotRead = "media_not_read", "turns", Error,
        "The record holds images or sounds, which text models do not read.", "leave out the key with layout={\"ignore\": [\"key\"]} to train on the text alone",
        fails r#"{"messages": [{"role": "user", "content": "<image>hi"}, {"role": "assistant", "content": "hello"}], "images": ["a.png"]}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    VerdictUnread = "verdict_unread", "record", Error,
        "The record says whether it is good, or holds a better and a worse side, and the run does not say what to do with that.", "use verdict=\"better\" to drop what was judged bad and train the better side, or verdict=\"ignore\" to train all",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "label": false}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    TranscriptRead = "transcript_read", "record", Fixed,
        "A text that a chat template printed, or a dialogue, was taken apart into messages.", "no action needed; for raw text use prompt and completion",
        fails r#"{"text": "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n"}"#,
        passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    JudgedBad = "judged_bad", "record", Warning,
        "The record was judged bad, and was left out.", "no action needed; verdict=\"ignore\" trains such records too",
        fails r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}], "label": false} with verdict="better""#,
        passes r#"the same with "label": true"#;
}
