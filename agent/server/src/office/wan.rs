//! The datacenters behind the gateways, and the WAN pool.

use super::Office;
use api::Error;
use api::agent::{Document, Member};
use api::catalog::DatacenterList;
use desk::{lan_member, protocol_versions};
use node::{Kind, Tags};

impl Office {
    pub(super) fn datacenters(&self) -> DatacenterList {
        let state = self.waist.store().snapshot();
        let forgotten: Vec<&str> = state.forgotten_datacenters().collect();
        let others = self.federation.datacenters().into_iter().map(|dc| dc.dc);
        let others = others.filter(|dc| *dc != self.settings.agent.datacenter && !forgotten.contains(&dc.as_str()));
        DatacenterList { datacenters: std::iter::once(self.settings.agent.datacenter.clone()).chain(others).collect() }
    }

    pub(super) fn explain(&self, dc: &str) -> Document {
        let known = self.federation.datacenters().into_iter().find(|known| known.dc == dc);
        let value = match known {
            Some(known) if !known.explanation.is_empty() => {
                return json_text(known.explanation);
            }
            _ if dc == self.settings.agent.datacenter => {
                serde_json::json!({ "Datacenter": dc, "Known": true, "Path": [self.settings.agent.node_name], "Tried": null })
            }
            Some(known) => {
                let tried: Vec<_> = known.ruled_out.iter().map(tried).collect();
                serde_json::json!({ "Datacenter": dc, "Known": true, "Path": null, "Tried": tried })
            }
            None => {
                let gateways = self.waist.map().gateways.len();
                let reason = match gateways {
                    0 => "no gateway of this datacenter is alive".to_owned(),
                    many => format!("none of the {many} gateways of this datacenter has ever heard of it"),
                };
                let tried = serde_json::json!([{ "Hop": self.settings.agent.datacenter, "Reason": reason }]);
                serde_json::json!({ "Datacenter": dc, "Known": false, "Path": null, "Tried": tried })
            }
        };
        json_text(value.to_string())
    }

    /// Servers of all datacenters, named `name.dc`.
    pub(super) fn servers_everywhere(&self, pool: &[members::Member]) -> Vec<Member> {
        let own = pool.iter().filter(|member| Tags::of(member).kind == Kind::Server).map(|member| {
            let tags = Tags::of(member);
            let port = tags.server.map_or(8302, |server| server.wan_port);
            let listed = lan_member(member);
            Member { name: format!("{}.{}", listed.name, self.settings.agent.datacenter), port: u32::from(port), ..listed }
        });
        let others = self.federation.datacenters().into_iter().flat_map(|dc| {
            dc.servers.into_iter().map(move |server| {
                let address = server.address.parse::<std::net::SocketAddr>().ok();
                let port = server.tags.get("wan_join_port").and_then(|port| port.parse().ok()).unwrap_or(8302);
                Member {
                    name: format!("{}.{}", server.name, dc.dc),
                    addr: address.map(|address| address.ip().to_string()).unwrap_or_default(),
                    port,
                    tags: server.tags,
                    status: if server.alive { 1 } else { 4 },
                    ..protocol_versions()
                }
            })
        });
        own.chain(others).collect()
    }

    /// Whoever joins the WAN through a server wants that server to be a gateway, unless the datacenter has one.
    pub(super) async fn join(&self, address: &str) -> Result<(), Error> {
        let others = node::peers(&self.lan.members().borrow(), Kind::Gateway, &self.settings.agent.node_name);
        if let (Some(gateway), None) = (others.first(), self.embed.running().await) {
            let why = format!("the gateway {} joins the WAN for this datacenter: set retry_join_wan there", gateway.name);
            return Err(Error::failed(why));
        }
        let gateway = self.embed.ensure().await.map_err(Error::failed)?;
        gateway.join_wan(address).await.map_err(Error::failed)
    }

    pub(super) async fn force_leave(&self, node: &str, prune: bool) -> Result<bool, Error> {
        match self.embed.running().await {
            Some(gateway) => Ok(gateway.force_leave_wan(node, prune).await),
            None => Err(Error::failed("this server is no gateway: ask the gateway of this datacenter")),
        }
    }
}

fn tried(attempt: &api::Attempt) -> serde_json::Value {
    let age = api::http::duration::format(std::time::Duration::from_millis(attempt.age_ms));
    serde_json::json!({ "Hop": attempt.hop, "Reason": attempt.reason, "EvidenceAge": age })
}

fn json_text(text: String) -> Document {
    Document { content_type: "application/json".to_owned(), text }
}
