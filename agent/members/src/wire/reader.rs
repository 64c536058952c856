//! Bounded reading of bytes that strangers sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::Instance;
use crate::evidence::Evidence;
use crate::identity::{GENERATION_MAX, Identity};

/// Why bytes are not a message. Normal in life with strangers; the message is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Ends within a field.
    #[error("truncated message")]
    Truncated,
    /// A field has a value that no sender of ours writes.
    #[error("invalid {field} {value}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What it held.
        value: u64,
    },
    /// Does not fit into what remains of a packet.
    #[error("message too long for a packet")]
    TooLong,
}

/// A cursor over a byte slice that cannot run over its end.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn f32(&mut self) -> Result<f32, WireError> {
        self.array().map(f32::from_be_bytes)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, WireError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(WireError::Invalid { field: "flag", value: other.into() }),
        }
    }

    /// None where an older member wrote nothing.
    pub(crate) fn evidence(&mut self) -> Evidence {
        self.u8().map_or(Evidence::None, Evidence::of_code)
    }

    /// A byte string with a `u16` length before it.
    pub(crate) fn block(&mut self) -> Result<&'a [u8], WireError> {
        let len = self.u16()?;
        self.bytes(len.into())
    }

    /// Text with a `u16` length before it.
    pub(crate) fn text(&mut self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.block()?).map_err(|_| WireError::Invalid { field: "text", value: 0 })
    }

    /// A version 4 address inside a version 6 one is refused: one node must have one address to compare.
    pub(crate) fn addr(&mut self) -> Result<SocketAddr, WireError> {
        let ip = match self.u8()? {
            4 => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            6 => {
                let ip = Ipv6Addr::from(self.array::<16>()?);
                if ip.to_ipv4_mapped().is_some() {
                    return Err(WireError::Invalid { field: "mapped address", value: 6 });
                }
                IpAddr::V6(ip)
            }
            other => return Err(WireError::Invalid { field: "address family", value: other.into() }),
        };
        match self.u16()? {
            0 => Err(WireError::Invalid { field: "port", value: 0 }),
            port => Ok(SocketAddr::new(ip, port)),
        }
    }

    pub(crate) fn instance(&mut self) -> Result<Instance, WireError> {
        let addr = self.addr()?;
        let generation = self.u64()?;
        if generation > GENERATION_MAX {
            return Err(WireError::Invalid { field: "generation", value: generation });
        }
        Ok(Instance { addr, generation })
    }

    pub(crate) fn identity(&mut self) -> Result<Identity, WireError> {
        Ok(Identity { instance: self.instance()?, renewal: self.u16()? })
    }
}
