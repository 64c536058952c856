//! The body of an answer, and how it is indented for people.
//!
//! Indented JSON is three times as long as compact JSON, and only the latter is shared by all who asked the same. So it is indented
//! piece by piece while it is sent: a client that reads slowly holds a piece of its own, and the rest together with everybody.

use super::Style;
use bytes::Bytes;

/// About how long a piece is, in bytes.
const PIECE: usize = 8 * 1024;
/// Blanks to a level, as Consul has it.
const INDENT: usize = 4;

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Written {
    /// It is sent as it is.
    Plain(Bytes),
    /// JSON that is indented on its way.
    Indented(Bytes),
}

impl Written {
    pub(crate) fn json(text: Bytes, style: Style) -> Self {
        if style.pretty { Self::Indented(text) } else { Self::Plain(text) }
    }

    /// What it is made of: itself, or what is to be indented.
    #[must_use]
    pub fn source(&self) -> &Bytes {
        match self {
            Self::Plain(bytes) | Self::Indented(bytes) => bytes,
        }
    }

    /// The same of another `source`.
    #[must_use]
    pub fn with_source(self, source: Bytes) -> Self {
        match self {
            Self::Plain(_) => Self::Plain(source),
            Self::Indented(_) => Self::Indented(source),
        }
    }

    /// All of it at once.
    #[must_use]
    pub fn whole(self) -> Bytes {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Indented(text) => {
                let mut out = Vec::with_capacity(text.len() * 2);
                Indenter::new(text).indent(&mut out, usize::MAX);
                out.into()
            }
        }
    }

    /// Piece by piece, each made when it is asked for.
    #[must_use]
    pub fn pieces(self) -> Pieces {
        match self {
            Self::Plain(bytes) => Pieces::Plain(bytes),
            Self::Indented(text) => Pieces::Indented(Indenter::new(text)),
        }
    }
}

impl From<Bytes> for Written {
    fn from(bytes: Bytes) -> Self {
        Self::Plain(bytes)
    }
}

/// The pieces of a body, none of them empty.
#[derive(Debug)]
pub enum Pieces {
    /// What is left of a body that is sent as it is.
    Plain(Bytes),
    /// JSON being indented.
    Indented(Indenter),
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let piece: Bytes = match self {
            Self::Plain(left) => left.split_to(left.len().min(PIECE)),
            Self::Indented(indenter) => {
                let mut out = Vec::with_capacity(PIECE + PIECE / 8);
                indenter.indent(&mut out, PIECE);
                out.into()
            }
        };
        (!piece.is_empty()).then_some(piece)
    }
}

/// Where in a text of JSON it is. The text is taken as it is: what makes no sense stays as senseless.
#[derive(Debug)]
pub struct Indenter {
    text: Bytes,
    at: usize,
    depth: usize,
    /// Within a string.
    quoted: bool,
    /// A list or an object has begun, and may be empty.
    opened: bool,
    ended: bool,
}

impl Indenter {
    fn new(text: Bytes) -> Self {
        // Of nothing, nothing is made.
        let ended = text.is_empty();
        Self { text, at: 0, depth: 0, quoted: false, opened: false, ended }
    }

    /// Adds what comes next to `out`, until that is about `most` long or all is done.
    fn indent(&mut self, out: &mut Vec<u8>, most: usize) {
        // A handle of its own, so that the rest of `self` can change.
        let text = self.text.clone();
        while out.len() < most {
            let Some(left) = text.get(self.at..).filter(|left| !left.is_empty()) else {
                if !std::mem::replace(&mut self.ended, true) {
                    out.push(b'\n');
                }
                return;
            };
            self.at += if self.quoted { self.within_string(left, out, most) } else { self.token(left, out) };
        }
    }

    /// Takes what is left of a string, or as much as there is room for.
    fn within_string(&mut self, left: &[u8], out: &mut Vec<u8>, most: usize) -> usize {
        let room = left.len().min(most.saturating_sub(out.len()));
        let plain = left.iter().take(room).position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(room);
        // The quote; or an escape, which is not cut, lest the quote in it be taken for the end.
        let end = match left.get(plain) {
            Some(b'"') if plain < room => {
                self.quoted = false;
                plain + 1
            }
            Some(b'\\') if plain < room => (plain + 2).min(left.len()),
            _ => plain,
        };
        out.extend_from_slice(left.get(..end).unwrap_or(left));
        end
    }

    /// Takes one byte outside of strings.
    fn token(&mut self, left: &[u8], out: &mut Vec<u8>) -> usize {
        let Some(byte) = left.first() else { return 0 };
        let empty = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                std::mem::take(&mut self.opened)
            }
            _ => !std::mem::take(&mut self.opened),
        };
        match byte {
            // Of what is empty, the end stays beside the beginning.
            b'}' | b']' if !empty => self.new_line(out),
            b'}' | b']' => {}
            _ if !empty => self.new_line(out),
            _ => {}
        }
        out.push(*byte);
        match byte {
            b'{' | b'[' => {
                self.depth += 1;
                self.opened = true;
            }
            b',' => self.new_line(out),
            b':' => out.push(b' '),
            b'"' => self.quoted = true,
            _ => {}
        }
        1
    }

    fn new_line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + self.depth * INDENT, b' ');
    }
}
