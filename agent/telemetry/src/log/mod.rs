//! The log: `tracing` events as Consul's lines, written by one thread of their own.

mod escape;
mod fields;
mod file;
mod layer;
mod level;
mod line;
mod queue;
mod writer;

pub(crate) use file::RotatingFile;
pub(crate) use layer::LogLayer;
pub(crate) use level::at;
pub(crate) use line::Form;
pub(crate) use queue::Queue;
pub(crate) use writer::Writer;
