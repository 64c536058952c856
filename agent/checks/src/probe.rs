//! What a run does, by kind.

mod address;
mod connector;
mod dial;
mod go_text;
mod grpc;
mod http;
mod http_exchange;
mod location;
mod os_service;
mod process;
mod script;
mod tcp;

mod udp;
mod url;

pub use grpc::read_health;
pub use http::redirect;

use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use self::connector::Connector;
use crate::outcome::Outcome;
use crate::{Polled, Probe, Settings};

/// Runs probes. A run is over when its future is dropped, and leaves no task, socket or process behind.
pub(crate) struct Prober {
    connector: Connector,
    environment: Vec<(OsString, OsString)>,
    systemctl: PathBuf,
}

impl Prober {
    pub(crate) fn new(settings: Settings) -> Self {
        let connector = Connector::new(settings.roots, settings.keys);
        Self { connector, environment: settings.environment, systemctl: settings.systemctl }
    }

    /// One run.
    pub(crate) async fn run(&self, polled: &Polled) -> Outcome {
        let (timeout, output_max) = (polled.timeout(), polled.output_max());
        // In a box, for some are large and most wait.
        let run: Pin<Box<dyn Future<Output = Outcome> + Send + '_>> = match &polled.probe {
            Probe::Http(http) => Box::pin(http::run(http, &self.connector, timeout, output_max)),
            Probe::Tcp(tcp) => Box::pin(tcp::run(tcp, &self.connector, timeout)),
            Probe::Udp(udp) => Box::pin(udp::run(udp, timeout)),
            Probe::Grpc(grpc) => Box::pin(grpc::run(grpc, &self.connector, timeout)),
            Probe::Script(script) => Box::pin(script::run(script, &self.environment, timeout, output_max)),
            Probe::OsService(service) => Box::pin(os_service::run(service, &self.systemctl, &self.environment, timeout)),
        };
        run.await
    }
}
