//! The leaf that a server or gateway shows: asked for, shown, renewed.

use crate::LeafRole;
use crate::backoff::Backoff;
use crate::clock::unix_seconds;
use crate::decide::validity_of;
use api::federation::{CaRead, CaSign, CaState};
use api::{Answer, Call, Code, Consistency, Error, Operation, Wait};
use bytes::Bytes;
use ca::spiffe::{DcName, InvalidTrustDomain};
use ca::{SpkiHash, Validity};
use node::{Certificates, Identity, Trust};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long one blocking read of the roots waits (Consul's default). The clock is looked at after each.
const READ_WAIT: Duration = Duration::from_secs(300);
/// What a blocking read may take beyond its wait.
const READ_GRACE: Duration = Duration::from_secs(10);
/// A leaf is not renewed sooner than this many seconds after the one before: below an intermediate near its end, half of what is left
/// would be ever shorter.
const LEAST_AGE: u64 = 60;

/// What a leaf is for.
pub struct LeafSettings {
    /// Whose key is certified.
    pub identity: Arc<Identity>,
    /// Where the leaf is shown, and its roots are trusted.
    pub trust: Arc<Trust>,
    /// Its kind; `None` for a client agent, which has no leaf and follows the roots alone.
    pub role: Option<LeafRole>,
    /// The datacenter.
    pub dc: DcName,
    /// The DNS domain, for `server.<dc>.<domain>`.
    pub domain: String,
    /// The node's name, for the signer's log.
    pub node: String,
    /// Looked at when the first leaf has been had: the keys of the servers that make the cluster, for a server; nobody otherwise.
    pub founders: Box<dyn Fn() -> BTreeSet<SpkiHash> + Send + Sync>,
}

/// Keeps a leaf for the node's own key: [`LeafKeeper::certified`] tells whether there is one, [`LeafKeeper::keep`] is the task. It goes
/// on with the leaf of the last run, if [`Trust`] remembers one.
pub struct LeafKeeper {
    settings: LeafSettings,
    certified: watch::Sender<bool>,
}

/// What is known between two rounds.
#[derive(Default)]
struct Known {
    /// Index of the last read.
    index: u64,
    /// The authority as it was read; never with keys, and `None` before it has roots.
    authority: Option<CaState>,
    /// The leaf that is shown.
    shown: Option<Shown>,
}

struct Shown {
    trust_domain: String,
    roots: Vec<Bytes>,
    chain: Vec<Bytes>,
    validity: Validity,
    renew_at: u64,
}

impl LeafKeeper {
    /// Asks for nothing yet.
    #[must_use]
    pub fn new(settings: LeafSettings) -> Self {
        let keeper = Self { settings, certified: watch::Sender::new(false) };
        let in_force = keeper.remembered().is_some_and(|shown| !shown.validity.is_over(keeper.now()));
        keeper.certified.send_replace(in_force);
        keeper
    }

    /// Whether a leaf in force is shown. It falls back to `false` when a leaf ends before another could be had.
    #[must_use]
    pub fn certified(&self) -> watch::Receiver<bool> {
        self.certified.subscribe()
    }

    /// Gets a leaf, renews it from half-life on, and follows the roots, until `stop`. `ask` brings a call to the servers: a server's own
    /// dispatcher, or RPC from a gateway. While there is no authority, and after any failure, it tries again after 200 ms, then ever
    /// more slowly, up to 5 s.
    pub async fn keep<A, F>(self, ask: A, stop: CancellationToken)
    where
        A: Fn(Call) -> F + Send + Sync,
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        let _stopped = stop.run_until_cancelled(self.rounds(&ask)).await;
    }

    async fn rounds<A, F>(&self, ask: &A)
    where
        A: Fn(Call) -> F + Send + Sync,
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        let mut backoff = Backoff::default();
        let mut known = Known { shown: self.remembered(), ..Known::default() };
        loop {
            match self.round(ask, &mut known).await {
                Ok(()) => backoff.reset(),
                Err(error) => {
                    tracing::debug!(role = self.role(), %error, "no certificate: trying again");
                    self.notice_end(&known);
                    tokio::time::sleep(backoff.pause()).await;
                }
            }
        }
    }

    /// One step: a leaf where one is needed, else the next news of the roots.
    async fn round<A, F>(&self, ask: &A, known: &mut Known) -> Result<(), Error>
    where
        A: Fn(Call) -> F + Send + Sync,
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        let now = self.now();
        match (&known.authority, self.settings.role) {
            (Some(authority), Some(role)) if known.shown.as_ref().is_none_or(|shown| shown.must_be_replaced(authority, now)) => {
                match self.obtain(ask, authority, role).await {
                    Ok(shown) => {
                        known.shown = Some(shown);
                        Ok(())
                    }
                    Err(error) => {
                        // It may be the roots that are out of date.
                        (known.index, known.authority) = (0, None);
                        Err(error)
                    }
                }
            }
            _ => self.watch(ask, known).await,
        }
    }

    /// Waits for news of the roots, but not beyond the time for another leaf.
    async fn watch<A, F>(&self, ask: &A, known: &mut Known) -> Result<(), Error>
    where
        A: Fn(Call) -> F + Send + Sync,
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        let left = known.shown.as_ref().map(|shown| Duration::from_secs(shown.renew_at.saturating_sub(self.now()).max(1)));
        let limit = left.map_or(READ_WAIT, |left| left.min(READ_WAIT));
        let call = Call {
            // What a follower knows is enough: roots are in use long before they sign, and signing is the leader's.
            consistency: Consistency::Stale { max: None },
            wait: Some(Wait { index: known.index, limit }),
            time_left: limit + READ_GRACE,
            ..Call::new(CaRead::default())
        };
        let answer = ask(call).await?;
        let authority = CaRead::take(answer.reply.reply()?.clone())?;
        // An index that falls is of a server that was restored or is behind: the next read must not wait for the old one.
        known.index = if answer.meta.index < known.index { 0 } else { answer.meta.index };
        if authority.trust_domain.is_empty() || authority.roots.is_empty() {
            let text = format!("datacenter {} has no certificate authority yet", self.settings.dc);
            return Err(Error::new(Code::NotFound, text));
        }
        if self.settings.role.is_none() {
            self.believe(&authority, known.authority.as_ref())?;
        } else if let Some(shown) = &mut known.shown
            && shown.may_stay(&authority)
            && shown.roots != authority.roots
        {
            self.show(Certificates {
                trust_domain: shown.trust_domain.clone(),
                epoch: authority.epoch,
                chain: shown.chain.clone(),
                roots: authority.roots.clone(),
                founders: BTreeSet::new(),
            })?;
            shown.roots.clone_from(&authority.roots);
            tracing::info!(role = self.role(), epoch = authority.epoch, "roots changed");
        }
        known.authority = Some(authority);
        Ok(())
    }

    /// Has the leader sign the node's key, and shows the result.
    async fn obtain<A, F>(&self, ask: &A, authority: &CaState, role: LeafRole) -> Result<Shown, Error>
    where
        A: Fn(Call) -> F + Send + Sync,
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        let LeafSettings { identity, dc, domain, node, founders, .. } = &self.settings;
        let trust_domain = authority.trust_domain.parse().map_err(|error: InvalidTrustDomain| Error::failed(error.to_string()))?;
        let grant = role.grant(trust_domain, dc.clone(), domain);
        let request = identity.key.leaf_csr(&grant).map_err(|error| Error::failed(error.to_string()))?;
        let sign = CaSign { request: request.into(), role: role.as_str().to_owned(), subject: node.clone() };
        let answer = ask(Call::new(sign)).await?;
        let signed = CaSign::take(answer.reply.reply()?.clone())?;
        let validity = signed.chain.first().and_then(|leaf| validity_of(leaf));
        let now = self.now();
        let Some(validity) = validity.filter(|validity| !validity.is_over(now)) else {
            return Err(Error::failed("the certificate that was signed is none, or has ended"));
        };
        if signed.trust_domain != authority.trust_domain {
            return Err(Error::failed(format!(
                "the certificate is of trust domain {}, not {}",
                signed.trust_domain, authority.trust_domain
            )));
        }
        self.show(Certificates {
            trust_domain: signed.trust_domain.clone(),
            epoch: signed.epoch,
            chain: signed.chain.clone(),
            roots: signed.roots.clone(),
            founders: founders(),
        })?;
        self.certified.send_replace(true);
        tracing::info!(role = role.as_str(), until = validity.not_after(), epoch = signed.epoch, "certificate obtained");
        Ok(Shown {
            trust_domain: signed.trust_domain,
            roots: signed.roots,
            chain: signed.chain,
            validity,
            renew_at: validity.half_life().max(now + LEAST_AGE),
        })
    }

    fn show(&self, certificates: Certificates) -> Result<(), Error> {
        let LeafSettings { identity, trust, .. } = &self.settings;
        trust.certified(&identity.key, certificates).map_err(|error| Error::failed(error.to_string()))
    }

    /// Trusts roots that are new.
    fn believe(&self, authority: &CaState, before: Option<&CaState>) -> Result<(), Error> {
        if before.is_some_and(|before| before.roots == authority.roots && before.trust_domain == authority.trust_domain) {
            return Ok(());
        }
        let believed = self.settings.trust.believe(&authority.trust_domain, &authority.roots);
        believed.map_err(|error| Error::failed(error.to_string()))?;
        tracing::info!(role = self.role(), epoch = authority.epoch, "the datacenter's roots are trusted");
        Ok(())
    }

    /// What the last run was given; perhaps it has ended since.
    fn remembered(&self) -> Option<Shown> {
        let Certificates { trust_domain, roots, chain, .. } = self.settings.trust.certificates()?;
        let validity = validity_of(chain.first()?)?;
        Some(Shown { trust_domain, roots, chain, validity, renew_at: validity.half_life() })
    }

    fn role(&self) -> &'static str {
        self.settings.role.map_or("client", LeafRole::as_str)
    }

    fn notice_end(&self, known: &Known) {
        let now = self.now();
        let ended = known.shown.as_ref().is_some_and(|shown| shown.validity.is_over(now));
        if ended && self.certified.send_replace(false) {
            tracing::warn!(role = self.role(), "the certificate has ended, and no other could be had");
        }
    }

    fn now(&self) -> u64 {
        unix_seconds(self.settings.trust.clock.as_ref())
    }
}

impl Shown {
    fn must_be_replaced(&self, authority: &CaState, now: u64) -> bool {
        now >= self.renew_at || !self.may_stay(authority)
    }

    /// Whether the root that signs is the same: below another one, or in another federation, a leaf is had at once.
    fn may_stay(&self, authority: &CaState) -> bool {
        self.trust_domain == authority.trust_domain && self.roots.first() == authority.roots.first()
    }
}
