//! What the register is told once.

use std::ops::RangeInclusive;
use std::time::Duration;

/// How a node keeps its services and checks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a check whose output alone changed may wait to be written (`check_update_interval`).
    pub check_update_interval: Duration,
    /// Keep no output at all (`discard_check_output`).
    pub discard_output: bool,
    /// How many bytes of an output are kept (`check_output_max_size`).
    pub output_max: usize,
    /// Whose commands may be run.
    pub scripts: Scripts,
    /// Ports for sidecars that name none (`ports.sidecar_min_port`, `sidecar_max_port`).
    pub sidecar_ports: RangeInclusive<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            check_update_interval: Duration::from_secs(300),
            discard_output: false,
            output_max: 4096,
            scripts: Scripts::Nobody,
            sidecar_ports: 21000..=21255,
        }
    }
}

/// Whose commands may be run as checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scripts {
    /// Nobody's.
    #[default]
    Nobody,
    /// Those of configuration files (`enable_local_script_checks`).
    OfFiles,
    /// Everybody's (`enable_script_checks`).
    OfAll,
}

/// Where a definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Configuration files: read anew at each start and reload.
    Files,
    /// The HTTP API: kept on disk.
    Api,
}
