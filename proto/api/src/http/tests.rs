//! Requests as the reference answered them: what they ask, how they are refused, how answers are written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any;
mod ask;
mod coordinate;
mod event;
mod keyring;
mod refuse;
mod virtual_ip;
mod write;

use super::{Context, Origin, Parsed, Rejected, find, parse};
use crate::Op;
use bytes::Bytes;
use http::Request;
use http::request::Parts;

/// A request's head from `GET /v1/kv/a` and headers.
fn head(line: &str, headers: &[(&str, &str)]) -> Parts {
    let (method, uri) = line.split_once(' ').unwrap();
    let builder = headers.iter().fold(Request::builder().method(method).uri(uri), |builder, (name, value)| builder.header(*name, *value));
    builder.body(()).unwrap().into_parts().0
}

fn asked_with(line: &str, headers: &[(&str, &str)], body: &str) -> Result<Parsed, Rejected> {
    let (head, context) = (head(line, headers), Context::default());
    let found = find(&head)?;
    parse(&found, &head, &Bytes::copy_from_slice(body.as_bytes()), &context, Origin::default())
}

fn asked(line: &str) -> Result<Parsed, Rejected> {
    asked_with(line, &[], "value")
}

fn op(line: &str) -> Op {
    match asked(line) {
        Ok(parsed) => (*parsed.call.op).clone(),
        Err(refused) => panic!("{line}: {} {:?}", refused.status(), refused.body()),
    }
}

fn refused(answer: Result<Parsed, Rejected>) -> (u16, String) {
    match answer {
        Ok(parsed) => panic!("it was taken as {:?}", parsed.call.op.name()),
        Err(refused) => (refused.status().as_u16(), String::from_utf8(refused.body().to_vec()).unwrap()),
    }
}
