//! `keygen`: a new gossip key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["keygen"],
    arguments: "",
    summary: "Generates a gossip encryption key",
    about: "
Prints a new random key of 32 bytes in base64, as the setting `encrypt` takes
it.
",
    http: Http::None,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let mut key = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| Failure::new("Error reading random data"))?;
    call.line(STANDARD.encode(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::{Env, Io, Own};

    fn key() -> Vec<u8> {
        let own = Own {
            version: "0.1.0",
            revision: "",
            others: &[],
            validate: &|_| Ok(Vec::new()),
            services: &|_| Ok(Vec::new()),
            interrupt: &|| Box::pin(std::future::pending()),
        };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let io = Io { stdin: &mut &b""[..], stdout: &mut stdout, stderr: &mut stderr };
        assert_eq!(crate::run(vec!["keygen".into()], &Env::default(), io, &own), 0);
        STANDARD.decode(stdout.strip_suffix(b"\n").unwrap()).unwrap()
    }

    #[test]
    fn keys_have_32_bytes_and_differ() {
        let (one, other) = (key(), key());
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
    }
}
