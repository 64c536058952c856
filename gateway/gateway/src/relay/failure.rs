//! What a failed link call says: to the caller, to the topology, and about another try. Pure.

use api::{Code, Error, Retry};
use link::{LinkError, Lost, NotSent};
use topology::CallFailure;

/// What the caller would read if nobody else can be asked.
pub(crate) fn error_of(error: &LinkError, gateway: &str) -> Error {
    let code = match error {
        LinkError::NotSent { why: NotSent::TooBig { .. } | NotSent::RefusedSize, .. } => Code::TooLarge,
        LinkError::NotSent { why: NotSent::RefusedForm, .. } => Code::Unsupported,
        LinkError::NotSent { why: NotSent::Busy, .. } => Code::Busy,
        LinkError::Lost { why: Lost::TimedOut, .. } => Code::TimedOut,
        LinkError::Lost { why: Lost::TooBig, .. } => Code::Failed,
        LinkError::NotSent { .. } | LinkError::Lost { .. } => Code::Lost,
    };
    Error { unprocessed: !error.can_have_been_processed(), ..Error::new(code, format!("gateway {gateway}: {error}")) }
}

/// What it says about the path; `None` for a mistake of the call itself.
pub(crate) fn evidence_of(error: &LinkError) -> Option<CallFailure> {
    match error {
        LinkError::NotSent { why, .. } => match why {
            NotSent::TooBig { .. } | NotSent::RefusedSize | NotSent::RefusedForm | NotSent::Closing => None,
            NotSent::Busy | NotSent::PeerClosing | NotSent::TooManyPeers(_) => Some(CallFailure::Busy),
            NotSent::TimedOut => Some(CallFailure::TimedOut),
            NotSent::Dial(_) | NotSent::Backoff { .. } | NotSent::Connection(_) => Some(CallFailure::Unreachable),
        },
        LinkError::Lost { why, .. } => match why {
            Lost::TimedOut => Some(CallFailure::TimedOut),
            Lost::Connection(_) => Some(CallFailure::Lost),
            // The gateway lives.
            Lost::Abandoned | Lost::Reset(_) | Lost::Malformed(_) => Some(CallFailure::Busy),
            Lost::TooBig => None,
        },
    }
}

/// Whether another gateway or server may be asked after this error.
pub(crate) fn another_may_be_asked(error: &Error, retry: Retry) -> bool {
    error.is_transient() && (retry == Retry::Safe || error.proves_unprocessed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_sent(why: NotSent) -> LinkError {
        LinkError::NotSent { peer: ([127, 0, 0, 1], 1).into(), why }
    }

    fn lost(why: Lost) -> LinkError {
        LinkError::Lost { peer: ([127, 0, 0, 1], 1).into(), why }
    }

    #[test]
    fn a_write_is_repeated_only_if_it_was_certainly_not_processed() {
        for error in [not_sent(NotSent::Busy), not_sent(NotSent::TimedOut), not_sent(NotSent::PeerClosing)] {
            let error = error_of(&error, "g");
            assert!(another_may_be_asked(&error, Retry::Once) && another_may_be_asked(&error, Retry::Safe), "{error}");
        }
        for error in [lost(Lost::TimedOut), lost(Lost::Abandoned), lost(Lost::Reset(7))] {
            let error = error_of(&error, "g");
            assert!(!another_may_be_asked(&error, Retry::Once) && another_may_be_asked(&error, Retry::Safe), "{error}");
        }
    }

    #[test]
    fn a_mistake_of_the_call_speaks_against_no_path() {
        let big = not_sent(NotSent::TooBig { what: "body", bytes: 9, limit: 8 });
        assert_eq!(evidence_of(&big), None);
        assert_eq!(error_of(&big, "g").kind(), Code::TooLarge);
        assert_eq!(evidence_of(&not_sent(NotSent::Busy)), Some(CallFailure::Busy));
    }
}
