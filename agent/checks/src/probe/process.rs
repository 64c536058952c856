//! Processes, with all their children.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time;

use super::go_text;
use crate::output::Tail;

/// What a process leaves.
pub(crate) struct Ended {
    /// Nothing if it took too long, or was killed by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) timed_out: bool,
    /// What it wrote to both outputs, in its order.
    pub(crate) output: Tail,
}

/// Runs a program until it has exited and nobody holds its outputs any more. What still runs of its process group at the timeout, or
/// when this future is dropped, is killed.
///
/// # Errors
/// The text of Consul for a program that cannot be started.
pub(crate) async fn run(
    program: &OsStr,
    args: &[String],
    environment: &[(OsString, OsString)],
    timeout: Duration,
    output_max: usize,
) -> Result<Ended, String> {
    let failed = |error: io::Error| format!("fork/exec {}: {}", program.to_string_lossy(), go_text::io_error(&error));
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    command.process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    // The command holds the writing end; the pipe is at its end when nobody does.
    drop(command);
    let mut reader = pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let mut output = Tail::new(output_max);
    let ended = time::timeout(timeout, wait(&mut child, &mut reader, &mut output)).await;
    if let Ok(status) = ended {
        group.forget();
        return Ok(Ended { code: status.map_err(failed)?.code(), timed_out: false, output });
    }
    drop(group);
    // It is dead; this takes it off the system's list. The runtime does so later if it is not gone yet.
    let _ = time::timeout(Duration::from_secs(1), child.wait()).await;
    Ok(Ended { code: None, timed_out: true, output })
}

/// Reads to the end first: as long as the leader is not waited for, its number cannot belong to anybody else when the group is killed.
async fn wait(child: &mut Child, reader: &mut pipe::Receiver, output: &mut Tail) -> io::Result<std::process::ExitStatus> {
    let mut buffer = vec![0; 8192];
    loop {
        let length = reader.read(&mut buffer).await?;
        if length == 0 {
            break;
        }
        output.push(buffer.get(..length).unwrap_or_default());
    }
    child.wait().await
}

/// Kills its processes when it is dropped.
struct Group(Option<Pid>);

impl Group {
    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // There may be none left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
