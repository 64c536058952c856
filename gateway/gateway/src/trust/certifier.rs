//! Gets this gateway its certificate, keeps it fresh, and brings a new datacenter into the federation.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::Code;
use api::federation::{CaRead, CaSign, CaSigned, CaState};
use bytes::Bytes;
use ca::issue::Grant;
use ca::spiffe::{DcName, SpiffeId, TrustDomain};
use ca::tls::{Identity, Keychain};
use node::Certificates;
use rustls_pki_types::CertificateDer;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::identities::unix_now;
use super::leaf::until_half_life;
use super::{KnockError, LinkTls, Secret};
use crate::backoff::Backoff;
use crate::counters::Counters;
use crate::relay::Relay;

/// How often the authority is looked at: a change of roots is taken up within this time.
const LOOK: Duration = Duration::from_secs(60);

/// How long calls on a connection that was replaced may go on: a blocking query takes ten minutes, and a sixteenth more.
const UNDER_WAY: Duration = Duration::from_secs(700);

/// How far this gateway is with being trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has no certificate yet, so that no other datacenter talks to it.
    Waiting {
        /// Why the last try failed; empty before the first.
        why: String,
    },
    /// It has one.
    Certified {
        /// Domain of all SPIFFE ids.
        trust_domain: String,
        /// Epoch of the authority that signed it.
        epoch: u64,
    },
}

/// Gets and renews certificates.
pub(crate) struct Certifier {
    pub(crate) dc: DcName,
    pub(crate) primary: DcName,
    pub(crate) node: String,
    pub(crate) identity: Arc<node::Identity>,
    pub(crate) trust: Arc<node::Trust>,
    /// What other gateways are shown; the same as within the datacenter unless a server shows its own there.
    pub(crate) keys: Arc<Keychain>,
    pub(crate) embedded: bool,
    pub(crate) tls: Arc<LinkTls>,
    pub(crate) link: link::Handle,
    pub(crate) relay: Arc<Relay>,
    pub(crate) secret: Secret,
    pub(crate) retry_join_wan: Vec<String>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) standing: watch::Sender<Standing>,
}

/// Why there is no certificate yet. All happen in normal life.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertifyError {
    /// A server of ours did not do it.
    #[error("{what}: {error}")]
    Leader {
        /// What it was asked for.
        what: &'static str,
        /// What it said.
        error: api::Error,
    },
    /// The primary has no authority yet.
    #[error("datacenter {0} has no certificate authority yet")]
    NoAuthority(DcName),
    /// What was signed is of no use.
    #[error("certificates from the authority: {0}")]
    Unusable(String),
    /// The federation could not be joined.
    #[error(transparent)]
    Knock(#[from] KnockError),
}

/// A certificate in use.
struct Certified {
    until_renewal: Duration,
    trust_domain: String,
    epoch: u64,
}

impl Certifier {
    /// How far we are.
    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// The trust domain, once we have a certificate.
    pub(super) fn trust_domain(&self) -> Option<String> {
        match &*self.standing.borrow() {
            Standing::Certified { trust_domain, .. } => Some(trust_domain.clone()),
            Standing::Waiting { .. } => None,
        }
    }

    /// Gets a certificate and keeps it fresh until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        stop.run_until_cancelled(self.keep_certified()).await;
    }

    async fn keep_certified(&self) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            let error = match self.certify().await {
                Ok(certified) => {
                    backoff.reset();
                    tracing::info!(trust_domain = certified.trust_domain, epoch = certified.epoch, "gateway has a certificate");
                    self.link.renew(UNDER_WAY).await;
                    let (trust_domain, epoch) = (certified.trust_domain, certified.epoch);
                    self.standing.send_replace(Standing::Certified { trust_domain, epoch });
                    self.wait_until_due(epoch, certified.until_renewal).await;
                    continue;
                }
                Err(error) => error,
            };
            let pause = backoff.next(rand::random());
            tracing::warn!(%error, retry_in = ?pause, "gateway has no new certificate");
            // The old one counts as long as it is valid.
            self.standing.send_if_modified(|standing| match standing {
                Standing::Waiting { why } => {
                    *why = error.to_string();
                    true
                }
                Standing::Certified { .. } => false,
            });
            tokio::time::sleep(pause).await;
        }
    }

    /// Returns when half of the life is over, or the authority is another.
    async fn wait_until_due(&self, epoch: u64, until_renewal: Duration) {
        let due = Instant::now() + until_renewal;
        loop {
            tokio::time::sleep_until(due.min(Instant::now() + LOOK)).await;
            if Instant::now() >= due {
                return;
            }
            if self.dc != self.primary
                && let Err(error) = self.renew_intermediate().await
            {
                tracing::warn!(%error, "the datacenter's intermediate was not renewed");
            }
            match self.authority().await {
                Ok(state) if state.epoch > epoch && !state.intermediate.is_empty() => return,
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "cannot look at the certificate authority"),
            }
        }
    }

    async fn certify(&self) -> Result<Certified, CertifyError> {
        let mut state = self.authority().await?;
        if state.trust_domain.is_empty() || state.intermediate.is_empty() {
            if self.dc == self.primary {
                return Err(CertifyError::NoAuthority(self.dc.clone()));
            }
            self.knock().await?;
            state = self.authority().await?;
        }
        let signed = match self.sign(&state.trust_domain).await {
            Err(CertifyError::Leader { error, .. }) if error.kind() == Code::NotFound && self.dc != self.primary => {
                self.knock().await?;
                self.sign(&self.authority().await?.trust_domain).await?
            }
            signed => signed?,
        };
        self.install(&signed)
    }

    async fn authority(&self) -> Result<CaState, CertifyError> {
        let answer = self.relay.ask(CaRead {}, None).await;
        answer.map_err(|error| CertifyError::Leader { what: "reading the certificate authority", error })
    }

    async fn sign(&self, trust_domain: &str) -> Result<CaSigned, CertifyError> {
        let unusable = |error: &dyn std::fmt::Display| CertifyError::Unusable(error.to_string());
        let trust_domain: TrustDomain = trust_domain.parse().map_err(|error: ca::spiffe::InvalidTrustDomain| unusable(&error))?;
        let grant = Grant::id_only(SpiffeId::Gateway { trust_domain, dc: self.dc.clone() });
        let request = self.identity.key.leaf_csr(&grant).map_err(|error| unusable(&error))?;
        let sign = CaSign { request: request.into(), role: CaSign::GATEWAY.to_owned(), subject: self.node.clone() };
        let signed = self.relay.ask(sign, None).await;
        signed.map_err(|error| CertifyError::Leader { what: "asking for a gateway's certificate", error })
    }

    fn install(&self, signed: &CaSigned) -> Result<Certified, CertifyError> {
        let leaf = signed.chain.first().ok_or_else(|| CertifyError::Unusable("none was sent".to_owned()))?;
        let until_renewal = until_half_life(leaf, unix_now()).map_err(CertifyError::Unusable)?;
        let unusable = |error: &dyn std::fmt::Display| CertifyError::Unusable(error.to_string());
        if self.embedded {
            // The server shows its own certificate within the datacenter, and keeps the roots.
            let chain = signed.chain.iter().map(|der: &Bytes| CertificateDer::from(der.to_vec())).collect();
            let identity = Identity::new(&self.trust.crypto, chain, &self.identity.key).map_err(|error| unusable(&error))?;
            self.keys.replace(identity);
        } else {
            let CaSigned { chain, roots, trust_domain, epoch } = signed.clone();
            let certificates = Certificates { trust_domain, epoch, chain, roots, founders: BTreeSet::new() };
            self.trust.certified(&self.identity.key, certificates).map_err(|error| unusable(&error))?;
        }
        Ok(Certified { until_renewal, trust_domain: signed.trust_domain.clone(), epoch: signed.epoch })
    }

    /// Which datacenter the gateway at `addr` says it is of: to be proved when it is dialled.
    ///
    /// # Errors
    /// [`KnockError`].
    pub(crate) async fn datacenter_at(&self, addr: SocketAddr) -> Result<DcName, KnockError> {
        Ok(self.greet(addr).await?.dc)
    }
}
