//! UDP checks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time;

use super::address::Address;
use super::dial::look_up;
use super::go_text;
use crate::Udp;
use crate::outcome::Outcome;

/// Sends an empty datagram and waits for any answer. The operating system says so where nobody listens; silence is a failure too, as
/// Consul's documentation has it.
pub(crate) async fn run(udp: &Udp, timeout: Duration) -> Outcome {
    let attempt = async {
        let address = Address::parse(&udp.address).map_err(|error| format!("dial udp: {error}"))?;
        let peers = look_up(&address, "udp").await?;
        let peer = peers.first().ok_or_else(|| format!("dial udp: lookup {}: no such host", address.host))?;
        let failed = |what: &str, error: std::io::Error| format!("{what} udp {peer}: {}", go_text::io_error(&error));
        let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).await.map_err(|error| failed("dial", error))?;
        // Connected, so that only this peer's datagrams come in, and its refusals.
        socket.connect(peer).await.map_err(|error| failed("dial", error))?;
        socket.send(&[]).await.map_err(|error| failed("write", error))?;
        socket.recv(&mut [0; 1]).await.map_err(|error| failed("read", error))
    };
    match time::timeout(timeout, attempt).await {
        Ok(Ok(_)) => Outcome::passing(format!("UDP connect {}: Success", udp.address)),
        Ok(Err(error)) => Outcome::critical(error),
        Err(_) => Outcome::critical(format!("read udp {}: i/o timeout", udp.address)),
    }
}
