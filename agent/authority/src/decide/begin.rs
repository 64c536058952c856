//! The primary makes the federation's trust, and keeps its own intermediate.

use super::{INTERMEDIATE_TTL, ROOT_TTL, refused, stored};
use crate::Site;
use api::Error;
use api::federation::CaState;
use bytes::Bytes;
use ca::Validity;
use ca::issue::{IssueError, PrivateKey, RootAuthority, Serial};
use std::time::Duration;

/// What a new federation is made of, all of it random. No `Debug`: it holds keys.
pub struct Fresh {
    /// For the trust domain `<uuid>.consul`, whose suffix is the same under every DNS domain.
    pub uuid: [u8; 16],
    /// The root's key.
    pub root_key: PrivateKey,
    /// The key of the primary's intermediate.
    pub intermediate_key: PrivateKey,
    /// Of the root, and of the intermediate.
    pub serials: [Serial; 2],
}

/// Trust domain, root, and the intermediate of the primary.
///
/// # Errors
/// In a secondary; where there is a federation already; where the library refuses.
pub fn begin(site: &Site, current: &CaState, fresh: Fresh, now: u64) -> Result<CaState, Error> {
    if !site.is_primary() {
        return Err(Error::bad_request(format!("datacenter {} has no root of its own: the primary is {}", site.dc, site.primary)));
    }
    if !current.trust_domain.is_empty() {
        return Err(Error::bad_request(format!("datacenter {} belongs to trust domain {} already", site.dc, current.trust_domain)));
    }
    let Fresh { uuid, root_key, intermediate_key, serials: [root_serial, serial] } = fresh;
    let uuid = uuid::Builder::from_random_bytes(uuid).into_uuid();
    let trust_domain = format!("{uuid}.consul").parse().map_err(|error| Error::failed(format!("a fresh trust domain: {error}")))?;
    let root_pem = root_key.to_secret_pem();
    let root = from(now, ROOT_TTL)
        .and_then(|validity| RootAuthority::create(root_key, trust_domain, validity, root_serial))
        .map_err(|error| refused::by_issuer(&error))?;
    let intermediate = own_intermediate(site, &root, &intermediate_key, now, serial)?;
    Ok(CaState {
        epoch: current.epoch + 1,
        trust_domain: root.trust_domain().to_string(),
        roots: vec![stored::der(root.certificate())],
        root_key: root_pem.into(),
        intermediate,
        intermediate_key: intermediate_key.to_secret_pem().into(),
        secondaries: current.secondaries.clone(),
    })
}

/// The primary's intermediate, signed anew for the same key: leaves below the old certificate verify below the new one, too.
///
/// # Errors
/// Where there is no root key, or the library refuses.
pub fn renew(site: &Site, current: &CaState, now: u64, serial: Serial) -> Result<CaState, Error> {
    let root = stored::root(current)?;
    let key = stored::key(&current.intermediate_key, "intermediate")?;
    let intermediate = own_intermediate(site, &root, &key, now, serial)?;
    Ok(CaState { epoch: current.epoch + 1, intermediate, ..current.clone() })
}

fn own_intermediate(site: &Site, root: &RootAuthority, key: &PrivateKey, now: u64, serial: Serial) -> Result<Bytes, Error> {
    let signed = key.intermediate_csr(&site.ca_name(root.trust_domain().clone())).and_then(|csr| {
        let validity = from(now, INTERMEDIATE_TTL)?;
        root.sign_intermediate(&csr, &site.dc, validity, serial)
    });
    signed.map(|certificate| stored::der(&certificate)).map_err(|error| refused::by_issuer(&error))
}

fn from(now: u64, ttl: Duration) -> Result<Validity, IssueError> {
    Ok(Validity::starting(now, ttl)?)
}
