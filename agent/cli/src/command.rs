//! What a command is.

use crate::call::Call;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

/// A command: everything the table, the help and the parser need to know about it.
pub(crate) struct Command {
    /// Words after `delian`: `["kv", "get"]`.
    pub(crate) path: &'static [&'static str],
    /// What follows the path in the usage line.
    pub(crate) arguments: &'static str,
    /// One line for the list of commands.
    pub(crate) summary: &'static str,
    /// Paragraphs for the command's own help, without indentation.
    pub(crate) about: &'static str,
    /// Which HTTP flags it takes.
    pub(crate) http: Http,
    /// Its own flags, sorted by name.
    pub(crate) flags: &'static [Flag],
    /// Runs it.
    pub(crate) run: fn(&mut Call<'_, '_>) -> Result<(), Failure>,
}

/// Words that only lead to other commands, such as `kv`.
pub(crate) struct Group {
    /// Words after `delian`.
    pub(crate) path: &'static [&'static str],
    /// One line for the list of commands.
    pub(crate) summary: &'static str,
    /// Paragraphs for its help, without indentation.
    pub(crate) about: &'static str,
}

impl Command {
    /// Every flag of the command, sorted by name.
    pub(crate) fn all_flags(&self) -> Vec<&'static Flag> {
        let mut flags: Vec<_> = self.http.flags().chain(self.flags).collect();
        flags.sort_by_key(|flag| flag.name);
        flags
    }
}
