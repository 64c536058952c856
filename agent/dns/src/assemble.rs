//! A prepared answer, put together for one client: in an order of its own, and cut to what the client takes.

use crate::prepared::{Piece, Prepared, pointer};
use crate::query::{AUTHORITATIVE, CHECKING_DISABLED, HEADER, Query, RECURSION_AVAILABLE, RECURSION_DESIRED, RESPONSE, TRUNCATED};
use crate::record::kind;
use seed::mixed;

/// What the client takes, and what the settings let it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Greatest message, in bytes.
    pub size: usize,
    /// Greatest number of answers that are equals.
    pub answers: usize,
    /// Length counts as if names were not compressed, where `answers` has cut: so does Consul for clients without EDNS.
    pub uncompressed: bool,
    /// Whether the client is told that something was cut.
    pub tell: bool,
    /// Whether names of others are looked up.
    pub recursion: bool,
}

/// Datagrams without EDNS are not longer (RFC 1035 section 4.2.1).
pub(crate) const SMALL: usize = 512;
/// Answers in a datagram without EDNS, at the most.
const SMALL_ANSWERS: usize = 8;
/// Datagrams are not longer: 64 KiB, less the headers of IP and UDP.
const LARGE: usize = 65_535 - 68;
/// Messages over TCP are not longer, and have no more answers, or SRV records.
const TCP: usize = 65_523;
const TCP_ANSWERS: usize = 4096;
const TCP_PLACES: usize = 1024;
/// Left free in a datagram.
const SPARE: usize = 8;
/// What a pointer can reach.
const REACH: usize = 0x3fff;

impl Limits {
    /// Over UDP; `answers` is `dns_config.udp_answer_limit`.
    #[must_use]
    pub fn udp(query: &Query<'_>, answers: usize) -> Self {
        let asked = query.edns.map_or(0, |edns| usize::from(edns.size));
        let (tell, recursion) = (false, false);
        if asked > SMALL {
            return Self { size: asked.min(LARGE), answers: usize::MAX, uncompressed: false, tell, recursion };
        }
        Self { size: SMALL, answers: answers.min(SMALL_ANSWERS), uncompressed: true, tell, recursion }
    }

    /// Over TCP.
    #[must_use]
    pub fn tcp(query: &Query<'_>) -> Self {
        let answers = if query.kind() == kind::SRV { TCP_PLACES } else { TCP_ANSWERS };
        Self { size: TCP, answers, uncompressed: false, tell: false, recursion: false }
    }
}

/// Memory that is used again for the next answer.
#[derive(Debug, Default)]
pub struct Scratch {
    order: Vec<u32>,
    kept: Vec<Kept>,
    seen: Vec<bool>,
}

/// A piece that is in the message.
#[derive(Clone, Copy, Debug)]
struct Kept {
    piece: u32,
    in_authority: bool,
    /// Where it begins.
    at: usize,
    /// How many of its extras come along.
    extras: usize,
}

impl Prepared {
    /// Appends the answer to `query`: equals in an order drawn from `seed`, serials as of `now` (seconds since 1970).
    pub fn assemble(&self, query: &Query<'_>, limits: Limits, seed: u64, now: u32, scratch: &mut Scratch, out: &mut Vec<u8>) {
        let begin = out.len();
        let mut plan = Plan::new(self, query, limits, scratch);
        plan.choose(seed);
        let (truncated, facts) = (plan.truncated, plan.facts);
        out.extend_from_slice(&query.id);
        out.extend_from_slice(&self.flags(query, limits, truncated).to_be_bytes());
        out.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
        out.extend_from_slice(query.question);
        let (mut answers, mut authority, mut additional) = (0u16, 0u16, 0u16);
        for kept in &scratch.kept {
            let Some(piece) = self.piece(kept) else { continue };
            *if kept.in_authority { &mut authority } else { &mut answers } += 1;
            let at = out.len();
            piece.put(now, out);
            self.as_asked(query, at, out);
        }
        for kept in &scratch.kept {
            let Some(piece) = self.piece(kept) else { continue };
            for extra in piece.extras.iter().take(kept.extras) {
                piece.put_owner(kept.at, self.compressed, out);
                out.extend_from_slice(extra);
                additional += 1;
            }
        }
        for fact in self.additional.iter().take(facts) {
            let at = out.len();
            out.extend_from_slice(fact);
            self.as_asked(query, at, out);
            additional += 1;
        }
        if query.edns.is_some() {
            put_edns(query, self.for_client, out);
            additional += 1;
        }
        for (at, count) in [(6, answers), (8, authority), (10, additional)] {
            if let Some(place) = out.get_mut(begin + at..begin + at + 2) {
                place.copy_from_slice(&count.to_be_bytes());
            }
        }
    }

    /// The owner of the record at `at` as the question writes it, where it is its name: a pointer to the question does so by itself.
    fn as_asked(&self, query: &Query<'_>, at: usize, out: &mut [u8]) {
        let name = query.name();
        if !self.compressed
            && let Some(owner) = out.get_mut(at..at + name.len())
            && owner.eq_ignore_ascii_case(name)
        {
            owner.copy_from_slice(name);
        }
    }

    fn flags(&self, query: &Query<'_>, limits: Limits, truncated: bool) -> u16 {
        let set = |flag: u16, wanted: bool| if wanted { flag } else { 0 };
        RESPONSE
            | query.flags & (RECURSION_DESIRED | CHECKING_DISABLED)
            | set(AUTHORITATIVE, self.authoritative)
            | set(RECURSION_AVAILABLE, limits.recursion || self.unresolved)
            | set(TRUNCATED, truncated)
            | self.rcode as u16
    }

    fn piece(&self, kept: &Kept) -> Option<&Piece> {
        if kept.in_authority { &self.authority } else { &self.answers }.get(kept.piece as usize)
    }
}

impl Piece {
    fn put(&self, now: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.record);
        let end = out.len();
        // The serial is the first of the five times at the end of a zone's start.
        if self.has_serial
            && let Some(serial) = out.get_mut(end - 20..end - 16)
        {
            serial.copy_from_slice(&now.to_be_bytes());
        }
    }

    /// The owner of an extra of this piece, which stands at `at`.
    fn put_owner(&self, at: usize, compressed: bool, out: &mut Vec<u8>) {
        let Some(target) = &self.target else { return };
        if compressed && at + target.at <= REACH {
            out.extend_from_slice(&pointer(at + target.at));
        } else {
            out.extend_from_slice(&target.name);
        }
    }
}

/// Which pieces go into a message.
struct Plan<'a> {
    prepared: &'a Prepared,
    limits: Limits,
    scratch: &'a mut Scratch,
    /// Bytes that there are for records.
    room: usize,
    /// Where the next record goes.
    at: usize,
    truncated: bool,
    /// How many of the additional records go in.
    facts: usize,
}

impl<'a> Plan<'a> {
    fn new(prepared: &'a Prepared, query: &Query<'_>, limits: Limits, scratch: &'a mut Scratch) -> Self {
        let at = HEADER + query.question.len();
        let opt = query.edns.map_or(0, |edns| 11 + edns.subnet.map_or(0, |subnet| 4 + subnet.len()));
        let room = limits.size.saturating_sub(at + opt.max(SPARE));
        scratch.kept.clear();
        scratch.seen.clear();
        scratch.seen.resize(prepared.targets, false);
        Self { prepared, limits, scratch, room, at, truncated: false, facts: 0 }
    }

    /// Answers first, then who is responsible, then the rest, as long as there is room.
    fn choose(&mut self, seed: u64) {
        let count = self.prepared.answers.len().min(self.prepared.most);
        let most = if self.prepared.equals { count.min(self.limits.answers) } else { count };
        self.draw(most, seed);
        let measure_whole = self.limits.uncompressed && most < count;
        for place in 0..most {
            let Some(piece) = self.scratch.order.get(place).copied() else { break };
            if !self.take(piece, measure_whole) {
                // One answer is better than none, even without what belongs to it.
                if place == 0 && !self.take_bare(piece) {
                    self.truncated = true;
                }
                break;
            }
        }
        let kept = self.scratch.kept.len();
        self.truncated |= kept < count && self.limits.tell;
        for piece in 0..self.prepared.authority.len() {
            self.take_authority(piece);
        }
        let besides: &[_] = if kept == self.prepared.answers.len() { &self.prepared.additional } else { &[] };
        for fact in besides {
            let Some(room) = self.room.checked_sub(fact.len()) else { break };
            self.room = room;
            self.facts += 1;
        }
    }

    /// The first `count` places of a random order, by Fisher and Yates; or the order that there is.
    fn draw(&mut self, count: usize, mut seed: u64) {
        let order = &mut self.scratch.order;
        order.clear();
        let all = u32::try_from(self.prepared.answers.len()).unwrap_or(u32::MAX);
        order.extend(0..all);
        if !self.prepared.equals {
            return;
        }
        for place in 0..count {
            let left = (order.len() - place) as u64;
            seed = mixed(seed);
            // Multiplied rather than divided: evenly enough for as few as there are, and faster.
            let drawn = place + usize::try_from((u128::from(seed) * u128::from(left)) >> 64).unwrap_or(0);
            order.swap(place, drawn);
        }
    }

    fn take(&mut self, number: u32, measure_whole: bool) -> bool {
        let Some(piece) = self.prepared.answers.get(number as usize) else { return false };
        let extras = self.new_extras(piece);
        let length = if measure_whole { piece.uncompressed } else { piece.record.len() };
        let length = length + self.extras_length(piece, extras, measure_whole);
        let Some(room) = self.room.checked_sub(length) else { return false };
        self.room = room;
        self.keep(piece, number, false, extras);
        true
    }

    fn take_bare(&mut self, number: u32) -> bool {
        let Some(piece) = self.prepared.answers.get(number as usize) else { return false };
        let Some(room) = self.room.checked_sub(piece.record.len()) else { return false };
        self.room = room;
        let extras = (0..=piece.extras.len()).rev().find(|count| self.extras_length(piece, *count, false) <= self.room).unwrap_or(0);
        self.room -= self.extras_length(piece, extras, false);
        self.keep(piece, number, false, extras);
        true
    }

    fn take_authority(&mut self, number: usize) {
        let Some(piece) = self.prepared.authority.get(number) else { return };
        let Some(room) = self.room.checked_sub(piece.record.len()) else { return };
        self.room = room;
        let wanted = self.new_extras(piece);
        let extras = if self.extras_length(piece, wanted, false) <= self.room { wanted } else { 0 };
        self.room -= self.extras_length(piece, extras, false);
        self.keep(piece, u32::try_from(number).unwrap_or(u32::MAX), true, extras);
    }

    fn keep(&mut self, piece: &Piece, number: u32, in_authority: bool, extras: usize) {
        self.scratch.kept.push(Kept { piece: number, in_authority, at: self.at, extras });
        self.at += piece.record.len();
        if let Some(seen) = piece.target.as_ref().and_then(|target| self.scratch.seen.get_mut(target.number)) {
            *seen = true;
        }
    }

    /// How many extras a piece would bring: none when another has brought those of its target.
    fn new_extras(&self, piece: &Piece) -> usize {
        let seen = piece.target.as_ref().and_then(|target| self.scratch.seen.get(target.number));
        if seen.copied().unwrap_or(false) { 0 } else { piece.extras.len() }
    }

    fn extras_length(&self, piece: &Piece, count: usize, measure_whole: bool) -> usize {
        let Some(target) = &piece.target else { return 0 };
        let whole = measure_whole || !self.prepared.compressed || self.at + target.at > REACH;
        let owner = if whole { target.name.len() } else { 2 };
        piece.extras.iter().take(count).map(|extra| owner + extra.len()).sum()
    }
}

/// The OPT record: the client's own size again, and its subnet, with how much of it the answer depends on (RFC 7871 section 7.2.1).
fn put_edns(query: &Query<'_>, for_client: bool, out: &mut Vec<u8>) {
    let Some(edns) = query.edns else { return };
    out.push(0);
    out.extend_from_slice(&kind::OPT.to_be_bytes());
    out.extend_from_slice(&edns.size.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    let Some(subnet) = edns.subnet else {
        out.extend_from_slice(&[0; 2]);
        return;
    };
    let length = u16::try_from(subnet.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.saturating_add(4).to_be_bytes());
    out.extend_from_slice(&[0, 8]);
    out.extend_from_slice(&length.to_be_bytes());
    let (source, scope) = (out.len() + 2, out.len() + 3);
    out.extend_from_slice(subnet);
    let depends = if for_client { out.get(source).copied().unwrap_or_default() } else { 0 };
    if let Some(scope) = out.get_mut(scope) {
        *scope = depends;
    }
}

#[cfg(test)]
mod tests;
