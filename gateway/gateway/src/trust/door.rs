//! The member's side: strangers who ask to join.

use std::sync::Arc;

use api::federation::{CaSign, CaSigned};
use bytes::Bytes;
use ca::SpkiHash;
use ca::spiffe::DcName;
use ca::tls::JoinRole;
use link::Join;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Certifier;
use super::message::{Admitted, Hello, Outcome, Plea, Question, Refusal, Request, Welcome};
use super::secret::{Ends, Secret};
use crate::counters::count;

/// Answers strangers. The link bounds their number, their bytes and their time.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) certifier: Arc<Certifier>,
}

impl Door {
    /// Answers until `stop`.
    pub(crate) async fn run(self, mut joins: mpsc::Receiver<Join>, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        while let Some(Some(join)) = stop.run_until_cancelled(joins.recv()).await {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(self.clone().answer(join));
        }
    }

    async fn answer(self, join: Join) {
        let counters = &self.certifier.counters;
        let outcome = match self.judge(&join).await {
            Ok(outcome) => outcome,
            Err(text) => {
                count(&counters.joins_refused);
                tracing::warn!(peer = %join.peer.addr, reason = text, "join refused");
                Outcome::Refusal(Refusal { text })
            }
        };
        if let Outcome::Admitted(_) = outcome {
            count(&counters.joins_admitted);
        }
        if let Err(error) = join.reply.send(Bytes::new(), outcome.into_bytes()).await {
            tracing::debug!(peer = %join.peer.addr, %error, "a stranger did not take the answer");
        }
    }

    async fn judge(&self, join: &Join) -> Result<Outcome, String> {
        let key = join.peer.certs.first().and_then(|cert| SpkiHash::of_certificate(cert).ok());
        let key = key.ok_or("no node key was shown")?;
        match Request::question(join.request.clone())? {
            Question::Hello(hello) => self.welcome(&hello, key, join).map(Outcome::Welcome),
            Question::Plea(plea) => self.admit(plea, key, join).await.map(Outcome::Admitted),
        }
    }

    fn welcome(&self, hello: &Hello, key: SpkiHash, join: &Join) -> Result<Welcome, String> {
        let certifier = &self.certifier;
        let joiner_dc = datacenter(&hello.dc)?;
        let trust_domain = certifier.trust_domain().ok_or_else(|| not_yet(&certifier.dc))?;
        let ends = Ends { joiner_dc: &joiner_dc, member_dc: &certifier.dc, joiner_key: key };
        // Without a secret there is no proof: the asker may want no more than the name, and TLS proves that later.
        let proof = certifier.secret.prove(JoinRole::Member, &ends, &join.exporter).unwrap_or_default();
        let secret_id = certifier.secret.id().to_owned();
        Ok(Welcome { trust_domain, dc: certifier.dc.to_string(), proof: proof.into(), secret_id })
    }

    async fn admit(&self, plea: Plea, key: SpkiHash, join: &Join) -> Result<Admitted, String> {
        let certifier = &self.certifier;
        let joiner_dc = datacenter(&plea.dc)?;
        let ends = Ends { joiner_dc: &joiner_dc, member_dc: &certifier.dc, joiner_key: key };
        certifier.secret.suits(&plea.secret_id).map_err(seen_from_there)?;
        certifier.secret.check(JoinRole::Joiner, &ends, &join.exporter, &plea.proof).map_err(seen_from_there)?;
        if plea.member_dc != certifier.dc.as_str() {
            return Err(format!("this is datacenter {}, not {:?}", certifier.dc, plea.member_dc.chars().take(64).collect::<String>()));
        }
        if joiner_dc == certifier.dc || joiner_dc == certifier.primary {
            return Err(format!("datacenter {joiner_dc} is there already: another one cannot join under its name"));
        }
        certifier.trust_domain().ok_or_else(|| not_yet(&certifier.dc))?;
        if let Secret::Open = certifier.secret {
            tracing::warn!(datacenter = %joiner_dc, peer = %join.peer.addr, "a datacenter joins without a secret, as -dev allows");
        }
        let signed = self.have_signed(plea.request, &joiner_dc).await?;
        let proof = certifier.secret.prove(JoinRole::Member, &ends, &join.exporter).map_err(seen_from_there)?;
        tracing::info!(datacenter = %joiner_dc, peer = %join.peer.addr, "a datacenter joins the federation");
        Ok(Admitted { signed: Some(signed), proof: proof.into() })
    }

    async fn have_signed(&self, request: Bytes, joiner_dc: &DcName) -> Result<CaSigned, String> {
        let sign = CaSign { request, role: CaSign::INTERMEDIATE.to_owned(), subject: joiner_dc.to_string() };
        let signed = self.certifier.relay.ask(sign, Some(self.certifier.primary.as_str())).await;
        signed.map_err(|error| format!("the primary datacenter {} did not sign: {error}", self.certifier.primary))
    }
}

fn datacenter(name: &str) -> Result<DcName, String> {
    name.parse().map_err(|error: ca::spiffe::InvalidName| error.to_string())
}

fn not_yet(dc: &DcName) -> String {
    format!("the gateway of {dc} has no certificate yet; try again in a moment")
}

/// A refusal is read at the other end, where "this" and "the other side" change places.
fn seen_from_there(error: super::secret::SecretError) -> String {
    use super::secret::SecretError;
    match error {
        SecretError::Missing => {
            "the gateway asked has no gossip key (`encrypt`), and joining datacenters needs one on both sides".to_owned()
        }
        SecretError::Unproven => SecretError::Required.to_string(),
        SecretError::Required => SecretError::Unproven.to_string(),
        SecretError::Another => "the gateway asked has another gossip key (`encrypt`)".to_owned(),
    }
}
