//! TCP connections to a name that may have several addresses.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpStream, lookup_host};

use super::address::Address;
use super::go_text;

/// How many addresses of a name are tried.
const MAX_ADDRESSES: usize = 8;
/// The head start of each address over the next, as RFC 8305 has it: a dead IPv6 route does not use up the timeout.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers. Bounded in time by the caller.
pub(crate) async fn dial(address: &Address) -> Result<TcpStream, String> {
    let candidates = look_up(address, "tcp").await?;
    let mut attempts: FuturesUnordered<_> = (0..).zip(candidates).map(|(turn, candidate)| attempt(turn, candidate)).collect();
    let mut first_error = None;
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| no_such_host(address, "tcp")))
}

/// The addresses of a name, few of them.
pub(crate) async fn look_up(address: &Address, network: &str) -> Result<Vec<SocketAddr>, String> {
    let found = lookup_host((address.host.as_str(), address.port)).await.map_err(|_| no_such_host(address, network))?;
    let found: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    if found.is_empty() { Err(no_such_host(address, network)) } else { Ok(found) }
}

async fn attempt(turn: u32, candidate: SocketAddr) -> Result<TcpStream, String> {
    if turn > 0 {
        tokio::time::sleep(HEAD_START * turn).await;
    }
    let stream = TcpStream::connect(candidate).await;
    stream.map_err(|error| format!("dial tcp {candidate}: connect: {}", go_text::io_error(&error)))
}

fn no_such_host(address: &Address, network: &str) -> String {
    format!("dial {network}: lookup {}: no such host", address.host)
}
