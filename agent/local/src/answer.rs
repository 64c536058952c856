//! What is asked about the node's services and checks.

use crate::error::unknown_service;
use crate::{Check, Local, Service, hash};
use api::Error;
use api::agent::{CheckMap, LocalService, ServiceMap};
use api::catalog::CheckRow;
use filter::{Filter, Schema, schema};

impl Local {
    /// `/v1/agent/services`
    ///
    /// # Errors
    /// When the filter is none.
    pub fn service_map(&self, filter: &str) -> Result<ServiceMap, Error> {
        let filter = parsed(filter, &schema::AGENT_SERVICE)?;
        let mut services: Vec<LocalService> = self.services().map(|service| self.shown(service)).collect();
        services.retain(|service| filter.as_ref().is_none_or(|filter| filter.matches(&api::http::service_value(service))));
        Ok(ServiceMap { services })
    }

    /// `/v1/agent/service/{id}`
    ///
    /// # Errors
    /// When there is none.
    pub fn shown_service(&self, id: &str) -> Result<LocalService, Error> {
        let service = self.service(id).ok_or_else(|| unknown_service(id))?;
        Ok(LocalService { hash: hash::of(&service.row), ..self.shown(service) })
    }

    /// `/v1/agent/checks`
    ///
    /// # Errors
    /// When the filter is none.
    pub fn check_map(&self, filter: &str) -> Result<CheckMap, Error> {
        let filter = parsed(filter, &schema::AGENT_CHECK)?;
        let rows = self.checks().map(|check: &Check| self.written(check));
        let passes = |row: &CheckRow| filter.as_ref().is_none_or(|filter| filter.matches(&serde_json::to_value(row).unwrap_or_default()));
        Ok(CheckMap { checks: rows.filter(passes).collect() })
    }

    pub(crate) fn shown(&self, service: &Service) -> LocalService {
        LocalService { row: service.row.clone(), datacenter: self.me.datacenter.clone(), hash: String::new() }
    }
}

fn parsed(filter: &str, schema: &Schema) -> Result<Option<Filter>, Error> {
    if filter.is_empty() {
        return Ok(None);
    }
    Filter::parse(filter, schema).map(Some).map_err(|error| Error::failed(error.to_string()))
}
