//! Starts telemetry.

use crate::environment::{Resolved, resolve};
use crate::log::{self, Form, LogLayer, LogTap, Queue, RotatingFile, Writer};
use crate::traces::Traces;
use crate::{Guard, LogSettings, Settings};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tracing::{Dispatch, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, reload};

/// Why telemetry cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The log file.
    #[error("cannot write log files at {}: {source}", path.display())]
    LogFile {
        /// `log_file`.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The thread that writes the log.
    #[error("cannot start the log: {0}")]
    LogThread(io::Error),
    /// The collector's address, a variable that the exporter reads, or its threads.
    #[error("cannot send traces to {endpoint}: {reason}")]
    Traces {
        /// The collector.
        endpoint: String,
        /// What is wrong.
        reason: String,
    },
    /// It was started before.
    #[error("the log was set up before")]
    Twice,
}

/// Starts the log and the traces of this process, for all of its threads. Once.
///
/// # Errors
/// [`InitError`], naming the file or address.
pub fn init(settings: Settings) -> Result<Guard, InitError> {
    let (dispatch, guard) = prepare(settings, &|name| std::env::var(name).ok())?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| InitError::Twice)?;
    Ok(guard)
}

/// [`init`] without installing anything: for tests, which may have several processes in one. `variable` stands for the environment.
///
/// # Errors
/// As [`init`].
pub fn prepare(settings: Settings, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Dispatch, Guard), InitError> {
    let resolved = resolve(&settings.traces, variable);
    let level = settings.log.level;
    let traces = if resolved.endpoint.is_none() && settings.traces.sink.is_none() {
        None
    } else {
        let refused = |error: crate::traces::StartError| InitError::Traces {
            endpoint: resolved.endpoint.clone().unwrap_or_default(),
            reason: error.to_string(),
        };
        Some(Traces::start(&resolved, &settings.traces).map_err(refused)?)
    };
    let (form, queue) = start_log(settings.log)?;
    let (filter, handle) = reload::Layer::new(log::at(level));
    let (tapped, tap_filter, tap) = LogTap::new();
    let lines = Registry::default().with(LogLayer::new(form, Arc::clone(&queue)).with_filter(filter)).with(tapped.with_filter(tap_filter));
    let dispatch = match &traces {
        None => Dispatch::new(lines),
        Some(traces) => {
            let spans = Targets::new().with_target(dispatch::SPAN_TARGET, Level::TRACE);
            Dispatch::new(lines.with(traces.layer().with_filter(spans)))
        }
    };
    warn(&dispatch, &resolved);
    Ok((dispatch, Guard { filter: handle, queue, traces, tap }))
}

fn start_log(settings: LogSettings) -> Result<(Form, Arc<Queue>), InitError> {
    let file = match settings.file {
        None => None,
        Some(file) => {
            let begun = RotatingFile::begin(&file, SystemTime::now());
            Some(begun.map_err(|source| InitError::LogFile { path: file.path, source })?)
        }
    };
    let form = if settings.json { Form::Json } else { Form::Text };
    let queue = Arc::new(Queue::default());
    Writer::new(settings.console, file, form, Arc::clone(&queue)).start().map_err(InitError::LogThread)?;
    Ok((form, queue))
}

fn warn(dispatch: &Dispatch, resolved: &Resolved) {
    tracing::dispatcher::with_default(dispatch, || {
        for reason in &resolved.warnings {
            tracing::warn!(reason, "a variable of the environment is ignored");
        }
    });
}
