//! The trace of the shown call.

use api::Trace;
use std::time::{Duration, Instant};
use telemetry::{FinishedSpan, FinishedSpans};

/// How long is waited for the spans of a call that was answered.
const PATIENCE: Duration = Duration::from_secs(1);

/// Width of the first column.
const NAMES: usize = 34;

/// Where the trace begins: outside of all that runs here.
pub(super) struct Origin {
    trace: String,
    span: String,
}

impl Origin {
    pub(super) fn random() -> Self {
        // Zero would be no id.
        Self { trace: format!("{:032x}", rand::random::<u128>() | 1), span: format!("{:016x}", rand::random::<u64>() | 1) }
    }

    /// What the call carries.
    pub(super) fn trace(&self) -> Trace {
        Trace::from_headers(&format!("00-{}-{}-01", self.trace, self.span), "")
    }

    pub(super) fn span(&self) -> &str {
        &self.span
    }

    /// The spans, once all of them have ended: a process may answer before it is done with its own. As far as they have, if that takes
    /// too long.
    pub(super) async fn spans(&self, spans: &FinishedSpans) -> Vec<FinishedSpan> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = spans.of_trace(&self.trace);
            if is_whole(&found, &self.span) || Instant::now() > deadline {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Whether the span of the work is there, and all that it is part of.
fn is_whole(spans: &[FinishedSpan], origin: &str) -> bool {
    let known = |parent: &str| parent == origin || spans.iter().any(|span| span.id == parent);
    spans.iter().any(|span| span.name == "serve") && spans.iter().all(|span| span.parent.as_deref().is_some_and(known))
}

/// One line per span, below the one it is part of.
pub(super) fn tree(spans: &[FinishedSpan], origin: &str) -> String {
    let mut text = String::new();
    let mut left = children(spans, origin, 0);
    while let Some((depth, span)) = left.pop() {
        let name = format!("{:indent$}{}", "", span.name, indent = 2 * depth);
        let line = format!("    {name:NAMES$} {:9.2} ms  {}", span.took.as_secs_f64() * 1e3, place(span));
        text.push_str(line.trim_end());
        text.push('\n');
        left.extend(children(spans, &span.id, depth + 1));
    }
    text
}

/// The spans that are part of `parent`, the first of them last.
fn children<'s>(spans: &'s [FinishedSpan], parent: &str, depth: usize) -> Vec<(usize, &'s FinishedSpan)> {
    let mut found: Vec<_> = spans.iter().filter(|span| span.parent.as_deref() == Some(parent)).map(|span| (depth, span)).collect();
    found.sort_by_key(|(_, span)| std::cmp::Reverse(span.began));
    found
}

/// Where it was, or where to.
fn place(span: &FinishedSpan) -> String {
    let attribute = |name: &str| span.attributes.get(name).map(String::as_str).unwrap_or_default();
    let place = match span.name.as_str() {
        "send" => format!("to {}", attribute("hop")),
        "relay" => format!("to {}", attribute("dc")),
        _ => attribute("dc").to_owned(),
    };
    match &span.error {
        Some(error) => format!("{place}  {error}"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn span(id: &str, parent: &str, name: &str, attribute: (&str, &str)) -> FinishedSpan {
        FinishedSpan {
            trace: "t".to_owned(),
            id: id.to_owned(),
            parent: Some(parent.to_owned()),
            name: name.to_owned(),
            began: SystemTime::UNIX_EPOCH + Duration::from_secs(id.len() as u64),
            took: Duration::from_micros(3_140),
            attributes: [(attribute.0.to_owned(), attribute.1.to_owned())].into(),
            error: None,
        }
    }

    #[test]
    fn each_span_is_below_what_it_is_part_of() {
        // In the order they end in.
        let spans = [
            span("aaa", "aa", "serve", ("", "")),
            span("aa", "a", "send", ("hop", "gateway dc1-gw1")),
            span("a", "o", "kv.get", ("dc", "dc1")),
            span("x", "gone", "serve", ("", "")),
        ];
        assert!(is_whole(&spans[..3], "o"));
        assert!(!is_whole(&spans[..2], "o") && !is_whole(&spans, "o") && !is_whole(&spans[1..3], "o"));
        let text = tree(&spans, "o");
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines,
            [vec!["kv.get", "3.14", "ms", "dc1"], vec!["send", "3.14", "ms", "to", "gateway", "dc1-gw1"], vec!["serve", "3.14", "ms"],]
        );
        let indents: Vec<usize> = text.lines().map(|line| line.len() - line.trim_start().len()).collect();
        assert_eq!(indents, [4, 6, 8]);
    }
}
