//! Logs, until telemetry takes over: Consul's levels on standard output.

use config::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn init(level: Level) {
    let level = match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    // openraft tells each step of its engine at INFO: that is for whoever asks for TRACE.
    let quiet = if level == LevelFilter::TRACE { level } else { level.min(LevelFilter::WARN) };
    let targets = Targets::new().with_default(level).with_target("openraft", quiet);
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_ansi(false)).with(targets).init();
}
