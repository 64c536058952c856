//! The loop of a watch.

use crate::{Answer, Delivery, Plan, Progress};
use std::fmt::Display;
use std::ops::ControlFlow;
use std::time::Duration;

/// Asks for `plan` again and again: `ask` gets the index to wait behind. What is new goes to `deliver`, one delivery after the other,
/// until that breaks off. `failed` hears of each failure and of the time until the next try.
pub async fn follow<E, A, D, T>(
    plan: &Plan,
    mut ask: impl FnMut(Option<u64>) -> A,
    mut deliver: impl FnMut(Delivery) -> D,
    mut failed: impl FnMut(&dyn Display, Duration),
) -> T
where
    E: Display,
    A: Future<Output = Result<Answer, E>>,
    D: Future<Output = ControlFlow<T>>,
{
    let mut progress = Progress::default();
    loop {
        let outcome = match ask(progress.index()).await {
            Ok(answer) => progress.answered(plan, &answer).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(delivery)) => {
                if let ControlFlow::Break(end) = deliver(delivery).await {
                    return end;
                }
            }
            Err(error) => {
                let wait = progress.failed();
                failed(&error, wait);
                tokio::time::sleep(wait).await;
            }
        }
    }
}
