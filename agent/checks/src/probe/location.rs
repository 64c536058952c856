//! Where a redirect leads: RFC 3986, section 5.2, as far as `Location` goes.

/// Longer ones are not followed.
const LONGEST: usize = 8 * 1024;

/// The URL that `location` means, said by `base`, which is an absolute URL. Nothing if it is too long or holds what no URL holds.
pub(crate) fn resolve(base: &str, location: &str) -> Option<String> {
    let clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if base.len() > LONGEST || location.len() > LONGEST || !clean(base) || !clean(location) {
        return None;
    }
    let without_fragment = |text: &str| text.split('#').next().unwrap_or_default().to_owned();
    let (base, location) = (without_fragment(base), without_fragment(location));
    let (scheme, rest) = base.split_once("://")?;
    if has_scheme(&location) {
        return Some(location);
    }
    if location.starts_with("//") {
        return Some(format!("{scheme}:{location}"));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, own) = rest.split_at(end);
    let (own_path, own_query) = split_query(own);
    let (path, query) = split_query(&location);
    let (path, query) = match path {
        "" => (own_path.to_owned(), if query.is_empty() { own_query } else { query }),
        _ if path.starts_with('/') => (path.to_owned(), query),
        _ => (format!("{}/{path}", own_path.rsplit_once('/').map_or("", |(folder, _)| folder)), query),
    };
    Some(format!("{scheme}://{authority}{}{query}", without_dots(&path)))
}

/// Whether the text begins as an absolute URL does.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Path, and query with its question mark.
fn split_query(text: &str) -> (&str, &str) {
    text.split_at(text.find('?').unwrap_or(text.len()))
}

/// A path without `.` and `..`, beginning with a slash.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lead_where_they_say() {
        let base = "http://me@h:80/a/b?q=1#f";
        for (location, url) in [
            ("https://other/x#y", "https://other/x"),
            ("//other/x", "http://other/x"),
            ("/x?y", "http://me@h:80/x?y"),
            ("x", "http://me@h:80/a/x"),
            ("../x", "http://me@h:80/x"),
            ("../../../x", "http://me@h:80/x"),
            (".", "http://me@h:80/a/"),
            ("/a/./b/../c/..", "http://me@h:80/a/"),
            ("?z", "http://me@h:80/a/b?z"),
            ("", "http://me@h:80/a/b?q=1"),
            ("#f", "http://me@h:80/a/b?q=1"),
        ] {
            assert_eq!(resolve(base, location).as_deref(), Some(url), "{location}");
        }
        assert_eq!(resolve("http://h", "x").as_deref(), Some("http://h/x"));
        assert_eq!(resolve("http://h?q", "x").as_deref(), Some("http://h/x"));
    }

    #[test]
    fn what_is_no_url_leads_nowhere() {
        assert_eq!(resolve("http://h/", "a b"), None);
        assert_eq!(resolve("http://h/", "a\r\nb"), None);
        assert_eq!(resolve("http://h/", &"x".repeat(LONGEST + 1)), None);
        assert_eq!(resolve("nonsense", "x"), None);
    }
}
