//! A register beside the catalog as servers keep it, and writes that may be lost between them.

use api::agent::{CheckDefinition, ServiceDefinition};
use api::catalog::{CheckRow, Node, NodeRow, Register, SERF_HEALTH, ServiceRow};
use api::{Op, Read, Reply, Token, Write, health};
use local::{Local, Outcome, Seen, Settings, Source};
use state::{At, Authority, Permitted, State, View};
use std::time::Duration;

pub(crate) const NODE: &str = "n1";

/// An agent, and the catalog it writes to.
pub(crate) struct World {
    pub(crate) local: Local,
    pub(crate) catalog: State,
    pub(crate) now: Duration,
    index: u64,
}

impl World {
    /// An agent that has just started, in a datacenter whose leader knows its node already.
    pub(crate) fn new(settings: Settings) -> Self {
        let me = NodeRow {
            id: "3a5bd9d5-0000-4000-8000-0000000000d1".to_owned(),
            node: NODE.to_owned(),
            address: "10.0.0.1".to_owned(),
            datacenter: "dc1".to_owned(),
            meta: [("rack".to_owned(), "r1".to_owned())].into(),
            ..NodeRow::default()
        };
        let local = Local::new(settings, me.clone(), 7);
        let mut world = Self { local, catalog: State::default(), now: Duration::ZERO, index: 0 };
        let serf = CheckRow { check_id: SERF_HEALTH.to_owned(), status: "passing".to_owned(), ..CheckRow::default() };
        let consul = ServiceRow { id: "consul".to_owned(), service: "consul".to_owned(), ..ServiceRow::default() };
        world.write(Register {
            node: Some(NodeRow { meta: [].into(), ..me }),
            service: Some(consul),
            checks: vec![serf],
            ..Default::default()
        });
        world
    }

    /// Somebody writes to the catalog.
    pub(crate) fn write(&mut self, op: impl Into<Op>) -> bool {
        let Op::Write(write) = op.into() else { panic!("no write") };
        self.commit(write)
    }

    fn commit(&mut self, write: Write) -> bool {
        self.index += 1;
        let at = At { clock_ms: self.index * 10, ..At::default() };
        self.catalog.apply(at, &Permitted::internal(write)).outcome.is_ok()
    }

    /// What the catalog says of the node.
    pub(crate) fn seen(&self) -> Seen {
        let node = self.read(Node { node: NODE.to_owned(), as_list: true, ..Default::default() });
        let checks = self.read(health::Node { node: NODE.to_owned(), ..Default::default() });
        let (Reply::CatalogNode(found), Reply::HealthNode(checks)) = (node, checks) else { panic!("other replies") };
        Seen { node: found.node, services: found.services, checks: checks.checks }
    }

    fn read(&self, op: impl Into<Op>) -> Reply {
        let Op::Read(read) = op.into() else { panic!("no read") };
        let who = Authority::everything();
        let read: &Read = &read;
        state::evaluate(read, &View::new(&self.catalog, &who)).unwrap()
    }

    /// Writes what is known to be missing; of each write `arrives` says whether it does. How many writes there were.
    pub(crate) fn flush(&mut self, mut arrives: impl FnMut() -> Outcome) -> usize {
        let changes = self.local.changes();
        for change in &changes {
            let mut outcome = arrives();
            // The catalog refuses a check whose instance it lacks, since that was refused or taken out behind our back.
            if outcome == Outcome::Written && !self.commit(change.write.clone()) {
                outcome = Outcome::Failed;
            }
            self.local.settle(change, outcome);
        }
        changes.len()
    }

    /// A comparison and the writes it leads to. How many there were.
    pub(crate) fn sync(&mut self) -> usize {
        let as_of = self.local.version();
        let seen = self.seen();
        self.local.compare(&seen, as_of);
        self.flush(|| Outcome::Written)
    }

    pub(crate) fn register(&mut self, definition: ServiceDefinition) {
        self.local.register_service(self.now, definition, Source::Api, &Token::default(), false).unwrap();
    }

    pub(crate) fn register_check(&mut self, definition: CheckDefinition) -> Result<(), api::Error> {
        self.local.register_check(self.now, definition, Source::Api, &Token::default()).map(drop)
    }

    /// Lets time pass; what it brings is done.
    pub(crate) fn pass(&mut self, time: Duration) -> Vec<local::Effect> {
        self.now += time;
        self.local.handle_time(self.now)
    }

    /// Whether the catalog says of the node what the agent knows, and no more than what others keep besides.
    pub(crate) fn agrees(&self) -> Result<(), String> {
        let seen = self.seen();
        let node = seen.node.map(|node| NodeRow { create_index: 0, modify_index: 0, ..node });
        equal(node.as_ref(), Some(self.local.me()))?;
        let services = seen.services.into_iter().filter(|row| row.id != "consul");
        let services: Vec<ServiceRow> = services.map(|row| ServiceRow { create_index: 0, modify_index: 0, ..row }).collect();
        equal(services, self.local.services().map(|service| service.row.clone()).collect())?;
        let checks = seen.checks.into_iter().filter(|row| row.check_id != SERF_HEALTH);
        let checks: Vec<CheckRow> = checks.map(|row| CheckRow { create_index: 0, modify_index: 0, ..row }).collect();
        equal(checks, self.local.checks().map(|check| check.row.clone()).collect())
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(seen: T, wanted: T) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(format!("catalog: {seen:?}\nagent: {wanted:?}")) }
}

pub(crate) fn service(id: &str) -> ServiceDefinition {
    ServiceDefinition { id: id.to_owned(), name: "web".to_owned(), port: 80, ..ServiceDefinition::default() }
}

pub(crate) fn ttl(id: &str, service: &str) -> CheckDefinition {
    let (check_id, service_id) = (id.to_owned(), service.to_owned());
    CheckDefinition { check_id, name: "c".to_owned(), service_id, ttl: 10_000_000_000, ..CheckDefinition::default() }
}
