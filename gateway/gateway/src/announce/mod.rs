//! Gateways tell each other of the servers of their datacenters.
//!
//! Each gateway keeps one long-lived question open with every gateway of another datacenter: "tell me when your list is another
//! than the one I have". So a change travels in half a round trip, nothing big is gossiped, and the end of the connection is
//! noticed where it ends.

mod follow;
mod message;
mod own;

pub(crate) use follow::{Following, gateway_of};
pub(crate) use message::{Announcement, Ask, BadAnnouncement};
pub(crate) use own::Own;
