//! Reading the configuration anew.

use crate::settings;
use config::Inputs;
use desk::Reread;

/// What the process was started with.
pub(crate) struct Reloader {
    pub(crate) started: Inputs,
    /// Whether RPC goes by certificates of the configuration: that cannot be switched while it runs.
    pub(crate) rpc_is_configured: bool,
}

impl Reloader {
    fn reread(&self) -> anyhow::Result<Reread> {
        let config::Reloaded { config, mut kept } = config::reload(&self.started, config::load::named(&self.started.flags)?)?;
        let mut now = settings::reloadable(&config)?;
        if now.internal_rpc.is_some() != self.rpc_is_configured {
            now.internal_rpc = None;
            kept.push("tls.internal_rpc".to_owned());
        }
        Ok(Reread { now, kept, warnings: config.warnings })
    }
}

impl desk::Reload for Reloader {
    fn read(&self) -> Result<Reread, String> {
        self.reread().map_err(|error| format!("{error:#}"))
    }
}
