//! What an agent watches.

use anyhow::Context;
use config::{Watch, WatchHandler};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use watch::{Definition, Handler, Hook, Script};

/// One watch of the configuration.
pub(super) fn watch(config: &Watch) -> anyhow::Result<desk::watches::Watch> {
    let definition = Definition {
        kind: config.kind.clone(),
        key: config.key.clone(),
        prefix: config.prefix.clone(),
        service: config.service.clone(),
        tags: config.tags.clone(),
        passing_only: config.passing_only,
        state: config.state.clone(),
        name: config.name.clone(),
        filter: config.filter.clone(),
        datacenter: config.datacenter.clone(),
        stale: config.stale,
    };
    let named = || {
        let origin = config.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        format!("{origin}Failed to parse watch ({})", config.kind)
    };
    let plan = definition.plan().with_context(named)?;
    let (handler, name) = handler(&config.handler).with_context(named)?;
    let token = config.token.as_ref().map(|token| token.expose().to_owned()).unwrap_or_default();
    Ok(desk::watches::Watch { plan, token, handler, name })
}

/// A handler, and what the log calls it.
fn handler(config: &WatchHandler) -> anyhow::Result<(Handler, String)> {
    Ok(match config {
        WatchHandler::Shell(line) => (Handler::Script(Script::shell(std::env::var("SHELL").ok().as_deref(), line)), line.clone()),
        WatchHandler::Program(words) => {
            (Handler::Script(Script::program(words).context("Must define a watch handler")?), format!("[{}]", words.join(", ")))
        }
        WatchHandler::Http { url, method, timeout, headers, tls_skip_verify } => {
            let parsed: Uri = url.parse().with_context(|| format!("http_handler_config.path: {url:?}"))?;
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                let name = HeaderName::try_from(name.as_str()).with_context(|| format!("http_handler_config.header: {name:?}"))?;
                let value = HeaderValue::try_from(value.as_str()).with_context(|| format!("http_handler_config.header: {name}"))?;
                map.append(name, value);
            }
            let method = Method::try_from(method.as_str()).with_context(|| format!("http_handler_config.method: {method:?}"))?;
            let host = parsed.authority().map(ToString::to_string).unwrap_or_default();
            let hook = Hook { url: parsed, method, headers: map, timeout: *timeout, tls_skip_verify: *tls_skip_verify };
            (Handler::Hook(Box::new(hook)), host)
        }
    })
}
