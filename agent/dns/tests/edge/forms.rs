//! Each form of name, asked over UDP. What is expected is what Consul 1.8.7 answered to the same catalog.

use crate::world::{World, change, datas, instance, question, show};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

async fn world() -> World {
    let world = World::new().await;
    let one = change(instance("cf-d1", "10.95.0.1", "cfd", 5001, "passing"), |node, service| {
        node.meta = [("role", "db"), ("rfc1035-note", "verbatim text"), ("flag", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        service.tags = vec!["primary".to_owned(), "v1.0".to_owned()];
        service.weights = api::catalog::Weights { passing: 7, warning: 3 };
    });
    world.register(one).await;
    let two = change(instance("cf-d2", "10.95.0.2", "cfd", 5002, "warning"), |_, service| {
        service.tags = vec!["replica".to_owned()];
        service.address = "10.95.9.2".to_owned();
        service.weights = api::catalog::Weights { passing: 5, warning: 2 };
    });
    world.register(two).await;
    world.register(instance("cf-d3", "10.95.0.3", "cfd", 5003, "critical")).await;
    world.register(instance("cf-d6", "2001:db8::6", "cfd6", 6006, "")).await;
    world.register(instance("cf-ext", "www.example.com", "cfdext", 80, "")).await;
    world.register(instance("cf-alias", "cf-d1.node.consul", "cfdalias", 80, "")).await;
    world.register(instance("dc1-s1", "127.0.0.1", "consul", 8300, "")).await;
    world.register(instance("not_a_label", "127.0.0.2", "consul", 8300, "")).await;
    let proxy = change(instance("cf-d1", "10.95.0.1", "cfd-proxy", 21001, ""), |node, service| {
        node.meta = [("role".to_owned(), "db".to_owned())].into();
        service.kind = api::catalog::CONNECT_PROXY.to_owned();
        service.proxy.destination_service_name = "cfd".to_owned();
    });
    world.register(proxy).await;
    world
}

#[tokio::test]
async fn names_are_answered_as_consul_does() {
    let world = world().await;
    use RecordType::{A, AAAA, ANY, CNAME, MX, NS, PTR, SOA, SRV, TXT};
    let rows = [
        ("cf-d2.node.consul.", A, "ok [A 10.95.0.2] 0 0"),
        ("cf-d2.node.dc1.consul.", A, "ok [A 10.95.0.2] 0 0"),
        ("cf-d1.node.consul.", TXT, "ok [TXT role=db] 0 0"),
        ("cf-d1.node.consul.", ANY, "ok [A 10.95.0.1, TXT role=db] 0 0"),
        ("cf-d1.node.consul.", A, "ok [A 10.95.0.1] 0 1"),
        ("cf-d2.node.consul.", AAAA, "ok [] 0 0"),
        ("cf-d2.node.consul.", SRV, "ok [] 0 0"),
        ("cf-d6.node.consul.", AAAA, "ok [AAAA 2001:db8::6] 0 0"),
        ("cf-ext.node.consul.", A, "ok [CNAME www.example.com.] 0 0"),
        ("cf-ext.node.consul.", CNAME, "ok [] 0 0"),
        ("cf-alias.node.consul.", A, "ok [A 10.95.0.1, CNAME cf-d1.node.consul.] 0 0"),
        ("cf-nobody.node.consul.", A, "absent [] 1 0"),
        ("node.consul.", A, "absent [] 1 0"),
        ("cfd.service.consul.", A, "ok [A 10.95.0.1, A 10.95.9.2] 0 0"),
        ("CFD.Service.Consul.", A, "ok [A 10.95.0.1, A 10.95.9.2] 0 0"),
        ("cfd.service.alt.example.", A, "ok [A 10.95.0.1, A 10.95.9.2] 0 0"),
        ("cfd.service.consul.", AAAA, "ok [] 1 0"),
        ("cfd.service.consul.", MX, "ok [] 1 0"),
        ("primary.cfd.service.consul.", A, "ok [A 10.95.0.1] 0 0"),
        ("v1.0.cfd.service.consul.", A, "ok [A 10.95.0.1] 0 0"),
        ("nope.cfd.service.consul.", A, "absent [] 1 0"),
        ("_cfd._primary.service.consul.", A, "ok [A 10.95.0.1] 0 0"),
        ("cfd6.service.consul.", A, "ok [] 1 0"),
        ("cfdext.service.consul.", A, "ok [CNAME www.example.com.] 0 0"),
        ("cfdext.service.consul.", SRV, "ok [SRV 1 1 80 www.example.com.] 0 0"),
        ("cfdalias.service.consul.", SRV, "ok [SRV 1 1 80 cf-d1.node.consul.] 0 1"),
        ("cfdalias.service.consul.", AAAA, "ok [A 10.95.0.1, CNAME cf-d1.node.consul.] 0 0"),
        ("cfnone.service.consul.", A, "absent [] 1 0"),
        ("cfd.connect.consul.", A, "ok [A 10.95.0.1] 0 0"),
        ("cfnone.connect.consul.", A, "absent [] 1 0"),
        ("cfd.ingress.consul.", A, "absent [] 1 0"),
        ("0a5f0001.addr.consul.", A, "ok [A 10.95.0.1] 0 0"),
        ("0a5f0001.addr.consul.", AAAA, "ok [A 10.95.0.1] 0 0"),
        ("0a5f00.addr.consul.", A, "ok [] 0 0"),
        ("0a0000g1.addr.consul.", A, "absent [] 1 0"),
        ("1.0.95.10.in-addr.arpa.", PTR, "ok [PTR cf-d1.node.dc1.consul.] 0 0"),
        ("2.9.95.10.in-addr.arpa.", PTR, "ok [PTR cfd.service.dc1.consul.] 0 0"),
        ("9.9.9.9.in-addr.arpa.", PTR, "failed [] 0 0"),
        ("consul.", NS, "ok [NS dc1-s1.node.dc1.consul.] 0 1"),
        ("cfd.service.consul.", NS, "ok [NS dc1-s1.node.dc1.consul.] 0 1"),
        ("consul.", A, "absent [] 1 0"),
        ("foo.bar.consul.", A, "absent [] 1 0"),
        ("cfd.service.nowhere.consul.", A, "absent [] 1 0"),
        ("cfd.service.dc3.consul.", A, "failed [] 0 0"),
        ("www.example.com.", A, "refused [] 0 0"),
        (".", NS, "refused [] 0 0"),
    ];
    // Twice: looked up, and from what is prepared.
    for (name, kind, expected) in rows.into_iter().chain(rows) {
        assert_eq!(world.say(name, kind).await, expected, "{name} {kind}");
    }
    let start = world.ask("consul.", SOA).await;
    assert_eq!((start.answers.len(), start.authorities.len(), start.additionals.len()), (1, 1, 1));
}

#[tokio::test]
async fn places_have_weights_targets_and_addresses() {
    let world = world().await;
    for name in ["cfd.service.consul.", "_cfd._tcp.service.consul.", "_cfd._tcp.consul.", "cfd.service.dc1.consul."] {
        let answer = world.ask(name, RecordType::SRV).await;
        let mut answers = datas(&answer.answers);
        answers.sort();
        assert_eq!(answers, ["1 2 5002 0a5f0902.addr.dc1.consul.", "1 7 5001 cf-d1.node.dc1.consul."], "{name}");
        let mut additional: Vec<_> = answer.additionals.iter().map(|record| format!("{} {}", record.name, record.data)).collect();
        additional.sort();
        assert_eq!(
            additional,
            ["0a5f0902.addr.dc1.consul. 10.95.9.2", "cf-d1.node.dc1.consul. 10.95.0.1", "cf-d1.node.dc1.consul. role=db"],
            "{name}"
        );
    }
    let other_domain = world.ask("primary.cfd.service.alt.example.", RecordType::SRV).await;
    assert_eq!(datas(&other_domain.answers), ["1 7 5001 cf-d1.node.dc1.alt.example."]);
    let proxy = world.ask("cfd.connect.consul.", RecordType::SRV).await;
    assert_eq!(datas(&proxy.answers), ["1 1 21001 cf-d1.node.dc1.consul."]);
}

#[tokio::test]
async fn flags_and_edns_are_as_they_should() {
    let world = world().await;
    let plain = world.ask("cfd.service.consul.", RecordType::A).await;
    assert!(plain.metadata.authoritative && plain.metadata.recursion_desired && !plain.metadata.recursion_available);
    assert!(plain.edns.is_none());
    let with_edns = world.ask_with("cfd.service.consul.", RecordType::A, Some(1232)).await;
    assert_eq!(with_edns.edns.map(|edns| edns.max_payload()), Some(1232));
    let refused = world.ask("www.example.com.", RecordType::A).await;
    assert!(!refused.metadata.authoritative);
    let unresolved = world.ask("9.9.9.9.in-addr.arpa.", RecordType::PTR).await;
    assert!(!unresolved.metadata.authoritative && unresolved.metadata.recursion_available);
    let mut status = question("cfd.service.consul.", RecordType::A, None).to_vec().unwrap();
    status[2] = 0x11;
    assert_eq!(world.raw(&status).await[2..], [0x91, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut unusual = question("cfd.service.consul.", RecordType::A, None);
    unusual.add_authority(plain.answers[0].clone());
    let answer = Message::from_vec(&world.raw(&unusual.to_vec().unwrap()).await).unwrap();
    assert_eq!((answer.metadata.response_code, answer.answers.len()), (ResponseCode::NoError, 2));
}

#[tokio::test]
async fn a_client_agent_tells_lost_datacenters_from_those_that_never_were() {
    let world = World::new().await;
    world.become_client();
    world.far.register(instance("foo", "10.0.2.1", "web", 80, ""));
    assert_eq!(world.say("web.service.dc2.consul.", RecordType::A).await, "ok [A 10.0.2.1] 0 0");
    assert_eq!(world.say("web.service.dc3.consul.", RecordType::A).await, "failed [] 0 0", "a resolver must not keep that there is none");
    assert_eq!(world.say("web.service.dc4.consul.", RecordType::A).await, "absent [] 1 0");
}

#[tokio::test]
async fn odd_labels_before_a_zone_are_answered_for_here() {
    let world = World::new().await;
    let labels: [&[u8]; 3] = [b"\xff\xfe", b"a.b", b"."];
    for (odd, zone) in labels.into_iter().flat_map(|odd| [(odd, "consul"), (odd, "example")]) {
        let mut asked = Message::query();
        let name = Name::from_labels([odd, b"service", zone.as_bytes()]).unwrap();
        asked.add_query(Query::query(name, RecordType::A));
        let answer = Message::from_vec(&world.raw(&asked.to_vec().unwrap()).await).unwrap();
        assert_eq!(show(&answer), if zone == "consul" { "absent [] 1 0" } else { "refused [] 0 0" }, "{odd:?} in {zone}");
    }
}
