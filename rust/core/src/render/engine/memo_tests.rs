use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tooltrain_jinja::{Day, Limits, Meter, Program, compile};

use crate::conversation::Conversation;
use crate::parse::{ParseOptions, Scratch, parse};
use crate::render::certify::probes::probes;
use crate::render::engine::context::{ArgumentHabit, Context, Habits};
use crate::render::engine::session::Session;

const TEMPLATES: &[&str] = &[
    include_str!("../../../tests/templates/own/brackets.jinja"),
    include_str!("../../../tests/templates/own/generation_tags.jinja"),
    include_str!("../../../tests/templates/own/grouped_results.jinja"),
    include_str!("../../../tests/templates/own/next_role.jinja"),
    include_str!("../../../tests/templates/own/one_call.jinja"),
    include_str!("../../../tests/templates/own/opened_think.jinja"),
    include_str!("../../../tests/templates/own/python_habits.jinja"),
    include_str!("../../../tests/templates/own/typed_tools.jinja"),
    include_str!("../../../assets/gpt-oss/gpt-oss.jinja"),
    // What a turn of a loop can see of other turns and of the rest of the conversation.
    "{% set ns = namespace(n=0, seen='') %}{% set j = joiner(',') %}{% for m in messages %}{{ j() }}{{ ns.n }}\
     {% set ns.n = ns.n + 1 %}{% if m.role == 'user' %}{% set ns.seen = ns.seen ~ m.content %}{% endif %}\
     {{ ns.seen }}{% endfor %}{{ ns.n }}",
    "{% for m in messages %}{{ m.content }}{{ messages | length }}{{ messages[-1].content }}{% endfor %}",
    "{% for m in messages %}{{ m.content }}{{ loop.index }}{{ loop.nextitem.content if not loop.last }}{% endfor %}",
    "{% for m in messages %}{% if loop.changed(m.role) %}{{ m.role }}{% endif %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% macro say(m) %}{{ m.content }}{{ add_generation_prompt }}{{ enable_thinking }}{% endmacro %}\
     {% for m in messages %}{{ say(m) }}{% if m.role == 'tool' %}{% break %}{% endif %}{% endfor %}",
    "{% for m in messages %}{% set ns = namespace(x=m.content) %}{% set ns.x = ns.x ~ loop.length %}{{ ns.x }}\
     {% for n in messages %}{{ loop.index }}{{ n.role }}{% endfor %}{% endfor %}\
     {% for m in messages[1:] %}{{ m.role }}{{ loop.previtem.role }}{% endfor %}",
    "{% set h = namespace(t=none, l=[]) %}{% for m in messages %}{% if h.t %}{{ h.t.x }}{{ h.l[0].x }}{% endif %}\
     {% set c = namespace(x=m.content) %}{% set h.t = c %}{% set h.l = [c] + h.l %}{% endfor %}{{ h.t.x if h.t }}",
    "{% set g = messages | map(attribute='role') %}{% for m in messages %}{{ g | first }}{% endfor %}",
    // What it can ask of outside: how numbers compare, and what its neighbors are.
    "{% set ns = namespace(last=-1, left=2) %}{% for m in messages %}{% if m.role == 'user' %}\
     {% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{% if loop.index0 > ns.last %}\
     <{{ m.content }}>{% elif loop.index0 == ns.last %}({{ m.role }}){% else %}{{ m.content }}{% endif %}\
     {% if ns.left > 0 %}{{ ns.left }}{% set ns.left = ns.left - 1 %}{% endif %}{% if ns.left != loop.length %}!\
     {% endif %}{% for n in messages %}{% if loop.index0 < ns.last %}.{% endif %}{% endfor %}{% endfor %}",
    "{% for m in messages %}{{ m.content }}{{ messages[0].role }}{{ messages[loop.index0 + 1].role }}\
     {% if loop.index0 > 0 %}{{ messages[loop.index0 - 1].content }}{% endif %}{{ messages[-1].role }}{% endfor %}",
    "{% for m in messages %}{{ m.content }}{{ (messages[loop.index0 + 1] or {}).role }}{% endfor %}",
    // What changes where it is looked at, before and after the first question for the mode.
    "{% set g = messages | map(attribute='role') %}{% set h = [messages | map(attribute='content')] %}\
     {{ g | first }}{% if enable_thinking %}{{ g | first }}{% endif %}{{ g | list | join }}{{ h[0] | first }}",
    "{% set j = joiner('+') %}{% set c = cycler('a', 'b') %}{{ j() }}{{ c.next() }}\
     {% macro mode() %}{{ j() }}{{ enable_thinking }}{% endmacro %}{% set ns = namespace(n=0) %}\
     {% for m in messages %}{{ m.content }}{% set ns.n = ns.n + 1 %}{% endfor %}{% set x = mode %}{{ x() }}{{ j() }}\
     {{ ns.n }}{% set ns.n = ns.n * 2 %}{{ ns.n }}{% set thinking = 3 %}{{ thinking }}",
    // A list from its end.
    "{% set ns = namespace(open=true, last=messages | length - 1) %}{% for m in messages[::-1] %}\
     {% set index = (messages | length - 1) - loop.index0 %}{% if ns.open and m.role == 'user' %}\
     {% set ns.open = false %}{% set ns.last = index %}{% endif %}{% endfor %}{% for m in messages %}\
     {% if loop.index0 > ns.last %}>{% endif %}{{ m.content }}{% endfor %}",
    "{% for m in messages[::-1] %}{{ m.content }}{{ loop.index }}{% if loop.first %}!{% endif %}{% endfor %}\
     {% for m in messages[1:] %}{{ m.content }}{{ loop.previtem.role }}{{ messages | length - loop.index0 }}{% endfor %}",
    // Namespaces of its own, written and never read, and others made after them.
    "{% for m in messages %}{% set own = namespace() %}{% set own.x = m.content %}{{ m.role }}{% endfor %}\
     {% set late = namespace(n=0) %}{% for m in messages %}{% set late.n = late.n + 1 %}{{ late.n }}\
     {% set own = namespace(y=late.n) %}{% set own.y = own.y + 1 %}{{ own.y }}{% endfor %}{{ late.n }}",
];

/// Every prompt and every prefix, in one session and each in its own: the same bytes of the same owners.
#[test]
fn repeated_turns_print_what_they_would_print() {
    let day = Day::read("2026-11-20");
    let specials = [("bos_token".to_owned(), "<s>".to_owned()), ("eos_token".to_owned(), "</s>".to_owned())];
    let limits = Limits { steps: 1_000_000, memory: 8 << 20, output: 8 << 20 };
    let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
    let mut printed = 0;
    for source in TEMPLATES {
        let program = compile(source).unwrap();
        for probe in probes() {
            let context = Context::new(&probe.conversation, &[], habits);
            let meter = Meter::new(limits.memory);
            let session = Session::new(&program, &context, &meter, &specials, day, limits).with_memo();
            let count = probe.conversation.messages.len();
            // The whole first, as in a run, then prefixes in both directions.
            for count in [count].into_iter().chain(0..=count).chain((0..count).rev()) {
                for generation_prompt in [true, false] {
                    for thinking in [None, Some(true), Some(false)] {
                        let own_meter = Meter::new(limits.memory);
                        let alone = Session::new(&program, &context, &own_meter, &specials, day, limits);
                        let expected = alone.print(count, generation_prompt, thinking);
                        let repeated = session.print(count, generation_prompt, thinking);
                        assert_eq!(repeated, expected, "{} of {}: {source}", count, probe.shape);
                        printed += usize::from(expected.is_ok());
                    }
                }
            }
        }
    }
    assert!(printed > 5_000, "{printed}");
}

/// The test above compares something: turns are in fact repeated.
#[test]
fn turns_are_repeated() {
    for source in [
        "{% for m in messages %}{{ m.content }}{% endfor %}",
        "{% set ns = namespace(last=messages | length) %}{% for m in messages %}{% set own = namespace(x=1) %}\
         {% if loop.index0 < ns.last %}{% set own.x = own.x + 1 %}{{ m.content }}{% endif %}\
         {% if messages[loop.index0 - 0] %}{% endif %}{% endfor %}",
    ] {
        assert_repeats(source);
    }
}

fn assert_repeats(source: &str) {
    let program = compile(source).unwrap();
    let conversation = &probes()[2].conversation;
    let habits = Habits { arguments: ArgumentHabit::Value, fill_content: false };
    let context = Context::new(conversation, &[], habits);
    let meter = Meter::new(1 << 20);
    let limits = Limits { steps: 10_000, memory: 1 << 20, output: 1 << 20 };
    let session = Session::new(&program, &context, &meter, &[], None, limits).with_memo();
    let count = conversation.messages.len();
    let text = session.print(count, false, None).unwrap().text;
    let kept = session.kept();
    assert_eq!(kept.len(), count);
    assert_eq!(session.print(count, false, None).unwrap().text, text);
    assert_eq!(session.print(count - 1, true, Some(true)).unwrap().text, text[..text.len() - "Third.".len()]);
    assert_eq!(session.kept(), kept);
}

/// Real conversations and templates in use: the prompts of all turns in three modes, as in a proof.
#[test]
fn turns_of_real_conversations_are_repeated_exactly() {
    let shared = std::env::var_os("TOOLTRAIN_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let Ok(templates) = std::fs::read_dir(shared.join("templates")) else { return };
    let lines: Vec<String> = ["tau_bench_airline_gpt4o", "sgd_test", "bfcl_multi_turn"]
        .iter()
        .flat_map(|name| {
            let file = File::open(shared.join(format!("corpus/{name}.jsonl.gz"))).unwrap();
            BufReader::new(MultiGzDecoder::new(file)).lines().step_by(40).take(12).map(Result::unwrap)
        })
        .collect();
    let mut printed = 0;
    for template in templates {
        let path = template.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jinja") {
            continue;
        }
        let program = compile(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for line in &lines {
            let mut scratch = Scratch::default();
            let conversation =
                parse(line.as_bytes(), &mut scratch, &ParseOptions::default()).unwrap().conversation;
            printed += assert_prompts_repeat(&program, &conversation, &path);
        }
    }
    assert!(printed > 10_000, "{printed}");
}

fn assert_prompts_repeat(program: &Program, conversation: &Conversation<'_>, path: &Path) -> usize {
    let specials = [("bos_token".to_owned(), "<s>".to_owned()), ("eos_token".to_owned(), "</s>".to_owned())];
    let limits = Limits { steps: 5_000_000, memory: 64 << 20, output: 64 << 20 };
    let context =
        Context::new(conversation, &[], Habits { arguments: ArgumentHabit::Value, fill_content: true });
    let day = Day::read("2026-11-20");
    let meter = Meter::new(limits.memory);
    let session = Session::new(program, &context, &meter, &specials, day, limits).with_memo();
    let whole = [(conversation.messages.len(), false, None)];
    let prompts = conversation
        .assistant_turns()
        .flat_map(|turn| [None, Some(false), Some(true)].map(|thinking| (turn, true, thinking)));
    let mut printed = 0;
    for (count, generation_prompt, thinking) in whole.into_iter().chain(prompts) {
        let own_meter = Meter::new(limits.memory);
        let alone = Session::new(program, &context, &own_meter, &specials, day, limits);
        let expected = alone.print(count, generation_prompt, thinking);
        let repeated = session.print(count, generation_prompt, thinking);
        assert!(repeated == expected, "{count} messages, thinking {thinking:?}: {}", path.display());
        printed += usize::from(expected.is_ok());
    }
    printed
}
