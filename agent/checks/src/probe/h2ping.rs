//! HTTP/2 pings.

use std::pin::pin;
use std::time::Duration;

use h2::Ping;
use tokio::time;

use super::address::Address;
use super::connector::{Connector, Protocol};
use super::go_text;
use crate::H2Ping;
use crate::outcome::Outcome;

/// Frames and heads that a server may send before the answer are of no use: as small as may be.
const FRAME: u32 = 16 * 1024;

/// Sends a ping; the answer to it is all there is to say.
pub(crate) async fn run(h2ping: &H2Ping, connector: &Connector, timeout: Duration) -> Outcome {
    match time::timeout(timeout, ping(h2ping, connector)).await {
        Ok(Ok(())) => Outcome::passing("HTTP2 ping was successful"),
        Ok(Err(error)) => Outcome::critical(error),
        Err(_) => Outcome::critical("HTTP2 ping failed: context deadline exceeded"),
    }
}

async fn ping(h2ping: &H2Ping, connector: &Connector) -> Result<(), String> {
    let dialling = |error: String| format!("Failed to dial to {}: {error}", h2ping.address);
    let address = Address::parse(&h2ping.address).map_err(|error| dialling(format!("dial tcp: {error}")))?;
    let stream = connector.dial(&address, h2ping.tls.as_ref(), Protocol::Http2).await.map_err(dialling)?;
    let failed = |error: h2::Error| format!("HTTP2 ping failed: {}", error.get_io().map_or_else(|| error.to_string(), go_text::io_error));
    let mut builder = h2::client::Builder::new();
    builder.max_header_list_size(FRAME).max_frame_size(FRAME).enable_push(false);
    let (_sender, mut connection) = builder.handshake::<_, bytes::Bytes>(stream).await.map_err(failed)?;
    let mut pings = connection.ping_pong().ok_or("HTTP2 ping failed: it cannot be sent")?;
    let mut pong = pin!(pings.ping(Ping::opaque()));
    let ended = tokio::select! {
        biased;
        answer = &mut pong => return answer.map(drop).map_err(failed),
        ended = connection => ended,
    };
    // The connection is gone by now, so this waits for nothing: the answer came before the end, or never will.
    pong.await.map(drop).map_err(|error| failed(ended.err().unwrap_or(error)))
}
