//! What only the binary can say or do.

use std::path::PathBuf;
use std::pin::Pin;

/// What the binary knows and the commands need.
pub struct Own<'a> {
    /// Release without a leading `v`, such as `0.1.0`.
    pub version: &'a str,
    /// Commit the binary was built from; empty when unknown.
    pub revision: &'a str,
    /// Commands that the binary runs itself (`agent`, `gateway`, `dev`), for the list in
    /// the root help. [`crate::run`] does not know them otherwise.
    pub others: &'a [Topic],
    /// Checks a configuration as the agent would before it starts; warnings, or the error, are
    /// shown to the operator as they are.
    pub validate: &'a dyn Fn(&Validate) -> Result<Vec<String>, String>,
    /// Reads the service definitions in configuration files, in their order and as the HTTP API
    /// takes them; the error is shown to the operator as it is.
    pub services: &'a ReadServices<'a>,
    /// Made when a command begins to wait for an end that only the operator sets; done when the
    /// operator interrupts. Polled within a tokio runtime.
    pub interrupt: &'a dyn Fn() -> Interrupt,
}

/// From the paths of files to what they define.
pub type ReadServices<'a> = dyn Fn(&[PathBuf]) -> Result<Vec<serde_json::Value>, String> + 'a;

/// Done when the operator interrupts.
pub type Interrupt = Pin<Box<dyn Future<Output = ()>>>;

/// A command name with its line in the help.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The word typed after `delian`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
}

/// What `delian validate` was asked to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validate {
    /// Files and directories, in the order given; at least one.
    pub paths: Vec<PathBuf>,
    /// Read every file in this format instead of going by its extension.
    pub format: Option<ConfigFormat>,
}

/// The two languages of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigFormat {
    /// HCL, version 1.
    Hcl,
    /// JSON.
    Json,
}
