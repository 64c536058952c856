//! What Consul 1.8.7 cannot be asked: later syntax, zero values, bounds, hostile input.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use filter::Filter;
use filter::MAX_EXPRESSION_BYTES;
use filter::MAX_NESTING;
use filter::MAX_PATTERNS;
use filter::Reason;
use filter::schema;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

#[test]
fn json_pointers_select() {
    let item = json!({"Node": "n1", "Meta": {"a/b": "x", "k": "v"}, "TaggedAddresses": {}});
    for (expression, want) in [
        (r#""/Node" == n1"#, true),
        (r#""/Node"==n2"#, false),
        (r#""/Meta/k" matches "^v$""#, true),
        (r#""/Meta/a~1b" == x"#, true),
        (r#""/Meta" is not empty"#, true),
        (r#"not "/TaggedAddresses" is empty"#, false),
        (r#"k in "/Meta""#, true),
        (r#""/Meta" contains k"#, true),
        // A quoted text before `in` is still a value.
        (r#""/Node" in Node"#, false),
    ] {
        assert_eq!(check(expression, &item), want, "{expression}");
    }
    let error = Filter::parse(r#""/Nope" == 1"#, &schema::NODE).unwrap_err();
    assert_eq!(error.reason(), &Reason::InvalidSelector("Nope".to_owned()));
}

/// What is left out when empty, null, or of an unexpected shape reads as the zero value.
#[test]
fn absent_fields_are_zero_values() {
    let service = &schema::AGENT_SERVICE;
    for item in [
        json!({}),
        json!({"Kind": null, "Port": null, "Tags": null, "Meta": null, "Proxy": null, "Connect": null}),
        json!({"Kind": 1, "Port": "x", "Tags": "x", "Meta": [], "Proxy": [], "Connect": 0}),
        json!(null),
    ] {
        for (expression, want) in [
            ("Kind == ``", true),
            ("Kind != ``", false),
            ("Kind matches `^$`", true),
            ("Port == 0", true),
            ("Tags is empty", true),
            ("x in Tags", false),
            ("x not in Meta", true),
            ("Meta.k == ``", false),
            ("Meta.k != x", true),
            ("Connect.Native == false", true),
            ("Proxy.DestinationServiceName != x", true),
            ("Proxy.Upstreams is empty", true),
            ("Proxy.Upstreams.DestinationName != x", false),
            ("Weights.Passing == 0", true),
        ] {
            let filter = Filter::parse(expression, service).unwrap();
            assert_eq!(filter.matches(&item), want, "{expression} on {item}");
        }
    }
}

#[test]
fn members_and_service_names_can_be_filtered() {
    let member = json!({"Name": "a", "Addr": "127.0.0.1", "Port": 8301, "Tags": {"role": "consul"}, "Status": 1});
    let filter = Filter::parse("Port == 8301 and Tags.role == consul and Status != 4", &schema::AGENT_MEMBER);
    assert!(filter.unwrap().matches(&member));
    let entry = json!({"ServiceName": "web", "ServiceTags": ["v1"]});
    let filter = Filter::parse("v1 in ServiceTags or ServiceName matches `^db`", &schema::SERVICES);
    assert!(filter.unwrap().matches(&entry));
}

#[test]
fn bounds_are_errors() {
    let nested = |depth| format!("{}Node == n1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(MAX_NESTING), &schema::NODE).is_ok());
    assert_eq!(refusal(&nested(MAX_NESTING + 2)), Reason::TooDeep);
    assert_eq!(refusal(&"(".repeat(MAX_EXPRESSION_BYTES)), Reason::TooDeep);

    let bytes = MAX_EXPRESSION_BYTES + 1;
    assert_eq!(refusal(&" ".repeat(bytes)), Reason::TooLong { bytes });

    let patterns = |count| vec!["Node matches n"; count].join(" or ");
    assert!(Filter::parse(&patterns(MAX_PATTERNS), &schema::NODE).is_ok());
    assert_eq!(refusal(&patterns(MAX_PATTERNS + 1)), Reason::TooManyPatterns);

    let Reason::Pattern { cause, .. } = refusal(r"Node matches `((\pL{100}){100}){100}`") else {
        panic!("an enormous pattern was accepted");
    };
    assert!(cause.contains("expression too large"), "{cause}");
}

/// Long but flat texts parse in time and stack proportional to their length.
#[test]
fn long_texts_are_fine() {
    for expression in [
        format!("{}Node == n1", "not ".repeat(16_000)),
        vec!["Node==a"; 5_000].join(" and "),
        vec!["Node==a"; 5_000].join(" or "),
        format!("Node == {}", "a".repeat(65_000)),
        format!("Node == `{}`", "(".repeat(65_000)),
    ] {
        let filter = Filter::parse(&expression, &schema::NODE).unwrap();
        let item = json!({"Node": "n1"});
        assert_eq!(filter.matches(&item), expression.ends_with("n1"));
    }
    for expression in [
        "not ".repeat(16_000),
        "a.".repeat(32_000),
        "a[".repeat(32_000),
        "5x in ".repeat(10_000),
        vec![r#"Node=="\q""#; 5_000].join(" or "),
        format!("Node matches `{}`", r"\pL".repeat(21_000)),
        format!("Node matches `{}`", "(".repeat(65_000)),
        format!("Node matches `{}a{}`", "(".repeat(32_000), ")".repeat(32_000)),
    ] {
        assert!(Filter::parse(&expression, &schema::NODE).is_err());
    }
}

fn check(expression: &str, item: &Value) -> bool {
    let filter = Filter::parse(expression, &schema::NODE);
    filter.unwrap_or_else(|error| panic!("{expression}: {error}")).matches(item)
}

fn refusal(expression: &str) -> Reason {
    let filter = Filter::parse(expression, &schema::NODE);
    filter.unwrap_err().reason().clone()
}

/// Text made of the grammar's own words, so that a good part of it gets past the first rules.
fn soup() -> impl Strategy<Value = String> {
    let words = vec![
        "Node",
        "Meta",
        ".",
        "k",
        "[",
        "]",
        "\"",
        "`",
        "\\",
        "(",
        ")",
        " ",
        "\n",
        "==",
        "!=",
        " and ",
        " or ",
        "not ",
        " in ",
        " is ",
        "empty",
        " contains ",
        " matches ",
        "5",
        "-",
        "0",
        "/",
        "é",
        "{2}",
        "*",
        "?",
        "^",
    ];
    proptest::collection::vec(proptest::sample::select(words), 0..40).prop_map(|words| words.concat())
}

/// Expressions that are valid by construction.
fn valid() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "Node == n1",
        "Node != n1",
        "Meta.k == v",
        "k in Meta",
        "Meta is empty",
        "Node matches `n`",
        "1 not in Node",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 64, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) or ({b})")),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(expression in any::<String>()) {
        if let Ok(filter) = Filter::parse(&expression, &schema::NODE) {
            let _ = filter.matches(&json!({"Node": "n1"}));
        }
    }

    #[test]
    fn grammar_soup_never_panics(expression in soup()) {
        match Filter::parse(&expression, &schema::NODE) {
            Ok(filter) => { let _ = filter.matches(&json!({"Node": "n1", "Meta": {"k": "v"}})); }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn patterns_never_panic(pattern in "[a-c\\\\\\[\\](){}*+?|^$.,:P<>pLdwQEx0-9-]{0,24}") {
        let filter = Filter::parse(&format!("Node matches `{pattern}`"), &schema::NODE);
        if let Ok(filter) = filter {
            let _ = filter.matches(&json!({"Node": "abc"}));
        }
    }

    #[test]
    fn boolean_laws_hold(a in valid(), b in valid(), node in "n[12]", k in proptest::option::of("[vw]")) {
        let item = match k {
            Some(k) => json!({"Node": node, "Meta": {"k": k}}),
            None => json!({"Node": node, "Meta": null}),
        };
        let (left, right) = (check(&a, &item), check(&b, &item));
        prop_assert_eq!(check(&format!("({a}) and ({b})"), &item), left && right);
        prop_assert_eq!(check(&format!("({a}) or ({b})"), &item), left || right);
        prop_assert_eq!(check(&format!("not ({a})"), &item), !left);
        prop_assert_eq!(check(&format!("({a}) or ({b}) and not ({a})"), &item), if left { true } else { right });
    }
}
