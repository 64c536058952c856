//! `host:port`.

/// Whom to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `host:port`, `[address]:port` or `:port`, which means localhost.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("address {text}: {why}");
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(|| wrong("missing ']' in address"))?;
                (host, rest.strip_prefix(':').ok_or_else(|| wrong("missing port in address"))?)
            }
            None => {
                let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("missing port in address"))?;
                if host.contains(':') {
                    return Err(wrong("too many colons in address"));
                }
                (host, port)
            }
        };
        let port = port.parse().map_err(|_| wrong("invalid port"))?;
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self { host: host.to_owned(), port })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let address = |host: &str, port| Ok(Address { host: host.into(), port });
        assert_eq!(Address::parse("db.example:5432"), address("db.example", 5432));
        assert_eq!(Address::parse("[::1]:80"), address("::1", 80));
        assert_eq!(Address::parse(":22"), address("localhost", 22));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| Address::parse(text).unwrap_err();
        assert_eq!(error("localhost"), "address localhost: missing port in address");
        assert_eq!(error("a:b:c"), "address a:b:c: too many colons in address");
        assert_eq!(error("[::1]"), "address [::1]: missing port in address");
        assert_eq!(error("[::1"), "address [::1: missing ']' in address");
        assert_eq!(error("a:70000"), "address a:70000: invalid port");
        assert_eq!(error("a:http"), "address a:http: invalid port");
    }
}
