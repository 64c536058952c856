//! The three streams of a command.

use std::io::{Read, Write};

/// Where a command reads and writes. The binary passes its own streams, tests pass
/// buffers.
pub struct Io<'a> {
    /// Read when an argument is `-`.
    pub stdin: &'a mut dyn Read,
    /// Results.
    pub stdout: &'a mut dyn Write,
    /// Errors, and the help that follows them.
    pub stderr: &'a mut dyn Write,
}
