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

    /// What a kept answer is found by: the same with `?stale` and without, as in Consul.
    pub(crate) fn kept(call: &Call) -> Self {
        let consistency = match call.consistency {
            Consistency::Stale { .. } => Consistency::Default,
            other => other,
        };
        Self { consistency, ..Self::of(call) }
    }

    pub(crate) fn consistency(&self) -> Consistency {
        self.consistency
    }

    /// About how many bytes a cache holds because of it: itself, the call it was made of, and the key it is found by.
    pub(crate) fn weight(&self) -> usize {
        4 * (self.op.len() + self.token.0.len()) + 1024
    }
}
