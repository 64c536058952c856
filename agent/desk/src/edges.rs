//! The HTTP edges of an agent, one for each address.

use crate::{AgentSettings, HttpAddress};
use dispatch::{Dispatcher, Log, Peers};
use edge_http::{BindError, Bound, Counters, HttpServer};
use std::sync::Arc;

/// Takes every address that HTTP is served at.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind_http<L: Log, P: Peers>(
    settings: &AgentSettings,
    waist: &Arc<Dispatcher<L, P>>,
    counters: &Arc<Counters>,
) -> Result<Vec<HttpServer<L, P>>, BindError> {
    let bind = |address: &HttpAddress| {
        let bound = match address {
            HttpAddress::Tcp(address) => Bound::tcp(*address)?,
            HttpAddress::Unix(path) => Bound::unix(path)?,
        };
        Ok(HttpServer::new(bound, Arc::clone(waist), settings.http_config.clone(), Arc::clone(counters)))
    };
    settings.http.iter().map(bind).collect()
}
