//! Prepared queries executed: in this datacenter first, and where that has no instance, in others by way of a gateway.

use crate::Waist;
use api::query::{Execute, Executed, Explained, Failover, Instances, NEAR_ADDRESS, NEAR_AGENT, Resolve, Serve, ServiceQuery, Source};
use api::{Answer, Call, Error, Operation, Reply, Token};
use state::arrange;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Executes queries, each step of it a call of its own, as whoever asked and as fresh as he asked.
pub(crate) struct Queries {
    pub(crate) datacenter: String,
    pub(crate) waist: Arc<Waist>,
}

/// The call that is being answered.
struct Asked<'c> {
    call: &'c Call,
    token: Token,
    until: Instant,
}

impl Queries {
    /// # Errors
    /// When there is no such query, or this datacenter cannot be asked. That others cannot is no error: then there is no instance.
    pub(crate) async fn execute(&self, call: &Call, op: &Execute) -> Result<Executed, Error> {
        let mut asked = Asked::of(call);
        let answer = self.ask(&asked, asked.left(), Resolve { query: op.query.clone() }).await?;
        let Explained { query } = Resolve::take(answer.reply.reply()?.clone())?;
        if !query.token.is_empty() {
            asked.token = Token(query.token);
        }
        let service = ServiceQuery { connect: query.service.connect || op.connect, ..query.service };
        let (near, address) = nearest_to(&op.source, &service.near);
        let here = self.here(&asked, &service, near, address, op.limit).await?;
        let found = Executed { dns: query.dns, ..here };
        if !found.instances.is_empty() || service.failover.is_empty() {
            return Ok(found);
        }
        Ok(match self.elsewhere(&asked, &service, op.limit).await {
            Ok(Executed { instances, datacenter, failovers, .. }) if failovers > 0 => {
                Executed { instances, datacenter, failovers, ..found }
            }
            Ok(_) => found,
            Err(error) => {
                tracing::debug!(query = op.query, %error, "no other datacenter was asked");
                found
            }
        })
    }

    /// What another datacenter asks of this one.
    ///
    /// # Errors
    /// When this datacenter cannot be asked.
    pub(crate) async fn serve(&self, call: &Call, op: &Serve) -> Result<Executed, Error> {
        self.here(&Asked::of(call), &op.service, "", "", op.limit).await
    }

    async fn here(&self, asked: &Asked<'_>, service: &ServiceQuery, near: &str, address: &str, limit: u32) -> Result<Executed, Error> {
        let op = Instances { service: service.clone(), near: near.to_owned(), address: address.to_owned() };
        let answer = self.ask(asked, asked.left(), op).await?;
        let Reply::QueryInstances(found) = answer.reply.reply()? else {
            return Err(Error::protocol("reply of another operation than query.instances"));
        };
        let instances = arrange(found, rand::random(), limit);
        Ok(Executed { service: service.service.clone(), instances, datacenter: self.datacenter.clone(), ..Executed::default() })
    }

    async fn elsewhere(&self, asked: &Asked<'_>, service: &ServiceQuery, limit: u32) -> Result<Executed, Error> {
        // A tenth is kept, so that whoever asked still hears that there is nothing.
        let left = asked.left().mul_f64(0.9);
        let answer = self.ask(asked, left, Failover { service: service.clone(), limit }).await?;
        Failover::take(answer.reply.reply()?.clone())
    }

    async fn ask(&self, asked: &Asked<'_>, time_left: Duration, op: impl Operation) -> Result<Answer, Error> {
        let Call { consistency, trace, .. } = asked.call;
        let call = Call { consistency: *consistency, token: asked.token.clone(), trace: trace.clone(), time_left, ..Call::new(op) };
        self.waist.call(call).await
    }
}

impl<'c> Asked<'c> {
    fn of(call: &'c Call) -> Self {
        Self { call, token: call.token.clone(), until: Instant::now() + call.time_left }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// The node, or address, that the nearest are wanted to: whoever asks is heard before the definition.
fn nearest_to<'a>(source: &'a Source, defined: &'a str) -> (&'a str, &'a str) {
    match if source.near.is_empty() { defined } else { &source.near } {
        NEAR_AGENT => (&source.node, ""),
        NEAR_ADDRESS => (NEAR_ADDRESS, &source.address),
        node => (node, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_heard_before_the_definition() {
        let source = |near: &str| Source { node: "agent".to_owned(), address: "10.0.0.1".to_owned(), near: near.to_owned() };
        for (near, defined, expected) in [
            ("", "", ("", "")),
            ("", "n1", ("n1", "")),
            ("n2", "n1", ("n2", "")),
            ("_agent", "n1", ("agent", "")),
            ("", "_agent", ("agent", "")),
            ("_ip", "n1", ("_ip", "10.0.0.1")),
        ] {
            assert_eq!(nearest_to(&source(near), defined), expected, "{near} {defined}");
        }
    }
}
