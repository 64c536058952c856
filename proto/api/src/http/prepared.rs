//! `/v1/query/*`.

use super::decode::{Shape, Struct, decode};
use super::response::{json_response, to_json};
use super::route::{Body, Endpoint, Route};
use super::select::address;
use super::{Asked, Rejected, Request, Style, Written, bad_request, text};
use crate::Meta;
use crate::query::{BODY_LIMIT, Create, Delete, Dns, Execute, Executed, Explain, Explained, Query, Read, Source, Update};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/query",
        endpoints: &[
            Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(Read { id: None }.into()) },
            Endpoint { method: Method::POST, body: Body::Json(BODY_LIMIT), ask: create },
        ],
        namespaced: false,
    },
    Route {
        path: "/v1/query/",
        endpoints: &[
            Endpoint { method: Method::GET, body: Body::None, ask: |request| Ok(Read { id: Some(request.rest.to_owned()) }.into()) },
            Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: update },
            Endpoint { method: Method::DELETE, body: Body::None, ask: |request| Ok(Delete { id: request.rest.to_owned() }.into()) },
        ],
        namespaced: false,
    },
    Route {
        path: "/v1/query/*/execute",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: execute }],
        namespaced: false,
    },
    Route {
        path: "/v1/query/*/explain",
        endpoints: &[Endpoint {
            method: Method::GET,
            body: Body::None,
            ask: |request| Ok(Explain { query: request.rest.to_owned() }.into()),
        }],
        namespaced: false,
    },
];

fn create(request: &Request<'_>) -> Result<Asked, Rejected> {
    let query = definition(request)?;
    if !query.id.is_empty() {
        return Err(failed("ID must be empty when creating a new prepared query"));
    }
    Ok(Create { query }.into())
}

/// The id in the path counts, whatever the body says.
fn update(request: &Request<'_>) -> Result<Asked, Rejected> {
    let query = Query { id: request.rest.to_owned(), ..definition(request)? };
    Ok(Update { query }.into())
}

fn definition(request: &Request<'_>) -> Result<Query, Rejected> {
    let unparsable = |why: &dyn std::fmt::Display| bad_request(format!("Request decode failed: {why}"));
    match decode(request.body, &QUERY).map_err(|why| unparsable(&why))? {
        Value::Null => Ok(Query::default()),
        given => serde_json::from_value(given).map_err(|why| unparsable(&why)),
    }
}

fn execute(request: &Request<'_>) -> Result<Asked, Rejected> {
    let query = request.query;
    let limit = match query.filled("limit") {
        None => 0,
        // What is below 0 is as good as none.
        Some(given) => given.parse::<i64>().map_err(|_| failed(format!("Bad limit: strconv.Atoi: parsing {given:?}: invalid syntax")))?,
    };
    let connect = match query.filled("connect") {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some(given) => {
            return Err(failed(format!("Error parsing 'connect' value: strconv.ParseBool: parsing {given:?}: invalid syntax")));
        }
    };
    let source = Source { node: request.context.node.clone(), address: address(request), near: query.get("near").unwrap_or("").to_owned() };
    Ok(Execute { query: request.rest.to_owned(), source, limit: limit.clamp(0, i64::from(u32::MAX)) as u32, connect }.into())
}

fn failed(why: impl Into<String>) -> Rejected {
    text(StatusCode::INTERNAL_SERVER_ERROR, why)
}

const fn strict(name: &'static str, fields: &'static [(&'static str, Shape)]) -> Struct {
    Struct { name, fields, aliases: &[], lenient: false, snake: false, without: &[] }
}

const STRINGS: Shape = Shape::List("[]string", &Shape::String);
const PAIRS: Shape = Shape::Map("map[string]string", &Shape::String);

const QUERY: Shape = Shape::Struct(&strict(
    "structs.PreparedQuery",
    &[
        ("ID", Shape::String),
        ("Name", Shape::String),
        ("Session", Shape::String),
        ("Token", Shape::String),
        (
            "Template",
            Shape::Struct(&strict(
                "structs.QueryTemplateOptions",
                &[("Type", Shape::String), ("Regexp", Shape::String), ("RemoveEmptyTags", Shape::Bool)],
            )),
        ),
        ("Service", SERVICE),
        ("DNS", Shape::Struct(&strict("structs.QueryDNSOptions", &[("TTL", Shape::String)]))),
        ("CreateIndex", Shape::Uint),
        ("ModifyIndex", Shape::Uint),
    ],
));

const SERVICE: Shape = Shape::Struct(&strict(
    "structs.ServiceQuery",
    &[
        ("Service", Shape::String),
        // Enterprise; taken, and of no effect.
        ("SamenessGroup", Shape::String),
        ("Failover", FAILOVER),
        ("OnlyPassing", Shape::Bool),
        ("IgnoreCheckIDs", Shape::List("[]types.CheckID", &Shape::Named("types.CheckID"))),
        ("Near", Shape::String),
        ("Tags", STRINGS),
        ("NodeMeta", PAIRS),
        ("ServiceMeta", PAIRS),
        ("Connect", Shape::Bool),
        ("Namespace", Shape::Enterprise),
        ("Partition", Shape::Enterprise),
    ],
));

const FAILOVER: Shape = Shape::Struct(&strict(
    "structs.QueryDatacenterOptions",
    &[("NearestN", Shape::Int), ("Datacenters", STRINGS), ("Targets", Shape::List("[]structs.QueryFailoverTarget", &TARGET))],
));

const TARGET: Shape = Shape::Struct(&strict(
    "structs.QueryFailoverTarget",
    &[("Peer", Shape::String), ("Datacenter", Shape::String), ("Namespace", Shape::Enterprise), ("Partition", Shape::Enterprise)],
));

/// What was found, and what others say in headers.
pub(crate) fn render_executed(executed: &Executed, meta: &Meta, style: Style) -> Response<Written> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Shown<'r> {
        service: &'r str,
        nodes: Vec<Value>,
        #[serde(rename = "DNS")]
        dns: &'r Dns,
        datacenter: &'r str,
        failovers: u32,
        #[serde(flatten)]
        seen: Seen,
    }
    let Executed { service, instances, dns, datacenter, failovers } = executed;
    let nodes = instances.iter().map(|instance| as_nobody_set(serde_json::to_value(instance).unwrap_or_default())).collect();
    respond(to_json(&Shown { service, nodes, dns, datacenter, failovers: *failovers, seen: Seen::of(meta) }), style)
}

/// A definition with its template filled in.
pub(crate) fn render_explained(explained: &Explained, meta: &Meta, style: Style) -> Response<Written> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Shown<'r> {
        query: &'r Query,
        #[serde(flatten)]
        seen: Seen,
    }
    respond(to_json(&Shown { query: &explained.query, seen: Seen::of(meta) }), style)
}

fn respond(body: Bytes, style: Style) -> Response<Written> {
    json_response(Written::json(body, style))
}

/// Never an index: who executes a query cannot wait.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Seen {
    index: u64,
    last_contact: u64,
    known_leader: bool,
    consistency_level: &'static str,
}

impl Seen {
    fn of(meta: &Meta) -> Self {
        Self {
            index: 0,
            last_contact: meta.last_contact_ms.saturating_mul(1_000_000),
            known_leader: meta.known_leader,
            consistency_level: meta.effective_consistency(),
        }
    }
}

/// An instance with `null` for each list that nobody set: everywhere else Consul makes it an empty one.
fn as_nobody_set(mut instance: Value) -> Value {
    let nothing = |list: &mut Value| {
        if list.as_array().is_some_and(Vec::is_empty) {
            *list = Value::Null;
        }
    };
    if let Some(checks) = instance.pointer_mut("/Checks").and_then(Value::as_array_mut) {
        checks.iter_mut().filter_map(|check| check.get_mut("ServiceTags")).for_each(nothing);
    }
    for lists in ["/Checks", "/Service/Tags"] {
        instance.pointer_mut(lists).map(nothing);
    }
    instance
}
