//! Refusals, in Consul's words.

use api::{Code, Error};

pub(crate) fn unknown_service(id: &str) -> Error {
    Error::new(Code::NotFound, format!("unknown service ID: {id}"))
}

pub(crate) fn not_registered(id: &str) -> Error {
    Error::new(Code::NotFound, format!("No service registered with ID {id:?}"))
}

pub(crate) fn no_ttl(id: &str) -> Error {
    Error::failed(format!("CheckID {id:?} does not have associated TTL"))
}

pub(crate) fn too_many(most: usize, what: &str) -> Error {
    Error::new(Code::TooLarge, format!("this agent has {most} {what} already, and takes no more"))
}
