//! An agent's place in the LAN pool: taken, shown, kept; and the keys that gossip pins there.

use crate::AgentSettings;
use dispatch::{Dispatcher, Log, Peers};
use lan::{JoinError, KeyringFile, Lan, LanConfig, LanHandle};
use members::{Keyring, Me};
use node::{Identity, Tags, Trust};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Why an agent has no place in the pool.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The port.
    #[error(transparent)]
    Lan(#[from] lan::BindError),
    /// The gossip key.
    #[error(transparent)]
    Keyring(#[from] members::KeyringError),
}

/// Takes the port of LAN gossip.
///
/// # Errors
/// When it cannot be had, or the gossip key cannot be used.
pub async fn bind(settings: &AgentSettings, identity: &Identity, trust: &Trust, tags: &Tags) -> Result<Lan, BindError> {
    let keyring = Keyring::new(settings.encrypt.clone())?;
    let keyring_file = settings.data_dir.as_ref().filter(|_| settings.keyring_file).map(|dir| KeyringFile::local(dir));
    let config = LanConfig {
        bind: SocketAddr::new(settings.bind, settings.lan_port),
        advertise: Some(SocketAddr::new(settings.advertise, 0)),
        members: members::Config { pool: format!("lan:{}", settings.datacenter), ..settings.gossip.clone() },
        me: Me {
            name: settings.node_name.clone(),
            addr: SocketAddr::new(settings.advertise, settings.lan_port),
            generation: identity.generation,
            tags: tags.to_map(),
            spki: trust.pin(),
        },
        keyring,
        keyring_file,
        join_port: if settings.lan_port == 0 { 8301 } else { settings.lan_port },
    };
    Ok(Lan::bind(config).await?)
}

/// An agent, as far as taking part in the pool goes.
pub struct Agent<'a, L, P> {
    /// What it is told.
    pub settings: &'a AgentSettings,
    /// Who it is: its generation is remembered there.
    pub identity: &'a Arc<Identity>,
    /// Where the members' keys are pinned.
    pub trust: &'a Arc<Trust>,
    /// How it tells the servers where it lies in the network.
    pub waist: &'a Arc<Dispatcher<L, P>>,
}

/// Takes part in the pool until `core`; until `duties` it joins whom it is told to, and says where it lies. Tells why, when joining is
/// given up.
pub fn start<L: Log, P: Peers>(
    lan: Lan,
    agent: &Agent<'_, L, P>,
    tasks: &TaskTracker,
    core: &CancellationToken,
    duties: &CancellationToken,
) -> mpsc::Receiver<String> {
    let Agent { settings, identity, trust, waist } = *agent;
    let handle = lan.handle();
    tasks.spawn(lan.run(core.clone()));
    tasks.spawn(pin(handle.clone(), Arc::clone(trust), core.clone()));
    tasks.spawn(keep_generation(handle.clone(), Arc::clone(identity), core.clone()));
    if settings.coordinates {
        let name = settings.node_name.clone();
        tasks.spawn(node::report_coordinates(Arc::clone(waist), handle.clone(), name, duties.clone()));
    }
    let (failing, failed) = mpsc::channel(1);
    let joining = join(handle, settings.retry_join.clone(), settings.retry_interval, settings.retry_max, duties.clone());
    tasks.spawn(async move {
        if let Err(error) = joining.await {
            // Somebody else may have ended the agent by now.
            let _ = failing.send(error).await;
        }
    });
    failed
}

/// Pins the keys of whoever is in the pool, as soon as gossip tells of them.
async fn pin(lan: LanHandle, trust: Arc<Trust>, stop: CancellationToken) {
    let mut pool = lan.members();
    loop {
        trust.set_members(&pool.borrow_and_update());
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = pool.changed() => if changed.is_err() { return },
        }
    }
}

/// Remembers the generation that gossip gave this process, so that it comes back under a higher one.
async fn keep_generation(lan: LanHandle, identity: Arc<Identity>, stop: CancellationToken) {
    let mut generation = lan.generation();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = generation.changed() => if changed.is_err() { return },
        }
        let now = *generation.borrow_and_update();
        if let Err(error) = identity.persist(now) {
            tracing::error!(%error, "the gossip generation is not remembered");
        }
    }
}

/// Joins the pool through `addresses`, again and again until somebody else answers: at first at once, since whoever is started together
/// comes up together, later at `interval`.
///
/// # Errors
/// After `max` attempts, unless that is 0.
async fn join(lan: LanHandle, addresses: Vec<String>, interval: Duration, max: u32, stop: CancellationToken) -> Result<(), String> {
    if addresses.is_empty() {
        return Ok(());
    }
    let mut pause = Duration::from_millis(200).min(interval);
    let mut attempts = 0u32;
    loop {
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            outcome = lan.join(&addresses) => outcome,
        };
        // Its own address is usually among them, and answers; but it is no company.
        let alone = lan.members().borrow().iter().filter(|member| member.status.is_live()).count() < 2;
        match outcome {
            Ok(contacted) if !alone || addresses.len() == 1 => {
                tracing::info!(target: "serf", contacted, "joined the LAN pool");
                return Ok(());
            }
            Ok(_) => {}
            Err(JoinError::Stopped(_)) => return Ok(()),
            Err(error) => {
                attempts += 1;
                if max > 0 && attempts >= max {
                    return Err(format!("max join retry exhausted, exiting: {error}"));
                }
                if pause >= interval || attempts == 1 {
                    tracing::warn!(target: "serf", %error, retry_interval = ?pause, "join failed, will retry");
                }
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(interval);
    }
}
