//! One server or gateway: its process, its files, its address.

use crate::{Client, Namespace, Process, binary};
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

impl Node {
    /// Starts `delian <command>` in `directory` with this configuration.
    pub(crate) fn start(
        command: &str,
        name: &str,
        address: Ipv4Addr,
        directory: &Path,
        namespace: Option<Namespace>,
        configuration: &Value,
    ) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        let file = directory.join("configuration.json");
        std::fs::write(&file, serde_json::to_vec_pretty(configuration).unwrap()).unwrap();
        let arguments = vec![command.into(), "-config-file".into(), file.into()];
        let mut process = Process::new(binary::path(), arguments, directory, namespace.clone());
        process.start();
        let http = Arc::new(Client::new((address, 8500).into(), namespace));
        Self { name: name.to_owned(), address, data: directory.join("data"), http, process }
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
