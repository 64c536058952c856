//! What a server asks for a query where its own datacenter has no instance: the first of other datacenters that has one.

use std::time::Duration;

use api::query::{Executed, Failover, Serve};
use api::{Answer, CallHead, Code, Envelope, Error, Local, Meta, Op, Operation as _, Reply};
use bytes::Bytes;
use dispatch::SPAN_TARGET;
use prost::Message;
use tracing::field::Empty;
use tracing::{Instrument, Level, Span, span};

use super::flights::Lane;
use super::time::Deadline;
use super::{Encoded, Passing, Relay};
use crate::operation::Operation;

/// How long a datacenter may take that is not the last one: a leader's election takes longer, a distant one's answer does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// A datacenter's share of the time `left`, when so many have not been asked yet, itself among them.
fn share(left: Duration, unasked: usize) -> Duration {
    match u32::try_from(unasked).unwrap_or(u32::MAX) {
        0 | 1 => left,
        several => (left / several).min(PATIENCE),
    }
}

impl Relay {
    /// Asks one datacenter after the other until one has an instance. Those that cannot be reached are passed over, and not counted.
    pub(super) async fn fail_over(&self, passing: Passing) -> Result<Encoded, Error> {
        let op = Envelope::decode(passing.body.clone()).map_err(|error| Error::protocol(format!("call body: {error}")))?.into_op()?;
        let Op::Local(Local::QueryFailover(Failover { service, limit })) = op else {
            return Err(Error::new(Code::Unsupported, "not an operation of gateways"));
        };
        let order = self.federation.failover_order(&service.failover);
        let mut executed = Executed { service: service.service.clone(), datacenter: self.here.clone(), ..Executed::default() };
        let body = Bytes::from(Op::from(Serve { service, limit }).encode_to_vec());
        for (dc, unasked) in order.iter().zip((1..=order.len()).rev()) {
            let Ok(left) = passing.deadline.left() else { break };
            match self.try_datacenter(dc, &passing.head, &body, share(left, unasked)).await {
                Ok(found) => {
                    executed.failovers += 1;
                    executed.datacenter = found.datacenter;
                    executed.instances = found.instances;
                    if !executed.instances.is_empty() {
                        break;
                    }
                }
                // It was withdrawn in the meantime: nobody was asked.
                Err(error) if matches!(error.kind(), Code::NoPath | Code::NoDatacenter) => {}
                Err(error) => {
                    executed.failovers += 1;
                    tracing::debug!(dc, %error, "a query fails over to the next datacenter");
                }
            }
        }
        Ok(Answer::encode(&Ok(Answer { reply: api::Encoded::new(Reply::QueryFailover(executed)), meta: Meta::default() })))
    }

    async fn try_datacenter(&self, dc: &str, head: &CallHead, body: &Bytes, time: Duration) -> Result<Executed, Error> {
        let mut head = CallHead {
            dc: Some(dc.to_owned()),
            via: vec![self.here.clone()],
            time_left_us: time.as_micros().try_into().unwrap_or(u64::MAX),
            ..head.clone()
        };
        let span = self.span_of_try(&mut head);
        let passing = Passing { deadline: Deadline::of(&head), head, body: body.clone(), operation: Operation::of(body)? };
        let asked = async {
            let (head, body) = tokio::time::timeout(time, self.away(dc, Lane::Quick, passing))
                .await
                .unwrap_or_else(|_| Err(Error::new(Code::TimedOut, format!("no answer within {time:?}"))))?;
            let answer = Answer::decode(head, body)?;
            Serve::take(answer.reply.reply()?.clone())
        };
        let result = asked.instrument(span.clone()).await;
        match &result {
            Ok(found) => span.record("instances", found.instances.len()),
            Err(error) => span.record("error", error.text.as_str()),
        };
        result
    }

    fn span_of_try(&self, head: &mut CallHead) -> Span {
        let Some(trace) = head.trace.as_mut().filter(|trace| trace.is_sampled()) else {
            return Span::none();
        };
        let span = span!(
            target: SPAN_TARGET,
            Level::INFO,
            "try",
            otel.name = "failover",
            otel.kind = "client",
            dc = head.dc,
            instances = Empty,
            error = Empty
        );
        let context = self.tracer.as_ref().map(|tracer| tracer.context_of(&span)).unwrap_or_default();
        if !context.parent.is_empty() {
            *trace = context;
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_takes_the_time_of_all() {
        let ten = Duration::from_secs(10);
        assert_eq!([1, 2, 4, 10].map(|unasked| share(ten, unasked)), [ten, PATIENCE, PATIENCE, Duration::from_secs(1)]);
        assert_eq!(share(Duration::ZERO, 3), Duration::ZERO);
    }
}
