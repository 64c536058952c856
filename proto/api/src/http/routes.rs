//! Which endpoint a request is for. The method is checked before anything else is looked at.

use super::query::{self, BadPath};
use super::response::json_response;
use super::route::{Body, Endpoint, Route};
use super::{
    Asked, Context, Rejected, Request, agent, bad_request, catalog, coordinate, empty, event, health, keyring, kv, local, operator,
    prepared, text, txn, virtual_ip,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};

const FAMILIES: &[&[Route]] = &[
    kv::ROUTES,
    txn::ROUTES,
    catalog::ROUTES,
    virtual_ip::ROUTES,
    coordinate::ROUTES,
    event::ROUTES,
    health::ROUTES,
    operator::ROUTES,
    keyring::ROUTES,
    prepared::ROUTES,
    agent::ROUTES,
    local::ROUTES,
];

/// The endpoint that a request is for.
pub struct Found {
    route: &'static Route,
    endpoint: &'static Endpoint,
    path: String,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.endpoint.method, self.route.path)
    }
}

/// Finds the endpoint of a request.
///
/// # Errors
/// The answer to a request that is for none: 404, 405, 301 to the clean path, 200 to `OPTIONS`.
pub fn find(head: &http::request::Parts) -> Result<Found, Rejected> {
    if head.uri.path() == "*" {
        // `OPTIONS *` asks about the server as a whole.
        return Err(empty(if head.method == Method::OPTIONS { StatusCode::OK } else { StatusCode::BAD_REQUEST }));
    }
    let path = query::path(head.uri.path()).map_err(|bad| match bad {
        BadPath::Escape => text(StatusCode::BAD_REQUEST, "400 Bad Request"),
        BadPath::NotUtf8 => text(StatusCode::BAD_REQUEST, "the path is not UTF-8"),
    })?;
    if !is_printable(&path) {
        return Err(empty(StatusCode::BAD_REQUEST));
    }
    if !is_clean(&path) {
        let clean = cleaned(&path);
        return Err(moved(with_slash(&clean).as_deref().unwrap_or(&clean), head));
    }
    let Some(route) = lookup(&path) else {
        return Err(unknown(&path, head));
    };
    match route.endpoints.iter().find(|endpoint| endpoint.method == head.method) {
        Some(endpoint) => Ok(Found { route, endpoint, path }),
        None => Err(other_method(route, &head.method)),
    }
}

impl Found {
    /// The path behind the endpoint's own, or in the place of its `*`.
    pub(crate) fn rest(&self) -> &str {
        let (before, behind) = self.route.path.split_once('*').unwrap_or((self.route.path, ""));
        let rest = self.path.get(before.len()..).unwrap_or("");
        rest.strip_suffix(behind).unwrap_or("")
    }

    /// The greatest body it takes, in bytes; 0 when it ignores bodies.
    #[must_use]
    pub fn body_limit(&self, context: &Context) -> usize {
        match self.endpoint.body {
            Body::None => 0,
            Body::Value => context.kv_max_value_size,
            Body::Transaction => context.txn_max_req_len.max(context.kv_max_value_size),
            Body::Json(limit) => limit,
        }
    }

    /// The answer to a larger body; `size` when the request says it.
    #[must_use]
    pub fn too_large(&self, size: Option<u64>, context: &Context) -> Response<Bytes> {
        let limit = self.body_limit(context);
        let size = size.map_or_else(|| format!("more than {limit}"), |size| size.to_string());
        let key = match self.endpoint.body {
            Body::Value => "kv_max_value_size",
            Body::Transaction => "txn_max_req_len",
            Body::None | Body::Json(_) => "",
        };
        let see = if key.is_empty() { String::new() } else { format!(" See https://www.consul.io/docs/agent/options.html#{key}.") };
        text(StatusCode::PAYLOAD_TOO_LARGE, format!("Request body({size} bytes) too large, max size: {limit} bytes.{see}"))
    }

    /// A name for metrics and spans: the route, without what follows it.
    #[must_use]
    pub fn route(&self) -> &'static str {
        self.route.path
    }

    pub(crate) fn ask(&self, request: &Request<'_>) -> Result<Asked, Rejected> {
        (self.endpoint.ask)(request)
    }

    pub(crate) fn check_namespace(&self, request: &Request<'_>) -> Result<(), Rejected> {
        if !self.route.namespaced {
            return Ok(());
        }
        let enterprise = "are a Consul Enterprise feature";
        if request.query.filled("ns").is_some() {
            return Err(bad_request(format!("Invalid query parameter: \"ns\" - Namespaces {enterprise}")));
        }
        if request.headers.get("x-consul-namespace").is_some_and(|ns| !ns.is_empty()) {
            return Err(bad_request(format!("Invalid header: \"X-Consul-Namespace\" - Namespaces {enterprise}")));
        }
        if request.query.filled("partition").is_some() {
            return Err(bad_request(format!("Invalid query parameter: \"partition\" - Partitions {enterprise}")));
        }
        Ok(())
    }
}

/// The route with the longest path that fits.
fn lookup(path: &str) -> Option<&'static Route> {
    let routes = FAMILIES.iter().flat_map(|family| family.iter());
    let fits = |route: &&Route| match route.path.split_once('*') {
        // What is in the place of the star may be nothing, and is so when the slashes beside it are one.
        Some((before, behind)) => path.starts_with(before) && path.ends_with(behind),
        None if route.path.ends_with('/') => path.starts_with(route.path),
        None => path == route.path,
    };
    routes.filter(fits).max_by_key(|route| route.path.len())
}

/// The path of a route that only lacks its last slash: Go's mux sends the client there.
fn with_slash(path: &str) -> Option<String> {
    let lacking = |route: &&Route| route.path.strip_suffix('/') == Some(path);
    FAMILIES.iter().flat_map(|family| family.iter()).find(lacking).map(|route| route.path.to_owned())
}

fn unknown(path: &str, head: &http::request::Parts) -> Rejected {
    if let Some(path) = with_slash(path) {
        return moved(&path, head);
    }
    if path == "/" {
        // What tools that look for a Consul look for.
        return text(StatusCode::OK, "Consul Agent");
    }
    let why = if path.contains("/v1/") {
        "Invalid URL path: not a recognized HTTP API endpoint\n"
    } else {
        "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n"
    };
    text(StatusCode::NOT_FOUND, why)
}

/// Below this path Consul looks at methods by another way than elsewhere.
const OWN_METHODS: &str = "/v1/query/";

fn other_method(route: &Route, method: &Method) -> Rejected {
    let mut allowed = route.endpoints.iter().fold("OPTIONS".to_owned(), |list, endpoint| list + "," + endpoint.method.as_str());
    let own = route.path.starts_with(OWN_METHODS);
    let mut response = if method == Method::OPTIONS {
        if own { json_response(Bytes::from_static(b"{}")) } else { empty(StatusCode::OK) }
    } else {
        if own {
            allowed = allowed.replace("OPTIONS,", "");
        }
        text(StatusCode::METHOD_NOT_ALLOWED, format!("method {method} not allowed"))
    };
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

fn moved(path: &str, head: &http::request::Parts) -> Rejected {
    let escaped = percent_encoding::utf8_percent_encode(path, PATH);
    let location = head.uri.query().map_or_else(|| escaped.to_string(), |query| format!("{escaped}?{query}"));
    let mut response = if head.method == Method::GET || head.method == Method::HEAD {
        let shown = location.replace('&', "&amp;").replace('"', "&#34;").replace('<', "&lt;").replace('>', "&gt;");
        let mut response = text(StatusCode::MOVED_PERMANENTLY, format!("<a href=\"{shown}\">Moved Permanently</a>.\n\n"));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response
    } else {
        empty(StatusCode::MOVED_PERMANENTLY)
    };
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// What Go's `net/url` leaves unescaped in a path.
const PATH: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// Whether Go would print all of it as it is (`unicode.IsPrint`): no control, format, private or unassigned characters, and of blanks
/// only the space.
fn is_printable(path: &str) -> bool {
    path.bytes().all(|byte| matches!(byte, b' '..=b'~')) || path.chars().all(is_printable_char)
}

fn is_printable_char(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library escapes by the same categories. Behind another character it leaves combining ones alone, as Go does.
    let mut behind_another = String::from("a");
    behind_another.push(c);
    behind_another.escape_debug().nth(1) == Some(c)
}

/// Whether there are no empty, `.` or `..` segments in it.
fn is_clean(path: &str) -> bool {
    let Some(behind) = path.strip_prefix('/') else { return false };
    let behind = behind.strip_suffix('/').unwrap_or(behind);
    path == "/" || behind.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// The path without such segments.
fn cleaned(path: &str) -> String {
    let mut clean: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(clean.pop()),
            segment => clean.push(segment),
        }
    }
    let last = if path.ends_with('/') && !clean.is_empty() { "/" } else { "" };
    format!("/{}{last}", clean.join("/"))
}
