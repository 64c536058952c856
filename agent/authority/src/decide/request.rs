//! A secondary asks for its intermediate.

use super::{Decided, due, refused, stored};
use crate::Site;
use api::federation::{CaRequest, CaRequested, CaState};
use api::{Code, Error};
use ca::issue::PrivateKey;
use ca::spiffe::TrustDomain;

/// The request for this datacenter's intermediate; empty where none is needed: in the primary, and before the half-life of the one
/// there is.
///
/// The first one is for the key `fresh`, which becomes part of the state, without a certificate yet. So each leader asks for the same
/// key: the primary signs only one key for a datacenter's name, and a leader that died between request and answer would otherwise
/// leave the datacenter locked out. Renewals keep the key for the same reason.
///
/// # Errors
/// [`Code::BadRequest`] for a trust domain that is none, [`Code::Conflict`] for another one than this datacenter's.
pub fn request(site: &Site, state: &CaState, op: &CaRequest, fresh: &PrivateKey, now: u64) -> Result<Decided<CaRequested>, Error> {
    let trust_domain: TrustDomain =
        op.trust_domain.parse().map_err(|error: ca::spiffe::InvalidTrustDomain| Error::bad_request(error.to_string()))?;
    if !state.trust_domain.is_empty() && state.trust_domain != op.trust_domain {
        let text = format!("datacenter {} belongs to trust domain {}, not to {trust_domain}", site.dc, state.trust_domain);
        return Err(Error::new(Code::Conflict, text));
    }
    if site.is_primary() || due::renew_at(state).is_some_and(|at| now < at) {
        return Ok(Decided { reply: CaRequested::default(), state: None });
    }
    let name = site.ca_name(trust_domain);
    let csr = |key: &PrivateKey| {
        let csr = key.intermediate_csr(&name).map_err(|error| refused::by_issuer(&error))?;
        Ok::<_, Error>(CaRequested { request: csr.into() })
    };
    if state.intermediate_key.is_empty() {
        let pending = CaState { epoch: state.epoch + 1, intermediate_key: fresh.to_secret_pem().into(), ..state.clone() };
        return Ok(Decided { reply: csr(fresh)?, state: Some(pending) });
    }
    let key = stored::key(&state.intermediate_key, "intermediate")?;
    Ok(Decided { reply: csr(&key)?, state: None })
}
