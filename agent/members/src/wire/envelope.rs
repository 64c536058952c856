//! The body of a packet: who sends it, foca's bytes, gossip items and what else rides along.

use super::item::Item;
use super::reader::{Reader, WireError};
use super::writer::Writer;
use crate::coordinate::{Coordinate, DIMENSIONS};
use crate::evidence::Evidence;
use crate::identity::Identity;

const VERSION: u8 = 1;
const SWIM: u8 = 1;
const ITEM: u8 = 2;
const NACK: u8 = 3;
const COORDINATE: u8 = 4;

/// Bytes kept free of foca's updates, so that items travel under any load of updates.
pub(crate) const ITEM_ROOM: usize = 160;
/// Bytes around foca's: version, the longest sender, its details version, one section header, a coordinate.
pub(crate) const SWIM_OVERHEAD: usize = 1 + 29 + 4 + 3 + COORDINATE_LEN;
/// Bytes of a coordinate and its section's header.
const COORDINATE_LEN: usize = 3 + 4 * (DIMENSIONS + 3);

/// A packet, opened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    pub(crate) sender: Identity,
    /// Version of the sender's own details.
    pub(crate) details: u32,
    /// foca's bytes.
    pub(crate) swim: Option<Vec<u8>>,
    pub(crate) items: Vec<Item>,
    pub(crate) nack: Option<Nack>,
    /// Where the sender is. `None` also for one that cannot be: a bad coordinate shall not lose the packet's gossip.
    pub(crate) coordinate: Option<Coordinate>,
}

/// "I could not reach the member you asked me to probe", which clears the asker of being deaf itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nack {
    pub(crate) target: Identity,
    pub(crate) number: u8,
    pub(crate) evidence: Evidence,
}

impl Envelope {
    pub(crate) fn new(sender: Identity, details: u32) -> Self {
        Self { sender, details, swim: None, items: Vec::new(), nack: None, coordinate: None }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.u8(VERSION);
        out.identity(self.sender);
        out.u32(self.details);
        if let Some(swim) = &self.swim {
            section(&mut out, SWIM, swim);
        }
        if let Some(nack) = &self.nack {
            let mut body = Vec::with_capacity(32);
            body.identity(nack.target);
            body.u8(nack.number);
            body.evidence(nack.evidence);
            section(&mut out, NACK, &body);
        }
        if let Some(coordinate) = &self.coordinate {
            section(&mut out, COORDINATE, &encode_coordinate(coordinate));
        }
        for item in &self.items {
            section(&mut out, ITEM, &item.encode());
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            other => return Err(WireError::Invalid { field: "envelope version", value: other.into() }),
        }
        let mut envelope = Self::new(reader.identity()?, reader.u32()?);
        while !reader.is_empty() {
            let kind = reader.u8()?;
            let body = reader.block()?;
            envelope.take(kind, body)?;
        }
        Ok(envelope)
    }

    fn take(&mut self, kind: u8, body: &[u8]) -> Result<(), WireError> {
        match kind {
            SWIM if self.swim.is_some() => Err(WireError::Invalid { field: "second swim section", value: 1 }),
            SWIM => {
                self.swim = Some(body.to_vec());
                Ok(())
            }
            ITEM => {
                self.items.extend(Item::decode(body)?);
                Ok(())
            }
            NACK => {
                let mut reader = Reader::new(body);
                self.nack = Some(Nack { target: reader.identity()?, number: reader.u8()?, evidence: reader.evidence() });
                Ok(())
            }
            COORDINATE => {
                self.coordinate = decode_coordinate(body)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn encode_coordinate(coordinate: &Coordinate) -> Vec<u8> {
    let rest = [coordinate.error, coordinate.adjustment, coordinate.height];
    // Single precision is a tenth of a microsecond at a second's distance.
    coordinate.vec.iter().chain(&rest).flat_map(|value| (*value as f32).to_be_bytes()).collect()
}

fn decode_coordinate(bytes: &[u8]) -> Result<Option<Coordinate>, WireError> {
    let mut reader = Reader::new(bytes);
    let mut vec = [0.0; DIMENSIONS];
    for part in &mut vec {
        *part = reader.f32()?.into();
    }
    let coordinate = Coordinate { vec, error: reader.f32()?.into(), adjustment: reader.f32()?.into(), height: reader.f32()?.into() };
    Ok(coordinate.is_sane().then_some(coordinate))
}

fn section(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    out.u8(kind);
    out.block(body);
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
