//! A question as it comes off the wire.
//!
//! Plain messages are read here, without a copy: one question without compression, and at most an OPT record after it. What is
//! unusual and still legal, hickory's decoder reads, and [`plain`] writes it down as a plain one.

use crate::record::{Rcode, kind};
use hickory_proto::op::Message;
use std::net::IpAddr;

/// Bytes of a message's header.
pub(crate) const HEADER: usize = 12;
/// Greatest length of a name on the wire (RFC 1035 section 2.3.4).
pub(crate) const NAME: usize = 255;
/// The bits of the flags.
pub(crate) const RESPONSE: u16 = 0x8000;
pub(crate) const OPCODE: u16 = 0x7800;
pub(crate) const AUTHORITATIVE: u16 = 0x0400;
pub(crate) const TRUNCATED: u16 = 0x0200;
pub(crate) const RECURSION_DESIRED: u16 = 0x0100;
pub(crate) const RECURSION_AVAILABLE: u16 = 0x0080;
pub(crate) const CHECKING_DISABLED: u16 = 0x0010;
/// The EDNS option with the subnet of the client (RFC 7871).
const CLIENT_SUBNET: u16 = 8;
/// Lengths that it can have: family and prefix lengths, and an address of up to 16 bytes.
const SUBNET: std::ops::RangeInclusive<usize> = 4..=20;

/// A question, borrowed from its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'m> {
    pub(crate) id: [u8; 2],
    pub(crate) flags: u16,
    /// Name, type and class, as they stand in the message.
    pub(crate) question: &'m [u8],
    pub(crate) edns: Option<Edns<'m>>,
}

/// What the client says of itself (RFC 6891).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edns<'m> {
    /// Greatest answer that it takes over UDP.
    pub(crate) size: u16,
    /// The option with its subnet: family, lengths, address.
    pub(crate) subnet: Option<&'m [u8]>,
}

/// Why a message is not answered as a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No question at all: whoever sent it expects no answer.
    Silent,
    /// It is refused with this outcome, by a header alone.
    Refused(Rcode),
    /// It may be a question, but is no plain one.
    Unusual,
}

impl<'m> Query<'m> {
    /// Reads a plain question.
    ///
    /// # Errors
    /// [`Unfit`], for everything else.
    pub fn read(message: &'m [u8]) -> Result<Self, Unfit> {
        let (header, body) = message.split_at_checked(HEADER).ok_or(Unfit::Silent)?;
        let word = |at: usize| u16_at(header, at).ok_or(Unfit::Silent);
        let flags = word(2)?;
        if flags & RESPONSE != 0 {
            return Err(Unfit::Silent);
        }
        if flags & OPCODE != 0 {
            return Err(Unfit::Refused(Rcode::NotImp));
        }
        let (questions, answers, authorities, additionals) = (word(4)?, word(6)?, word(8)?, word(10)?);
        if questions != 1 {
            return Err(Unfit::Refused(Rcode::FormErr));
        }
        if answers != 0 || authorities != 0 || additionals > 1 {
            return Err(Unfit::Unusual);
        }
        let length = name_length(body)? + 4;
        let (question, rest) = body.split_at_checked(length).ok_or(Unfit::Refused(Rcode::FormErr))?;
        let edns = if additionals == 1 { Some(Edns::read(rest)?) } else { None };
        let id = [byte_at(header, 0), byte_at(header, 1)];
        Ok(Self { id, flags, question, edns })
    }

    /// The name on the wire, as it was written.
    pub(crate) fn name(&self) -> &'m [u8] {
        self.question.get(..self.question.len().saturating_sub(4)).unwrap_or_default()
    }

    /// Whom the answer is for, if somebody asks in his place: a host of the subnet that EDNS says (RFC 7871 section 6).
    pub(crate) fn client(&self) -> Option<IpAddr> {
        let (head, address) = self.edns?.subnet?.split_at_checked(4)?;
        match u16_at(head, 0)? {
            1 if address.len() <= 4 => Some(IpAddr::from(filled::<4>(address))),
            2 if address.len() <= 16 => Some(IpAddr::from(filled::<16>(address))),
            _ => None,
        }
    }

    /// Which records are asked for.
    pub(crate) fn kind(&self) -> u16 {
        u16_at(self.question, self.question.len().saturating_sub(4)).unwrap_or_default()
    }
}

impl<'m> Edns<'m> {
    fn read(record: &'m [u8]) -> Result<Self, Unfit> {
        // The root's name, type, size, extended outcome, version and flags, length of the options.
        let (head, rest) = record.split_at_checked(11).ok_or(Unfit::Unusual)?;
        if byte_at(head, 0) != 0 || u16_at(head, 1) != Some(kind::OPT) {
            return Err(Unfit::Unusual);
        }
        let size = u16_at(head, 3).ok_or(Unfit::Unusual)?;
        let length = u16_at(head, 9).ok_or(Unfit::Unusual)?;
        let mut options = rest.get(..usize::from(length)).ok_or(Unfit::Refused(Rcode::FormErr))?;
        let mut subnet = None;
        while !options.is_empty() {
            let (Some(code), Some(length)) = (u16_at(options, 0), u16_at(options, 2)) else {
                return Err(Unfit::Refused(Rcode::FormErr));
            };
            let end = 4 + usize::from(length);
            let option = options.get(4..end).ok_or(Unfit::Refused(Rcode::FormErr))?;
            if code == CLIENT_SUBNET && SUBNET.contains(&option.len()) {
                subnet = Some(option);
            }
            options = options.get(end..).unwrap_or_default();
        }
        Ok(Self { size, subnet })
    }
}

/// An address of which the end may be left out.
fn filled<const LENGTH: usize>(begin: &[u8]) -> [u8; LENGTH] {
    let mut whole = [0; LENGTH];
    whole.iter_mut().zip(begin).for_each(|(place, byte)| *place = *byte);
    whole
}

/// Writes an unusual message down as a plain one: the question, and the size that EDNS says.
///
/// # Errors
/// [`Unfit`] for what is no question to hickory either.
pub fn plain(message: &[u8]) -> Result<Vec<u8>, Unfit> {
    let malformed = Unfit::Refused(Rcode::FormErr);
    let read = Message::from_vec(message).map_err(|_| malformed)?;
    let mut written = Message::query();
    written.metadata = read.metadata;
    written.add_queries(read.queries);
    if let Some(edns) = read.edns {
        written.set_edns(edns);
    }
    written.to_vec().map_err(|_| malformed)
}

/// The answer to a message that is refused: its header, with the outcome.
#[must_use]
pub fn refusal(message: &[u8], rcode: Rcode) -> Option<[u8; HEADER]> {
    let mut answer = [0; HEADER];
    let asked = u16_at(message, 2)?;
    let flags = RESPONSE | asked & (OPCODE | RECURSION_DESIRED) | rcode as u16;
    answer.get_mut(..2)?.copy_from_slice(message.get(..2)?);
    answer.get_mut(2..4)?.copy_from_slice(&flags.to_be_bytes());
    Some(answer)
}

/// Length of the name that `bytes` begin with, final zero included.
fn name_length(bytes: &[u8]) -> Result<usize, Unfit> {
    let mut at = 0;
    loop {
        let length = *bytes.get(at).ok_or(Unfit::Refused(Rcode::FormErr))?;
        match length {
            0 => return Ok(at + 1),
            1..=63 => at += 1 + usize::from(length),
            // A pointer, to where no name has been yet; or of a kind that was never given out.
            _ => return Err(Unfit::Refused(Rcode::FormErr)),
        }
        if at >= NAME {
            return Err(Unfit::Refused(Rcode::FormErr));
        }
    }
}

/// Stands for a label that is no text, or has a dot in it: nothing is called so, but the labels after it may be a zone of ours.
const UNNAMED: &str = ".";

/// The labels of a name on the wire; `None` for bytes that are no name.
pub(crate) fn labels(name: &[u8]) -> Option<Vec<&str>> {
    let (mut found, mut rest) = (Vec::with_capacity(8), name);
    loop {
        let (length, after) = rest.split_first()?;
        if *length == 0 {
            return Some(found);
        }
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        found.push(std::str::from_utf8(label).ok().filter(|label| !label.contains('.')).unwrap_or(UNNAMED));
        rest = after;
    }
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)
}

fn byte_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
