//! Two network namespaces, of two datacenters or of parts of one, joined by a link that a test can cut. Needs root and `ip`.
#![allow(unsafe_code, reason = "entering a namespace is a system call")]

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Why there can be none here.
#[derive(Debug, thiserror::Error)]
#[error("network namespaces: {0}")]
pub struct Unavailable(String);

/// One namespace. It is removed when the last of its holders is gone: the link, and whoever runs inside.
#[derive(Clone, Debug)]
pub struct Namespace(Arc<Named>);

#[derive(Debug)]
struct Named {
    name: String,
    /// Its end of the link.
    device: String,
}

/// Two namespaces and the link between them. Addresses are 10.77.<side>.0/24, on the loopback device of their namespace.
#[derive(Debug)]
pub(crate) struct Link {
    ends: [Namespace; 2],
}

/// How many hosts of each datacenter have an address.
const HOSTS: usize = 15;

/// Address `host` of datacenter `dc`, in its namespace.
pub(crate) fn address(dc: usize, host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, u8::try_from(dc).unwrap(), u8::try_from(host).unwrap())
}

impl Link {
    /// Makes both namespaces, and the link.
    pub(crate) fn new() -> Result<Self, Unavailable> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let (pid, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        // A device's name has at most 15 characters.
        let end = |letter: char| {
            let name = format!("delian-{pid}-{number}{letter}");
            Namespace(Arc::new(Named { name, device: format!("d{pid}{number}{letter}") }))
        };
        let link = Self { ends: [end('a'), end('b')] };
        let [a, b] = &link.ends;
        ip(&["netns", "add", &a.0.name])?;
        ip(&["netns", "add", &b.0.name])?;
        let (dev_a, dev_b) = (&a.0.device, &b.0.device);
        ip(&["link", "add", dev_a, "netns", &a.0.name, "type", "veth", "peer", "name", dev_b, "netns", &b.0.name])?;
        for (dc, end) in (1..).zip(&link.ends) {
            end.ip(&["link", "set", "lo", "up"])?;
            for host in 1..=HOSTS {
                end.ip(&["addr", "add", &format!("{}/32", address(dc, host)), "dev", "lo"])?;
            }
        }
        link.heal()?;
        Ok(link)
    }

    /// The namespace of datacenter `dc`, 1 or 2.
    pub(crate) fn namespace(&self, dc: usize) -> Namespace {
        self.ends[dc - 1].clone()
    }

    /// From now on nothing passes, and nobody is told.
    pub(crate) fn cut(&self) -> Result<(), Unavailable> {
        self.ends.iter().try_for_each(|end| end.ip(&["link", "set", &end.0.device, "down"]))
    }

    /// From now on everything passes.
    pub(crate) fn heal(&self) -> Result<(), Unavailable> {
        for end in &self.ends {
            end.ip(&["link", "set", &end.0.device, "up"])?;
        }
        for (dc, end) in (1..).zip(&self.ends) {
            // A route goes with its device.
            let far = format!("{}/24", address(3 - dc, 0));
            end.ip(&["route", "replace", &far, "dev", &end.0.device, "src", &address(dc, 1).to_string()])?;
        }
        Ok(())
    }
}

impl Namespace {
    /// What entering it takes.
    pub(crate) fn open(&self) -> File {
        let path = format!("/run/netns/{}", self.0.name);
        File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Connects from inside: a socket belongs to the namespace in which it was made, wherever it is used later.
    pub(crate) async fn connect(&self, to: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        let namespace = self.open();
        let (done, connected) = tokio::sync::oneshot::channel();
        // A thread of its own, which ends in the namespace it entered.
        std::thread::spawn(move || {
            // SAFETY: a system call that moves this thread alone.
            let entered = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) };
            let result = if entered == 0 { TcpStream::connect_timeout(&to, limit) } else { Err(io::Error::last_os_error()) };
            let _ = done.send(result);
        });
        connected.await.map_err(io::Error::other)?
    }

    fn ip(&self, arguments: &[&str]) -> Result<(), Unavailable> {
        ip(&[&["-n", &self.0.name], arguments].concat())
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        // The link goes with either end.
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> Result<(), Unavailable> {
    let unavailable = |reason: String| Unavailable(format!("ip {}: {reason}", arguments.join(" ")));
    let output = Command::new("ip").args(arguments).output().map_err(|error| unavailable(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(unavailable(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
