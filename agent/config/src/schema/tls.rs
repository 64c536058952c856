//! The `tls` stanza.

use super::{Field, table, text, truth};

pub(super) const TLS: &[Field] = &[
    table("defaults", DEFAULTS).live(),
    table("internal_rpc", INTERNAL_RPC).live(),
    table("https", HTTPS).live(),
    table("grpc", GRPC).idle(),
];

/// A gateway serves neither HTTPS nor gRPC for applications.
pub(super) const GATEWAY_TLS: &[Field] = &[table("defaults", DEFAULTS).live(), table("internal_rpc", INTERNAL_RPC).live()];

const DEFAULTS: &[Field] = &[
    text("ca_file"),
    text("ca_path"),
    text("cert_file"),
    text("key_file"),
    text("tls_min_version"),
    text("tls_cipher_suites"),
    truth("verify_incoming"),
    truth("verify_outgoing"),
    truth("verify_server_hostname"),
];

/// Server RPC is TLS 1.3 alone.
const INTERNAL_RPC: &[Field] = &[
    text("ca_file"),
    text("ca_path"),
    text("cert_file"),
    text("key_file"),
    text("tls_min_version").idle(),
    text("tls_cipher_suites").idle(),
    truth("verify_incoming"),
    truth("verify_outgoing"),
    truth("verify_server_hostname"),
];

const HTTPS: &[Field] = &[
    text("ca_file"),
    text("ca_path"),
    text("cert_file"),
    text("key_file"),
    text("tls_min_version"),
    text("tls_cipher_suites"),
    truth("verify_incoming"),
    truth("verify_outgoing"),
];

const GRPC: &[Field] = &[
    text("ca_file"),
    text("ca_path"),
    text("cert_file"),
    text("key_file"),
    text("tls_min_version"),
    text("tls_cipher_suites"),
    truth("verify_incoming"),
    truth("use_auto_cert"),
];
