//! The fields of packets, written as [`Reader`](super::reader::Reader) reads them.

use std::net::{IpAddr, SocketAddr};

use crate::Instance;
use crate::evidence::Evidence;
use crate::identity::Identity;

/// Appends fields to a buffer.
pub(crate) trait Writer {
    fn u8(&mut self, value: u8);
    fn u16(&mut self, value: u16);
    fn u32(&mut self, value: u32);
    fn u64(&mut self, value: u64);
    fn addr(&mut self, addr: SocketAddr);
    /// Bytes with a `u16` length before them; cut at 64 KiB, which no valid field reaches.
    fn block(&mut self, bytes: &[u8]);

    /// The last field of its record: nothing is written for none.
    fn evidence(&mut self, evidence: Evidence) {
        if evidence != Evidence::None {
            self.u8(evidence.code());
        }
    }

    fn instance(&mut self, instance: Instance) {
        self.addr(instance.addr);
        self.u64(instance.generation);
    }

    fn identity(&mut self, identity: Identity) {
        self.instance(identity.instance);
        self.u16(identity.renewal);
    }
}

impl Writer for Vec<u8> {
    fn u8(&mut self, value: u8) {
        self.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn addr(&mut self, addr: SocketAddr) {
        match addr.ip() {
            IpAddr::V4(ip) => {
                self.push(4);
                self.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                self.push(6);
                self.extend_from_slice(&ip.octets());
            }
        }
        self.u16(addr.port());
    }

    fn block(&mut self, bytes: &[u8]) {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.u16(len);
        self.extend_from_slice(&bytes[..len.into()]);
    }
}
