//! What is ours: limits of later versions than the reference, and bounds it has not.

use compat::World;
use http::StatusCode;

const SET: &str = r#"{"KV":{"Verb":"set","Key":"k","Value":"YQ=="}}"#;

fn transaction(count: usize) -> String {
    format!("[{}]", vec![SET; count].join(","))
}

#[test]
fn a_transaction_has_at_most_128_operations() -> anyhow::Result<()> {
    let mut world = World::new();
    assert_eq!(world.request("PUT", "/v1/txn", &transaction(128))?.status(), StatusCode::OK);
    let refused = world.request("PUT", "/v1/txn", &transaction(129))?;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(&refused.body()[..], b"Transaction contains too many operations (129 > 128)");
    Ok(())
}

#[test]
fn a_body_is_bounded() -> anyhow::Result<()> {
    let body = format!(r#"[{{"KV":{{"Verb":"set","Key":"k","Value":"{}"}}}}]"#, "YWFh".repeat(174_764));
    let refused = World::new().request("PUT", "/v1/txn", &body)?;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let deep = format!(r#"{{"Node":"n","Service":{{"Proxy":{{"Config":{}{}}}}}}}"#, "{\"a\":".repeat(5000), "}".repeat(5000));
    assert_eq!(World::new().request("PUT", "/v1/catalog/register", &deep)?.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

#[test]
fn a_null_among_checks_or_operations_is_nothing() -> anyhow::Result<()> {
    let mut world = World::new();
    let registered = world.request("PUT", "/v1/catalog/register", r#"{"Node":"n","Address":"a","Checks":[null]}"#)?;
    assert_eq!(&registered.body()[..], b"true");
    assert_eq!(world.request("PUT", "/v1/txn", "[null]")?.status(), StatusCode::OK);
    Ok(())
}

#[test]
fn services_may_be_filtered() -> anyhow::Result<()> {
    let mut world = World::new();
    let registration = r#"{"Node":"n","Address":"a","Service":{"Service":"web","Tags":["v1"]}}"#;
    world.request("PUT", "/v1/catalog/register", registration)?;
    let found = world.request("GET", "/v1/catalog/services?filter=v1%20in%20ServiceTags", "")?;
    assert_eq!(&found.body()[..], br#"{"web":["v1"]}"#);
    Ok(())
}

#[test]
fn a_transaction_keeps_a_proxy_whole() -> anyhow::Result<()> {
    let mut world = World::new();
    world.request("PUT", "/v1/catalog/register", r#"{"Node":"n","Address":"a"}"#)?;
    let proxy = r#"{"Kind":"connect-proxy","Service":"p","Port":1,"Proxy":{"DestinationServiceName":"web"}}"#;
    let body = format!(r#"[{{"Service":{{"Verb":"set","Node":"n","Service":{proxy}}}}}]"#);
    assert_eq!(world.request("PUT", "/v1/txn", &body)?.status(), StatusCode::OK);
    let found: serde_json::Value = serde_json::from_slice(world.request("GET", "/v1/health/connect/WEB", "")?.body())?;
    assert_eq!(found.pointer("/0/Service/ID"), Some(&"p".into()));
    Ok(())
}
