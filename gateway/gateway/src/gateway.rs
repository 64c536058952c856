//! The gateway: bind first, run later.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ca::spiffe::DcName;
use ca::tls::Keychain;
use lan::{Lan, LanConfig, LanHandle};
use link::{Link, LinkConfig};
use members::{Keyring, Me};
use node::{Identity, Kind, Tags, Trust};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::announce::{Following, Own};
use crate::counters::Counters;
use crate::federation::{Federation, publish, watch_paths};
use crate::inbound::Inbound;
use crate::lan_watch::LanWatch;
use crate::locals::Locals;
use crate::relay::{Flights, Relay};
use crate::trust::{Certifier, Door, Identities, LinkTls, Secret, Standing};
use crate::wan::{Joining, WAN_TAG, Wan};
use crate::{Embedded, GatewaySettings, Handle, rpc_port};

/// A gateway with its ports. Nothing happens until [`run`](Self::run).
pub struct Gateway {
    settings: GatewaySettings,
    identity: Arc<Identity>,
    lan: Option<Lan>,
    link: Link,
    inbound: link::Inbound,
    listener: TcpListener,
    trust: Arc<Trust>,
    wan: Wan,
    own: Arc<Own>,
    locals: Arc<Locals>,
    identities: Arc<Identities>,
    views: watch::Sender<Bytes>,
    handle: Handle,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The datacenter's name, or the primary's, cannot stand in a certificate.
    #[error("datacenter name: {0}")]
    Datacenter(String),
    /// The data directory cannot be used.
    #[error(transparent)]
    Identity(#[from] node::IdentityError),
    /// There is no TLS.
    #[error(transparent)]
    Trust(#[from] node::TrustError),
    /// The RPC port is taken, or the address is not ours.
    #[error("failed to listen for calls on {addr}: {source}")]
    Rpc {
        /// What was asked for.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The LAN pool.
    #[error(transparent)]
    Lan(#[from] lan::BindError),
    /// The WAN port.
    #[error(transparent)]
    Link(#[from] link::BindError),
    /// Our name in the WAN pool.
    #[error(transparent)]
    Wan(#[from] members::DetailsError),
    /// `0.0.0.0` or `[::]` is nowhere other datacenters could send to.
    #[error("the WAN needs an advertise address, {0} is none")]
    Advertise(IpAddr),
    /// The gossip key.
    #[error("gossip key: {0}")]
    Key(String),
}

impl Gateway {
    /// Takes all ports, reads or makes the identity, and enters nothing yet.
    ///
    /// # Errors
    /// [`BindError`]; of what was done only files in the data directory stay.
    pub async fn bind(settings: GatewaySettings) -> Result<Self, BindError> {
        let identity = Arc::new(Identity::open(settings.data_dir.as_deref(), settings.node_id.as_deref())?);
        let (dc, domain) = (&settings.datacenter, &settings.domain);
        let trust = Arc::new(Trust::open(&identity, dc, domain)?.configured(settings.internal_rpc.as_ref(), dc, domain)?);
        let ground = Ground::bind(&settings, &trust, Arc::clone(&trust.keys)).await?;
        let lan = Lan::bind(lan_config(&settings, &identity, &trust, &ground)?).await?;
        let handle = lan.handle();
        Self::assemble(settings, identity, trust, ground, Some(lan), handle)
    }

    /// The same within a server: the LAN pool, the trust and the identity are the server's. The server says in its tags where this
    /// gateway takes calls ([`Handle::rpc_addr`]).
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub async fn embed(settings: GatewaySettings, server: Embedded) -> Result<Self, BindError> {
        let keys = Arc::new(Keychain::new(server.trust.node.current()));
        let ground = Ground::bind(&settings, &server.trust, keys).await?;
        Self::assemble(settings, server.identity, server.trust, ground, None, server.lan)
    }

    fn assemble(
        settings: GatewaySettings,
        identity: Arc<Identity>,
        trust: Arc<Trust>,
        ground: Ground,
        lan: Option<Lan>,
        lan_handle: LanHandle,
    ) -> Result<Self, BindError> {
        let embedded = lan.is_none();
        let rpc_addr = SocketAddr::new(lan_handle.advertised().ip(), ground.rpc_port);
        let me = wan_me(&settings, &identity, &trust, &ground);
        let Ground { keys, tls, link, inbound, listener, .. } = ground;
        let counters = Arc::new(Counters::default());
        let (wan, wan_handle) = Wan::new(settings.wan.clone(), me, link.handle(), Arc::clone(&counters))?;
        let federation = Federation::new(&settings.datacenter, &settings.wan_name());
        let federation = Arc::new(federation.map_err(|error| BindError::Datacenter(error.to_string()))?);
        let locals = Arc::new(Locals::new(Arc::clone(&trust)));
        let relay = Arc::new(Relay {
            here: settings.datacenter.clone(),
            locals: Arc::clone(&locals),
            federation: Arc::clone(&federation),
            link: link.handle(),
            flights: Flights::new(&settings.limits),
            counters: Arc::clone(&counters),
            tracer: settings.tracer.clone(),
        });
        let certifier = Arc::new(Certifier {
            dc: datacenter(&settings.datacenter)?,
            primary: datacenter(&settings.primary_datacenter)?,
            node: settings.node_name.clone(),
            identity: Arc::clone(&identity),
            trust: Arc::clone(&trust),
            keys,
            embedded,
            tls: Arc::clone(&tls),
            link: link.handle(),
            relay: Arc::clone(&relay),
            secret: Secret::new(settings.encrypt.as_ref(), settings.dev).map_err(|error| BindError::Key(error.to_string()))?,
            retry_join_wan: settings.retry_join_wan.clone(),
            counters,
            standing: watch::Sender::new(standing(&trust, embedded)),
        });
        let views = watch::Sender::new(Bytes::new());
        let (views_seen, known) = (views.subscribe(), Arc::clone(&trust));
        let handle = Handle { federation, relay, certifier, wan: wan_handle, lan: lan_handle, views: views_seen, rpc_addr, trust: known };
        Ok(Self {
            settings,
            identity,
            lan,
            link,
            inbound,
            listener,
            trust,
            wan,
            own: Arc::new(Own::new(rand::random())),
            locals,
            identities: Arc::new(Identities::new(tls)),
            views,
            handle,
        })
    }

    /// To speak with the gateway, before and while it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until `stop`. Then no call is taken any more, those under way may end within [`Limits::drain`](crate::Limits), and the
    /// pools are left suddenly, as in a crash: call [`Handle::leave`] before to leave them in good order.
    pub async fn run(self, stop: CancellationToken) {
        let Self { settings, identity, lan, link, inbound, listener, trust, wan, own, locals, identities, views, handle } = self;
        // What the edges stand on ends after them.
        let end = CancellationToken::new();
        let base = TaskTracker::new();
        if let Some(lan) = lan {
            base.spawn(lan.run(end.clone()));
            base.spawn(join_lan(handle.lan.clone(), settings.retry_join.clone(), end.clone()));
        }
        let pins = (!handle.certifier.embedded).then(|| Arc::clone(&trust));
        let lan_watch = LanWatch { locals, own: Arc::clone(&own), pins, identity, wan: handle.wan.clone() };
        base.spawn(lan_watch.run(handle.lan.clone(), end.clone()));
        base.spawn(wan.run(inbound.gossip, Arc::clone(&identities), end.clone()));
        base.spawn(publish(Arc::clone(&handle.federation), views, end.clone()));
        base.spawn(watch_paths(Arc::clone(&handle.federation), handle.relay.link.clone(), handle.wan.clone(), end.clone()));
        base.spawn(Arc::clone(&handle.certifier).run(end.clone()));
        base.spawn(Door { certifier: Arc::clone(&handle.certifier) }.run(inbound.joins, end.clone()));
        let joining = Joining { wan: handle.wan.clone(), certifier: Arc::clone(&handle.certifier) };
        base.spawn(joining.clone().run(settings.retry_join_wan.clone(), end.clone()));
        base.spawn(joining.meet_neighbours(settings.datacenter.clone(), handle.lan.members(), end.clone()));
        let following = Following {
            here: settings.datacenter.clone(),
            link: handle.relay.link.clone(),
            federation: Arc::clone(&handle.federation),
            wan: handle.wan.clone(),
            counters: Arc::clone(&handle.relay.counters),
        };
        // Its questions stay open for a minute, and must not hold up a stop.
        base.spawn(following.run(handle.wan.members(), stop.clone()));
        let calls = Inbound { relay: Arc::clone(&handle.relay), own, identities };
        base.spawn(calls.run(inbound.calls, end.clone()));
        base.close();

        let services = rpc_port::services(Arc::clone(&handle.relay), Arc::clone(&trust), handle.views.clone());
        let rpc = wire::serve(listener, Some(trust.rpc.server()), services, settings.limits.rpc, stop.clone().cancelled_owned());
        tokio::join!(rpc, link.run(stop));
        end.cancel();
        base.wait().await;
    }
}

/// The ports that every gateway has of its own, and their TLS.
struct Ground {
    keys: Arc<Keychain>,
    tls: Arc<LinkTls>,
    link: Link,
    inbound: link::Inbound,
    listener: TcpListener,
    rpc_port: u16,
    /// Where other gateways are told to reach us.
    wan_addr: SocketAddr,
}

impl Ground {
    /// Shows `keys` to other gateways.
    async fn bind(settings: &GatewaySettings, trust: &Trust, keys: Arc<Keychain>) -> Result<Self, BindError> {
        let ip = settings.advertise_wan.or(settings.advertise).unwrap_or(settings.bind);
        if ip.is_unspecified() {
            return Err(BindError::Advertise(ip));
        }
        let rpc = SocketAddr::new(settings.bind, settings.ports.rpc);
        let failed = |source| BindError::Rpc { addr: rpc, source };
        let listener = TcpListener::bind(rpc).await.map_err(failed)?;
        let rpc_port = listener.local_addr().map_err(failed)?.port();
        let tls = Arc::new(LinkTls::new(trust, Arc::clone(&keys)));
        let config = LinkConfig {
            limits: settings.limits.link,
            drain: settings.limits.drain,
            ..LinkConfig::new(SocketAddr::new(settings.bind, settings.ports.serf_wan), tls.clone())
        };
        let (link, inbound) = Link::bind(config).await?;
        let wan_addr = SocketAddr::new(ip, link.local_addr().port());
        Ok(Self { keys, tls, link, inbound, listener, rpc_port, wan_addr })
    }
}

/// Joins the LAN pool, quickly at first.
async fn join_lan(lan: LanHandle, addrs: Vec<String>, stop: CancellationToken) {
    if addrs.is_empty() {
        return;
    }
    let mut backoff = crate::backoff::Backoff::new(Duration::from_millis(50), Duration::from_secs(30));
    let joined = async {
        while let Err(error) = lan.join(&addrs).await {
            let pause = backoff.next(rand::random());
            tracing::warn!(%error, retry_in = ?pause, "cannot join the LAN");
            tokio::time::sleep(pause).await;
        }
    };
    let _stopped = stop.run_until_cancelled(joined).await;
}

fn lan_config(settings: &GatewaySettings, identity: &Identity, trust: &Trust, ground: &Ground) -> Result<LanConfig, BindError> {
    let keyring = Keyring::new(settings.encrypt.clone()).map_err(|error| BindError::Key(error.to_string()))?;
    let mut tags = tags(settings, identity, ground.rpc_port);
    tags.insert(WAN_TAG.to_owned(), ground.wan_addr.to_string());
    let me = Me {
        name: settings.node_name.clone(),
        addr: SocketAddr::new(settings.bind, 0),
        generation: identity.generation,
        tags,
        spki: trust.pin(),
    };
    let encrypted = settings.encrypt.is_some();
    Ok(LanConfig {
        bind: SocketAddr::new(settings.bind, settings.ports.serf_lan),
        advertise: settings.advertise.map(|ip| SocketAddr::new(ip, 0)),
        members: settings.lan.clone(),
        me,
        keyring,
        keyring_file: settings.data_dir.as_deref().filter(|_| encrypted).map(lan::KeyringFile::local),
        join_port: 8301,
    })
}

fn wan_me(settings: &GatewaySettings, identity: &Identity, trust: &Trust, ground: &Ground) -> Me {
    Me {
        name: settings.wan_name(),
        addr: ground.wan_addr,
        generation: identity.generation,
        tags: tags(settings, identity, ground.rpc_port),
        spki: trust.pin(),
    }
}

fn tags(settings: &GatewaySettings, identity: &Identity, rpc_port: u16) -> std::collections::BTreeMap<String, String> {
    let tags = Tags {
        datacenter: settings.datacenter.clone(),
        node_id: identity.node_id.clone(),
        kind: Kind::Gateway,
        rpc_port: Some(rpc_port),
        server: None,
    };
    tags.to_map()
}

/// How far the last run was.
fn standing(trust: &Trust, embedded: bool) -> Standing {
    match trust.certificates() {
        // Not the server's certificate, which a gateway within it does not show to others.
        Some(last) if !embedded => Standing::Certified { trust_domain: last.trust_domain, epoch: last.epoch },
        _ => Standing::Waiting { why: String::new() },
    }
}

fn datacenter(name: &str) -> Result<DcName, BindError> {
    name.parse().map_err(|error: ca::spiffe::InvalidName| BindError::Datacenter(error.to_string()))
}
