//! Operations that ask this process: one task takes them, in the order they came, and hands each to a task of its own.

use crate::desk::Desk;
use crate::events;
use crate::places::Places;
use crate::{Office, Reread, document, host, metrics};
use api::agent::Nothing;
use api::{Call, Error, Local, Reply};
use dispatch::{LocalCall, LocalDesk};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

impl<O: Office> Desk<O> {
    /// Answers until `stop`. Requests for which there is no place are refused.
    pub(crate) async fn run(self, mut calls: LocalDesk, stop: CancellationToken) {
        let this = Arc::new(self);
        let places = Places::default();
        let mut measuring = tokio::time::interval(metrics::PERIOD);
        measuring.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut fired = this.parts.lan.user_events();
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
            Local::AgentSelf(_) => self.self_document().await.map(|document| Reply::AgentSelf(document::json(&document))),
            Local::AgentMembers(op) => self.members(op).map(Reply::AgentMembers),
            Local::AgentJoin(op) => self.join(op).await.map(|()| Reply::AgentJoin(Nothing {})),
            Local::AgentLeave(_) => self.leave().await.map(|()| Reply::AgentLeave(Nothing {})),
            Local::AgentForceLeave(op) => self.force_leave(op).await.map(|()| Reply::AgentForceLeave(Nothing {})),
            Local::AgentMetrics(op) => self.metrics(op).map(Reply::AgentMetrics),
            // That it came here means that it is allowed; the lines are the edge's.
            Local::AgentMonitor(_) => Ok(Reply::AgentMonitor(Nothing {})),
            Local::AgentVersion(_) => Ok(Reply::AgentVersion(document::json(&document::version()))),
            Local::AgentHost(_) => Ok(Reply::AgentHost(document::json(&host::document()))),
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
            | Local::AgentHealthByName(_) => self.parts.services.answer(call).await,
            Local::EventFire(op) => events::fire(&self.parts.lan, op).await.map(Reply::EventFire),
            Local::EventList(op) => Ok(Reply::EventList(self.heard.list(op, call.wait).await)),
            _ => self.office.answer(call).await,
        }
    }

    /// Takes the configuration as it is now: all that can be taken, or nothing.
    async fn reload(&self) -> Result<(), Error> {
        let Some(reload) = self.parts.settings.reload.clone() else {
            return Err(Error::failed("this agent has no configuration to read anew"));
        };
        let _alone = self.reloading.lock().await;
        let read = tokio::task::spawn_blocking(move || reload.read()).await;
        let Reread { now, kept, warnings } =
            read.map_err(|_| Error::failed("reading the configuration broke off"))?.map_err(Error::failed)?;
        // The one part that may still be refused. Nobody asked for anything wrong: the files are.
        self.parts.services.reload(now.services.clone(), crate::node::meta(&now)).await.map_err(|error| Error::failed(error.text))?;
        let metrics = &now.metrics;
        self.metrics.set_prefix_filter(&metrics.allowed_prefixes, &metrics.blocked_prefixes, metrics.filter_default);
        self.office.reloaded(&now);
        self.parts.current.replace(now);
        for warning in warnings {
            tracing::warn!(target: "agent", "{warning}");
        }
        for key in &kept {
            tracing::warn!(target: "agent", "{key}: it was changed, and that takes a restart");
        }
        tracing::info!(target: "agent", after_a_restart = kept.join(", "), "configuration read anew");
        Ok(())
    }

    async fn leave(&self) -> Result<(), Error> {
        self.parts.leaving.send(()).await.map_err(|_| Error::failed("the agent is stopping already"))
    }
}
