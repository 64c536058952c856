//! How to reach the agent and what to send with every request: flags first, then
//! environment variables, then defaults.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::address::{self, Address};
use crate::boolean;
use crate::client::Settings;
use crate::env::Env;
use crate::flag::Flag;
use crate::flag_parser::Flags;
use crate::os_error;
use crate::tls;

/// How much of the HTTP API a command uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    /// None: it runs without an agent.
    None,
    /// The agent's own endpoints: there is no other datacenter to ask.
    Agent,
    /// Endpoints that any datacenter can answer.
    Datacenter,
}

impl Http {
    /// The flags this use of the API brings.
    pub(crate) fn flags(self) -> impl Iterator<Item = &'static Flag> + Clone {
        let (agent, datacenter): (&[Flag], &[Flag]) = match self {
            Self::None => (&[], &[]),
            Self::Agent => (AGENT_FLAGS, &[]),
            Self::Datacenter => (AGENT_FLAGS, DATACENTER_FLAGS),
        };
        agent.iter().chain(datacenter)
    }
}

/// Flags of every command that speaks to an agent.
const AGENT_FLAGS: &[Flag] = &[CA_FILE, CA_PATH, CLIENT_CERT, CLIENT_KEY, HTTP_ADDR, TLS_SERVER_NAME, TOKEN, TOKEN_FILE];

/// Flags of the commands that any datacenter can answer.
const DATACENTER_FLAGS: &[Flag] = &[DATACENTER, STALE];

const CA_FILE: Flag = Flag::text(
    "ca-file",
    "value",
    "PEM file with the certificate authorities that may have signed the agent's certificate. \
     Environment: CONSUL_CACERT.",
);
const CA_PATH: Flag = Flag::text("ca-path", "value", "Directory of such PEM files, all of which are used. Environment: CONSUL_CAPATH.");
const CLIENT_CERT: Flag = Flag::text(
    "client-cert",
    "value",
    "PEM file with the certificate to present when the agent has 'verify_incoming' set. Needs \
     -client-key. Environment: CONSUL_CLIENT_CERT.",
);
const CLIENT_KEY: Flag =
    Flag::text("client-key", "value", "PEM file with the private key of -client-cert. Environment: CONSUL_CLIENT_KEY.");
const HTTP_ADDR: Flag = Flag::text(
    "http-addr",
    "address",
    "Where the agent serves its HTTP API: host and port, a URL with http or https, or unix:// and \
     the path of a socket. Environment: CONSUL_HTTP_ADDR, and CONSUL_HTTP_SSL=true for TLS. \
     Without either it is http://127.0.0.1:8500.",
);
const TLS_SERVER_NAME: Flag = Flag::text(
    "tls-server-name",
    "value",
    "Name that the agent's certificate must have, where it is not the host connected to. \
     Environment: CONSUL_TLS_SERVER_NAME.",
);
const TOKEN: Flag = Flag::text(
    "token",
    "value",
    "ACL token to send. Without one the agent uses its own default token. Environment: \
     CONSUL_HTTP_TOKEN.",
);
const TOKEN_FILE: Flag =
    Flag::text("token-file", "value", "File that holds the ACL token; preferred over -token. Environment: CONSUL_HTTP_TOKEN_FILE.");
/// `-datacenter`.
pub(crate) const DATACENTER: Flag = Flag::text("datacenter", "value", "Datacenter that answers. Without it, the agent's own does.");
/// `-stale`.
pub(crate) const STALE: Flag = Flag::switch(
    "stale",
    "Let any server answer, not only the leader: sooner, and possibly with older data. Writes are \
     not affected.",
);
/// `-namespace`, for the commands of namespaced things.
pub(crate) const NAMESPACE: Flag =
    Flag::text("namespace", "default", "Namespace to ask in. There is only `default`; the flag exists for scripts that name it.");

/// Puts together the settings of a client.
///
/// # Errors
/// The text for the user: an unreadable file, a malformed address or variable.
pub(crate) fn settings(flags: &Flags, env: &Env) -> Result<Settings, String> {
    let option = |flag: &Flag, variable: &str| flags.non_empty(flag).or_else(|| env.get(variable)).map(str::to_owned);
    let address = option(&HTTP_ADDR, "CONSUL_HTTP_ADDR").unwrap_or_else(|| address::DEFAULT.to_owned());
    let ssl = switch(env, "CONSUL_HTTP_SSL")?.unwrap_or(false);
    let address = Address::parse(&address, ssl).map_err(|error| error.to_string())?;

    let ca = match (option(&CA_FILE, "CONSUL_CACERT"), option(&CA_PATH, "CONSUL_CAPATH")) {
        (Some(file), _) => Some(vec![read("Error loading CA File: ", Path::new(&file))?]),
        (None, Some(directory)) => Some(read_directory(Path::new(&directory))?),
        (None, None) => None,
    };
    let client = match (option(&CLIENT_CERT, "CONSUL_CLIENT_CERT"), option(&CLIENT_KEY, "CONSUL_CLIENT_KEY")) {
        (Some(certificate), Some(key)) => {
            Some(tls::Identity { chain: read("", Path::new(&certificate))?, key: read("", Path::new(&key))? })
        }
        (None, None) => None,
        _ => return Err("both client cert and client key must be provided".to_owned()),
    };
    let verify = switch(env, "CONSUL_HTTP_SSL_VERIFY")?.unwrap_or(true);
    Ok(Settings {
        address,
        token: token(flags, env)?,
        basic_auth: env.get("CONSUL_HTTP_AUTH").map(basic_auth),
        tls: tls::Material { ca, client, verify },
        server_name: option(&TLS_SERVER_NAME, "CONSUL_TLS_SERVER_NAME"),
    })
}

/// A file named beside a token wins over it, and flags win over the environment.
fn token(flags: &Flags, env: &Env) -> Result<Option<String>, String> {
    let from_file = |path: &str| {
        let bytes = read("Error loading token file: ", Path::new(path))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("Error loading token file: {path} is not text"))?;
        Ok(Some(text.trim().to_owned()).filter(|token| !token.is_empty()))
    };
    if let Some(path) = flags.non_empty(&TOKEN_FILE) {
        return from_file(path);
    }
    if let Some(token) = flags.non_empty(&TOKEN) {
        return Ok(Some(token.to_owned()));
    }
    match env.get("CONSUL_HTTP_TOKEN_FILE") {
        Some(path) => from_file(path),
        None => Ok(env.get("CONSUL_HTTP_TOKEN").map(str::to_owned)),
    }
}

/// The `Authorization` header for `user:password`; a name alone has an empty password.
fn basic_auth(credentials: &str) -> String {
    let complete = if credentials.contains(':') { credentials.to_owned() } else { format!("{credentials}:") };
    format!("Basic {}", STANDARD.encode(complete))
}

fn switch(env: &Env, variable: &str) -> Result<Option<bool>, String> {
    match env.get(variable) {
        None => Ok(None),
        Some(word) => match boolean::parse(word) {
            Some(on) => Ok(Some(on)),
            None => Err(format!("{variable}: {word:?} is neither true nor false")),
        },
    }
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{what}{}", os_error::opening(path, &error)))
}

fn read_directory(directory: &Path) -> Result<Vec<Vec<u8>>, String> {
    let failed = |error: std::io::Error| format!("Error loading CA Path: {}", os_error::opening(directory, &error));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|file| read("Error loading CA Path: ", file)).collect()
}
