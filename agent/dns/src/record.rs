//! Records, as an answer is made of them: which there are, and what belongs to what.

use hickory_proto::rr::Name;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Types of records and of questions, by their numbers (RFC 1035, 2782, 3596).
pub mod kind {
    /// IPv4 address.
    pub const A: u16 = 1;
    /// Name server.
    pub const NS: u16 = 2;
    /// Other name of the same.
    pub const CNAME: u16 = 5;
    /// Start of a zone.
    pub const SOA: u16 = 6;
    /// Name of an address.
    pub const PTR: u16 = 12;
    /// Text.
    pub const TXT: u16 = 16;
    /// IPv6 address.
    pub const AAAA: u16 = 28;
    /// Place of a service.
    pub const SRV: u16 = 33;
    /// EDNS (RFC 6891).
    pub const OPT: u16 = 41;
    /// A question for all there is.
    pub const ANY: u16 = 255;
}

/// Outcome of a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rcode {
    /// There is such a name.
    #[default]
    NoError = 0,
    /// The question cannot be read.
    FormErr = 1,
    /// It could not be looked up.
    ServFail = 2,
    /// There is no such name.
    NxDomain = 3,
    /// Nobody does that here.
    NotImp = 4,
    /// Not for this server.
    Refused = 5,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Other name of the same.
    Cname(Name),
    /// Name server.
    Ns(Name),
    /// Name of an address.
    Ptr(Name),
    /// Text.
    Txt(String),
    /// Place of a service, of priority 1.
    Srv {
        /// Share among its equals.
        weight: u16,
        /// Its port.
        port: u16,
        /// Its host.
        target: Name,
    },
    /// Start of a zone; the serial is the time of the answer.
    Soa(Soa),
}

/// A zone's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// Its first name server.
    pub server: Name,
    /// Who keeps it.
    pub mailbox: Name,
    /// Times in seconds, see [`SoaTimes`].
    pub times: SoaTimes,
}

/// The times in a zone's start, in seconds (`dns_config.soa`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoaTimes {
    /// When a secondary looks again.
    pub refresh: u32,
    /// When it tries again.
    pub retry: u32,
    /// When it gives up.
    pub expire: u32,
    /// How long an absence may be remembered.
    pub minimum: u32,
}

impl Default for SoaTimes {
    fn default() -> Self {
        Self { refresh: 3600, retry: 600, expire: 86400, minimum: 0 }
    }
}

impl Data {
    /// The record of an address.
    #[must_use]
    pub fn address(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::A(ip),
            IpAddr::V6(ip) => Self::Aaaa(ip),
        }
    }

    /// Its type's number.
    #[must_use]
    pub fn kind(&self) -> u16 {
        match self {
            Self::A(_) => kind::A,
            Self::Aaaa(_) => kind::AAAA,
            Self::Cname(_) => kind::CNAME,
            Self::Ns(_) => kind::NS,
            Self::Ptr(_) => kind::PTR,
            Self::Txt(_) => kind::TXT,
            Self::Srv { .. } => kind::SRV,
            Self::Soa(_) => kind::SOA,
        }
    }

    /// The host that further records may be about.
    #[must_use]
    pub fn target(&self) -> Option<&Name> {
        match self {
            Self::Ns(target) | Self::Srv { target, .. } => Some(target),
            _ => None,
        }
    }
}

/// What is said of a name that is known from elsewhere, and for how many seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Seconds that it may be remembered.
    pub ttl: u32,
    /// What.
    pub data: Data,
}

/// A record with what comes along if it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose record it is; `None`: of the name that was asked, as it was written.
    pub owner: Option<Name>,
    /// What it says.
    pub fact: Fact,
    /// What is known of its target.
    pub extras: Vec<Fact>,
}

impl Entry {
    /// A record of the name that was asked.
    #[must_use]
    pub fn asked(ttl: u32, data: Data) -> Self {
        Self { owner: None, fact: Fact { ttl, data }, extras: Vec::new() }
    }
}

/// An answer before it is cut to what a client takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The outcome.
    pub rcode: Rcode,
    /// Whether the name is in a zone of ours.
    pub authoritative: bool,
    /// Whether the name would have been for others to resolve, and nobody does.
    pub unresolved: bool,
    /// Whether others would get another answer: those in another network than the client.
    pub for_client: bool,
    /// The answers.
    pub answers: Vec<Entry>,
    /// Who is responsible.
    pub authority: Vec<Entry>,
    /// What else is known, of the name that was asked and of others. It comes along where no answer had to be left out.
    pub additional: Vec<Entry>,
    /// Whether the answers are equals: given in any order, and no more of them than [`Limits`](crate::Limits) says.
    pub equals: bool,
    /// Greatest number of answers, whatever the client takes.
    pub most: Option<usize>,
}
