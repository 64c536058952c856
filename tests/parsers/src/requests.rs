//! Calls: as HTTP, and on the wire.

use api::http::{Context, Origin, Style, find, parse, render};
use api::{Answer, Call, Encoded, Error, Meta, Op, Reply, kv};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use std::str;

use crate::{halves, joined};

/// `METHOD target`, then header lines, a blank line, the body; as the HTTP edge hands it on.
pub(crate) fn http_request(input: &[u8]) -> bool {
    let (head, body) = halves(input);
    let Some(parts) = str::from_utf8(head).ok().and_then(head_of) else { return false };
    let (context, body) = (Context::default(), Bytes::copy_from_slice(body));
    let Ok(found) = find(&parts) else { return false };
    let Ok(parsed) = parse(&found, &parts, &body, &context, Origin { from: None, seed: 7 }) else { return false };
    let (head, body) = parsed.call.encode();
    let read = Call::decode(head, body).expect("what HTTP says, the wire can");
    assert!(read.op == parsed.call.op, "another operation than was asked for");
    true
}

fn head_of(text: &str) -> Option<Parts> {
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' '))?;
    let mut request = Request::builder().method(method).uri(target).body(()).ok()?;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.trim())) {
            request.headers_mut().append(name, value);
        }
    }
    Some(request.into_parts().0)
}

/// A call off the wire: what is read is written as the same.
pub(crate) fn call(input: &[u8]) -> bool {
    let (head, body) = halves(input);
    let Ok(call) = Call::decode(Bytes::copy_from_slice(head), Bytes::copy_from_slice(body)) else { return false };
    let (head, body) = call.encode();
    let again = Call::decode(head, body).expect("what was read can be written");
    assert!(again.op == call.op, "another operation than was read");
    true
}

/// An answer off the wire, looked at and rendered.
pub(crate) fn answer(input: &[u8]) -> bool {
    let (head, body) = halves(input);
    let result = Answer::decode(Bytes::copy_from_slice(head), Bytes::copy_from_slice(body));
    let taken = result.as_ref().is_ok_and(|answer| answer.reply.reply().is_ok());
    let get = Op::from(kv::Get { key: "a".to_owned() });
    let _ = render(&get, Style::default(), result);
    taken
}

pub(crate) fn http_seeds() -> Vec<Vec<u8>> {
    let all = [
        ("GET /v1/kv/a%2fb?recurse&separator=%2F&index=4&wait=10s&stale", ""),
        ("PUT /v1/kv/a?cas=3&flags=42&dc=dc2\nX-Consul-Token: t", "value"),
        ("DELETE /v1/kv/a?recurse=", ""),
        (
            "PUT /v1/txn",
            "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"a\",\"Value\":\"Yg==\"}},{\"Node\":{\"Verb\":\"get\",\"Node\":{\"Node\":\"n\"}}}]",
        ),
        (
            "PUT /v1/catalog/register",
            "{\"Node\":\"n\",\"Address\":\"1.2.3.4\",\"Service\":{\"Service\":\"s\",\"Port\":1},\"Check\":{\"Name\":\"c\",\"Status\":\"passing\"}}",
        ),
        ("PUT /v1/catalog/deregister", "{\"Node\":\"n\",\"ServiceID\":\"s\"}"),
        ("GET /v1/health/service/web?passing&tag=a&near=_agent&filter=Service.Port==80&node-meta=a:b", ""),
        ("GET /v1/catalog/datacenters?pretty\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""),
        ("PUT /v1/operator/autopilot/configuration?cas=1", "{\"CleanupDeadServers\":true,\"LastContactThreshold\":\"200ms\"}"),
        ("GET /v1/status/leader?consistent&max_stale=5s", ""),
    ];
    all.iter().map(|(head, body)| joined(head.as_bytes(), body.as_bytes())).collect()
}

pub(crate) fn call_seeds() -> Vec<Vec<u8>> {
    let put = kv::Put { key: "a".to_owned(), value: Bytes::from_static(b"b"), ..kv::Put::default() };
    let calls = [Call::new(kv::Get { key: "a".to_owned() }), Call::new(put)];
    calls.iter().map(Call::encode).map(|(head, body)| joined(&head, &body)).collect()
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    let entry = kv::Entry { key: "a".to_owned(), value: Bytes::from_static(b"b"), ..kv::Entry::default() };
    let entries = Reply::KvGet(kv::Entries { entries: vec![entry] });
    let answers = [Ok(Answer { reply: Encoded::new(entries), meta: Meta::default() }), Err(Error::no_leader())];
    answers.iter().map(Answer::encode).map(|(head, body)| joined(&head, &body)).collect()
}
