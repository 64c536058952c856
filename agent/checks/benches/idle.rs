//! What a thousand checks cost the agent: processor time of the thread that runs them, and memory.
//!
//! `cargo bench -p checks` prints a line per setting. The checked service runs on a thread of its own and does not count.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use checks::{Aliases, Checks, Http, Observed, Plan, Polled, Probe, Settings, Source, Target, Thresholds, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CHECKS: usize = 1000;
const RUN: Duration = Duration::from_secs(20);

struct NoAliases;

impl Aliases for NoAliases {
    async fn observe(&self, _: &Target, _: Option<u64>) -> Result<Observed, String> {
        std::future::pending().await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (address, requests) = service();
    let (checks, mut results) = Checks::new(Settings::default(), NoAliases);
    tokio::spawn(async move { while results.recv().await.is_some() {} });
    measure("no checks", &requests).await;
    set_all(&checks, address, Duration::from_secs(24 * 3600));
    measure("1,000 HTTP, daily", &requests).await;
    set_all(&checks, address, Duration::from_secs(10));
    measure("1,000 HTTP, every 10 s", &requests).await;
}

fn set_all(checks: &Checks, address: SocketAddr, interval: Duration) {
    for number in 0..CHECKS {
        let http = Http {
            url: format!("http://{address}/{number}"),
            method: String::new(),
            headers: Vec::new(),
            body: String::new(),
            follow_redirects: true,
            tls: Tls::default(),
        };
        let plan = Polled { probe: Probe::Http(http), interval, timeout: None, thresholds: Thresholds::default(), output_max: 4096 };
        checks.set(&format!("http{number}"), Plan::Polled(plan), Source::Api).unwrap();
    }
}

async fn measure(what: &str, requests: &AtomicU64) {
    let (cpu, asked, began) = (thread_cpu(), requests.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(RUN).await;
    let cpu = thread_cpu() - cpu;
    let asked = requests.load(Ordering::Relaxed) - asked;
    let share = 100.0 * cpu.as_secs_f64() / began.elapsed().as_secs_f64();
    let each = if asked == 0 { String::new() } else { format!(", {:.0} us each", cpu.as_secs_f64() * 1e6 / asked as f64) };
    println!("{what}: {cpu:?} in {RUN:?} = {share:.3} % of a processor, {asked} requests{each}, {} KiB", memory());
}

/// Answers every request, on a thread of its own.
fn service() -> (SocketAddr, Arc<AtomicU64>) {
    let requests = Arc::new(AtomicU64::new(0));
    let (count, (sender, receiver)) = (Arc::clone(&requests), std::sync::mpsc::sync_channel(1));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 1024]).await;
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
                });
            }
        });
    });
    (receiver.recv().unwrap(), requests)
}

/// Time that this thread was on a processor.
fn thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

/// Resident memory of the process, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
