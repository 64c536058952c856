//! One request over a connection of its own.

use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use http::header::LOCATION;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::connector::Stream;
use super::go_text;
use crate::output::Tail;

/// More of a body is not read: who has not made his point by then will not.
const MAX_BODY: u64 = 1 << 20;
/// For the head of a response.
const MAX_HEAD: usize = 64 * 1024;

/// What came back.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) location: Option<String>,
    pub(crate) body: Tail,
}

/// Sends `request` and reads the answer. A body that does not end by `deadline`, or breaks off, or is too long, is taken as far as it
/// came: the head says how the service is.
pub(crate) async fn exchange(
    stream: Stream,
    request: Request<Full<Bytes>>,
    output_max: usize,
    deadline: Instant,
) -> Result<Answer, String> {
    let mut client = http1::Builder::new();
    // Some servers know no other spelling.
    client.title_case_headers(true).max_buf_size(MAX_HEAD);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(|error| go_text::cause(&error))?;
    let talk = async move {
        let response = timeout_at(deadline, sender.send_request(request)).await;
        let response = response.map_err(|_| TOO_LATE.to_owned())?.map_err(|error| go_text::cause(&error))?;
        let mut answer = Answer::of(&response, output_max);
        // Whoever is told to go elsewhere does not read on.
        if answer.location.is_none() {
            let _ = timeout_at(deadline, answer.read(response.into_body())).await;
        }
        Ok(answer)
    };
    drive(connection, talk).await
}

/// As Go says it.
pub(crate) const TOO_LATE: &str = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/// Moves the connection along while `talk` uses it.
pub(crate) async fn drive<T>(connection: impl Future, talk: impl Future<Output = T>) -> T {
    let (mut connection, mut talk) = (pin!(connection), pin!(talk));
    tokio::select! {
        said = &mut talk => return said,
        _ = &mut connection => {}
    }
    // What has arrived is still there to be read.
    talk.await
}

impl Answer {
    fn of(response: &Response<Incoming>, output_max: usize) -> Self {
        let status = response.status();
        let reason = match response.extensions().get::<ReasonPhrase>() {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => status.canonical_reason().unwrap_or_default().to_owned(),
        };
        let location = response.headers().get(LOCATION).filter(|_| matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308));
        let location = location.map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
        Self { code: status.as_u16(), reason, location, body: Tail::new(output_max) }
    }

    async fn read(&mut self, mut body: Incoming) {
        while let Some(Ok(frame)) = body.frame().await {
            if let Some(data) = frame.data_ref() {
                self.body.push(data);
            }
            if self.body.total() >= MAX_BODY {
                return;
            }
        }
    }
}
