//! The table of known keys against the inventory and against what is read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::*;
use crate::resolve_gateway;
use crate::schema::{AGENT, Field, GATEWAY, Shape, Standing};

thread_local! {
    static READ: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Called for every key that a `resolve` looks at.
pub(crate) fn note_read(key: &str) {
    READ.with_borrow_mut(|read| read.insert(key.to_owned()));
}

/// Every key that holds a value, and whether it is said to have an effect.
fn leaves(fields: &'static [Field], path: &str, effective: bool, out: &mut Vec<(String, bool)>) {
    for field in fields {
        let key = match path {
            "" => field.name.to_owned(),
            path => format!("{path}.{}", field.name),
        };
        let effective = effective && matches!(field.standing, Standing::Used | Standing::Deprecated(_));
        match field.shape {
            Shape::Table(fields) => leaves(fields, &key, effective, out),
            _ => out.push((key, effective)),
        }
    }
}

#[test]
fn what_is_read_is_known_and_what_has_an_effect_is_read() {
    let _ = (resolve_file(""), resolve_gateway(&[], &host()));
    let read = READ.with_borrow(Clone::clone);
    let mut known = Vec::new();
    leaves(AGENT, "", true, &mut known);
    leaves(GATEWAY, "", true, &mut known);
    let names: BTreeSet<_> = known.iter().map(|(key, _)| key.clone()).collect();
    let unknown: Vec<_> = read.difference(&names).collect();
    assert!(unknown.is_empty(), "read but not in the table: {unknown:?}");
    let unread: Vec<_> = known.iter().filter(|(key, effective)| *effective && !read.contains(key)).collect();
    assert!(unread.is_empty(), "said to have an effect but not read: {unread:?}");
}

#[test]
fn successors_are_known() {
    fn check(fields: &'static [Field], known: &BTreeSet<String>) {
        for field in fields {
            if let Standing::Moved(successor) | Standing::Deprecated(successor) = field.standing {
                assert!(known.contains(successor), "{} -> {successor}", field.name);
            }
            if let Shape::Table(fields) = field.shape {
                check(fields, known);
            }
        }
    }
    let mut known = Vec::new();
    leaves(AGENT, "", true, &mut known);
    check(AGENT, &known.into_iter().map(|(key, _)| key).collect());
}

#[test]
fn every_key_of_the_inventory_is_known() {
    for key in include_str!("known_keys.txt").split_whitespace() {
        let (stanzas, name) = key.rsplit_once('.').unwrap_or(("", key));
        let stanzas: Vec<_> = stanzas.split('.').filter(|s| !s.is_empty()).collect();
        let opened: String = stanzas.iter().map(|s| format!("{s} {{ ")).collect();
        let text = format!("{opened} {name} = {{}} {}", "}".repeat(stanzas.len()));
        if let Err(invalid) = resolve_file(&text) {
            let unknown = format!("invalid config key {key}");
            assert!(!invalid.to_string().contains(&unknown), "{text}: {invalid}");
        }
    }
}

#[test]
fn each_idle_key_warns_once() {
    let text = r#"
        connect { enabled = true  ca_provider = "consul" }
        telemetry { statsd_address = "x" }
        audit { enabled = true }
    "#;
    assert_eq!(
        config(text).warnings,
        [
            "key connect is accepted and has no effect yet",
            "key telemetry.statsd_address is accepted and has no effect yet",
            "\"audit\" is a Consul Enterprise configuration and will have no effect",
        ]
    );
}
