//! What tracing costs a call when it is off: nothing that can be counted.
#![allow(clippy::unwrap_used, missing_docs)]

use api::{Call, kv};
use dispatch::{Dispatcher, Map, NoLog, NoPeers, SPAN_TARGET, Settings, Store, locals};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::span::{Attributes, Id};
use tracing::{Subscriber, instrument::WithSubscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Counts spans of traces, whoever makes them.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Count {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().target() == SPAN_TARGET {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Records everything, or nothing.
#[derive(Debug)]
struct Always(bool);

impl dispatch::Tracer for Always {
    fn may_record(&self, _: &api::Trace) -> bool {
        self.0
    }

    fn context_of(&self, _: &tracing::Span) -> api::Trace {
        api::Trace::from_headers("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "")
    }
}

async fn spans_of_a_call(tracer: Option<Arc<dyn dispatch::Tracer>>) -> usize {
    let settings = Settings { tracer, ..Settings::default() };
    let waist = Dispatcher::new(NoLog, NoPeers, Arc::new(Store::default()), locals().0, settings, 1);
    waist.set_map(Map { here: Some("dc1".into()), leading: true, ..Map::default() });
    let count = Count::default();
    let subscriber = tracing_subscriber::registry().with(count.clone());
    let call = Call { time_left: std::time::Duration::ZERO, ..Call::new(kv::Get { key: "k".into() }) };
    // Refused, since a process without a log leads nothing; that is answer enough.
    waist.call(call).with_subscriber(subscriber).await.err().unwrap();
    count.0.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_span_is_made_only_if_somebody_records_it() {
    assert_eq!(spans_of_a_call(None).await, 0);
    assert_eq!(spans_of_a_call(Some(Arc::new(Always(false)))).await, 0);
    assert_eq!(spans_of_a_call(Some(Arc::new(Always(true)))).await, 2, "call and serve");
}
