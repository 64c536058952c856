//! Sources and what becomes of them. Verdicts and texts were taken from Consul 1.8.7 where it
//! knows the key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod flag_words;
mod gateway_files;
mod merging;
mod mistakes;
mod reloading;
mod secrets;
mod values;
mod vocabulary;

use hcl::Format;

use crate::{Config, Flags, Host, Inputs, Invalid, Source, resolve};

pub(crate) use vocabulary::note_read;

/// A machine with one private and one public IPv4 address.
fn host() -> Host {
    let address = |name: &str, ip: &str| (name.to_owned(), ip.parse().unwrap());
    Host {
        name: "host1".to_owned(),
        addresses: vec![address("lo", "127.0.0.1"), address("lo", "::1"), address("eth0", "10.0.0.5"), address("eth1", "8.8.4.4")],
    }
}

fn hcl_file(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned(), format: Format::Hcl }
}

fn flags(words: &str) -> Flags {
    Flags::parse(words.split_whitespace().map(str::to_owned)).unwrap()
}

/// One HCL file on that machine, and a `data_dir` before it.
fn resolve_file(text: &str) -> Result<Config, Invalid> {
    resolve(&Inputs {
        flags: Flags::default(),
        files: vec![hcl_file("data.hcl", "data_dir = \"/var/lib/x\""), hcl_file("f.hcl", text)],
        host: host(),
    })
}

fn config(text: &str) -> Config {
    resolve_file(text).unwrap_or_else(|invalid| panic!("{text}: {invalid}"))
}

/// The mistakes in `text`, printed; warnings of a valid one.
fn mistakes(text: &str) -> Vec<String> {
    let invalid = resolve_file(text).expect_err(text);
    invalid.mistakes.iter().map(ToString::to_string).collect()
}
