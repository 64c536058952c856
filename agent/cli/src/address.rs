//! Where the agent listens.

use std::path::PathBuf;

use thiserror::Error;

/// The address of an agent's HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whether to speak TLS.
    pub(crate) tls: bool,
    pub(crate) endpoint: Endpoint,
    /// As it stands in a URL: `127.0.0.1:8500`, or the encoded path of a socket.
    pub(crate) authority: String,
    /// Comes before every path when the API is behind a proxy: `` or `/prefix`.
    pub(crate) prefix: String,
}

/// What to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Host (name or IP address, no brackets) and port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// Used when neither flag nor environment names an agent.
pub(crate) const DEFAULT: &str = "127.0.0.1:8500";

/// Why an address cannot be used. A mistyped flag or variable.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Neither http, https nor unix.
    #[error("Unknown protocol scheme: {0}")]
    Scheme(String),
    /// The port is no number of 16 bits.
    #[error("Invalid port in address: {0}")]
    Port(String),
}

impl Address {
    /// Reads `host:port`, `http://…`, `https://…` or `unix://path`. With `tls`, TLS was
    /// asked for elsewhere: `http://` does not take it back.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub(crate) fn parse(text: &str, tls: bool) -> Result<Self, AddressError> {
        let (tls, rest) = match text.split_once("://") {
            None => (tls, text),
            Some(("http", rest)) => (tls, rest),
            Some(("https", rest)) => (true, rest),
            Some(("unix", path)) => {
                let authority = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
                let authority = authority.to_string();
                return Ok(Self { tls, endpoint: Endpoint::Unix(path.into()), authority, prefix: String::new() });
            }
            Some((scheme, _)) => return Err(AddressError::Scheme(scheme.to_owned())),
        };
        let (authority, prefix) = match rest.split_once('/') {
            Some((authority, path)) if !path.is_empty() => (authority, format!("/{}", path.trim_end_matches('/'))),
            Some((authority, _)) => (authority, String::new()),
            None => (rest, String::new()),
        };
        let (host, port) = host_and_port(authority, if tls { 443 } else { 80 })?;
        Ok(Self { tls, endpoint: Endpoint::Tcp(host, port), authority: authority.to_owned(), prefix })
    }

    /// The URL of `target`, for error messages.
    pub(crate) fn url(&self, target: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}{target}", self.authority, self.prefix)
    }
}

fn host_and_port(authority: &str, default_port: u16) -> Result<(String, u16), AddressError> {
    let (host, port) = match authority.rsplit_once(':') {
        // A colon inside brackets belongs to an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = match port {
        None | Some("") => default_port,
        Some(port) => port.parse().map_err(|_| AddressError::Port(authority.to_owned()))?,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // `:8500` means this machine.
    let host = if host.is_empty() { "localhost" } else { host };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, tls: bool, url: &str, endpoint: &Endpoint) {
        let address = Address::parse(text, tls);
        let shown = address.as_ref().map(|address| (address.url("/v1/x"), &address.endpoint));
        assert_eq!(shown, Ok((url.to_owned(), endpoint)), "{text}");
    }

    #[test]
    fn addresses_are_read_as_consul_reads_them() {
        let tcp = |host: &str, port| Endpoint::Tcp(host.to_owned(), port);
        check("127.0.0.1:8500", false, "http://127.0.0.1:8500/v1/x", &tcp("127.0.0.1", 8500));
        check("127.0.0.1", false, "http://127.0.0.1/v1/x", &tcp("127.0.0.1", 80));
        check("https://a.b", false, "https://a.b/v1/x", &tcp("a.b", 443));
        check("http://a:1", true, "https://a:1/v1/x", &tcp("a", 1));
        check("http://a:1/", false, "http://a:1/v1/x", &tcp("a", 1));
        check("http://a:1/sub/", false, "http://a:1/sub/v1/x", &tcp("a", 1));
        check("[::1]:8500", false, "http://[::1]:8500/v1/x", &tcp("::1", 8500));
        check("[::1]", false, "http://[::1]/v1/x", &tcp("::1", 80));
        check(":8500", false, "http://:8500/v1/x", &tcp("localhost", 8500));
        check("unix:///run/a", false, "http://%2Frun%2Fa/v1/x", &Endpoint::Unix("/run/a".into()));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        assert_eq!(Address::parse("ftp://a", false), Err(AddressError::Scheme("ftp".into())));
        assert_eq!(Address::parse("a:b", false), Err(AddressError::Port("a:b".into())));
        assert_eq!(Address::parse("a:70000", false), Err(AddressError::Port("a:70000".into())));
    }
}
