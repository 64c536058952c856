//! What a joining gateway and a member say on the connection for strangers (`delian-join/1`).
//!
//! ```text
//! call A:  Request { 1: Hello { dc } }                          → Answer { 1: Welcome { trust_domain, dc, proof, secret_id } }
//! call B:  Request { 2: Plea { dc, member_dc, request, proof, secret_id } } → Answer { 2: Admitted { signed, proof } }
//! either                                                        → Answer { 3: Refusal { text } }
//! ```
//! Each call is a TLS session of its own, and each proof is of that session, so that none can be used again.

use api::federation::CaSigned;
use bytes::Bytes;
use prost::Message;

/// What a stranger asks.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Request {
    #[prost(oneof = "Question", tags = "1, 2")]
    pub(super) question: Option<Question>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Question {
    #[prost(message, tag = "1")]
    Hello(Hello),
    #[prost(message, tag = "2")]
    Plea(Plea),
}

/// Who are you?
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Hello {
    /// The asker's datacenter.
    #[prost(string, tag = 1)]
    pub(super) dc: String,
}

/// Have this signed for me.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Plea {
    /// The datacenter that wants in.
    #[prost(string, tag = 1)]
    pub(super) dc: String,
    /// The datacenter asked.
    #[prost(string, tag = 2)]
    pub(super) member_dc: String,
    /// PKCS#10 request of its intermediate (DER).
    #[prost(bytes = "bytes", tag = 3)]
    pub(super) request: Bytes,
    /// Proof that the asker holds the secret.
    #[prost(bytes = "bytes", tag = 4)]
    pub(super) proof: Bytes,
    /// Which secret; empty for none.
    #[prost(string, tag = 5)]
    pub(super) secret_id: String,
}

/// What a member answers.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Answer {
    #[prost(oneof = "Outcome", tags = "1, 2, 3")]
    pub(super) outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Outcome {
    #[prost(message, tag = "1")]
    Welcome(Welcome),
    #[prost(message, tag = "2")]
    Admitted(Admitted),
    #[prost(message, tag = "3")]
    Refusal(Refusal),
}

/// This is where you are.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Welcome {
    /// Domain of all SPIFFE ids.
    #[prost(string, tag = 1)]
    pub(super) trust_domain: String,
    /// The member's datacenter.
    #[prost(string, tag = 2)]
    pub(super) dc: String,
    /// Proof that the member holds the secret; empty if it has none.
    #[prost(bytes = "bytes", tag = 3)]
    pub(super) proof: Bytes,
    /// Which secret; empty for none.
    #[prost(string, tag = 4)]
    pub(super) secret_id: String,
}

/// You are in.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Admitted {
    /// The intermediate and the roots.
    #[prost(message, optional, tag = 1)]
    pub(super) signed: Option<CaSigned>,
    /// As in [`Welcome`], of this session.
    #[prost(bytes = "bytes", tag = 2)]
    pub(super) proof: Bytes,
}

/// You are not.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Refusal {
    /// What the operator of the asker reads.
    #[prost(string, tag = 1)]
    pub(super) text: String,
}

impl Question {
    pub(super) fn into_bytes(self) -> Bytes {
        Request { question: Some(self) }.encode_to_vec().into()
    }
}

impl Outcome {
    pub(super) fn into_bytes(self) -> Bytes {
        Answer { outcome: Some(self) }.encode_to_vec().into()
    }
}

impl Request {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn question(bytes: Bytes) -> Result<Question, &'static str> {
        let request = Self::decode(bytes).map_err(|_| "the join request does not decode")?;
        request.question.ok_or("a join request of a kind that this gateway does not know")
    }
}

impl Answer {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn outcome(bytes: Bytes) -> Result<Outcome, &'static str> {
        let answer = Self::decode(bytes).map_err(|_| "the answer to the join does not decode")?;
        answer.outcome.ok_or("an answer to the join of a kind that this gateway does not know")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strangers_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Request::question(bytes.clone().into());
            let _ = Answer::outcome(bytes.into());
        }

        #[test]
        fn what_is_said_is_heard(dc in ".{0,20}", request in proptest::collection::vec(any::<u8>(), 0..100)) {
            let plea = Plea { dc: dc.clone(), member_dc: dc.clone(), request: request.clone().into(), proof: request.into(), secret_id: dc };
            prop_assert_eq!(Request::question(Question::Plea(plea.clone()).into_bytes()).unwrap(), Question::Plea(plea));
        }
    }
}
