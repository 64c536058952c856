//! `delian validate`: the verdict on a set of files, nothing else.

use crate::{Flags, Host, Inputs, Invalid, Source, resolve};

/// Resolves `files` as the agent would without flags. Returns what the operator should know, each once.
///
/// # Errors
/// [`Invalid`]: why they cannot be used.
pub fn validate(files: &[Source], host: &Host) -> Result<Vec<String>, Invalid> {
    let inputs = Inputs { flags: Flags::default(), files: files.to_vec(), host: host.clone() };
    resolve(&inputs).map(|config| config.warnings)
}
