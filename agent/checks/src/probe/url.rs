//! The URL of an HTTP check.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use http::header::HeaderValue;
use percent_encoding::percent_decode_str;

use super::address::Address;

/// An `http` or `https` URL, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    pub(crate) secure: bool,
    pub(crate) address: Address,
    /// Host and port as they were written, for the `Host` header.
    pub(crate) host: String,
    /// Path and query, for the request line.
    pub(crate) target: Uri,
    /// User and password, as a header.
    pub(crate) authorization: Option<HeaderValue>,
}

/// Why a text is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoUrl {
    /// Not a URL at all.
    Parse(&'static str),
    /// One that cannot be asked.
    Unusable(String),
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, NoUrl> {
        let (scheme, _) = text.split_once("://").ok_or_else(|| without_scheme(text))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(NoUrl::Unusable(format!("unsupported protocol scheme \"{other}\""))),
        };
        let uri: Uri = text.parse().map_err(|_| NoUrl::Parse("invalid URL"))?;
        let authority = uri.authority().ok_or_else(|| NoUrl::Unusable("http: no Host in request URL".to_owned()))?.as_str();
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let name = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = match host.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
            None | Some((_, "")) => {
                if secure {
                    443
                } else {
                    80
                }
            }
            Some((_, port)) => port.parse().map_err(|_| NoUrl::Parse("invalid port after host"))?,
        };
        if name.is_empty() {
            return Err(NoUrl::Unusable("http: no Host in request URL".to_owned()));
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target = target.parse().map_err(|_| NoUrl::Parse("invalid URL"))?;
        let address = Address { host: name.to_owned(), port };
        Ok(Self { secure, address, host: host.to_owned(), target, authorization: user.and_then(basic) })
    }
}

impl Url {
    /// Whether what was meant for `other` may be told this one: the same host at the same port, or the same host over TLS, each at its usual
    /// port. Another port is another party: on a loopback address it may be anybody.
    pub(crate) fn is_same_host(&self, other: &Self) -> bool {
        let is_upgrade = self.secure && !other.secure && (self.address.port, other.address.port) == (443, 80);
        let is_downgrade = !self.secure && other.secure;
        let same_port = self.address.port == other.address.port && !is_downgrade;
        self.address.host.eq_ignore_ascii_case(&other.address.host) && (same_port || is_upgrade)
    }
}

/// What is wrong with `web:80/health` and the like, in Go's words.
fn without_scheme(text: &str) -> NoUrl {
    match text.split('/').next().unwrap_or_default().split_once(':') {
        Some(("", _)) => NoUrl::Parse("missing protocol scheme"),
        Some((scheme, _)) if scheme.starts_with(|letter: char| letter.is_ascii_alphabetic()) => {
            NoUrl::Unusable(format!("unsupported protocol scheme \"{scheme}\""))
        }
        Some(_) => NoUrl::Parse("first path segment in URL cannot contain colon"),
        None => NoUrl::Unusable("unsupported protocol scheme \"\"".to_owned()),
    }
}

/// The URL without its password, which is nobody's business who reads a check's output.
pub(crate) fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@').map(|(user, host)| (user.split_once(':'), host)) {
        Some((Some((user, _)), host)) => format!("{scheme}{user}:xxxxx@{host}{path}"),
        _ => url.to_owned(),
    }
}

fn basic(user: &str) -> Option<HeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut plain: Vec<u8> = percent_decode_str(name).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let url = Url::parse("http://me:p%40ss@web.example:8080/health?full=1#top").unwrap();
        assert_eq!((url.secure, url.host.as_str(), url.target.to_string().as_str()), (false, "web.example:8080", "/health?full=1"));
        assert_eq!(url.address, Address { host: "web.example".into(), port: 8080 });
        assert_eq!(url.authorization.unwrap(), "Basic bWU6cEBzcw==");
        let url = Url::parse("HTTPS://[::1]").unwrap();
        assert_eq!((url.secure, url.address, url.target.path()), (true, Address { host: "::1".into(), port: 443 }, "/"));
        assert_eq!(Url::parse("https://[::1]:9").unwrap().address.port, 9);
    }

    #[test]
    fn what_is_no_url_is_said() {
        let error = |text: &str| Url::parse(text).unwrap_err();
        assert_eq!(error("::bad"), NoUrl::Parse("missing protocol scheme"));
        assert_eq!(error("127.0.0.1:80/ok"), NoUrl::Parse("first path segment in URL cannot contain colon"));
        assert_eq!(error("localhost:80/ok"), NoUrl::Unusable("unsupported protocol scheme \"localhost\"".into()));
        assert_eq!(error("web/ok"), NoUrl::Unusable("unsupported protocol scheme \"\"".into()));
        assert_eq!(error("http://a b/"), NoUrl::Parse("invalid URL"));
        assert_eq!(error("http://h:99999/"), NoUrl::Parse("invalid port after host"));
        assert_eq!(error("ftp://x/"), NoUrl::Unusable("unsupported protocol scheme \"ftp\"".into()));
    }

    #[test]
    fn another_port_is_another_party() {
        let same = |one: &str, other: &str| Url::parse(other).unwrap().is_same_host(&Url::parse(one).unwrap());
        assert!(same("http://h/a", "http://H:80/b") && same("https://h:8443", "https://h:8443"));
        assert!(same("http://h", "https://h/"), "to TLS, each at its usual port");
        assert!(!same("https://h", "http://h/") && !same("https://h:80", "http://h:80"));
        assert!(!same("http://127.0.0.1:9000", "http://127.0.0.1:8500") && !same("http://h:8080", "https://h:8443"));
        assert!(!same("http://h", "http://g"));
    }

    #[test]
    fn passwords_do_not_show() {
        assert_eq!(without_password("http://me:secret@h:1/a@b?c"), "http://me:xxxxx@h:1/a@b?c");
        assert_eq!(without_password("http://me@h/"), "http://me@h/");
        assert_eq!(without_password("http://h/x:y@z"), "http://h/x:y@z");
        assert_eq!(without_password("nonsense"), "nonsense");
    }
}
