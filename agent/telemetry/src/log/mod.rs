//! The log: `tracing` events as Consul's lines, written by one thread of their own.

mod escape;
mod fields;
mod file;
mod layer;
mod level;
mod line;
mod queue;
mod tap;
mod writer;

use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::{Registry, reload};

pub(crate) use file::RotatingFile;
pub(crate) use layer::LogLayer;
pub(crate) use level::at;
pub(crate) use line::Form;
pub(crate) use queue::Queue;
pub use tap::{LogLines, LogTap, TooManyReaders};
pub(crate) use writer::Writer;

/// The log's layer with its filter.
pub(crate) type LogFiltered = Filtered<LogLayer, reload::Layer<Targets, Registry>, Registry>;
