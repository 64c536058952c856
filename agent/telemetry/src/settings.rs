//! What can be set.

use crate::FinishedSpans;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tracing::Level;

/// How a process logs and traces.
pub struct Settings {
    /// The log.
    pub log: LogSettings,
    /// The traces.
    pub traces: TraceSettings,
}

/// Where the log goes and how much of it.
pub struct LogSettings {
    /// The least important level written (`log_level`); [`crate::LevelSwitch::set`] changes it.
    pub level: Level,
    /// Whether lines are JSON (`log_json`).
    pub json: bool,
    /// Where lines go besides the file.
    pub console: Console,
    /// The file lines go to as well.
    pub file: Option<LogFile>,
}

impl Default for LogSettings {
    /// Consul's: INFO, as text, to standard output.
    fn default() -> Self {
        Self { level: Level::INFO, json: false, console: Console::Stdout, file: None }
    }
}

/// Where lines go besides the file.
pub enum Console {
    /// Standard output, as Consul's agent does.
    Stdout,
    /// Standard error.
    Stderr,
    /// A writer of the caller's. It may block: that costs lines, and nothing else.
    To(Box<dyn Write + Send>),
}

/// A log file and when another is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// The prefix of the names, as Consul's `log_file`: `dir/` makes `dir/consul-<nanoseconds>.log`, `dir/name.ext` makes
    /// `dir/name-<nanoseconds>.ext`.
    pub path: PathBuf,
    /// Size in bytes at which the next file is begun; `None` for any size.
    pub rotate_bytes: Option<u64>,
    /// Age at which the next file is begun.
    pub rotate_duration: Duration,
    /// How many old files are kept; `None` keeps all.
    pub rotate_max_files: Option<u32>,
}

/// Where traces go and how many.
#[derive(Clone, Default)]
pub struct TraceSettings {
    /// The collector, `http://host:port` or `https://host:port`, spoken to in OTLP/gRPC. `None` leaves it to
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_ENDPOINT`; without these either, nothing is
    /// sent.
    pub endpoint: Option<String>,
    /// Share of the calls that begin here to trace, 0 to 1; calls that come with a `traceparent` follow its `sampled` flag. `None`
    /// leaves it to `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; without these, 1.
    pub ratio: Option<f64>,
    /// This process among its like (`service.instance.id`): the node's name.
    pub node: String,
    /// The datacenter it belongs to (`delian.datacenter`).
    pub datacenter: String,
    /// What verifies a collector at `https://`. ALPN is set here.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// Where spans are kept in this process as well; with it, calls are traced without a collector too.
    pub sink: Option<Arc<FinishedSpans>>,
}
