//! HTTP checks.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use super::connector::{Connector, Protocol};
use super::http_exchange::{Answer, TOO_LATE, exchange};
use super::location;
use super::url::{NoUrl, Url, without_password};
use crate::Http;
use crate::outcome::Outcome;

/// As many as browsers and Go allow, or fewer.
const MAX_REDIRECTS: usize = 10;
const NO_LOCATION: &str = "failed to parse Location header";

/// Asks, and judges the answer.
pub(crate) async fn run(http: &Http, connector: &Connector, timeout: Duration, output_max: usize) -> Outcome {
    let url = without_password(&http.url);
    match ask(http, connector, Instant::now() + timeout, output_max).await {
        Ok(answer) => {
            let Answer { code, reason, body, .. } = answer;
            let output = format!("HTTP {} {url}: {code} {reason} Output: {}", method(http), body.text());
            match code {
                200..300 => Outcome::passing(output),
                429 => Outcome::warning(output),
                _ => Outcome::critical(output),
            }
        }
        Err(error) => Outcome::critical(error),
    }
}

/// One request, and where redirects are followed as many as it takes.
async fn ask(http: &Http, connector: &Connector, deadline: Instant, output_max: usize) -> Result<Answer, String> {
    let mut asking = Asking::new(http)?;
    for _ in 0..MAX_REDIRECTS {
        let answer = asking.once(http, connector, deadline, output_max).await.map_err(|error| asking.failed(&error))?;
        match (&answer.location, answer.code) {
            (Some(location), _) if http.follow_redirects => asking = asking.redirected(location, answer.code)?,
            (None, 301..=303) if http.follow_redirects => {
                return Err(asking.failed(&format!("{} response missing Location header", answer.code)));
            }
            _ => return Ok(answer),
        }
    }
    Err(asking.failed(&format!("stopped after {MAX_REDIRECTS} redirects")))
}

/// The method in words of the check's author.
fn method(http: &Http) -> &str {
    if http.method.is_empty() { "GET" } else { &http.method }
}

/// A request to be made.
struct Asking {
    text: String,
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Asking {
    fn new(http: &Http) -> Result<Self, String> {
        let text = http.url.clone();
        let verb = Method::from_bytes(method(http).as_bytes()).map_err(|_| format!("net/http: invalid method {:?}", method(http)))?;
        let url = parse(&text, &verb)?;
        let mut headers = headers(http)?;
        if let Some(authorization) = &url.authorization
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(Self { text, url, method: verb, headers, body: Bytes::copy_from_slice(http.body.as_bytes()) })
    }

    /// The request that a redirect asks for.
    fn redirected(self, location: &str, code: u16) -> Result<Self, String> {
        let Some(text) = location::resolve(&self.text, location) else { return Err(self.failed(NO_LOCATION)) };
        let url = parse(&text, &self.method)?;
        let mut next = Self { text, url, ..self };
        if !matches!(code, 307 | 308) {
            next.body = Bytes::new();
            if next.method != Method::HEAD {
                next.method = Method::GET;
            }
        }
        next.headers.remove(HOST);
        // What was meant for one host is not told another.
        if next.url.address != self.url.address || (self.url.secure && !next.url.secure) {
            next.headers.remove(AUTHORIZATION);
            next.headers.remove(COOKIE);
        }
        Ok(next)
    }

    async fn once(&self, http: &Http, connector: &Connector, deadline: Instant, output_max: usize) -> Result<Answer, String> {
        let options = self.url.secure.then_some(&http.tls);
        let connected = timeout_at(deadline, connector.dial(&self.url.address, options, Protocol::Http)).await;
        let stream = connected.map_err(|_| TOO_LATE.to_owned())??;
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.target.clone();
        *request.headers_mut() = self.headers.clone();
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::from_str(&self.url.host).map_err(|_| "http: invalid Host header".to_owned())?;
            request.headers_mut().insert(HOST, host);
        }
        exchange(stream, request, output_max, deadline).await
    }

    /// As Go's client puts it.
    fn failed(&self, error: &str) -> String {
        format!("{} \"{}\": {error}", capitalised(&self.method), without_password(&self.text))
    }
}

/// The URL that is asked when `base` answers with this `Location`; or why none is, which shows no password.
pub fn redirect(base: &str, location: &str) -> Result<String, String> {
    let text = location::resolve(base, location).ok_or(NO_LOCATION)?;
    parse(&text, &Method::GET)?;
    Ok(text)
}

fn parse(text: &str, method: &Method) -> Result<Url, String> {
    Url::parse(text).map_err(|error| {
        let text = without_password(text);
        match error {
            NoUrl::Parse(why) => format!("parse \"{text}\": {why}"),
            NoUrl::Unusable(why) => format!("{} \"{text}\": {why}", capitalised(method)),
        }
    })
}

/// `GET` as `Get`.
fn capitalised(method: &Method) -> String {
    let (first, rest) = method.as_str().split_at(1);
    format!("{first}{}", rest.to_ascii_lowercase())
}

/// The check's own headers, over those that all checks send.
fn headers(http: &Http) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &http.headers {
        let value = HeaderValue::from_str(value).map_err(|_| format!("net/http: invalid header field value for {name:?}"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("net/http: invalid header field name {name:?}"))?;
        let appended = headers.try_append(name, value);
        appended.map_err(|_| "net/http: too many header fields".to_owned())?;
    }
    // Applications know checks by this name, to leave them out of their logs.
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("Consul Health Check"));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("text/plain, text/*, */*"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(headers)
}
