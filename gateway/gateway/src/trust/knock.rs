//! The joiner's side: a secondary datacenter without an intermediate asks a gateway of the federation for one.

use std::net::SocketAddr;
use std::time::Duration;

use api::federation::{CaInstall, CaRequest, CaSign, CaSigned};
use bytes::Bytes;
use ca::spiffe::DcName;
use ca::tls::{JoinRole, WAN_SERVER_NAME};
use link::{LinkError, Peer};

use super::Certifier;
use super::message::{Answer, Hello, Outcome, Plea, Question};
use super::secret::{Ends, Secret, SecretError};
use crate::counters::count;
use crate::wan::resolve;

/// For one call as a stranger: the primary's leader may have to be asked.
const WITHIN: Duration = Duration::from_secs(15);

/// Why the federation was not joined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KnockError {
    /// Nobody to ask.
    #[error("datacenter {0} has no intermediate certificate, and retry_join_wan names nobody to ask for one")]
    Nobody(DcName),
    /// This gateway may not ask.
    #[error("join refused: {0}")]
    Ourselves(SecretError),
    /// The other side failed to prove that it may be joined.
    #[error("join with {addr} refused: {why}")]
    Them {
        /// Whom we asked.
        addr: SocketAddr,
        /// What is missing.
        why: SecretError,
    },
    /// The other side refused.
    #[error("join refused by {addr}: {text}")]
    Refused {
        /// Whom we asked.
        addr: SocketAddr,
        /// What it said.
        text: String,
    },
    /// The other side answered nonsense.
    #[error("join with {addr}: {why}")]
    Malformed {
        /// Whom we asked.
        addr: SocketAddr,
        /// What is wrong.
        why: String,
    },
    /// There was no answer.
    #[error("join: {0}")]
    Link(#[from] LinkError),
    /// An address that stands for nothing.
    #[error("join: {0}")]
    Address(String),
    /// Our own leader did not do its part.
    #[error("{what}: {error}")]
    Leader {
        /// What it was asked for.
        what: &'static str,
        /// What it said.
        error: api::Error,
    },
    /// No TLS configuration; not expected.
    #[error("join: {0}")]
    Tls(#[from] rustls::Error),
}

/// Where we knocked.
pub(super) struct Greeted {
    pub(super) dc: DcName,
    trust_domain: String,
    secret_id: String,
    proof: Bytes,
    exporter: link::Exporter,
}

impl Certifier {
    /// Has the datacenter's intermediate signed and installed, through whichever of `retry_join_wan` lets us in.
    pub(super) async fn knock(&self) -> Result<(), KnockError> {
        if let Secret::Missing = self.secret {
            return Err(KnockError::Ourselves(SecretError::Missing));
        }
        let mut last = KnockError::Nobody(self.dc.clone());
        for text in &self.retry_join_wan {
            let addrs = match resolve(text).await {
                Ok(addrs) => addrs,
                Err(error) => {
                    last = KnockError::Address(error);
                    continue;
                }
            };
            for addr in addrs {
                match self.knock_at(addr).await {
                    Ok(()) => return Ok(()),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }

    async fn knock_at(&self, addr: SocketAddr) -> Result<(), KnockError> {
        let greeted = self.greet(addr).await?;
        if greeted.dc == self.dc {
            let text = format!("it is a gateway of {} as we are, and has no certificate to give", self.dc);
            return Err(KnockError::Refused { addr, text });
        }
        self.believe(&greeted).map_err(|why| KnockError::Them { addr, why })?;
        let request = self.intermediate_request(&greeted.trust_domain).await?;
        if request.is_empty() {
            // Another gateway of ours was faster.
            return Ok(());
        }
        let signed = self.plead(addr, &greeted.dc, request).await?;
        self.give_leader(signed).await
    }

    /// Asks who is there. Nothing of the answer is believed yet.
    pub(super) async fn greet(&self, addr: SocketAddr) -> Result<Greeted, KnockError> {
        let hello = Hello { dc: self.dc.to_string() };
        let (outcome, exporter) = self.call(addr, |_| Ok(Question::Hello(hello))).await?;
        let Outcome::Welcome(welcome) = outcome else {
            return Err(KnockError::Malformed { addr, why: "no welcome".to_owned() });
        };
        let malformed = |error: ca::spiffe::InvalidName| KnockError::Malformed { addr, why: error.to_string() };
        let dc: DcName = welcome.dc.parse().map_err(malformed)?;
        Ok(Greeted { dc, trust_domain: welcome.trust_domain, secret_id: welcome.secret_id, proof: welcome.proof, exporter })
    }

    /// Whether it has proved that it holds our secret.
    fn believe(&self, greeted: &Greeted) -> Result<(), SecretError> {
        self.secret.suits(&greeted.secret_id)?;
        self.secret.check(JoinRole::Member, &self.ends(&greeted.dc), &greeted.exporter, &greeted.proof)
    }

    async fn plead(&self, addr: SocketAddr, member_dc: &DcName, request: Bytes) -> Result<CaSigned, KnockError> {
        let (outcome, exporter) = self
            .call(addr, |exporter| {
                let proof = self.secret.prove(JoinRole::Joiner, &self.ends(member_dc), exporter)?;
                Ok(Question::Plea(Plea {
                    dc: self.dc.to_string(),
                    member_dc: member_dc.to_string(),
                    request,
                    proof: proof.into(),
                    secret_id: self.secret.id().to_owned(),
                }))
            })
            .await?;
        let Outcome::Admitted(admitted) = outcome else {
            return Err(KnockError::Malformed { addr, why: "not the answer to a request".to_owned() });
        };
        let checked = self.secret.check(JoinRole::Member, &self.ends(member_dc), &exporter, &admitted.proof);
        checked.map_err(|why| KnockError::Them { addr, why })?;
        admitted.signed.ok_or_else(|| KnockError::Malformed { addr, why: "no certificate in the answer".to_owned() })
    }

    /// One call as a stranger; a refusal is an error.
    async fn call(
        &self,
        addr: SocketAddr,
        question: impl FnOnce(&link::Exporter) -> Result<Question, SecretError>,
    ) -> Result<(Outcome, link::Exporter), KnockError> {
        count(&self.counters.joins_asked);
        let tls = self.tls.stranger()?;
        let peer = Peer::new(addr, WAN_SERVER_NAME);
        let mut refused = None;
        let request = |exporter: &link::Exporter| match question(exporter) {
            Ok(question) => question.into_bytes(),
            Err(error) => {
                refused = Some(error);
                Bytes::new()
            }
        };
        let answer = self.link.join_call(&peer, &tls, request, WITHIN).await;
        if let Some(error) = refused {
            return Err(KnockError::Ourselves(error));
        }
        let (answer, exporter) = answer?;
        match Answer::outcome(answer) {
            Ok(Outcome::Refusal(refusal)) => Err(KnockError::Refused { addr, text: refusal.text.chars().take(500).collect() }),
            Ok(outcome) => Ok((outcome, exporter)),
            Err(why) => Err(KnockError::Malformed { addr, why: why.to_owned() }),
        }
    }

    fn ends<'a>(&'a self, member_dc: &'a DcName) -> Ends<'a> {
        Ends { joiner_dc: &self.dc, member_dc, joiner_key: self.identity.key.spki_hash() }
    }

    /// If our leader says that it is time, has the intermediate signed anew over the links that we have.
    pub(super) async fn renew_intermediate(&self) -> Result<(), KnockError> {
        let Some(trust_domain) = self.trust_domain() else { return Ok(()) };
        let request = self.intermediate_request(&trust_domain).await?;
        if request.is_empty() {
            return Ok(());
        }
        let sign = CaSign { request, role: CaSign::INTERMEDIATE.to_owned(), subject: self.dc.to_string() };
        let signed = self.relay.ask(sign, Some(self.primary.as_str())).await;
        let signed = signed.map_err(|error| KnockError::Leader { what: "asking the primary to sign the intermediate", error })?;
        self.give_leader(signed).await
    }

    async fn intermediate_request(&self, trust_domain: &str) -> Result<Bytes, KnockError> {
        let requested = self.relay.ask(CaRequest { trust_domain: trust_domain.to_owned() }, None).await;
        let requested = requested.map_err(|error| KnockError::Leader { what: "asking for the intermediate's request", error })?;
        Ok(requested.request)
    }

    async fn give_leader(&self, signed: CaSigned) -> Result<(), KnockError> {
        let installed = self.relay.ask(CaInstall { signed: Some(signed) }, None).await;
        installed.map(drop).map_err(|error| KnockError::Leader { what: "installing the intermediate", error })
    }
}
