//! The ids themselves.

use std::fmt;
use std::str::FromStr;

use super::name::shortened;
use super::{DcName, InvalidName, InvalidTrustDomain, PathName, TrustDomain};

/// Who a certificate speaks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpiffeId {
    /// A service: `spiffe://<td>/ns/default/dc/<dc>/svc/<name>`.
    Service {
        /// The federation.
        trust_domain: TrustDomain,
        /// Its datacenter.
        dc: DcName,
        /// The service.
        name: PathName,
    },
    /// A client agent: `spiffe://<td>/agent/client/dc/<dc>/id/<node>`.
    Client {
        /// The federation.
        trust_domain: TrustDomain,
        /// Its datacenter.
        dc: DcName,
        /// The node it runs on.
        node: PathName,
    },
    /// Any server agent of a datacenter: `spiffe://<td>/agent/server/dc/<dc>`.
    Server {
        /// The federation.
        trust_domain: TrustDomain,
        /// Its datacenter.
        dc: DcName,
    },
    /// Any gateway of a datacenter: `spiffe://<td>/gateway/mesh/dc/<dc>`.
    Gateway {
        /// The federation.
        trust_domain: TrustDomain,
        /// Its datacenter.
        dc: DcName,
    },
    /// What CA certificates carry: `spiffe://<td>`. A signing id has no path (X.509-SVID, section 3.2).
    Signing {
        /// The federation.
        trust_domain: TrustDomain,
    },
}

/// Why a text is not one of our ids. Normal for outside input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Longer than the standard allows.
    #[error("SPIFFE id of {0} bytes, at most {max} are allowed", max = SpiffeId::MAX)]
    TooLong(usize),
    /// Another scheme, or none.
    #[error("{0:?} does not begin with spiffe://")]
    Scheme(String),
    /// The part before the first slash.
    #[error(transparent)]
    TrustDomain(#[from] InvalidTrustDomain),
    /// A datacenter, service or node.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// No known path.
    #[error("SPIFFE id {0:?} has a path of no known kind")]
    Path(String),
}

impl SpiffeId {
    /// Longest id in bytes (SPIFFE-ID, section 2.3).
    pub const MAX: usize = 2048;

    /// The federation it belongs to.
    pub fn trust_domain(&self) -> &TrustDomain {
        match self {
            Self::Service { trust_domain, .. }
            | Self::Client { trust_domain, .. }
            | Self::Server { trust_domain, .. }
            | Self::Gateway { trust_domain, .. }
            | Self::Signing { trust_domain } => trust_domain,
        }
    }

    /// The datacenter it belongs to; a signing id has none.
    pub fn dc(&self) -> Option<&DcName> {
        match self {
            Self::Service { dc, .. } | Self::Client { dc, .. } | Self::Server { dc, .. } | Self::Gateway { dc, .. } => Some(dc),
            Self::Signing { .. } => None,
        }
    }
}

impl FromStr for SpiffeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() > Self::MAX {
            return Err(InvalidId::TooLong(text.len()));
        }
        let Some(rest) = text.strip_prefix("spiffe://") else {
            return Err(InvalidId::Scheme(shortened(text)));
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        let trust_domain = authority.parse()?;
        let Some(path) = path else {
            return Ok(Self::Signing { trust_domain });
        };
        // One more than the longest known path, so that a long one is seen as unknown without being collected.
        let segments: Vec<&str> = path.splitn(7, '/').collect();
        match *segments.as_slice() {
            ["ns", "default", "dc", dc, "svc", name] => {
                let (dc, name) = (dc.parse()?, name.parse()?);
                Ok(Self::Service { trust_domain, dc, name })
            }
            ["agent", "client", "dc", dc, "id", node] => {
                let (dc, node) = (dc.parse()?, node.parse()?);
                Ok(Self::Client { trust_domain, dc, node })
            }
            ["agent", "server", "dc", dc] => {
                let dc = dc.parse()?;
                Ok(Self::Server { trust_domain, dc })
            }
            ["gateway", "mesh", "dc", dc] => {
                let dc = dc.parse()?;
                Ok(Self::Gateway { trust_domain, dc })
            }
            _ => Err(InvalidId::Path(shortened(text))),
        }
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}", self.trust_domain())?;
        match self {
            Self::Service { dc, name, .. } => write!(f, "/ns/default/dc/{dc}/svc/{name}"),
            Self::Client { dc, node, .. } => write!(f, "/agent/client/dc/{dc}/id/{node}"),
            Self::Server { dc, .. } => write!(f, "/agent/server/dc/{dc}"),
            Self::Gateway { dc, .. } => write!(f, "/gateway/mesh/dc/{dc}"),
            Self::Signing { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;

    const TD: &str = "11111111-2222-3333-4444-555555555555.consul";

    #[test]
    fn prints_the_ids_of_the_table() {
        for path in
            ["", "/ns/default/dc/dc1/svc/web", "/agent/client/dc/dc1/id/node-1.example", "/agent/server/dc/dc1", "/gateway/mesh/dc/dc_2"]
        {
            let text = format!("spiffe://{TD}{path}");
            assert_eq!(text.parse::<SpiffeId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        let too_long = format!("/agent/server/dc/{}", "a".repeat(3000));
        for path in [
            "/",
            "//agent/server/dc/dc1",
            "/agent/server/dc/dc1/",
            "/agent/server/dc/DC1",
            "/agent/server/dc/",
            "/agent/server/dc/dc1?x",
            "/agent/server/dc/dc1#x",
            "/agent/server/dc/dc1\0",
            "/agent/server/dc/dc%31",
            "/agent/server/dc/d\u{441}1",
            "/Agent/server/dc/dc1",
            "/ns/other/dc/dc1/svc/web",
            "/ns/default/dc/dc1/svc/..",
            "/ns/default/dc/dc1/svc/a/b",
            "/ns/default/dc/dc1/svc/a%2fb",
            "/a/b/c/d/e/f/g/h/i",
            too_long.as_str(),
        ] {
            let text = format!("spiffe://{TD}{path}");
            assert!(text.parse::<SpiffeId>().is_err(), "{path:?}");
        }
        for text in [
            "",
            "spiffe:/",
            "SPIFFE://11111111-2222-3333-4444-555555555555.consul",
            "https://11111111-2222-3333-4444-555555555555.consul",
            "spiffe://11111111-2222-3333-4444-55555555555A.consul",
            "spiffe://11111111-2222-3333-4444-555555555555.consul:80",
            "spiffe://u@11111111-2222-3333-4444-555555555555.consul",
            "spiffe://dc1.consul/agent/server/dc/dc1",
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_the_same(path in "(/(ns|agent|gateway|default|client|server|mesh|dc|id|svc|[a-zA-Z0-9._%-]{0,6})){0,7}") {
            let text = format!("spiffe://{TD}{path}");
            if let Ok(id) = text.parse::<SpiffeId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = text.parse::<SpiffeId>();
        }
    }
}
