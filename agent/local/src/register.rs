//! Registering instances and checks, and taking them away.

use crate::definition::{Prepared, check_row, prepare, validate};
use crate::entry::{Entry, Item};
use crate::error::too_many;
use crate::local::{MOST_CHECKS, MOST_SERVICES};
use crate::{Check, Effect, Local, Service, Source, sidecar};
use api::agent::{CheckDefinition, ServiceDefinition};
use api::catalog::{CRITICAL, CheckRow};
use api::{Error, Token};
use std::collections::BTreeSet;
use std::time::Duration;

impl Local {
    /// Registers an instance with its checks and its sidecar, or changes them. Checks that it has and that are not in the definition
    /// stay, unless they are to be replaced. `token` is the caller's; it comes before one in the definition.
    ///
    /// # Errors
    /// When the definition makes no sense, or there is no place: then nothing has changed.
    pub fn register_service(
        &mut self,
        now: Duration,
        definition: ServiceDefinition,
        source: Source,
        token: &Token,
        replace_checks: bool,
    ) -> Result<Vec<Effect>, Error> {
        let service = prepare(definition, source, &self.settings)?;
        let sidecar = service.sidecar.as_ref().map(|wanted| self.sidecar(&service, wanted, source)).transpose()?;
        self.check_room(&service, sidecar.as_ref())?;
        let mut effects = Vec::new();
        let id = service.row.id.clone();
        self.put_service(now, service, "", source, token, replace_checks, &mut effects);
        if let Some(sidecar) = sidecar {
            self.put_service(now, sidecar, &id, source, token, replace_checks, &mut effects);
        }
        Ok(effects)
    }

    /// Takes an instance away, with its checks and the sidecar that came with it. One that is not there is gone already.
    ///
    /// # Errors
    /// When no id is given.
    pub fn deregister_service(&mut self, id: &str) -> Result<Vec<Effect>, Error> {
        if id.is_empty() {
            return Err(Error::failed("ServiceID missing"));
        }
        let mut effects = Vec::new();
        self.remove_service(id, &mut effects);
        Ok(effects)
    }

    /// Registers a check of the node or of an instance, or changes it.
    ///
    /// # Errors
    /// When it makes no sense, there is no such instance, or no place: then nothing has changed.
    pub fn register_check(
        &mut self,
        now: Duration,
        mut definition: CheckDefinition,
        source: Source,
        token: &Token,
    ) -> Result<Vec<Effect>, Error> {
        if definition.name.is_empty() {
            return Err(Error::bad_request("Missing check name"));
        }
        validate(&definition, source, &self.settings)?;
        if definition.check_id.is_empty() {
            definition.check_id.clone_from(&definition.name);
        }
        if !definition.service_id.is_empty() && self.service(&definition.service_id).is_none() {
            return Err(Error::failed(format!("ServiceID {:?} does not exist", definition.service_id)));
        }
        if self.check(&definition.check_id).is_none() && self.checks().count() >= MOST_CHECKS {
            return Err(too_many(MOST_CHECKS, "checks"));
        }
        let mut effects = Vec::new();
        self.put_check(now, definition, source, token, &mut effects);
        Ok(effects)
    }

    /// Takes a check away. One that is not there is gone already.
    ///
    /// # Errors
    /// When no id is given.
    pub fn deregister_check(&mut self, id: &str) -> Result<Vec<Effect>, Error> {
        if id.is_empty() {
            return Err(Error::failed("CheckID missing"));
        }
        let mut effects = Vec::new();
        self.remove_check(id, "", &mut effects);
        Ok(effects)
    }

    fn sidecar(&self, parent: &Prepared, wanted: &ServiceDefinition, source: Source) -> Result<Prepared, Error> {
        let taken = |port: i32| self.services().any(|service| service.row.port == port);
        let id = sidecar::id_of(&parent.row);
        let own = self.service(&id).map(|service| service.row.port);
        let definition = sidecar::definition(&parent.row, wanted, own, &self.settings.sidecar_ports, taken)?;
        prepare(definition, source, &self.settings)
    }

    fn check_room(&self, service: &Prepared, sidecar: Option<&Prepared>) -> Result<(), Error> {
        let wanted = || std::iter::once(service).chain(sidecar);
        let services = wanted().filter(|wanted| self.service(&wanted.row.id).is_none()).count();
        if self.services().count() + services > MOST_SERVICES {
            return Err(too_many(MOST_SERVICES, "services"));
        }
        let checks = wanted().flat_map(|wanted| &wanted.checks).filter(|check| self.check(&check.check_id).is_none()).count();
        if self.checks().count() + checks > MOST_CHECKS {
            return Err(too_many(MOST_CHECKS, "checks"));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "all that a registration says")]
    fn put_service(
        &mut self,
        now: Duration,
        prepared: Prepared,
        sidecar_of: &str,
        source: Source,
        token: &Token,
        replace_checks: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Prepared { row, checks, token: own, .. } = prepared;
        let token = if token.0.is_empty() { &Token(own) } else { token };
        let id = row.id.clone();
        let kept: BTreeSet<&str> = checks.iter().map(|check| &*check.check_id).collect();
        let obsolete = |check: &&Check| replace_checks && !kept.contains(&*check.row.check_id) && !check.definition.is_maintenance();
        let obsolete: Vec<String> = self.checks_of(&id).filter(obsolete).map(|check| check.row.check_id.clone()).collect();
        for check in obsolete {
            self.remove_check(&check, "", effects);
        }
        self.hold_service(Service { row, source, sidecar_of: sidecar_of.to_owned() }, token.clone());
        effects.push(if source == Source::Api { Effect::SaveService(id) } else { Effect::ForgetService(id) });
        for check in checks {
            self.put_check(now, check, source, token, effects);
        }
    }

    /// Holds an instance as it is. Its checks say its name and tags.
    pub(crate) fn hold_service(&mut self, service: Service, token: Token) {
        let id = service.row.id.clone();
        if let Some(known) = self.services.get(&id)
            && known.held().is_some_and(|known| known.row == service.row)
        {
            let mark = known.mark;
            self.services.insert(id, Entry { item: Item::Held(service), token, mark });
            return;
        }
        let (name, tags) = (service.row.service.clone(), service.row.tags.clone());
        let mark = self.changed();
        self.services.insert(id.clone(), Entry { item: Item::Held(service), token, mark });
        self.label_checks(&id, &name, &tags);
    }

    /// The checks of an instance say its name and tags.
    pub(crate) fn label_checks(&mut self, service: &str, name: &str, tags: &[String]) {
        for entry in self.checks.values_mut() {
            let Some(check) = entry.held_mut().filter(|check| check.row.service_id == service) else { continue };
            if check.row.service_name != name || check.row.service_tags != tags {
                name.clone_into(&mut check.row.service_name);
                check.row.service_tags = tags.to_vec();
                self.version += 1;
                entry.mark = crate::entry::Mark::changed(self.version);
            }
        }
    }

    pub(crate) fn put_check(
        &mut self,
        now: Duration,
        definition: CheckDefinition,
        source: Source,
        token: &Token,
        effects: &mut Vec<Effect>,
    ) {
        let id = definition.check_id.clone();
        let token = if token.0.is_empty() { Token(definition.token.clone()) } else { token.clone() };
        let instance = self.service(&definition.service_id).map(|service| &service.row);
        let mut row = check_row(&definition, &self.me.node, instance);
        let known = self.check(&id);
        // What is known of its health stays: a new registration says nothing about that.
        if let Some(known) = known {
            row.status.clone_from(&known.row.status);
            row.output.clone_from(&known.row.output);
        }
        // A definition that is the same goes on being run as it is.
        let same = known.is_some_and(|known| known.definition == definition);
        let runs = definition.is_probe() || definition.is_alias();
        let expires = (definition.ttl > 0).then(|| now + Duration::from_nanos(definition.ttl));
        let critical_since = (row.status == CRITICAL).then(|| known.and_then(|known| known.critical_since).unwrap_or(now));
        let check = Check { row, definition, source, expires, critical_since, write_output_at: None };
        self.hold_check(check, token);
        effects.push(if source == Source::Api { Effect::SaveCheck(id.clone()) } else { Effect::ForgetCheck(id.clone()) });
        if !same {
            effects.push(if runs { Effect::Run(id) } else { Effect::Halt(id) });
        }
    }

    /// Holds a check as it is.
    pub(crate) fn hold_check(&mut self, mut check: Check, token: Token) {
        let id = check.row.check_id.clone();
        let mark = match self.checks.get(&id) {
            Some(known) if known.held().is_some_and(|known| known.row == check.row) => {
                check.write_output_at = known.held().and_then(|known| known.write_output_at);
                known.mark
            }
            _ => self.changed(),
        };
        self.checks.insert(id, Entry { item: Item::Held(check), token, mark });
    }

    pub(crate) fn remove_service(&mut self, id: &str, effects: &mut Vec<Effect>) {
        if self.service(id).is_none() {
            return;
        }
        let sidecars: Vec<String> = self.services().filter(|s| s.sidecar_of == id).map(|s| s.row.id.clone()).collect();
        let checks: Vec<String> = self.checks_of(id).map(|check| check.row.check_id.clone()).collect();
        for check in checks {
            self.remove_check(&check, id, effects);
        }
        let mark = self.changed();
        if let Some(entry) = self.services.get_mut(id) {
            entry.item = Item::Gone { with: String::new() };
            entry.mark = mark;
        }
        effects.push(Effect::ForgetService(id.to_owned()));
        for sidecar in sidecars {
            self.remove_service(&sidecar, effects);
        }
    }

    /// `with` is the instance that is taken away and the check with it, or empty.
    pub(crate) fn remove_check(&mut self, id: &str, with: &str, effects: &mut Vec<Effect>) {
        if self.check(id).is_none() {
            return;
        }
        let mark = self.changed();
        if let Some(entry) = self.checks.get_mut(id) {
            entry.item = Item::Gone { with: with.to_owned() };
            entry.mark = mark;
        }
        effects.push(Effect::ForgetCheck(id.to_owned()));
        effects.push(Effect::Halt(id.to_owned()));
    }

    /// The row of a check as the catalog is to have it.
    pub(crate) fn written(&self, check: &Check) -> CheckRow {
        CheckRow { node: self.me.node.clone(), ..check.row.clone() }
    }
}
