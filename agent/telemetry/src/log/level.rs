//! Which events become lines.

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Libraries that talk much about what we say ourselves: of these, warnings and errors only, unless everything is asked for.
const LIBRARIES: &[&str] = &[
    "foca",
    "h2",
    "hickory_proto",
    "hickory_server",
    "hyper",
    "hyper_util",
    "mio",
    "openraft",
    "opentelemetry",
    "opentelemetry_otlp",
    "opentelemetry_sdk",
    "quinn",
    "quinn_proto",
    "quinn_udp",
    "rustls",
    "tokio_util",
    "tonic",
    "tower",
    "want",
];

/// A filter that lets `level` and above through, and no spans of traces.
pub(crate) fn at(level: Level) -> Targets {
    let filter = Targets::new().with_default(level).with_target(dispatch::SPAN_TARGET, LevelFilter::OFF);
    if level == Level::TRACE {
        return filter;
    }
    let most = LevelFilter::from_level(level.min(Level::WARN));
    filter.with_targets(LIBRARIES.iter().map(|library| (*library, most)))
}

/// Consul's names, all five wide with their brackets closed.
pub(crate) fn bracketed(level: Level) -> &'static str {
    match level {
        Level::TRACE => "[TRACE]",
        Level::DEBUG => "[DEBUG]",
        Level::INFO => "[INFO] ",
        Level::WARN => "[WARN] ",
        Level::ERROR => "[ERROR]",
    }
}

/// Consul's names in JSON.
pub(crate) fn plain(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}
