//! What a caller is told when nothing was signed.

use api::{Code, Error};
use ca::issue::IssueError;
use ca::spiffe::DcName;

/// A refusal by [`ca::issue`]: the request's fault, or ours.
pub(super) fn by_issuer(error: &IssueError) -> Error {
    match error {
        IssueError::Csr(refused) => Error::bad_request(refused.to_string()),
        other => Error::failed(other.to_string()),
    }
}

/// Normal while a datacenter is being joined: ask again later.
pub(super) fn no_intermediate(dc: &DcName) -> Error {
    Error::new(Code::NotFound, format!("datacenter {dc} has no intermediate certificate yet"))
}
