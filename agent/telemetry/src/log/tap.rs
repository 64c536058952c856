//! The log for whoever asks the running process, at a level of their own.

use super::fields::Fields;
use super::layer::module;
use super::{Form, level};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::SystemTime;
use tokio::sync::mpsc;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::{Layer, Registry, layer, reload};

/// Lines that may wait for one reader.
const LINES: usize = 512;
/// Readers at once.
const READERS: usize = 16;

/// Where readers of the log come in. They cost nothing while there are none.
#[derive(Clone)]
pub struct LogTap {
    readers: Arc<Readers>,
    filter: reload::Handle<Targets, TapBelow>,
}

/// The subscriber below the tap's layer.
pub(crate) type TapBelow = layer::Layered<super::LogFiltered, Registry>;

/// The lines of one reader. Dropping it ends its costs.
pub struct LogLines {
    lines: mpsc::Receiver<String>,
    id: u64,
    tap: LogTap,
}

/// Too many read the log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {READERS} clients read the log")]
pub struct TooManyReaders;

#[derive(Default)]
struct Readers {
    list: RwLock<Vec<Reader>>,
    next: AtomicU64,
}

struct Reader {
    id: u64,
    level: Level,
    form: Form,
    lines: mpsc::Sender<String>,
    /// Lines for which there was no room, since the last that were owned up to.
    lost: AtomicU64,
}

/// Hands events to the readers.
pub(crate) struct TapLayer(Arc<Readers>);

impl LogTap {
    /// The layer, its filter, which lets nothing through yet, and the tap.
    pub(crate) fn new() -> (TapLayer, reload::Layer<Targets, TapBelow>, Self) {
        let readers = Arc::new(Readers::default());
        let (filter, handle) = reload::Layer::new(Targets::new());
        (TapLayer(Arc::clone(&readers)), filter, Self { readers, filter: handle })
    }

    /// The lines of `level` and above from now on. A reader that is too slow loses lines, and is told how many.
    ///
    /// # Errors
    /// [`TooManyReaders`].
    pub fn read(&self, level: Level, json: bool) -> Result<LogLines, TooManyReaders> {
        let (sender, lines) = mpsc::channel(LINES);
        let id = self.readers.next.fetch_add(1, Ordering::Relaxed);
        let form = if json { Form::Json } else { Form::Text };
        {
            let mut list = self.readers.list.write();
            if list.len() >= READERS {
                return Err(TooManyReaders);
            }
            list.push(Reader { id, level, form, lines: sender, lost: AtomicU64::new(0) });
        }
        self.adjust();
        Ok(LogLines { lines, id, tap: self.clone() })
    }

    /// Lets through what the most curious reader asks for.
    fn adjust(&self) {
        let most = self.readers.list.read().iter().map(|reader| reader.level).max();
        // It fails only when the subscriber is gone, and then there is nothing to filter.
        let _ = self.filter.reload(most.map_or_else(|| Targets::new().with_default(LevelFilter::OFF), level::at));
    }
}

impl LogLines {
    /// The next line with its line feed; `None` when the log has ended.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.lines.poll_recv(context)
    }
}

impl Drop for LogLines {
    fn drop(&mut self) {
        self.tap.readers.list.write().retain(|reader| reader.id != self.id);
        self.tap.adjust();
    }
}

impl<S: Subscriber> Layer<S> for TapLayer {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let (level, module) = (*event.metadata().level(), module(event.metadata().target()));
        let now = SystemTime::now();
        for reader in self.0.list.read().iter().filter(|reader| level <= reader.level) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            reader.send(|| reader.form.line(now, level, module, fields));
        }
    }
}

impl Reader {
    /// Hands on a line if there is room for it and, before that, for what is to be said of lost ones.
    fn send(&self, line: impl FnOnce() -> String) {
        let lost = self.lost.load(Ordering::Relaxed);
        if self.lines.capacity() <= usize::from(lost > 0) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if lost > 0 {
            let fields =
                Fields { message: "lines were lost, since they were not read fast enough".to_owned(), pairs: vec![("count", lost.into())] };
            if self.lines.try_send(self.form.line(SystemTime::now(), Level::WARN, "telemetry", fields)).is_ok() {
                self.lost.fetch_sub(lost, Ordering::Relaxed);
            }
        }
        if self.lines.try_send(line()).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}
