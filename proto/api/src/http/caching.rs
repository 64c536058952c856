//! `?cached` and `Cache-Control` of requests, `X-Cache` and `Age` of answers.

use super::query::uint;
use super::{Context, Query, Rejected, bad_request};
use crate::{CachePolicy, Freshness, Op};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use std::time::Duration;

/// What the caller wants of a kept answer; `None` when none is asked for, or there are none for this operation.
pub(crate) fn policy(op: &Op, query: &Query<'_>, headers: &HeaderMap, context: &Context) -> Result<Option<CachePolicy>, Rejected> {
    if !query.has("cached") || !context.use_cache || op.caching().is_none() {
        return Ok(None);
    }
    let mut policy = CachePolicy::default();
    let control = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or("");
    for directive in control.split(',').map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = || uint(value).map(Duration::from_secs).map_err(|_| bad_request("Invalid Cache-Control header."));
        match name.to_ascii_lowercase().as_str() {
            "must-revalidate" => policy.max_age = Some(Duration::ZERO),
            "max-age" => policy.max_age = Some(seconds()?),
            "stale-if-error" => policy.stale_if_error = seconds()?,
            _ => {}
        }
    }
    Ok(Some(policy))
}

/// Says in an answer whether it was kept.
pub fn note_freshness<T>(response: &mut Response<T>, freshness: Freshness) {
    let headers = response.headers_mut();
    let said = match freshness {
        Freshness::Miss => "MISS",
        Freshness::Hit { age } => {
            headers.insert(header::AGE, HeaderValue::from(age.as_secs()));
            "HIT"
        }
    };
    headers.insert(X_CACHE, HeaderValue::from_static(said));
}

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{catalog, health};

    fn asked(op: impl Into<Op>, query: &str, control: &'static str) -> Result<Option<CachePolicy>, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        let found = policy(&op.into(), &Query::parse(query).unwrap(), &headers, &Context::default());
        found.map_err(|rejected| rejected.status().as_u16())
    }

    #[test]
    fn what_a_caller_takes() {
        let policy = |max_age: Option<u64>, stale: u64| {
            Ok(Some(CachePolicy { max_age: max_age.map(Duration::from_secs), stale_if_error: Duration::from_secs(stale) }))
        };
        let service = health::Service::default;
        assert_eq!(asked(service(), "stale", "max-age=1"), Ok(None), "it is not asked for");
        assert_eq!(asked(catalog::Nodes::default(), "cached", "max-age=1"), Ok(None), "it is never kept");
        for (control, expected) in [
            ("", policy(None, 0)),
            ("max-age=5, stale-if-error=9", policy(Some(5), 9)),
            ("Max-Age=5,no-cache", policy(Some(5), 0)),
            ("must-revalidate", policy(Some(0), 0)),
            ("max-age=x", Err(400)),
            ("stale-if-error", Err(400)),
        ] {
            assert_eq!(asked(service(), "cached", control), expected, "{control}");
        }
    }
}
