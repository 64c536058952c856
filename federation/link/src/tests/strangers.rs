use super::*;

fn greeting(exporter: &Exporter) -> Bytes {
    Bytes::copy_from_slice(exporter.as_bytes())
}

fn stranger_tls(authority: &tls::Authority) -> ClientTls {
    ClientTls { config: authority.stranger(), server_name: NAME.into() }
}

/// Answers every join with the exporter the server saw.
fn answer_joins(mut server: Running) -> Peer {
    let peer = server.peer();
    tokio::spawn(async move {
        while let Some(join) = server.inbound.joins.recv().await {
            assert!(join.peer.certs.is_empty());
            assert_eq!(join.request, &join.exporter.as_bytes()[..], "equal on both sides");
            join.reply.send(Bytes::new(), Bytes::copy_from_slice(join.exporter.as_bytes())).await.unwrap();
        }
    });
    peer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_is_bound_to_its_session() {
    let authority = tls::Authority::new();
    let stranger = Running::start(&authority).await;
    let peer = answer_joins(Running::start(&authority).await);
    let first = stranger.handle.join_call(&peer, &stranger_tls(&authority), greeting, LONG).await.unwrap();
    assert_eq!(first.0, first.1.as_bytes()[..]);
    let second = stranger.handle.join_call(&peer, &stranger_tls(&authority), greeting, LONG).await.unwrap();
    assert_ne!(first.1, second.1, "another session, another exporter");
    eventually("its connections end", || stranger.endpoint.open_connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_one_stream_of_64_kib() {
    let authority = tls::Authority::new();
    let (client, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    let big = |_: &Exporter| Bytes::from(vec![0; (64 << 10) + 1]);
    let error = client.handle.join_call(&server.peer(), &stranger_tls(&authority), big, LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::TooBig { .. }, .. }), "{error}");

    let connection = connect(&client, authority.stranger(), Class::Stranger, &server.peer()).await;
    let (mut send, mut recv) = connection.open_bi().await.unwrap();
    let soon = Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, connection.open_bi()).await.is_err(), "no second stream");
    assert!(tokio::time::timeout(soon, connection.open_uni()).await.is_err(), "no unidirectional stream");
    // A gossip datagram of a stranger is never passed on.
    connection.send_datagram(bytes("I am a member")).unwrap();
    send.write_all(b"\x05\x01\0\0\0\0\0\0\0\x01\0\x01").await.unwrap();
    let refused = tokio::time::timeout(LONG, recv.read_to_end(10)).await.unwrap();
    assert_eq!(refused, Err(quinn::ReadToEndError::Read(quinn::ReadError::Reset(crate::code::TOO_BIG))));
    assert!(server.inbound.gossip.try_recv().is_err() && server.inbound.joins.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_a_join_without_a_certificate() {
    let authority = tls::Authority::new();
    let (client, mut server) = (Running::start(&authority).await, Running::start(&authority).await);
    for class in [Class::Control, Class::Mesh] {
        let connection = connect(&client, authority.stranger(), class, &server.peer()).await;
        let closed = tokio::time::timeout(LONG, connection.closed()).await.unwrap();
        let quinn::ConnectionError::ApplicationClosed(close) = closed else { panic!("{closed}") };
        assert_eq!(close.error_code, crate::code::UNAUTHENTICATED);
    }
    assert!(server.inbound.calls.try_recv().is_err() && server.inbound.mesh.try_recv().is_err());

    // And a certificate of another authority is no certificate.
    let foreign = tls::Authority::new();
    let outsider = Running::start_with(&authority, "127.0.0.1:0", |config| {
        let mut tls = (*foreign.client("gateway.dc1.test")).clone();
        tls.dangerous().set_certificate_verifier(Arc::new(Gullible));
        config.tls = Arc::new(FixedTls { server: authority.server(NAME), client: Arc::new(tls) });
    })
    .await;
    let error = outsider.handle.call(&server.peer(), bytes("h"), bytes("b"), LONG).await.unwrap_err();
    assert!(error.to_string().contains("certificate") || error.to_string().contains("UnknownCA"), "{error}");
    assert!(server.inbound.calls.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_are_budgeted_per_source() {
    let authority = tls::Authority::new();
    let stranger = Running::start(&authority).await;
    let few = |config: &mut LinkConfig| config.limits.joins_per_minute = 2;
    let peer = answer_joins(Running::start_with(&authority, "127.0.0.1:0", few).await);
    let tls = stranger_tls(&authority);
    for _ in 0..2 {
        stranger.handle.join_call(&peer, &tls, greeting, LONG).await.unwrap();
    }
    let error = stranger.handle.join_call(&peer, &tls, greeting, LONG).await.unwrap_err();
    assert!(matches!(error, LinkError::NotSent { why: NotSent::Busy, .. }), "{error}");
    stranger.handle.datagram(&peer, bytes("members are not budgeted"), LONG).await.unwrap();
}

/// Trusts any server: what an attacker would use.
#[derive(Debug)]
struct Gullible;

impl rustls::client::danger::ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &[rustls_pki_types::CertificateDer<'_>],
        _: &rustls_pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
