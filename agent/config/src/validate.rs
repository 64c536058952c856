//! `delian validate`: the verdict on a set of files, nothing else.

use std::fmt;

use crate::{Flags, Host, Inputs, Invalid, Source, resolve};

/// What is to be said about a set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Why they cannot be used; none if they can.
    pub invalid: Option<Invalid>,
    /// What the operator should know, each once.
    pub warnings: Vec<String>,
}

/// Resolves `files` as the agent would without flags.
#[must_use]
pub fn validate(files: &[Source], host: &Host) -> Report {
    let inputs = Inputs { flags: Flags::default(), files: files.to_vec(), host: host.clone() };
    match resolve(&inputs) {
        Ok(config) => Report { invalid: None, warnings: config.warnings },
        Err(invalid) => Report { warnings: invalid.warnings.clone(), invalid: Some(invalid) },
    }
}

impl Report {
    /// Whether the files can be used.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.invalid.is_none()
    }
}

impl fmt::Display for Report {
    /// The command's output: the verdict in Consul's words, then the warnings of valid files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(invalid) = &self.invalid {
            return write!(f, "Config validation failed: {invalid}");
        }
        f.write_str("Configuration is valid!")?;
        for warning in &self.warnings {
            write!(f, "\n{warning}")?;
        }
        Ok(())
    }
}
