//! Loopback addresses that no other test uses, in this process or another.
//!
//! Linux answers on all of 127.0.0.0/8. A block is 127.a.b.0/24; whoever holds the lock on its file has it, and the kernel lets go of
//! the lock when the process ends, however it ends.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

/// A block of 254 addresses. Datacenter `d` has those from 16 × d on: its servers 1 to 8, its gateways 9 to 15.
#[derive(Debug)]
pub(crate) struct Block {
    a: u8,
    b: u8,
    _lock: File,
}

/// Where the locks lie.
pub(crate) fn locks() -> PathBuf {
    let directory = std::env::temp_dir().join("delian-cluster-tests");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

impl Block {
    /// Takes a block that nobody has, and where nothing answers.
    pub(crate) fn take() -> Self {
        let first = std::process::id().wrapping_mul(2_654_435_761) >> 16;
        for step in 0..16 * 256 {
            let number = first.wrapping_add(step);
            // 127.64 to 127.79: away from what people start by hand.
            let (a, b) = (64 + u8::try_from((number >> 8) % 16).unwrap(), u8::try_from(number % 256).unwrap());
            let lock = File::options().create(true).truncate(false).write(true).open(locks().join(format!("127.{a}.{b}"))).unwrap();
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::new(127, a, b, 17), 8500)).is_ok() {
                return Self { a, b, _lock: lock };
            }
        }
        panic!("all blocks of loopback addresses are taken");
    }

    /// Address `host` (1 to 15) of datacenter `dc` (from 1).
    pub(crate) fn address(&self, dc: usize, host: usize) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, u8::try_from(dc * 16 + host).unwrap())
    }
}
