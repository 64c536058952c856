//! Where Docker listens: `DOCKER_HOST`.

use std::ffi::OsStr;
use std::path::PathBuf;

use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use crate::probe::address::Address;
use crate::probe::dial::dial;
use crate::probe::go_text;

/// Where Docker listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DockerHost {
    /// `unix:///var/run/docker.sock`, which is also the default.
    Unix(PathBuf),
    /// `tcp://host:port`, in the clear.
    Tcp(Address),
    /// What nobody can dial, and why.
    Nowhere(String),
}

impl DockerHost {
    /// Reads the variable.
    pub(crate) fn read(variable: Option<&OsStr>) -> Self {
        let Some(variable) = variable.filter(|variable| !variable.is_empty()) else {
            return Self::Unix(PathBuf::from("/var/run/docker.sock"));
        };
        let text = variable.to_string_lossy();
        let read = match text.split_once("://") {
            Some(("unix", path)) => Ok(Self::Unix(PathBuf::from(path))),
            Some(("tcp" | "http", address)) => Address::parse(address.trim_end_matches('/')).map(Self::Tcp),
            _ => Err("neither unix:// nor tcp://".to_owned()),
        };
        read.unwrap_or_else(|why| Self::Nowhere(format!("DOCKER_HOST {text:?}: {why}")))
    }

    /// A connection. Bounded in time by the caller.
    pub(super) async fn dial(&self) -> Result<Either<UnixStream, TcpStream>, String> {
        match self {
            Self::Unix(path) => {
                let failed = |error: std::io::Error| format!("dial unix {}: connect: {}", path.display(), go_text::io_error(&error));
                UnixStream::connect(path).await.map(Either::Left).map_err(failed)
            }
            Self::Tcp(address) => dial(address).await.map(Either::Right),
            Self::Nowhere(why) => Err(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_read() {
        let read = |text: &str| DockerHost::read(Some(text.as_ref()));
        let address = Address { host: "10.0.0.1".to_owned(), port: 2375 };
        assert_eq!(DockerHost::read(None), DockerHost::Unix("/var/run/docker.sock".into()));
        assert_eq!(read(""), DockerHost::Unix("/var/run/docker.sock".into()));
        assert_eq!(read("unix:///run/d.sock"), DockerHost::Unix("/run/d.sock".into()));
        assert_eq!(read("tcp://10.0.0.1:2375/"), DockerHost::Tcp(address));
        assert_eq!(read("ssh://me@h"), DockerHost::Nowhere("DOCKER_HOST \"ssh://me@h\": neither unix:// nor tcp://".to_owned()));
        assert_eq!(read("tcp://h"), DockerHost::Nowhere("DOCKER_HOST \"tcp://h\": address h: missing port in address".to_owned()));
    }
}
