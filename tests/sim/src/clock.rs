//! Clocks.

use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Virtual time per turn of [`paced_time`], and the real time it takes.
const STEP: Duration = Duration::from_millis(5);
const REAL: Duration = Duration::from_micros(500);

/// Runs a story on one thread, on a clock that jumps to the next timer whenever everyone waits.
pub fn virtual_time<T>(story: impl Future<Output = T>) -> T {
    paused().block_on(story)
}

/// Runs a story on one thread, on a clock of our own that does not jump: other threads get real time to do their part.
pub fn paced_time<T>(story: impl Future<Output = T>) -> T {
    paused().block_on(async {
        let pace = async {
            loop {
                // Blocks all tasks, as a busy processor would. It is what keeps the runtime from running out of work, and so from jumping.
                std::thread::sleep(REAL);
                tokio::time::advance(STEP).await;
            }
        };
        tokio::select! {
            biased;
            told = story => told,
            () = pace => unreachable!("the clock never stops"),
        }
    })
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}
