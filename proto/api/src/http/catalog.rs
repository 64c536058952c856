//! Provisional.
use super::render::to_json;
use super::routes::{Body, Endpoint, Route};
use crate::catalog::*;
use crate::{Op, Reply};
use bytes::Bytes;
use http::{Method, Response};
pub(crate) const ROUTES: &[Route] = &[Route {
    path: "/v1/catalog/datacenters",
    endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(Datacenters {}.into()) }],
    namespaced: false,
}];
pub(crate) fn render(_: &Op, _: &Reply) -> Option<Response<Bytes>> {
    None
}
pub(crate) fn nodes_json(r: &NodeList) -> Bytes {
    to_json(&r.nodes)
}
pub(crate) fn services_json(_: &ServiceTags) -> Bytes {
    Bytes::new()
}
pub(crate) fn instances_json(_: &Instances) -> Bytes {
    Bytes::new()
}
pub(crate) fn node_json(_: &NodeServices) -> Bytes {
    Bytes::new()
}
