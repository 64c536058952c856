//! Names of the mesh that Consul 1.8.7 does not know: what is expected is as newer ones document it.

use crate::world::{World, change, instance};
use api::catalog::{CONNECT_PROXY, Register};
use hickory_proto::rr::RecordType::{A, AAAA, ANY, SRV, TXT};

fn proxied(node: &str, service: &str) -> Register {
    change(instance(node, "10.0.0.1", &format!("{service}-proxy"), 21000, ""), |_, row| {
        row.kind = CONNECT_PROXY.to_owned();
        row.proxy.destination_service_name = service.to_owned();
    })
}

#[tokio::test]
async fn a_service_of_the_mesh_has_an_address_of_its_own() {
    let world = World::new().await;
    world.start_virtual_ips().await;
    world.register(proxied("n1", "web")).await;
    world.register(instance("n1", "10.0.0.1", "plain", 80, "")).await;
    world.far.start_virtual_ips();
    world.far.register(proxied("f1", "other"));
    world.far.register(proxied("f1", "api"));
    let rows = [
        ("web.virtual.consul.", A, "ok [A 240.0.0.1] 0 0"),
        ("WEB.Virtual.DC1.consul.", ANY, "ok [A 240.0.0.1] 0 0"),
        ("web.virtual.dc1.dc.alt.example.", A, "ok [A 240.0.0.1] 0 0"),
        ("web.virtual.consul.", AAAA, "ok [] 1 0"),
        ("web.virtual.consul.", SRV, "ok [] 1 0"),
        ("web.virtual.consul.", TXT, "ok [] 1 0"),
        ("plain.virtual.consul.", A, "absent [] 1 0"),
        ("nobody.virtual.consul.", A, "absent [] 1 0"),
        ("virtual.consul.", A, "absent [] 1 0"),
        ("web.virtual.east.peer.consul.", A, "absent [] 1 0"),
        ("web.virtual.nowhere.consul.", A, "absent [] 1 0"),
        ("api.virtual.dc2.consul.", A, "ok [A 240.0.0.2] 0 0"),
        ("web.virtual.dc2.consul.", A, "absent [] 1 0"),
        ("web.virtual.dc3.consul.", A, "failed [] 0 0"),
    ];
    // Twice: looked up, and from what is prepared.
    for (name, kind, expected) in rows.into_iter().chain(rows) {
        assert_eq!(world.say(name, kind).await, expected, "{name} {kind}");
    }
    let answer = world.ask("web.virtual.consul.", A).await;
    assert_eq!(answer.answers[0].ttl, 0, "another service may have it soon");
}

#[tokio::test]
async fn its_address_goes_with_it() {
    let world = World::new().await;
    world.register(proxied("n1", "web")).await;
    assert_eq!(world.say("web.virtual.consul.", A).await, "absent [] 1 0", "none are given yet");
    world.start_virtual_ips().await;
    assert_eq!(world.say("web.virtual.consul.", A).await, "ok [A 240.0.0.1] 0 0");
    world.deregister("n1").await;
    assert_eq!(world.say("web.virtual.consul.", A).await, "absent [] 1 0");
    world.register(proxied("n2", "db")).await;
    assert_eq!(world.say("db.virtual.consul.", A).await, "ok [A 240.0.0.1] 0 0");
}

#[tokio::test]
async fn nothing_is_let_in_without_a_gateway() {
    let world = World::new().await;
    world.register(proxied("n1", "web")).await;
    for kind in [A, AAAA, SRV, ANY, TXT] {
        assert_eq!(world.say("web.ingress.consul.", kind).await, "absent [] 1 0", "{kind}");
    }
    assert_eq!(world.say("web.ingress.dc2.consul.", A).await, "absent [] 1 0");
}
