//! Replies of the catalog as DNS answers. Pure: what has to be looked up besides is said in the result.

mod node;
mod reverse;
mod service;
mod zone;

pub(crate) use node::node;
pub(crate) use reverse::reverse;
pub(crate) use service::{Places, of_service};
pub(crate) use zone::{SERVERS, servers, start};

use crate::config::DnsConfig;
use crate::record::{Data, Entry, Rcode, Response, kind};
use crate::zone::Zone;
use hickory_proto::rr::Name;
use std::net::{IpAddr, Ipv4Addr};

/// What answers are made with.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) config: &'a DnsConfig,
    /// The zone that was asked.
    pub(crate) zone: &'a Zone,
    /// The type that was asked for.
    pub(crate) kind: u16,
    /// The datacenter that was asked, if it is not this one.
    pub(crate) abroad: Option<&'a str>,
}

/// An answer that may lack what is known of names elsewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) response: Response,
    /// Names whose addresses belong to it.
    pub(crate) open: Vec<Open>,
}

/// A name whose addresses belong to an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) name: Name,
    /// The answer that they are extras of; `None`: they are answers.
    pub(crate) extra_of: Option<usize>,
}

impl From<Response> for Draft {
    fn from(response: Response) -> Self {
        Self { response, open: Vec::new() }
    }
}

impl Scene<'_> {
    /// There is no such name.
    pub(crate) fn absent(&self) -> Response {
        Response { rcode: Rcode::NxDomain, ..self.nothing() }
    }

    /// There is such a name, and no record of that type.
    pub(crate) fn nothing(&self) -> Response {
        Response { authority: start(self).into_iter().collect(), ..self.blank() }
    }

    /// There is such a name, and that is all that Consul says.
    pub(crate) fn blank(&self) -> Response {
        Response { authoritative: true, ..Response::default() }
    }

    /// The addresses that an `.addr` name spells. As with Consul whatever type was asked for.
    pub(crate) fn spelled(&self, ip: IpAddr) -> Response {
        Response { answers: vec![Entry::asked(self.config.ttl.node, Data::address(ip))], ..self.blank() }
    }

    /// The address of a service in the mesh. It may be another's as soon as the service is gone, so nobody is to remember it.
    pub(crate) fn virtual_ip(&self, bits: Option<u32>) -> Response {
        match bits.map(Ipv4Addr::from_bits) {
            None => self.absent(),
            Some(ip) if matches!(self.kind, kind::A | kind::ANY) => {
                Response { answers: vec![Entry::asked(0, Data::A(ip))], ..self.blank() }
            }
            Some(_) => self.nothing(),
        }
    }

    /// Whether an address of this family is an answer to the question. Consul gives addresses to who asks for text, too.
    fn wants(&self, ip: IpAddr) -> bool {
        match self.kind {
            kind::ANY | kind::TXT => true,
            kind::A => ip.is_ipv4(),
            kind::AAAA => ip.is_ipv6(),
            _ => false,
        }
    }
}

/// An address as it stands in the catalog.
enum Host {
    Ip(IpAddr),
    Name(Name),
}

impl Host {
    /// `None` for what is neither address nor name.
    fn read(text: &str) -> Option<Self> {
        if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
            return Some(Self::Ip(ip));
        }
        let labels = text.trim_end_matches('.').split('.');
        Name::from_labels(labels.map(str::as_bytes)).ok().map(Self::Name)
    }
}
