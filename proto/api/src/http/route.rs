//! What there is under a path.

use super::{Asked, Rejected, Request};
use http::Method;

/// An endpoint's path, and what its methods do.
pub(crate) struct Route {
    /// Ends with `/` when something may follow; where it stands before the end, there is a `*`.
    pub(crate) path: &'static str,
    pub(crate) endpoints: &'static [Endpoint],
    /// Whether Consul's namespaces would apply, so that naming one is an error here.
    pub(crate) namespaced: bool,
}

/// One method of a route.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) body: Body,
    pub(crate) ask: fn(&Request<'_>) -> Result<Asked, Rejected>,
}

/// How large a body an endpoint takes.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// It ignores bodies.
    None,
    /// The value of a key.
    Value,
    /// A transaction.
    Transaction,
    /// This many bytes of JSON.
    Json(usize),
}
