//! The gossip keys, as the reference was asked for them.

use super::{asked_with, refused};
use crate::http::{Style, Written, render};
use crate::keyring::{Action, Change, List, Pool, Pools};
use crate::{Answer, Encoded, Meta, Op, Reply};

const KEY: &str = r#"{"key":"HS5lJ+XuTlYKWaeGYyG+/A=="}"#;

fn asked(line: &str, body: &str) -> Op {
    let Ok(parsed) = asked_with(line, &[], body) else { panic!("{line} was refused") };
    (*parsed.call.op).clone()
}

#[test]
fn methods_are_actions_and_keys_come_in_any_case() {
    let key = "HS5lJ+XuTlYKWaeGYyG+/A==".to_owned();
    for (method, action) in [("POST", Action::Install), ("PUT", Action::Use), ("DELETE", Action::Remove)] {
        let expected: Op = Change { action: action.into(), key: key.clone() }.into();
        assert!(asked(&format!("{method} /v1/operator/keyring?relay-factor=5"), KEY) == expected, "{method}");
    }
    assert!(asked("GET /v1/operator/keyring?relay-factor=&local-only", "") == List {}.into());
    assert!(!format!("{:?}", Change { action: 1, key }).contains("HS5"), "keys are not for logs");
}

#[test]
fn what_is_refused_is_refused_in_the_same_words() {
    for (line, body, why) in [
        ("GET /v1/operator/keyring?relay-factor=9", "", "Invalid relay-factor: Relay factor must be in range: [0, 5]"),
        ("GET /v1/operator/keyring?relay-factor=-1", "", "Invalid relay-factor: Relay factor must be in range: [0, 5]"),
        ("GET /v1/operator/keyring?relay-factor=x", "", r#"Error parsing relay factor: strconv.Atoi: parsing "x": invalid syntax"#),
        ("GET /v1/operator/keyring?local-only=x", "", r#"Error parsing local-only: strconv.ParseBool: parsing "x": invalid syntax"#),
        ("PUT /v1/operator/keyring?local-only=true", KEY, "Invalid use of local-only: local-only can only be set for list requests"),
        ("POST /v1/operator/keyring", "", "Request decode failed: EOF"),
        ("POST /v1/operator/keyring", "{", "Request decode failed: unexpected EOF"),
    ] {
        assert_eq!(refused(asked_with(line, &[], body)), (400, why.to_owned()), "{line}");
    }
    let bad = |key: &str| Change { action: 1, key: key.to_owned() }.raw();
    assert_eq!(bad("x"), Err("illegal base64 data at input byte 0".to_owned()));
    assert_eq!(bad("HS5lJ+XuTlYKWaeGYyG+/A"), Err("illegal base64 data at input byte 20".to_owned()));
}

#[test]
fn a_list_is_written_as_the_reference_does() {
    let keys = [("a2V5".to_owned(), 3)];
    let pool = Pool { datacenter: "dc1".to_owned(), keys: keys.clone().into(), primary_keys: keys.into(), num_nodes: 3, ..Pool::default() };
    let reply = Encoded::new(Reply::KeyringList(Pools { pools: vec![pool] }));
    let written = render(&List {}.into(), Style::default(), Ok(Answer { reply, meta: Meta::default() })).map(Written::whole);
    let expected = r#"[{"WAN":false,"Datacenter":"dc1","Segment":"","Keys":{"a2V5":3},"PrimaryKeys":{"a2V5":3},"NumNodes":3}]"#;
    assert_eq!(written.body(), expected);
}
