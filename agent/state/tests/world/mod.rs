//! Random writes over a handful of names, and every kind of read of them.

use api::catalog::{
    AssignVirtualIps, CONNECT_PROXY, CheckRow, Connect, Deregister, Node, NodeRow, Nodes, Proxy, Register, Select, Service, ServiceRow,
    Services, StartVirtualIps, VirtualIp,
};
use api::coordinate::{self, Coordinate, Located};
use api::query::{self, Dns, Query, ServiceQuery};
use api::txn::{CheckStep, KvStep, KvVerb, NodeStep, ServiceStep, Step, Subject, Verb};
use api::{Read, Write, health, kv, txn};
use proptest::prelude::*;
use proptest::sample::select;
use state::State;

pub(crate) const IDS: [&str; 2] = ["3a5bd9d5-0000-4000-8000-0000000000d1", "3a5bd9d5-0000-4000-8000-0000000000d2"];
const NODES: [&str; 4] = ["a", "b", "B", "c"];
const SERVICES: [&str; 3] = ["web", "Web", "db"];
const DESTINATIONS: [&str; 2] = ["web", "Db"];
const INSTANCES: [&str; 3] = ["i1", "i2", "I2"];
const CHECKS: [&str; 3] = ["serfHealth", "c1", "C2"];
const QUERIES: [&str; 4] = ["", "q", "Q-", "q-1"];
/// Stands for the id of whatever definition is the first.
const FIRST_QUERY: &str = "first";
const KEYS: [&str; 4] = ["k", "k/a", "k/b", "z"];

fn text(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(of).prop_map(str::to_owned)
}

fn node_row() -> impl Strategy<Value = NodeRow> {
    let id = prop_oneof![3 => Just(String::new()), 2 => text(&IDS)];
    let rack = prop_oneof![Just("r1"), Just("r2")];
    (text(&NODES), id, text(&["10.0.0.1", "10.0.0.2"]), rack).prop_map(|(node, id, address, rack)| NodeRow {
        id,
        node,
        address,
        meta: [("rack".to_owned(), rack.to_owned())].into(),
        ..NodeRow::default()
    })
}

fn service_row() -> impl Strategy<Value = ServiceRow> {
    let tags = proptest::collection::vec(text(&["t", "u"]), 0..2);
    (text(&INSTANCES), text(&SERVICES), tags, 1..3i32, 0..5u8).prop_map(|(id, service, tags, port, part)| {
        let mut row = ServiceRow { id, service, tags, port, ..ServiceRow::default() };
        match part {
            0 => row.connect = Connect { native: true },
            1 | 2 => {
                row.kind = CONNECT_PROXY.to_owned();
                row.proxy = Proxy { destination_service_name: DESTINATIONS[usize::from(part) - 1].to_owned(), ..Proxy::default() };
            }
            _ => {}
        }
        row
    })
}

fn check_row() -> impl Strategy<Value = CheckRow> {
    let instance = prop_oneof![Just(String::new()), text(&INSTANCES)];
    (text(&CHECKS), text(&["passing", "critical"]), instance, text(&["", "o"]))
        .prop_map(|(check_id, status, service_id, output)| CheckRow { check_id, status, service_id, output, ..CheckRow::default() })
}

fn register() -> impl Strategy<Value = Register> {
    let checks = proptest::collection::vec(check_row(), 0..2);
    (node_row(), any::<bool>(), proptest::option::of(service_row()), checks)
        .prop_map(|(node, skip_node_update, service, checks)| Register { node: Some(node), skip_node_update, service, checks })
}

fn deregister() -> impl Strategy<Value = Deregister> {
    let (service, check) = (prop_oneof![2 => Just(String::new()), 3 => text(&INSTANCES)], prop_oneof![Just(String::new()), text(&CHECKS)]);
    (text(&NODES), service, check).prop_map(|(node, service_id, check_id)| Deregister { node, service_id, check_id })
}

fn located() -> impl Strategy<Value = Located> {
    let segment = prop_oneof![4 => Just(String::new()), 1 => Just("s".to_owned())];
    (text(&NODES), segment, 0..3u8).prop_map(|(node, segment, x)| {
        let vec = vec![f64::from(x), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        Located { node, segment, coord: Coordinate { vec, ..Coordinate::origin() } }
    })
}

fn verb() -> impl Strategy<Value = i32> {
    prop_oneof![3 => Just(Verb::Set), 1 => Just(Verb::Get), 1 => Just(Verb::Delete), 1 => Just(Verb::Cas), 1 => Just(Verb::DeleteCas)]
        .prop_map(i32::from)
}

fn step() -> impl Strategy<Value = Step> {
    let keyed =
        select(&[KvVerb::Set, KvVerb::Cas, KvVerb::Get, KvVerb::GetTree, KvVerb::Delete, KvVerb::DeleteTree, KvVerb::CheckNotExists][..]);
    let subject = prop_oneof![
        3 => (keyed, text(&KEYS), 0..3u8).prop_map(|(verb, key, value)| {
            Subject::Kv(KvStep { verb: verb.into(), key, value: vec![value].into(), ..KvStep::default() })
        }),
        1 => (verb(), node_row()).prop_map(|(verb, node)| Subject::Node(NodeStep { verb, node: Some(node) })),
        2 => (verb(), text(&NODES), service_row())
            .prop_map(|(verb, node, service)| Subject::Service(ServiceStep { verb, node, service: Some(service) })),
        2 => (verb(), text(&NODES), check_row())
            .prop_map(|(verb, node, check)| Subject::Check(CheckStep { verb, check: Some(CheckRow { node, ..check }) })),
    ];
    subject.prop_map(|subject| Step { subject: Some(subject) })
}

fn definition() -> impl Strategy<Value = Query> {
    (text(&QUERIES), any::<bool>(), text(&SERVICES), text(&["", "1s"])).prop_map(|(name, template, service, ttl)| {
        let mut query = Query { name, dns: Dns { ttl }, ..Query::default() };
        if template {
            query.template.r#type = query::TEMPLATE_BY_PREFIX.to_owned();
        }
        query.service = ServiceQuery { service, ..ServiceQuery::default() };
        query
    })
}

fn on_query() -> impl Strategy<Value = Write> {
    let first = || FIRST_QUERY.to_owned();
    prop_oneof![
        3 => definition().prop_map(|query| Write::QueryCreate(query::Create { query })),
        1 => definition().prop_map(move |query| Write::QueryUpdate(query::Update { query: Query { id: first(), ..query } })),
        1 => Just(Write::QueryDelete(query::Delete { id: first() })),
    ]
}

fn by_hand() -> impl Strategy<Value = AssignVirtualIps> {
    (text(&SERVICES), proptest::collection::vec(0x0a00_0001..0x0a00_0004u32, 0..3))
        .prop_map(|(service, addresses)| AssignVirtualIps { service, addresses })
}

/// The write with the id of a definition that there is, where it is about one.
pub(crate) fn aimed(write: &Write, state: &State) -> Write {
    let mut write = write.clone();
    if let Write::QueryUpdate(query::Update { query: Query { id, .. } }) | Write::QueryDelete(query::Delete { id }) = &mut write
        && let Some(first) = state.queries().next()
    {
        first.id.clone_into(id);
    }
    write
}

/// Any write.
pub(crate) fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        8 => register().prop_map(Write::CatalogRegister),
        5 => deregister().prop_map(Write::CatalogDeregister),
        4 => proptest::collection::vec(step(), 1..4).prop_map(|steps| Write::Txn(txn::Write { steps })),
        2 => (text(&KEYS), 0..3u8).prop_map(|(key, value)| Write::KvPut(kv::Put { key, value: vec![value].into(), ..kv::Put::default() })),
        2 => (text(&KEYS), any::<bool>()).prop_map(|(key, recurse)| Write::KvDelete(kv::Delete { key, recurse, cas: None })),
        3 => proptest::collection::vec(located(), 1..3).prop_map(|updates| Write::CoordinateUpdate(coordinate::Update { updates })),
        1 => (0..100u64).prop_map(|before_ms| Write::KvReap(kv::Reap { before_ms })),
        2 => on_query(),
        1 => Just(Write::VirtualIpsStart(StartVirtualIps {})),
        1 => by_hand().prop_map(Write::VirtualIpsAssign),
    ]
}

/// Every kind of read, of every name.
pub(crate) fn reads() -> Vec<Read> {
    let all = Select::default();
    let rack = Select { node_meta: [("rack".to_owned(), "r1".to_owned())].into(), ..Select::default() };
    let filtered = |filter: &str| Select { filter: filter.to_owned(), ..Select::default() };
    let mut reads = vec![Read::QueryRead(query::Read { id: None })];
    for select in [all.clone(), rack.clone(), filtered("Address == `10.0.0.1`")] {
        reads.push(Read::CatalogNodes(Nodes { select }));
    }
    for select in [all.clone(), rack.clone(), filtered("t in ServiceTags")] {
        reads.push(Read::CatalogServices(Services { select }));
    }
    for select in [all.clone(), rack.clone(), filtered("Output is empty or Status == critical")].into_iter().take(2) {
        for state in ["any", "passing", "critical"] {
            reads.push(Read::HealthState(health::State { state: state.to_owned(), select: select.clone() }));
        }
    }
    for name in ["web", "db", "none"].map(str::to_owned) {
        for select in [&all, &rack] {
            for connect in [false, true] {
                let (name, select) = (name.clone(), select.clone());
                reads.push(Read::CatalogService(Service { name: name.clone(), tags: Vec::new(), connect, select: select.clone() }));
                let tags = vec!["T".to_owned()];
                reads.push(Read::HealthService(health::Service { name, tags, connect, passing: connect, select }));
            }
            for near in ["", "b", "none"].map(str::to_owned) {
                let service =
                    ServiceQuery { service: name.clone(), only_passing: true, tags: vec!["!u".to_owned()], ..ServiceQuery::default() };
                reads.push(Read::QueryInstances(query::Instances { service, near, address: String::new() }));
            }
            reads.push(Read::HealthChecks(health::ServiceChecks { service: name.clone(), select: select.clone() }));
        }
        reads.push(Read::CatalogVirtualIp(VirtualIp { service: name.clone() }));
        reads.push(Read::HealthService(health::Service { name, tags: Vec::new(), connect: false, passing: false, select: all.clone() }));
    }
    for node in NODES.into_iter().chain(IDS).chain(["3a5b", "none"]).map(str::to_owned) {
        reads.push(Read::CatalogNode(Node { node: node.clone(), select: all.clone(), as_list: false }));
        reads.push(Read::HealthNode(health::Node { node: node.clone(), select: all.clone() }));
        let steps = [
            Subject::Node(NodeStep { verb: Verb::Get.into(), node: Some(NodeRow { node: node.clone(), ..NodeRow::default() }) }),
            Subject::Node(NodeStep { verb: Verb::Get.into(), node: Some(NodeRow { id: node.clone(), ..NodeRow::default() }) }),
            Subject::Service(ServiceStep {
                verb: Verb::Get.into(),
                node,
                service: Some(ServiceRow { id: "i1".to_owned(), ..ServiceRow::default() }),
            }),
        ];
        reads.extend(steps.map(|subject| Read::TxnRead(txn::Read { steps: vec![Step { subject: Some(subject) }] })));
    }
    for segment in ["", "s"].map(str::to_owned) {
        reads.push(Read::CoordinateNodes(coordinate::Nodes { segment: segment.clone() }));
        for node in NODES.into_iter().chain(["none"]).map(str::to_owned) {
            reads.push(Read::CoordinateNode(coordinate::Node { node, segment: segment.clone() }));
        }
    }
    for key in KEYS.into_iter().chain([""]).map(str::to_owned) {
        reads.push(Read::KvGet(kv::Get { key: key.clone() }));
        reads.push(Read::KvList(kv::List { prefix: key.clone() }));
        reads.push(Read::KvKeys(kv::Keys { prefix: key.clone(), separator: "/".to_owned() }));
        for verb in [KvVerb::Get, KvVerb::GetTree, KvVerb::CheckNotExists] {
            let step = KvStep { verb: verb.into(), key: key.clone(), ..KvStep::default() };
            reads.push(Read::TxnRead(txn::Read { steps: vec![Step { subject: Some(Subject::Kv(step)) }] }));
        }
    }
    reads
}
