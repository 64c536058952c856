//! Virtual IPs: who gets one, for how long, and that it is nobody else's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[expect(dead_code, reason = "its reads are for other properties")]
mod world;

use api::catalog::{
    AssignVirtualIps, CONNECT_PROXY, Connect, Deregister, MANUAL_LIMIT, NodeRow, Proxy, Register, Service, ServiceAddress, ServiceRow,
    StartVirtualIps, VIRTUAL, VirtualIp,
};
use api::{Code, Error, Read, Reply, Write};
use proptest::prelude::*;
use state::{At, Authority, Permitted, State, View, evaluate, permit};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

fn apply(state: &mut State, write: Write) -> Result<Reply, Error> {
    state.apply(At::default(), &Permitted::internal(write)).outcome
}

fn start(state: &mut State) {
    apply(state, Write::VirtualIpsStart(StartVirtualIps {})).unwrap();
}

fn started() -> State {
    let mut state = State::default();
    start(&mut state);
    state
}

fn register(state: &mut State, node: &str, service: ServiceRow) -> Result<Reply, Error> {
    let node = NodeRow { node: node.to_owned(), address: "10.0.0.1".to_owned(), ..NodeRow::default() };
    apply(state, Write::CatalogRegister(Register { node: Some(node), service: Some(service), ..Register::default() }))
}

fn deregister(state: &mut State, node: &str, id: &str) {
    let gone = Deregister { node: node.to_owned(), service_id: id.to_owned(), ..Deregister::default() };
    apply(state, Write::CatalogDeregister(gone)).unwrap();
}

fn plain(name: &str) -> ServiceRow {
    ServiceRow { service: name.to_owned(), port: 80, ..ServiceRow::default() }
}

fn native(name: &str) -> ServiceRow {
    ServiceRow { connect: Connect { native: true }, ..plain(name) }
}

fn proxy_of(name: &str) -> ServiceRow {
    let proxy = Proxy { destination_service_name: name.to_owned(), ..Proxy::default() };
    ServiceRow { kind: CONNECT_PROXY.to_owned(), proxy, port: 21000, ..plain(&format!("{name}-proxy")) }
}

/// What DNS is told.
fn address(state: &State, service: &str) -> Option<String> {
    let who = Authority::everything();
    let read = Read::CatalogVirtualIp(VirtualIp { service: service.to_owned() });
    let Reply::CatalogVirtualIp(found) = evaluate(&read, &View::new(state, &who)).unwrap() else { panic!("another reply") };
    found.address.map(|address| Ipv4Addr::from_bits(address).to_string())
}

/// The tagged address of each instance by which a service is reached.
fn tagged(state: &State, service: &str) -> Vec<Option<ServiceAddress>> {
    let who = Authority::everything();
    let read = Read::CatalogService(Service { name: service.to_owned(), connect: true, ..Service::default() });
    let Reply::CatalogService(found) = evaluate(&read, &View::new(state, &who)).unwrap() else { panic!("another reply") };
    found.instances.iter().map(|instance| instance.service.tagged_addresses.get(VIRTUAL).cloned()).collect()
}

fn shown(address: &str, port: i32) -> Option<ServiceAddress> {
    Some(ServiceAddress { address: address.to_owned(), port })
}

#[test]
fn what_is_reached_over_the_mesh_has_one() {
    let mut state = started();
    register(&mut state, "a", plain("web")).unwrap();
    assert_eq!(address(&state, "web"), None, "nothing leads to it");
    register(&mut state, "a", proxy_of("web")).unwrap();
    register(&mut state, "b", native("db")).unwrap();
    register(&mut state, "c", proxy_of("WEB")).unwrap();
    assert_eq!(address(&state, "web").as_deref(), Some("240.0.0.1"));
    assert_eq!(address(&state, "Db").as_deref(), Some("240.0.0.2"));
    assert_eq!(tagged(&state, "web"), [shown("240.0.0.1", 21000), shown("240.0.0.1", 21000)]);
    assert_eq!(tagged(&state, "db"), [shown("240.0.0.2", 80)]);
    let of_plain = state.services_on("a").find(|row| row.id == "web").unwrap();
    assert!(of_plain.tagged_addresses.is_empty(), "it is not reached at this instance");
}

#[test]
fn it_is_the_catalog_that_gives_them() {
    let mut state = started();
    let forged = |mut row: ServiceRow| {
        row.tagged_addresses.insert(VIRTUAL.to_owned(), ServiceAddress { address: "240.0.0.9".to_owned(), port: 1 });
        row
    };
    register(&mut state, "a", forged(native("web"))).unwrap();
    register(&mut state, "a", forged(plain("db"))).unwrap();
    assert_eq!(tagged(&state, "web"), [shown("240.0.0.1", 80)]);
    let of_plain = state.services_on("a").find(|row| row.id == "db").unwrap();
    assert!(of_plain.tagged_addresses.is_empty());
}

#[test]
fn it_goes_with_the_last_and_is_given_again() {
    let mut state = started();
    register(&mut state, "a", plain("web")).unwrap();
    register(&mut state, "a", proxy_of("web")).unwrap();
    register(&mut state, "b", native("db")).unwrap();
    deregister(&mut state, "a", "web-proxy");
    assert_eq!(address(&state, "web").as_deref(), Some("240.0.0.1"), "there is an instance yet");
    deregister(&mut state, "a", "web");
    assert_eq!(address(&state, "web"), None);
    register(&mut state, "c", native("api")).unwrap();
    register(&mut state, "a", native("web")).unwrap();
    assert_eq!(address(&state, "api").as_deref(), Some("240.0.0.1"));
    assert_eq!(address(&state, "web").as_deref(), Some("240.0.0.3"));
    let gone = Deregister { node: "b".to_owned(), ..Deregister::default() };
    apply(&mut state, Write::CatalogDeregister(gone)).unwrap();
    assert_eq!(address(&state, "db"), None, "its node is gone");
}

#[test]
fn those_that_were_there_before_get_theirs_at_the_start() {
    let mut state = State::default();
    register(&mut state, "b", native("web")).unwrap();
    register(&mut state, "a", proxy_of("db")).unwrap();
    assert_eq!((address(&state, "web"), state.gives_virtual_ips()), (None, false));
    start(&mut state);
    assert_eq!(tagged(&state, "db"), [shown("240.0.0.1", 21000)]);
    assert_eq!(tagged(&state, "web"), [shown("240.0.0.2", 80)]);
    let once = state.clone();
    start(&mut state);
    assert!(once == state && state.gives_virtual_ips());
}

fn by_hand(state: &mut State, service: &str, addresses: &[u32]) -> (bool, Vec<String>) {
    let write = AssignVirtualIps { service: service.to_owned(), addresses: addresses.to_vec() };
    let Reply::VirtualIpsAssign(assigned) = apply(state, Write::VirtualIpsAssign(write)).unwrap() else { panic!("another reply") };
    (assigned.found, assigned.unassigned_from)
}

#[test]
fn an_address_given_by_hand_is_one_services() {
    let mut state = started();
    assert_eq!(by_hand(&mut state, "web", &[1]), (false, Vec::new()), "there is no such service");
    register(&mut state, "a", native("web")).unwrap();
    register(&mut state, "b", native("db")).unwrap();
    assert_eq!(by_hand(&mut state, "web", &[1, 2]), (true, Vec::new()));
    assert_eq!(by_hand(&mut state, "db", &[2, 3]), (true, vec!["web".to_owned()]));
    assert_eq!(by_hand(&mut state, "web", &[1, 4]), (true, Vec::new()));
    deregister(&mut state, "b", "db");
    assert_eq!(by_hand(&mut state, "web", &[2, 3]), (true, Vec::new()), "they went with it");
}

#[test]
fn by_hand_only_few_and_none_of_the_pool() {
    let refusal = |addresses: Vec<u32>| {
        let write = Write::VirtualIpsAssign(AssignVirtualIps { service: "web".to_owned(), addresses });
        permit(&write, &started(), &Authority::everything()).err().map(|error| (error.kind(), error.text))
    };
    assert_eq!(refusal((1..=MANUAL_LIMIT as u32).collect()), None);
    let (code, text) = refusal((0..=MANUAL_LIMIT as u32).collect()).unwrap();
    assert_eq!((code, &*text), (Code::BadRequest, "cannot associate more than 8 manual virtual IPs with the same service"));
    let (_, text) = refusal(vec![0xf000_0001]).unwrap();
    assert_eq!(text, "240.0.0.1 is in 240.0.0.0/4, of which services are given addresses");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_two_names_have_one_and_who_is_reached_has(writes in proptest::collection::vec(world::write(), 1..60)) {
        let mut state = started();
        for write in &writes {
            let write = world::aimed(write, &state);
            let _ = apply(&mut state, write.clone());
            let mut holders: BTreeMap<String, String> = BTreeMap::new();
            for node in state.nodes() {
                for row in state.services_on(&node.node) {
                    let tag = row.tagged_addresses.get(VIRTUAL).map(|place| place.address.clone());
                    let Some(destination) = row.mesh_destination().map(str::to_lowercase) else {
                        prop_assert_eq!(tag, None);
                        continue;
                    };
                    prop_assert_eq!(&tag, &address(&state, &destination), "{:?} after {:?}", row, &write);
                    let tag = tag.expect("it is reached over the mesh");
                    let holder = holders.entry(tag).or_insert_with(|| destination.clone());
                    prop_assert_eq!(&*holder, &destination, "after {:?}", &write);
                }
            }
        }
    }
}
