//! Application error codes (RFC 9000, 20.2). They are part of the protocol: never reuse a number.

use quinn::VarInt;

/// Connection: the work is done or the process stops in order.
pub(crate) const DONE: VarInt = VarInt::from_u32(0);
/// Stream: refused because a bound is reached; the request was not processed.
pub(crate) const BUSY: VarInt = VarInt::from_u32(0x10);
/// Stream: refused because the process stops; the request was not processed.
pub(crate) const CLOSING: VarInt = VarInt::from_u32(0x11);
/// Stream: the bytes are no request known here; not processed.
pub(crate) const MALFORMED: VarInt = VarInt::from_u32(0x12);
/// Stream: head or body exceeds the receiver's limit; not processed.
pub(crate) const TOO_BIG: VarInt = VarInt::from_u32(0x13);
/// Stream: the request was taken up and given up without an answer.
pub(crate) const ABANDONED: VarInt = VarInt::from_u32(0x14);
/// Stream: the caller no longer waits.
pub(crate) const CANCELLED: VarInt = VarInt::from_u32(0x15);
/// Connection: no certificate where one is demanded.
pub(crate) const UNAUTHENTICATED: VarInt = VarInt::from_u32(0x20);
/// Connection: too many joins from this address, or at a time.
pub(crate) const OVER_BUDGET: VarInt = VarInt::from_u32(0x21);
/// Connection: a stranger took too long or asked twice.
pub(crate) const EXPIRED: VarInt = VarInt::from_u32(0x22);
