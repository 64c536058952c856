//! One server or gateway: its process, its files, its address.

use crate::{Client, Namespace, Process, binary, configuration};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A server or gateway. It is its [`Process`], and more.
#[derive(Debug)]
pub struct Node {
    /// Its name in its datacenter.
    pub name: String,
    /// Its address, all ports being the default ones.
    pub address: Ipv4Addr,
    /// Where its data lies.
    pub data: PathBuf,
    /// Its HTTP interface, if it is a server.
    pub http: Arc<Client>,
    process: Process,
}

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `agent` or `gateway`.
    pub command: &'static str,
    /// Its name, as its files have it.
    pub name: String,
    /// Its address, as its files have it.
    pub address: Ipv4Addr,
    /// Its data, as its files have it.
    pub data: PathBuf,
    /// Name and content of its configuration files, in the order it reads them.
    pub files: Vec<(String, String)>,
}

impl Setup {
    /// With one file of JSON, and the data beside it.
    pub(crate) fn of(command: &'static str, name: &str, address: Ipv4Addr, directory: &Path, configuration: &Value) -> Self {
        let files = vec![(FILE.to_owned(), format!("{configuration:#}"))];
        Self { command, name: name.to_owned(), address, data: directory.join("data"), files }
    }
}

impl Node {
    /// Starts it in `directory`, where its files are written.
    pub(crate) fn start(setup: Setup, directory: &Path, namespace: Option<Namespace>) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        let mut arguments = vec![setup.command.into()];
        for (name, text) in &setup.files {
            let file = directory.join(name);
            std::fs::write(&file, text).unwrap();
            arguments.extend(["-config-file".into(), file.into()]);
        }
        let mut process = Process::new(binary::path(), arguments, directory, namespace.clone());
        process.start();
        let http = Arc::new(Client::new((setup.address, 8500).into(), namespace));
        Self { name: setup.name, address: setup.address, data: setup.data, http, process }
    }

    /// Changes these members of its configuration, for when it is read the next time. Where it is from, of nodes with the one file that
    /// [`crate::Cluster`] wrote.
    pub fn configure(&self, changes: &Value) -> PathBuf {
        let file = self.data.with_file_name(FILE);
        let now: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        std::fs::write(&file, format!("{:#}", configuration::with(now, changes))).unwrap();
        file
    }

    /// Kills it and starts it again, on the same disk.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process.start();
    }

    /// The address of the leader that this server knows; `None` if it knows none, or does not answer.
    pub async fn known_leader(&self) -> Option<Ipv4Addr> {
        let leader = self.http.json("/v1/status/leader").await?;
        leader.as_str()?.rsplit_once(':')?.0.parse().ok()
    }
}

/// The one file of a node that was not given others.
const FILE: &str = "configuration.json";

impl Deref for Node {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Node {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}
