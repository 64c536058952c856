//! The command line of `delian agent`: Consul's long flags with one dash.
//!
//! `-flag value`, `-flag=value` and two dashes all work; a flag for a truth value takes a value
//! only with `=`. Parsing follows Go's `flag` package, texts of errors included.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use hcl::Format;

use crate::settings::{Data, Located, Settings};
use crate::{Origin, Source, duration};
use table::{FLAGS, Target};

const ABOUT: &str = "Usage: delian agent [options]

  Runs an agent until it is told to end: a client of the datacenter's servers
  or, with -server, one of them. Flags win over configuration files, which
  know more settings.
";

/// A command line that was understood.
#[derive(Clone, Default)]
pub struct Flags {
    /// `-config-file` and `-config-dir` in the order given.
    pub config_paths: Vec<PathBuf>,
    /// `-config-format`, the language of files that do not end in `.hcl` or `.json`.
    pub config_format: Option<Format>,
    /// `-dev`.
    pub dev: bool,
    /// The `-hcl` fragments, named `flags-0.hcl` and so on.
    pub fragments: Vec<Source>,
    pub(crate) settings: Settings,
    pub(crate) warnings: Vec<String>,
}

impl std::fmt::Debug for Flags {
    /// Leaves the settings out: `-encrypt` is one of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flags")
            .field("config_paths", &self.config_paths)
            .field("config_format", &self.config_format)
            .field("dev", &self.dev)
            .field("fragments", &self.fragments)
            .finish_non_exhaustive()
    }
}

/// Why a command line was refused. Prints as Go's `flag` package does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// `-h`, `-help` or `--help` asks for the help text.
    #[error("flag: help requested")]
    Help,
    /// No such flag.
    #[error("flag provided but not defined: -{0}")]
    Unknown(String),
    /// The command line ends where the flag's value should stand.
    #[error("flag needs an argument: -{0}")]
    Argument(String),
    /// Neither a flag nor a value: `---x`, `-=x`.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// The value is neither true nor false.
    #[error("invalid boolean value {value:?} for -{flag}: {reason}")]
    Bool {
        /// The flag without dashes.
        flag: &'static str,
        /// Its value.
        value: String,
        /// Go's reason.
        reason: String,
    },
    /// The value is no whole number or no duration.
    #[error("invalid value {value:?} for flag -{flag}: {reason}")]
    Value {
        /// The flag without dashes.
        flag: &'static str,
        /// Its value.
        value: String,
        /// Go's reason.
        reason: String,
    },
    /// Words behind the flags; the agent takes none.
    #[error("Unexpected extra arguments: [{}]", .0.join(" "))]
    Extra(Vec<String>),
    /// `-config-format` knows two languages.
    #[error("config: -config-format must be either 'hcl' or 'json'")]
    Format,
}

impl Flags {
    /// Reads the words behind `delian agent`.
    ///
    /// # Errors
    /// The first word that is wrong.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(body) = word.strip_prefix('-').filter(|body| !body.is_empty()) else {
                return Err(extra(Some(word), words));
            };
            if body == "-" {
                // Two dashes alone end the flags.
                return match words.next() {
                    None => Ok(flags),
                    first => Err(extra(first, words)),
                };
            }
            let body = body.strip_prefix('-').unwrap_or(body);
            if body.starts_with(['-', '=']) {
                return Err(FlagError::Syntax(word));
            }
            let (name, value) = match body.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (body, None),
            };
            let Some((name, target, _)) = FLAGS.iter().find(|(known, ..)| *known == name) else {
                return Err(match name {
                    "h" | "help" => FlagError::Help,
                    _ => FlagError::Unknown(name.to_owned()),
                });
            };
            let value = match value {
                Some(value) => value,
                None if target.is_bool() => "true".to_owned(),
                None => words.next().ok_or_else(|| FlagError::Argument((*name).to_owned()))?,
            };
            flags.apply(name, *target, value)?;
            if let Some(key) = target.idle_key() {
                flags.warnings.push(format!("key {key} is accepted and has no effect yet"));
            }
        }
        Ok(flags)
    }

    /// What `delian agent -h` prints.
    #[must_use]
    pub fn help() -> String {
        let flag = |(name, target, meaning): &(&str, Target, &str)| {
            let value = if target.is_bool() { "" } else { "=<value>" };
            let effect = if target.idle_key().is_some() { "\n     Accepted; it has no effect yet." } else { "" };
            format!("\n  -{name}{value}\n     {meaning}{effect}\n")
        };
        std::iter::once(ABOUT.to_owned()).chain(FLAGS.iter().map(flag)).collect()
    }

    fn apply(&mut self, flag: &'static str, target: Target, value: String) -> Result<(), FlagError> {
        match target {
            Target::Bool(key) => {
                let truth = parse_bool(flag, value)?;
                self.set(flag, key, Data::Bool(truth));
            }
            Target::Int(key) => {
                let number = parse_int(flag, value)?;
                self.set(flag, key, Data::Int(number));
            }
            Target::Text(key) => self.set(flag, key, Data::Text(value)),
            Target::Duration(key) => match duration::parse(&value) {
                Ok(nanos) => self.set(flag, key, Data::Nanos(nanos)),
                Err(error) => {
                    let reason = error.to_string();
                    return Err(FlagError::Value { flag, value, reason });
                }
            },
            Target::Texts(key) => {
                let origin = origin(flag);
                let texts = vec![Located { origin, value }];
                self.set(flag, key, Data::Texts(texts));
            }
            Target::Map(key) => {
                let (name, value) = match value.split_once(':') {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    None => (value, String::new()),
                };
                let origin = origin(flag);
                let map = BTreeMap::from([(name, Located { origin, value })]);
                self.set(flag, key, Data::Map(map));
            }
            Target::Dev => self.dev = parse_bool(flag, value)?,
            Target::ConfigPath => self.config_paths.push(PathBuf::from(value)),
            Target::ConfigFormat => {
                self.config_format = Some(match value.as_str() {
                    "hcl" => Format::Hcl,
                    "json" => Format::Json,
                    _ => return Err(FlagError::Format),
                });
            }
            Target::Fragment => {
                self.fragments.push(Source { name: format!("flags-{}.hcl", self.fragments.len()), text: value, format: Format::Hcl })
            }
        }
        Ok(())
    }

    fn set(&mut self, flag: &str, key: &str, value: Data) {
        let origin = origin(flag);
        self.settings.set(key.to_owned(), Located { origin, value });
    }
}

fn origin(flag: &str) -> Origin {
    Origin { source: Arc::from(format!("flag -{flag}")), span: None }
}

fn extra(first: Option<String>, rest: impl Iterator<Item = String>) -> FlagError {
    FlagError::Extra(first.into_iter().chain(rest).collect())
}

fn parse_bool(flag: &'static str, value: String) -> Result<bool, FlagError> {
    match value.as_str() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => {
            let reason = format!("strconv.ParseBool: parsing {value:?}: invalid syntax");
            Err(FlagError::Bool { flag, value, reason })
        }
    }
}

fn parse_int(flag: &'static str, value: String) -> Result<i64, FlagError> {
    value.parse().map_err(|error: std::num::ParseIntError| {
        use std::num::IntErrorKind::{NegOverflow, PosOverflow};
        let reason = match error.kind() {
            NegOverflow | PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        let reason = format!("strconv.Atoi: parsing {value:?}: {reason}");
        FlagError::Value { flag, value, reason }
    })
}
