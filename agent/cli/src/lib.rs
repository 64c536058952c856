//! The commands of the `delian` binary that speak to a running agent.
//!
//! Every command is one file under `commands/`: its flags, its help, what it asks over
//! the HTTP API and what it prints. `commands.rs` is the table of all of them. Flags,
//! environment variables, output and exit codes are Consul's, so that scripts written
//! for `consul` keep working; the help is our own.
//!
//! The crate owns no process: arguments, environment, streams and what only the binary
//! knows (its version, how to check a configuration) are handed to [`run`], which
//! returns the exit code. Tests therefore run whole commands in-process.

mod address;
mod argument;
mod boolean;
mod call;
mod client;
mod command;
mod command_line;
mod commands;
mod duration;
mod env;
mod failure;
mod flag;
mod flag_parser;
mod help;
mod http_options;
mod io;
mod os_error;
mod own;
mod request;
mod run;
mod table;
mod tls;

pub use env::Env;
pub use io::Io;
pub use own::{ConfigFormat, Interrupt, Own, ReadServices, Topic, Validate};
pub use run::run;
