//! Languages: configuration, filter expressions, templates.

use api::query::{Create, Explain, Query, ServiceQuery, TEMPLATE_BY_PREFIX, Template};
use api::{Read, Write};
use config::{Host, Source};
use filter::schema;
use hcl::Format;
use state::{At, Authority, State, View};
use std::str;

/// Agent configuration and ACL rules. What is read comes back from its printed form.
pub(crate) fn hcl(input: &[u8]) -> bool {
    str::from_utf8(input).is_ok_and(|text| hcl::parse_hcl(text).is_ok_and(|object| prints(&object)))
}

/// The same as JSON.
pub(crate) fn json(input: &[u8]) -> bool {
    str::from_utf8(input).is_ok_and(|text| hcl::parse_json(text).is_ok_and(|object| prints(&object)))
}

/// `delian validate`: every mistake is said, none hangs.
pub(crate) fn agent_configuration(input: &[u8]) -> bool {
    source(input).is_some_and(|source| match config::validate(&[source], &host()) {
        Ok(_) => true,
        Err(invalid) => {
            assert!(!invalid.to_string().is_empty());
            false
        }
    })
}

/// The gateway's file.
pub(crate) fn gateway_configuration(input: &[u8]) -> bool {
    source(input).is_some_and(|source| match config::resolve_gateway(&[source], &host()) {
        Ok(_) => true,
        Err(invalid) => {
            assert!(!invalid.mistakes.is_empty());
            false
        }
    })
}

/// `?filter=`, and what it makes of an item.
pub(crate) fn filter(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let item = serde_json::json!({
        "Node": { "Node": "n", "Meta": { "a": "b" } },
        "Service": { "Port": 80, "Tags": ["primary"], "Meta": null },
        "Checks": [{ "Status": "passing", "CheckID": "c" }],
    });
    let mut taken = false;
    for schema in [schema::CHECK_SERVICE_NODE, schema::CATALOG_SERVICE, schema::NODE] {
        if let Ok(filter) = filter::Filter::parse(text, &schema) {
            let _ = filter.matches(&item);
            taken = true;
        }
    }
    taken
}

/// A template of a prepared query: its pattern, a line, and a text to fill in. What is taken can be filled in.
pub(crate) fn query_template(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let (regexp, text) = text.split_once('\n').unwrap_or(("", text));
    let mut query = Query { name: "a-".to_owned(), ..Query::default() };
    query.template = Template { r#type: TEMPLATE_BY_PREFIX.to_owned(), regexp: regexp.to_owned(), remove_empty_tags: true };
    query.service = ServiceQuery { service: "web".to_owned(), tags: vec![text.to_owned()], ..ServiceQuery::default() };
    let (mut state, who) = (State::default(), Authority::everything());
    let Ok(permitted) = state::permit(&Write::QueryCreate(Create { query }), &state, &who) else { return false };
    assert!(state.apply(At::default(), &permitted).outcome.is_ok());
    let explain = Read::QueryExplain(Explain { query: "a-b-c".to_owned() });
    assert!(state::evaluate(&explain, &View::new(&state, &who)).is_ok());
    true
}

pub(crate) fn query_template_seeds() -> Vec<Vec<u8>> {
    owned(&[
        "^a-(.*?)-([^\\-]+?)$\n${match(1)}-${ match(\"2\") }$${x}",
        "\n${name.full}${name.prefix}${name.suffix}${agent.segment}",
        "(?i)(?P<n>x)*\n${\"in-${name.suffix}\\n\"}${(7)}",
        "(\n${nope}",
    ])
}

pub(crate) fn hcl_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "datacenter = \"dc1\"\ndata_dir = \"/d\"\nbind_addr = \"127.0.0.1\"\nlog_level = \"INFO\"\n",
        "datacenter = \"dc1\"\nserver = true\nports { http = 8500 dns = -1 }\nretry_join = [\"10.0.0.1\", \"10.0.0.2\"]\n",
        "key_prefix \"a/\" { policy = \"write\" }\nkey \"b\" { policy = \"deny\" }\n",
        "# c\n/* d */ data_dir = <<EOF\n  x\n  EOF\n\"node_name\" = \"n\\u00e9\" log_level = \"${x}\"\n",
        "service { name = \"web\" check { interval = \"10s\" tcp = \"x:1\" } }\nservice { name = \"db\" }\nencrypt = \"AAAA\"\n",
        "{\"bind_addr\": \"127.0.0.1\", \"limits\": {\"http_max_conns_per_client\": 1e3}}",
    ];
    owned(&texts)
}

pub(crate) fn json_seeds() -> Vec<Vec<u8>> {
    owned(&["{\"a\": [1, -2.5e10, true, null, {\"b\": \"\\u0041\\n\"}], \"a\": {}}", "{\"x\": \"\\ud83d\\ude00\"}", "{}"])
}

pub(crate) fn filter_seeds() -> Vec<Vec<u8>> {
    owned(&[
        "Service.Port == 80 and primary in Service.Tags",
        "not (Node.Meta[\"a\"] != b or Service.Meta is empty)",
        "Checks.Status == \"passing\" and Node.Node matches \"^n[0-9]*$\"",
        "\"x\" not in ServiceTags",
        "((((Node == `raw`))))",
    ])
}

fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn source(input: &[u8]) -> Option<Source> {
    let text = str::from_utf8(input).ok()?.to_owned();
    Some(Source { name: "input.hcl".to_owned(), text, format: Format::Hcl })
}

fn host() -> Host {
    Host { name: "host".to_owned(), addresses: vec![("eth0".to_owned(), [10, 0, 0, 1].into())] }
}

fn prints(object: &hcl::Object) -> bool {
    let printed = hcl::to_json(object);
    assert!(hcl::parse_json(&printed).is_ok(), "{printed}");
    true
}
