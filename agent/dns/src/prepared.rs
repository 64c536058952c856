//! An answer in wire form, as far as it can be before it is known who asks: pieces to be put in any order, and cut to any size.
//!
//! Names are compressed against the question alone, which stands at the same place in every message, so a piece can be put anywhere:
//!
//! ```text
//! header │ question │ answers … │ authority … │ extras of both … │ additional … │ OPT
//!                       │  owner: pointer to the question's name   │
//!                       └─ target ◄──────────────── owner: pointer ┘
//! ```

use crate::query::NAME;
use crate::record::{Data, Entry, Fact, Rcode, Response};
use hickory_proto::rr::Name;
use std::collections::HashMap;

/// Where the question stands in a message.
const QUESTION: usize = crate::query::HEADER;

/// An answer in wire form. It fits every question with the name and type it was made for, in whatever case the name is written.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) rcode: Rcode,
    pub(crate) authoritative: bool,
    pub(crate) unresolved: bool,
    pub(crate) for_client: bool,
    pub(crate) equals: bool,
    pub(crate) most: usize,
    pub(crate) answers: Box<[Piece]>,
    pub(crate) authority: Box<[Piece]>,
    /// Complete records, for answers that are whole.
    pub(crate) additional: Box<[Box<[u8]>]>,
    /// How many different targets the pieces have.
    pub(crate) targets: usize,
    /// Whether names are pointers where they can be.
    pub(crate) compressed: bool,
    weight: usize,
}

/// An entry in wire form.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) record: Box<[u8]>,
    /// Its length if no name in it were compressed.
    pub(crate) uncompressed: usize,
    pub(crate) target: Option<Target>,
    /// Records of the target, each without its owner.
    pub(crate) extras: Box<[Box<[u8]>]>,
    /// Whether the record ends with a zone's times, of which the first is the serial.
    pub(crate) has_serial: bool,
}

/// The name that the extras of a piece are about.
#[derive(Debug)]
pub(crate) struct Target {
    /// Equal for pieces with the same target.
    pub(crate) number: usize,
    /// Where it stands in the record.
    pub(crate) at: usize,
    /// The name itself.
    pub(crate) name: Box<[u8]>,
}

impl Prepared {
    /// Writes `response` to a question for `name` (wire form) down. Without `compress` all names are written out.
    #[must_use]
    pub fn new(response: &Response, name: &[u8], compress: bool) -> Self {
        let mut writer = Writer { name: name.to_ascii_lowercase(), compress, targets: HashMap::new() };
        let answers: Box<[_]> = response.answers.iter().map(|entry| writer.piece(entry)).collect();
        let authority: Box<[_]> = response.authority.iter().map(|entry| writer.piece(entry)).collect();
        let additional: Box<[_]> =
            response.additional.iter().map(|entry| writer.record(entry.owner.as_ref(), &entry.fact).0.into()).collect();
        let most = response.most.unwrap_or(usize::MAX);
        let Response { rcode, authoritative, unresolved, for_client, equals, .. } = *response;
        let weight = answers.iter().chain(&authority).map(Piece::weight).sum::<usize>() + lengths(&additional);
        Self {
            rcode,
            authoritative,
            unresolved,
            for_client,
            equals,
            most,
            answers,
            authority,
            additional,
            targets: writer.targets.len(),
            compressed: compress,
            weight,
        }
    }

    /// About how many bytes it holds: what a cache counts.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight + size_of::<Self>()
    }
}

impl Piece {
    fn weight(&self) -> usize {
        let target = self.target.as_ref().map_or(0, |target| target.name.len());
        size_of::<Self>() + self.record.len() + target + lengths(&self.extras) + self.extras.len() * size_of::<Box<[u8]>>()
    }
}

fn lengths(records: &[Box<[u8]>]) -> usize {
    records.iter().map(|record| record.len()).sum()
}

struct Writer {
    /// The question's, in lower case.
    name: Vec<u8>,
    compress: bool,
    targets: HashMap<Box<[u8]>, usize>,
}

impl Writer {
    fn piece(&mut self, entry: &Entry) -> Piece {
        let (record, uncompressed, target_at) = self.record(entry.owner.as_ref(), &entry.fact);
        let target = entry.fact.data.target().zip(target_at).map(|(target, at)| {
            let name: Box<[u8]> = wire(target).into();
            let next = self.targets.len();
            Target { number: *self.targets.entry(name.to_ascii_lowercase().into()).or_insert(next), at, name }
        });
        let extras = if target.is_some() { entry.extras.iter().map(|fact| self.tail(fact).0.into()).collect() } else { Box::default() };
        Piece { record: record.into(), uncompressed, target, extras, has_serial: matches!(entry.fact.data, Data::Soa(_)) }
    }

    /// A record, its length without compression, and where in it the target stands.
    fn record(&self, owner: Option<&Name>, fact: &Fact) -> (Vec<u8>, usize, Option<usize>) {
        let mut record = Vec::with_capacity(32);
        let saved = match owner {
            Some(owner) => self.put_name(&mut record, owner),
            None => self.put_question(&mut record),
        };
        let (tail, saved_there, target_at) = self.tail(fact);
        let target_at = target_at.map(|at| record.len() + at);
        record.extend_from_slice(&tail);
        let uncompressed = record.len() + saved + saved_there;
        (record, uncompressed, target_at)
    }

    /// All of a record but its owner, what compression saved, and where the target stands.
    fn tail(&self, fact: &Fact) -> (Vec<u8>, usize, Option<usize>) {
        let mut tail = Vec::with_capacity(32);
        tail.extend_from_slice(&fact.data.kind().to_be_bytes());
        tail.extend_from_slice(&1u16.to_be_bytes());
        tail.extend_from_slice(&fact.ttl.to_be_bytes());
        let (mut data, mut saved, mut target_at) = (Vec::with_capacity(24), 0, None);
        // After type, class, time to live and the length that follows.
        let begin = tail.len() + 2;
        match &fact.data {
            Data::A(ip) => data.extend_from_slice(&ip.octets()),
            Data::Aaaa(ip) => data.extend_from_slice(&ip.octets()),
            Data::Cname(name) | Data::Ptr(name) => saved += self.put_name(&mut data, name),
            Data::Ns(name) => {
                target_at = Some(begin);
                saved += self.put_name(&mut data, name);
            }
            Data::Txt(text) => put_text(&mut data, text),
            Data::Srv { weight, port, target } => {
                // Its target is never compressed (RFC 2782).
                data.extend([1u16, *weight, *port].iter().flat_map(|word| word.to_be_bytes()));
                target_at = Some(begin + data.len());
                data.extend_from_slice(&wire(target));
            }
            Data::Soa(soa) => {
                saved += self.put_name(&mut data, &soa.server);
                saved += self.put_name(&mut data, &soa.mailbox);
                let times = [0, soa.times.refresh, soa.times.retry, soa.times.expire, soa.times.minimum];
                data.extend(times.iter().flat_map(|time| time.to_be_bytes()));
            }
        }
        tail.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        tail.extend_from_slice(&data);
        (tail, saved, target_at)
    }

    /// Appends the question's name, and says how much shorter it is than written out.
    fn put_question(&self, out: &mut Vec<u8>) -> usize {
        if self.compress && self.name.len() > 2 {
            out.extend_from_slice(&pointer(QUESTION));
            return self.name.len() - 2;
        }
        out.extend_from_slice(&self.name);
        0
    }

    /// Appends `name`, its end as a pointer into the question where that ends alike, and says how much shorter it is for that.
    fn put_name(&self, out: &mut Vec<u8>, name: &Name) -> usize {
        let wire = wire(name);
        let mut rest = &*wire;
        while self.compress && rest.len() > 2 {
            if let Some(at) = self.find(rest) {
                out.extend_from_slice(&pointer(QUESTION + at));
                return rest.len() - 2;
            }
            let (label, after) = rest.split_at(usize::from(rest.first().copied().unwrap_or_default()) + 1);
            out.extend_from_slice(label);
            rest = after;
        }
        out.extend_from_slice(rest);
        0
    }

    /// Where in the question's name the label begins from which on it is `name`.
    fn find(&self, name: &[u8]) -> Option<usize> {
        let wanted = self.name.len().checked_sub(name.len())?;
        let mut at = 0;
        while at < wanted {
            at += usize::from(*self.name.get(at)?) + 1;
        }
        (at == wanted && self.name.get(at..)?.eq_ignore_ascii_case(name)).then_some(at)
    }
}

/// A name in wire form.
fn wire(name: &Name) -> Vec<u8> {
    let mut wire = Vec::with_capacity(NAME);
    for label in name.iter() {
        wire.push(u8::try_from(label.len()).unwrap_or_default());
        wire.extend_from_slice(label);
    }
    wire.push(0);
    wire
}

/// Text as strings of at most 255 bytes (RFC 1035 section 3.3.14).
fn put_text(out: &mut Vec<u8>, text: &str) {
    if text.is_empty() {
        out.push(0);
    }
    for part in text.as_bytes().chunks(255) {
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
    }
}

/// A pointer to this place (RFC 1035 section 4.1.4).
pub(crate) fn pointer(at: usize) -> [u8; 2] {
    (0xc000 | u16::try_from(at).unwrap_or(0x3fff)).to_be_bytes()
}
