//! What is signed, and for whom.

use super::{Decided, INTERMEDIATE_TTL, LEAF_TTL, refused, stored};
use crate::Site;
use crate::role::{LeafRole, Role};
use api::federation::{CaSign, CaSigned, CaState};
use api::{Code, Error};
use bytes::Bytes;
use ca::issue::Serial;
use ca::spiffe::DcName;
use ca::{SpkiHash, Validity};
use std::collections::BTreeSet;

/// Most datacenters a federation can have: each is a row in a state that is replicated as a whole.
const MOST_SECONDARIES: usize = 1024;

/// Signs a request, for a leaf of this datacenter or, in the primary, for the intermediate of another one. The key of each
/// intermediate is recorded in the state, and only that key is signed for the name again: a stranger cannot take it.
///
/// # Errors
/// [`Code::BadRequest`] for what is never signed, [`Code::NotFound`] while this datacenter has no intermediate, [`Code::Conflict`]
/// for a datacenter's name that another key has, or that is forgotten.
pub fn sign(
    site: &Site,
    state: &CaState,
    forgotten: &BTreeSet<String>,
    op: &CaSign,
    now: u64,
    serial: Serial,
) -> Result<Decided<CaSigned>, Error> {
    match Role::parse(&op.role) {
        Some(Role::Leaf(role)) => leaf(site, state, role, op, now, serial).map(|reply| Decided { reply, state: None }),
        Some(Role::Intermediate) => intermediate(site, state, forgotten, op, now, serial),
        None => Err(Error::bad_request(format!("no certificate is signed for the role {:?}", shortened(&op.role)))),
    }
}

fn leaf(site: &Site, state: &CaState, role: LeafRole, op: &CaSign, now: u64, serial: Serial) -> Result<CaSigned, Error> {
    if state.intermediate.is_empty() {
        return Err(refused::no_intermediate(&site.dc));
    }
    let issuer = stored::intermediate(state)?;
    let grant = role.grant(stored::trust_domain(state)?, site.dc.clone(), &site.domain);
    let validity = Validity::starting(now, LEAF_TTL).map_err(|error| Error::failed(error.to_string()))?;
    let leaf = issuer.sign_leaf(&op.request, &grant, validity, serial).map_err(|error| refused::by_issuer(&error))?;
    Ok(signed(vec![stored::der(&leaf), state.intermediate.clone()], state))
}

fn intermediate(
    site: &Site,
    state: &CaState,
    forgotten: &BTreeSet<String>,
    op: &CaSign,
    now: u64,
    serial: Serial,
) -> Result<Decided<CaSigned>, Error> {
    if !site.is_primary() {
        return Err(Error::bad_request(format!("datacenter {} signs no intermediates: the primary is {}", site.dc, site.primary)));
    }
    let dc: DcName = op.subject.parse().map_err(|error: ca::spiffe::InvalidName| Error::bad_request(error.to_string()))?;
    if dc == site.dc {
        return Err(Error::bad_request(format!("datacenter {dc} is the primary itself")));
    }
    if forgotten.contains(dc.as_str()) {
        return Err(Error::new(Code::Conflict, format!("datacenter {dc} is forgotten: an operator must let it come back first")));
    }
    if state.trust_domain.is_empty() {
        return Err(refused::no_intermediate(&site.dc));
    }
    let root = stored::root(state)?;
    let validity = Validity::starting(now, INTERMEDIATE_TTL).map_err(|error| Error::failed(error.to_string()))?;
    let made = root.sign_intermediate(&op.request, &dc, validity, serial).map_err(|error| refused::by_issuer(&error))?;
    // The certificate is not handed out before its key is found to be, or made, the one on record.
    let key = SpkiHash::of_certificate(&made).map_err(|error| Error::failed(error.to_string()))?;
    let record = record(state, &dc, key)?;
    let reply = signed(vec![stored::der(&made)], record.as_ref().unwrap_or(state));
    Ok(Decided { reply, state: record })
}

/// The state with the key of `dc` on record, unless it is there already.
fn record(state: &CaState, dc: &DcName, key: SpkiHash) -> Result<Option<CaState>, Error> {
    match state.secondaries.get(dc.as_str()) {
        Some(known) if known == key.as_bytes() => Ok(None),
        Some(_) => {
            let text = format!("datacenter {dc} has an intermediate certificate for another key: an operator must forget {dc} first");
            Err(Error::new(Code::Conflict, text))
        }
        None if state.secondaries.len() >= MOST_SECONDARIES => {
            Err(Error::failed(format!("the federation has {MOST_SECONDARIES} datacenters; {dc} would be one too many")))
        }
        None => {
            let mut state = state.clone();
            state.epoch += 1;
            state.secondaries.insert(dc.to_string(), key.as_bytes().to_vec());
            Ok(Some(state))
        }
    }
}

fn signed(chain: Vec<Bytes>, state: &CaState) -> CaSigned {
    CaSigned { chain, roots: state.roots.clone(), trust_domain: state.trust_domain.clone(), epoch: state.epoch }
}

/// What a stranger wrote, cut so that he cannot make an error long.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
