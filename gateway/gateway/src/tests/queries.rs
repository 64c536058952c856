use std::time::{Duration, Instant};

use api::query::{Executed, Failover, Fallback, ServiceQuery};
use api::{Call, Operation as _};

use super::calls::pair;
use super::world::{Dc, eventually};

/// Where else to look, and what is found: the datacenter, how many were asked, how many instances.
async fn found(from: &Dc, failover: Fallback) -> (String, u32, usize) {
    let service = ServiceQuery { service: "web".into(), failover, ..ServiceQuery::default() };
    let answer = from.call(Call::new(Failover { service, limit: 0 })).await.unwrap();
    let Executed { datacenter, failovers, instances, .. } = Failover::take(answer.reply.reply().unwrap().clone()).unwrap();
    (datacenter, failovers, instances.len())
}

fn named(datacenters: &[&str]) -> Fallback {
    Fallback { datacenters: datacenters.iter().map(|dc| (*dc).to_owned()).collect(), ..Fallback::default() }
}

fn has(dc: &Dc, instances: Option<usize>) {
    *dc.server.desk.instances.lock() = instances;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_datacenter_after_the_other_until_one_has_an_instance() {
    let (dc1, dc2) = pair().await;
    let dc3 = Dc::secondary("dc3", dc1.gateways[0].handle.wan_addr()).await;
    dc1.gateways[0].reaches("dc3").await;

    assert_eq!(found(&dc1, named(&[])).await, ("dc1".into(), 0, 0), "nobody was asked");
    assert_eq!(found(&dc1, named(&["nowhere", "dc2", "dc3"])).await, ("dc3".into(), 2, 0), "who is unknown is not counted");
    has(&dc3, Some(3));
    assert_eq!(found(&dc1, named(&["dc2", "dc3", "dc2"])).await, ("dc3".into(), 2, 3));
    assert_eq!(found(&dc1, named(&["dc3", "dc2"])).await, ("dc3".into(), 1, 3));
    let nearest = Fallback { nearest_n: 2, ..Fallback::default() };
    assert_eq!(found(&dc1, nearest).await.2, 3, "whichever is nearer");
    let seen = dc3.server.desk.last.lock().clone().unwrap();
    assert_eq!((seen.op.name(), seen.via), ("query.serve", vec!["dc1".into()]));

    // Who does not answer does not take the time of those behind him.
    has(&dc2, None);
    let began = Instant::now();
    assert_eq!(found(&dc1, named(&["dc2", "dc3"])).await, ("dc3".into(), 2, 3));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    // Who has left is not waited for at all.
    let Dc { gateways, .. } = dc2;
    for gateway in gateways {
        gateway.handle.leave(Duration::from_secs(5)).await;
        gateway.stop().await;
    }
    let withdrawn = || dc1.gateways[0].handle.view().datacenters.iter().all(|it| it.dc != "dc2" || !it.ruled_out.is_empty());
    eventually("dc2 is withdrawn", withdrawn).await;
    let began = Instant::now();
    assert_eq!(found(&dc1, named(&["dc2", "dc3"])).await, ("dc3".into(), 1, 3));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}
