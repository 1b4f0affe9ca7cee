//! Templates are data from strangers: whatever one does, it ends soon, in little memory, with a
//! finding that names the limit or the refusal, and touches nothing outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::time::{Duration, Instant};

use tooltrain_core::conversation::{Conversation, Message, Role};
use tooltrain_core::cpu_time::measured;
use tooltrain_core::finding::Code;
use tooltrain_core::render::RenderOptions;
use tooltrain_core::render::engine::jinja_template::{JinjaTemplate, TemplateTokens};

/// What becomes of a hostile template.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It reaches the limit of this name.
    Limit(&'static str),
    /// It raises, or asks for what there is not.
    Refused,
    /// It is no template that can be loaded.
    NotLoaded,
}
use End::{Limit, NotLoaded, Refused};

const HOSTILE: &[(&str, &str, End)] = &[
    (
        "nested loops",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        Limit("steps"),
    ),
    (
        "nested loops without output",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        Limit("steps"),
    ),
    ("long range", "{% for a in range(10 ** 12) %}{% endfor %}", Refused),
    ("output", "{% for a in range(100000) %}{{ 'x' * 10000 }}{% endfor %}", Limit("output")),
    (
        "doubling by tilde",
        "{% set n = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        Limit("memory"),
    ),
    (
        "doubling by plus",
        "{% set n = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
        Limit("memory"),
    ),
    (
        "doubling by block",
        "{% set n = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set b %}{{ n.s }}{{ n.s }}{% endset %}{% set n.s = b %}{% endfor %}",
        Limit("memory"),
    ),
    (
        "doubling lists",
        "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}",
        Limit("memory"),
    ),
    ("repeated text", "{{ 'x' * 999999999999 }}", Limit("memory")),
    ("repeated list", "{{ ([1] * 999999999999)|length }}", Limit("memory")),
    ("percent width", "{{ '%9999999999d'|format(1) }}", Limit("memory")),
    ("percent precision", "{{ '%.999999999f' % 1.5 }}", Limit("memory")),
    ("percent digits", "{{ '%99999999999999999999999d' % 1 }}", Limit("memory")),
    ("format width", "{{ '{:>9999999999}'.format('x') }}", Limit("memory")),
    ("center", "{{ 'x'|center(9999999999) }}", Limit("memory")),
    ("ljust", "{{ 'x'.ljust(9999999999) }}", Limit("memory")),
    ("zfill", "{{ '1'.zfill(9999999999) }}", Limit("memory")),
    ("replace", "{% set s = 'x' * 100000 %}{{ s.replace('x', s) }}", Limit("memory")),
    ("replace filter", "{% set s = 'x' * 100000 %}{{ s|replace('x', s) }}", Limit("memory")),
    ("join", "{% set s = 'x' * 100000 %}{{ s.join(s) }}", Limit("memory")),
    ("join filter", "{% set s = 'x' * 100000 %}{{ (range(10000)|list)|join(s) }}", Limit("memory")),
    ("indent", "{{ ('x\n' * 100000)|indent(100000) }}", Limit("memory")),
    ("indent of json", "{{ [[[[1]]]]|tojson(indent=999999999) }}", Limit("memory")),
    (
        "deep json",
        "{% set n = namespace(l=[]) %}{% for i in range(90000) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l|tojson }}",
        Limit("nesting"),
    ),
    (
        "deep text",
        "{% set n = namespace(l=[]) %}{% for i in range(90000) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}",
        Limit("nesting"),
    ),
    (
        "deep comparison",
        "{% set n = namespace(a=[], b=[]) %}{% for i in range(90000) %}{% set n.a = [n.a] %}{% set n.b = [n.b] %}{% endfor %}{{ n.a == n.b }}",
        Limit("nesting"),
    ),
    (
        "chain of namespaces",
        "{% set h = namespace(t=namespace()) %}{% for i in range(20000) %}{% set c = h.t %}{% set c.x = namespace() %}{% set h.t = c.x %}{% endfor %}{{ 1 // 0 }}",
        Refused,
    ),
    ("namespace in itself", "{% set n = namespace() %}{% set n.n = n %}{{ n.n.n.n|tojson }}", Refused),
    ("endless macro", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", Limit("nesting")),
    (
        "doubling macro",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        Limit("steps"),
    ),
    ("characters", "{% for c in 'x' * 9000000 %}{% endfor %}", Limit("memory")),
    ("power", "{{ 10 ** 1000000000 }}", Refused),
    ("unique", "{{ range(100000)|unique|list|length }}", Limit("steps")),
    ("split", "{{ ('x,' * 9000000).split(',')|length }}", Limit("memory")),
    ("batch", "{{ [1]|batch(999999999999, 0)|list }}", Limit("memory")),
    ("include", "{% include '/etc/passwd' %}", NotLoaded),
    ("import", "{% import '/etc/passwd' as p %}", NotLoaded),
    ("from import", "{% from '/etc/passwd' import p %}", NotLoaded),
    ("extends", "{% extends '/etc/passwd' %}", NotLoaded),
    ("dunder", "{{ ''.__class__.__mro__ }}", NotLoaded),
    ("dunder subscript", "{{ ''['__class__'].x }}", Refused),
    ("dunder filter", "{{ ''|attr('__class__') }}", Refused),
    ("dunder format", "{{ '{0.__class__}'.format('') }}", Refused),
    ("globals", "{{ cycler.__init__.__globals__.os }}", NotLoaded),
    ("dunder map", "{{ ['x']|map(attribute='__class__')|map('string')|first|length // 0 }}", Refused),
    ("changing a list", "{{ messages.append(1) }}", Refused),
    ("changing a message", "{{ messages[0].update({'role': 'x'}) }}", Refused),
    ("open", "{{ open('/etc/passwd') }}", Refused),
    ("clock of now", "{{ now() }}", Refused),
    ("random", "{{ [1, 2]|random }}", Refused),
    ("deep source", "DEEP", NotLoaded),
];

fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 1024
}

#[test]
fn hostile_templates_end_soon_and_small() {
    let conversation = Conversation {
        messages: vec![
            Message::new(Role::User, 0).with_text("hi"),
            Message::new(Role::Assistant, 1).with_text("hello"),
        ],
        ..Conversation::default()
    };
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    let before = peak_memory();
    for (name, source, end) in HOSTILE {
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
        let source = if *source == "DEEP" { deep.as_str() } else { source };
        let start = Instant::now();
        let template = JinjaTemplate::from_source(name, source, &TemplateTokens::default());
        let loaded = start.elapsed();
        let Ok(template) = template else {
            assert_eq!(*end, NotLoaded, "{name} is not loaded");
            continue;
        };
        let (printed, took) = measured(|| template.text(&conversation, &options));
        let finding = match printed {
            Ok(text) => panic!("{name} printed {} bytes", text.len()),
            Err(finding) => finding,
        };
        println!("{name}: loaded in {loaded:?}, ended in {took:?}: {}", finding.message);
        match end {
            Limit(limit) => {
                assert_eq!(finding.code, Code::TemplateLimit, "{name}: {finding}");
                assert!(finding.message.ends_with(&format!("its limit of {limit}")), "{name}: {finding}");
            }
            Refused => assert_eq!(finding.code, Code::CannotRender, "{name}: {finding}"),
            NotLoaded => panic!("{name} was loaded: {finding}"),
        }
        assert!(took < Duration::from_secs(4), "{name} took {took:?}");
        let grown = peak_memory().saturating_sub(before);
        assert!(grown < 80 << 20, "{name}: {} MiB", grown >> 20);
    }
}

/// Two runs of one template see the same clock: the date of the run.
#[test]
fn the_clock_is_the_date_of_the_run() {
    let source =
        "{{ strftime_now('%Y-%m-%d %H:%M:%S %A') }}{% for m in messages %}{{ m.content }}{% endfor %}";
    let template = JinjaTemplate::from_source("clock", source, &TemplateTokens::default()).unwrap();
    let conversation = Conversation {
        messages: vec![Message::new(Role::User, 0).with_text("x")],
        ..Conversation::default()
    };
    let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
    assert_eq!(template.text(&conversation, &options).unwrap(), "2026-11-20 00:00:00 Fridayx");
}
