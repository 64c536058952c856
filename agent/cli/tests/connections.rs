//! Ways to reach an agent other than plain TCP: a Unix socket and TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_agent;

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use cli::{Env, Io, Own};
use fake_agent::{FakeAgent, serve};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivateKeyDer;

#[test]
fn unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("http.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let mut target = String::new();
        serve(listener.accept().unwrap().0, (200, None, r#"["dc1"]"#.to_owned()), |request| target = request.target);
        target
    });
    let (exit, stdout, stderr) = datacenters(&[&format!("-http-addr=unix://{}", path.display())], &[]);
    assert_eq!((exit, stdout.as_str(), stderr.as_str()), (0, "dc1\n", ""));
    assert_eq!(server.join().unwrap(), "/v1/catalog/datacenters");
}

#[test]
fn tls_with_a_named_authority() {
    let pki = Pki::new("localhost");
    let agent = pki.agent(false);
    let ca = pki.path("ca.pem");
    assert_eq!(datacenters(&[&format!("-http-addr=https://{agent}"), &format!("-ca-file={ca}")], &[]).1, "dc1\n");

    let agent = pki.agent(false);
    let env = [("CONSUL_HTTP_ADDR", agent.as_str()), ("CONSUL_HTTP_SSL", "true"), ("CONSUL_CAPATH", &pki.path("cas"))];
    assert_eq!(datacenters(&[], &env).1, "dc1\n");
}

#[test]
fn tls_to_a_stranger_is_refused_unless_asked_for() {
    let (pki, other) = (Pki::new("localhost"), Pki::new("localhost"));
    let (exit, stdout, stderr) =
        datacenters(&[&format!("-http-addr=https://{}", pki.agent(false)), &format!("-ca-file={}", other.path("ca.pem"))], &[]);
    assert_eq!((exit, stdout.as_str()), (1, ""));
    assert!(stderr.contains("invalid peer certificate"), "{stderr}");

    let unverified = [("CONSUL_HTTP_SSL_VERIFY", "false")];
    assert_eq!(datacenters(&[&format!("-http-addr=https://{}", pki.agent(false))], &unverified).1, "dc1\n");
}

#[test]
fn tls_name_is_checked_and_can_be_said() {
    let pki = Pki::new("server.dc1.consul");
    let ca = format!("-ca-file={}", pki.path("ca.pem"));
    let (exit, _, stderr) = datacenters(&[&format!("-http-addr=https://{}", pki.agent(false)), &ca], &[]);
    assert_eq!(exit, 1);
    assert!(stderr.contains("not valid for name"), "{stderr}");

    let name = "-tls-server-name=server.dc1.consul";
    assert_eq!(datacenters(&[&format!("-http-addr=https://{}", pki.agent(false)), &ca, name], &[]).1, "dc1\n");
}

#[test]
fn tls_presents_a_client_certificate() {
    let pki = Pki::new("localhost");
    let (ca, cert, key) = (pki.path("ca.pem"), pki.path("cert.pem"), pki.path("key.pem"));
    let arguments = [
        format!("-http-addr=https://{}", pki.agent(true)),
        format!("-ca-file={ca}"),
        format!("-client-cert={cert}"),
        format!("-client-key={key}"),
    ];
    assert_eq!(datacenters(&arguments.each_ref().map(String::as_str), &[]).1, "dc1\n");
}

#[test]
fn a_server_without_tls_is_an_error() {
    let agent = FakeAgent::start([]);
    let address = format!("-http-addr=https://{}", agent.address);
    let (exit, stdout, stderr) = datacenters(&[&address], &[("CONSUL_HTTP_SSL_VERIFY", "false")]);
    assert_eq!((exit, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("Error listing datacenters: Get \"https://"), "{stderr}");
}

#[test]
fn a_ca_file_without_a_certificate_is_an_error() {
    let pki = Pki::new("localhost");
    let (exit, _, stderr) = datacenters(&[&format!("-ca-file={}", pki.path("key.pem"))], &[]);
    assert_eq!((exit, stderr.as_str()), (1, "Error connecting to Consul agent: Error loading CA File: no certificate found\n"));
}

/// Runs `catalog datacenters` with these flags.
fn datacenters(flags: &[&str], env: &[(&str, &str)]) -> (u8, String, String) {
    let args = ["catalog", "datacenters"].iter().chain(flags).map(Into::into).collect();
    let env: Env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let own = Own {
        version: "0.1.0",
        revision: "",
        others: &[],
        validate: &|_| Ok(Vec::new()),
        services: &|_| Ok(Vec::new()),
        interrupt: &|| Box::pin(std::future::pending()),
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = cli::run(args, &env, Io { stdin: &mut &b""[..], stdout: &mut stdout, stderr: &mut stderr }, &own);
    (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// An authority and a certificate for one name, as files.
struct Pki {
    directory: tempfile::TempDir,
    config: Arc<ServerConfig>,
    mutual: Arc<ServerConfig>,
}

impl Pki {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut names = vec![name.to_owned()];
        if name == "localhost" {
            names.push("127.0.0.1".to_owned());
        }
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();

        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| fs::write(directory.path().join(name), text).unwrap();
        write("ca.pem", ca.pem());
        write("cert.pem", leaf.pem());
        write("key.pem", key.serialize_pem());
        fs::create_dir(directory.path().join("cas")).unwrap();
        write("cas/one.pem", ca.pem());

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        let builder = || ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
        let (chain, key) = (vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()));
        let config = builder().with_no_client_auth().with_single_cert(chain.clone(), key.clone_key()).unwrap();
        let mutual = builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
        Self { directory, config: Arc::new(config), mutual: Arc::new(mutual) }
    }

    fn path(&self, name: &str) -> String {
        let path: &Path = &self.directory.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    /// Serves one request over TLS and returns where.
    fn agent(&self, mutual: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config = Arc::clone(if mutual { &self.mutual } else { &self.config });
        std::thread::spawn(move || {
            let stream = listener.accept().unwrap().0;
            let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            serve(stream, (200, None, r#"["dc1"]"#.to_owned()), |_| {});
        });
        address
    }
}
