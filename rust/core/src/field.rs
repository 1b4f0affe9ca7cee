//! What a run of bytes of rendered text is.

/// What a run of bytes is, for loss policies and for showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Scaffolding that is never sampled: role headers, generation prompts, line ends.
    Header,
    /// System text.
    System,
    /// User text.
    User,
    /// A tool result.
    ToolResult,
    /// A tool definition.
    ToolDefinition,
    /// Assistant reasoning, its delimiters included.
    Reasoning,
    /// Assistant text.
    Text,
    /// Name of a called tool.
    CallName,
    /// Arguments of a call.
    CallArguments,
    /// What the template writes around name and arguments.
    CallSyntax,
    /// The token that ends the turn.
    Stop,
}

impl Field {
    /// Every field.
    pub const ALL: &'static [Field] = &[
        Field::Header,
        Field::System,
        Field::User,
        Field::ToolResult,
        Field::ToolDefinition,
        Field::Reasoning,
        Field::Text,
        Field::CallName,
        Field::CallArguments,
        Field::CallSyntax,
        Field::Stop,
    ];

    /// The name used in tables, in `show` and in weights.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Header => "header",
            Field::System => "system",
            Field::User => "user",
            Field::ToolResult => "tool_result",
            Field::ToolDefinition => "tool_definition",
            Field::Reasoning => "reasoning",
            Field::Text => "text",
            Field::CallName => "call_name",
            Field::CallArguments => "call_arguments",
            Field::CallSyntax => "call_syntax",
            Field::Stop => "stop",
        }
    }
}
