//! Logs and traces of the process, out of its configuration.

use anyhow::Context;
use config::{Level, Log, Telemetry};
use telemetry::{Guard, LogFile, LogSettings, Settings, TraceSettings};

/// Starts both. Whoever traces is `datacenter`'s `node`.
pub(crate) fn init(log: &Log, telemetry: &Telemetry, datacenter: &str, node: &str) -> anyhow::Result<Guard> {
    let file = log.file.clone().map(|path| LogFile {
        path,
        rotate_bytes: log.rotate_bytes,
        rotate_duration: log.rotate_duration,
        rotate_max_files: log.rotate_max_files,
    });
    let log = LogSettings { level: level(log.level), json: log.json, file, ..LogSettings::default() };
    start(log, telemetry, datacenter, node)
}

/// The same for a process whose configuration knows only a level.
pub(crate) fn at_level(least: Level, telemetry: &Telemetry, datacenter: &str, node: &str) -> anyhow::Result<Guard> {
    start(LogSettings { level: level(least), ..LogSettings::default() }, telemetry, datacenter, node)
}

fn start(log: LogSettings, telemetry: &Telemetry, datacenter: &str, node: &str) -> anyhow::Result<Guard> {
    let traces = TraceSettings {
        endpoint: telemetry.otlp_endpoint.clone(),
        ratio: telemetry.sample_ratio,
        node: node.to_owned(),
        datacenter: datacenter.to_owned(),
        ..TraceSettings::default()
    };
    telemetry::init(Settings { log, traces }).context("telemetry")
}

pub(crate) fn level(level: Level) -> telemetry::Level {
    match level {
        Level::Trace => telemetry::Level::TRACE,
        Level::Debug => telemetry::Level::DEBUG,
        Level::Info => telemetry::Level::INFO,
        Level::Warn => telemetry::Level::WARN,
        Level::Error => telemetry::Level::ERROR,
    }
}
