//! What makes two requests the same.

use api::{Call, Consistency, Datacenter, Token};

/// Everything of a call but the trace, and the time left.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    op: Vec<u8>,
    dc: Option<Datacenter>,
    consistency: Consistency,
    token: Token,
    /// What a blocking read waits to be exceeded.
    index: Option<u64>,
}

impl Question {
    pub(crate) fn of(call: &Call) -> Self {
        Self {
            op: call.op.encode_to_vec(),
            dc: call.dc.clone(),
            consistency: call.consistency,
            token: call.token.clone(),
            index: call.wait.map(|wait| wait.index),
        }
    }
}
