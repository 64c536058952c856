//! What `delian dev` shows: where everything is, and one call from a datacenter to another.

use super::{Datacenter, trace};
use anyhow::{Context, bail};
use api::catalog::{NodeRow, Register, ServiceRow};
use api::http::{Style, render};
use api::{Answer, Call, Trace, catalog, health};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};
use telemetry::FinishedSpans;

/// Resolves once every datacenter answers every other.
pub(super) async fn until_ready(datacenters: &[Datacenter]) {
    for from in datacenters {
        for to in datacenters {
            for server in &from.servers {
                while !answers(server, &to.name).await {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
}

/// Whether `server` gets an answer from `dc`, of a datacenter whose servers have registered themselves.
async fn answers(server: &server::Handle, dc: &str) -> bool {
    let op = health::Service { name: "consul".to_owned(), passing: true, ..Default::default() };
    let call = Call { dc: Some(dc.into()), time_left: Duration::from_millis(500), ..Call::new(op) };
    let answer = server.waist.call(call).await;
    matches!(answer.as_ref().map(|answer| answer.reply.reply()), Ok(Ok(api::Reply::HealthService(found))) if !found.instances.is_empty())
}

/// Prints where everything is, and shows a call.
pub(super) async fn everything(datacenters: &[Datacenter], took: Duration, spans: &FinishedSpans) -> anyhow::Result<()> {
    let mut text = format!("==> {} datacenters are up after {:.2} s\n\n", datacenters.len(), took.as_secs_f64());
    for datacenter in datacenters {
        for (n, server) in datacenter.servers.iter().enumerate() {
            let http = server.http.first().map_or_else(|| "no HTTP".to_owned(), |http| format!("http://{http}"));
            let dns = server.dns.first().map_or_else(|| "no DNS".to_owned(), |dns| format!("dns://{dns}"));
            writeln!(text, "    {}-s{}  {http}  {dns}", datacenter.name, n + 1)?;
        }
    }
    let (first, last) = (datacenters.first().context("no datacenter")?, datacenters.last().context("no datacenter")?);
    let (from, far) = (first.servers.first().context("no server")?, &last.name);
    let http = from.http.first().context("no HTTP")?;
    register(last).await?;
    writeln!(text, "\n==> {far} has a service \"web\" now; asking for it in {}:\n", first.name)?;
    writeln!(text, "    curl 'http://{http}/v1/catalog/service/web?dc={far}&pretty'\n")?;
    let origin = trace::Origin::random();
    let (body, took) = ask(from, far, origin.trace()).await?;
    for line in body.lines() {
        writeln!(text, "    {line}")?;
    }
    writeln!(text, "\n==> answered by {far} in {:.2} ms:\n", took.as_secs_f64() * 1e3)?;
    text.push_str(&trace::tree(&origin.spans(spans).await, origin.span()));
    writeln!(text, "\n==> Until Ctrl-C, all of this is yours to try:\n")?;
    writeln!(text, "    curl -X PUT -d hello 'http://{http}/v1/kv/greeting?dc={far}'")?;
    if let Some(dns) = from.dns.first() {
        writeln!(text, "    dig @{} -p {} web.service.{far}.consul SRV", dns.ip(), dns.port())?;
    }
    writeln!(text, "    delian members -wan -http-addr={http}")?;
    writeln!(text, "    delian federation explain -http-addr={http} {far}")?;
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A service in a datacenter, registered as a client would register one that runs no agent.
async fn register(datacenter: &Datacenter) -> anyhow::Result<()> {
    let node =
        NodeRow { node: "web-1".to_owned(), address: "192.0.2.10".to_owned(), datacenter: datacenter.name.clone(), ..NodeRow::default() };
    let service = ServiceRow { id: "web".to_owned(), service: "web".to_owned(), port: 80, ..ServiceRow::default() };
    let op = Register { node: Some(node), skip_node_update: false, service: Some(service), checks: Vec::new() };
    let server = datacenter.servers.first().context("no server")?;
    server.waist.call(Call::new(op)).await.map(drop).context("registering the sample service")
}

async fn ask(from: &server::Handle, dc: &str, trace: Trace) -> anyhow::Result<(String, Duration)> {
    let op = catalog::Service { name: "web".to_owned(), ..Default::default() };
    let call = Call { dc: Some(dc.into()), trace, ..Call::new(op) };
    let (op, began) = (std::sync::Arc::clone(&call.op), Instant::now());
    let answer: Answer = from.waist.call(call).await.context("asking for it")?;
    let took = began.elapsed();
    let response = render(&op, Style { pretty: true, ..Style::default() }, Ok(answer));
    if !response.status().is_success() {
        bail!("the answer is {}", response.status());
    }
    Ok((String::from_utf8_lossy(&response.into_body().whole()).into_owned(), took))
}
