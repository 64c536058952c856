//! Reading the configuration anew.

use crate::{agent, definitions, logs};
use config::{Config, Flags};
use telemetry::LevelSwitch;

/// Where the configuration came from, and what of the process can change while it runs.
pub(crate) struct Reloader {
    pub(crate) flags: Flags,
    pub(crate) level: LevelSwitch,
}

impl Reloader {
    fn configuration(&self) -> anyhow::Result<(Config, services::Settings)> {
        let config = agent::resolve(self.flags.clone())?;
        let services = definitions::services(&config)?;
        Ok((config, services))
    }
}

impl desk::Reload for Reloader {
    fn read(&self) -> Result<services::Settings, String> {
        let (config, services) = self.configuration().map_err(|error| format!("{error:#}"))?;
        for warning in &config.warnings {
            tracing::warn!(target: "agent", "{warning}");
        }
        self.level.set(logs::level(config.log.level));
        tracing::info!(target: "agent", "configuration read anew");
        Ok(services)
    }
}
