//! HTTP checks.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use super::connector::{Connector, Protocol};
use super::http_exchange::{Answer, TOO_LATE, exchange};
use super::location;
use super::url::{NoUrl, Url, without_password};
use crate::outcome::Outcome;
use crate::{Http, Redirects};

/// As many as browsers and Go allow, or fewer.
const MAX_REDIRECTS: usize = 10;
const NOT_FOLLOWED: &str = " (the redirect is not followed: check_redirects)";
const NO_LOCATION: &str = "failed to parse Location header";

/// Asks, and judges the answer.
pub(crate) async fn run(http: &Http, connector: &Connector, redirects: Redirects, timeout: Duration, output_max: usize) -> Outcome {
    let redirects = if http.follow_redirects { redirects } else { Redirects::Never };
    let url = without_password(&http.url);
    match ask(http, connector, redirects, Instant::now() + timeout, output_max).await {
        Ok(answer) => {
            let Answer { code, reason, body, location } = answer;
            // A check that says itself that it follows none needs no explanation.
            let stays = location.is_some() && matches!(code, 301..=303 | 307 | 308) && http.follow_redirects;
            let why = if stays { NOT_FOLLOWED } else { "" };
            let output = format!("HTTP {} {url}: {code} {reason} Output: {}{why}", method(http), body.text());
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
async fn ask(http: &Http, connector: &Connector, redirects: Redirects, deadline: Instant, output_max: usize) -> Result<Answer, String> {
    let mut asking = Asking::new(http)?;
    for _ in 0..MAX_REDIRECTS {
        let answer = asking.once(http, connector, deadline, output_max).await.map_err(|error| asking.failed(&error))?;
        let next = match (&answer.location, answer.code) {
            _ if redirects == Redirects::Never => None,
            (Some(location), code) => asking.redirected(location, code, redirects)?,
            (None, 301..=303) => return Err(asking.failed(&format!("{} response missing Location header", answer.code))),
            _ => None,
        };
        match next {
            Some(next) => asking = next,
            None => return Ok(answer),
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

    /// The request that a redirect asks for; `None` where it is not to be followed.
    fn redirected(&self, location: &str, code: u16, redirects: Redirects) -> Result<Option<Self>, String> {
        let Some(text) = location::resolve(&self.text, location) else { return Err(self.failed(NO_LOCATION)) };
        let url = parse(&text, &self.method)?;
        let is_same = url.is_same_host(&self.url);
        if !is_same && redirects == Redirects::SameHost {
            return Ok(None);
        }
        let (mut method, mut body) = (self.method.clone(), self.body.clone());
        if !matches!(code, 307 | 308) {
            body = Bytes::new();
            if method != Method::HEAD {
                method = Method::GET;
            }
        }
        // What a check says is for the host that it names: any header may hold a secret, and so may a body.
        let headers = if is_same {
            let mut headers = self.headers.clone();
            headers.remove(HOST);
            headers
        } else {
            if !body.is_empty() {
                return Err(self.failed(&format!("a body is not sent on to another host ({})", url.host)));
            }
            usual(HeaderMap::new())
        };
        Ok(Some(Self { text, url, method, headers, body }))
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
    Ok(usual(headers))
}

/// The headers that all checks send, beside these.
fn usual(mut headers: HeaderMap) -> HeaderMap {
    // Applications know checks by this name, to leave them out of their logs.
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("Consul Health Check"));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("text/plain, text/*, */*"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers
}
