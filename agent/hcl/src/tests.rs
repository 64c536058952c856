//! Texts and what becomes of them. The verdicts on HCL were taken from Consul 1.8.7.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

/// `text` as HCL reads like the JSON text `expected`.
fn check(text: &str, expected: &str) {
    let object = parse_hcl(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(to_json(&object), expected, "{text:?}");
}

fn refused(text: &str, format: Format, expected: &str) {
    let error = parse(text, format).expect_err(text);
    assert_eq!(error.to_string(), expected, "{text:?}");
}

#[test]
fn accepts_what_consul_accepts() {
    let cases = [
        ("", "{}"),
        ("server=true ports { dns = 1 http = 2 }", r#"{"server":true,"ports":{"dns":1,"http":2}}"#),
        (r#""server" = true"#, r#"{"server":true}"#),
        (r#"a = "x" a = "y""#, r#"{"a":["x","y"]}"#),
        ("p { a = 1 }\np { b = 2 }", r#"{"p":[{"a":1},{"b":2}]}"#),
        ("l = [1,]", r#"{"l":[1]}"#),
        ("a = 1, b = 2", r#"{"a":1,"b":2}"#),
        ("p = { a = 1, b = 2, }", r#"{"p":{"a":1,"b":2}}"#),
        ("foo.bar-baz = 1", r#"{"foo.bar-baz":1}"#),
        ("a =\n1", r#"{"a":1}"#),
        ("# c\n// d\n/* e ** */ a = 1 # f", r#"{"a":1}"#),
        (r#"service "web" { policy = "read" }"#, r#"{"service":{"web":{"policy":"read"}}}"#),
        (r#"key_prefix "" { policy = "read" }"#, r#"{"key_prefix":{"":{"policy":"read"}}}"#),
        ("a b \"c\" {}", r#"{"a":{"b":{"c":{}}}}"#),
        ("l = [{a = 1}, [true], \"x\"]", r#"{"l":[{"a":1},[true],"x"]}"#),
        (r#"{"server": true, "server": false,}"#, r#"{"server":[true,false]}"#),
        (" \n{\"a\": [null, 1,]}", r#"{"a":[null,1]}"#),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn reads_numbers() {
    let cases = [
        ("0", "0"),
        ("-1", "-1"),
        ("010", "8"),
        ("0x1F", "31"),
        ("-0x10", "-16"),
        ("1e3", "1000.0"),
        ("8600.5", "8600.5"),
        (".5", "0.5"),
        ("-2.5E-2", "-0.025"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
    ];
    for (number, expected) in cases {
        check(&format!("n = {number}"), &format!(r#"{{"n":{expected}}}"#));
    }
}

#[test]
fn reads_strings() {
    let cases = [
        (r#""\x41\101\u0041\U00000041""#, "AAAA"),
        (r#""\xc3\xa9""#, "é"),
        (r#""a${b("q\n")}c\n""#, "a${b(\"q\\n\")}c\n"),
        (r#""$${x}""#, "$${x}"),
        (r#""\u0024{x""#, "${x"),
        ("\"\\101${\"\n}\"", "A${\"\n}"),
        ("\"tab\tx\"", "tab\tx"),
        ("<<EOF\nabc\n  def\nEOF\n", "abc\n  def\n"),
        ("<<-EOF\n    abc\n      def\n    EOF\n", "abc\n  def\n"),
        ("<<-EOF\n    abc\n  def\n    EOF\n", "    abc\n  def\n"),
        ("<<EOF\n abc\n   EOF\n", " abc\n   "),
        ("<<EOF\nEOF\n", ""),
        ("<<E\r\nx\r\nE\r\n", "x\n"),
        ("<<EOF\nEOFX\n\"\\\nEOF", "EOFX\n\"\\\n"),
    ];
    for (text, expected) in cases {
        let object = parse_hcl(&format!("s = {text}")).expect(text);
        assert_eq!(object.get("s").unwrap().as_str(), Some(expected), "{text:?}");
    }
}

#[test]
fn refuses_with_place_and_expectation() {
    let value = "a value (number, bool, quoted string, heredoc, list or object)";
    let cases = [
        ("l = [1 2]", "At 1:8: expected ',' or ']' in a list, got number".to_owned()),
        ("d = foo", format!("At 1:5: expected {value}, got identifier")),
        ("a b = 1", "At 1:5: expected '{' or a label after a key and its labels, got '='".into()),
        ("1 = 2", "At 1:1: expected a key (identifier or string), got number".into()),
        ("true = 2", "At 1:1: expected a key (identifier or string), got bool".into()),
        ("}", "At 1:1: expected a key (identifier or string), got '}'".into()),
        (",a = 1", "At 1:1: expected a key (identifier or string), got ','".into()),
        ("p {\n", "At 2:1: expected a key (identifier or string) or '}', got end of text".into()),
        ("a", "At 1:2: expected '=', '{' or a label after the key, got end of text".into()),
        ("n = \"a\nb\"", "At 1:5: string not terminated, expected '\"' on the same line".into()),
        ("n = \"${a", "At 1:5: string not terminated, expected '\"' on the same line".into()),
        ("/* e", "At 1:1: comment not terminated, expected '*/'".into()),
        ("/ e", "At 1:1: expected '//' or '/*' for a comment, got ' '".into()),
        ("n = <<E\nx", "At 1:5: heredoc not terminated, expected its word on a line of its own".into()),
        ("n = 08", "At 1:5: invalid number: expected octal digits after the leading 0".into()),
        ("n = 0x", "At 1:5: invalid number: expected hexadecimal digits of a 64-bit integer".into()),
        ("n = 1e", "At 1:5: invalid number: expected an exponent".into()),
        ("n = 1e999", "At 1:5: invalid number: out of range".into()),
        ("n = 99999999999999999999", "At 1:5: invalid number: out of range".into()),
        ("n = +1", "At 1:5: expected a key, a value or punctuation, got '+'".into()),
        ("n = 10s }", "At 1:9: expected '=', '{' or a label after the key, got '}'".into()),
        ("\u{feff}a = 1", "At 1:1: expected a key, a value or punctuation, got '\\u{feff}'".into()),
        ("{\"a\": 1} x", "At 1:10: expected end of text after the object, got 'x'".into()),
    ];
    for (text, expected) in cases {
        refused(text, Format::Hcl, &expected);
    }
    let error = parse_hcl(r#"n = "\q""#).unwrap_err();
    assert_eq!((error.span.line, error.span.column), (1, 6));
}

#[test]
fn json_is_strict_and_the_last_of_a_name_stays() {
    let good = r#"{"a": 1, "b": [1.5, -0, 12345678901234567890, "\ud83d\ude00\u00e9\ud800"], "a": {}}"#;
    let object = parse_json(good).unwrap();
    assert_eq!(to_json(&object), "{\"a\":{},\"b\":[1.5,0,1.2345678901234567e19,\"😀é\u{fffd}\"]}");
    let cases = [
        ("", "At 1:1: expected '{' of a JSON object, got end of text"),
        ("[]", "At 1:1: expected '{' of a JSON object, got '['"),
        ("{\"a\": 1,}", "At 1:9: expected a quoted name or '}', got '}'"),
        ("{\"a\" 1}", "At 1:6: expected ':' after the name, got '1'"),
        ("{\"a\": 01}", "At 1:7: invalid number: expected a JSON number"),
        ("{\"a\": nul}", "At 1:7: expected true, false or null, got another word"),
        ("{\"a\": 1e999}", "At 1:7: invalid number: out of range"),
        ("{\n \"a\": [1 2]}", "At 2:10: expected ',' or ']' in a list, got '2'"),
        ("{\"a\": \"\t\"}", "At 1:8: expected no control characters in a string, got '\\t'"),
    ];
    for (text, expected) in cases {
        refused(text, Format::Json, expected);
    }
}

#[test]
fn limits_hold() {
    let deep = |levels: usize| format!("a = {}{}", "[".repeat(levels), "]".repeat(levels));
    parse_hcl(&deep(64)).unwrap();
    refused(&deep(65), Format::Hcl, "At 1:69: nested too deeply, expected at most 64 levels");
    let labels = format!("a {} {{}}", "b ".repeat(64));
    refused(&labels, Format::Hcl, "At 1:132: nested too deeply, expected at most 64 levels");
    let json = format!("{{\"a\":{}", "[".repeat(100_000));
    refused(&json, Format::Json, "At 1:70: nested too deeply, expected at most 64 levels");
    let many = format!("a = [{}]", "1,".repeat(1 << 16));
    let error = parse_hcl(&many).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyValues { limit: 1 << 16 });
    let long = " ".repeat((1 << 20) + 1);
    let text = "At 1:1: text of 1048577 bytes, expected at most 1048576";
    refused(&long, Format::Hcl, text);
}

#[test]
fn labels_stay_side_by_side_however_written() {
    let hcl = r#"
        service "web" { policy = "read" }
        service "db" { policy = "write" }
        service = { "web" = { policy = "deny" } }
    "#;
    let json = r#"{"service": [{"web": {"policy": "read"}, "db": {"policy": "write"}},
                               {"web": [{"policy": "deny"}]}]}"#;
    for text in [hcl, json] {
        let rules = parse_hcl(text).unwrap();
        let found: Vec<_> = rules
            .blocks("service")
            .map(|(label, body)| {
                let policy = body.as_object().unwrap().get("policy").unwrap();
                format!("{}={}", label.name, policy.as_str().unwrap())
            })
            .collect();
        assert_eq!(found, ["web=read", "db=write", "web=deny"]);
        assert_eq!(rules.blocks("node").count(), 0);
    }
}

#[test]
fn spans_point_into_the_text() {
    let text = "é = 1\nports { dns = [ 8600 ] }";
    let object = parse_hcl(text).unwrap();
    let ports = object.get("ports").unwrap();
    let dns = ports.as_object().unwrap().get("dns").unwrap();
    assert_eq!(dns.span.to_string(), "2:15");
    assert_eq!(&text[dns.span.start..dns.span.end], "[ 8600 ]");
    assert_eq!(&text[ports.span.start..ports.span.end], "{ dns = [ 8600 ] }");
}

fn scalar() -> impl Strategy<Value = Node> {
    prop_oneof![
        any::<bool>().prop_map(Node::Bool),
        any::<i64>().prop_map(Node::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Node::Float),
        any::<String>().prop_map(Node::String),
        "[a-z$\\{\\}\"\\\\\n]{0,12}".prop_map(Node::String),
    ]
}

fn value(node: Node) -> Value {
    let span = Span::default();
    Value { span, node }
}

/// Objects as the parser makes them; with `gather`, some keys occur again.
fn object_of(pairs: Vec<(String, Node)>, gather: bool) -> Object {
    let duplicates = match gather {
        true => collect::Duplicates::Gather,
        false => collect::Duplicates::KeepLast,
    };
    let mut collector = collect::Collector::new(duplicates);
    for (name, node) in pairs {
        let span = Span::default();
        collector.insert(Key { span, name }, value(node));
    }
    collector.finish()
}

fn tree(gather: bool) -> impl Strategy<Value = Object> {
    let name = || prop_oneof!["[a-c]", any::<String>()];
    let node = scalar().prop_recursive(4, 32, 5, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(|nodes| {
            let items = nodes.into_iter().map(value).collect();
            Node::List(List { items, repeated: false })
        });
        let pairs = prop::collection::vec((name(), inner), 0..5);
        prop_oneof![list, pairs.prop_map(move |p| Node::Object(object_of(p, gather)))]
    });
    prop::collection::vec((name(), node), 0..6).prop_map(move |p| object_of(p, gather))
}

proptest! {
    #[test]
    fn hcl_reads_back_what_was_printed(object in tree(true)) {
        let text = to_hcl(&object);
        prop_assert_eq!(parse_hcl(&text), Ok(object), "{}", text);
    }

    #[test]
    fn json_reads_back_what_was_printed(object in tree(false)) {
        let text = to_json(&object);
        prop_assert_eq!(parse_json(&text), Ok(object.clone()), "{}", text);
        prop_assert_eq!(parse_hcl(&text), Ok(object), "{}", text);
    }

    #[test]
    fn no_text_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = (parse_hcl(&text), parse_json(&text));
    }

    #[test]
    fn no_nearly_right_text_panics(text in "[a0x.e+ =,\\{\\}\\[\\]\"\\\\$u<\\-E\r\n#/*:]{0,60}") {
        for format in [Format::Hcl, Format::Json] {
            if let Err(error) = parse(&text, format) {
                prop_assert!(error.span.start <= text.len());
                prop_assert!(text.is_char_boundary(error.span.start));
            }
        }
    }
}
