//! The `tls` stanza: files and demands per protocol, as data.

use std::path::PathBuf;

use crate::reader::{Context, Findings, Reader};

/// TLS by protocol; what a protocol leaves open it takes from `tls.defaults`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// RPC between agents.
    pub internal_rpc: TlsStanza,
    /// HTTPS.
    pub https: TlsStanza,
    /// gRPC; has no `verify_outgoing`.
    pub grpc: TlsStanza,
    /// Name to show instead of `node_name` where a name is checked.
    pub server_name: Option<String>,
}

/// TLS of one protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsStanza {
    /// PEM file of certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Directory of such files.
    pub ca_path: Option<PathBuf>,
    /// PEM file of the own certificate.
    pub cert_file: Option<PathBuf>,
    /// PEM file of its key.
    pub key_file: Option<PathBuf>,
    /// Oldest version spoken.
    pub min_version: TlsVersion,
    /// Suites of TLS 1.2 by their IANA names; empty for the library's choice.
    pub cipher_suites: Vec<String>,
    /// Whether clients must show a certificate.
    pub verify_incoming: bool,
    /// Whether servers must; implied by `verify_server_hostname`.
    pub verify_outgoing: bool,
    /// Whether servers must be named `server.<dc>.<domain>` in theirs.
    pub verify_server_hostname: bool,
    /// Whether a certificate from the agent's own authority serves (gRPC only).
    pub use_auto_cert: bool,
}

/// Versions of TLS that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Tls, Findings) {
    let mut read = Reader::new(context);
    let unset = TlsStanza {
        ca_file: None,
        ca_path: None,
        cert_file: None,
        key_file: None,
        min_version: TlsVersion::V1_2,
        cipher_suites: Vec::new(),
        verify_incoming: false,
        verify_outgoing: false,
        verify_server_hostname: false,
        use_auto_cert: false,
    };
    let defaults = common(&mut read, "tls.defaults", &unset);
    let defaults = outgoing(&read, "tls.defaults", defaults);
    let defaults = hostname(&read, "tls.defaults", defaults);

    let internal_rpc = common(&mut read, "tls.internal_rpc", &defaults);
    let internal_rpc = outgoing(&read, "tls.internal_rpc", internal_rpc);
    let internal_rpc = hostname(&read, "tls.internal_rpc", internal_rpc);
    let https = common(&mut read, "tls.https", &defaults);
    let https = TlsStanza { verify_server_hostname: false, ..outgoing(&read, "tls.https", https) };
    let grpc = TlsStanza {
        verify_outgoing: false,
        verify_server_hostname: false,
        use_auto_cert: read.is("tls.grpc.use_auto_cert"),
        ..common(&mut read, "tls.grpc", &defaults)
    };
    let tls = Tls { internal_rpc, https, grpc, server_name: read.filled("server_name").map(str::to_owned) };
    (tls, read.finish())
}

/// The keys that every stanza has.
fn common(read: &mut Reader<'_>, stanza: &str, defaults: &TlsStanza) -> TlsStanza {
    let key = |name: &str| format!("{stanza}.{name}");
    let path = |name: &str, default: &Option<PathBuf>| {
        let own = read.filled(&key(name)).map(PathBuf::from);
        own.or_else(|| default.clone())
    };
    let ca_file = path("ca_file", &defaults.ca_file);
    let ca_path = path("ca_path", &defaults.ca_path);
    let cert_file = path("cert_file", &defaults.cert_file);
    let key_file = path("key_file", &defaults.key_file);
    TlsStanza {
        ca_file,
        ca_path,
        cert_file,
        key_file,
        min_version: min_version(read, &key("tls_min_version"), defaults.min_version),
        cipher_suites: cipher_suites(read, &key("tls_cipher_suites")).unwrap_or_else(|| defaults.cipher_suites.clone()),
        verify_incoming: read.truth(&key("verify_incoming")).unwrap_or(defaults.verify_incoming),
        ..defaults.clone()
    }
}

fn outgoing(read: &Reader<'_>, stanza: &str, tls: TlsStanza) -> TlsStanza {
    let own = read.truth(&format!("{stanza}.verify_outgoing"));
    TlsStanza { verify_outgoing: own.unwrap_or(tls.verify_outgoing), ..tls }
}

fn hostname(read: &Reader<'_>, stanza: &str, tls: TlsStanza) -> TlsStanza {
    let own = read.truth(&format!("{stanza}.verify_server_hostname"));
    let verify_server_hostname = own.unwrap_or(tls.verify_server_hostname);
    TlsStanza { verify_server_hostname, verify_outgoing: tls.verify_outgoing || verify_server_hostname, ..tls }
}

fn min_version(read: &mut Reader<'_>, key: &str, default: TlsVersion) -> TlsVersion {
    let words = [
        ("TLSv1_0", (TlsVersion::V1_2, true)),
        ("TLSv1_1", (TlsVersion::V1_2, true)),
        ("TLSv1_2", (TlsVersion::V1_2, false)),
        ("TLSv1_3", (TlsVersion::V1_3, false)),
        ("TLS_AUTO", (TlsVersion::V1_2, false)),
        ("tls10", (TlsVersion::V1_2, true)),
        ("tls11", (TlsVersion::V1_2, true)),
        ("tls12", (TlsVersion::V1_2, false)),
        ("tls13", (TlsVersion::V1_3, false)),
    ];
    let (version, raised) = read.choice(key, &words, (default, false));
    if raised {
        read.warn(format!("{key}: versions before TLS 1.2 are not spoken; it stays at TLSv1_2"));
    }
    version
}

/// Suites of TLS 1.2 that a modern library still has (RFC 5289, RFC 7905).
const CIPHER_SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

fn cipher_suites(read: &mut Reader<'_>, key: &str) -> Option<Vec<String>> {
    let mut suites = Vec::new();
    for name in read.filled(key)?.split(',').map(str::trim) {
        // Go's names of the ChaCha20 suites lack the hash.
        let full = match name.ends_with("_CHACHA20_POLY1305") {
            true => format!("{name}_SHA256"),
            false => name.to_owned(),
        };
        if CIPHER_SUITES.contains(&full.as_str()) {
            suites.push(full);
        } else {
            let message = format!("{key}: invalid tls cipher suites: unsupported cipher {name:?}");
            read.wrong(key, message);
        }
    }
    Some(suites)
}
