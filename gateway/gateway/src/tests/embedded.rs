use super::calls::{get, who};
use super::world::{Dc, Running};
use crate::{Embedded, Gateway};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_has_its_gateway_within() {
    let dc1 = Dc::primary().await;
    let mut dc2 = Dc::bare("dc2", Some(super::world::key(1))).await;
    let mut settings = dc2.settings("s1");
    settings.bind = dc2.server.lan.advertised().ip();
    settings.retry_join_wan = vec![dc1.gateways[0].handle.wan_addr().to_string()];
    let parts = Embedded { lan: dc2.server.lan.clone(), trust: dc2.server.trust.clone(), identity: dc2.server.identity.clone() };
    dc2.gateways.push(Running::start_as(settings, move |settings| Gateway::embed(settings, parts)).await);
    dc2.gateways[0].certified().await;
    dc1.gateways[0].reaches("dc2").await;
    dc2.gateways[0].reaches("dc1").await;
    assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
    let gateway = dc2.gateways[0].handle.rpc_addr();
    assert_eq!(who(dc2.server.call_through(gateway, get("dc1")).await), "s1.dc1");
}
