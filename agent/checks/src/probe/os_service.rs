//! Checks of systemd's units.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::process;
use crate::OsService;
use crate::outcome::Outcome;

/// A state is one word; systemd's complaints are a line.
const OUTPUT_MAX: usize = 1024;

/// Asks systemd, by its own program: the bus would take a library to do the same.
pub(crate) async fn run(service: &OsService, systemctl: &Path, environment: &[(OsString, OsString)], timeout: Duration) -> Outcome {
    let args = ["is-active".to_owned(), "--".to_owned(), service.name.clone()];
    let ended = match process::run(systemctl.as_os_str(), &args, environment, timeout, OUTPUT_MAX).await {
        Ok(ended) => ended,
        Err(error) => return Outcome::critical(error),
    };
    if ended.timed_out {
        return Outcome::critical(format!("Timed out asking systemd for \"{}\"", service.name));
    }
    judge(&service.name, ended.output.text().trim())
}

fn judge(name: &str, state: &str) -> Outcome {
    let output = format!("OS service \"{name}\" is {state}");
    match state {
        "active" => Outcome::passing(output),
        "activating" | "reloading" | "refreshing" | "deactivating" | "maintenance" => Outcome::warning(output),
        _ => Outcome::critical(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_judged() {
        assert_eq!(judge("nginx", "active"), Outcome::passing("OS service \"nginx\" is active"));
        assert_eq!(judge("nginx", "reloading"), Outcome::warning("OS service \"nginx\" is reloading"));
        for state in ["inactive", "failed", "unknown", ""] {
            assert_eq!(judge("nginx", state), Outcome::critical(format!("OS service \"nginx\" is {state}")));
        }
    }
}
