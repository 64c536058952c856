//! `/v1/kv/*`.

use super::query::uint;
use super::response::{json_response, to_json};
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, Style, bad_request, empty, text};
use crate::kv::{Delete, Entries, Get, Keys, List, Names, Put};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};

pub(crate) const ROUTES: &[Route] = &[Route {
    path: "/v1/kv/",
    endpoints: &[
        Endpoint { method: Method::GET, body: Body::None, ask: get },
        Endpoint { method: Method::PUT, body: Body::Value, ask: put },
        Endpoint { method: Method::DELETE, body: Body::None, ask: delete },
    ],
    namespaced: true,
}];

fn get(request: &Request<'_>) -> Result<Asked, Rejected> {
    let (key, query) = (request.rest.to_owned(), request.query);
    if query.has("keys") {
        let separator = query.get("separator").unwrap_or("").to_owned();
        let root = key.is_empty();
        let asked: Asked = Keys { prefix: key, separator }.into();
        return Ok(Asked { style: Style { root, ..Style::default() }, ..asked });
    }
    if query.has("recurse") {
        return Ok(List { prefix: key }.into());
    }
    if key.is_empty() {
        return Err(bad_request("Missing key name"));
    }
    let asked: Asked = Get { key }.into();
    Ok(Asked { style: Style { raw: query.has("raw"), ..Style::default() }, ..asked })
}

fn put(request: &Request<'_>) -> Result<Asked, Rejected> {
    let (key, query) = (key(request)?, request.query);
    conflict(request, &["cas", "acquire", "release"])?;
    let flags = number(request, "flags")?.unwrap_or(0);
    let cas = number(request, "cas")?;
    let session = |name: &str| query.get(name).map(str::to_owned);
    Ok(Put { key, value: request.body.clone(), flags, cas, acquire: session("acquire"), release: session("release") }.into())
}

fn delete(request: &Request<'_>) -> Result<Asked, Rejected> {
    conflict(request, &["cas", "recurse"])?;
    let recurse = request.query.has("recurse");
    let key = if recurse { request.rest.to_owned() } else { key(request)? };
    Ok(Delete { key, recurse, cas: number(request, "cas")? }.into())
}

fn key(request: &Request<'_>) -> Result<String, Rejected> {
    if request.rest.is_empty() { Err(bad_request("Missing key name")) } else { Ok(request.rest.to_owned()) }
}

/// At most one of `flags` may be given.
fn conflict(request: &Request<'_>, flags: &[&str]) -> Result<(), Rejected> {
    let mut given: Vec<&str> = flags.iter().copied().filter(|flag| request.query.has(flag)).collect();
    if given.len() < 2 {
        return Ok(());
    }
    given.sort_unstable();
    let escaped = |value: &str| percent_encoding::utf8_percent_encode(value, QUERY).to_string().replace("%20", "+");
    let list: Vec<String> = given.iter().map(|flag| format!("{flag}={}", escaped(request.query.get(flag).unwrap_or("")))).collect();
    Err(bad_request(format!("Conflicting flags: {}", list.join("&"))))
}

/// What Go's `net/url` leaves unescaped in a query.
const QUERY: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A number in the query. Consul answers a bad one with a 500 and what Go's parser said.
fn number(request: &Request<'_>, name: &str) -> Result<Option<u64>, Rejected> {
    request.query.get(name).map(uint).transpose().map_err(|why| text(StatusCode::INTERNAL_SERVER_ERROR, why))
}

pub(crate) fn render_get(style: Style, entries: &Entries) -> Option<Response<Bytes>> {
    let Some(entry) = entries.entries.first() else {
        return Some(empty(StatusCode::NOT_FOUND));
    };
    style.raw.then(|| {
        let mut response = Response::new(entry.value.clone());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        // A browser must not take a stored value for a page (CVE-2020-25864).
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        response
    })
}

pub(crate) fn render_list(entries: &Entries) -> Option<Response<Bytes>> {
    entries.entries.is_empty().then(|| empty(StatusCode::NOT_FOUND))
}

pub(crate) fn render_keys(style: Style, names: &Names) -> Option<Response<Bytes>> {
    match (names.names.is_empty(), style.root) {
        (true, false) => Some(empty(StatusCode::NOT_FOUND)),
        (true, true) => Some(json_response(to_json(names))),
        (false, _) => None,
    }
}
