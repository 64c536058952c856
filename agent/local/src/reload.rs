//! Definitions of configuration files: at the start, and at each reload.

use crate::{Check, Effect, Local, Service, Source};
use api::agent::Definitions;
use api::{Error, Token};
use std::collections::BTreeSet;
use std::time::Duration;

impl Local {
    /// Registers what the files define, and takes away what they defined before and do not any more. What is known of the health of
    /// checks stays.
    ///
    /// # Errors
    /// When a definition makes no sense: then nothing has changed.
    pub fn reload(&mut self, now: Duration, definitions: &Definitions) -> Result<Vec<Effect>, Error> {
        self.rehearse(definitions)?;
        let mut effects = Vec::new();
        let mut kept: BTreeSet<String> = BTreeSet::new();
        for definition in &definitions.services {
            kept.insert(definition.key().to_owned());
            // Checks of it that the files do not define are those of the API, and stay.
            effects.extend(self.register_service(now, definition.clone(), Source::Files, &Token::default(), false)?);
        }
        let is_obsolete = |service: &&Service| {
            let key = if service.sidecar_of.is_empty() { &service.row.id } else { &service.sidecar_of };
            service.source == Source::Files && !kept.contains(key)
        };
        let obsolete: Vec<String> = self.services().filter(is_obsolete).map(|service| service.row.id.clone()).collect();
        for id in obsolete {
            self.remove_service(&id, &mut effects);
        }
        let mut defined = self.defined_with_services(definitions)?;
        for definition in &definitions.checks {
            let id = if definition.check_id.is_empty() { &definition.name } else { &definition.check_id };
            defined.insert(id.clone());
            effects.extend(self.register_check(now, definition.clone(), Source::Files, &Token::default())?);
        }
        let is_obsolete = |check: &&Check| check.source == Source::Files && !defined.contains(&check.row.check_id);
        let obsolete: Vec<String> = self.checks().filter(is_obsolete).map(|check| check.row.check_id.clone()).collect();
        for id in obsolete {
            self.remove_check(&id, "", &mut effects);
        }
        Ok(effects)
    }

    /// Does it on the side, so that a mistake in the last definition does not come after the first has changed something.
    fn rehearse(&self, definitions: &Definitions) -> Result<(), Error> {
        let mut aside = Self::new(self.settings.clone(), self.me.clone(), 0);
        let (now, nobody) = (Duration::ZERO, Token::default());
        let named = |what: &str, name: &str, error: Error| Error { text: format!("{what} {name:?}: {}", error.text), ..error };
        for definition in &definitions.services {
            let registered = aside.register_service(now, definition.clone(), Source::Files, &nobody, false);
            registered.map_err(|error| named("service", definition.key(), error))?;
        }
        // A check may be of an instance that came over the API.
        for service in self.services().filter(|service| service.source == Source::Api) {
            aside.hold_service(service.clone(), Token::default());
        }
        for definition in &definitions.checks {
            let registered = aside.register_check(now, definition.clone(), Source::Files, &nobody);
            let name = if definition.check_id.is_empty() { &definition.name } else { &definition.check_id };
            registered.map_err(|error| named("check", name, error))?;
        }
        Ok(())
    }

    /// The ids of the checks that come with services.
    fn defined_with_services(&self, definitions: &Definitions) -> Result<BTreeSet<String>, Error> {
        let mut aside = Self::new(self.settings.clone(), self.me.clone(), 0);
        for definition in &definitions.services {
            aside.register_service(Duration::ZERO, definition.clone(), Source::Files, &Token::default(), false)?;
        }
        Ok(aside.checks().map(|check| check.row.check_id.clone()).collect())
    }
}
