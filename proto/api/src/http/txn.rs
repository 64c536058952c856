//! `/v1/txn`.

use super::decode::decode;
use super::response::{json_response, to_json};
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, Style, Written, bad_request, base64, shapes, text};
use crate::Meta;
use crate::catalog::{CheckRow, NodeRow, ServiceRow};
use crate::txn::{
    CheckStep, Failure, Found, KvStep, KvVerb, NodeStep, OPERATION_LIMIT, Outcome, Read, ServiceStep, Step, Subject, Verb, Write,
};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

pub(crate) const ROUTES: &[Route] =
    &[Route { path: "/v1/txn", endpoints: &[Endpoint { method: Method::PUT, body: Body::Transaction, ask }], namespaced: false }];

/// One operation of the body. Go looks at its members in this order, and at the first alone.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Operation {
    #[serde(rename = "KV")]
    kv: Option<OnKey>,
    #[serde(rename = "Node")]
    node: Option<OnNode>,
    #[serde(rename = "Service")]
    service: Option<OnService>,
    #[serde(rename = "Check")]
    check: Option<OnCheck>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnKey {
    verb: String,
    key: String,
    value: String,
    flags: u64,
    index: u64,
    session: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnNode {
    verb: String,
    node: NodeRow,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnService {
    verb: String,
    node: String,
    service: ServiceRow,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnCheck {
    verb: String,
    check: CheckRow,
}

fn ask(request: &Request<'_>) -> Result<Asked, Rejected> {
    let unparsable = |why: &dyn std::fmt::Display| bad_request(format!("Failed to parse body: {why}"));
    let operations: Vec<Operation> = match decode(request.body, &shapes::TXN).map_err(|why| unparsable(&why))? {
        Value::Null => Vec::new(),
        value => serde_json::from_value(value).map_err(|why| unparsable(&why))?,
    };
    if operations.len() > OPERATION_LIMIT {
        let count = operations.len();
        let why = format!("Transaction contains too many operations ({count} > {OPERATION_LIMIT})");
        return Err(text(StatusCode::PAYLOAD_TOO_LARGE, why));
    }
    let mut steps = Vec::with_capacity(operations.len());
    let mut writes = false;
    for operation in operations {
        let (subject, is_read) = operation.subject(request)?;
        writes |= !is_read;
        steps.push(Step { subject });
    }
    Ok(if writes { Write { steps }.into() } else { Read { steps }.into() })
}

impl Operation {
    /// What it is about, and whether it only looks.
    fn subject(self, request: &Request<'_>) -> Result<(Option<Subject>, bool), Rejected> {
        if let Some(op) = self.kv {
            return op.subject(request);
        }
        if let Some(mut op) = self.node {
            if op.node.datacenter.is_empty() {
                op.node.datacenter = request.query.get("dc").filter(|dc| !dc.is_empty()).unwrap_or(&request.context.datacenter).to_owned();
            }
            let step = |verb: Verb| Subject::Node(NodeStep { verb: verb.into(), node: Some(op.node) });
            return Ok(known("Node", &op.verb, step));
        }
        if let Some(op) = self.service {
            let step = |verb: Verb| Subject::Service(ServiceStep { verb: verb.into(), node: op.node, service: Some(op.service) });
            return Ok(known("Service", &op.verb, step));
        }
        if let Some(op) = self.check {
            return Ok(known("Check", &op.verb, |verb: Verb| Subject::Check(CheckStep { verb: verb.into(), check: Some(op.check) })));
        }
        Ok((None, true))
    }
}

impl OnKey {
    fn subject(self, request: &Request<'_>) -> Result<(Option<Subject>, bool), Rejected> {
        let value =
            base64(&self.value).map_err(|at| bad_request(format!("Failed to parse body: illegal base64 data at input byte {at}")))?;
        let limit = request.context.kv_max_value_size;
        if value.len() > limit {
            let why = format!("Value for key {:?} is too large ({} > {limit} bytes)", self.key, value.len());
            return Err(text(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        let Some(verb) = KvVerb::parse(&self.verb) else {
            return Ok((Some(Subject::Unknown(format!("unknown KV verb {:?}", self.verb))), true));
        };
        let Self { key, flags, index, session, .. } = self;
        let step = KvStep { verb: verb.into(), key, value: value.into(), flags, index, session };
        Ok((Some(Subject::Kv(step)), verb.is_read()))
    }
}

fn known(of: &str, verb: &str, step: impl FnOnce(Verb) -> Subject) -> (Option<Subject>, bool) {
    match Verb::parse(verb) {
        Some(verb) => (Some(step(verb)), verb == Verb::Get),
        None => (Some(Subject::Unknown(format!("unknown {of} verb {verb:?}"))), false),
    }
}

/// A transaction that only looked says in its body what others say in headers; and, like Consul's, never an index.
pub(crate) fn render_read(outcome: &Outcome, meta: &Meta, style: Style) -> Response<Written> {
    let seen = Seen {
        outcome: Said::from(outcome),
        index: 0,
        last_contact: meta.last_contact_ms.saturating_mul(1_000_000),
        known_leader: meta.known_leader,
        consistency_level: "",
    };
    respond(outcome, to_json(&seen), style)
}

/// A transaction that was rolled back; `None` for one that was not.
pub(crate) fn render_rolled_back(outcome: &Outcome, style: Style) -> Option<Response<Written>> {
    (!outcome.errors.is_empty()).then(|| respond(outcome, json(outcome), style))
}

pub(crate) fn json(outcome: &Outcome) -> Bytes {
    to_json(&Said::from(outcome))
}

fn respond(outcome: &Outcome, body: Bytes, style: Style) -> Response<Written> {
    let mut response = json_response(Written::json(body, style));
    if !outcome.errors.is_empty() {
        *response.status_mut() = StatusCode::CONFLICT;
    }
    response
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Seen<'r> {
    #[serde(flatten)]
    outcome: Said<'r>,
    index: u64,
    last_contact: u64,
    known_leader: bool,
    consistency_level: &'static str,
}

/// Results or errors; the other is `null`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Said<'r> {
    results: Option<Vec<Shown<'r>>>,
    errors: Option<&'r [Failure]>,
}

impl<'r> From<&'r Outcome> for Said<'r> {
    fn from(outcome: &'r Outcome) -> Self {
        if outcome.errors.is_empty() {
            return Self { results: Some(outcome.results.iter().map(Shown).collect()), errors: None };
        }
        Self { results: None, errors: Some(&outcome.errors) }
    }
}

/// A result. Everywhere else Consul makes an empty list of tags that nobody set; here it says `null`.
struct Shown<'r>(&'r Found);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = serde_json::to_value(self.0).map_err(serde::ser::Error::custom)?;
        for tags in ["/Service/Tags", "/Check/ServiceTags"] {
            if let Some(tags) = shown.pointer_mut(tags)
                && tags.as_array().is_some_and(Vec::is_empty)
            {
                *tags = Value::Null;
            }
        }
        shown.serialize(serializer)
    }
}
