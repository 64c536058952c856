//! Services and checks of the configuration, as agents take them.

use crate::probing::probing;
use anyhow::Context;
use api::Token;
use api::agent::Definitions;
use api::http::definitions::{check_stanza, service_stanza};
use config::{Config, Definition};
use local::Scripts;

/// What an agent keeps of services and checks, at its start and at each reload.
pub(crate) fn services(config: &Config) -> anyhow::Result<services::Settings> {
    let said = &config.local;
    let read = |definitions: &[Definition], what: &str| {
        let named = |definition: &Definition| {
            let name = definition.body.get("Name").and_then(serde_json::Value::as_str).unwrap_or("without a name");
            format!("{}: {what} {name:?}", definition.origin)
        };
        definitions.iter().map(|definition| (definition.body.clone(), named(definition))).collect::<Vec<_>>()
    };
    let mut definitions = Definitions::default();
    for (stanza, named) in read(&said.services, "service") {
        definitions.services.push(service_stanza(stanza).map_err(anyhow::Error::msg).context(named)?);
    }
    for (stanza, named) in read(&said.checks, "check") {
        definitions.checks.push(check_stanza(stanza).map_err(anyhow::Error::msg).context(named)?);
    }
    let tokens = &config.acl.tokens;
    if let Some(token) = &tokens.config_file_service_registration {
        for own in definitions.services.iter_mut().map(|service| &mut service.token).filter(|own| own.is_empty()) {
            token.expose().clone_into(own);
        }
        for own in definitions.checks.iter_mut().map(|check| &mut check.token).filter(|own| own.is_empty()) {
            token.expose().clone_into(own);
        }
    }
    let token = tokens.agent.as_ref().or(tokens.default.as_ref()).map_or_else(Token::default, |token| Token(token.expose().to_owned()));
    let settings = local::Settings {
        check_update_interval: said.check_update_interval,
        discard_output: said.discard_check_output,
        output_max: said.check_output_max_size,
        scripts: match (said.enable_script_checks, said.enable_local_script_checks) {
            (true, _) => Scripts::OfAll,
            (false, true) => Scripts::OfFiles,
            (false, false) => Scripts::Nobody,
        },
        sidecar_ports: said.sidecar_min_port..=said.sidecar_max_port,
    };
    Ok(services::Settings { local: settings, definitions, token, probing: probing(config)? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use config::{Flags, Host, Inputs};
    use hcl::Format;
    use local::Source;
    use std::time::Duration;

    fn read(text: &str) -> anyhow::Result<services::Settings> {
        let flags = Flags::parse(["-dev".to_owned()]).unwrap();
        let files = vec![config::Source { name: "web.hcl".to_owned(), text: text.to_owned(), format: Format::Hcl }];
        let host = Host { name: "dev".to_owned(), addresses: vec![("lo".to_owned(), std::net::Ipv4Addr::LOCALHOST.into())] };
        services(&config::resolve(&Inputs { flags, files, host })?)
    }

    #[test]
    fn stanzas_become_definitions() {
        let text = r#"
            check_update_interval = "1m"
            enable_local_script_checks = true
            ports { sidecar_min_port = 22000 sidecar_max_port = 22010 }
            service {
              name = "web"  id = "web-1"  port = 80  tags = ["a"]  enable_tag_override = true
              meta { version = "2" }
              tagged_addresses { wan { address = "198.51.100.1" port = 8080 } }
              check { http = "http://127.0.0.1/health" interval = "10s" header { X = ["1"] } }
              check { id = "t" ttl = "30s" deregister_critical_service_after = "90m" }
              connect { sidecar_service { proxy { upstreams = [{ destination_name = "db" local_bind_port = 9191 }] } } }
            }
            services = [{ name = "db", port = 5432 }]
            check { id = "disk" name = "Disk" args = ["/bin/true"] interval = "30s" }
        "#;
        let said = read(text).unwrap();
        assert_eq!((said.local.check_update_interval, said.local.scripts), (Duration::from_secs(60), Scripts::OfFiles));
        assert_eq!(said.local.sidecar_ports, 22000..=22010);
        let me = api::catalog::NodeRow { node: "n".to_owned(), ..Default::default() };
        let mut register = local::Local::new(said.local, me, 1);
        register.reload(Duration::ZERO, &said.definitions).unwrap();
        let ids: Vec<&str> = register.services().map(|service| &*service.row.id).collect();
        assert_eq!(ids, ["db", "web-1", "web-1-sidecar-proxy"]);
        let sidecar = &register.service("web-1-sidecar-proxy").unwrap().row;
        assert_eq!((sidecar.port, &*sidecar.proxy.upstreams.first().unwrap().destination_name), (22000, "db"));
        let web = &register.service("web-1").unwrap().row;
        assert_eq!((web.tagged_addresses.get("wan").unwrap().port, web.meta.get("version").map(String::as_str)), (8080, Some("2")));
        let checks: Vec<(&str, &str)> = register.checks().map(|check| (&*check.row.check_id, &*check.row.r#type)).collect();
        let sidecar = ["service:web-1-sidecar-proxy:1", "service:web-1-sidecar-proxy:2"];
        assert_eq!(checks, [("disk", "script"), (sidecar[0], "tcp"), (sidecar[1], "alias"), ("service:web-1:1", "http"), ("t", "ttl")]);
        assert_eq!(register.check("t").unwrap().definition.deregister_critical_service_after, 5_400_000_000_000);
        assert!(register.services().all(|service| service.source == Source::Files));
    }

    #[test]
    fn a_definition_that_cannot_be_read_is_named() {
        let error = read(r#"service { name = "web" check { http = "x" interval = "often" } }"#).err().unwrap();
        assert_eq!(format!("{error:#}"), "web.hcl:1:9: service \"web\": time: invalid duration \"often\"");
    }
}
