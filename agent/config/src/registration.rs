//! Service definitions in files, as the HTTP API takes them.

use std::sync::Arc;

use hcl::{Node, Object, Span, Value};
use serde_json::{Map, Value as Json};

use crate::decode::LIMITS;
use crate::reader::Findings;
use crate::schema::AGENT;
use crate::settings::Settings;
use crate::sources::{add_source, settle};
use crate::{Definition, Invalid, Origin, Source};

/// The bodies with which the services that `sources` define are registered at
/// `/v1/agent/service/register`: of each source first those under `services`, then those under
/// `service`. All checks of a service are under `Checks`, `Check` is null.
///
/// # Errors
/// Every mistake in the sources, whichever keys they set.
pub fn registrations(sources: &[Source]) -> Result<Vec<Json>, Invalid> {
    let mut found = Findings::default();
    for source in sources {
        add_source(&mut Settings::default(), source, AGENT, &mut found);
    }
    settle(found)?;
    let parsed = sources.iter().filter_map(|source| hcl::parse_within(&source.text, source.format, LIMITS).ok());
    Ok(parsed.flat_map(|file| services(&file).map(|(_, body)| body).collect::<Vec<_>>()).collect())
}

/// The services that `sources` define, as above, and the checks besides, as bodies of `/v1/agent/check/register` but for their
/// ids, which are called `CheckID`. What cannot be read is left out: it was found by then.
pub(crate) fn definitions(sources: &[&Source]) -> (Vec<Definition>, Vec<Definition>) {
    let (mut all_services, mut all_checks) = (Vec::new(), Vec::new());
    for source in sources {
        let Ok(file) = hcl::parse_within(&source.text, source.format, LIMITS) else { continue };
        let named: Arc<str> = source.name.as_str().into();
        let defined = |(span, body)| Definition { origin: Origin { source: Arc::clone(&named), span: Some(span) }, body };
        all_services.extend(services(&file).map(defined));
        all_checks.extend(checks(&file).map(defined));
    }
    (all_services, all_checks)
}

fn checks(file: &Object) -> impl Iterator<Item = (Span, Json)> {
    let defined = ["checks", "check"].map(|key| under(file, key).map(|(span, check)| (span, Json::Object(object(check, Keys::Check)))));
    defined.into_iter().flatten()
}

/// The objects of a key, which may hold one or many.
fn under<'a>(file: &'a Object, key: &'static str) -> impl Iterator<Item = (Span, &'a Object)> {
    let values = file.entries().iter().filter(move |(name, _)| name.name.eq_ignore_ascii_case(key));
    values.flat_map(|(_, value)| value.each()).filter_map(|value| Some((value.span, value.as_object()?)))
}

fn services(file: &Object) -> impl Iterator<Item = (Span, Json)> {
    let defined = ["services", "service"].map(|key| under(file, key).map(|(span, one)| (span, service(one))));
    defined.into_iter().flatten()
}

fn service(definition: &Object) -> Json {
    let mut service = object(definition, Keys::Api);
    let mut checks = Vec::new();
    for key in ["Checks", "Check"] {
        match service.shift_remove(key) {
            Some(Json::Array(more)) => checks.extend(more),
            Some(Json::Null) | None => {}
            Some(one) => checks.push(one),
        }
    }
    service.entry("Weights").or_insert_with(|| serde_json::json!({"Passing": 1, "Warning": 1}));
    service.insert("Check".to_owned(), Json::Null);
    service.insert("Checks".to_owned(), if checks.is_empty() { Json::Null } else { Json::Array(checks) });
    Json::Object(service)
}

/// What the keys of an object become.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Those of the API.
    Api,
    /// Those of the API; `id` is that of a check.
    Check,
    /// The operator's own names, each with an object of the API.
    Names,
    /// The operator's own, all the way down.
    Own,
}

impl Keys {
    /// What the keys below `name`, a key of the API, become.
    fn below(name: &str) -> Self {
        match name {
            "Meta" | "Header" | "Config" => Self::Own,
            "TaggedAddresses" => Self::Names,
            "Check" | "Checks" => Self::Check,
            _ => Self::Api,
        }
    }
}

fn object(object: &Object, keys: Keys) -> Map<String, Json> {
    let entries = object.entries().iter().filter(|(_, value)| value.node != Node::Null);
    let named = entries.map(|(key, value)| match keys {
        Keys::Own => (key.name.clone(), json(value, Keys::Own)),
        Keys::Names => (key.name.clone(), json(value, Keys::Api)),
        Keys::Api | Keys::Check => {
            let name = api_name(&key.name);
            let value = json(value, Keys::below(&name));
            (if keys == Keys::Check && name == "ID" { "CheckID".to_owned() } else { name }, value)
        }
    });
    named.collect()
}

fn json(value: &Value, keys: Keys) -> Json {
    match &value.node {
        Node::Null => Json::Null,
        Node::Bool(truth) => Json::from(*truth),
        Node::Int(number) => Json::from(*number),
        Node::Float(number) => Json::from(*number),
        Node::String(text) => Json::from(text.as_str()),
        Node::List(list) => list.items.iter().map(|item| json(item, keys)).collect(),
        Node::Object(fields) => Json::Object(object(fields, keys)),
    }
}

/// `check_id` is `CheckID`. A name in CamelCase stays.
fn api_name(name: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let word = |word: &str| match word {
        "id" | "ttl" | "http" | "tcp" | "udp" | "grpc" | "tls" | "os" => word.to_ascii_uppercase(),
        "h2ping" if name == "h2ping" => "H2PING".to_owned(),
        "h2ping" => "H2Ping".to_owned(),
        _ => word.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(word.chars().skip(1)).collect(),
    };
    name.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hcl::Format;
    use serde_json::json;

    use super::*;

    fn read(text: &str, format: Format) -> Result<Vec<Json>, Invalid> {
        registrations(&[Source { name: "a".to_owned(), text: text.to_owned(), format }])
    }

    #[test]
    fn definitions_of_both_spellings_become_bodies_of_the_api() {
        let hcl = r#"
            service {
                name = "web"
                id = "web_1"
                enable_tag_override = true
                meta { some_key = "v" }
                tagged_addresses { my_wan { address = "192.0.2.1" port = 1 } }
                check { id = "c_1" http = "http://a" tls_skip_verify = true header { x_y = ["z"] } }
                connect { sidecar_service { proxy { config { max_a = 1.5 } upstreams = [{ destination_name = "db" local_bind_port = 9 }] } } }
            }
        "#;
        let expected = json!({
            "Name": "web", "ID": "web_1", "EnableTagOverride": true, "Meta": {"some_key": "v"},
            "TaggedAddresses": {"my_wan": {"Address": "192.0.2.1", "Port": 1}},
            "Connect": {"SidecarService": {"Proxy": {
                "Config": {"max_a": 1.5}, "Upstreams": [{"DestinationName": "db", "LocalBindPort": 9}],
            }}},
            "Weights": {"Passing": 1, "Warning": 1}, "Check": null,
            "Checks": [{"CheckID": "c_1", "HTTP": "http://a", "TLSSkipVerify": true, "Header": {"x_y": ["z"]}}],
        });
        assert_eq!(read(hcl, Format::Hcl).unwrap(), [expected]);
        let camel = r#"{"service": {"Name": "web", "Weights": {"Passing": 2, "Warning": 1}, "Checks": [{"TTL": "5s"}], "Check": null}}"#;
        let expected = json!({"Name": "web", "Weights": {"Passing": 2, "Warning": 1}, "Check": null, "Checks": [{"TTL": "5s"}]});
        assert_eq!(read(camel, Format::Json).unwrap(), [expected]);
    }

    #[test]
    fn several_are_read_in_order_and_other_keys_define_none() {
        let names = |text| -> Vec<String> {
            let services = read(text, Format::Hcl).unwrap();
            services.iter().map(|service| service["Name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(r#"service { name = "c" } services { name = "a" } services { name = "b" }"#), ["a", "b", "c"]);
        assert!(names(r#"datacenter = "dc1""#).is_empty());
    }

    #[test]
    fn a_mistake_anywhere_is_one_of_the_whole() {
        let error = read("service { name = \"a\" nope = 1 }\ndatacenter = 7", Format::Hcl).unwrap_err().to_string();
        assert!(error.contains("service.nope") && error.contains("datacenter"), "{error}");
        assert!(read("service {", Format::Hcl).is_err());
    }
}
