//! Commands in containers, by Docker's API: one is created, started with its outputs attached, and asked how it ended.

mod host;
mod outputs;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time;

pub(crate) use self::host::DockerHost;
use self::outputs::Outputs;
use super::go_text;
use super::http_exchange::drive;
use crate::outcome::Outcome;
use crate::output::Tail;
use crate::{Docker, Status};

/// What Docker says of a command, which is little.
const MAX_ANSWER: usize = 64 * 1024;
/// For the head of a response.
const MAX_HEAD: usize = 16 * 1024;
/// Between two questions how a command ended.
const PAUSE: Duration = Duration::from_millis(50);
/// A name in a path: one that holds a slash is no container's, and must not become another request.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Runs the command and takes its word. One that takes too long is not waited for; Docker lets nobody kill it.
pub(crate) async fn run(docker: &Docker, host: &DockerHost, timeout: Duration, output_max: usize) -> Outcome {
    match time::timeout(timeout, execute(docker, host, output_max)).await {
        Ok(Ok((code, output))) => {
            let status = match code {
                0 => Status::Passing,
                1 => Status::Warning,
                _ => Status::Critical,
            };
            Outcome { status, output: output.text_with_count() }
        }
        Ok(Err(error)) => Outcome::critical(error),
        Err(_) => Outcome::critical(format!("exec in container {} took longer than {timeout:?}", docker.container)),
    }
}

async fn execute(docker: &Docker, host: &DockerHost, output_max: usize) -> Result<(i64, Tail), String> {
    let id = create(docker, host).await?;
    let output = start(docker, host, &id, output_max).await?;
    // Its outputs may be closed a moment before Docker knows that it has ended. Bounded in time by the caller.
    loop {
        match inspect(docker, host, &id).await? {
            Some(code) => return Ok((code, output)),
            None => time::sleep(PAUSE).await,
        }
    }
}

async fn create(docker: &Docker, host: &DockerHost) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Created {
        id: String,
    }
    let failed = |why: String| format!("create exec failed for container {}: {why}", docker.container);
    let path = format!("/containers/{}/exec", utf8_percent_encode(&docker.container, SEGMENT));
    let body = json!({"AttachStdin": false, "AttachStdout": true, "AttachStderr": true, "Tty": false, "Cmd": docker.args});
    let (status, body) = ask(host, Method::POST, &path, Some(&body)).await.map_err(failed)?;
    match status {
        StatusCode::CREATED => {
            serde_json::from_slice(&body).map(|Created { id }| id).map_err(|error| failed(format!("unreadable answer: {error}")))
        }
        StatusCode::NOT_FOUND => Err(format!("create exec failed for unknown container {}", docker.container)),
        StatusCode::CONFLICT => Err(format!("create exec failed since container {} is paused or stopped", docker.container)),
        status => Err(failed(format!("status code {status}"))),
    }
}

async fn start(docker: &Docker, host: &DockerHost, id: &str, output_max: usize) -> Result<Tail, String> {
    let failed = |why: String| format!("start exec failed for container {}: {why}", docker.container);
    let body = json!({"Detach": false, "Tty": false});
    let talk = async |response: Response<Incoming>| match response.status() {
        StatusCode::OK => {
            let (mut outputs, mut body) = (Outputs::new(output_max), response.into_body());
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| go_text::cause(&error))?;
                outputs.push(frame.data_ref().map_or(&[], |data| data));
            }
            Ok(outputs.finish())
        }
        StatusCode::CONFLICT => Err("the container is paused or stopped".to_owned()),
        status => Err(format!("status code {status}")),
    };
    request(host, Method::POST, &exec(id, "start"), Some(&body), talk).await.map_err(failed)
}

/// The exit code, once there is one.
async fn inspect(docker: &Docker, host: &DockerHost, id: &str) -> Result<Option<i64>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Ended {
        exit_code: Option<i64>,
    }
    let failed = |why: String| format!("inspect exec failed for container {}: {why}", docker.container);
    let (status, body) = ask(host, Method::GET, &exec(id, "json"), None).await.map_err(failed)?;
    if status != StatusCode::OK {
        return Err(failed(format!("status code {status}")));
    }
    serde_json::from_slice(&body).map(|Ended { exit_code }| exit_code).map_err(|error| failed(format!("unreadable answer: {error}")))
}

fn exec(id: &str, what: &str) -> String {
    format!("/exec/{}/{what}", utf8_percent_encode(id, SEGMENT))
}

/// A question with a short answer.
async fn ask(host: &DockerHost, method: Method, path: &str, body: Option<&Value>) -> Result<(StatusCode, Bytes), String> {
    let talk = async |response: Response<Incoming>| {
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    };
    request(host, method, path, body, talk).await
}

/// One request over a connection of its own, and what `talk` makes of the response.
async fn request<T>(
    host: &DockerHost,
    method: Method,
    path: &str,
    body: Option<&Value>,
    talk: impl AsyncFnOnce(Response<Incoming>) -> Result<T, String>,
) -> Result<T, String> {
    let stream = host.dial().await?;
    let content = body.map(Value::to_string).unwrap_or_default();
    let request = Request::builder().method(method).uri(path).header(HOST, "docker").header(CONTENT_TYPE, "application/json");
    let request = request.body(Full::new(Bytes::from(content))).map_err(|error| error.to_string())?;
    let mut client = http1::Builder::new();
    client.title_case_headers(true).max_buf_size(MAX_HEAD);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(|error| go_text::cause(&error))?;
    drive(connection, async move {
        let response = sender.send_request(request).await.map_err(|error| go_text::cause(&error))?;
        talk(response).await
    })
    .await
}
