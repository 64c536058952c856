//! The task that owns the register.

use crate::Settings;
use crate::alias::{Own, Sources};
use crate::disk::{Disk, DiskError, Task, Thing};
use crate::handle::{Command, Done, Handle, Meta, Progress, QUEUE};
use crate::keeper::Keeper;
use crate::pass::{self, Passed};
use crate::plan::plan;
use api::agent::Nothing;
use api::catalog::{NodeRow, ServiceRow};
use api::{Answer, Call, Error, Op, Reply, Token};
use checks::{Checks, Probing, Report, Results};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use local::{Effect, Local, Outcome, Pace, Source};
use members::{Member, Status};
use node::Tags;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long it sleeps while nothing is due: anything else wakes it.
const IDLE: Duration = Duration::from_secs(3600);

/// Why an agent cannot keep its services and checks.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A definition.
    #[error("services and checks of the configuration: {0}")]
    Definition(Error),
}

/// This node's services and checks. Nothing is written to the catalog, and no check runs, before [`Services::run`].
pub struct Services {
    register: Local,
    pace: Pace,
    keeper: Keeper,
    token: Token,
    probing: Probing,
    started: Instant,
    commands: mpsc::Receiver<Command>,
    progress: watch::Sender<Progress>,
    handle: Handle,
    /// What is to be done as soon as it runs.
    effects: Vec<Effect>,
    /// The register's count of changes when writes failed: as long as it is the same, they would fail again.
    failed_at: Option<u64>,
    /// The size of the cluster.
    nodes: usize,
    /// The servers there are, by name.
    servers: BTreeSet<String>,
    /// What alias checks see.
    own: watch::Sender<Arc<Own>>,
    seed: u64,
}

impl Services {
    /// Registers what `settings` define for the node `me`, and what was kept in `data_dir`. `seed` is random.
    ///
    /// # Errors
    /// [`StartError`], naming the file or the definition.
    pub fn new(settings: Settings, me: NodeRow, data_dir: Option<&Path>, seed: u64) -> Result<Self, StartError> {
        let disk = Disk::open(data_dir)?;
        let mut register = Local::new(settings.local, me, seed);
        let mut effects = register.reload(Duration::ZERO, &settings.definitions).map_err(StartError::Definition)?;
        let kept = disk.load()?;
        for service in kept.services {
            effects.extend(register.restore_service(service));
        }
        let unix = unix_seconds();
        for (check, ttl) in kept.checks {
            let id = check.check.check_id.clone();
            match register.restore_check(Duration::ZERO, check, ttl.as_ref(), unix) {
                Ok(restored) => effects.extend(restored),
                Err(error) => tracing::warn!(target: "agent", check = id, %error, "a kept check is not taken back"),
            }
        }
        let (sender, commands) = mpsc::channel(QUEUE);
        let (progress, watched) = watch::channel(Progress::default());
        Ok(Self {
            register,
            pace: Pace::new(seed.rotate_left(32)),
            keeper: Keeper::new(disk),
            token: settings.token,
            probing: settings.probing,
            started: Instant::now(),
            commands,
            progress,
            handle: Handle::new(sender, watched),
            effects,
            failed_at: None,
            nodes: 1,
            servers: BTreeSet::new(),
            own: watch::Sender::default(),
            seed,
        })
    }

    /// The way to it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Keeps the catalog true until `stop`. `ask` brings a call to the servers; `pool` is the LAN.
    pub async fn run<A, F>(mut self, ask: A, mut pool: watch::Receiver<Arc<[Member]>>, stop: CancellationToken)
    where
        A: Fn(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        let (runner, mut results) = self.runner(ask.clone());
        let effects = std::mem::take(&mut self.effects);
        // What the disk refuses is in the log, and is tried again.
        let _ = self.carry_out(effects, &runner).await;
        let mut under_way: Option<BoxFuture<'static, Passed>> = None;
        loop {
            if under_way.is_none() {
                under_way = self.next_pass(&ask);
            }
            self.tell(under_way.is_none());
            let wake = self.wake(under_way.is_some());
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                // What others can send without end comes last: the catalog and what is due are not held up by it.
                passed = finished(&mut under_way) => self.handle_passed(passed),
                changed = pool.changed() => match changed {
                    Ok(()) => { let pool = pool.borrow_and_update().clone(); self.handle_pool(&pool) }
                    Err(_) => return,
                },
                () = tokio::time::sleep_until(wake) => {
                    let effects = self.register.handle_time(self.now());
                    let _ = self.carry_out(effects, &runner).await;
                }
                Some(report) = results.recv() => self.handle_report(&report),
                Some(command) = self.commands.recv() => self.handle_command(command, &runner).await,
            }
        }
    }

    /// What runs the checks.
    fn runner<A, F>(&self, ask: A) -> (Checks, Results)
    where
        A: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        let node = self.register.me().node.clone();
        let aliases = Sources { node, own: self.own.subscribe(), ask, token: self.token.clone() };
        let settings = checks::Settings {
            seed: self.seed,
            // Which may run was decided when they were registered.
            scripts: checks::Scripts::All,
            environment: checks::script_environment(std::env::vars_os()),
            docker_host: std::env::var_os("DOCKER_HOST"),
            probing: self.probing.clone(),
            ..checks::Settings::default()
        };
        Checks::new(settings, aliases)
    }

    fn handle_report(&mut self, report: &Report) {
        self.register.handle_result(self.now(), &report.id, report.status.as_str(), &report.output);
    }

    /// What is to be asked of the servers now, if anything.
    fn next_pass<A, F>(&self, ask: &A) -> Option<BoxFuture<'static, Passed>>
    where
        A: Fn(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        let (version, token, ask) = (self.register.version(), self.token.clone(), ask.clone());
        if self.pace.at() <= self.now() {
            let node = self.register.me().node.clone();
            return Some(pass::compare(ask, node, token, version).boxed());
        }
        if self.failed_at == Some(version) {
            return None;
        }
        let changes = self.register.changes();
        (!changes.is_empty()).then(|| pass::write(ask, changes, token, version).boxed())
    }

    /// Lets callers know how far it is.
    fn tell(&self, idle: bool) {
        let version = self.register.version();
        if self.progress.borrow().version != version {
            self.own.send_replace(Arc::new(Own::of(&self.register)));
        }
        self.progress.send_if_modified(|progress| {
            let tried = if idle { version } else { progress.tried };
            let now = Progress { version, tried };
            let changed = *progress != now;
            *progress = now;
            changed
        });
    }

    /// When it has something to do by itself.
    fn wake(&self, busy: bool) -> Instant {
        let compare = (!busy).then(|| self.pace.at());
        let (now, due) = (self.now(), [compare, self.register.next_due(), self.keeper.next_due()].into_iter().flatten().min());
        self.started + due.map_or(now + IDLE, |due| due.max(now))
    }

    fn handle_passed(&mut self, passed: Passed) {
        let now = self.now();
        match passed {
            Passed::Compared(seen, as_of) => {
                self.pace.handle_compared(now, seen.is_ok(), self.nodes);
                match *seen {
                    Ok(seen) => {
                        self.register.compare(&seen, as_of);
                        self.failed_at = None;
                    }
                    Err(error) => tracing::warn!(target: "agent", %error, "the catalog could not be compared: trying again later"),
                }
            }
            Passed::Written(written, version) => {
                for (change, outcome) in &written {
                    self.register.settle(change, *outcome);
                }
                if written.iter().any(|(_, outcome)| *outcome == Outcome::Failed) {
                    self.failed_at = Some(version);
                    self.pace.handle_failed(now, self.nodes);
                }
                self.progress.send_modify(|progress| progress.tried = progress.tried.max(version));
            }
        }
    }

    fn handle_pool(&mut self, pool: &[Member]) {
        let here = pool.iter().filter(|member| !matches!(member.status, Status::Left));
        self.nodes = here.clone().count();
        let alive = here.filter(|member| member.status == Status::Alive && Tags::of(member).server.is_some());
        let servers: BTreeSet<String> = alive.map(|member| member.name.clone()).collect();
        if servers.iter().any(|server| !self.servers.contains(server)) {
            self.pace.handle_server(self.now());
        }
        self.servers = servers;
    }

    async fn handle_command(&mut self, command: Command, runner: &Checks) {
        let (result, caller) = match command {
            Command::Answer(call, caller) => (self.answer(&call, runner).await, caller),
            Command::Reload(what, caller) => (self.reload(what.0, what.1, runner).await, caller),
        };
        let version = self.register.version();
        // Whoever asked may have gone.
        let _ = caller.send(result.map(|reply| Done { reply, version }));
    }

    async fn reload(&mut self, settings: Settings, meta: Meta, runner: &Checks) -> Result<Reply, Error> {
        let now = self.now();
        let (before, me) = (self.register.settings().clone(), self.register.me().clone());
        self.register.reconfigure(settings.local, NodeRow { meta, ..me.clone() });
        match self.register.reload(now, &settings.definitions) {
            Ok(mut effects) => {
                self.token = settings.token;
                self.probing = settings.probing;
                runner.probe_so(self.probing.clone());
                if self.register.settings().output_max != before.output_max {
                    // Their plans say how much of an output is kept; those to which it makes no difference go on.
                    effects.extend(self.register.checks().map(|check| Effect::Run(check.row.check_id.clone())));
                }
                // Nothing that files define is on the disk: what it refuses was registered over the API before.
                let _ = self.carry_out(effects, runner).await;
                Ok(Reply::AgentReload(Nothing {}))
            }
            Err(error) => {
                self.register.reconfigure(before, me);
                Err(error)
            }
        }
    }

    async fn answer(&mut self, call: &Call, runner: &Checks) -> Result<Reply, Error> {
        use api::Local as Asked;
        let Op::Local(op) = &*call.op else { return Err(Error::protocol("not an operation of the agent")) };
        let (now, token, register) = (self.now(), &call.token, &mut self.register);
        let (effects, reply) = match op {
            Asked::AgentServices(op) => return register.service_map(&op.filter).map(Reply::AgentServices),
            Asked::AgentService(op) => return register.shown_service(&op.id).map(Reply::AgentService),
            Asked::AgentChecks(op) => return register.check_map(&op.filter).map(Reply::AgentChecks),
            Asked::AgentHealthById(op) => return Ok(Reply::AgentHealthById(register.health_by_id(&op.id, op.text))),
            Asked::AgentHealthByName(op) => return Ok(Reply::AgentHealthByName(register.health_by_name(&op.name, op.text))),
            Asked::AgentServiceRegister(op) => {
                let definition = op.definition.clone();
                let effects = register.register_service(now, definition, Source::Api, token, op.replace_existing_checks)?;
                (effects, Reply::AgentServiceRegister(Nothing {}))
            }
            Asked::AgentServiceDeregister(op) => (register.deregister_service(&op.id)?, Reply::AgentServiceDeregister(Nothing {})),
            Asked::AgentServiceMaintenance(op) => {
                let effects = register.set_service_maintenance(now, &op.id, op.enable, &op.reason, token)?;
                (effects, Reply::AgentServiceMaintenance(Nothing {}))
            }
            Asked::AgentMaintenance(op) => {
                (register.set_node_maintenance(now, op.enable, &op.reason, token), Reply::AgentMaintenance(Nothing {}))
            }
            Asked::AgentCheckRegister(op) => {
                let effects = register.register_check(now, op.definition.clone(), Source::Api, token)?;
                (effects, Reply::AgentCheckRegister(Nothing {}))
            }
            Asked::AgentCheckDeregister(op) => (register.deregister_check(&op.id)?, Reply::AgentCheckDeregister(Nothing {})),
            Asked::AgentCheckUpdate(op) => (register.update_ttl(now, &op.id, &op.status, &op.output)?, Reply::AgentCheckUpdate(Nothing {})),
            _ => return Err(Error::protocol("not an operation about services")),
        };
        match self.carry_out(effects, runner).await {
            Ok(()) => Ok(reply),
            Err(error) => Err(Error::failed(format!("this holds until the agent ends, but is not kept: {error}"))),
        }
    }

    /// Does what the register asks for.
    ///
    /// # Errors
    /// What the disk refused of it. How a TTL stands is no part of that: its application says so again.
    async fn carry_out(&mut self, effects: Vec<Effect>, runner: &Checks) -> Result<(), DiskError> {
        let mut changed = BTreeSet::new();
        if effects.iter().any(|effect| matches!(effect, Effect::Run(_))) {
            // An alias that begins now is to see what was registered with it.
            self.own.send_replace(Arc::new(Own::of(&self.register)));
        }
        for effect in effects {
            match effect {
                Effect::SaveService(id) | Effect::ForgetService(id) => {
                    self.register.service(&id).into_iter().for_each(|service| warn_of_names(&service.row));
                    changed.insert(Thing::Service(id));
                }
                Effect::SaveCheck(id) | Effect::ForgetCheck(id) => drop(changed.insert(Thing::Check(id))),
                Effect::SaveTtl(id) => drop(changed.insert(Thing::Ttl(id))),
                Effect::Run(id) => self.run_check(&id, runner),
                Effect::Halt(id) => runner.remove(&id),
                Effect::Reaped(id) => tracing::warn!(target: "agent", service = %id, "deregistered: it was critical for too long"),
            }
        }
        let (now, register) = (self.now(), &self.register);
        self.keeper.keep(changed, now, |thing| task(register, thing, now)).await
    }

    fn run_check(&self, id: &str, runner: &Checks) {
        let Some(check) = self.register.check(id) else { return };
        let Some(plan) = plan(&check.definition, self.register.settings().output_max) else { return };
        let source = match check.source {
            Source::Files => checks::Source::Configuration,
            Source::Api => checks::Source::Api,
        };
        if let Err(error) = runner.set(id, plan, source) {
            tracing::error!(target: "agent", check = %id, %error, "the check is not run");
        }
    }

    /// Since the start of the agent.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// What the disk is to say of it.
fn task(register: &Local, thing: &Thing, now: Duration) -> Task {
    match thing {
        Thing::Service(id) => Task::Service(id.clone(), register.stored_service(id)),
        Thing::Check(id) => Task::Check(id.clone(), register.stored_check(id)),
        Thing::Ttl(id) => Task::Ttl(id.clone(), register.stored_ttl(id, now, unix_seconds())),
    }
}

/// Waits for the pass under way, for ever while there is none.
async fn finished(under_way: &mut Option<BoxFuture<'static, Passed>>) -> Passed {
    let passed = match under_way {
        Some(pass) => pass.await,
        None => std::future::pending().await,
    };
    *under_way = None;
    passed
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Says of an instance that was registered which of its names nobody can ask for in DNS.
fn warn_of_names(row: &ServiceRow) {
    for odd in local::undiscoverable(row) {
        match odd.what {
            "name" => tracing::warn!(target: "agent", service = odd.label, "{odd}"),
            _ => tracing::debug!(target: "agent", service = %row.service, tag = odd.label, "{odd}"),
        }
    }
}
