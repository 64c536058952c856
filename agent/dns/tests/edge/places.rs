//! Places of instances that are not reached by their nodes' own addresses. What is expected is what Consul 1.8.7 answered.

use crate::world::{World, change, config, datas, instance};
use api::catalog::{Register, ServiceAddress};
use edge_dns::DnsConfig;
use hickory_proto::op::Message;
use hickory_proto::rr::RecordType;

/// An instance on a node that has metadata.
fn placed(node: &str, at: &str, port: i32, own: &str) -> Register {
    change(instance(node, at, "w", port, ""), |row, service| {
        row.meta = [("of".to_owned(), node.to_owned())].into();
        service.id = format!("w{port}");
        service.address = own.to_owned();
    })
}

fn additional(answer: &Message) -> Vec<String> {
    let mut additional: Vec<_> = answer.additionals.iter().map(|record| format!("{} {}", record.name, record.data)).collect();
    additional.sort();
    additional
}

#[tokio::test]
async fn metadata_of_nodes_that_are_not_targets_comes_besides() {
    let world = World::new().await;
    world.register(placed("foo", "10.0.0.1", 80, "10.0.0.9")).await;
    world.register(placed("foo", "10.0.0.1", 81, "10.0.0.8")).await;
    world.register(placed("bar", "10.0.0.2", 82, "")).await;
    let three = world.ask("w.service.consul.", RecordType::SRV).await;
    let expected = [
        "0a000008.addr.dc1.consul. 10.0.0.8",
        "0a000009.addr.dc1.consul. 10.0.0.9",
        "bar.node.dc1.consul. 10.0.0.2",
        "bar.node.dc1.consul. of=bar",
        "foo.node.dc1.consul. of=foo",
    ];
    assert_eq!(additional(&three), expected);
    let silent = world.beside(DnsConfig { node_meta_txt: false, ..config() });
    let without = world.ask_at(silent, "w.service.consul.", RecordType::SRV, None).await;
    assert_eq!(additional(&without), &expected[..3]);
    world.register(placed("elsewhere", "10.0.0.3", 83, "some.host.org")).await;
    let four = world.ask_with("w.service.consul.", RecordType::SRV, Some(1232)).await;
    assert_eq!(
        additional(&four)[3..],
        ["bar.node.dc1.consul. of=bar", "elsewhere.node.dc1.consul. of=elsewhere", "foo.node.dc1.consul. of=foo"]
    );
}

#[tokio::test]
async fn those_of_another_datacenter_go_by_their_wan_addresses() {
    let world = World::new().await;
    let translating = world.beside(DnsConfig { translate_wan_addrs: true, ..config() });
    // Node and instance: its own address, its tagged one, its tagged port.
    let tagged = |port: i32, own: &str, wan: Option<(&str, i32)>| {
        change(placed("foo", "10.0.0.1", port, own), |row, service| {
            row.tagged_addresses = [("wan".to_owned(), "192.0.2.1".to_owned())].into();
            let place = |(address, port): (&str, i32)| ("wan".to_owned(), ServiceAddress { address: address.to_owned(), port });
            service.tagged_addresses = wan.map(place).into_iter().collect();
        })
    };
    let rows = [
        tagged(80, "10.0.0.9", Some(("192.0.2.9", 8080))),
        tagged(81, "", None),
        tagged(82, "10.0.0.8", Some(("192.0.2.8", 0))),
        tagged(85, "10.0.0.5", Some(("", 86))),
    ];
    for row in rows {
        world.register(row.clone()).await;
        world.far.register(change(row, |node, _| node.datacenter = "dc2".to_owned()));
    }
    let own = [
        "1 1 80 0a000009.addr.dc1.consul.",
        "1 1 81 foo.node.dc1.consul.",
        "1 1 82 0a000008.addr.dc1.consul.",
        "1 1 85 0a000005.addr.dc1.consul.",
    ];
    let wan = [
        "1 1 8080 c0000209.addr.dc2.consul.",
        "1 1 81 c0000201.addr.dc2.consul.",
        "1 1 82 c0000208.addr.dc2.consul.",
        "1 1 86 c0000201.addr.dc2.consul.",
    ];
    let untranslated = own.map(|place| place.replace("dc1", "dc2"));
    let rows = [
        (translating, "w.service.consul.", own.map(str::to_owned)),
        (translating, "w.service.dc2.consul.", wan.map(str::to_owned)),
        (world.addr, "w.service.dc2.consul.", untranslated),
    ];
    for (addr, name, expected) in rows {
        let mut places = datas(&world.ask_at(addr, name, RecordType::SRV, Some(1232)).await.answers);
        places.sort();
        assert_eq!(places, expected, "{name}");
    }
    for (name, expected) in [("foo.node.consul.", "10.0.0.1"), ("foo.node.dc2.consul.", "192.0.2.1")] {
        assert_eq!(datas(&world.ask_at(translating, name, RecordType::A, None).await.answers), [expected], "{name}");
    }
}
