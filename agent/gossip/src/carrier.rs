//! What a driver does for its pool.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use members::{Event, Member, Members, UserEvent};

use crate::Call;

/// Carries what a pool sends, and tells others what happens in it. Nothing here may block.
pub trait Carrier {
    /// Sends a packet, or loses it as a network may.
    fn packet(&mut self, to: SocketAddr, bytes: Bytes) -> Sent;

    /// Opens a stream, sends the bytes and reads the one reply, all of it within [`Call::within`]. The future's error says in words for the
    /// operator why there is no reply.
    fn call(&mut self, call: Call) -> impl Future<Output = Result<Bytes, String>> + Send + 'static;

    /// The member list changed; it is told as a whole by [`settled`](Self::settled).
    fn event(&mut self, event: Event);

    /// Somebody fired a user event, perhaps we ourselves. Each comes once.
    fn user_event(&mut self, event: Arc<UserEvent>);

    /// The stream that has just been fed changed our gossip keys: persist them, and only then send the reply.
    fn keyring_changed(&mut self);

    /// All effects of an input are carried out. `list` is the new member list, if it changed; handles show it next.
    fn settled(&mut self, core: &Members, list: Option<&Arc<[Member]>>);
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way, or lost.
    Away,
    /// It waits for a connection that has to be made first, and no earlier one waits for the same. The carrier's driver tells
    /// [`Members::handle_connected`] the end of that.
    Connecting,
}
