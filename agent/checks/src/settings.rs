//! What holds for all checks of a node.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use ca::tls::Keychain;

use crate::Source;

/// See each field; the defaults run no script and verify with the system's authorities.
pub struct Settings {
    /// Of the jitter: agents with different seeds run the same checks at different times.
    pub seed: u64,
    /// How many checks there may be.
    pub max_checks: usize,
    /// How many probes of the network run at once.
    pub max_probes: usize,
    /// How many processes run at once.
    pub max_processes: usize,
    /// Whose scripts may run.
    pub scripts: Scripts,
    /// All that a script sees of variables; [`script_environment`] makes it of the agent's own.
    pub environment: Vec<(OsString, OsString)>,
    /// How the network is probed.
    pub probing: Probing,
    /// Where Docker listens, as its own tools are told (`DOCKER_HOST`); `None` for its usual socket.
    pub docker_host: Option<OsString>,
    /// The program that knows the state of systemd's units.
    pub systemctl: PathBuf,
}

/// How the network is probed. It may change while checks run.
#[derive(Clone, Default)]
pub struct Probing {
    /// Whom TLS checks trust.
    pub roots: Roots,
    /// What TLS checks show to who asks for a certificate (`enable_agent_tls_for_checks`).
    pub keys: Option<Arc<Keychain>>,
    /// The name that a certificate has to have where the check says none; empty means the host that is dialled.
    pub server_name: String,
    /// Where HTTP checks may be sent on to.
    pub redirects: Redirects,
}

/// Where HTTP checks may be sent on to by those whom they ask. A check that follows none follows none here either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// Anywhere: Consul's way, and a service's to have others asked that only this node reaches (CVE-2022-29153).
    Anywhere,
    /// To the host and port that was asked, or from `http` to `https` on the host, each at its usual port.
    SameHost,
    /// Nowhere.
    #[default]
    Never,
}

/// Whose scripts may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scripts {
    /// Nobody's.
    #[default]
    Off,
    /// Those of configuration files (`enable_local_script_checks`).
    Local,
    /// Everybody's, also those registered over HTTP (`enable_script_checks`).
    All,
}

/// Whom TLS checks trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The authorities that the system trusts.
    #[default]
    System,
    /// Those of this PEM bundle (`ca_file`, with `enable_agent_tls_for_checks`).
    Bundle(Vec<u8>),
}

impl Scripts {
    /// Whether a script of that source may run.
    #[must_use]
    pub const fn allow(self, source: Source) -> bool {
        match self {
            Self::Off => false,
            Self::Local => matches!(source, Source::Configuration),
            Self::All => true,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            max_checks: 10_000,
            max_probes: 256,
            max_processes: 32,
            scripts: Scripts::Off,
            environment: Vec::new(),
            probing: Probing::default(),
            docker_host: None,
            systemctl: PathBuf::from("systemctl"),
        }
    }
}

/// What of the agent's variables scripts may see: all but those whose names tell of secrets, such as `CONSUL_HTTP_TOKEN`.
#[must_use]
pub fn script_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    const SECRET: &[&str] = &["TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH", "KEY", "ENCRYPT", "COOKIE"];
    let public = |name: &OsString| {
        let name = name.to_string_lossy().to_ascii_uppercase();
        !SECRET.iter().any(|word| name.contains(word))
    };
    variables.into_iter().filter(|(name, _)| public(name)).collect()
}
