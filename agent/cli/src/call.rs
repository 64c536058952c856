//! One invocation of a command, as its `run` sees it.

use std::fmt::Display;

use hyper::Method;

use crate::client::Client;
use crate::env::Env;
use crate::failure::Failure;
use crate::flag_parser::Flags;
use crate::http_options::{self, DATACENTER, Http, NAMESPACE, STALE};
use crate::io::Io;
use crate::own::Own;
use crate::request::Request;

/// The arguments, surroundings and streams of one invocation.
pub(crate) struct Call<'a, 'io> {
    /// How much of the HTTP API its command uses.
    pub(crate) http: Http,
    pub(crate) flags: Flags,
    pub(crate) env: &'a Env,
    pub(crate) own: &'a Own<'a>,
    pub(crate) io: &'a mut Io<'io>,
}

impl Call<'_, '_> {
    /// A client for the agent that flags and environment name. Nothing is dialed yet.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        http_options::settings(&self.flags, self.env)
            .and_then(|settings| Client::new(settings).map_err(|error| error.to_string()))
            .map_err(|error| Failure::new(format_args!("Error connecting to Consul agent: {error}")))
    }

    /// A read of `path` that honours `-datacenter`, `-stale` and `-namespace`.
    pub(crate) fn get(&self, path: impl Into<String>) -> Request {
        let mut request = self.request(Method::GET, path);
        if self.http == Http::Datacenter && self.flags.is_on(&STALE) {
            request = request.query("stale", "");
        }
        request
    }

    /// A read of `path` that a write goes by: `-stale` does not count.
    pub(crate) fn get_latest(&self, path: impl Into<String>) -> Request {
        self.request(Method::GET, path)
    }

    /// A write to `path` that honours `-datacenter` and `-namespace`.
    pub(crate) fn put(&self, path: impl Into<String>) -> Request {
        self.request(Method::PUT, path)
    }

    /// A request to do something at `path` that honours `-datacenter` and `-namespace`.
    pub(crate) fn post(&self, path: impl Into<String>) -> Request {
        self.request(Method::POST, path)
    }

    /// A deletion of `path` that honours `-datacenter` and `-namespace`.
    pub(crate) fn delete(&self, path: impl Into<String>) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Prints a line to stdout.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.io.stdout, "{text}")?)
    }

    /// Prints a line to stderr where that does not decide how the command ends.
    pub(crate) fn warn(&mut self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.io.stderr, "{text}")?)
    }

    /// Refuses positional arguments where the command takes none.
    pub(crate) fn no_arguments(&self) -> Result<(), Failure> {
        match self.flags.positional.len() {
            0 => Ok(()),
            given => Err(Failure::new(format_args!("Too many arguments (expected 0, got {given})"))),
        }
    }

    fn request(&self, method: Method, path: impl Into<String>) -> Request {
        let request = Request::new(method, path);
        match self.http {
            Http::None | Http::Agent => request,
            Http::Datacenter => request.query_if("dc", self.flags.non_empty(&DATACENTER)).query_if("ns", self.flags.non_empty(&NAMESPACE)),
        }
    }
}
