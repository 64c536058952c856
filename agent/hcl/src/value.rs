//! The tree: values, lists and objects, each with its span.
//!
//! Equality compares contents and ignores spans, so that a text and its reprint are equal.

use crate::Span;

/// A value and where it stood.
#[derive(Debug, Clone)]
pub struct Value {
    /// From the first to the last character of the value.
    pub span: Span,
    /// What it is.
    pub node: Node,
}

/// The kinds of value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// JSON's `null`; HCL1 has none.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without point and exponent that fits 64 bits.
    Int(i64),
    /// Any other number; always finite.
    Float(f64),
    /// A quoted string or heredoc, escapes resolved, `${...}` as written.
    String(String),
    /// A list, or the values of a key that occurs several times.
    List(List),
    /// An object or block.
    Object(Object),
}

impl Node {
    /// The kind in one word, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        }
    }
}

/// An ordered sequence of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// The elements in the order of the text.
    pub items: Vec<Value>,
    /// True when no `[...]` was written: the items are the values of a key that occurs more than
    /// once in its object, in order. Such a list has at least two items.
    pub repeated: bool,
}

/// A key and where it stood.
#[derive(Debug, Clone)]
pub struct Key {
    /// Where it stood (of a repeated key, the first time).
    pub span: Span,
    /// The name, escapes resolved.
    pub name: String,
}

/// Keys and values in the order of the text; every key once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    pub(crate) entries: Vec<(Key, Value)>,
}

impl Object {
    /// The entries in the order of the text.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// The value of `name`; looks through the entries one by one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = self.entries.iter().find(|(key, _)| key.name == name);
        found.map(|(_, value)| value)
    }

    /// Every `name "label" {...}` block: label and body, in order. The shapes `name = {label =
    /// body}` and JSON's lists of objects give the same pairs; what is no object is left out.
    pub fn blocks<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        self.get(name)
            .into_iter()
            .flat_map(Value::each)
            .filter_map(Value::as_object)
            .flat_map(|labels| &labels.entries)
            .flat_map(|(label, bodies)| bodies.each().map(move |body| (label, body)))
    }
}

impl Value {
    /// The items if this is a list of either sort, else the value itself.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        match &self.node {
            Node::List(list) => list.items.iter(),
            _ => std::slice::from_ref(self).iter(),
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.node {
            Node::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The object, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match &self.node {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
