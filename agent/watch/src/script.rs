//! Handlers that are programs.

use crate::Delivery;
use crate::group::Group;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// A program with its arguments, started for every delivery: its JSON on standard input, its index in `CONSUL_INDEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    program: String,
    arguments: Vec<String>,
    /// Set besides what the process itself has.
    environment: Vec<(String, String)>,
}

/// Why a program did not do its work.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// It cannot be started.
    #[error("Error starting handler: fork/exec {program}: {}", plain(.source))]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// Its outputs cannot be read, or its end not waited for.
    #[error("Error executing handler: {}", plain(.0))]
    Wait(#[from] io::Error),
    /// It failed.
    #[error("Error executing handler: {}", status(.0))]
    Status(ExitStatus),
}

impl Script {
    /// A line for a shell: `$SHELL` where that is given, `/bin/sh` without.
    #[must_use]
    pub fn shell(shell: Option<&str>, line: &str) -> Self {
        let program = shell.filter(|shell| !shell.is_empty()).unwrap_or("/bin/sh").to_owned();
        Self { program, arguments: vec!["-c".to_owned(), line.to_owned()], environment: Vec::new() }
    }

    /// A program and its arguments; `None` without a program.
    #[must_use]
    pub fn program(words: &[String]) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        Some(Self { program: program.clone(), arguments: arguments.to_vec(), environment: Vec::new() })
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it to its end; `sink` gets what it writes to both outputs, piece by piece. All processes of its group are killed when it
    /// has ended, or when this future is dropped.
    ///
    /// # Errors
    /// See [`ScriptError`].
    pub async fn run(&self, delivery: &Delivery, mut sink: impl FnMut(Stream, &[u8])) -> Result<(), ScriptError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("CONSUL_INDEX", delivery.index.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| ScriptError::Start { program: self.program.clone(), source })?;
        let group = Group::of(&child);
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program that does not care what changed closes its input unread.
                let _ = stdin.write_all(format!("{}\n", delivery.payload).as_bytes()).await;
            }
        };
        // To their ends first: as long as the leader is not waited for, its number cannot belong to anybody else when the group is
        // killed.
        let ((), read) = tokio::join!(feed, outputs(stdout, stderr, &mut sink));
        read?;
        let status = child.wait().await?;
        group.forget();
        if status.success() { Ok(()) } else { Err(ScriptError::Status(status)) }
    }
}

/// Which output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Reads both outputs to their ends.
async fn outputs(
    stdout: Option<impl AsyncRead + Unpin>,
    stderr: Option<impl AsyncRead + Unpin>,
    sink: &mut impl FnMut(Stream, &[u8]),
) -> io::Result<()> {
    let (mut stdout, mut stderr) = (stdout, stderr);
    let (mut out, mut err) = (vec![0; BUFFER], vec![0; BUFFER]);
    while stdout.is_some() || stderr.is_some() {
        tokio::select! {
            read = next(&mut stdout, &mut out), if stdout.is_some() => match read? {
                0 => stdout = None,
                length => sink(Stream::Out, out.get(..length).unwrap_or_default()),
            },
            read = next(&mut stderr, &mut err), if stderr.is_some() => match read? {
                0 => stderr = None,
                length => sink(Stream::Err, err.get(..length).unwrap_or_default()),
            },
        }
    }
    Ok(())
}

const BUFFER: usize = 8 * 1024;

async fn next(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> io::Result<usize> {
    match stream {
        Some(stream) => stream.read(buffer).await,
        None => Ok(0),
    }
}

/// The words that scripts know from Consul.
fn status(status: &ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal: {signal}"),
        (None, None) => status.to_string(),
    }
}

/// An error of the system in lower case and without its number.
fn plain(error: &io::Error) -> String {
    let shown = error.to_string();
    shown.split(" (os error").next().unwrap_or(&shown).to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;
    use std::time::{Duration, Instant};

    fn delivery() -> Delivery {
        Delivery { index: 7, payload: json!({"a": 1}) }
    }

    async fn run(script: &Script) -> (Result<(), String>, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut sink = |stream, bytes: &[u8]| match stream {
            Stream::Out => out.extend_from_slice(bytes),
            Stream::Err => err.extend_from_slice(bytes),
        };
        let ended = script.run(&delivery(), &mut sink).await.map_err(|error| error.to_string());
        (ended, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[tokio::test]
    async fn a_script_gets_the_json_and_the_index_and_says_how_it_ended() {
        let script = Script::shell(None, "cat; echo $CONSUL_INDEX $X >&2").with("X", "y");
        assert_eq!(run(&script).await, (Ok(()), "{\"a\":1}\n".to_owned(), "7 y\n".to_owned()));
        let failing = |line| async move { run(&Script::shell(Some("/bin/sh"), line)).await.0.unwrap_err() };
        assert_eq!(failing("exit 3").await, "Error executing handler: exit status 3");
        assert_eq!(failing("kill -9 $$").await, "Error executing handler: signal: 9");
        let nowhere = Script::program(&["/nonexistent".to_owned(), "a".to_owned()]).unwrap();
        assert_eq!(run(&nowhere).await.0.unwrap_err(), "Error starting handler: fork/exec /nonexistent: no such file or directory");
        assert_eq!(Script::program(&[]), None);
    }

    #[tokio::test]
    async fn input_that_nobody_reads_holds_nothing_up() {
        let big = Delivery { index: 1, payload: json!("x".repeat(1 << 20)) };
        Script::shell(None, "exit 0").run(&big, |_, _| {}).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_stops_waiting_ends_all_its_processes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pids");
        let line = format!("sleep 600 & echo $! >{0}.part; mv {0}.part {0}; wait", file.display());
        let script = Script::shell(None, &line);
        let (delivery, mut ignore) = (delivery(), |_, _: &[u8]| {});
        let mut running = Box::pin(script.run(&delivery, &mut ignore));
        let deadline = Instant::now() + Duration::from_secs(20);
        let child = loop {
            assert!(Instant::now() < deadline);
            let poll = tokio::time::timeout(Duration::from_millis(10), &mut running).await;
            assert!(poll.is_err(), "ended by itself: {poll:?}");
            if let Ok(pid) = std::fs::read_to_string(&file) {
                break format!("/proc/{}", pid.trim());
            }
        };
        drop(running);
        // A zombie that nobody has waited for yet is dead as well.
        let alive = || std::fs::read_to_string(format!("{child}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        while alive() {
            assert!(Instant::now() < deadline, "the sleeper is still there");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
