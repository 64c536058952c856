//! Facts taken from a Consul 1.8.7 agent: which expressions it accepts, which items they select, and the
//! exact text it refuses the others with. The files under `oracle/` hold its answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use filter::Filter;
use filter::Schema;
use filter::schema;
use serde_json::Value;

#[test]
fn selects_what_consul_selects() {
    let items = rows(include_str!("oracle/items.json"));
    let mut wrong = Vec::new();
    for row in rows(include_str!("oracle/accepted.json")) {
        let (name, expression) = (text(&row, "schema"), text(&row, "filter"));
        let selected = Filter::parse(expression, schema(name)).map(|filter| {
            items
                .iter()
                .filter(|item| text(item, "schema") == name && filter.matches(&item["item"]))
                .map(|item| item["id"].clone())
                .collect()
        });
        if selected != Ok(row["items"].as_array().unwrap().clone()) {
            wrong.push(format!("{name}: {expression}: {selected:?}, want {}", row["items"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refuses_in_the_words_of_consul() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("oracle/refused.json")) {
        let (name, expression) = (text(&row, "schema"), text(&row, "filter"));
        let answer = match Filter::parse(expression, schema(name)) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        if answer != text(&row, "error") {
            wrong.push(format!("{name}: {expression}\n  {answer}\n  {}", row["error"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every selector of 1.8.7 with every operator: `operators` lists those it allows.
#[test]
fn allows_the_operators_consul_allows() {
    for row in rows(include_str!("oracle/operators.json")) {
        let (name, selector) = (text(&row, "schema"), text(&row, "selector"));
        for (operator, expression) in [
            ("==", format!("{selector} == 1")),
            ("in", format!("1 in {selector}")),
            ("matches", format!("{selector} matches 1")),
            ("is empty", format!("{selector} is empty")),
        ] {
            let want = row["operators"].as_array().unwrap().contains(&operator.into());
            let parsed = Filter::parse(&expression, schema(name));
            assert_eq!(parsed.is_ok(), want, "{name}: {expression}: {parsed:?}");
        }
    }
}

fn rows(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

fn schema(name: &str) -> &'static Schema {
    match name {
        "node" => &schema::NODE,
        "node_info" => &schema::NODE_INFO,
        "node_service" => &schema::NODE_SERVICE,
        "catalog_service" | "catalog_proxy" => &schema::CATALOG_SERVICE,
        "check_service_node" => &schema::CHECK_SERVICE_NODE,
        "health_check" => &schema::HEALTH_CHECK,
        "agent_service" => &schema::AGENT_SERVICE,
        "agent_check" => &schema::AGENT_CHECK,
        "intention" => &schema::INTENTION,
        other => panic!("no schema {other}"),
    }
}
