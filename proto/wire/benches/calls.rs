//! Calls per second and CPU per call, client and server in this process over loopback.
//!
//! `cargo bench -p wire` runs 1, 64 and 1024 concurrent callers for 4 s each with heads of 96 and bodies of 400 bytes
//! (an argument gives another body size). CPU is all of the process, user and system, from `/proc/self/stat`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use bytes::Bytes;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use wire::{CallsClient, Connector, ServerLimits, Services};

const RUN: Duration = Duration::from_secs(4);
const WITHIN: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let body_len = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(400);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let calls: wire::CallHandler = Arc::new(|_, head, body| Box::pin(async move { (head, body) }));
    let services = Services { calls: Some(calls), ..Services::default() };
    tokio::spawn(wire::serve(listener, None, services, ServerLimits::default(), std::future::pending()));

    println!("{:>8} {:>12} {:>12} {:>10} {:>10}", "callers", "calls/s", "cpu µs/call", "p50 µs", "p99 µs");
    let client = CallsClient::connect(Connector::new(addr, None));
    for callers in [1, 64, 1024] {
        run(&client, callers, body_len).await;
    }
}

async fn run(client: &CallsClient, callers: usize, body_len: usize) {
    let head = Bytes::from(vec![1; 96]);
    let body = Bytes::from(vec![2; body_len]);
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let (cpu, start) = (cpu_time(), Instant::now());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (client, head, body) = (client.clone(), head.clone(), body.clone());
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let sent = Instant::now();
                    client.call(head.clone(), body.clone(), WITHIN).await.unwrap();
                    times.push(sent.elapsed().as_micros());
                    count.fetch_add(1, Ordering::Relaxed);
                }
                times
            })
        })
        .collect();
    tokio::time::sleep(RUN).await;
    let (n, cpu, took) = (count.load(Ordering::Relaxed) as f64, cpu_time() - cpu, start.elapsed());
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.append(&mut task.await.unwrap());
    }
    times.sort_unstable();
    let rate = n / took.as_secs_f64();
    let cpu = cpu.as_secs_f64() * 1e6 / n;
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{callers:>8} {rate:>12.0} {cpu:>12.2} {p50:>10} {p99:>10}");
}

/// User and system time of this process; the kernel counts in hundredths of a second.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
