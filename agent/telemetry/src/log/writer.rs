//! The one thread that writes lines.

use super::fields::Fields;
use super::{Form, Queue, RotatingFile};
use crate::Console;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;
use tracing::Level;

/// Takes lines from a queue, and writes them to the console and to a file.
pub(crate) struct Writer {
    console: Box<dyn Write + Send>,
    file: Option<RotatingFile>,
    form: Form,
    queue: Arc<Queue>,
    /// How many lost lines have been owned up to.
    dropped: u64,
    file_fails: bool,
}

impl Writer {
    pub(crate) fn new(console: Console, file: Option<RotatingFile>, form: Form, queue: Arc<Queue>) -> Self {
        let console: Box<dyn Write + Send> = match console {
            Console::Stdout => Box::new(io::stdout()),
            Console::Stderr => Box::new(io::stderr()),
            Console::To(writer) => writer,
        };
        Self { console, file, form, queue, dropped: 0, file_fails: false }
    }

    /// Starts the thread. It ends when the queue is closed and empty.
    pub(crate) fn start(self) -> io::Result<()> {
        std::thread::Builder::new().name("log".into()).spawn(move || self.run()).map(drop)
    }

    fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        while let Some(lines) = queue.take() {
            lines.iter().for_each(|line| self.write(line));
            let dropped = queue.dropped();
            if dropped > self.dropped {
                self.say(
                    Level::WARN,
                    "log lines were dropped, since the log could not be written fast enough",
                    ("count", (dropped - self.dropped).into()),
                );
                self.dropped = dropped;
            }
            // A console that is gone is no reason to stop: there may be a file.
            let _ = self.console.flush();
        }
    }

    fn write(&mut self, line: &str) {
        let _ = self.console.write_all(line.as_bytes());
        let Some(file) = &mut self.file else { return };
        let written = file.write(SystemTime::now(), line.as_bytes());
        match (written, self.file_fails) {
            (Ok(()), _) => self.file_fails = false,
            (Err(_), true) => {}
            (Err(error), false) => {
                // Said once, and only to the console, since the file would not take it.
                self.file_fails = true;
                let line = self.line(Level::ERROR, "cannot write the log file", ("error", error.to_string().into()));
                let _ = self.console.write_all(line.as_bytes());
            }
        }
    }

    fn say(&mut self, level: Level, message: &str, pair: (&'static str, serde_json::Value)) {
        let line = self.line(level, message, pair);
        self.write(&line);
    }

    fn line(&self, level: Level, message: &str, pair: (&'static str, serde_json::Value)) -> String {
        self.form.line(SystemTime::now(), level, "telemetry", Fields { message: message.to_owned(), pairs: vec![pair] })
    }
}
