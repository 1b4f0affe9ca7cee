//! The corpus of `tests/corpus`: conversations with the text that has to be trained. README.md there has the form.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus");

/// What a case demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// These runs of trained text.
    Trained(Vec<String>),
    /// A finding with this code.
    Refused(String),
}

/// One file of the corpus.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) options: Map<String, Value>,
    pub(crate) record: String,
    pub(crate) text: Option<String>,
    pub(crate) expected: Expected,
}

/// What `family.json` has: a built-in tokenizer, or the tokens of a small one; a native renderer where the
/// template is not in the repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    pub(crate) model: Option<String>,
    pub(crate) dialect: Option<String>,
    pub(crate) native: Option<String>,
    pub(crate) bos: String,
    pub(crate) eos: String,
    pub(crate) special: Vec<String>,
    pub(crate) markers: Vec<String>,
    pub(crate) stops: Vec<String>,
}

/// A folder of the corpus.
#[derive(Clone, Debug)]
pub(crate) struct CorpusFamily {
    pub(crate) name: String,
    pub(crate) facts: Facts,
    /// The family's own template, where it has one.
    pub(crate) template: Option<String>,
    pub(crate) cases: Vec<Case>,
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every family that can be rendered here, with its cases; none is empty. Those of which only the official
/// template is known are left to the tests beside the shared data.
pub(crate) fn families() -> Vec<CorpusFamily> {
    let folders = sorted(Path::new(FOLDER)).into_iter().filter(|path| path.join("family.json").is_file());
    let is_here = |family: &CorpusFamily| {
        let facts = &family.facts;
        family.template.is_some() || facts.model.is_some() || facts.native.is_some()
    };
    let families: Vec<_> = folders.map(|folder| read_family(&folder)).filter(is_here).collect();
    assert!(families.len() > 15, "{} families in {FOLDER}", families.len());
    families
}

fn read_family(folder: &Path) -> CorpusFamily {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let facts = std::fs::read_to_string(folder.join("family.json")).unwrap();
    let files = sorted(folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "txt"));
    let cases: Vec<_> = files.map(|path| read_case(&path)).collect();
    assert!(!cases.is_empty(), "no case in {}", folder.display());
    CorpusFamily {
        facts: serde_json::from_str(&facts).unwrap_or_else(|error| panic!("{name}: {error}")),
        template: std::fs::read_to_string(folder.join("template.jinja")).ok(),
        name,
        cases,
    }
}

/// The header, under the name "", and every section by its name.
fn sections(source: &str) -> Vec<(&str, String)> {
    let mut sections = vec![("", Vec::new())];
    for line in source.strip_suffix('\n').unwrap_or(source).split('\n') {
        match line.strip_prefix("--- ") {
            Some(name) => sections.push((name, Vec::new())),
            None => sections.last_mut().unwrap().1.push(line),
        }
    }
    sections.into_iter().map(|(name, lines)| (name, lines.join("\n"))).collect()
}

fn read_case(path: &Path) -> Case {
    let source = std::fs::read_to_string(path).unwrap();
    let (mut options, mut record, mut text, mut refused) = (Map::new(), String::new(), None, None);
    let mut trained = Vec::new();
    for (name, body) in sections(&source) {
        match name {
            "" => options = header(&body),
            "record" => record = body,
            "trained" => trained.push(body),
            "text" => text = Some(body),
            "refused" => refused = Some(body),
            "nothing trained" => assert_eq!(body, "", "{}", path.display()),
            other => panic!("{}: unknown section {other:?}", path.display()),
        }
    }
    assert!(!record.is_empty(), "{}: no record", path.display());
    let expected = refused.map_or(Expected::Trained(trained), Expected::Refused);
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    Case { name, options, record, text, expected }
}

/// `name: value` a line; a value is JSON, or else text as it stands.
fn header(source: &str) -> Map<String, Value> {
    let lines = source.lines().filter(|line| !line.is_empty());
    let option = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no option: {line:?}"));
        (name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()))
    };
    lines.map(option).collect()
}

/// Writes a tokenizer of single bytes with the control tokens of a family: enough for masks and text.
pub(crate) fn write_model(folder: &Path, facts: &Facts, template: Option<&str>) {
    let mut names: Vec<&String> = Vec::new();
    let all = [&facts.bos, &facts.eos].into_iter();
    for name in all.chain(&facts.stops).chain(&facts.special).chain(&facts.markers) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    let token = |(place, name): (usize, &&String)| {
        json!({"id": 256 + place, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": !facts.markers.contains(name)})
    };
    let vocabulary: Map<String, Value> =
        (0_u64..).zip(byte_alphabet()).map(|(id, letter)| (letter.into(), id.into())).collect();
    let byte_level =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
        "added_tokens": names.iter().enumerate().map(token).collect::<Vec<_>>(),
        "pre_tokenizer": byte_level, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
                  "vocab": vocabulary, "merges": []},
    });
    let config = json!({"bos_token": facts.bos, "eos_token": facts.eos, "chat_template": template});
    let id = |name: &String| 256 + names.iter().position(|known| *known == name).unwrap();
    let ends: Vec<usize> = std::iter::once(&facts.eos).chain(&facts.stops).map(id).collect();
    for (name, content) in [
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", config),
        ("generation_config.json", json!({"eos_token_id": ends})),
    ] {
        std::fs::write(folder.join(name), content.to_string()).unwrap();
    }
}

/// The letters that byte-level tokenizers write for the bytes 0 to 255.
fn byte_alphabet() -> impl Iterator<Item = char> {
    let mut hidden = 0x100_u32..;
    (0_u32..256).map(move |byte| {
        let visible = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        char::from_u32(if visible { byte } else { hidden.next().unwrap() }).unwrap()
    })
}
