//! What the operator says with signals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How the process was told to end.
#[derive(Clone, Default)]
pub(crate) struct Wish(Arc<AtomicBool>);

impl Wish {
    /// Whether it is to leave its datacenter rather than only stop.
    pub(crate) fn is_to_leave(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Waits for a signal, then cancels `stop`. A second one ends the process at once. `SIGHUP` goes to `hangups`, if anybody cares.
///
/// # Errors
/// When the system grants no signal handler.
pub(crate) fn watch(
    stop: CancellationToken,
    leave_on_interrupt: bool,
    leave_on_terminate: bool,
    hangups: Option<mpsc::Sender<()>>,
) -> std::io::Result<Wish> {
    let wish = Wish::default();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        // Whoever sends it means a reload; it must not mean the end.
        while hangup.recv().await.is_some() {
            match &hangups {
                // One that waits already will see what there is to see.
                Some(hangups) => drop(hangups.try_send(())),
                None => {
                    tracing::warn!(target: "agent", "caught SIGHUP: this process does not read its configuration anew; restart it instead")
                }
            }
        }
    });
    let wanted = wish.clone();
    tokio::spawn(async move {
        let (name, leave) = tokio::select! {
            _ = interrupt.recv() => ("interrupt", leave_on_interrupt),
            _ = terminate.recv() => ("terminated", leave_on_terminate),
        };
        tracing::info!(target: "agent", signal = name, leave, "caught signal");
        wanted.0.store(leave, Ordering::Release);
        stop.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::error!(target: "agent", "second signal: exiting at once");
        std::process::exit(1);
    });
    Ok(wish)
}
