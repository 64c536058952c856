//! Nothing that prints shows a secret.

use super::*;

const KEY: &str = "pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=";

#[test]
fn values_hide_themselves() {
    let text = format!("encrypt = \"{KEY}\" acl {{ tokens {{ agent = \"topsecret\" }} }}");
    let config = config(&text);
    assert_eq!(config.gossip.encrypt.as_ref().unwrap().bytes().len(), 32);
    let printed = format!("{config:?} {:?}", hcl_file("f", &text));
    assert!(!printed.contains("topsecret") && !printed.contains(KEY), "{printed}");
    let flags = flags(&format!("-encrypt {KEY}"));
    assert!(!format!("{flags:?}").contains(KEY));
}

#[test]
fn mistakes_do_not_repeat_them() {
    let cases = [
        "encrypt = \"topsecret\"",
        "encrypt = topsecret",
        "encrypt = [\"topsecret\", \"topsecret\"]",
        "acl { tokens { agent = topsecret } }",
        "acl { tokens { agent = { topsecret = 1 } } }",
        "acl { tokens { agent = \"topsecret",
        "acl { tokens = \"topsecret\" }",
        "acl_token = [\"topsecret\", 1]",
    ];
    for text in cases {
        let printed = resolve_file(text).unwrap_err().to_string();
        assert!(!printed.contains("topsecret"), "{text}: {printed}");
    }
}
