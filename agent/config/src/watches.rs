//! `watches`.

use std::time::Duration;

use hcl::{Node, Object, Value};

use crate::decode::LIMITS;
use crate::reader::Findings;
use crate::{Mistake, Origin, Secret, Source, duration};

/// Something to watch, and what to do when it changes. What was not said is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    /// Where it stands.
    pub origin: Option<Origin>,
    /// `type`
    pub kind: String,
    /// `key`
    pub key: Option<String>,
    /// `prefix`
    pub prefix: Option<String>,
    /// `service`
    pub service: Option<String>,
    /// `tag`, one or several
    pub tags: Vec<String>,
    /// `passingonly`
    pub passing_only: Option<bool>,
    /// `state`
    pub state: Option<String>,
    /// `name`
    pub name: Option<String>,
    /// `filter`
    pub filter: Option<String>,
    /// `datacenter`
    pub datacenter: Option<String>,
    /// `token`
    pub token: Option<Secret>,
    /// `stale`
    pub stale: bool,
    /// What to do.
    pub handler: WatchHandler,
}

/// What to do when something changed.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchHandler {
    /// `handler`: a line for a shell.
    Shell(String),
    /// `args`: a program and its arguments.
    Program(Vec<String>),
    /// `http_handler_config`
    Http {
        /// `path`: the URL.
        url: String,
        /// `method`, `POST` unless said.
        method: String,
        /// `timeout`, ten seconds unless said.
        timeout: Duration,
        /// `header`: name and value, for each value.
        headers: Vec<(String, String)>,
        /// `tls_skip_verify`
        tls_skip_verify: bool,
    },
}

impl Default for WatchHandler {
    fn default() -> Self {
        Self::Program(Vec::new())
    }
}

/// The watches of all sources, in their order. Keys that are not known were reported when the sources were read.
pub(crate) fn resolve(sources: &[Source]) -> (Vec<Watch>, Findings) {
    #[cfg(test)]
    crate::tests::note_read("watches");
    let mut found = Findings::default();
    let mut watches = Vec::new();
    for source in sources {
        let Ok(file) = hcl::parse_within(&source.text, source.format, LIMITS) else { continue };
        // A list of lists, where the key occurs again behind a list.
        for value in file.get("watches").into_iter().flat_map(Value::each).flat_map(Value::each) {
            let Some(definition) = value.as_object() else { continue };
            let origin = Some(Origin { source: source.name.as_str().into(), span: Some(value.span) });
            match watch(definition) {
                Ok(watch) => watches.push(Watch { origin, ..watch }),
                Err(message) => {
                    found.mistakes.push(Mistake { origin, key: "watches".to_owned(), message: format!("watches: {message}") });
                }
            }
        }
    }
    (watches, found)
}

fn watch(definition: &Object) -> Result<Watch, String> {
    let text = |key| find(definition, key).and_then(Value::as_str).map(str::to_owned);
    let truth = |key| find(definition, key).and_then(Value::as_bool);
    Ok(Watch {
        origin: None,
        kind: text("type").filter(|kind| !kind.is_empty()).ok_or("Watch type must be specified")?,
        key: text("key"),
        prefix: text("prefix"),
        service: text("service"),
        tags: texts(definition, "tag"),
        passing_only: truth("passingonly"),
        state: text("state"),
        name: text("name"),
        filter: text("filter"),
        datacenter: text("datacenter"),
        token: text("token").filter(|token| !token.is_empty()).map(Secret::new),
        stale: truth("stale").unwrap_or(false),
        handler: handler(definition)?,
    })
}

fn handler(definition: &Object) -> Result<WatchHandler, String> {
    let text = |object, key| find(object, key).and_then(Value::as_str).map(str::to_owned).filter(|text| !text.is_empty());
    let (line, words) = (text(definition, "handler"), texts(definition, "args"));
    match (text(definition, "handler_type").as_deref(), line, words.is_empty()) {
        (None | Some("script"), Some(_), false) => Err("Only one of handler and args is allowed".to_owned()),
        (None | Some("script"), Some(line), true) => Ok(WatchHandler::Shell(line)),
        (None | Some("script"), None, false) => Ok(WatchHandler::Program(words)),
        (None | Some("script"), None, true) => Err("Must define a watch handler".to_owned()),
        (Some("http"), ..) => {
            let Some(http) = find(definition, "http_handler_config").and_then(table) else {
                return Err("Handler type 'http' requires 'http_handler_config' to be set".to_owned());
            };
            let limit = match find(http, "timeout").map(|value| &value.node) {
                None => Duration::from_secs(10),
                Some(Node::String(text)) => {
                    let nanos = duration::parse(text).map_err(|why| format!("http_handler_config.timeout: {why}"))?;
                    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
                }
                Some(_) => return Err("http_handler_config.timeout: not a duration such as \"10s\"".to_owned()),
            };
            Ok(WatchHandler::Http {
                url: text(http, "path").ok_or("Requires 'path' to be set")?,
                method: text(http, "method").unwrap_or_else(|| "POST".to_owned()),
                timeout: limit,
                headers: find(http, "header").and_then(table).map(headers).unwrap_or_default(),
                tls_skip_verify: find(http, "tls_skip_verify").and_then(Value::as_bool).unwrap_or(false),
            })
        }
        (Some(other), ..) => Err(format!("Handler type {other:?} not recognized")),
    }
}

fn headers(object: &Object) -> Vec<(String, String)> {
    let values = object.entries().iter().flat_map(|(name, values)| values.each().map(move |value| (name, value)));
    values.filter_map(|(name, value)| Some((name.name.clone(), value.as_str()?.to_owned()))).collect()
}

/// A table, or the only one of a list: HCL version 1 does not tell them apart.
fn table(value: &Value) -> Option<&Object> {
    value.each().next().and_then(Value::as_object)
}

/// One text or several.
fn texts(object: &Object, key: &str) -> Vec<String> {
    find(object, key).into_iter().flat_map(Value::each).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The value of a key in either spelling.
fn find<'a>(object: &'a Object, key: &str) -> Option<&'a Value> {
    let plain = key.replace('_', "");
    let named = |name: &str| name == key || name.eq_ignore_ascii_case(&plain);
    object.entries().iter().find(|(name, _)| named(&name.name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hcl::Format;

    use super::*;

    fn read(text: &str) -> Result<Vec<Watch>, String> {
        let source = Source { name: "a.hcl".to_owned(), text: text.to_owned(), format: Format::Hcl };
        let (watches, found) = resolve(&[source]);
        match found.mistakes.first() {
            Some(mistake) => Err(mistake.to_string()),
            None => Ok(watches),
        }
    }

    #[test]
    fn watches_have_what_they_watch_and_a_handler() {
        let text = r#"
            watches = [
                { type = "key", key = "a", args = ["x", "y"], token = "t", stale = true, datacenter = "dc2" },
                { Type = "service", Service = "web", tag = ["a", "b"], passingonly = true, handler = "x | y" }
            ]
            watches {
                type = "event"
                handler_type = "http"
                http_handler_config { path = "http://h/p" timeout = "2s" header { a = ["b", "c"] } tls_skip_verify = true }
            }
        "#;
        let read = read(text).unwrap();
        let some = |text: &str| Some(text.to_owned());
        let key = Watch {
            kind: "key".to_owned(),
            key: some("a"),
            datacenter: some("dc2"),
            token: Some(Secret::new("t")),
            stale: true,
            handler: WatchHandler::Program(vec!["x".to_owned(), "y".to_owned()]),
            ..Watch::default()
        };
        assert_eq!(Watch { origin: None, ..read[0].clone() }, key);
        assert_eq!(read[0].origin.as_ref().unwrap().to_string(), "a.hcl:3:17");
        assert_eq!(
            (&read[1].service, &read[1].tags[..], read[1].passing_only),
            (&some("web"), &["a".to_owned(), "b".to_owned()][..], Some(true))
        );
        assert_eq!(read[1].handler, WatchHandler::Shell("x | y".to_owned()));
        let pair = |value: &str| ("a".to_owned(), value.to_owned());
        let http = WatchHandler::Http {
            url: "http://h/p".to_owned(),
            method: "POST".to_owned(),
            timeout: Duration::from_secs(2),
            headers: vec![pair("b"), pair("c")],
            tls_skip_verify: true,
        };
        assert_eq!(read[2].handler, http);
    }

    #[test]
    fn a_watch_that_can_do_nothing_is_a_mistake() {
        for (watch, text) in [
            ("args = [\"x\"]", "Watch type must be specified"),
            ("type = \"key\"", "Must define a watch handler"),
            ("type = \"key\" args = []", "Must define a watch handler"),
            ("type = \"key\" args = [\"x\"] handler = \"y\"", "Only one of handler and args is allowed"),
            ("type = \"key\" handler_type = \"zz\"", "Handler type \"zz\" not recognized"),
            ("type = \"key\" handler_type = \"http\"", "Handler type 'http' requires 'http_handler_config' to be set"),
            ("type = \"key\" handler_type = \"http\" http_handler_config {}", "Requires 'path' to be set"),
        ] {
            let error = read(&format!("watches {{ {watch} }}")).unwrap_err();
            assert!(error.starts_with("a.hcl:1:") && error.ends_with(&format!("watches: {text}")), "{error}");
        }
    }
}
