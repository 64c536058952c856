//! Splits a command's arguments into flags and positional arguments.
//!
//! The syntax is that of Go's `flag` package, which Consul's users type: one or two
//! dashes, `-flag value` or `-flag=value`, flags before positional arguments, `--` ends
//! the flags. The error texts are the ones those users and their scripts see.

use std::num::{IntErrorKind, ParseIntError};

use thiserror::Error;

use crate::boolean;
use crate::flag::{Flag, Kind};

/// The arguments of one invocation, checked against the flags of its command.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    given: Vec<(&'static str, Value)>,
    /// What follows the flags.
    pub(crate) positional: Vec<String>,
}

/// Why the arguments make no sense. Happens whenever a user mistypes.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// `---x`, `-=x`.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// The command has no such flag.
    #[error("flag provided but not defined: -{0}")]
    Unknown(String),
    /// The last argument is a flag that takes a value.
    #[error("flag needs an argument: -{0}")]
    NoValue(&'static str),
    /// A switch with something other than true or false.
    #[error("invalid boolean value {value:?} for -{name}: strconv.ParseBool: parsing {value:?}: invalid syntax")]
    NotBoolean { name: &'static str, value: String },
    /// A value that the flag's kind refuses.
    #[error("invalid value {value:?} for flag -{name}: {why}")]
    Value { name: &'static str, value: String, why: String },
    /// `-h=…`: no help flag, yet help was meant. Only the usage is shown.
    #[error("")]
    Help,
}

#[derive(Debug)]
enum Value {
    Switch(bool),
    Text(String),
    Uint(u64),
    Int(i64),
    Pair(String, String),
}

impl Flags {
    /// Parses `arguments`, which is what follows the command's name.
    ///
    /// # Errors
    /// The first mistake, left to right.
    pub(crate) fn parse<'f>(
        known: impl Iterator<Item = &'f Flag> + Clone,
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                break;
            }
            let Some((name, attached)) = split(&argument)? else {
                flags.positional.push(argument);
                break;
            };
            let Some(flag) = known.clone().find(|flag| flag.name == name) else {
                let help = matches!(name, "h" | "help");
                return Err(if help { FlagError::Help } else { FlagError::Unknown(name.to_owned()) });
            };
            let value = match (attached, flag.kind) {
                (Some(text), _) => flag.value(text.to_owned())?,
                (None, Kind::Switch) => Value::Switch(true),
                (None, _) => flag.value(rest.next().ok_or(FlagError::NoValue(flag.name))?)?,
            };
            flags.given.push((flag.name, value));
        }
        flags.positional.extend(rest);
        Ok(flags)
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, flag: &Flag) -> bool {
        match self.last(flag) {
            Some(Value::Switch(on)) => *on,
            _ => flag.default == Some("true"),
        }
    }

    /// Whether it was given at all.
    pub(crate) fn is_given(&self, flag: &Flag) -> bool {
        self.last(flag).is_some()
    }

    /// The text given, else the flag's default. Given but empty is `Some("")`.
    pub(crate) fn text(&self, flag: &Flag) -> Option<&str> {
        match self.last(flag) {
            Some(Value::Text(text)) => Some(text),
            _ => flag.default,
        }
    }

    /// The text given or its default, where an empty one means the same as none.
    pub(crate) fn non_empty(&self, flag: &Flag) -> Option<&str> {
        self.text(flag).filter(|text| !text.is_empty())
    }

    /// The number given, else 0.
    pub(crate) fn uint(&self, flag: &Flag) -> u64 {
        match self.last(flag) {
            Some(Value::Uint(number)) => *number,
            _ => 0,
        }
    }

    /// The number with a sign given, else 0.
    pub(crate) fn int(&self, flag: &Flag) -> i64 {
        match self.last(flag) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    /// All texts of a repeatable flag, in their order.
    pub(crate) fn texts(&self, flag: &Flag) -> impl Iterator<Item = &str> {
        let name = flag.name;
        self.given.iter().filter_map(move |(given, value)| match value {
            Value::Text(text) if *given == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// All pairs given, in their order.
    pub(crate) fn pairs(&self, flag: &Flag) -> impl Iterator<Item = (&str, &str)> {
        let name = flag.name;
        self.given.iter().filter_map(move |(given, value)| match value {
            Value::Pair(key, value) if *given == name => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// The value that counts when a flag is repeated.
    fn last(&self, flag: &Flag) -> Option<&Value> {
        self.given.iter().rev().find(|(name, _)| *name == flag.name).map(|(_, value)| value)
    }
}

impl Flag {
    fn value(&self, text: String) -> Result<Value, FlagError> {
        let name = self.name;
        match self.kind {
            Kind::Text | Kind::Texts => Ok(Value::Text(text)),
            Kind::Switch => match boolean::parse(&text) {
                Some(on) => Ok(Value::Switch(on)),
                None => Err(FlagError::NotBoolean { name, value: text }),
            },
            Kind::Uint => match uint(&text) {
                Ok(number) => Ok(Value::Uint(number)),
                Err(error) => Err(not_a_number(name, text, &error)),
            },
            Kind::Int => match int(&text) {
                Ok(number) => Ok(Value::Int(number)),
                Err(error) => Err(not_a_number(name, text, &error)),
            },
            Kind::Pairs => match text.split_once('=') {
                Some((key, value)) => Ok(Value::Pair(key.to_owned(), value.to_owned())),
                None => {
                    let why = format!("Missing \"=\" value in argument: {text}");
                    Err(FlagError::Value { name, value: text, why })
                }
            },
        }
    }
}

/// Takes a flag apart into name and attached value; `None` for a positional argument.
fn split(argument: &str) -> Result<Option<(&str, Option<&str>)>, FlagError> {
    let Some(body) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else {
        return Ok(None);
    };
    if body.is_empty() {
        return Ok(None);
    }
    if body.starts_with(['-', '=']) {
        return Err(FlagError::Syntax(argument.to_owned()));
    }
    Ok(Some(match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    }))
}

fn not_a_number(name: &'static str, value: String, error: &ParseIntError) -> FlagError {
    let range = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
    FlagError::Value { name, value, why: if range { "value out of range" } else { "parse error" }.to_owned() }
}

/// A number with the base its prefix names.
fn uint(text: &str) -> Result<u64, ParseIntError> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = based(&lower);
    // The standard parser takes a sign, the flag does not.
    let digits = if digits.starts_with('+') { "" } else { digits };
    u64::from_str_radix(digits, base)
}

/// The same behind a sign.
fn int(text: &str) -> Result<i64, ParseIntError> {
    let lower = text.to_ascii_lowercase();
    let (sign, number) = match lower.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", lower.strip_prefix('+').unwrap_or(&lower)),
    };
    let (digits, base) = based(number);
    let digits = if digits.starts_with(['+', '-']) { "" } else { digits };
    i64::from_str_radix(&format!("{sign}{digits}"), base)
}

/// The digits behind a prefix, and the base that it names.
fn based(lower: &str) -> (&str, u32) {
    match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (lower, 10),
    }
}

#[cfg(test)]
#[path = "flag_parser_tests.rs"]
mod tests;
