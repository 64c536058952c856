//! A datacenter of one process: what an edge, the dispatcher and a log would do, in turn.

use api::catalog::{CheckRow, NodeRow, PASSING, Register, SERF_HEALTH, ServiceRow};
use api::query::{Execute, Executed, Explained, Instances, Resolve, ServiceQuery};
use api::{Answer, Class, Encoded, Error, Local, Meta, Op, Operation as _, Read, Reply, Write};
use bytes::Bytes;
use http::{Request, Response};
use state::{At, Authority, Permitted, State, View};

/// A state, and requests to it.
pub struct World {
    state: State,
    context: api::http::Context,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A datacenter `dc1` with one server, `n1`, as a development server registers itself.
    #[must_use]
    pub fn new() -> Self {
        let context = api::http::Context { node: "n1".into(), datacenter: "dc1".into(), ..Default::default() };
        let mut world = Self { state: State::default(), context };
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut node = NodeRow {
            id: "11111111-1111-4111-8111-111111111111".into(),
            node: "n1".into(),
            address: "127.79.0.1".into(),
            datacenter: "dc1".into(),
            ..NodeRow::default()
        };
        let health = CheckRow {
            check_id: SERF_HEALTH.into(),
            name: "Serf Health Status".into(),
            status: PASSING.into(),
            output: "Agent alive and reachable".into(),
            ..CheckRow::default()
        };
        let versions = [
            ("non_voter", "false"),
            ("raft_version", "3"),
            ("serf_protocol_current", "2"),
            ("serf_protocol_max", "5"),
            ("serf_protocol_min", "1"),
            ("version", "1.8.7"),
        ];
        let server =
            ServiceRow { id: "consul".into(), service: "consul".into(), port: 8300, meta: pairs(&versions), ..ServiceRow::default() };
        let register = |node: &NodeRow| Register { node: Some(node.clone()), ..Register::default() };
        world.write(Write::CatalogRegister(Register { service: Some(server), checks: vec![health], ..register(&node) }));
        // The server's agent knows more about its node than gossip tells.
        node.tagged_addresses = pairs(&["lan", "lan_ipv4", "wan", "wan_ipv4"].map(|tag| (tag, "127.79.0.1")));
        node.meta = pairs(&[("consul-network-segment", "")]);
        world.write(Write::CatalogRegister(register(&node)));
        world
    }

    /// The state as it is.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When it is no HTTP request.
    pub fn request(&mut self, method: &str, target: &str, body: &str) -> Result<Response<Bytes>, http::Error> {
        let (head, ()) = Request::builder().method(method).uri(target).body(())?.into_parts();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let found = match api::http::find(&head) {
            Ok(found) => found,
            Err(rejected) => return Ok(rejected),
        };
        let limit = found.body_limit(&self.context);
        if limit > 0 && body.len() > limit {
            return Ok(found.too_large(Some(body.len() as u64), &self.context));
        }
        let parsed = match api::http::parse(&found, &head, &body, &self.context, api::http::Origin::default()) {
            Ok(parsed) => parsed,
            Err(rejected) => return Ok(rejected),
        };
        let answer = self.answer(&parsed.call.op);
        Ok(api::http::render(&parsed.call.op, parsed.style, answer).map(api::http::Written::whole))
    }

    fn answer(&mut self, op: &Op) -> Result<Answer, Error> {
        let who = Authority::everything();
        let (reply, index) = match op {
            Op::Read(read) => {
                let view = View::new(&self.state, &who);
                (state::evaluate(read, &view)?, view.seen().index)
            }
            Op::Write(write) => {
                let applied = self.state.apply(At::default(), &state::permit(write, &self.state, &who)?);
                (applied.outcome?, applied.index)
            }
            Op::Local(Local::QueryExecute(op)) => (Reply::QueryExecute(self.execute(op)?), 0),
            Op::Local(_) => return Err(Error::failed("this world has no processes to ask")),
        };
        let index = if op.row().class == Class::Read { index } else { 0 };
        Ok(Answer { reply: Encoded::new(reply), meta: Meta { index, known_leader: true, ..Meta::default() } })
    }

    /// As a server does that has no gateway, and no reason to shuffle.
    fn execute(&self, op: &Execute) -> Result<Executed, Error> {
        let who = Authority::everything();
        let look = |read: Read| state::evaluate(&read, &View::new(&self.state, &who));
        let Explained { query } = Resolve::take(look(Read::QueryResolve(Resolve { query: op.query.clone() }))?)?;
        let service = ServiceQuery { connect: query.service.connect || op.connect, ..query.service };
        let name = service.service.clone();
        let found = Instances::take(look(Read::QueryInstances(Instances { service, ..Instances::default() }))?)?;
        let instances = state::arrange(&found, 0, op.limit);
        Ok(Executed { service: name, instances, dns: query.dns, datacenter: "dc1".to_owned(), failovers: 0 })
    }

    fn write(&mut self, write: Write) {
        self.state.apply(At::default(), &Permitted::internal(write));
    }
}
