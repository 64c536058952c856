//! The authority as a server runs it: decides, commits, answers.

use crate::Site;
use crate::backoff::Backoff;
use crate::clock::unix_seconds;
use crate::decide::{self, Decided, Due, Fresh};
use crate::role::Role;
use api::federation::{CaInstall, CaRequest, CaRequested, CaSign, CaSigned, CaState, CaUpdate};
use api::operator::Updated;
use api::{Code, Error, Reply, Write};
use ca::issue::{PrivateKey, Serial};
use ca::spiffe::InvalidName;
use dispatch::{Dispatcher, Log, Peers};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use state::{Permitted, State, Table, Topic};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How long the leader sleeps at the most: the machine's clock may have been set, or stood still, meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// The certificate authority of one server's datacenter. It answers where this server leads, and changes the state through the log
/// alone, one change at a time.
pub struct Authority<L, P> {
    dispatcher: Arc<Dispatcher<L, P>>,
    site: Site,
    clock: Arc<dyn TimeProvider>,
    changing: Mutex<()>,
}

impl<L: Log, P: Peers> Authority<L, P> {
    /// The authority of datacenter `dc`. The primary (`primary_dc`; empty means `dc`) makes the federation's root; `domain` is the DNS
    /// domain, for the host names of server leaves.
    ///
    /// # Errors
    /// A datacenter name that cannot stand in a certificate.
    pub fn new(dispatcher: Arc<Dispatcher<L, P>>, dc: &str, primary_dc: &str, domain: &str) -> Result<Self, InvalidName> {
        let site = Site::new(dc, primary_dc, domain)?;
        Ok(Self { dispatcher, site, clock: Arc::new(DefaultTimeProvider), changing: Mutex::default() })
    }

    /// The same by another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn TimeProvider>) -> Self {
        Self { clock, ..self }
    }

    /// Makes and renews what this datacenter makes itself, until `stop`: run it while this server leads. It looks again whenever the
    /// state of the authority changes and when a certificate is due, and tries again, ever more slowly, where the log refuses.
    pub async fn lead(&self, stop: CancellationToken) {
        let register = |table| self.dispatcher.store().topics().register(&Topic::Table(table));
        let (authority, datacenters) = (register(Table::Ca), register(Table::Datacenters));
        let mut backoff = Backoff::default();
        loop {
            // Noted before the look, so that a change after it is not slept through.
            let seen = (authority.version(), datacenters.version());
            let upkeep = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                upkeep = self.upkeep() => upkeep,
            };
            let pause = match upkeep {
                Ok(pause) => {
                    backoff.reset();
                    pause
                }
                Err(error) => {
                    // A leader's first lease, or another leader, is a matter of moments.
                    if error.is_transient() {
                        tracing::debug!(dc = %self.site.dc, %error, "certificate authority: trying again");
                    } else {
                        tracing::warn!(dc = %self.site.dc, %error, "certificate authority: trying again");
                    }
                    backoff.pause()
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = authority.changed_since(seen.0) => {}
                () = datacenters.changed_since(seen.1) => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Signs a request: see [`decide::sign`]. What a secondary is signed is in the log before this answers.
    ///
    /// # Errors
    /// [`Code::NotLeader`], or what [`decide::sign`] says.
    pub async fn handle_sign(&self, op: &CaSign) -> Result<CaSigned, Error> {
        let sign = |state: &State, now| decide::sign(&self.site, &authority_in(state), &forgotten_in(state), op, now, serial());
        let signed = match Role::parse(&op.role) {
            Some(Role::Intermediate) => self.change(sign).await,
            _ => {
                self.dispatcher.log().lease()?;
                sign(&self.dispatcher.store().snapshot(), self.now()).map(|decided| decided.reply)
            }
        };
        match &signed {
            Ok(signed) => tracing::debug!(role = op.role, subject = op.subject, epoch = signed.epoch, "certificate signed"),
            Err(error) => tracing::info!(role = op.role, subject = op.subject, %error, "certificate refused"),
        }
        signed
    }

    /// The request for this datacenter's intermediate: see [`decide::request`].
    ///
    /// # Errors
    /// [`Code::NotLeader`], or what [`decide::request`] says.
    pub async fn handle_request(&self, op: &CaRequest) -> Result<CaRequested, Error> {
        let fresh = key()?;
        self.change(|state, now| decide::request(&self.site, &authority_in(state), op, &fresh, now)).await
    }

    /// Takes a signed intermediate into use: see [`decide::install`].
    ///
    /// # Errors
    /// [`Code::NotLeader`], or what [`decide::install`] says.
    pub async fn handle_install(&self, op: &CaInstall) -> Result<Updated, Error> {
        let installed = self.change(|state, now| decide::install(&self.site, &authority_in(state), op, now)).await?;
        tracing::info!(dc = %self.site.dc, "intermediate certificate installed");
        Ok(installed)
    }

    /// Does what is due, all of it, and says for how long nothing will be.
    async fn upkeep(&self) -> Result<Duration, Error> {
        while let Some(due) = self.due() {
            self.change(|state, now| self.done(state, now)).await?;
            tracing::info!(dc = %self.site.dc, ?due, "certificate authority changed");
        }
        let current = authority_in(&self.dispatcher.store().snapshot());
        let left = decide::renew_at(&current).and_then(|at| at.checked_sub(self.now())).map(Duration::from_secs);
        // In a secondary the time may be over, and then only its gateways can help.
        Ok(left.filter(|left| !left.is_zero()).map_or(LONGEST_SLEEP, |left| left.min(LONGEST_SLEEP)))
    }

    fn due(&self) -> Option<Due> {
        let state = self.dispatcher.store().snapshot();
        decide::due(&self.site, &authority_in(&state), &forgotten_in(&state), self.now())
    }

    /// What is due, decided on the state as it is once all that was committed is applied: perhaps nothing any more.
    fn done(&self, state: &State, now: u64) -> Result<Decided<()>, Error> {
        let (current, forgotten) = (authority_in(state), forgotten_in(state));
        let state = match decide::due(&self.site, &current, &forgotten, now) {
            None => None,
            Some(Due::Begin) => {
                let fresh = Fresh { uuid: rand::random(), root_key: key()?, intermediate_key: key()?, serials: [serial(), serial()] };
                Some(decide::begin(&self.site, &current, fresh, now)?)
            }
            Some(Due::Renew) => Some(decide::renew(&self.site, &current, now, serial())?),
            Some(Due::Forget) => Some(decide::forget(&current, &forgotten)),
        };
        Ok(Decided { reply: (), state })
    }

    /// Decides on the newest state and commits what was decided, before the reply is given.
    async fn change<T>(&self, decide: impl FnOnce(&State, u64) -> Result<Decided<T>, Error>) -> Result<T, Error> {
        let _one_at_a_time = self.changing.lock().await;
        let log = self.dispatcher.log();
        log.lease()?;
        // A new leader may not have applied all that the one before committed.
        log.confirm().await?;
        let snapshot = self.dispatcher.store().snapshot();
        let replaces = authority_in(&snapshot).epoch;
        let Decided { reply, state } = decide(&snapshot, self.now())?;
        let Some(state) = state else { return Ok(reply) };
        let update = Write::CaUpdate(CaUpdate { state: Some(state), replaces });
        // Not by way of `Dispatcher::decide`, which does not tell whether the epoch was accepted.
        match log.propose(Permitted::internal(update)).await?.reply {
            Reply::CaUpdate(Updated { ok: true }) => Ok(reply),
            _ => {
                let text = "the certificate authority was changed by another leader meanwhile";
                Err(Error { unprocessed: true, ..Error::new(Code::Conflict, text) })
            }
        }
    }

    fn now(&self) -> u64 {
        unix_seconds(self.clock.as_ref())
    }
}

/// The authority's state, the default one before there is any.
fn authority_in(state: &State) -> Arc<CaState> {
    state.certificate_authority().unwrap_or_default()
}

fn forgotten_in(state: &State) -> BTreeSet<String> {
    state.forgotten_datacenters().map(str::to_owned).collect()
}

fn serial() -> Serial {
    Serial::from_random(rand::random())
}

fn key() -> Result<PrivateKey, Error> {
    PrivateKey::generate().map_err(|error| Error::failed(format!("making a key failed: {error}")))
}
