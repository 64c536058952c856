//! What comes back, kept encoded and shared by all who asked the same.

use crate::{Consistency, Error, Reply, ReplyEnvelope};
use bytes::Bytes;
use prost::Message;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A reply and what is said about it.
#[derive(Clone)]
pub struct Answer {
    /// The reply, shared.
    pub reply: Encoded,
    /// Index, age, consistency.
    pub meta: Meta,
}

impl Answer {
    /// The header and the body of an answer on the wire; an error is a header alone.
    #[must_use]
    pub fn encode(result: &Result<Self, Error>) -> (Bytes, Bytes) {
        match result {
            Ok(answer) => (AnswerHead { meta: Some(answer.meta.clone()), error: None }.encode_to_vec().into(), answer.reply.wire()),
            Err(error) => (AnswerHead { meta: None, error: Some(error.clone()) }.encode_to_vec().into(), Bytes::new()),
        }
    }

    /// Reads an answer off the wire. The body stays encoded until somebody looks at it.
    ///
    /// # Errors
    /// The error the other side answered with, or [`crate::Code::Lost`] for bytes that are no answer: the call may have been processed.
    pub fn decode(head: Bytes, body: Bytes) -> Result<Self, Error> {
        let head = AnswerHead::decode(head).map_err(|e| Error::new(crate::Code::Lost, format!("answer header: {e}")))?;
        match (head.error, head.meta) {
            (Some(error), _) => Err(error),
            (None, meta) => Ok(Self { reply: Encoded::from_wire(body), meta: meta.unwrap_or_default() }),
        }
    }
}

/// The header of an answer on the wire.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AnswerHead {
    /// What is said about the reply in the body.
    #[prost(message, optional, tag = 1)]
    pub meta: Option<Meta>,
    /// Set when there is no reply.
    #[prost(message, optional, tag = 2)]
    pub error: Option<Error>,
}

/// What is said about a reply.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Meta {
    /// The index of what was read (`X-Consul-Index`); 0 where there is none.
    #[prost(uint64, tag = 1)]
    pub index: u64,
    /// Whether the server that answered knows a leader.
    #[prost(bool, tag = 2)]
    pub known_leader: bool,
    /// Milliseconds since that server heard from the leader; 0 on the leader.
    #[prost(uint64, tag = 3)]
    pub last_contact_ms: u64,
    /// How the read was served: 0 leader, 1 consistent, 2 stale.
    #[prost(uint32, tag = 4)]
    pub served: u32,
    /// Whether the token hid something from the reply.
    #[prost(bool, tag = 5)]
    pub filtered: bool,
    /// Nothing was found: a second look that still finds nothing keeps a blocking read waiting.
    #[prost(bool, tag = 6)]
    pub absent: bool,
    /// Microseconds between the arrival of the call at the process that evaluated it and the evaluation. It proves to whoever
    /// shares the answer that it was evaluated after he asked: not before the call was sent plus this.
    #[prost(uint64, tag = 7)]
    pub held_us: u64,
}

impl Meta {
    /// How the read was served, in the words of `X-Consul-Effective-Consistency`.
    #[must_use]
    pub fn effective_consistency(&self) -> &'static str {
        match self.served {
            1 => "consistent",
            2 => "stale",
            _ => "leader",
        }
    }

    /// Says how the read was served.
    #[must_use]
    pub fn served(mut self, how: Consistency) -> Self {
        self.served = match how {
            Consistency::Default => 0,
            Consistency::Consistent => 1,
            Consistency::Stale { .. } => 2,
        };
        self
    }

    /// See [`Meta::held_us`].
    #[must_use]
    pub fn held(&self) -> Duration {
        Duration::from_micros(self.held_us)
    }
}

/// A reply in up to three forms, each made at most once and then shared: typed, on the wire, as JSON.
///
/// A process that only passes an answer on never decodes it; ten thousand watchers of one service cost one serialisation.
#[derive(Clone)]
pub struct Encoded(Arc<Forms>);

struct Forms {
    typed: OnceLock<Result<Reply, Error>>,
    wire: OnceLock<Bytes>,
    json: OnceLock<Bytes>,
}

impl Encoded {
    /// A reply that was just evaluated.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self(Arc::new(Forms { typed: OnceLock::from(Ok(reply)), wire: OnceLock::new(), json: OnceLock::new() }))
    }

    /// A reply as another process sent it.
    #[must_use]
    pub fn from_wire(body: Bytes) -> Self {
        Self(Arc::new(Forms { typed: OnceLock::new(), wire: OnceLock::from(body), json: OnceLock::new() }))
    }

    /// The reply itself.
    ///
    /// # Errors
    /// [`crate::Code::Protocol`] when another process sent bytes that are no reply.
    pub fn reply(&self) -> Result<&Reply, Error> {
        let decode = || {
            let body = self.0.wire.get().cloned().unwrap_or_default();
            ReplyEnvelope::decode(body).map_err(|e| Error::protocol(format!("answer body: {e}")))?.into_reply()
        };
        self.0.typed.get_or_init(decode).as_ref().map_err(Clone::clone)
    }

    /// The reply as it travels.
    #[must_use]
    pub fn wire(&self) -> Bytes {
        let encode = || match self.0.typed.get() {
            Some(Ok(reply)) => ReplyEnvelope::encode_reply(reply).into(),
            Some(Err(_)) | None => Bytes::new(),
        };
        self.0.wire.get_or_init(encode).clone()
    }

    /// The reply as compact JSON, rendered by `render` the first time.
    ///
    /// # Errors
    /// As [`Encoded::reply`].
    pub fn json(&self, render: impl FnOnce(&Reply) -> Bytes) -> Result<Bytes, Error> {
        if let Some(json) = self.0.json.get() {
            return Ok(json.clone());
        }
        let reply = self.reply()?;
        Ok(self.0.json.get_or_init(|| render(reply)).clone())
    }

    /// Whether both are the same reply, not only equal ones.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// About how many bytes it comes to hold in all its forms, whichever of them it has by now: what a cache counts.
    #[must_use]
    pub fn weight(&self) -> usize {
        let wire = match (self.0.wire.get(), self.0.typed.get()) {
            (Some(wire), _) => wire.len(),
            (None, Some(Ok(reply))) => reply.encoded_len(),
            (None, _) => 0,
        };
        wire.saturating_mul(FORMS)
    }
}

/// How much longer all forms are than the one that travels: instances with their nodes and checks take eleven times as much in memory,
/// and four times as much as JSON (measured).
const FORMS: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test has nobody to hand an error to")]

    use super::*;
    use crate::kv::Names;

    #[test]
    fn a_reply_weighs_the_same_in_whichever_form_it_came() {
        let evaluated = Encoded::new(Reply::KvKeys(Names { names: vec!["key".into(); 100] }));
        let weight = evaluated.weight();
        assert!(weight > FORMS * 300, "{weight}");
        assert_eq!(Encoded::from_wire(evaluated.wire()).weight(), weight);
        evaluated.json(|_| Bytes::from_static(b"[]")).unwrap();
        assert_eq!(evaluated.weight(), weight);
    }
}
