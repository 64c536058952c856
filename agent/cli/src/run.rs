//! From arguments to exit code.

use std::ffi::OsString;

use crate::call::Call;
use crate::command::Command;
use crate::command_line::CommandLine;
use crate::commands::version;
use crate::env::Env;
use crate::failure::Failure;
use crate::flag_parser::{FlagError, Flags};
use crate::help;
use crate::io::Io;
use crate::own::Own;

/// Exit code of a command that does not exist.
const UNKNOWN_COMMAND: u8 = 127;

/// Runs the command that `args` names (without the program's own name) and returns the
/// exit code: 0 when it succeeded, 127 for an unknown command, else what the command's
/// help says, mostly 1.
///
/// The call blocks, with a small runtime of its own for the HTTP request: call it before
/// starting one, not from within.
pub fn run(args: Vec<OsString>, env: &Env, mut io: Io<'_>, own: &Own<'_>) -> u8 {
    let result = dispatch(args, env, &mut io, own);
    let code = match result {
        Ok(()) => 0,
        Err(failure) => {
            // Where stderr itself fails there is nobody left to tell.
            if !failure.message.is_empty() {
                let _ = writeln!(io.stderr, "{}", failure.message);
            }
            failure.code
        }
    };
    let _ = io.stdout.flush();
    let _ = io.stderr.flush();
    code
}

fn dispatch(args: Vec<OsString>, env: &Env, io: &mut Io<'_>, own: &Own<'_>) -> Result<(), Failure> {
    match CommandLine::of(utf8(args)?) {
        CommandLine::Version => Ok(write!(io.stdout, "{}", version::pretty(own))?),
        CommandLine::RootHelp => Ok(write!(io.stdout, "{}", help::root(own.others))?),
        CommandLine::Unknown => {
            write!(io.stderr, "{}", help::root(own.others))?;
            Err(Failure::silent(UNKNOWN_COMMAND))
        }
        CommandLine::Group { group, help, flags_before } => show_help(io, &help::group(group), help, flags_before),
        CommandLine::Command { command, help, flags_before, .. } if help || flags_before => {
            show_help(io, &help::command(command), help, flags_before)
        }
        CommandLine::Command { command, arguments, .. } => execute(command, arguments, env, io, own),
    }
}

/// Help that was asked for goes to stdout; help instead of a result goes to stderr.
fn show_help(io: &mut Io<'_>, text: &str, asked: bool, flags_before: bool) -> Result<(), Failure> {
    if asked {
        return Ok(write!(io.stdout, "{text}")?);
    }
    if flags_before {
        writeln!(io.stderr, "Invalid flags before the subcommand. If these flags are for")?;
        writeln!(io.stderr, "the subcommand, please put them after the subcommand.\n")?;
    }
    write!(io.stderr, "{text}")?;
    Err(Failure::silent(1))
}

fn execute(command: &'static Command, arguments: Vec<String>, env: &Env, io: &mut Io<'_>, own: &Own<'_>) -> Result<(), Failure> {
    let flags = match Flags::parse(command.all_flags().into_iter(), arguments) {
        Ok(flags) => flags,
        Err(error) => {
            if error != FlagError::Help {
                writeln!(io.stderr, "{error}")?;
            }
            write!(io.stderr, "{}", help::usage(command))?;
            return Err(Failure::silent(1));
        }
    };
    let mut call = Call { http: command.http, flags, env, own, io };
    (command.run)(&mut call).or_else(|failure| {
        if !failure.with_help {
            return Err(failure);
        }
        if !failure.message.is_empty() {
            writeln!(call.io.stderr, "{}", failure.message)?;
        }
        write!(call.io.stderr, "{}", help::command(command))?;
        Err(Failure::silent(failure.code))
    })
}

fn utf8(args: Vec<OsString>) -> Result<Vec<String>, Failure> {
    args.into_iter().map(|arg| arg.into_string().map_err(|arg| Failure::new(format_args!("Argument {arg:?} is not UTF-8")))).collect()
}
