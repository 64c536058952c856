//! One event as one line, in Consul's two forms.

use super::fields::Fields;
use super::{escape, level};
use crate::timestamp::Timestamp;
use serde_json::{Map, Value};
use std::time::SystemTime;
use tracing::Level;

/// What is longer is cut off: a body of a stranger's that ends up in an error must not fill the queue.
const LONGEST: usize = 16 << 10;

/// The form of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `2006-01-02T15:04:05.000Z [LEVEL] name: message: key=value`
    Text,
    /// `{"@level":"info","@message":"…","@module":"…","@timestamp":"2006-01-02T15:04:05.000000Z","key":"value"}`
    Json,
}

impl Form {
    /// The line with its line feed.
    pub(crate) fn line(self, now: SystemTime, level: Level, module: &str, fields: Fields) -> String {
        let mut line = match self {
            Self::Text => text(now, level, module, &fields),
            Self::Json => json(now, level, module, fields),
        };
        line.push('\n');
        line
    }
}

fn text(now: SystemTime, level: Level, module: &str, fields: &Fields) -> String {
    let mut line = format!("{} {} {module}: ", Timestamp::from(now).millis(), level::bracketed(level));
    escape::message(&fields.message, &mut line);
    if !fields.pairs.is_empty() {
        line.push(':');
    }
    for (key, value) in &fields.pairs {
        line.push(' ');
        line.push_str(key);
        line.push('=');
        match value {
            Value::String(text) => escape::value(text, &mut line),
            other => line.push_str(&other.to_string()),
        }
    }
    cut(&mut line, LONGEST);
    line
}

fn json(now: SystemTime, level: Level, module: &str, mut fields: Fields) -> String {
    let mut room = LONGEST;
    let mut bounded = |text: &mut String| {
        cut(text, room);
        room -= text.len().min(room);
    };
    bounded(&mut fields.message);
    let mut object = Map::new();
    object.insert("@level".into(), level::plain(level).into());
    object.insert("@message".into(), fields.message.into());
    object.insert("@module".into(), module.into());
    object.insert("@timestamp".into(), Timestamp::from(now).micros().into());
    fields.pairs.sort_by_key(|(key, _)| *key);
    for (key, mut value) in fields.pairs {
        if let Value::String(text) = &mut value {
            bounded(text);
        }
        object.insert(key.to_owned(), value);
    }
    Value::Object(object).to_string()
}

fn cut(text: &mut String, longest: usize) {
    if text.len() > longest {
        let whole = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(whole);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn line(form: Form, level: Level, message: &str, pairs: &[(&'static str, Value)]) -> String {
        let now = UNIX_EPOCH + Duration::from_micros(1_795_233_215_429_413);
        form.line(now, level, "lan", Fields { message: message.to_owned(), pairs: pairs.to_vec() })
    }

    #[test]
    fn text_is_consuls() {
        let pairs = [("name", "n 1".into()), ("addr", "127.0.0.1:8301".into()), ("count", 2.into()), ("up", true.into())];
        assert_eq!(
            line(Form::Text, Level::INFO, "member joined", &pairs),
            "2026-11-21T03:53:35.429Z [INFO]  lan: member joined: name=\"n 1\" addr=127.0.0.1:8301 count=2 up=true\n"
        );
        for (level, shown) in [
            (Level::TRACE, "[TRACE] lan: m\n"),
            (Level::DEBUG, "[DEBUG] lan: m\n"),
            (Level::WARN, "[WARN]  lan: m\n"),
            (Level::ERROR, "[ERROR] lan: m\n"),
        ] {
            assert_eq!(line(Form::Text, level, "m", &[]), format!("2026-11-21T03:53:35.429Z {shown}"));
        }
    }

    #[test]
    fn json_is_consuls() {
        assert_eq!(
            line(Form::Json, Level::WARN, "say \"hi\"\n", &[("term", 2.into()), ("last-leader", "".into())]),
            "{\"@level\":\"warn\",\"@message\":\"say \\\"hi\\\"\\n\",\"@module\":\"lan\",\
             \"@timestamp\":\"2026-11-21T03:53:35.429413Z\",\"last-leader\":\"\",\"term\":2}\n"
        );
    }

    #[test]
    fn a_line_stays_one_line_and_bounded() {
        let long = "ü\n".repeat(LONGEST);
        for form in [Form::Text, Form::Json] {
            let line = line(form, Level::INFO, &long, &[("body", long.as_str().into())]);
            assert_eq!(line.matches('\n').count(), 1);
            assert!(line.len() < 2 * LONGEST + 512, "{}", line.len());
        }
    }
}
