//! Whatever is asked: an answer and no panic, and nothing of it moves a client in circles.

use crate::http::{Context, Origin, find, parse};
use bytes::Bytes;
use http::{Method, Request, Uri, header};
use proptest::prelude::*;

const PATHS: [&str; 17] = [
    "/v1/kv/",
    "/v1/txn",
    "/v1/catalog/register",
    "/v1/catalog/deregister",
    "/v1/catalog/service/",
    "/v1/catalog/nodes",
    "/v1/health/service/",
    "/v1/health/state/",
    "/v1/query",
    "/v1/query/",
    "/v1/query/x/execute",
    "/v1/operator/autopilot/configuration",
    "/v1/operator/raft/peer",
    "/v1/agent/members",
    "/v1/agent/join/",
    "/v1/federation/explain/",
    "/",
];

const PARAMETERS: [&str; 16] = [
    "index",
    "wait",
    "dc",
    "ns",
    "stale",
    "consistent",
    "max_stale",
    "cas",
    "flags",
    "acquire",
    "recurse",
    "separator",
    "filter",
    "token",
    "near",
    "node-meta",
];

/// Bytes that may stand in a URI, with escapes whole and broken among them.
fn noise() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9._~/+;,:@!$'()*-]{1,4}",
        any::<u8>().prop_map(|byte| format!("%{byte:02X}")),
        any::<char>().prop_map(|c| percent_encoding::utf8_percent_encode(&c.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()),
        Just("%".to_owned()),
        Just("%z".to_owned()),
        Just("//".to_owned()),
        Just("/../".to_owned()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![noise(), "-?[0-9]{1,25}", "[0-9.]{1,8}(ns|us|ms|s|m|h)?"];
    let pair = (prop::sample::select(&PARAMETERS[..]), value).prop_map(|(name, value)| format!("{name}={value}"));
    prop::collection::vec(prop_oneof![3 => pair, 1 => noise()], 0..5).prop_map(|pairs| pairs.join("&"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = r#"[\[\]{}",:a-zA-Z0-9.\\ ]{0,60}"#.prop_map(String::into_bytes);
    let names = prop::sample::select(vec!["KV", "Node", "Verb", "Service", "Check", "Key", "LastContactThreshold", "Index", "Meta"]);
    let values =
        prop::sample::select(vec!["null", "1", "-1", "1e400", "\"x\"", "[]", "{}", "[{}]", "{\"Verb\":\"set\"}", "\"\\ud800\"", "true"]);
    let object = prop::collection::vec((names, values), 0..4).prop_map(|fields| {
        let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        json,
        object.clone().prop_map(String::into_bytes),
        object.prop_map(|object| format!("[{object}]").into_bytes()),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::GET, Method::PUT, Method::DELETE, Method::POST, Method::HEAD, Method::OPTIONS, Method::TRACE])
}

proptest! {
    #[test]
    fn every_request_has_an_answer(
        method in method(),
        path in prop_oneof![4 => prop::sample::select(&PATHS[..]).prop_map(str::to_owned), 1 => noise().prop_map(|path| format!("/{path}"))],
        rest in noise(),
        query in query(),
        body in body(),
        token in any::<Vec<u8>>(),
        seed in any::<u64>(),
    ) {
        let Ok(uri) = format!("{path}{rest}?{query}").parse::<Uri>() else { return Ok(()) };
        let mut request = Request::builder().method(method).uri(uri).body(()).unwrap();
        if let Ok(token) = http::HeaderValue::from_bytes(&token) {
            request.headers_mut().insert(header::AUTHORIZATION, token);
        }
        let head = request.into_parts().0;
        let context = Context::default();
        match find(&head) {
            Ok(found) => {
                prop_assert!(found.body_limit(&context) <= crate::kv::VALUE_LIMIT.max(crate::catalog::BODY_LIMIT));
                if let Ok(parsed) = parse(&found, &head, &Bytes::from(body), &context, Origin { from: None, seed }) {
                    let limit = context.max_query_time + context.max_query_time / 16;
                    prop_assert!(parsed.call.wait.is_none_or(|wait| wait.index > 0 && wait.limit <= limit));
                }
            }
            Err(answer) if answer.status() == 301 => {
                let to: Uri = answer.headers()[header::LOCATION].to_str().unwrap().parse().unwrap();
                let head = Request::builder().uri(to).body(()).unwrap().into_parts().0;
                prop_assert!(find(&head).err().is_none_or(|answer| answer.status() != 301), "it leads in circles");
            }
            Err(answer) => prop_assert!(matches!(answer.status().as_u16(), 200 | 400 | 404 | 405)),
        }
    }
}
