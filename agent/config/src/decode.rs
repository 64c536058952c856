//! Checks one text against the table of known keys and turns it into settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::{Key, Node, Object, Span, Value};

use crate::reader::Findings;
use crate::schema::{Field, Shape, Standing};
use crate::settings::{Data, Located, Settings};
use crate::{Mistake, Origin, Source, duration};

/// Bounds on a configuration file; wider than those for texts of strangers.
pub(crate) const LIMITS: hcl::Limits = hcl::Limits { bytes: 16 << 20, depth: 64, values: 1 << 20 };

/// What one text says.
pub(crate) struct Decoded {
    pub(crate) settings: Settings,
    pub(crate) found: Findings,
    /// False when the text is neither HCL nor JSON, so that nothing of it was read.
    pub(crate) readable: bool,
}

/// Reads `source`; `fields` are its known keys.
pub(crate) fn decode(source: &Source, fields: &'static [Field]) -> Decoded {
    let mut decoder =
        Decoder { source: Arc::from(source.name.as_str()), settings: Settings::default(), moved: Vec::new(), found: Findings::default() };
    let readable = match hcl::parse_within(&source.text, source.format, LIMITS) {
        Ok(object) => {
            let place = Place::top();
            decoder.table(&object, fields, &place);
            true
        }
        Err(error) => {
            let message = format!("failed to parse: {}", error.problem);
            decoder.wrong(error.span, "", message);
            false
        }
    };
    for (successor, data) in decoder.moved {
        if decoder.settings.get(successor).is_none() {
            decoder.settings.set(successor.to_owned(), data);
        }
    }
    Decoded { settings: decoder.settings, found: decoder.found, readable }
}

struct Decoder {
    source: Arc<str>,
    settings: Settings,
    moved: Vec<(&'static str, Located<Data>)>,
    found: Findings,
}

/// Where in the tree of keys a table stands.
struct Place {
    path: String,
    /// Inside a service, check or watch definition, whose keys may be in CamelCase.
    definition: bool,
    /// Whether a warning has been given for a table around this one.
    warned: bool,
}

impl Place {
    fn top() -> Self {
        Self { path: String::new(), definition: false, warned: false }
    }

    fn key(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}

impl Decoder {
    fn table(&mut self, object: &Object, fields: &'static [Field], place: &Place) {
        for (key, value) in object.entries() {
            let Some(field) = find(fields, &key.name, place.definition) else {
                let path = place.key(&key.name);
                let message = format!("invalid config key {path}");
                self.wrong(key.span, &path, message);
                continue;
            };
            if value.node != Node::Null {
                self.field(field, key, value, place);
            }
        }
    }

    fn field(&mut self, field: &'static Field, key: &Key, value: &Value, place: &Place) {
        let path = place.key(field.name);
        let warned = self.warn(field, &path, place.warned) || place.warned;
        let within = Place { path: path.clone(), definition: place.definition, warned };
        let data = match field.shape {
            Shape::Table(fields) => {
                if let Some(object) = self.object(value, &path) {
                    self.table(object, fields, &within);
                }
                return;
            }
            Shape::Definitions(fields) => {
                self.definitions(value, fields, &within);
                Some(Data::Idle)
            }
            Shape::Any => Some(Data::Idle),
            Shape::Texts => self.texts(value, &path),
            Shape::Map => self.map(value, &path),
            Shape::Bool | Shape::Int | Shape::Float | Shape::Text | Shape::Duration => self.scalar(field.shape, value, &path),
        };
        // Keys of definitions are checked only: many definitions share one path.
        if place.definition {
            return;
        }
        // A wrong value still counts as set, so that it is not reported as missing too.
        let value = data.unwrap_or(Data::Idle);
        let origin = self.origin(key.span);
        let located = Located { origin, value };
        match field.standing {
            Standing::Moved(successor) => self.moved.push((successor, located)),
            _ => self.settings.set(path, located),
        }
    }

    /// Gives the warning that goes with the key's standing, if any. That a table has no effect
    /// is said once, not again for what is in it (`warned`).
    fn warn(&mut self, field: &Field, path: &str, warned: bool) -> bool {
        let warning = match field.standing {
            Standing::Used => return false,
            Standing::Idle | Standing::Enterprise if warned => return false,
            Standing::Idle => format!("key {path} is accepted and has no effect yet"),
            Standing::Enterprise => format!("{path:?} is a Consul Enterprise configuration and will have no effect"),
            Standing::Deprecated(successor) | Standing::Moved(successor) => {
                format!("The '{path}' field is deprecated. Use the '{successor}' field instead.")
            }
        };
        self.found.warnings.push(warning);
        true
    }

    fn object<'v>(&mut self, value: &'v Value, path: &str) -> Option<&'v Object> {
        match &only(value).node {
            Node::Object(object) => Some(object),
            other => {
                let message = format!("'{path}' expected a map, got '{}'", go_kind(other));
                self.wrong(value.span, path, message);
                None
            }
        }
    }

    fn definitions(&mut self, value: &Value, fields: &'static [Field], place: &Place) {
        let several = matches!(&value.node, Node::List(_));
        for (position, item) in value.each().enumerate() {
            let path = match several {
                true => format!("{}[{position}]", place.path),
                false => place.path.clone(),
            };
            if let Some(object) = self.object(item, &path) {
                let within = Place { path, definition: true, warned: true };
                self.table(object, fields, &within);
            }
        }
    }

    fn scalar(&mut self, shape: Shape, value: &Value, path: &str) -> Option<Data> {
        let value = last(value);
        let (wanted, data) = match (shape, &value.node) {
            (Shape::Bool, node) => ("bool", bool_of(node)),
            (Shape::Int, node) => ("int", int_of(node)),
            (Shape::Float, node) => ("float64", float_of(node)),
            (Shape::Duration, Node::String(text)) => match duration::parse(text) {
                Ok(nanos) => return Some(Data::Nanos(nanos)),
                Err(error) => {
                    let message = format!("{path}: invalid duration: {text:?}: {error}");
                    self.wrong(value.span, path, message);
                    return None;
                }
            },
            (_, Node::String(text)) => ("string", Some(Data::Text(text.clone()))),
            _ => ("string", None),
        };
        if data.is_none() {
            self.mismatch(value, path, wanted);
        }
        data
    }

    fn texts(&mut self, value: &Value, path: &str) -> Option<Data> {
        let lists = match &value.node {
            Node::List(list) if list.repeated => list.items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let mut texts = Vec::new();
        for value in lists {
            let Node::List(list) = &value.node else {
                let kind = go_kind(&value.node);
                let message = format!("'{path}': source data must be an array or slice, got {kind}");
                self.wrong(value.span, path, message);
                continue;
            };
            for (position, item) in list.items.iter().enumerate() {
                let Some(text) = item.as_str() else {
                    self.mismatch(item, &format!("{path}[{position}]"), "string");
                    continue;
                };
                let origin = self.origin(item.span);
                let value = text.to_owned();
                texts.push(Located { origin, value });
            }
        }
        Some(Data::Texts(texts))
    }

    fn map(&mut self, value: &Value, path: &str) -> Option<Data> {
        let object = self.object(value, path)?;
        let mut map = BTreeMap::new();
        for (key, value) in object.entries() {
            let Some(text) = last(value).as_str() else {
                if value.node != Node::Null {
                    self.mismatch(value, &format!("{path}[{}]", key.name), "string");
                }
                continue;
            };
            let origin = self.origin(key.span);
            let value = text.to_owned();
            map.insert(key.name.clone(), Located { origin, value });
        }
        Some(Data::Map(map))
    }

    fn mismatch(&mut self, value: &Value, path: &str, wanted: &str) {
        let got = match &value.node {
            Node::List(_) => "[]interface {}",
            Node::Object(_) => "map[string]interface {}",
            other => go_kind(other),
        };
        let message = format!("'{path}' expected type '{wanted}', got unconvertible type '{got}'");
        self.wrong(value.span, path, message);
    }

    fn wrong(&mut self, span: Span, key: &str, message: String) {
        self.found.mistakes.push(Mistake { origin: Some(self.origin(span)), key: key.to_owned(), message });
    }

    fn origin(&self, span: Span) -> Origin {
        Origin { source: Arc::clone(&self.source), span: Some(span) }
    }
}

/// The field called `name`, whatever the case; in definitions underscores may be missing too.
fn find(fields: &'static [Field], name: &str, definition: bool) -> Option<&'static Field> {
    fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name) || (definition && field.name.replace('_', "").eq_ignore_ascii_case(name)))
}

/// The item of a list of one, which may stand for the item itself.
fn only(value: &Value) -> &Value {
    match &value.node {
        Node::List(list) if !list.repeated => match list.items.as_slice() {
            [item] => item,
            _ => value,
        },
        _ => value,
    }
}

/// What a scalar key was set to last, if it was set several times in one text.
fn last(value: &Value) -> &Value {
    match &value.node {
        Node::List(list) if list.repeated => list.items.last().map_or(value, only),
        _ => only(value),
    }
}

fn bool_of(node: &Node) -> Option<Data> {
    match node {
        Node::Bool(truth) => Some(Data::Bool(*truth)),
        _ => None,
    }
}

/// An integer, also when written as `1e3` or `8600.0`; a fraction is refused, not cut off.
fn int_of(node: &Node) -> Option<Data> {
    match node {
        Node::Int(number) => Some(Data::Int(*number)),
        Node::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}").parse().ok().map(Data::Int),
        _ => None,
    }
}

fn float_of(node: &Node) -> Option<Data> {
    match node {
        Node::Float(number) => Some(Data::Float(*number)),
        // Beyond 2^53 the nearest float stands for the number, as in JSON.
        Node::Int(number) => Some(Data::Float(*number as f64)),
        _ => None,
    }
}

/// The kind as Consul's messages call it.
fn go_kind(node: &Node) -> &'static str {
    match node {
        Node::Null => "nil",
        Node::Bool(_) => "bool",
        Node::Int(_) => "int",
        Node::Float(_) => "float64",
        Node::String(_) => "string",
        Node::List(_) => "slice",
        Node::Object(_) => "map",
    }
}
