//! Schemas and arguments that somebody wrote to make checking take longer than anyone can wait.

/// What checking has to come to, where that is plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Any way, as long as it ends.
    Somehow,
    /// The schema is refused.
    Broken,
    /// The arguments are accepted.
    Valid,
    /// It is given up.
    Unchecked,
}

/// One of them.
pub struct Hostile {
    pub name: String,
    pub schema: String,
    pub arguments: String,
    pub ends: Ends,
}

impl Hostile {
    fn new(name: impl Into<String>, schema: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { name: name.into(), schema: schema.into(), arguments: arguments.into(), ends: Ends::Somehow }
    }

    fn ends(mut self, ends: Ends) -> Self {
        self.ends = ends;
        self
    }
}

/// All of them.
pub fn cases() -> Vec<Hostile> {
    [patterns(), doubled(), recursive(), wide()].into_iter().flatten().collect()
}

fn text(length: usize) -> String {
    format!(r#"{{"x": "{}!"}}"#, "a".repeat(length))
}

fn patterns() -> Vec<Hostile> {
    let pattern = |pattern: &str| format!(r#"{{"properties": {{"x": {{"pattern": "{pattern}"}}}}}}"#);
    let mut cases = Vec::new();
    for (name, hostile) in [
        ("nested plus", "^(a+)+$"),
        ("overlapping choice", "^(a|aa)+$"),
        ("three stars", "^(a*)*(a*)*(a*)*$"),
        ("exponential states", "(a|b)*a(a|b){12}!"),
        ("wide repeat", "^(a{1,30}){1,30}$"),
    ] {
        for length in [30, 50_000, 5_000_000] {
            let name = format!("pattern, {name}, on {length} bytes");
            cases.push(Hostile::new(name, pattern(hostile), text(length)));
        }
    }
    for (name, refused) in [
        ("pattern, huge repeat", "((a{1,100}){1,100}){1,100}"),
        ("pattern, look-around", "^(?=.*a)(?!b)a+$"),
        ("pattern, back-reference", r"^(a+)\\1$"),
    ] {
        cases.push(Hostile::new(name, pattern(refused), text(10)).ends(Ends::Broken));
    }
    let many: Vec<_> =
        (0..32).map(|n| format!(r#""p{n}": {{"pattern": "^([a-z]{{1,40}}){{1,40}}{n}$"}}"#)).collect();
    cases.push(Hostile::new(
        "32 patterns",
        format!(r#"{{"properties": {{{}}}}}"#, many.join(", ")),
        text(10),
    ));
    cases
}

/// `$defs` in which each of `levels` definitions uses the next one twice, by `spell`.
fn doubling(levels: usize, leaf: &str, spell: impl Fn(usize) -> String) -> String {
    let mut definitions: Vec<_> =
        (0..levels).map(|level| format!(r#""d{level}": {}"#, spell(level + 1))).collect();
    definitions.push(format!(r#""d{levels}": {leaf}"#));
    format!(
        r##"{{"$defs": {{{}}}, "properties": {{"x": {{"$ref": "#/$defs/d0"}}}}}}"##,
        definitions.join(", ")
    )
}

fn both(keyword: &str) -> impl Fn(usize) -> String + '_ {
    move |level| {
        format!(r##"{{"{keyword}": [{{"$ref": "#/$defs/d{level}"}}, {{"$ref": "#/$defs/d{level}"}}]}}"##)
    }
}

fn doubled() -> Vec<Hostile> {
    let mut cases = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for leaf in ["{}", r#"{"type": "integer"}"#, r#"{"type": "string"}"#, r#"{"not": {}}"#] {
            for value in [r#""a""#, "1", "{}", r#"{"y": [1]}"#] {
                let name = format!("2^24 {keyword} of {leaf} on {value}");
                let schema = doubling(24, leaf, both(keyword));
                cases.push(Hostile::new(name, schema, format!(r#"{{"x": {value}}}"#)));
            }
        }
    }
    let nested = |level: usize| {
        format!(
            r##"{{"properties": {{"a": {{"$ref": "#/$defs/d{level}"}}}}, "allOf": [{{"properties": {{"a": {{"$ref": "#/$defs/d{level}"}}}}}}]}}"##
        )
    };
    let deep = format!("{}1{}", r#"{"a": "#.repeat(24), "}".repeat(24));
    for leaf in ["{}", r#"{"type": "string"}"#] {
        let name = format!("2^24 through properties, {leaf}");
        cases.push(Hostile::new(name, doubling(24, leaf, nested), format!(r#"{{"x": {deep}}}"#)));
    }
    let unevaluated = |level: usize| {
        format!(
            r##"{{"allOf": [{{"$ref": "#/$defs/d{level}"}}, {{"$ref": "#/$defs/d{level}"}}], "unevaluatedProperties": false}}"##
        )
    };
    let few = |level: usize| {
        let three = format!(r##"{{"$ref": "#/$defs/d{level}"}}, "##).repeat(3);
        format!(r#"{{"allOf": [{three}{{}}], "unevaluatedProperties": false}}"#)
    };
    let leaf = r#"{"properties": {"y": true}}"#;
    let value = r#"{"x": {"y": 1, "z": 2}}"#;
    cases.push(Hostile::new("2^24 unevaluated", doubling(24, leaf, unevaluated), value));
    cases.push(Hostile::new("3^3 unevaluated", doubling(3, leaf, few), value));
    cases
}

fn recursive() -> Vec<Hostile> {
    let ring = r##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}"##;
    let tree = r##"{"$defs": {"t": {"anyOf": [{"type": "integer"}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/t"}}, {"type": "array", "items": {"$ref": "#/$defs/t"}}]}}, "additionalProperties": {"$ref": "#/$defs/t"}}"##;
    let levels = |count: usize| format!(r#"{{"x": {}1{}}}"#, "[".repeat(count), "]".repeat(count));
    let elements = format!(r#"{{"x": [{}]}}"#, "1,".repeat(300_000) + "1");
    let chain: Vec<_> = (0..3000).map(|n| format!(r##""d{n}": {{"$ref": "#/$defs/d{}"}}"##, n + 1)).collect();
    let chain = format!(
        r##"{{"$defs": {{{}, "d3000": {{}}}}, "properties": {{"x": {{"$ref": "#/$defs/d0"}}}}}}"##,
        chain.join(", ")
    );
    let mut cases = vec![
        Hostile::new("reference to itself", r##"{"$ref": "#"}"##, "{}"),
        Hostile::new("references in a ring", ring, text(1)),
        Hostile::new("recursive on 120 levels", tree, levels(120)).ends(Ends::Valid),
        Hostile::new("recursive on 100,000 levels", tree, levels(100_000)).ends(Ends::Unchecked),
        Hostile::new("recursive on 300,000 elements", tree, elements),
        Hostile::new("a chain of 3,000 references", chain, text(1)),
    ];
    let ring: Vec<_> =
        (0..1000).map(|n| format!(r##""d{n}": {{"anyOf": [{{"$ref": "#/$defs/d{}"}}]}}"##, n + 1)).collect();
    for (name, leaf) in [("valid", r#"{"type": "object"}"#), ("not valid", r#"{"type": "integer"}"#)] {
        let ring = format!(
            r##"{{"$defs": {{{}, "d1000": {{"properties": {{"a": {{"$ref": "#/$defs/d0"}}, "b": {leaf}}}}}}}, "properties": {{"a": {{"$ref": "#/$defs/d0"}}}}}}"##,
            ring.join(", ")
        );
        for levels in [1, 5, 60, 120] {
            let arguments = format!("{}{{\"b\": {{}}}}{}", r#"{"a": "#.repeat(levels), "}".repeat(levels));
            let name = format!("1,000 references a level, {levels} levels, {name}");
            cases.push(Hostile::new(name, ring.clone(), arguments));
        }
    }
    cases
}

fn wide() -> Vec<Hostile> {
    let unique = r#"{"properties": {"x": {"uniqueItems": true}}}"#;
    let objects = format!(r#"{{"x": [{}{{}}]}}"#, r#"{"a": [1, 2], "b": {"c": 1}},"#.repeat(50_000));
    let numbers: Vec<_> = (0..100_000).map(|n| format!("{n}.5")).collect();
    let branches =
        format!(r#"{{"additionalProperties": {{"allOf": [{}{{}}]}}}}"#, r#"{"minimum": 0},"#.repeat(12_000));
    let members: Vec<_> = (0..20_000).map(|n| format!(r#""k{n}": 1"#)).collect();
    let listed: Vec<_> = (0..20_000).map(|n| format!(r#"{{"k": {n}}}"#)).collect();
    let listed = format!(r#"{{"additionalProperties": {{"enum": [{}]}}}}"#, listed.join(","));
    let of_listed: Vec<_> = (0..20_000).map(|n| format!(r#""k{n}": {{"k": -1}}"#)).collect();
    let plain: Vec<_> = (0..64).map(|n| format!(r#""{}{n}""#, "a".repeat(3000))).collect();
    let plain = format!(r#"{{"properties": {{"x": {{"items": {{"enum": [{}]}}}}}}}}"#, plain.join(","));
    let strings = format!(r#"{{"x": [{}"b"]}}"#, format!(r#""{}63","#, "a".repeat(3000)).repeat(80));
    vec![
        Hostile::new("unique objects", unique, objects),
        Hostile::new("unique numbers", unique, format!(r#"{{"x": [{}]}}"#, numbers.join(","))),
        Hostile::new("12,000 branches on 20,000 members", branches, format!("{{{}}}", members.join(","))),
        Hostile::new("20,000 choices for 20,000 members", listed, format!("{{{}}}", of_listed.join(","))),
        Hostile::new("64 long choices that begin alike", plain, strings),
    ]
}
