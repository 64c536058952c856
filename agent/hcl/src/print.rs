//! Writes a tree as text that reads back as the same tree.

use std::fmt::Write;

use crate::{Key, Node, Object, Value};

/// The object as HCL1, one entry per line, a repeated key once per value. HCL1 has no null: null
/// entries and elements are left out.
#[must_use]
pub fn to_hcl(object: &Object) -> String {
    let mut text = String::new();
    hcl_items(object, 0, &mut text);
    text
}

/// The object as JSON on one line; the values of a repeated key become an array.
#[must_use]
pub fn to_json(object: &Object) -> String {
    let mut text = String::new();
    json_object(object, &mut text);
    text
}

fn hcl_items(object: &Object, level: usize, out: &mut String) {
    for (key, value) in object.entries() {
        match &value.node {
            Node::List(list) if list.repeated => {
                for item in &list.items {
                    hcl_item(key, item, level, out);
                }
            }
            _ => hcl_item(key, value, level, out),
        }
    }
}

fn hcl_item(key: &Key, value: &Value, level: usize, out: &mut String) {
    if value.node == Node::Null {
        return;
    }
    indent(level, out);
    if is_identifier(&key.name) {
        out.push_str(&key.name);
    } else {
        quote(&key.name, Language::Hcl, out);
    }
    out.push_str(" = ");
    hcl_value(value, level, out);
    out.push('\n');
}

fn hcl_value(value: &Value, level: usize, out: &mut String) {
    match &value.node {
        Node::List(list) => {
            out.push('[');
            let present = list.items.iter().filter(|item| item.node != Node::Null);
            for (place, item) in present.enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                hcl_value(item, level, out);
            }
            out.push(']');
        }
        Node::Object(object) => {
            out.push_str("{\n");
            hcl_items(object, level + 1, out);
            indent(level, out);
            out.push('}');
        }
        Node::String(text) => quote(text, Language::Hcl, out),
        scalar => plain(scalar, out),
    }
}

fn json_object(object: &Object, out: &mut String) {
    out.push('{');
    for (place, (key, value)) in object.entries().iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        quote(&key.name, Language::Json, out);
        out.push(':');
        json_value(value, out);
    }
    out.push('}');
}

fn json_value(value: &Value, out: &mut String) {
    match &value.node {
        Node::List(list) => {
            out.push('[');
            for (place, item) in list.items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                json_value(item, out);
            }
            out.push(']');
        }
        Node::Object(object) => json_object(object, out),
        Node::String(text) => quote(text, Language::Json, out),
        scalar => plain(scalar, out),
    }
}

/// Scalars that both languages spell alike. `{:?}` of a float always has a point or an exponent,
/// so that it stays one.
fn plain(scalar: &Node, out: &mut String) {
    // Writing into a string cannot fail.
    let _ = match scalar {
        Node::Bool(truth) => write!(out, "{truth}"),
        Node::Int(number) => write!(out, "{number}"),
        Node::Float(number) => write!(out, "{number:?}"),
        _ => write!(out, "null"),
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Hcl,
    Json,
}

fn quote(text: &str, language: Language, out: &mut String) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(next) = characters.next() {
        // In HCL1 the two characters "${" would start an interpolation.
        let opens = language == Language::Hcl && next == '$' && characters.peek() == Some(&'{');
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            _ if next < ' ' || next == '\u{7f}' || opens => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(next));
            }
            _ => out.push(next),
        }
    }
    out.push('"');
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !matches!(name, "true" | "false")
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}
