//! TCP checks.

use std::time::Duration;

use tokio::time;

use super::address::Address;
use super::connector::{Connector, Protocol};
use crate::Tcp;
use crate::outcome::Outcome;

/// Connects, shakes hands if asked to, and leaves.
pub(crate) async fn run(tcp: &Tcp, connector: &Connector, timeout: Duration) -> Outcome {
    let attempt = async {
        let address = Address::parse(&tcp.address).map_err(|error| format!("dial tcp: {error}"))?;
        connector.dial(&address, tcp.tls.as_ref(), Protocol::Any).await.map(drop)
    };
    match time::timeout(timeout, attempt).await {
        Ok(Ok(())) => Outcome::passing(format!("TCP connect {}: Success", tcp.address)),
        Ok(Err(error)) => Outcome::critical(error),
        Err(_) => Outcome::critical(format!("dial tcp {}: i/o timeout", tcp.address)),
    }
}
