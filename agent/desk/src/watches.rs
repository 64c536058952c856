//! The watches of an agent's configuration.

use ::watch::{Answer, Delivery, Handler, Plan, follow};
use api::http::{Origin, Written, find, parse, render};
use bytes::Bytes;
use dispatch::{Dispatcher, Log, Peers};
use edge_http::HttpConfig;
use http::StatusCode;
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Something to watch, and what to do when it changes.
#[derive(Clone, PartialEq)]
pub struct Watch {
    /// What is asked.
    pub plan: Plan,
    /// With which token; that of the agent if it is empty.
    pub token: String,
    /// What is done.
    pub handler: Handler,
    /// The handler, for the log.
    pub name: String,
}

/// Runs those that are `wanted` until `stop`; each handles one change at a time. When others are wanted, those that stay the same go on
/// as if nothing had happened. They ask as an HTTP client of this agent would, by the same parse and render, but without a socket.
pub async fn run<L: Log, P: Peers>(
    mut wanted: watch::Receiver<Arc<[Watch]>>,
    waist: Arc<Dispatcher<L, P>>,
    http: watch::Receiver<Arc<HttpConfig>>,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let mut running: Vec<(Watch, CancellationToken)> = Vec::new();
    loop {
        let now = Arc::clone(&wanted.borrow_and_update());
        let (stay, begin) = sort(running, &now, |(watch, _)| watch, |(_, over)| over.cancel());
        running = stay;
        for watch in begin {
            let (waist, http, over, own) = (Arc::clone(&waist), http.clone(), stop.child_token(), watch.clone());
            running.push((watch, over.clone()));
            tasks.spawn(async move {
                tokio::select! {
                    biased;
                    () = over.cancelled() => {}
                    never = one(&own, &waist, &http) => match never {},
                }
            });
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            changed = wanted.changed() => if changed.is_err() { stop.cancelled().await },
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// Which of `running` stay, since they are wanted, and which of `wanted` are to begin. The others of `running` go to `end`.
fn sort<R>(running: Vec<R>, wanted: &[Watch], watch: impl Fn(&R) -> &Watch, end: impl Fn(R)) -> (Vec<R>, Vec<Watch>) {
    let mut begin = wanted.to_vec();
    let mut stay = Vec::new();
    for one in running {
        match begin.iter().position(|wanted| wanted == watch(&one)) {
            Some(place) => {
                begin.remove(place);
                stay.push(one);
            }
            None => end(one),
        }
    }
    (stay, begin)
}

async fn one<L: Log, P: Peers>(watch: &Watch, waist: &Arc<Dispatcher<L, P>>, http: &watch::Receiver<Arc<HttpConfig>>) -> Infallible {
    let failed = |error: &dyn Display, wait: Duration| {
        tracing::error!(target: "watch", r#type = watch.plan.kind(), %error, retry = ?wait, "Watch errored");
    };
    follow(&watch.plan, |index| ask(watch, index, waist, Arc::clone(&http.borrow())), |delivery| handle(watch, delivery), failed).await
}

async fn handle(watch: &Watch, delivery: Delivery) -> ControlFlow<Infallible> {
    let handled = watch.handler.handle(&delivery).await;
    if let Some(error) = handled.error {
        tracing::error!(target: "agent", watch_handler = watch.name, error, "Failed to run watch handler");
    }
    tracing::debug!(target: "agent", watch_handler = watch.name, output = handled.output, "watch handler output");
    ControlFlow::Continue(())
}

async fn ask<L: Log, P: Peers>(
    watch: &Watch,
    index: Option<u64>,
    waist: &Arc<Dispatcher<L, P>>,
    http: Arc<HttpConfig>,
) -> Result<Answer, String> {
    let context = &http.context;
    let mut request = http::Request::get(watch.plan.target(index));
    if !watch.token.is_empty() {
        request = request.header("x-consul-token", &watch.token);
    }
    let (head, ()) = request.body(()).map_err(|error| error.to_string())?.into_parts();
    let refused = |response: http::Response<Bytes>| {
        format!("Unexpected response code: {} ({})", response.status().as_u16(), String::from_utf8_lossy(response.body()))
    };
    let found = find(&head).map_err(refused)?;
    let parsed = parse(&found, &head, &Bytes::new(), context, Origin { from: None, seed: rand::random() }).map_err(refused)?;
    let op = Arc::clone(&parsed.call.op);
    let response = render(&op, parsed.style, waist.call(parsed.call).await.map(|answer| context.told(answer))).map(Written::whole);
    let index = response.headers().get("x-consul-index").and_then(|index| index.to_str().ok()?.parse().ok());
    match response.status() {
        StatusCode::OK => Ok(Answer { index, body: response.into_body() }),
        StatusCode::NOT_FOUND if watch.plan.may_be_absent() => Ok(Answer { index, body: Bytes::new() }),
        _ => Err(refused(response)),
    }
}
