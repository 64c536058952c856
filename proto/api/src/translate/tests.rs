//! What Consul 1.8.7 told a datacenter `east` of the nodes and instances of `west`, and of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{answer, instance_place, node_address};
use crate::catalog::{self, NodeRow, ServiceAddress, ServiceRow};
use crate::{Answer, Encoded, Meta, Reply, health, query};

fn node(datacenter: &str, wan: Option<&str>) -> NodeRow {
    let tagged_addresses = wan.map(|wan| ("wan".to_owned(), wan.to_owned())).into_iter().collect();
    NodeRow { node: "foo".into(), address: "10.0.0.1".into(), datacenter: datacenter.into(), tagged_addresses, ..NodeRow::default() }
}

fn service(address: &str, wan: Option<(&str, i32)>) -> ServiceRow {
    let place = |(address, port): (&str, i32)| ("wan".to_owned(), ServiceAddress { address: address.into(), port });
    ServiceRow { address: address.into(), port: 80, tagged_addresses: wan.map(place).into_iter().collect(), ..ServiceRow::default() }
}

#[test]
fn a_node_elsewhere_has_its_tagged_address() {
    let rows = [
        ("west", Some("192.0.2.1"), "192.0.2.1"),
        ("west", Some(""), "10.0.0.1"),
        ("west", None, "10.0.0.1"),
        ("east", Some("192.0.2.1"), "10.0.0.1"),
    ];
    for (datacenter, wan, told) in rows {
        assert_eq!(node_address(&node(datacenter, wan), "east"), told, "{datacenter} {wan:?}");
    }
}

#[test]
fn an_instance_elsewhere_has_its_tagged_address_and_port() {
    let rows = [
        ("west", "10.0.0.9", Some(("192.0.2.9", 8080)), ("192.0.2.9", 8080)),
        ("west", "10.0.0.9", Some(("192.0.2.9", 0)), ("192.0.2.9", 80)),
        ("west", "", Some(("192.0.2.9", 84)), ("192.0.2.9", 84)),
        ("west", "10.0.0.9", Some(("", 86)), ("", 86)),
        ("west", "10.0.0.9", None, ("10.0.0.9", 80)),
        ("west", "", None, ("", 80)),
        ("east", "10.0.0.9", Some(("192.0.2.9", 8080)), ("10.0.0.9", 80)),
    ];
    for (datacenter, own, wan, told) in rows {
        assert_eq!(instance_place(&service(own, wan), &node(datacenter, None), "east"), told, "{datacenter} {own:?} {wan:?}");
    }
}

/// Every reply that has nodes or instances, with one of each.
fn replies(datacenter: &str) -> [Reply; 5] {
    let (node, service) = (node(datacenter, Some("192.0.2.1")), service("10.0.0.9", Some(("192.0.2.9", 8080))));
    let instance = health::Instance { node: node.clone(), service: service.clone(), checks: Vec::new() };
    let flat = catalog::Instance { node: node.clone(), service: service.clone() };
    [
        Reply::CatalogNodes(catalog::NodeList { nodes: vec![node.clone()] }),
        Reply::CatalogNode(catalog::NodeServices { node: Some(node), services: vec![service], as_list: false }),
        Reply::CatalogService(catalog::Instances { instances: vec![flat] }),
        Reply::HealthService(health::Instances { instances: vec![instance.clone()] }),
        Reply::QueryExecute(query::Executed { instances: vec![instance], ..query::Executed::default() }),
    ]
}

/// The addresses and ports in a reply: of the node, then of its instance.
fn told(reply: &Reply) -> (String, Option<(String, i32)>) {
    let (node, service) = match reply {
        Reply::CatalogNodes(list) => (&list.nodes[0], None),
        Reply::CatalogNode(found) => (found.node.as_ref().unwrap(), Some(&found.services[0])),
        Reply::CatalogService(list) => (&list.instances[0].node, Some(&list.instances[0].service)),
        Reply::HealthService(list) => (&list.instances[0].node, Some(&list.instances[0].service)),
        Reply::QueryExecute(executed) => (&executed.instances[0].node, Some(&executed.instances[0].service)),
        other => panic!("{other:?}"),
    };
    (node.address.clone(), service.map(|service| (service.address.clone(), service.port)))
}

#[test]
fn answers_about_another_datacenter_are_translated() {
    for reply in replies("west") {
        let given = Answer { reply: Encoded::new(reply), meta: Meta { index: 7, ..Meta::default() } };
        let translated = answer(given.clone(), "east");
        let (address, place) = told(translated.reply.reply().unwrap());
        assert_eq!(address, "192.0.2.1");
        assert!(place.is_none_or(|place| place == ("192.0.2.9".to_owned(), 8080)));
        assert_eq!(translated.meta, given.meta);
        assert_eq!(told(given.reply.reply().unwrap()).0, "10.0.0.1", "others share the answer");
    }
}

#[test]
fn answers_about_the_own_datacenter_stay_the_shared_ones() {
    for reply in replies("east") {
        let given = Answer { reply: Encoded::new(reply), meta: Meta::default() };
        assert!(answer(given.clone(), "east").reply.is(&given.reply));
    }
}
