//! Probes against real listeners and processes, the roster on virtual time, and the runner around both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docker;
mod grpc;
mod h2ping;
mod http;
mod network;
mod process;
mod roster;
mod runner;
mod servers;
mod tls;

use std::time::Duration;

use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::{Http, Polled, Probe, Probing, Redirects, Roots, Settings, Thresholds, Tls};

/// For what should end at once: long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn polled(probe: Probe) -> Polled {
    let thresholds = Thresholds::default();
    Polled { probe, interval: Duration::from_secs(1), timeout: Some(PATIENCE), thresholds, output_max: 4096 }
}

fn http(url: &str) -> Http {
    let url = url.to_owned();
    Http { url, method: String::new(), headers: Vec::new(), body: String::new(), follow_redirects: true, tls: Tls::default() }
}

fn settings() -> Settings {
    let environment = vec![("PATH".into(), std::env::var_os("PATH").unwrap())];
    Settings {
        environment,
        probing: Probing { roots: Roots::Bundle(Vec::new()), redirects: Redirects::Anywhere, ..Probing::default() },
        ..Settings::default()
    }
}

async fn run(polled: &Polled) -> Outcome {
    tokio::time::timeout(PATIENCE * 2, Prober::new(settings()).run(polled)).await.expect("a run ends by its timeout")
}

async fn run_for(probe: Probe, timeout: Duration) -> Outcome {
    run(&Polled { timeout: Some(timeout), ..polled(probe) }).await
}
