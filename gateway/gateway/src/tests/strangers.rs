use api::{Call, Code, federation};
use wire::{CallError, CallsClient, Connector};

use super::calls::pair;
use super::world::Dc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn internal_operations_stay_within_their_datacenter() {
    let (dc1, _dc2) = pair().await;
    let sign = |role: &str| federation::CaSign { role: role.to_owned(), subject: "gw9".to_owned(), ..federation::CaSign::default() };
    let abroad = |op: api::Op| Call { dc: Some("dc2".into()), ..Call::new(op) };
    let error = dc1.call(abroad(sign("gateway").into())).await.err().unwrap();
    assert_eq!(error.kind(), Code::Denied);
    assert!(error.text.contains("ca.sign is not for other datacenters"), "{error}");
    let error = dc1.call(abroad(federation::CaInstall::default().into())).await.err().unwrap();
    assert_eq!(error.kind(), Code::Denied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_gossip_does_not_know_is_not_served() {
    let dc1 = Dc::primary().await;
    let other = Dc::bare("dc1", None).await;
    let gateway = dc1.gateways[0].handle.rpc_addr();
    let client = CallsClient::connect(Connector::new(gateway, other.server.trust.towards_gateways()));
    let (head, body) = Call::new(federation::CaRead {}).encode();
    let error = client.call(head, body, super::world::LONG).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)), "{error}");
}
