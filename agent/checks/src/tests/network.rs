use std::time::Duration;

use tokio::net::UdpSocket;

use super::servers::{REFUSING, silent};
use super::{polled, run, run_for};
use crate::outcome::Outcome;
use crate::{Probe, Tcp, Udp};

fn tcp(address: impl ToString) -> Probe {
    Probe::Tcp(Tcp { address: address.to_string(), tls: None })
}

fn udp(address: impl ToString) -> Probe {
    Probe::Udp(Udp { address: address.to_string() })
}

#[tokio::test]
async fn a_connection_is_enough() {
    let address = silent().await;
    assert_eq!(run(&polled(tcp(address))).await, Outcome::passing(format!("TCP connect {address}: Success")));
    let named = format!("localhost:{}", address.port());
    assert_eq!(run(&polled(tcp(&named))).await, Outcome::passing(format!("TCP connect {named}: Success")));
    let unnamed = format!(":{}", address.port());
    assert_eq!(run(&polled(tcp(&unnamed))).await, Outcome::passing(format!("TCP connect {unnamed}: Success")));
}

#[tokio::test]
async fn no_connection_is_critical() {
    let address = REFUSING;
    let critical = |text: String| Outcome::critical(text);
    assert_eq!(run(&polled(tcp(address))).await, critical(format!("dial tcp {address}: connect: connection refused")));
    let outcome = run(&polled(tcp("no.such.host.invalid:80"))).await;
    assert_eq!(outcome, Outcome::critical("dial tcp: lookup no.such.host.invalid: no such host"));
    assert_eq!(run(&polled(tcp("localhost"))).await, Outcome::critical("dial tcp: address localhost: missing port in address"));
}

#[tokio::test]
async fn any_reply_is_enough() {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (length, peer) = socket.recv_from(&mut [0; 16]).await.unwrap();
        assert_eq!(length, 0);
        socket.send_to(&[], peer).await.unwrap();
    });
    assert_eq!(run(&polled(udp(address))).await, Outcome::passing(format!("UDP connect {address}: Success")));
}

#[tokio::test]
async fn no_reply_is_critical() {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let outcome = run_for(udp(address), Duration::from_millis(100)).await;
    assert_eq!(outcome, Outcome::critical(format!("read udp {address}: i/o timeout")));
    assert_eq!(run(&polled(udp(REFUSING))).await, Outcome::critical(format!("read udp {REFUSING}: connection refused")));
}
