//! How a command ends when it does not succeed.

use std::fmt::Display;
use std::io;

/// A message for stderr and an exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Shown on stderr with a line end; nothing is shown when empty.
    pub(crate) message: String,
    /// Exit code.
    pub(crate) code: u8,
    /// Show the command's help on stderr after the message.
    pub(crate) with_help: bool,
}

impl Failure {
    /// Fails with exit code 1.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 1, with_help: false }
    }

    /// Fails with exit code 1 because the command was called wrongly: message, an empty
    /// line, then the help.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: format!("{message}\n"), code: 1, with_help: true }
    }

    /// Fails with exit code 1 and the help: nothing was asked for.
    pub(crate) fn help() -> Self {
        Self { message: String::new(), code: 1, with_help: true }
    }

    /// Ends with `code` and says nothing: the answer is the code.
    pub(crate) fn silent(code: u8) -> Self {
        Self { message: String::new(), code, with_help: false }
    }
}

impl From<io::Error> for Failure {
    /// Writing the output failed. A reader that went away (`| head`) is no news to anyone.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(1);
        }
        Self::new(format_args!("Error writing output: {}", crate::os_error::text(&error)))
    }
}
