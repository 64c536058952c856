//! What is kept on disk: registrations that came over the API, and how TTLs stand.

use crate::definition::{check_row, may_run};
use crate::{Check, Effect, Local, Service, Source};
use api::agent::CheckDefinition;
use api::catalog::{CRITICAL, ServiceRow};
use api::{Error, Token};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An instance on disk.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredService {
    /// The secret it was registered with.
    #[serde(default)]
    pub token: String,
    /// See [`Service::sidecar_of`].
    #[serde(default)]
    pub sidecar_of: String,
    /// The instance.
    pub service: ServiceRow,
}

/// A check on disk.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredCheck {
    /// The secret it was registered with.
    #[serde(default)]
    pub token: String,
    /// The check.
    pub check: CheckDefinition,
}

/// How a TTL stood.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredTtl {
    /// Of which check.
    #[serde(rename = "CheckID")]
    pub check_id: String,
    /// Its status.
    pub status: String,
    /// What the application said.
    pub output: String,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

impl Local {
    /// An instance as it is kept.
    #[must_use]
    pub fn stored_service(&self, id: &str) -> Option<StoredService> {
        let entry = self.services.get(id)?;
        let service = entry.held().filter(|service| service.source == Source::Api)?;
        let (sidecar_of, row) = (service.sidecar_of.clone(), service.row.clone());
        Some(StoredService { token: entry.token.0.clone(), sidecar_of, service: row })
    }

    /// A check as it is kept.
    #[must_use]
    pub fn stored_check(&self, id: &str) -> Option<StoredCheck> {
        let entry = self.checks.get(id)?;
        let check = entry.held().filter(|check| check.source == Source::Api)?;
        Some(StoredCheck { token: entry.token.0.clone(), check: check.definition.clone() })
    }

    /// A TTL as it is kept; `unix` is what `now` is in seconds since 1970.
    #[must_use]
    pub fn stored_ttl(&self, id: &str, now: Duration, unix: u64) -> Option<StoredTtl> {
        let check = self.check(id)?;
        let expires = unix + check.expires?.saturating_sub(now).as_secs();
        let (status, output) = (check.row.status.clone(), check.row.output.clone());
        Some(StoredTtl { check_id: id.to_owned(), status, output, expires })
    }

    /// Takes back an instance. What files define comes before what was kept: it is then to be forgotten.
    pub fn restore_service(&mut self, stored: StoredService) -> Vec<Effect> {
        let id = stored.service.id.clone();
        if self.service(&id).is_some() {
            return vec![Effect::ForgetService(id)];
        }
        let service = Service { row: stored.service, source: Source::Api, sidecar_of: stored.sidecar_of };
        self.hold_service(service, Token(stored.token));
        Vec::new()
    }

    /// Takes back a check, after the instances. `ttl` is how it stood, unless that has ended; without it a check begins as critical,
    /// so that nothing is taken for healthy that nobody has looked at since.
    ///
    /// # Errors
    /// When it is a command that was allowed when it was registered and is not any more. It is not taken back, and stays on disk.
    pub fn restore_check(&mut self, now: Duration, stored: StoredCheck, ttl: Option<&StoredTtl>, unix: u64) -> Result<Vec<Effect>, Error> {
        let definition = stored.check;
        let id = definition.check_id.clone();
        let orphan = !definition.service_id.is_empty() && self.service(&definition.service_id).is_none();
        if orphan || self.check(&id).is_some() {
            return Ok(vec![Effect::ForgetCheck(id)]);
        }
        may_run(&definition, Source::Api, &self.settings)?;
        let instance = self.service(&definition.service_id).map(|service| &service.row);
        let mut row = check_row(&definition, &self.me.node, instance);
        CRITICAL.clone_into(&mut row.status);
        let mut expires = (definition.ttl > 0).then(|| now + Duration::from_nanos(definition.ttl));
        if let Some(ttl) = ttl.filter(|ttl| ttl.expires > unix && definition.ttl > 0) {
            (row.status, row.output) = (ttl.status.clone(), ttl.output.clone());
            // A clock that was set back does not make it last longer.
            let left = Duration::from_secs(ttl.expires - unix).min(Duration::from_nanos(definition.ttl));
            expires = Some(now + left);
        }
        let critical_since = (row.status == CRITICAL).then_some(now);
        let runs = definition.is_probe() || definition.is_alias();
        let check = Check { row, definition, source: Source::Api, expires, critical_since, write_output_at: None };
        self.hold_check(check, Token(stored.token));
        Ok(if runs { vec![Effect::Run(id)] } else { Vec::new() })
    }
}
