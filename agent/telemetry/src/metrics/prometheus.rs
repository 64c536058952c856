//! Everything as Prometheus text (exposition format 0.0.4).

use super::series::{Labels, Series};
use super::since_start::SinceStart;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What Prometheus knows of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    Counter,
    Summary,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Summary => "summary",
        }
    }
}

/// All series of one name: each is one line, or several.
struct Family {
    kind: Kind,
    lines: String,
}

pub(super) fn render(gauges: &BTreeMap<Series, f64>, ever: &SinceStart) -> String {
    let mut families = BTreeMap::new();
    for (series, value) in gauges {
        add(&mut families, Kind::Gauge, series, |name, labels| format!("{name}{labels} {value}\n"));
    }
    for (series, total) in &ever.totals {
        add(&mut families, Kind::Counter, series, |name, labels| format!("{name}{labels} {total}\n"));
    }
    for (series, (count, sum)) in &ever.samples {
        // Quantiles are left out: those of several processes could not be put together.
        add(&mut families, Kind::Summary, series, |name, labels| format!("{name}_sum{labels} {sum}\n{name}_count{labels} {count}\n"));
    }
    let mut text = String::new();
    for (name, Family { kind, lines }) in families {
        // Writing to a string does not fail.
        let _ = write!(text, "# HELP {name} {name}\n# TYPE {name} {}\n{lines}", kind.name());
    }
    text
}

fn add(families: &mut BTreeMap<String, Family>, kind: Kind, series: &Series, lines: impl FnOnce(&str, &str) -> String) {
    let name = name(&series.name);
    let lines = lines(&name, &labels(&series.labels));
    let family = families.entry(name).or_insert_with(|| Family { kind, lines: String::new() });
    // A name of two kinds would make the whole page unreadable: the first one stays.
    if family.kind == kind {
        family.lines.push_str(&lines);
    }
}

/// Dots, dashes and whatever else Prometheus does not take, as `_`.
fn name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == ':' { c } else { '_' }).collect()
}

fn labels(labels: &Labels) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<_> = labels.iter().map(|(key, value)| format!("{}=\"{}\"", name(key), escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}
