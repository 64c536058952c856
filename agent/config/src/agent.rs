//! Sources in, the agent's configuration out.

use hcl::Format;

use crate::reader::{Context, Findings};
use crate::schema::AGENT;
use crate::settings::Settings;
use crate::sources::{add_source, settle};
use crate::{
    Acl, Addresses, Autopilot, Dns, Flags, Gossip, Host, Http, Invalid, Join, Limits, Local, Log, Node, Performance, Ports, Raft, Source,
    Telemetry, Tls, Watch, acl, addresses, autopilot, dns, gossip, http, join, limits, local, log, node, performance, ports, raft,
    telemetry, tls, watches,
};

/// Everything a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The command line.
    pub flags: Flags,
    /// The files that the command line names, in its order; see [`crate::load::named`].
    pub files: Vec<Source>,
    /// The machine.
    pub host: Host,
}

/// The agent's configuration, one part per subsystem.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Identity and role.
    pub node: Node,
    /// Where to listen, what to advertise.
    pub addresses: Addresses,
    /// Ports by protocol.
    pub ports: Ports,
    /// Whom to join, when to leave.
    pub join: Join,
    /// Gossip key and pace.
    pub gossip: Gossip,
    /// Limits on clients.
    pub limits: Limits,
    /// Speed against patience.
    pub performance: Performance,
    /// The consensus log.
    pub raft: Raft,
    /// Care for servers.
    pub autopilot: Autopilot,
    /// Certificates and demands.
    pub tls: Tls,
    /// The HTTP API.
    pub http: Http,
    /// The DNS interface.
    pub dns: Dns,
    /// Metrics and traces.
    pub telemetry: Telemetry,
    /// The log.
    pub log: Log,
    /// Access control.
    pub acl: Acl,
    /// What to watch.
    pub watches: Vec<Watch>,
    /// Services and checks of the node.
    pub local: Local,
    /// What the operator should know, each once.
    pub warnings: Vec<String>,
}

/// Merges the sources in Consul's order (dev defaults, lists of flags, files, other flags, `-hcl`
/// fragments) and resolves them.
///
/// # Errors
/// Every mistake in any source and in the whole.
pub fn resolve(inputs: &Inputs) -> Result<Config, Invalid> {
    Merged::of(inputs).resolve(inputs)
}

/// What all sources together set.
pub(crate) struct Merged {
    pub(crate) settings: Settings,
    pub(crate) found: Findings,
    /// False when a source could not be read.
    pub(crate) complete: bool,
}

impl Merged {
    pub(crate) fn of(inputs: &Inputs) -> Self {
        let mut found = Findings::default();
        let mut complete = true;
        let mut settings = Settings::default();
        let mut add = |settings: &mut Settings, source: &Source| {
            complete &= add_source(settings, source, AGENT, &mut found);
        };
        if inputs.flags.dev {
            add(&mut settings, &dev_defaults());
        }
        let mut flags = inputs.flags.settings.clone();
        settings.merge(flags.split_lists());
        for file in &inputs.files {
            add(&mut settings, file);
        }
        settings.merge(flags);
        for fragment in &inputs.flags.fragments {
            add(&mut settings, fragment);
        }
        found.warnings.extend(inputs.flags.warnings.iter().cloned());
        Self { settings, found, complete }
    }

    /// Definitions and watches are those of `inputs`, the rest is as it was merged.
    ///
    /// # Errors
    /// Every mistake.
    pub(crate) fn resolve(self, inputs: &Inputs) -> Result<Config, Invalid> {
        let Self { settings, mut found, complete } = self;
        let context = Context { settings: &settings, host: &inputs.host, dev: inputs.flags.dev, complete };
        let sources: Vec<&Source> = inputs.files.iter().chain(&inputs.flags.fragments).collect();
        let mut config = resolve_parts(&context, &sources, &mut found);
        config.watches = found.keep(watches::resolve(&[inputs.files.as_slice(), inputs.flags.fragments.as_slice()].concat()));
        config.warnings = settle(found)?;
        Ok(config)
    }
}

fn resolve_parts(context: &Context<'_>, sources: &[&Source], found: &mut Findings) -> Config {
    let ports = found.keep(ports::resolve(context));
    Config {
        node: found.keep(node::resolve(context)),
        addresses: found.keep(addresses::resolve(context, &ports)),
        ports,
        join: found.keep(join::resolve(context)),
        gossip: found.keep(gossip::resolve(context)),
        limits: found.keep(limits::resolve(context)),
        performance: found.keep(performance::resolve(context)),
        raft: found.keep(raft::resolve(context)),
        autopilot: found.keep(autopilot::resolve(context)),
        tls: found.keep(tls::resolve(context)),
        http: found.keep(http::resolve(context)),
        dns: found.keep(dns::resolve(context)),
        telemetry: found.keep(telemetry::resolve(context)),
        log: found.keep(log::resolve(context)),
        acl: found.keep(acl::resolve(context)),
        watches: Vec::new(),
        local: found.keep(local::resolve(context, sources)),
        warnings: Vec::new(),
    }
}

fn dev_defaults() -> Source {
    Source { name: "dev".to_owned(), text: include_str!("dev.hcl").to_owned(), format: Format::Hcl }
}
