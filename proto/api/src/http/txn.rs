//! Provisional.
use super::render::to_json;
use super::routes::Route;
use crate::txn::Outcome;
use bytes::Bytes;
use http::Response;
pub(crate) const ROUTES: &[Route] = &[];
pub(crate) fn render(_: &Outcome) -> Option<Response<Bytes>> {
    None
}
pub(crate) fn json(r: &Outcome) -> Bytes {
    to_json(r)
}
