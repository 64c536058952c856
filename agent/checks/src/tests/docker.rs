//! Commands in containers, at a stand-in of Docker. What it is asked, and what is made of its answers, is as with Consul 1.8.7, but that the
//! two outputs are told apart from the frames they come in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

use super::servers::{read_request, response};
use super::{polled, settings};
use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::{Docker, Polled, Probe, Settings};

/// A socket at which Docker seems to listen.
struct StandIn {
    _folder: TempDir,
    path: PathBuf,
    /// Each request: its first line, and its body.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl StandIn {
    /// Commands there write `output` and end with `code`.
    fn new(output: &'static [u8], code: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker.sock");
        let (listener, asked) = (UnixListener::bind(&path).unwrap(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                let (head, body) = request.split_once("\r\n\r\n").unwrap();
                let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
                let answer = match line.as_str() {
                    "POST /containers/gone/exec" => response("404 Not Found", "", r#"{"message":"No such container: gone"}"#),
                    "POST /containers/stopped/exec" => response("409 Conflict", "", "{}"),
                    "POST /containers/odd/exec" => response("201 Created", "", "[]"),
                    "POST /containers/mute/exec" => response("201 Created", "", r#"{"Id":"mute"}"#),
                    "POST /exec/mute/start" => b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
                    line if line.starts_with("POST /containers/") => response("201 Created", "", r#"{"Id":"e1"}"#),
                    "POST /exec/e1/start" => response("200 OK", "Content-Type: application/vnd.docker.multiplexed-stream\r\n", output),
                    "GET /exec/e1/json" => {
                        // The first time it is asked too early.
                        let is_early = !noted.lock().iter().any(|(asked, _)| *asked == line);
                        let code = if is_early { "null" } else { code };
                        response("200 OK", "", format!(r#"{{"ID":"e1","Running":{is_early},"ExitCode":{code}}}"#))
                    }
                    _ => response("500 Internal Server Error", "", ""),
                };
                let is_mute = line == "POST /exec/mute/start";
                noted.lock().push((line, body.to_owned()));
                let _ = stream.write_all(&answer).await;
                if is_mute {
                    let _ = read_request(&mut stream).await;
                }
            }
        });
        Self { _folder: folder, path, asked }
    }

    async fn run(&self, container: &str) -> Outcome {
        at(&self.path, &check(container)).await
    }
}

fn check(container: &str) -> Polled {
    polled(Probe::Docker(Docker { container: container.to_owned(), args: vec!["/bin/check".to_owned(), "-x".to_owned()] }))
}

async fn at(path: &Path, check: &Polled) -> Outcome {
    let docker_host = Some(format!("unix://{}", path.display()).into());
    Prober::new(Settings { docker_host, ..settings() }).run(check).await
}

#[tokio::test]
async fn a_command_is_created_started_and_asked_how_it_ended() {
    let docker = StandIn::new(b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\0\x03err", "0");
    assert_eq!(docker.run("web").await, Outcome::passing("outerr"));
    let expected = [
        (
            "POST /containers/web/exec",
            r#"{"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["/bin/check","-x"]}"#,
        ),
        ("POST /exec/e1/start", r#"{"Detach":false,"Tty":false}"#),
        ("GET /exec/e1/json", ""),
        ("GET /exec/e1/json", ""),
    ];
    assert_eq!(*docker.asked.lock(), expected.map(|(line, body)| (line.to_owned(), body.to_owned())));
}

#[tokio::test]
async fn its_exit_code_is_the_status() {
    assert_eq!(StandIn::new(b"no frames", "1").run("web").await, Outcome::warning("no frames"));
    assert_eq!(StandIn::new(b"", "2").run("web").await, Outcome::critical(""));
}

#[tokio::test]
async fn what_fails_is_said() {
    let docker = StandIn::new(b"", "0");
    assert_eq!(docker.run("gone").await, Outcome::critical("create exec failed for unknown container gone"));
    assert_eq!(docker.run("stopped").await, Outcome::critical("create exec failed since container stopped is paused or stopped"));
    let odd = docker.run("odd").await;
    assert!(odd.output.starts_with("create exec failed for container odd: unreadable answer: "), "{}", odd.output);
    let nowhere = docker.path.with_file_name("none.sock");
    let text = format!("create exec failed for container web: dial unix {}: connect: no such file or directory", nowhere.display());
    assert_eq!(at(&nowhere, &check("web")).await, Outcome::critical(text));
}

#[tokio::test]
async fn a_container_is_a_name_and_not_a_path() {
    let docker = StandIn::new(b"", "0");
    docker.run("../exec/e1/json?x").await;
    assert_eq!(docker.asked.lock()[0].0, "POST /containers/..%2Fexec%2Fe1%2Fjson%3Fx/exec");
}

#[tokio::test]
async fn who_takes_too_long_is_not_waited_for() {
    let docker = StandIn::new(b"", "null");
    for container in ["mute", "endless"] {
        let outcome = at(&docker.path, &Polled { timeout: Some(Duration::from_millis(200)), ..check(container) }).await;
        assert_eq!(outcome, Outcome::critical(format!("exec in container {container} took longer than 200ms")));
    }
}
