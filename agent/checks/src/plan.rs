//! What is to be checked, and how: a definition, read and complete.

use std::fmt;
use std::time::Duration;

use crate::{Target, Thresholds};

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Somebody is asked every so often.
    Polled(Polled),
    /// As another service or node is doing.
    Alias(Target),
}

/// A check that is run at intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    /// What is done.
    pub probe: Probe,
    /// From the beginning of one run to that of the next; less than a second counts as a second.
    pub interval: Duration,
    /// For one run; without it 30 s for processes and 10 s for the rest.
    pub timeout: Option<Duration>,
    /// How many results in a row change the status.
    pub thresholds: Thresholds,
    /// Bytes kept of what a body or a process says (`OutputMaxSize`, 4,096 by default); at least one, at most 1 MiB.
    pub output_max: usize,
}

/// What one run does.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// A request: 2xx is passing, 429 warning, all else critical.
    Http(Http),
    /// A connection: made is passing.
    Tcp(Tcp),
    /// An empty datagram: any reply is passing.
    Udp(Udp),
    /// The standard health service of gRPC: `SERVING` is passing.
    Grpc(Grpc),
    /// A ping of HTTP/2: any answer to it is passing.
    H2Ping(H2Ping),
    /// A process: exit code 0 is passing, 1 warning, all else critical.
    Script(Script),
    /// The same in a container.
    Docker(Docker),
    /// A unit of systemd: active is passing, on its way there or back is warning, all else critical.
    OsService(OsService),
}

/// See [`Probe::Http`].
#[derive(Clone, PartialEq, Eq)]
pub struct Http {
    /// `http://` or `https://`.
    pub url: String,
    /// Sent as it is written; empty means `GET`.
    pub method: String,
    /// Sent besides the usual ones and in their place; `Host` counts too.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: String,
    /// Whether up to ten redirects are followed (unless `DisableRedirects` is set), as far as [`Redirects`](crate::Redirects) lets; otherwise
    /// a 3xx is critical.
    pub follow_redirects: bool,
    /// For `https://`.
    pub tls: Tls,
}

/// See [`Probe::Tcp`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// Host and port; no host means localhost.
    pub address: String,
    /// Set where a handshake has to succeed too (`TCPUseTLS`).
    pub tls: Option<Tls>,
}

/// See [`Probe::Udp`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Udp {
    /// Host and port.
    pub address: String,
}

/// See [`Probe::Grpc`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grpc {
    /// `host:port`, or `host:port/service` to ask for one service instead of the whole server.
    pub target: String,
    /// Set for `GRPCUseTLS`.
    pub tls: Option<Tls>,
}

/// See [`Probe::H2Ping`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H2Ping {
    /// Host and port.
    pub address: String,
    /// Not set where it is spoken in the clear (`H2PingUseTLS`).
    pub tls: Option<Tls>,
}

/// See [`Probe::Docker`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docker {
    /// Its id or name.
    pub container: String,
    /// Program and arguments; no shell comes between.
    pub args: Vec<String>,
}

/// See [`Probe::Script`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Program and arguments; no shell comes between.
    pub args: Vec<String>,
}

/// See [`Probe::OsService`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsService {
    /// The unit.
    pub name: String,
}

/// How the other side's certificate is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Any certificate will do (`TLSSkipVerify`).
    pub skip_verify: bool,
    /// The name asked for and expected; empty means [`Probing::server_name`](crate::Probing), and without that the host that is dialled.
    pub server_name: String,
}

/// Where a plan came from, which decides whether it may start processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A configuration file of this agent.
    Configuration,
    /// The HTTP API.
    Api,
}

impl Probe {
    /// Whether a run starts a process, here or in a container.
    pub(crate) const fn is_process(&self) -> bool {
        matches!(self, Self::Script(_) | Self::Docker(_) | Self::OsService(_))
    }
}

impl Polled {
    const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);
    const PROCESS_TIMEOUT: Duration = Duration::from_secs(30);
    const OUTPUT_MAX: usize = 1 << 20;

    /// What one run may take.
    pub(crate) fn timeout(&self) -> Duration {
        let default = if self.probe.is_process() { Self::PROCESS_TIMEOUT } else { Self::NETWORK_TIMEOUT };
        self.timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(default)
    }

    /// [`Self::output_max`] within its bounds.
    pub(crate) fn output_max(&self) -> usize {
        self.output_max.clamp(1, Self::OUTPUT_MAX)
    }
}

impl fmt::Debug for Http {
    /// Headers, body and URL may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Http").field("method", &self.method).field("headers", &names).finish_non_exhaustive()
    }
}
