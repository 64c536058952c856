//! What travels, before it is sealed. Formats are versioned and their golden bytes are kept as test data.
//!
//! A packet is an *envelope* around foca's bytes:
//!
//! ```text
//! +-----------+----------------------------+-----------------+---- … (to the end)
//! | version 1 | sender: identity 17 or 29  | its details u32 | section section …
//! +-----------+----------------------------+-----------------+---- …
//!
//! section:  | kind u8 | length u16 | body |       unknown kinds are skipped
//!     1  swim        foca: header, count u16, updates                   at most one
//!     2  item        one gossip item: | kind u8 | fields |              any number, see `item`
//!     3  nack        | target identity | probe number u8 | evidence u8 | "the probe you asked for got no answer"
//!     4  coordinate  with an ack, where its sender is: | f32 × 8 place | f32 error | f32 adjustment | f32 height |   seconds, at most one
//!
//! identity: | 4 or 6 | address 4 or 16 | port u16 | generation u64 | renewal u16 |
//! member:   | identity | incarnation u16 | state u8 (0 alive, 1 suspect, 2 down) |
//! ```
//!
//! Numbers are big endian. A stream carries one message each way, see `stream`.

mod envelope;
mod item;
mod reader;
mod stream;
mod swim;
mod writer;

pub(crate) use envelope::{Envelope, ITEM_ROOM, Nack, SWIM_OVERHEAD};
pub(crate) use item::{Item, ItemKey};
pub use reader::WireError;
pub(crate) use stream::{Body, PushPull, Row, RowStatus, StreamMessage, details_len};
pub(crate) use swim::{SwimCodec, SwimPacket, swim_message};
