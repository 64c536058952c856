//! From a name to its answer.

use crate::answer::{self, Draft, Open, Places, Scene};
use crate::basis::Basis;
use crate::config::DnsConfig;
use crate::lookup::Lookup;
use crate::record::{Data, Entry, Fact, Rcode, Response, kind};
use crate::recursor::{Recursion, Transport};
use crate::subject::{Asked, Subject, reversed};
use crate::zone::{Place, Zone};
use api::{Code, Error, Reply, catalog, health, query};
use dispatch::{Log, Peers};
use hickory_proto::rr::Name;
use std::net::IpAddr;
use std::pin::Pin;

/// Names that lead to names, one after the other, at the most.
const DEPTH: u32 = 3;
/// Names in one answer whose addresses are looked up.
const NAMES: usize = 16;

/// Who asks, and how.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) address: IpAddr,
    pub(crate) transport: Transport,
}

/// What a name comes to.
pub(crate) enum Resolved {
    /// This.
    Answer(Response, Basis),
    /// It is for others to resolve.
    Elsewhere,
}

/// Looks names up, here and elsewhere.
pub(crate) struct Resolver<L, P> {
    pub(crate) lookup: Lookup<L, P>,
    /// Those who are asked about names that are not ours.
    pub(crate) recursion: Recursion,
}

impl<L: Log, P: Peers> Resolver<L, P> {
    pub(crate) fn new(lookup: Lookup<L, P>) -> Self {
        Self { recursion: Recursion::new(lookup.config.recursors.clone()), lookup }
    }

    fn config(&self) -> &DnsConfig {
        &self.lookup.config
    }

    /// Resolves a name, given as labels in lower case.
    pub(crate) async fn resolve(&self, labels: &[&str], asked: u16, asker: Asker, depth: u32) -> Resolved {
        match self.config().zones.place(labels) {
            Place::In(zone, before) => {
                let mut basis = Basis::default();
                let response = self.in_zone(zone, before, asked, (asker, depth), &mut basis).await;
                Resolved::Answer(response, basis)
            }
            Place::Reverse(before) => self.backwards(before).await,
            Place::Elsewhere => Resolved::Elsewhere,
        }
    }

    async fn in_zone(&self, zone: &Zone, labels: &[&str], asked: u16, (asker, depth): (Asker, u32), basis: &mut Basis) -> Response {
        let scene = Scene { config: self.config(), zone, kind: asked, abroad: None };
        if matches!(asked, kind::SOA | kind::NS) {
            return self.zone(&scene, basis).await.unwrap_or_else(|error| self.failed(&scene, &error));
        }
        let Some(Asked { subject, datacenter }) = Asked::read(labels, asked) else { return scene.absent() };
        let abroad = datacenter.as_deref().filter(|dc| *dc != self.config().datacenter);
        let scene = Scene { abroad, ..scene };
        match self.look_up(&scene, subject, asker, basis).await {
            Ok(draft) => self.complete(draft, asker, depth, basis).await,
            Err(error) => self.failed(&scene, &error),
        }
    }

    async fn look_up(&self, scene: &Scene<'_>, subject: Subject, asker: Asker, basis: &mut Basis) -> Result<Draft, Error> {
        match subject {
            Subject::Node(node) => {
                let op = catalog::Node { node, select: catalog::Select::default(), as_list: true };
                let answer = self.lookup.ask(op, scene.abroad, basis).await?;
                let Reply::CatalogNode(found) = answer.reply.reply()? else { return Err(Error::protocol("reply to catalog.node")) };
                Ok(answer::node(scene, found.node.as_ref()))
            }
            Subject::Service { name, tag, port } => {
                let op = health::Service { name, tags: tag.into_iter().collect(), ..health::Service::default() };
                self.service(scene, op, port.as_deref(), basis).await
            }
            Subject::Connect(name) => {
                let op = health::Service { name, connect: true, ..health::Service::default() };
                self.service(scene, op, None, basis).await
            }
            Subject::Address(ip) => Ok(scene.spelled(ip).into()),
            Subject::NoAddress => Ok(scene.blank().into()),
            Subject::Query(name) => self.query(scene, name, asker, basis).await,
            Subject::Virtual(service) => {
                let answer = self.lookup.ask(catalog::VirtualIp { service }, scene.abroad, basis).await?;
                let Reply::CatalogVirtualIp(found) = answer.reply.reply()? else {
                    return Err(Error::protocol("reply to catalog.virtual_ip"));
                };
                Ok(scene.virtual_ip(found.address).into())
            }
            // What gateways let in is in their config entries, of which there are none.
            Subject::Ingress(_) => Ok(scene.absent().into()),
        }
    }

    async fn service(&self, scene: &Scene<'_>, op: health::Service, port: Option<&str>, basis: &mut Basis) -> Result<Draft, Error> {
        let ttl = self.config().ttl.service(&op.name);
        let answer = self.lookup.ask(op, scene.abroad, basis).await?;
        let Reply::HealthService(found) = answer.reply.reply()? else { return Err(Error::protocol("reply to health.service")) };
        let places = Places::of(scene, &found.instances, ttl, port);
        Ok(answer::of_service(scene, &places))
    }

    /// Executes a prepared query. It chooses instances and their order, each time anew.
    async fn query(&self, scene: &Scene<'_>, name: String, asker: Asker, basis: &mut Basis) -> Result<Draft, Error> {
        let source = query::Source { node: self.config().node_name.clone(), address: asker.address.to_string(), near: String::new() };
        let limit = match asker.transport {
            Transport::Udp => u32::try_from(self.config().udp_answer_limit).unwrap_or(u32::MAX),
            Transport::Tcp => 0,
        };
        let answer = self.lookup.ask(query::Execute { query: name, source, limit, connect: false }, scene.abroad, basis).await?;
        let Reply::QueryExecute(found) = answer.reply.reply()? else { return Err(Error::protocol("reply to query.execute")) };
        let own = found.dns.time_to_live().map(|ttl| u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX));
        let places = Places::chosen(&found.instances, own.unwrap_or_else(|| self.config().ttl.service(&found.service)));
        let Draft { response, open } = answer::of_service(scene, &places);
        Ok(Draft { response: Response { equals: false, for_client: true, ..response }, open })
    }

    /// The zone's start or its name servers, whatever name in it was asked.
    async fn zone(&self, scene: &Scene<'_>, basis: &mut Basis) -> Result<Response, Error> {
        let op = health::Service { name: answer::SERVERS.to_owned(), ..health::Service::default() };
        let answer = self.lookup.ask(op, None, basis).await?;
        let Reply::HealthService(found) = answer.reply.reply()? else { return Err(Error::protocol("reply to health.service")) };
        let servers = answer::servers(scene, &found.instances);
        if scene.kind == kind::NS {
            return Ok(servers);
        }
        let authority = servers.answers.into_iter().take(servers.most.unwrap_or(usize::MAX)).collect();
        Ok(Response { answers: answer::start(scene).into_iter().collect(), authority, ..scene.blank() })
    }

    async fn backwards(&self, labels: &[&str]) -> Resolved {
        let scene = Scene { config: self.config(), zone: &self.config().zones.domain, kind: kind::PTR, abroad: None };
        let mut basis = Basis::default();
        if let Some(ip) = reversed(labels) {
            let op = catalog::AddressHolders { address: ip.to_string() };
            match self.lookup.ask(op, None, &mut basis).await.and_then(|answer| holders(&answer)) {
                Ok(holders) => {
                    if let Some(response) = answer::reverse(&scene, &holders) {
                        return Resolved::Answer(response, basis);
                    }
                }
                Err(error) => return Resolved::Answer(self.failed(&scene, &error), Basis::passing()),
            }
        }
        if self.recursion.is_possible() {
            return Resolved::Elsewhere;
        }
        Resolved::Answer(Response { rcode: Rcode::ServFail, unresolved: true, ..Response::default() }, basis)
    }

    /// Looks up what an answer lacks of names elsewhere.
    async fn complete(&self, draft: Draft, asker: Asker, depth: u32, basis: &mut Basis) -> Response {
        let Draft { mut response, open } = draft;
        if depth >= DEPTH {
            return response;
        }
        for Open { name, extra_of } in open.into_iter().take(NAMES) {
            let mut found = self.addresses_of(&name, asker, depth, basis).await;
            let leads_there = extra_of.or_else(|| response.answers.len().checked_sub(1)).and_then(|place| response.answers.get(place));
            if let Some(most) = leads_there.map(|entry| entry.fact.ttl) {
                // What is found through an answer holds no longer than that.
                found.iter_mut().for_each(|entry| entry.fact.ttl = entry.fact.ttl.min(most));
            }
            match extra_of.and_then(|place| response.answers.get_mut(place)) {
                Some(entry) => {
                    let own = found.into_iter().filter(|found| found.owner.as_ref() == Some(&name));
                    entry.extras = own.map(|found| found.fact).filter(is_address).collect();
                }
                None => response.answers.extend(found),
            }
        }
        response
    }

    /// The addresses of a name, and the names on the way to them. Boxed: the future may contain another of its kind.
    fn addresses_of<'a>(
        &'a self,
        name: &'a Name,
        asker: Asker,
        depth: u32,
        basis: &'a mut Basis,
    ) -> Pin<Box<dyn Future<Output = Vec<Entry>> + Send + 'a>> {
        Box::pin(async move {
            let lower = name.to_lowercase();
            let Some(labels) = lower.iter().map(|label| std::str::from_utf8(label).ok()).collect::<Option<Vec<_>>>() else {
                return Vec::new();
            };
            match self.resolve(&labels, kind::A, asker, depth + 1).await {
                Resolved::Answer(response, of_response) => {
                    basis.merge(of_response);
                    let named = |entry: Entry| Entry { owner: entry.owner.or_else(|| Some(name.clone())), ..entry };
                    response.answers.into_iter().map(named).collect()
                }
                Resolved::Elsewhere if self.recursion.is_possible() => {
                    basis.merge(Basis::passing());
                    self.recursion.addresses(name).await
                }
                Resolved::Elsewhere => Vec::new(),
            }
        })
    }

    /// A failure as DNS tells it: what is unknown or hidden is not there, what cannot be asked now has failed.
    fn failed(&self, scene: &Scene<'_>, error: &Error) -> Response {
        match error.kind() {
            Code::Denied | Code::NotFound | Code::NoDatacenter => scene.absent(),
            _ => {
                tracing::debug!(%error, "a question could not be answered");
                Response { rcode: Rcode::ServFail, ..Response::default() }
            }
        }
    }
}

fn holders(answer: &api::Answer) -> Result<catalog::Holders, Error> {
    match answer.reply.reply()? {
        Reply::CatalogAddress(holders) => Ok(holders.clone()),
        _ => Err(Error::protocol("reply to catalog.address")),
    }
}

fn is_address(fact: &Fact) -> bool {
    matches!(fact.data, Data::A(_) | Data::Aaaa(_))
}
