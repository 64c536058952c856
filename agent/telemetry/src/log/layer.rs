//! From `tracing` to lines.

use super::fields::Fields;
use super::{Form, Queue};
use std::sync::Arc;
use std::time::SystemTime;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Turns each event into a line, on the thread of the event, and hands it to the writer without ever waiting.
pub(crate) struct LogLayer {
    form: Form,
    queue: Arc<Queue>,
}

impl LogLayer {
    pub(crate) fn new(form: Form, queue: Arc<Queue>) -> Self {
        Self { form, queue }
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let module = module(event.metadata().target());
        self.queue.push(self.form.line(SystemTime::now(), *event.metadata().level(), module, fields));
    }
}

/// The crate an event is from.
pub(super) fn module(target: &str) -> &str {
    target.split_once("::").map_or(target, |(name, _)| name)
}
