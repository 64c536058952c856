//! Script checks.

use std::ffi::OsString;
use std::time::Duration;

use api::http::duration;

use super::process;
use crate::outcome::Outcome;
use crate::{Script, Status};

/// Runs the script and takes its word.
pub(crate) async fn run(script: &Script, environment: &[(OsString, OsString)], timeout: Duration, output_max: usize) -> Outcome {
    let Some((program, args)) = script.args.split_first() else {
        return Outcome::critical("Script check has no Args");
    };
    match process::run(program.as_ref(), args, environment, timeout, output_max).await {
        Err(error) => Outcome::critical(error),
        Ok(ended) if ended.timed_out => {
            Outcome::critical(format!("Timed out ({}) running check\n\n{}", duration::format(timeout), ended.output.text_with_count()))
        }
        Ok(ended) => {
            let status = match ended.code {
                Some(0) => Status::Passing,
                Some(1) => Status::Warning,
                _ => Status::Critical,
            };
            Outcome { status, output: ended.output.text_with_count() }
        }
    }
}
