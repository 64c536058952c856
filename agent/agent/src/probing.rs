//! How checks probe the network: `check_redirects`, `enable_agent_tls_for_checks`.

use crate::pem;
use anyhow::bail;
use ca::tls::{EdgeTls, Keychain};
use checks::{Probing, Redirects, Roots};
use config::{CheckRedirects, Config};
use rustls::time_provider::DefaultTimeProvider;
use std::sync::Arc;

/// What checks are told. With `enable_agent_tls_for_checks` they show the certificate of `tls.internal_rpc`, trust its authorities, and
/// expect the name that agents show each other, as Consul's do.
///
/// # Errors
/// The file that is of no use.
pub(crate) fn probing(config: &Config) -> anyhow::Result<Probing> {
    let redirects = match config.local.check_redirects {
        CheckRedirects::Anywhere => Redirects::Anywhere,
        CheckRedirects::SameHost => Redirects::SameHost,
        CheckRedirects::Never => Redirects::Never,
    };
    let own = Probing { redirects, ..Probing::default() };
    if !config.local.enable_agent_tls_for_checks {
        return Ok(own);
    }
    let stanza = &config.tls.internal_rpc;
    let keys = match (&stanza.cert_file, &stanza.key_file) {
        (Some(cert), Some(key)) => {
            let (cert, key) = (pem::read("tls.internal_rpc.cert_file", cert)?, pem::read("tls.internal_rpc.key_file", key)?);
            let identity = EdgeTls::new(Arc::new(DefaultTimeProvider)).identity(cert.as_pem(), key.as_pem())?;
            Some(Arc::new(Keychain::new(identity)))
        }
        (None, None) => None,
        _ => bail!("enable_agent_tls_for_checks: a certificate needs its key: tls.internal_rpc.cert_file and tls.internal_rpc.key_file"),
    };
    let bundle = pem::bundle("tls.internal_rpc", stanza)?;
    let roots = if bundle.is_empty() { Roots::System } else { Roots::Bundle(bundle) };
    let server_name = config.tls.server_name.clone().unwrap_or_else(|| config.node.node_name.clone());
    Ok(Probing { roots, keys, server_name, ..own })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use config::{Flags, Host, Inputs};
    use hcl::Format;

    fn read(text: &str) -> anyhow::Result<Probing> {
        let flags = Flags::parse(["-dev".to_owned()]).unwrap();
        let files = vec![config::Source { name: "a.hcl".to_owned(), text: text.to_owned(), format: Format::Hcl }];
        let host = Host { name: "n1".to_owned(), addresses: vec![("lo".to_owned(), std::net::Ipv4Addr::LOCALHOST.into())] };
        probing(&config::resolve(&Inputs { flags, files, host })?)
    }

    #[test]
    fn redirects_are_followed_as_far_as_the_operator_says() {
        for (text, redirects) in [
            ("", Redirects::Never),
            (r#"check_redirects = "same_host""#, Redirects::SameHost),
            (r#"check_redirects = "anywhere""#, Redirects::Anywhere),
        ] {
            assert_eq!(read(text).unwrap().redirects, redirects, "{text}");
        }
        assert!(read(r#"check_redirects = "sometimes""#).is_err());
    }

    #[test]
    fn the_agents_tls_is_shown_only_if_asked() {
        let tls = r#"tls { internal_rpc { ca_file = "/no/such/ca.pem" } }"#;
        let own = read(tls).unwrap();
        assert_eq!((own.roots, &*own.server_name), (Roots::System, ""));
        let error = read(&format!("{tls} enable_agent_tls_for_checks = true")).err().unwrap();
        assert!(format!("{error:#}").starts_with("tls.internal_rpc.ca_file: /no/such/ca.pem"), "{error:#}");
        let named = |more: &str| read(&format!("enable_agent_tls_for_checks = true {more}")).unwrap().server_name;
        assert_eq!((&*named(""), &*named(r#"server_name = "web.example""#)), ("n1", "web.example"));
    }
}
