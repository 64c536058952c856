//! The checked expression and its evaluation. Evaluating allocates nothing, except that a regular
//! expression may grow its automaton within its bound.

use regex::bytes::Regex;
use serde_json::Value;

/// A checked boolean expression. Its depth is bounded by the nesting of the text it came from.
#[derive(Debug)]
pub(crate) enum Program {
    And(Box<[Self]>),
    Or(Box<[Self]>),
    Not(Box<Self>),
    Match(Match),
}

/// One test at the end of a path.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) path: Box<[Step]>,
    pub(crate) test: Test,
    /// Applied per element where the path goes through a list: `Checks.Status != passing` holds if any
    /// check is not passing.
    pub(crate) is_negated: bool,
    /// The outcome where the path names a map key that is not there.
    pub(crate) if_key_absent: bool,
}

/// One step from a value towards the tested field.
#[derive(Debug)]
pub(crate) enum Step {
    /// A field of a struct; absent means its zero value.
    Field(&'static str),
    /// An entry of a map; absent ends the walk.
    Key(String),
    /// Any element of a list.
    Any,
}

/// What is asked of the field.
#[derive(Debug)]
pub(crate) enum Test {
    Equals(Scalar),
    /// A string that has this part.
    Contains(String),
    /// A list that has this element.
    Element(Scalar),
    /// A map that has this key.
    Key(String),
    /// A list or map of no elements.
    Empty,
    Pattern(Regex),
}

/// A value read as the kind of the field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    String(String),
    Int(i64),
    Uint(u64),
    Float(f64),
    Bool(bool),
}

impl Program {
    pub(crate) fn eval(&self, item: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|each| each.eval(item)),
            Self::Or(any) => any.iter().any(|each| each.eval(item)),
            Self::Not(inner) => !inner.eval(item),
            Self::Match(found) => found.eval(&found.path, item),
        }
    }
}

impl Match {
    /// Recurses once per list on the path, which the schema bounds.
    fn eval(&self, path: &[Step], from: &Value) -> bool {
        let mut value = from;
        let mut path = path;
        while let [step, rest @ ..] = path {
            value = match step {
                Step::Field(name) => value.get(name).unwrap_or(&Value::Null),
                Step::Key(key) => match value.get(key) {
                    Some(entry) => entry,
                    None => return self.if_key_absent,
                },
                Step::Any => {
                    let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
                    return elements.iter().any(|element| self.eval(rest, element));
                }
            };
            path = rest;
        }
        self.test.eval(value) != self.is_negated
    }
}

impl Test {
    fn eval(&self, value: &Value) -> bool {
        match self {
            Self::Equals(scalar) => scalar.equals(value),
            Self::Contains(part) => text(value).contains(part),
            Self::Element(scalar) => value.as_array().is_some_and(|elements| elements.iter().any(|element| scalar.equals(element))),
            Self::Key(key) => value.get(key).is_some(),
            Self::Empty => match value {
                Value::Array(elements) => elements.is_empty(),
                Value::Object(entries) => entries.is_empty(),
                _ => true,
            },
            Self::Pattern(pattern) => pattern.is_match(text(value).as_bytes()),
        }
    }
}

impl Scalar {
    fn equals(&self, value: &Value) -> bool {
        match self {
            Self::String(want) => text(value) == want,
            Self::Int(want) => value.as_i64().unwrap_or_default() == *want,
            Self::Uint(want) => value.as_u64().unwrap_or_default() == *want,
            Self::Float(want) => value.as_f64().unwrap_or_default() == *want,
            Self::Bool(want) => value.as_bool().unwrap_or_default() == *want,
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
