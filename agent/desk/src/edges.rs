//! The edges of an agent, taken from its settings.

use crate::{AgentSettings, Current, HttpAddress};
use api::agent::Monitor;
use api::{Code, Error};
use bytes::Bytes;
use dispatch::{Dispatcher, Peers};
use edge_dns::DnsServer;
use edge_http::{BindError, Bound, Counters, HttpServer, Lines, Logs};
use std::sync::Arc;
use std::task::{Context, Poll};
use telemetry::{Level, LogLines, LogTap};

/// Takes every address that HTTP and HTTPS are served at.
///
/// # Errors
/// The first address that cannot be had.
pub(crate) fn bind_http<L: dispatch::Log, P: Peers>(
    settings: &AgentSettings,
    current: &Current,
    waist: &Arc<Dispatcher<L, P>>,
    counters: &Arc<Counters>,
) -> Result<Vec<HttpServer<L, P>>, BindError> {
    let bind = |address: &HttpAddress| {
        let bound = match address {
            HttpAddress::Tcp(address) => Bound::tcp(*address)?,
            HttpAddress::Unix(path) => Bound::unix(path)?,
        };
        let logs = settings.log.clone().map(|tap| Arc::new(Log(tap)) as Arc<dyn Logs>);
        Ok(HttpServer::new(bound, Arc::clone(waist), current.http.subscribe(), Arc::clone(counters), logs))
    };
    let plain = settings.http.iter().map(bind);
    let secured = current.https.iter().flat_map(|tls| {
        let secured = |server: HttpServer<L, P>| server.secured(tls.subscribe());
        settings.https.iter().map(move |address| bind(address).map(secured))
    });
    plain.chain(secured).collect()
}

/// Takes every address that DNS is served at, over UDP and TCP.
///
/// # Errors
/// The first address that cannot be had.
pub(crate) fn bind_dns<L: dispatch::Log, P: Peers>(
    settings: &AgentSettings,
    current: &Current,
    waist: &Arc<Dispatcher<L, P>>,
) -> Result<DnsServer<L, P>, edge_dns::BindError> {
    let bound = settings.dns.iter().map(|address| edge_dns::Bound::new(*address)).collect::<Result<_, _>>()?;
    Ok(DnsServer::new(bound, Arc::clone(waist), current.dns.subscribe()))
}

/// The log of this process, for clients.
struct Log(LogTap);

impl Logs for Log {
    fn lines(&self, asked: &Monitor) -> Result<Box<dyn Lines>, Error> {
        let level = match asked.level.as_str() {
            "trace" => Level::TRACE,
            "debug" => Level::DEBUG,
            "warn" => Level::WARN,
            "error" => Level::ERROR,
            _ => Level::INFO,
        };
        match self.0.read(level, asked.json) {
            Ok(lines) => Ok(Box::new(Read(lines))),
            Err(error) => Err(Error::new(Code::Busy, error.to_string())),
        }
    }
}

struct Read(LogLines);

impl Lines for Read {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_next(context).map(|line| line.map(Bytes::from))
    }
}
