//! A stranger who says what no gateway of ours would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use ca::issue::{CaName, PrivateKey};
use ca::spiffe::DcName;
use ca::tls::{JoinRole, WAN_SERVER_NAME};
use link::{Exporter, Link, LinkConfig, Peer};
use node::Trust;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::message::{Answer, Hello, Outcome, Plea, Question};
use super::secret::{Ends, Secret};
use super::tls::LinkTls;
use crate::tests::world::{Dc, LONG, TRUST_DOMAIN, fresh_ip, key};

/// A link of its own, and a node key.
struct Stranger {
    link: link::Handle,
    tls: Arc<LinkTls>,
    key: PrivateKey,
    _stop: DropGuard,
}

impl Stranger {
    async fn new() -> Self {
        let key = PrivateKey::generate().unwrap();
        let trust = Trust::begin(&key, "dc2", "consul").unwrap();
        let tls = Arc::new(LinkTls::new(&trust, Arc::clone(&trust.keys)));
        let (link, _) = Link::bind(LinkConfig::new(SocketAddr::new(fresh_ip(), 0), tls.clone())).await.unwrap();
        let (handle, stop) = (link.handle(), CancellationToken::new());
        tokio::spawn(link.run(stop.clone()));
        Self { link: handle, tls, key, _stop: stop.drop_guard() }
    }

    async fn say(&self, to: SocketAddr, what: impl FnOnce(&Exporter) -> Bytes) -> Outcome {
        let (peer, tls) = (Peer::new(to, WAN_SERVER_NAME), self.tls.stranger().unwrap());
        let (answer, _) = self.link.join_call(&peer, &tls, what, LONG).await.unwrap();
        Answer::outcome(answer).unwrap()
    }

    /// The refusal that `plea` meets.
    async fn refusal(&self, to: SocketAddr, plea: impl FnOnce(&Exporter) -> Plea) -> String {
        match self.say(to, |exporter| Question::Plea(plea(exporter)).into_bytes()).await {
            Outcome::Refusal(refusal) => refusal.text,
            other => panic!("let in: {other:?}"),
        }
    }

    /// A plea for `dc`, as it should be.
    fn plea(&self, exporter: &Exporter, dc: &str) -> Plea {
        let secret = Secret::new(Some(&key(1)), false).unwrap();
        let (joiner_dc, member_dc): (DcName, DcName) = (dc.parse().unwrap(), "dc1".parse().unwrap());
        let ends = Ends { joiner_dc: &joiner_dc, member_dc: &member_dc, joiner_key: self.key.spki_hash() };
        let name = CaName { trust_domain: TRUST_DOMAIN.parse().unwrap(), dc: joiner_dc.clone() };
        Plea {
            dc: dc.to_owned(),
            member_dc: "dc1".to_owned(),
            request: PrivateKey::generate().unwrap().intermediate_csr(&name).unwrap().into(),
            proof: secret.prove(JoinRole::Joiner, &ends, exporter).unwrap().into(),
            secret_id: secret.id().to_owned(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_proof_of_this_session_and_these_names_lets_in() {
    let (dc1, stranger) = (Dc::primary().await, Stranger::new().await);
    let door = dc1.gateways[0].handle.wan_addr();
    let mut recorded = None;
    let admitted = |exporter: &Exporter| {
        let plea = stranger.plea(exporter, "dc2");
        recorded = Some(plea.clone());
        Question::Plea(plea).into_bytes()
    };
    assert!(matches!(stranger.say(door, admitted).await, Outcome::Admitted(_)));
    assert_eq!(dc1.leader.signed_for("dc2"), 1);

    let replayed = recorded.unwrap();
    let another = "another gossip key";
    assert!(stranger.refusal(door, |_| replayed).await.contains(another), "a recorded proof is of another session");
    let renamed = stranger.refusal(door, |exporter| Plea { dc: "dc3".into(), ..stranger.plea(exporter, "dc2") }).await;
    assert!(renamed.contains(another), "a proof for another name: {renamed}");
    let unproven = stranger.refusal(door, |exporter| Plea { proof: Bytes::new(), ..stranger.plea(exporter, "dc3") }).await;
    assert!(unproven.contains("requires a gossip key"), "{unproven}");
    let taken = stranger.refusal(door, |exporter| stranger.plea(exporter, "dc1")).await;
    assert!(taken.contains("there already"), "{taken}");
    let unsigned = stranger.refusal(door, |exporter| Plea { request: Bytes::new(), ..stranger.plea(exporter, "dc3") }).await;
    assert!(unsigned.contains("did not sign"), "{unsigned}");
    assert_eq!(dc1.gateways[0].handle.counters().joins_refused, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_answered_with_a_reason() {
    let (dc1, stranger) = (Dc::primary().await, Stranger::new().await);
    let door = dc1.gateways[0].handle.wan_addr();
    for nonsense in [&b"\xff\xff\xff"[..], b"", &[0; 4000]] {
        assert!(matches!(stranger.say(door, |_| Bytes::from_static(nonsense)).await, Outcome::Refusal(_)));
    }
    let unnamed = stranger.say(door, |_| Question::Hello(Hello { dc: "DC two".into() }).into_bytes()).await;
    assert!(matches!(unnamed, Outcome::Refusal(refusal) if refusal.text.contains("DC two")));
    let asked = stranger.say(door, |_| Question::Hello(Hello { dc: "dc2".into() }).into_bytes()).await;
    assert!(matches!(asked, Outcome::Welcome(welcome) if welcome.dc == "dc1" && welcome.trust_domain == TRUST_DOMAIN));
}
