//! What a run does, by kind.

mod address;
mod connector;
mod dial;
mod docker;
mod go_text;
mod grpc;
mod h2ping;
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
use std::sync::Arc;

use parking_lot::Mutex;

use self::connector::Connector;
use self::docker::DockerHost;
use crate::outcome::Outcome;
use crate::{Polled, Probe, Probing, Redirects, Settings};

/// Runs probes. A run is over when its future is dropped, and leaves no task, socket or process behind.
pub(crate) struct Prober {
    ways: Mutex<Arc<Ways>>,
    docker: DockerHost,
    environment: Vec<(OsString, OsString)>,
    systemctl: PathBuf,
}

impl Prober {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            ways: Mutex::new(Arc::new(Ways::of(settings.probing))),
            docker: DockerHost::read(settings.docker_host.as_deref()),
            environment: settings.environment,
            systemctl: settings.systemctl,
        }
    }

    /// For runs that begin from now on.
    pub(crate) fn probe_so(&self, probing: Probing) {
        *self.ways.lock() = Arc::new(Ways::of(probing));
    }

    /// One run.
    pub(crate) async fn run(&self, polled: &Polled) -> Outcome {
        let (timeout, output_max) = (polled.timeout(), polled.output_max());
        let ways = Arc::clone(&self.ways.lock());
        let connector = &ways.connector;
        // In a box, for some are large and most wait.
        let run: Pin<Box<dyn Future<Output = Outcome> + Send + '_>> = match &polled.probe {
            Probe::Http(http) => Box::pin(http::run(http, connector, ways.redirects, timeout, output_max)),
            Probe::Tcp(tcp) => Box::pin(tcp::run(tcp, connector, timeout)),
            Probe::Udp(udp) => Box::pin(udp::run(udp, timeout)),
            Probe::Grpc(grpc) => Box::pin(grpc::run(grpc, connector, timeout)),
            Probe::H2Ping(h2ping) => Box::pin(h2ping::run(h2ping, connector, timeout)),
            Probe::Script(script) => Box::pin(script::run(script, &self.environment, timeout, output_max)),
            Probe::Docker(docker) => Box::pin(docker::run(docker, &self.docker, timeout, output_max)),
            Probe::OsService(service) => Box::pin(os_service::run(service, &self.systemctl, &self.environment, timeout)),
        };
        run.await
    }
}

/// What [`Probing`] comes to.
struct Ways {
    connector: Connector,
    redirects: Redirects,
}

impl Ways {
    fn of(probing: Probing) -> Self {
        let Probing { roots, keys, server_name, redirects } = probing;
        Self { connector: Connector::new(roots, keys, server_name), redirects }
    }
}
