//! The gossip pools, and the datacenters behind the gateways.

use super::Desk;
use api::agent::{Document, ForceLeave, Join, Member, MemberList, Members};
use api::catalog::DatacenterList;
use api::{Code, Error};
use members::Status;
use node::{Kind, Tags};

impl Desk {
    pub(super) fn datacenters(&self) -> DatacenterList {
        let state = self.waist.store().snapshot();
        let forgotten: Vec<&str> = state.forgotten_datacenters().collect();
        let others = self.federation.datacenters().into_iter().map(|dc| dc.dc);
        let others = others.filter(|dc| *dc != self.settings.datacenter && !forgotten.contains(&dc.as_str()));
        DatacenterList { datacenters: std::iter::once(self.settings.datacenter.clone()).chain(others).collect() }
    }

    pub(super) fn explain(&self, dc: &str) -> Document {
        let known = self.federation.datacenters().into_iter().find(|known| known.dc == dc);
        let value = match known {
            Some(known) if !known.explanation.is_empty() => {
                return Document { content_type: "application/json".to_owned(), text: known.explanation };
            }
            _ if dc == self.settings.datacenter => {
                serde_json::json!({ "Datacenter": dc, "Known": true, "Path": [self.settings.node_name], "Tried": null })
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
                let tried = serde_json::json!([{ "Hop": self.settings.datacenter, "Reason": reason }]);
                serde_json::json!({ "Datacenter": dc, "Known": false, "Path": null, "Tried": tried })
            }
        };
        super::json(&value)
    }

    pub(super) fn members(&self, op: &Members) -> Result<MemberList, Error> {
        let pool = self.lan.members().borrow().clone();
        let mut members: Vec<Member> = if op.wan { self.wan_members(&pool) } else { pool.iter().map(lan_member).collect() };
        if !op.filter.is_empty() {
            members = filtered(members, &op.filter)?;
        }
        Ok(MemberList { members })
    }

    /// Servers of all datacenters, named `name.dc`.
    fn wan_members(&self, pool: &[members::Member]) -> Vec<Member> {
        let own = pool.iter().filter(|member| Tags::of(member).kind == Kind::Server).map(|member| {
            let tags = Tags::of(member);
            let port = tags.server.map_or(8302, |server| server.wan_port);
            let listed = lan_member(member);
            Member { name: format!("{}.{}", listed.name, self.settings.datacenter), port: u32::from(port), ..listed }
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
                    ..versions()
                }
            })
        });
        own.chain(others).collect()
    }

    pub(super) async fn join(&self, op: &Join) -> Result<(), Error> {
        if op.wan {
            // Whoever joins the WAN through a server wants that server to be a gateway, unless the datacenter has one.
            let others = node::peers(&self.lan.members().borrow(), Kind::Gateway, &self.settings.node_name);
            if let (Some(gateway), None) = (others.first(), self.embed.running().await) {
                let why = format!("the gateway {} joins the WAN for this datacenter: set retry_join_wan there", gateway.name);
                return Err(Error::failed(why));
            }
            let gateway = self.embed.ensure().await.map_err(Error::failed)?;
            return gateway.join_wan(&op.address).await.map_err(Error::failed);
        }
        self.lan.join(std::slice::from_ref(&op.address)).await.map(drop).map_err(|error| Error::failed(error.to_string()))
    }

    pub(super) async fn force_leave(&self, op: &ForceLeave) -> Result<(), Error> {
        if op.wan {
            let Some(gateway) = self.embed.running().await else {
                return Err(Error::failed("this server is no gateway: ask the gateway of this datacenter"));
            };
            return match gateway.force_leave_wan(&op.node, op.prune).await {
                true => Ok(()),
                false => Err(Error::failed(format!("agent: No node found with name '{}'", op.node))),
            };
        }
        match self.lan.force_leave(&op.node, op.prune).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::failed(format!("agent: No node found with name '{}'", op.node))),
            Err(stopped) => Err(Error::new(Code::Lost, stopped.to_string())),
        }
    }
}

fn tried(attempt: &api::Attempt) -> serde_json::Value {
    let age = api::http::duration::format(std::time::Duration::from_millis(attempt.age_ms));
    serde_json::json!({ "Hop": attempt.hop, "Reason": attempt.reason, "EvidenceAge": age })
}

fn lan_member(member: &members::Member) -> Member {
    Member {
        name: member.name.clone(),
        addr: member.addr.ip().to_string(),
        port: u32::from(member.addr.port()),
        tags: member.tags.clone(),
        status: match member.status {
            Status::Alive => 1,
            Status::Leaving => 2,
            Status::Left => 3,
            Status::Failed => 4,
        },
        ..versions()
    }
}

/// What Consul's tools expect to read of a member's protocols.
fn versions() -> Member {
    Member { protocol_min: 1, protocol_max: 5, protocol_cur: 2, delegate_min: 2, delegate_max: 5, delegate_cur: 4, ..Member::default() }
}

fn filtered(members: Vec<Member>, expression: &str) -> Result<Vec<Member>, Error> {
    let filter = filter::Filter::parse(expression, &filter::schema::AGENT_MEMBER).map_err(|error| Error::failed(error.to_string()))?;
    let shown = |member: &Member| serde_json::to_value(member).is_ok_and(|value| filter.matches(&value));
    Ok(members.into_iter().filter(shown).collect())
}
