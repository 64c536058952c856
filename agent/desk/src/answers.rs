//! Operations that ask this process: one task takes them, in the order they came, and hands each to a task of its own.

use crate::events::{self, Heard, Service};
use crate::places::Places;
use crate::{AgentSettings, Current, Reread, document, host, metrics};
use api::agent::{Document, Nothing, Services};
use api::{Call, Error, Local, Reply};
use dispatch::{LocalCall, LocalDesk};
use edge_http::Counters;
use lan::LanHandle;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, mpsc};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// What only one kind of agent can say of itself.
pub trait Office: Send + Sync + 'static {
    /// Answers an operation that is not every agent's.
    ///
    /// # Errors
    /// What the operation says; [`Code::Unsupported`] when this kind of agent has no answer to it.
    fn answer(&self, call: &Call) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// The members of the WAN pool as Consul lists them: servers, named `name.dc`. `pool` is the LAN.
    fn wan_members(&self, pool: &[members::Member]) -> Vec<api::agent::Member>;

    /// Joins the WAN pool by way of `address`.
    ///
    /// # Errors
    /// Why that did not work.
    fn join_wan(&self, address: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Has a failed gateway count as one that left. Answers whether there is one of that name.
    ///
    /// # Errors
    /// When this agent is not in the WAN pool.
    fn force_leave_wan(&self, node: &str, prune: bool) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Whether it is a server.
    fn is_server(&self) -> bool;

    /// Sections of `/v1/agent/self`'s `Stats`, beyond those that every agent has.
    fn stats(&self) -> serde_json::Map<String, serde_json::Value>;

    /// Gauges beyond those that every agent has.
    fn gauges(&self) -> Vec<(&'static str, f64)>;

    /// Counters beyond those that every agent has.
    fn counted(&self) -> Vec<(&'static str, u64)>;
}

/// What the answers are made from.
pub(crate) struct Parts {
    /// What the agent was told.
    pub(crate) settings: AgentSettings,
    /// What of it may have been replaced since.
    pub(crate) current: Current,
    /// Its node id.
    pub(crate) node_id: String,
    /// Its place in the LAN pool.
    pub(crate) lan: LanHandle,
    /// What its HTTP edges count.
    pub(crate) counters: Arc<Counters>,
    /// What its DNS edge counts.
    pub(crate) dns_counters: Arc<edge_dns::Counters>,
    /// When it began.
    pub(crate) started: Instant,
    /// Its services and checks.
    pub(crate) services: services::Handle,
    /// Where it is told to leave.
    pub(crate) leaving: mpsc::Sender<()>,
}

/// Where an agent answers about itself.
pub(crate) struct Desk<O> {
    pub(crate) settings: AgentSettings,
    pub(crate) current: Current,
    /// One reload at a time.
    reloading: Mutex<()>,
    pub(crate) node_id: String,
    pub(crate) lan: LanHandle,
    pub(crate) counters: Arc<Counters>,
    pub(crate) dns_counters: Arc<edge_dns::Counters>,
    pub(crate) metrics: telemetry::Metrics,
    pub(crate) started: Instant,
    pub(crate) office: O,
    pub(crate) services: services::Handle,
    pub(crate) heard: Heard,
    leaving: mpsc::Sender<()>,
}

impl<O: Office> Desk<O> {
    /// A desk; `office` has what only this kind of agent knows.
    pub(crate) fn new(parts: Parts, office: O) -> Self {
        let Parts { settings, current, node_id, lan, counters, dns_counters, started, services, leaving } = parts;
        let metrics = telemetry::Metrics::new(settings.reloadable.metrics.clone(), std::time::SystemTime::now());
        let (reloading, heard) = (Mutex::default(), Heard::new());
        Self { settings, current, reloading, node_id, lan, counters, dns_counters, metrics, started, office, heard, services, leaving }
    }

    /// Answers until `stop`. Requests for which there is no place are refused.
    pub(crate) async fn run(self, mut calls: LocalDesk, stop: CancellationToken) {
        let this = Arc::new(self);
        let places = Places::default();
        let mut measuring = tokio::time::interval(metrics::PERIOD);
        measuring.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut fired = this.lan.user_events();
        loop {
            let call = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = measuring.tick() => {
                    this.measure();
                    continue;
                }
                event = fired.recv() => {
                    match event {
                        Ok(event) => this.hear(&event).await,
                        Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "more user events than could be kept"),
                        // Gossip ends only when the agent does.
                        Err(RecvError::Closed) => return,
                    }
                    continue;
                }
                call = calls.recv() => match call { Some(call) => call, None => return },
            };
            let LocalCall { call, reply } = call;
            let place = match places.take(&call) {
                Ok(place) => place,
                Err(error) => {
                    // Whoever asked may have gone.
                    let _ = reply.send(Err(error));
                    continue;
                }
            };
            let this = Arc::clone(&this);
            tokio::spawn(async move {
                let answer = this.answer(&call).await;
                drop(place);
                let _ = reply.send(answer);
            });
        }
    }

    async fn answer(&self, call: &Call) -> Result<Reply, Error> {
        let api::Op::Local(op) = &*call.op else { return Err(Error::protocol("not an operation of the agent")) };
        match op {
            Local::AgentSelf(_) => self.self_document().await.map(|document| Reply::AgentSelf(json(&document))),
            Local::AgentMembers(op) => self.members(op).map(Reply::AgentMembers),
            Local::AgentJoin(op) => self.join(op).await.map(|()| Reply::AgentJoin(Nothing {})),
            Local::AgentLeave(_) => self.leave().await.map(|()| Reply::AgentLeave(Nothing {})),
            Local::AgentForceLeave(op) => self.force_leave(op).await.map(|()| Reply::AgentForceLeave(Nothing {})),
            Local::AgentMetrics(op) => self.metrics(op).map(Reply::AgentMetrics),
            // That it came here means that it is allowed; the lines are the edge's.
            Local::AgentMonitor(_) => Ok(Reply::AgentMonitor(Nothing {})),
            Local::AgentVersion(_) => Ok(Reply::AgentVersion(json(&document::version()))),
            Local::AgentHost(_) => Ok(Reply::AgentHost(json(&host::document()))),
            Local::AgentReload(_) => self.reload().await.map(|()| Reply::AgentReload(Nothing {})),
            Local::AgentServices(_)
            | Local::AgentService(_)
            | Local::AgentChecks(_)
            | Local::AgentServiceRegister(_)
            | Local::AgentServiceDeregister(_)
            | Local::AgentServiceMaintenance(_)
            | Local::AgentMaintenance(_)
            | Local::AgentCheckRegister(_)
            | Local::AgentCheckDeregister(_)
            | Local::AgentCheckUpdate(_)
            | Local::AgentHealthById(_)
            | Local::AgentHealthByName(_) => self.services.answer(call).await,
            Local::EventFire(op) => events::fire(&self.lan, op).await.map(Reply::EventFire),
            Local::EventList(op) => Ok(Reply::EventList(self.heard.list(op, call.wait).await)),
            _ => self.office.answer(call).await,
        }
    }

    /// Takes the configuration as it is now: all that can be taken, or nothing.
    async fn reload(&self) -> Result<(), Error> {
        let Some(reload) = self.settings.reload.clone() else { return Err(Error::failed("this agent has no configuration to read anew")) };
        let _alone = self.reloading.lock().await;
        let read = tokio::task::spawn_blocking(move || reload.read()).await;
        let Reread { now, kept, warnings } =
            read.map_err(|_| Error::failed("reading the configuration broke off"))?.map_err(Error::failed)?;
        // The one part that may still be refused. Nobody asked for anything wrong: the files are.
        self.services.reload(now.services.clone(), crate::node::meta(&now)).await.map_err(|error| Error::failed(error.text))?;
        let metrics = &now.metrics;
        self.metrics.set_prefix_filter(&metrics.allowed_prefixes, &metrics.blocked_prefixes, metrics.filter_default);
        self.current.replace(now);
        for warning in warnings {
            tracing::warn!(target: "agent", "{warning}");
        }
        for key in &kept {
            tracing::warn!(target: "agent", "{key}: it was changed, and that takes a restart");
        }
        tracing::info!(target: "agent", after_a_restart = kept.join(", "), "configuration read anew");
        Ok(())
    }

    /// This agent's own services.
    pub(crate) async fn own_services(&self) -> Vec<Service> {
        match self.services.answer(&Call::new(Services::default())).await {
            Ok(Reply::AgentServices(found)) => found.services.into_iter().map(|found| (found.row.service, found.row.tags)).collect(),
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "whether a user event is for a service here cannot be told");
                Vec::new()
            }
        }
    }

    async fn leave(&self) -> Result<(), Error> {
        self.leaving.send(()).await.map_err(|_| Error::failed("the agent is stopping already"))
    }
}

pub(crate) fn json(value: &serde_json::Value) -> Document {
    Document { content_type: "application/json".to_owned(), text: value.to_string() }
}
