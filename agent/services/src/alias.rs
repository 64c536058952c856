//! What alias checks follow: this node's own checks, or those of another, as the catalog has them.

use api::catalog::{CheckRow, Node};
use api::{Answer, Call, Error, Operation, Token, Wait, health};
use checks::{Aliased, Aliases, Observed, Status, Target};
use local::Local;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long one look at another node waits for news.
const WAIT: Duration = Duration::from_secs(60);
/// What it may take beyond that.
const GRACE: Duration = Duration::from_secs(10);

/// This node's checks at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    version: u64,
    services: BTreeSet<String>,
    checks: Vec<Aliased>,
}

impl Own {
    /// What aliases see of the register; nothing while there are none.
    pub(crate) fn of(register: &Local) -> Self {
        let version = register.version();
        if !register.checks().any(|check| check.definition.is_alias()) {
            return Self { version, ..Self::default() };
        }
        let services = register.services().map(|service| service.row.id.clone()).collect();
        Self { version, services, checks: register.checks().map(|check| aliased(&check.row)).collect() }
    }
}

/// Where aliases look.
pub(crate) struct Sources<A> {
    pub(crate) node: String,
    pub(crate) own: watch::Receiver<Arc<Own>>,
    pub(crate) ask: A,
    pub(crate) token: Token,
}

impl<A, F> Aliases for Sources<A>
where
    A: Fn(Call) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Error>> + Send,
{
    async fn observe(&self, target: &Target, after: Option<u64>) -> Result<Observed, String> {
        if target.node.is_empty() || target.node.eq_ignore_ascii_case(&self.node) {
            return self.here(target, after).await;
        }
        self.there(target, after.unwrap_or(0)).await.map_err(|error| error.text)
    }
}

impl<A, F> Sources<A>
where
    A: Fn(Call) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Error>> + Send,
{
    async fn here(&self, target: &Target, after: Option<u64>) -> Result<Observed, String> {
        let mut own = self.own.clone();
        let now = own.wait_for(|own| Some(own.version) != after).await.map_err(|_| "the agent is stopping".to_owned())?.clone();
        let exists = target.service.is_empty() || now.services.contains(&target.service);
        Ok(Observed { version: now.version, exists, checks: now.checks.clone() })
    }

    async fn there(&self, target: &Target, index: u64) -> Result<Observed, Error> {
        let node = || target.node.clone();
        let wait = (index > 0).then_some(Wait { index, limit: WAIT });
        let call = Call {
            wait,
            time_left: WAIT + GRACE,
            token: self.token.clone(),
            ..Call::new(health::Node { node: node(), ..health::Node::default() })
        };
        let answer = (self.ask)(call).await?;
        let checks = health::Node::take(answer.reply.reply()?.clone())?.checks;
        let mut exists = true;
        if !target.service.is_empty() {
            let call = Call { token: self.token.clone(), ..Call::new(Node { node: node(), as_list: true, ..Node::default() }) };
            let found = Node::take((self.ask)(call).await?.reply.reply()?.clone())?;
            exists = found.services.iter().any(|service| service.id == target.service);
        }
        Ok(Observed { version: answer.meta.index.max(1), exists, checks: checks.iter().map(aliased).collect() })
    }
}

fn aliased(row: &CheckRow) -> Aliased {
    Aliased {
        id: row.check_id.clone(),
        name: row.name.clone(),
        service: row.service_id.clone(),
        status: Status::parse(&row.status).unwrap_or(Status::Critical),
        output: row.output.clone(),
    }
}
