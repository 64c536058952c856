//! The subject alternative names of a certificate or request, read strictly.

use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};

use crate::spiffe::{InvalidId, SpiffeId};

/// URI and DNS names as written; other kinds only as a count.
#[derive(Default)]
pub(crate) struct Names {
    uris: Vec<String>,
    dns: Vec<String>,
    others: usize,
}

/// Names that nobody may carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNames {
    /// Two extensions could be read differently by two readers.
    #[error("more than one subject alternative name extension")]
    Repeated,
    /// More names than any of our certificates has.
    #[error("more than {MAX_NAMES} subject alternative names")]
    TooMany,
    /// An entry that does not decode.
    #[error("a subject alternative name does not decode")]
    Undecodable,
    /// A NUL, a space, a non-ASCII byte …: what one reader cuts off, another compares.
    #[error("a subject alternative name has a byte outside of printable ASCII")]
    OddByte,
    /// Not exactly one URI name.
    #[error("{0} URI names where exactly one is required")]
    UriCount(usize),
    /// The one URI name is none of our ids.
    #[error(transparent)]
    Id(#[from] InvalidId),
}

impl Names {
    pub(crate) fn of_extensions(extensions: &[X509Extension<'_>]) -> Result<Self, BadNames> {
        let mut found = None;
        for extension in extensions {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) if found.is_none() => {
                    found = Some(Self::of(&names.general_names)?);
                }
                ParsedExtension::SubjectAlternativeName(_) => return Err(BadNames::Repeated),
                ParsedExtension::ParseError { .. } => return Err(BadNames::Undecodable),
                _ => {}
            }
        }
        Ok(found.unwrap_or_default())
    }

    fn of(general: &[GeneralName<'_>]) -> Result<Self, BadNames> {
        if general.len() > MAX_NAMES {
            return Err(BadNames::TooMany);
        }
        let mut names = Self::default();
        for name in general {
            match name {
                GeneralName::URI(uri) => names.uris.push(graphic(uri)?),
                GeneralName::DNSName(dns) => names.dns.push(graphic(dns)?),
                GeneralName::Invalid(..) => return Err(BadNames::Undecodable),
                _ => names.others += 1,
            }
        }
        Ok(names)
    }

    /// The only URI name, as written.
    pub(crate) fn one_uri(&self) -> Result<&str, BadNames> {
        match self.uris.as_slice() {
            [uri] => Ok(uri),
            uris => Err(BadNames::UriCount(uris.len())),
        }
    }

    /// The only URI name as an id.
    pub(crate) fn one_id(&self) -> Result<SpiffeId, BadNames> {
        Ok(self.one_uri()?.parse()?)
    }

    pub(crate) fn dns(&self) -> &[String] {
        &self.dns
    }

    /// How many names are neither URI nor DNS names.
    pub(crate) fn others(&self) -> usize {
        self.others
    }

    /// Whether the host name is listed literally. Wildcards do not count: a certificate for `*.dc1.consul` must
    /// not be able to pose as `server.dc1.consul`.
    pub(crate) fn lists_host(&self, host: &str) -> bool {
        self.dns.iter().any(|dns| dns.eq_ignore_ascii_case(host))
    }
}

fn graphic(name: &str) -> Result<String, BadNames> {
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name.to_owned());
    }
    Err(BadNames::OddByte)
}

const MAX_NAMES: usize = 64;
