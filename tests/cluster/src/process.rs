//! A child that can be killed, paused and started again.
#![allow(unsafe_code, reason = "signals, namespaces and the parent's death are system calls")]

use crate::{Namespace, until_some};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

/// How much of a log is shown.
const TAIL: u64 = 4096;

/// A child. It dies with the test process, and at the latest when this is dropped.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: PathBuf,
    log: PathBuf,
    namespace: Option<Namespace>,
    child: Option<Child>,
}

/// How a child ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// The end of what it wrote.
    pub log: String,
}

impl Process {
    /// A child that is not started yet. What it writes is appended to `log`.
    pub(crate) fn new(program: &Path, arguments: Vec<OsString>, directory: &Path, namespace: Option<Namespace>) -> Self {
        let log = directory.join("log");
        Self { program: program.to_owned(), arguments, directory: directory.to_owned(), log, namespace, child: None }
    }

    /// Starts it, or starts it again.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{}: runs already", self.directory.display());
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let namespace = self.namespace.as_ref().map(Namespace::open);
        let into = namespace.as_ref().map(AsRawFd::as_raw_fd);
        // SAFETY: both are plain system calls, which is all that may be done between fork and exec.
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                    return Err(io::Error::last_os_error());
                }
                match into {
                    Some(namespace) if libc::setns(namespace, libc::CLONE_NEWNET) != 0 => Err(io::Error::last_os_error()),
                    _ => Ok(()),
                }
            });
        }
        self.child = Some(spawn(command).unwrap_or_else(|error| panic!("{}: {error}", self.program.display())));
    }

    /// Whether it runs, or is paused.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// `kill -9`: it gets no chance to do anything. Returns when it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// `SIGSTOP`: it keeps its memory and its connections, and does nothing.
    pub fn pause(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// `SIGCONT`: it goes on as if no time had passed.
    pub fn resume(&self) {
        self.signal(libc::SIGCONT);
    }

    /// `SIGTERM`: it is asked to end.
    pub fn terminate(&self) {
        self.signal(libc::SIGTERM);
    }

    /// `SIGHUP`: it is asked to read its configuration anew.
    pub fn hang_up(&self) {
        self.signal(libc::SIGHUP);
    }

    /// `SIGINT`: an operator's Ctrl-C.
    pub fn interrupt(&self) {
        self.signal(libc::SIGINT);
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When it has not within `limit`.
    pub async fn ended(&mut self, limit: Duration) -> Ended {
        let name = self.directory.display().to_string();
        let child = self.child.as_mut().unwrap_or_else(|| panic!("{name}: was not started"));
        let status = until_some(&format!("the end of {name}"), limit, || std::future::ready(child.try_wait().unwrap())).await;
        self.child = None;
        Ended { status, log: self.log_tail() }
    }

    /// How many times what it wrote so far says `text`.
    #[must_use]
    pub fn said(&self, text: &str) -> usize {
        std::fs::read_to_string(&self.log).unwrap_or_default().matches(text).count()
    }

    /// The end of what it wrote.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut log = File::open(&self.log)?;
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            let mut tail = Vec::new();
            log.read_to_end(&mut tail)?;
            Ok(String::from_utf8_lossy(&tail).into_owned())
        };
        read().unwrap_or_default()
    }

    fn signal(&self, signal: libc::c_int) {
        let Some(child) = &self.child else { panic!("{}: was not started", self.directory.display()) };
        let pid = libc::pid_t::try_from(child.id()).unwrap();
        // SAFETY: a system call. The child has not been waited for, so its id is still its own.
        let sent = unsafe { libc::kill(pid, signal) };
        assert_eq!(sent, 0, "{}: {}", self.directory.display(), io::Error::last_os_error());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a child from a thread that lives as long as this process: the kernel takes the end of the thread that forked for the
/// parent's death.
fn spawn(command: Command) -> io::Result<Child> {
    type Order = (Command, mpsc::SyncSender<io::Result<Child>>);
    static NURSERY: OnceLock<mpsc::SyncSender<Order>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (orders, queue) = mpsc::sync_channel::<Order>(1);
        std::thread::spawn(move || {
            for (mut command, born) in queue {
                let _ = born.send(command.spawn());
            }
        });
        orders
    });
    let (born, child) = mpsc::sync_channel(1);
    nursery.send((command, born)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}
