//! A configuration read anew while its process runs.
//!
//! Of what the files say now, the keys that the schema calls live are taken; all others stay as they were when the process started. A
//! key that stayed is told, if it makes a difference.

use crate::agent::Merged;
use crate::gateway::MergedGateway;
use crate::reader::Findings;
use crate::schema::{AGENT, Field, GATEWAY, is_live};
use crate::settings::{Located, Settings};
use crate::{Config, GatewayConfig, Host, Inputs, Invalid, Source};

/// What a process is to run by from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reloaded<C> {
    /// Live keys as they are now, the others as they were at the start; with the warnings of what the files say now.
    pub config: C,
    /// Keys that would be others after a restart, in their order, each with where it stands now: `a.hcl:3:1: ports.http`.
    pub kept: Vec<String>,
}

/// Reads `files` for the agent that was started with `started`.
///
/// # Errors
/// Every mistake in the files, or in what of them would be taken: then nothing is.
pub fn reload(started: &Inputs, files: Vec<Source>) -> Result<Reloaded<Config>, Invalid> {
    let fresh = Inputs { files, ..started.clone() };
    let (before, now) = (Merged::of(started), Merged::of(&fresh));
    let settings = now.settings.clone();
    let whole = now.resolve(&fresh)?;
    let resolve = |settings| Merged { settings, found: Findings::default(), complete: true }.resolve(&fresh);
    let bare = |config| Config { warnings: Vec::new(), ..config };
    let (config, kept) = take(AGENT, &before.settings, &settings, |settings| resolve(settings).map(bare))?;
    Ok(Reloaded { config: Config { warnings: whole.warnings, ..config }, kept })
}

/// The same for the gateway that was started with `started`.
///
/// # Errors
/// Those of [`reload`].
pub fn reload_gateway(started: &[Source], files: &[Source], host: &Host) -> Result<Reloaded<GatewayConfig>, Invalid> {
    let (before, now) = (MergedGateway::of(started), MergedGateway::of(files));
    let settings = now.settings.clone();
    let whole = now.resolve(host)?;
    let resolve = |settings| MergedGateway { settings, found: Findings::default(), complete: true }.resolve(host);
    let bare = |config| GatewayConfig { warnings: Vec::new(), ..config };
    let (config, kept) = take(GATEWAY, &before.settings, &settings, |settings| resolve(settings).map(bare))?;
    Ok(Reloaded { config: GatewayConfig { warnings: whole.warnings, ..config }, kept })
}

/// What `resolve` makes of live keys from `now` and the others from `before`, and the keys of `now` that would change it.
fn take<C: PartialEq>(
    fields: &[Field],
    before: &Settings,
    now: &Settings,
    resolve: impl Fn(Settings) -> Result<C, Invalid>,
) -> Result<(C, Vec<String>), Invalid> {
    let value = |settings: &Settings, key: &str| settings.get(key).map(|located| located.value.clone());
    let differs = |key: &&str| value(before, key) != value(now, key);
    let mut changed: Vec<&str> = before.iter().chain(now.iter()).map(|(key, _)| key).filter(differs).collect();
    changed.sort_unstable();
    changed.dedup();
    let (live, fixed): (Vec<&str>, Vec<&str>) = changed.into_iter().partition(|key| is_live(fields, key));
    let mixed = live.iter().fold(before.clone(), |mixed, key| mixed.with_key_of(key, now));
    let config = resolve(mixed.clone())?;
    // One that says in other words what holds already is not worth a word.
    let matters = |key: &&str| resolve(mixed.clone().with_key_of(key, now)).map_or(true, |other| other != config);
    let told = |key: &str| match now.get(key) {
        Some(Located { origin, .. }) => format!("{origin}: {key}"),
        None => key.to_owned(),
    };
    let kept = fixed.into_iter().filter(matters).map(told).collect();
    Ok((config, kept))
}
