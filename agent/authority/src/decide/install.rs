//! A secondary takes what the primary signed.

use super::{Decided, stored};
use crate::Site;
use api::federation::{CaInstall, CaSigned, CaState};
use api::operator::Updated;
use api::{Code, Error};
use bytes::Bytes;
use ca::issue::Intermediate;
use ca::spiffe::TrustDomain;
use ca::tls::Trust;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Takes a signed intermediate into use. It must be for the key that was requested, name this datacenter and its trust domain, be in
/// force at `now`, lead to one of the roots that came with it, and not end before the one there is. Taking the same one twice
/// changes nothing.
///
/// # Errors
/// [`Code::BadRequest`] for what must not be taken, [`Code::Conflict`] where nothing was requested, or the datacenter belongs to
/// another trust domain.
pub fn install(site: &Site, state: &CaState, op: &CaInstall, now: u64) -> Result<Decided<Updated>, Error> {
    let taken = |state| Ok(Decided { reply: Updated { ok: true }, state });
    if site.is_primary() {
        return Err(Error::bad_request(format!("datacenter {} is the primary: it signs its own intermediate", site.dc)));
    }
    let signed = op.signed.as_ref().ok_or_else(|| Error::bad_request("an installation without a certificate"))?;
    let [certificate] = signed.chain.as_slice() else {
        return Err(Error::bad_request(format!(
            "{} certificates where one intermediate directly below a root is wanted",
            signed.chain.len()
        )));
    };
    if state.intermediate_key.is_empty() {
        return Err(Error::new(Code::Conflict, format!("datacenter {} has not asked for an intermediate certificate", site.dc)));
    }
    let trust_domain = joined(site, state, signed)?;
    if certificate == &state.intermediate && signed.roots == state.roots {
        return taken(None);
    }
    check(site, state, certificate, &trust_domain, now)?;
    leads_to_a_root(certificate, signed, trust_domain)?;
    taken(Some(CaState {
        epoch: state.epoch + 1,
        trust_domain: signed.trust_domain.clone(),
        roots: signed.roots.clone(),
        intermediate: certificate.clone(),
        intermediate_key: state.intermediate_key.clone(),
        // What only a primary has.
        root_key: Bytes::new(),
        secondaries: std::collections::BTreeMap::new(),
    }))
}

/// The trust domain to be in: once in one, a datacenter stays there.
fn joined(site: &Site, state: &CaState, signed: &CaSigned) -> Result<TrustDomain, Error> {
    let trust_domain: TrustDomain =
        signed.trust_domain.parse().map_err(|error: ca::spiffe::InvalidTrustDomain| Error::bad_request(error.to_string()))?;
    if state.trust_domain.is_empty() || state.trust_domain == signed.trust_domain {
        return Ok(trust_domain);
    }
    let text = format!("datacenter {} belongs to trust domain {}, not to {trust_domain}", site.dc, state.trust_domain);
    Err(Error::new(Code::Conflict, text))
}

fn check(site: &Site, state: &CaState, certificate: &Bytes, trust_domain: &TrustDomain, now: u64) -> Result<(), Error> {
    let key = stored::key(&state.intermediate_key, "intermediate")?;
    let made = Intermediate::load(stored::certificate(certificate), key).map_err(|error| Error::bad_request(error.to_string()))?;
    let name = made.name();
    if name.dc != site.dc || &name.trust_domain != trust_domain {
        let text =
            format!("the intermediate certificate is for {} of {}, not for {} of {trust_domain}", name.dc, name.trust_domain, site.dc);
        return Err(Error::bad_request(text));
    }
    let validity = made.validity();
    if now < validity.not_before() || validity.is_over(now) {
        let (from, until) = (validity.not_before(), validity.not_after());
        return Err(Error::bad_request(format!(
            "the intermediate certificate counts from {from} until {until}, and it is {now} (unix seconds)"
        )));
    }
    // Two gateways may ask at once, and one may be slow.
    match stored::validity_of(&state.intermediate) {
        Some(present) if validity.not_after() < present.not_after() => {
            Err(Error::bad_request("the intermediate certificate ends before the one in use"))
        }
        _ => Ok(()),
    }
}

/// Whether one of the roots signed it, and all can be used to verify peers.
fn leads_to_a_root(certificate: &Bytes, signed: &CaSigned, trust_domain: TrustDomain) -> Result<(), Error> {
    let roots: Vec<_> = signed.roots.iter().map(stored::certificate).collect();
    Trust::federation(trust_domain.clone(), &roots).map_err(|error| Error::bad_request(error.to_string()))?;
    // Peers read certificates more strictly than x509-parser does: where nothing is signed (the outer algorithm, unused bits), it takes
    // what they would refuse. As a root of its own the intermediate passes through their reader.
    Trust::federation(trust_domain, &[stored::certificate(certificate)])
        .map_err(|_| Error::bad_request("the intermediate certificate is not one that peers would read"))?;
    let Ok((_, made)) = X509Certificate::from_der(certificate) else {
        return Err(Error::bad_request("the intermediate certificate does not decode"));
    };
    let signed_it = |root: &&Bytes| {
        X509Certificate::from_der(root).is_ok_and(|(_, root)| {
            root.is_ca() && root.subject() == made.issuer() && made.verify_signature(Some(root.public_key())).is_ok()
        })
    };
    match signed.roots.iter().find(signed_it) {
        Some(_) => Ok(()),
        None => Err(Error::bad_request("the intermediate certificate was signed by none of the roots that came with it")),
    }
}
