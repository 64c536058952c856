//! Where a token may stand: `?token=`, then `X-Consul-Token`, then `Authorization: Bearer`.

use super::Request;
use crate::Token;

pub(crate) fn of(request: &Request<'_>) -> Token {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    let bearer = || {
        let (scheme, rest) = header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| rest.split_whitespace().next()).flatten()
    };
    let token = request.query.filled("token").or_else(|| header("x-consul-token")).or_else(bearer);
    Token(token.unwrap_or_default().to_owned())
}
