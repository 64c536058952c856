//! The watches of an agent's configuration.

use api::http::{Context, find, parse, render};
use bytes::Bytes;
use dispatch::{Dispatcher, Log, Peers};
use http::StatusCode;
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use watch::{Answer, Delivery, Handler, Plan, follow};

/// Something to watch, and what to do when it changes.
#[derive(Clone)]
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

/// Runs all of them until `stop`; each handles one change at a time. They ask as an HTTP client of this agent would, by the same parse
/// and render, but without a socket.
pub async fn run<L: Log, P: Peers>(watches: Vec<Watch>, waist: Arc<Dispatcher<L, P>>, context: Context, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    for watch in watches {
        let (waist, context, stop) = (Arc::clone(&waist), context.clone(), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                never = one(&watch, &waist, &context) => match never {},
            }
        });
    }
    tasks.close();
    tasks.wait().await;
}

async fn one<L: Log, P: Peers>(watch: &Watch, waist: &Arc<Dispatcher<L, P>>, context: &Context) -> Infallible {
    let failed = |error: &dyn Display, wait: Duration| {
        tracing::error!(target: "watch", r#type = watch.plan.kind(), %error, retry = ?wait, "Watch errored");
    };
    follow(&watch.plan, |index| ask(watch, index, waist, context), |delivery| handle(watch, delivery), failed).await
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
    context: &Context,
) -> Result<Answer, String> {
    let mut request = http::Request::get(watch.plan.target(index));
    if !watch.token.is_empty() {
        request = request.header("x-consul-token", &watch.token);
    }
    let (head, ()) = request.body(()).map_err(|error| error.to_string())?.into_parts();
    let refused = |response: http::Response<Bytes>| {
        format!("Unexpected response code: {} ({})", response.status().as_u16(), String::from_utf8_lossy(response.body()))
    };
    let found = find(&head).map_err(refused)?;
    let parsed = parse(&found, &head, &Bytes::new(), context, rand::random()).map_err(refused)?;
    let op = Arc::clone(&parsed.call.op);
    let response = render(&op, parsed.style, waist.call(parsed.call).await.map(|answer| context.told(answer)));
    let index = response.headers().get("x-consul-index").and_then(|index| index.to_str().ok()?.parse().ok());
    match response.status() {
        StatusCode::OK => Ok(Answer { index, body: response.into_body() }),
        StatusCode::NOT_FOUND if watch.plan.may_be_absent() => Ok(Answer { index, body: Bytes::new() }),
        _ => Err(refused(response)),
    }
}
