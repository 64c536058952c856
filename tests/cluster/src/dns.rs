//! Just enough of a resolver (RFC 1035) to ask a node for addresses, as an application's would.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// How long an answer may take: a stub resolver's patience.
const LIMIT: Duration = Duration::from_secs(5);

/// The IPv4 addresses that the server at `server` has for `name`, and the code of its answer (0, or 3 for a name that is none).
/// `None` when it does not answer.
pub async fn addresses(server: SocketAddr, name: &str) -> Option<(u8, Vec<Ipv4Addr>)> {
    let (code, records) = records(server, name).await?;
    Some((code, records.into_iter().map(|(address, _)| address).collect()))
}

/// The same, and for how many seconds each may be remembered.
pub async fn records(server: SocketAddr, name: &str) -> Option<(u8, Vec<(Ipv4Addr, u32)>)> {
    let socket = UdpSocket::bind(SocketAddr::new(server.ip(), 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    let id: [u8; 2] = rand::random();
    socket.send(&question(id, name)).await.ok()?;
    let mut answer = vec![0; 4096];
    let length = tokio::time::timeout(LIMIT, socket.recv(&mut answer)).await.ok()?.ok()?;
    answer.truncate(length);
    if answer.get(..2)? != id {
        return None;
    }
    Some((answer.get(3)? & 0xf, read(&answer)?))
}

fn question(id: [u8; 2], name: &str) -> Vec<u8> {
    // Recursion desired, one question.
    let mut bytes = [&id[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in name.trim_end_matches('.').split('.') {
        bytes.push(u8::try_from(label.len()).expect("a label of at most 63 bytes"));
        bytes.extend(label.as_bytes());
    }
    // The root, type A, class IN.
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

fn read(answer: &[u8]) -> Option<Vec<(Ipv4Addr, u32)>> {
    let number = |at: usize| Some(usize::from(u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?])));
    let mut at = past_name(answer, 12)? + 4;
    let mut records = Vec::new();
    for _ in 0..number(6)? {
        at = past_name(answer, at)?;
        let (kind, length) = (number(at)?, number(at + 8)?);
        let data = answer.get(at + 10..at + 10 + length)?;
        if kind == 1 {
            let ttl = u32::from_be_bytes(answer.get(at + 4..at + 8)?.try_into().ok()?);
            records.push((Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?), ttl));
        }
        at += 10 + length;
    }
    Some(records)
}

/// Where the name that begins at `at` is over: at its root, or behind a pointer.
fn past_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}
