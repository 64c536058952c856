//! What an agent is told about services and checks, at its start and at each reload.

use api::Token;
use api::agent::Definitions;
use checks::Probing;

/// Services and checks of a configuration, and how they are kept.
#[derive(Clone, Default)]
pub struct Settings {
    /// How they are kept.
    pub local: local::Settings,
    /// What files define.
    pub definitions: Definitions,
    /// The agent's own token: for what was registered without one.
    pub token: Token,
    /// How checks probe the network.
    pub probing: Probing,
}
