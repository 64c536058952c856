//! Answers as HTTP responses. `null` against `[]` and the other quirks are the endpoints', in thin wrappers of one model.

use super::response::{Style, empty, json_response, rejected, to_json};
use super::watched::is_watched;
use super::{Written, agent, catalog, coordinate, event, kv, local, operator, prepared, txn};
use crate::{Answer, Code, Error, Local, Meta, Op, Read, Reply};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// Writes an answer.
#[must_use]
pub fn render(op: &Op, style: Style, result: Result<Answer, Error>) -> Response<Written> {
    match result.and_then(|answer| try_render(style, &answer).map(|response| with_meta(op, response, &answer.meta))) {
        Ok(response) => response,
        Err(error) => plain(refused(op, &error)),
    }
}

fn refused(op: &Op, error: &Error) -> Response<Bytes> {
    let mut response = rejected(error);
    if tells_all(op) && !(error.kind() == Code::NotFound && about_queries(op)) {
        let headers = response.headers_mut();
        headers.insert(INDEX, HeaderValue::from_static("1"));
        headers.insert(KNOWN_LEADER, HeaderValue::from_static("false"));
        headers.insert(LAST_CONTACT, HeaderValue::from_static("0"));
    }
    if matches!(op, Op::Local(Local::AgentMetrics(_))) && error.kind() == Code::BadRequest {
        // The one refusal there is: the format is not enabled.
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    response
}

/// Catalog, health and queries: these say how they were served, and something of an index even when they fail.
fn tells_all(op: &Op) -> bool {
    let of_keys = |read: &Read| matches!(read, Read::KvGet(_) | Read::KvList(_) | Read::KvKeys(_));
    let of_coordinates = |read: &Read| matches!(read, Read::CoordinateNodes(_) | Read::CoordinateNode(_));
    (is_watched(op) || about_queries(op)) && !matches!(op, Op::Read(read) if of_keys(read) || of_coordinates(read))
}

/// A query is looked for under its name, and what is not there is not found: the only reads of which that is true.
fn about_queries(op: &Op) -> bool {
    matches!(op, Op::Read(Read::QueryRead(_) | Read::QueryExplain(_)) | Op::Local(Local::QueryExecute(_)))
}

fn try_render(style: Style, answer: &Answer) -> Result<Response<Written>, Error> {
    let reply = answer.reply.reply()?;
    if let Some(response) = special(style, answer, reply) {
        return Ok(response);
    }
    let mut response = json_response(Written::json(answer.reply.json(json)?, style));
    if let Reply::EventList(list) = reply {
        response.headers_mut().insert(INDEX, HeaderValue::from(list.index));
    }
    if let Reply::AutopilotHealth(health) = reply
        && !health.healthy
    {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    }
    Ok(response)
}

/// Answers that are not their reply's JSON under a 200.
fn special(style: Style, answer: &Answer, reply: &Reply) -> Option<Response<Written>> {
    match reply {
        Reply::KvGet(entries) => kv::render_get(style, entries).map(plain),
        Reply::KvList(entries) => kv::render_list(entries).map(plain),
        Reply::KvKeys(names) => kv::render_keys(style, names).map(plain),
        Reply::CoordinateNode(nodes) => coordinate::render_node(nodes).map(plain),
        Reply::CoordinateUpdate(_) => Some(plain(empty(StatusCode::OK))),
        Reply::TxnRead(outcome) => Some(txn::render_read(outcome, &answer.meta, style)),
        Reply::Txn(outcome) => txn::render_rolled_back(outcome, style),
        Reply::QueryExecute(executed) => Some(prepared::render_executed(executed, &answer.meta, style)),
        Reply::QueryExplain(explained) => Some(prepared::render_explained(explained, &answer.meta, style)),
        Reply::QueryUpdate(_) | Reply::QueryDelete(_) => Some(plain(empty(StatusCode::OK))),
        Reply::AgentSelf(document)
        | Reply::AgentMetrics(document)
        | Reply::AgentVersion(document)
        | Reply::AgentHost(document)
        | Reply::FederationExplain(document) => Some(agent::render_document(document, style)),
        Reply::AgentJoin(_)
        | Reply::AgentLeave(_)
        | Reply::AgentForceLeave(_)
        | Reply::AgentMonitor(_)
        | Reply::AgentServiceRegister(_)
        | Reply::AgentServiceDeregister(_)
        | Reply::AgentServiceMaintenance(_)
        | Reply::AgentMaintenance(_)
        | Reply::AgentCheckRegister(_)
        | Reply::AgentCheckDeregister(_)
        | Reply::AgentCheckUpdate(_)
        | Reply::AgentReload(_) => Some(plain(empty(StatusCode::OK))),
        Reply::AgentService(service) => Some(local::render_service(service, style)),
        Reply::AgentHealthById(health) | Reply::AgentHealthByName(health) => Some(local::render_health(health, style)),
        Reply::RaftRemovePeer(_) | Reply::KeyringChange(_) => Some(plain(empty(StatusCode::OK))),
        _ => None,
    }
}

fn plain(response: Response<Bytes>) -> Response<Written> {
    response.map(Written::Plain)
}

/// The compact JSON of a reply: a function of the reply alone, so that it can be shared.
fn json(reply: &Reply) -> Bytes {
    match reply {
        Reply::KvGet(r) | Reply::KvList(r) => to_json(r),
        Reply::KvKeys(r) => to_json(r),
        Reply::KvPut(r) | Reply::KvDelete(r) | Reply::KvReap(r) => to_json(r),
        Reply::TxnRead(r) | Reply::Txn(r) => txn::json(r),
        Reply::CatalogNodes(r) => to_json(r),
        Reply::CatalogServices(r) => catalog::services_json(r),
        Reply::CatalogService(r) => to_json(r),
        Reply::CatalogNode(r) => catalog::node_json(r),
        Reply::VirtualIpsAssign(r) => to_json(r),
        Reply::CatalogRegister(_) | Reply::CatalogDeregister(_) => Bytes::from_static(b"true"),
        Reply::EventFire(r) => to_json(r),
        Reply::EventList(r) => event::list_json(r),
        Reply::CoordinateNodes(r) | Reply::CoordinateNode(r) => to_json(r),
        Reply::CoordinateDatacenters(r) => to_json(r),
        Reply::CoordinateUpdate(_) => Bytes::new(),
        Reply::HealthNode(r) | Reply::HealthChecks(r) | Reply::HealthState(r) => to_json(r),
        Reply::HealthService(r) => to_json(r),
        Reply::AutopilotConfiguration(r) => to_json(r),
        Reply::AutopilotUpdate(r) | Reply::CaUpdate(r) | Reply::CaInstall(r) | Reply::DatacenterUpdate(r) | Reply::RaftRemovePeer(r) => {
            to_json(r)
        }
        Reply::KeyringList(r) => to_json(r),
        Reply::KeyringChange(_) => Bytes::new(),
        Reply::RaftTransferLeader(r) => operator::success_json(r),
        Reply::StatusLeader(r) => to_json(r),
        Reply::StatusPeers(r) => to_json(r),
        Reply::RaftConfiguration(r) => to_json(r),
        Reply::AutopilotHealth(r) => to_json(r),
        Reply::AutopilotState(r) => operator::state_json(r),
        Reply::Datacenters(r) => to_json(r),
        Reply::AgentMembers(r) => to_json(r),
        Reply::AgentJoin(_)
        | Reply::AgentLeave(_)
        | Reply::AgentForceLeave(_)
        | Reply::AgentMonitor(_)
        | Reply::AgentServiceRegister(_)
        | Reply::AgentServiceDeregister(_)
        | Reply::AgentServiceMaintenance(_)
        | Reply::AgentMaintenance(_)
        | Reply::AgentCheckRegister(_)
        | Reply::AgentCheckDeregister(_)
        | Reply::AgentCheckUpdate(_)
        | Reply::AgentReload(_) => Bytes::new(),
        Reply::AgentServices(r) => local::services_json(r),
        Reply::AgentChecks(r) => local::checks_json(r),
        Reply::AgentService(r) => local::service_json(r),
        Reply::AgentHealthById(r) | Reply::AgentHealthByName(r) => local::health_json(r),
        Reply::AgentSelf(r) | Reply::AgentMetrics(r) | Reply::AgentVersion(r) | Reply::AgentHost(r) | Reply::FederationExplain(r) => {
            Bytes::from(r.text.clone())
        }
        Reply::QueryRead(r) => to_json(r),
        Reply::QueryCreate(r) => to_json(r),
        Reply::QueryUpdate(_) | Reply::QueryDelete(_) => Bytes::new(),
        // Nothing renders certificates here, nor what processes ask of each other: these operations have no endpoint.
        Reply::CaRoots(_)
        | Reply::CaSign(_)
        | Reply::CaRequest(_)
        | Reply::CatalogAddress(_)
        | Reply::CatalogVirtualIp(_)
        | Reply::VirtualIpsStart(_)
        | Reply::QueryExplain(_)
        | Reply::QueryResolve(_)
        | Reply::QueryInstances(_)
        | Reply::QueryFailover(_)
        | Reply::QueryExecute(_)
        | Reply::QueryServe(_) => Bytes::from_static(b"null"),
    }
}

const INDEX: HeaderName = HeaderName::from_static("x-consul-index");
const KNOWN_LEADER: HeaderName = HeaderName::from_static("x-consul-knownleader");
const LAST_CONTACT: HeaderName = HeaderName::from_static("x-consul-lastcontact");
const CONSISTENCY: HeaderName = HeaderName::from_static("x-consul-effective-consistency");
const BACKEND: HeaderName = HeaderName::from_static("x-consul-query-backend");
const FILTERED: HeaderName = HeaderName::from_static("x-consul-results-filtered-by-acls");

fn with_meta(op: &Op, mut response: Response<Written>, meta: &Meta) -> Response<Written> {
    let indexed = is_watched(op) || about_queries(op);
    if !indexed && !matches!(op, Op::Read(Read::TxnRead(_))) {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(KNOWN_LEADER, HeaderValue::from_static(if meta.known_leader { "true" } else { "false" }));
    headers.insert(LAST_CONTACT, HeaderValue::from(meta.last_contact_ms));
    if indexed {
        // Who cannot wait has no use for an index.
        headers.insert(INDEX, HeaderValue::from(if is_watched(op) { meta.index.max(1) } else { 1 }));
        headers.insert(BACKEND, HeaderValue::from_static("blocking-query"));
    }
    if tells_all(op) {
        headers.insert(CONSISTENCY, HeaderValue::from_static(meta.effective_consistency()));
    }
    if meta.filtered {
        headers.insert(FILTERED, HeaderValue::from_static("true"));
    }
    response
}
