//! Which operation a body is of, without decoding it.

use api::{Error, OPERATIONS, Retry, Row, Scope};
use prost::encoding::{WireType, decode_key, decode_varint};

/// The operation of an opaque body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// One that this build knows.
    Known(&'static Row),
    /// One of a newer build, with this tag.
    Newer(u32),
}

impl Operation {
    /// Reads the one field that a body has. More than one is refused: of two fields the last would count for who decodes
    /// the body, so that what is checked here would not be what is done there.
    ///
    /// # Errors
    /// [`api::Code::Protocol`] for anything but exactly one length-delimited field.
    pub(crate) fn of(body: &[u8]) -> Result<Self, Error> {
        let broken = |why: &str| Error::protocol(format!("call body: {why}"));
        let mut rest = body;
        let (tag, kind) = decode_key(&mut rest).map_err(|error| broken(&error.to_string()))?;
        if kind != WireType::LengthDelimited {
            return Err(broken("not an operation"));
        }
        let len = decode_varint(&mut rest).map_err(|error| broken(&error.to_string()))?;
        if len != rest.len() as u64 {
            return Err(broken("not exactly one operation"));
        }
        Ok(OPERATIONS.iter().find(|row| row.tag == tag).map_or(Self::Newer(tag), Self::Known))
    }

    /// Its name in spans and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Known(row) => row.name,
            Self::Newer(_) => "unknown",
        }
    }

    /// Whether a gateway answers it itself.
    pub(crate) fn is_for_gateways(self) -> bool {
        matches!(self, Self::Known(row) if row.scope == Scope::Gateway)
    }

    /// Whether it may be repeated when nobody knows what became of it.
    pub(crate) fn retry(self) -> Retry {
        match self {
            Self::Known(row) => row.retry,
            Self::Newer(_) => Retry::Once,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::{Op, federation, kv};
    use proptest::prelude::*;

    fn put(key: String, value: Vec<u8>) -> Vec<u8> {
        Op::from(kv::Put { key, value: value.into(), ..Default::default() }).encode_to_vec()
    }

    #[test]
    fn the_first_field_says_which() {
        assert_eq!(Operation::of(&put("a".into(), b"v".to_vec())).unwrap().name(), "kv.put");
        assert_eq!(Operation::of(&Op::from(federation::CaRead {}).encode_to_vec()).unwrap().name(), "ca.roots");
        assert_eq!(Operation::of(&[0xfa, 0x7f, 0x00]).unwrap(), Operation::Newer(2047));
    }

    #[test]
    fn a_second_operation_cannot_hide_behind_the_first() {
        let mut two = put("a".into(), b"v".to_vec());
        two.extend(Op::from(federation::CaUpdate::default()).encode_to_vec());
        assert!(Operation::of(&two).is_err());
        assert!(Operation::of(b"").is_err());
    }

    proptest! {
        #[test]
        fn any_operation_is_known_by_its_tag(key in ".{0,20}", value in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(Operation::of(&put(key, value)).unwrap().name(), "kv.put");
        }

        #[test]
        fn what_is_taken_decodes_to_the_same_operation(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            use prost::Message;
            if let (Ok(Operation::Known(row)), Ok(envelope)) = (Operation::of(&body), api::Envelope::decode(&body[..])) {
                prop_assert_eq!(envelope.into_op().unwrap().row().tag, row.tag);
            }
        }
    }
}
