//! Looking up is the oracle of what is prepared: an edge that keeps nothing answers the same, whatever is registered in between.

use crate::world::{World, change, config, instance, show};
use edge_dns::DnsConfig;
use hickory_proto::rr::RecordType::{self, A, AAAA, ANY, NS, PTR, SOA, SRV, TXT};

const NAMES: [&str; 14] = [
    "n0.node.consul.",
    "N1.Node.consul.",
    "web.service.consul.",
    "v1.web.service.consul.",
    "_web._tcp.service.consul.",
    "db.service.dc1.consul.",
    "db.connect.consul.",
    "web.service.alt.example.",
    "consul.",
    "1.0.0.10.in-addr.arpa.",
    "2.0.0.10.in-addr.arpa.",
    "nobody.service.consul.",
    "db.virtual.consul.",
    "Web.Virtual.Consul.",
];
const KINDS: [RecordType; 8] = [A, AAAA, ANY, NS, PTR, SOA, SRV, TXT];
const STATUSES: [&str; 4] = ["", "passing", "warning", "critical"];
const ADDRESSES: [&str; 4] = ["", "10.0.0.2", "n0.node.consul", "2001:db8::1"];

/// Numbers below what is asked for, from a seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }
}

#[tokio::test]
async fn what_is_prepared_is_what_would_be_looked_up() {
    for seed in 0..4 {
        let world = World::new().await;
        let oracle = world.beside(DnsConfig { max_stale: None, ..config() });
        let mut choices = Choices(seed);
        for step in 0..1000 {
            // As many as there are name servers in an answer: of more, each would choose others.
            let node = format!("n{}", choices.below(3));
            match choices.below(40) {
                0 => world.deregister(&node).await,
                3 => world.start_virtual_ips().await,
                1 | 2 => {
                    let address = format!("10.0.0.{}", choices.below(3));
                    let (service, status) = (["web", "db", "consul"][choices.below(3)], STATUSES[choices.below(4)]);
                    let row = change(instance(&node, &address, service, 80, status), |_, row| {
                        row.tags = vec![format!("v{}", choices.below(2))];
                        ADDRESSES[choices.below(4)].clone_into(&mut row.address);
                        row.connect.native = choices.below(2) == 0;
                    });
                    world.register(row).await;
                }
                _ => {}
            }
            let (name, kind) = (NAMES[choices.below(14)], KINDS[choices.below(8)]);
            let prepared = show(&world.ask_with(name, kind, Some(4096)).await);
            let looked_up = show(&world.ask_at(oracle, name, kind, Some(4096)).await);
            assert_eq!(prepared, looked_up, "seed {seed}, step {step}: {name} {kind}");
        }
        assert!(world.counters.prepared.load(std::sync::atomic::Ordering::Relaxed) > 50, "hardly anything was prepared");
    }
}
