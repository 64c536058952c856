//! Calls per second over one control connection on loopback, both ends in this process.
//!
//! `cargo bench -p link` prints a line per setting: callers at a time, bytes of body each way, calls/s, median and
//! 99th percentile of the time a call took.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use link::FixedTls;
use link::Handle;
use link::Link;
use link::LinkConfig;
use link::Peer;
use tokio_util::sync::CancellationToken;

#[path = "../src/tests/tls.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod tls;

const NAME: &str = "gateway.dc2.test";
const RUN: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let authority = tls::Authority::new();
    let bind = |name: &'static str| {
        let addr = ([127, 0, 0, 1], 0).into();
        let tls = FixedTls { server: authority.server(NAME), client: authority.client(name) };
        Link::bind(LinkConfig::new(addr, Arc::new(tls)))
    };
    let (server, mut inbound) = bind("gateway.dc2.test").await.unwrap();
    let (client, _client_inbound) = bind("gateway.dc1.test").await.unwrap();
    let (peer, handle) = (Peer::new(server.local_addr(), NAME), client.handle());
    tokio::spawn(server.run(CancellationToken::new()));
    tokio::spawn(async move {
        while let Some(call) = inbound.calls.recv().await {
            // A task per call, as the process that serves them does.
            tokio::spawn(async move { call.reply.send(call.head, call.body).await });
        }
    });
    for (callers, body) in [(1, 128), (16, 128), (64, 128), (256, 128), (64, 4096), (16, 1 << 20)] {
        measure(&handle, &peer, callers, body).await;
    }
    println!("{:?}", handle.paths());
}

async fn measure(handle: &Handle, peer: &Peer, callers: usize, body: usize) {
    let began = Instant::now();
    let work = (0..callers).map(|_| tokio::spawn(call_until(handle.clone(), peer.clone(), body, began + RUN)));
    let mut times = Vec::new();
    for caller in work.collect::<Vec<_>>() {
        times.extend(caller.await.unwrap());
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{callers:4} callers {body:8} B {rate:9.0} calls/s  p50 {:?}  p99 {:?}", at(0.5), at(0.99));
}

async fn call_until(handle: Handle, peer: Peer, body: usize, end: Instant) -> Vec<Duration> {
    let (head, body) = (Bytes::from(vec![1; 64]), Bytes::from(vec![2; body]));
    let mut times = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        handle.call(&peer, head.clone(), body.clone(), Duration::from_secs(10)).await.unwrap();
        times.push(began.elapsed());
    }
    times
}
