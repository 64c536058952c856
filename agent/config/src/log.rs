//! Where the log goes and how much of it.

use std::path::PathBuf;
use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// Settings of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Least important level written.
    pub level: Level,
    /// Whether lines are JSON.
    pub json: bool,
    /// File to write to besides standard output; a directory if it ends in `/`.
    pub file: Option<PathBuf>,
    /// Size in bytes at which a new file is begun; none for any size.
    pub rotate_bytes: Option<u64>,
    /// Age at which a new file is begun.
    pub rotate_duration: Duration,
    /// Old files kept; none keeps all, `Some(0)` none.
    pub rotate_max_files: Option<u32>,
}

/// Importance of a log line, least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// What happens in normal life.
    Info,
    /// What may become a fault.
    Warn,
    /// Faults.
    Error,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Log, Findings) {
    let mut read = Reader::new(context);
    let rotate_max_files = match read.int("log_rotate_max_files") {
        None | Some(0) => None,
        // Consul's way to say that no old file is kept.
        Some(-1) => Some(0),
        Some(_) => Some(read.count("log_rotate_max_files", 0)),
    };
    let log = Log {
        level: level(&mut read),
        json: read.is("log_json"),
        file: read.filled("log_file").map(PathBuf::from),
        rotate_bytes: Some(read.count("log_rotate_bytes", 0)).filter(|bytes| *bytes > 0),
        rotate_duration: read.interval("log_rotate_duration", Duration::from_secs(24 * 3600)),
        rotate_max_files,
    };
    (log, read.finish())
}

/// The level at `log_level`, in any case.
pub(crate) fn level(read: &mut Reader<'_>) -> Level {
    let given = read.filled("log_level").unwrap_or("info");
    match given.to_ascii_lowercase().as_str() {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "err" | "error" => Level::Error,
        _ => {
            let known = "Valid log levels are: [TRACE DEBUG INFO WARN ERR]";
            read.wrong("log_level", format!("Invalid log level: {given}. {known}"));
            Level::Info
        }
    }
}
