//! The WAN pool: the same gossip core as the LAN's with other parameters, over the links between gateways.

mod book;
mod carrier;
mod driver;
mod handle;
mod join;
mod neighbours;
mod runs;

pub(crate) use book::Book;
pub(crate) use driver::Wan;
pub(crate) use handle::{Places, WanHandle};
pub(crate) use join::{Joining, resolve};
pub(crate) use neighbours::WAN_TAG;
