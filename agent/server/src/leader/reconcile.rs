//! The LAN pool in the catalog: what to write so that it says what gossip says. A pure comparison.

use api::catalog::{CheckRow, Deregister, NodeRow, Register, ServiceRow};
use api::{Op, Read, Reply, Write, catalog, health};
use members::{Member, Status};
use node::Tags;
use state::{Authority, State, View};
use std::collections::BTreeMap;

/// The check that is gossip's word for a node.
const SERF_HEALTH: &str = "serfHealth";
/// The service that the servers themselves are instances of.
const CONSUL: &str = "consul";

/// The writes that make the catalog of `datacenter` agree with `pool`. None when it does.
pub(crate) fn writes(datacenter: &str, pool: &[Member], state: &State) -> Vec<Write> {
    let mut writes: Vec<Write> = pool.iter().filter_map(|member| write(datacenter, member, state)).collect();
    // Whom gossip has forgotten, but the catalog has not. Nodes without the check are nobody's business here: others registered them.
    let known = |name: &str| pool.iter().any(|member| member.name.eq_ignore_ascii_case(name));
    let checks = ask(state, health::State { state: "any".to_owned(), ..Default::default() });
    if let Some(Reply::HealthState(checks)) = checks {
        let forgotten = checks.checks.into_iter().filter(|check| check.check_id == SERF_HEALTH && !known(&check.node));
        writes.extend(forgotten.map(|check| deregister(&check.node)));
    }
    writes
}

fn write(datacenter: &str, member: &Member, state: &State) -> Option<Write> {
    let current = Current::of(state, &member.name);
    match member.status {
        Status::Alive | Status::Leaving => {
            let mut wanted = registration(datacenter, member);
            // What else there is to say of it, its agent says: also where it did so since this was looked at.
            wanted.skip_node_update = current.node.is_none() || current.is_at_home(&wanted);
            (!current.agrees_with(&wanted)).then_some(Write::CatalogRegister(wanted))
        }
        Status::Failed => {
            let failing = current.checks.iter().any(|check| check.check_id == SERF_HEALTH && check.status == "critical");
            if failing || current.node.is_none() {
                return None;
            }
            // Only the check: services and their checks stay as they are, for when it is back.
            Some(Write::CatalogRegister(Register {
                node: current.node,
                skip_node_update: true,
                service: None,
                checks: vec![serf_health(&member.name, "critical", "Agent not live or unreachable")],
            }))
        }
        Status::Left => current.node.is_some().then(|| deregister(&member.name)),
    }
}

fn registration(datacenter: &str, member: &Member) -> Register {
    let tags = Tags::of(member);
    let address = member.addr.ip().to_string();
    let family = if member.addr.is_ipv4() { "ipv4" } else { "ipv6" };
    let tagged = ["lan".to_owned(), format!("lan_{family}"), "wan".to_owned(), format!("wan_{family}")];
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let meta = [("consul-network-segment".to_owned(), String::new())];
    let node = NodeRow {
        id: tags.node_id.clone(),
        node: member.name.clone(),
        address: address.clone(),
        datacenter: datacenter.to_owned(),
        tagged_addresses: tagged.into_iter().map(|name| (name, address.clone())).collect(),
        meta: BTreeMap::from(meta),
        ..NodeRow::default()
    };
    let service = tags.server.is_some().then(|| ServiceRow {
        id: CONSUL.to_owned(),
        service: CONSUL.to_owned(),
        port: tags.rpc_port.map_or(0, i32::from),
        meta: BTreeMap::from(
            [
                ("version", version.as_str()),
                ("raft_version", "3"),
                ("serf_protocol_current", "2"),
                ("serf_protocol_min", "1"),
                ("serf_protocol_max", "5"),
                ("non_voter", "false"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        ..ServiceRow::default()
    });
    let check = serf_health(&member.name, "passing", "Agent alive and reachable");
    Register { node: Some(node), skip_node_update: false, service, checks: vec![check] }
}

fn serf_health(node: &str, status: &str, output: &str) -> CheckRow {
    CheckRow {
        node: node.to_owned(),
        check_id: SERF_HEALTH.to_owned(),
        name: "Serf Health Status".to_owned(),
        status: status.to_owned(),
        output: output.to_owned(),
        ..CheckRow::default()
    }
}

fn deregister(node: &str) -> Write {
    Write::CatalogDeregister(Deregister { node: node.to_owned(), ..Deregister::default() })
}

/// What the catalog says of a node now.
#[derive(Default)]
struct Current {
    node: Option<NodeRow>,
    services: Vec<ServiceRow>,
    checks: Vec<CheckRow>,
}

impl Current {
    fn of(state: &State, name: &str) -> Self {
        let mut current = Self::default();
        if let Some(Reply::CatalogNode(found)) = ask(state, catalog::Node { node: name.to_owned(), as_list: true, ..Default::default() }) {
            (current.node, current.services) = (found.node, found.services);
        }
        if let Some(Reply::HealthNode(found)) = ask(state, health::Node { node: name.to_owned(), ..Default::default() }) {
            current.checks = found.checks;
        }
        current
    }

    /// Whether the node is the one that is wanted, under its address.
    fn is_at_home(&self, wanted: &Register) -> bool {
        let (Some(now), Some(wanted)) = (&self.node, &wanted.node) else { return false };
        now.id == wanted.id && now.address == wanted.address
    }

    fn agrees_with(&self, wanted: &Register) -> bool {
        let same_service = |now: &ServiceRow, wanted: &ServiceRow| now.port == wanted.port && now.meta == wanted.meta;
        let same_check = |now: &CheckRow, wanted: &CheckRow| now.status == wanted.status && now.output == wanted.output;
        self.is_at_home(wanted)
            && wanted.service.iter().all(|wanted| self.services.iter().any(|now| now.id == wanted.id && same_service(now, wanted)))
            && wanted.checks.iter().all(|wanted| self.checks.iter().any(|now| now.check_id == wanted.check_id && same_check(now, wanted)))
    }
}

fn ask(state: &State, op: impl Into<Op>) -> Option<Reply> {
    let Op::Read(read) = op.into() else { return None };
    let who = Authority::everything();
    evaluate(&read, &View::new(state, &who))
}

fn evaluate(read: &Read, view: &View<'_>) -> Option<Reply> {
    state::evaluate(read, view).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use state::{At, Permitted};
    use std::time::Duration;

    fn member() -> Member {
        let tags = Tags {
            datacenter: "dc1".to_owned(),
            node_id: "0291b8e5-23e8-4eeb-8442-c490e4f8e407".to_owned(),
            kind: node::Kind::Client,
            rpc_port: None,
            server: None,
        };
        Member {
            name: "n1".to_owned(),
            addr: "10.0.0.1:8301".parse().unwrap(),
            generation: 1,
            tags: tags.to_map(),
            status: Status::Alive,
            spki: Vec::new().into(),
            since: Duration::ZERO,
        }
    }

    fn apply(state: &mut State, write: Write) {
        state.apply(At::default(), &Permitted::internal(write)).outcome.unwrap();
    }

    fn node(state: &State) -> NodeRow {
        Current::of(state, "n1").node.unwrap()
    }

    #[test]
    fn what_an_agent_says_of_its_node_is_not_written_over() {
        let mut state = State::default();
        let Some(Write::CatalogRegister(wanted)) = writes("dc1", &[member()], &state).pop() else { panic!("another write") };
        // The agent is faster than the leader that has looked already.
        let mut said = wanted.node.clone().unwrap();
        said.meta.insert("rack".to_owned(), "1".to_owned());
        let own = Register { node: Some(said), skip_node_update: false, service: None, checks: Vec::new() };
        apply(&mut state, Write::CatalogRegister(own));
        apply(&mut state, Write::CatalogRegister(wanted));
        assert_eq!(node(&state).meta.get("rack").map(String::as_str), Some("1"));
        assert!(writes("dc1", &[member()], &state).is_empty());
        // One that has moved is another matter.
        let moved = Member { addr: "10.0.0.2:8301".parse().unwrap(), ..member() };
        for write in writes("dc1", &[moved], &state) {
            apply(&mut state, write);
        }
        assert_eq!(node(&state).address, "10.0.0.2");
    }
}
