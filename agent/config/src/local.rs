//! This node's services and checks, and how checks are kept.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::reader::{Context, Findings, Reader};
use crate::registration::definitions;
use crate::{Origin, Source};

/// Services and checks from files.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// The services, as bodies of `/v1/agent/service/register`.
    pub services: Vec<Definition>,
    /// The checks besides, as bodies of `/v1/agent/check/register`.
    pub checks: Vec<Definition>,
    /// How long a check whose output alone changed may wait to be written.
    pub check_update_interval: Duration,
    /// How many bytes of a check's output are kept.
    pub check_output_max_size: usize,
    /// Whether no output is kept at all.
    pub discard_check_output: bool,
    /// Where HTTP checks may be sent on to.
    pub check_redirects: CheckRedirects,
    /// Whether checks speak TLS as agents do among themselves: with their certificate, to whom they trust.
    pub enable_agent_tls_for_checks: bool,
    /// Whether commands may be run as checks, also those that come over the API.
    pub enable_script_checks: bool,
    /// Whether those in files may.
    pub enable_local_script_checks: bool,
    /// First port for sidecars that name none.
    pub sidecar_min_port: u16,
    /// Last port for them; below the first: none is given out.
    pub sidecar_max_port: u16,
}

/// Where HTTP checks may be sent on to by those whom they ask: a key of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckRedirects {
    /// Anywhere, as with Consul.
    Anywhere,
    /// Within the host and port that was asked, and from its usual port of HTTP to that of HTTPS.
    SameHost,
    /// Nowhere, unless the operator says so: a redirect has the agent ask hosts that only it reaches (CVE-2022-29153).
    Never,
}

/// A service or a check. It may hold a token: `Debug` hides it.
#[derive(Clone, PartialEq)]
pub struct Definition {
    /// Where it stands.
    pub origin: Origin,
    /// The body with which it would be registered.
    pub body: Value,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |key: &str| self.body.get(key).and_then(Value::as_str).unwrap_or("");
        write!(f, "Definition({:?}, ...)", name("Name"))
    }
}

/// `sources` are those that `context` was made of.
pub(crate) fn resolve(context: &Context<'_>, sources: &[&Source]) -> (Local, Findings) {
    let mut read = Reader::new(context);
    let defined = ["services", "service", "checks", "check"].map(|key| read.is_set(key)).contains(&true);
    let (services, checks) = if defined { definitions(sources) } else { Default::default() };
    let redirects = [("anywhere", CheckRedirects::Anywhere), ("same_host", CheckRedirects::SameHost), ("never", CheckRedirects::Never)];
    let local = Local {
        services,
        checks,
        check_update_interval: read.duration("check_update_interval", Duration::from_secs(300)),
        check_output_max_size: read.positive("check_output_max_size", 4096),
        discard_check_output: read.is("discard_check_output"),
        check_redirects: read.choice("check_redirects", &redirects, CheckRedirects::Never),
        enable_agent_tls_for_checks: read.is("enable_agent_tls_for_checks"),
        enable_script_checks: read.is("enable_script_checks"),
        enable_local_script_checks: read.is("enable_local_script_checks"),
        sidecar_min_port: read.count("ports.sidecar_min_port", 21000),
        sidecar_max_port: read.count("ports.sidecar_max_port", 21255),
    };
    if local.enable_script_checks && read.strings("http_config.allow_write_http_from").is_empty() {
        read.warn(
            "enable_script_checks without http_config.allow_write_http_from is DANGEROUS: whoever reaches the HTTP API has this node run \
             any command. Use enable_local_script_checks instead",
        );
    }
    (local, read.finish())
}
