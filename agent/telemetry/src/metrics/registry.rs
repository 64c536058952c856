//! Everything that is measured in a process.

use super::aggregate::Aggregate;
use super::filter::Filter;
use super::interval::Interval;
use super::series::{Counter, Gauge, Labels, Series};
use super::since_start::SinceStart;
use super::{Snapshot, prometheus};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::time::SystemTime;

/// Series there may be. A label with too many values costs its own later values, not the memory of the process.
const MOST_SERIES: usize = 8192;

/// How metrics are named and which are shown: what `telemetry` in the configuration says.
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    /// First part of every name (`metrics_prefix`).
    pub prefix: String,
    /// Second part of the name of a gauge, unless `disable_hostname`.
    pub hostname: Option<String>,
    /// Prefixes of names, itself prefixed, that are let through.
    pub allowed_prefixes: Vec<String>,
    /// Prefixes that are held back. The longest prefix that fits decides.
    pub blocked_prefixes: Vec<String>,
    /// Whether names that no prefix fits are let through.
    pub filter_default: bool,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self {
            prefix: "consul".to_owned(),
            hostname: None,
            allowed_prefixes: Vec::new(),
            blocked_prefixes: Vec::new(),
            filter_default: true,
        }
    }
}

/// Everything that is measured in a process, in intervals of ten seconds. [`Metrics::tick`] it about once a second; [`Metrics::sample`]
/// from anywhere. It has no clock of its own.
pub struct Metrics {
    settings: MetricsSettings,
    inner: Mutex<Inner>,
}

struct Inner {
    filter: Filter,
    /// The last complete interval.
    complete: Option<Interval>,
    current: Interval,
    known: BTreeSet<Series>,
    refused: u64,
    ever: SinceStart,
}

impl Metrics {
    /// Metrics of a process that begins at `now`.
    #[must_use]
    pub fn new(settings: MetricsSettings, now: SystemTime) -> Self {
        let filter = Filter::new(&settings.allowed_prefixes, &settings.blocked_prefixes, settings.filter_default);
        let inner =
            Inner { filter, complete: None, current: Interval::at(now), known: BTreeSet::new(), refused: 0, ever: SinceStart::default() };
        Self { settings, inner: Mutex::new(inner) }
    }

    /// Replaces the rules on prefixes, when the configuration is loaded again.
    pub fn set_prefix_filter(&self, allowed: &[String], blocked: &[String], default: bool) {
        let filter = Filter::new(allowed, blocked, default);
        let inner = &mut *self.inner.lock();
        inner.ever.totals.retain(|series, _| filter.lets(&series.name));
        inner.ever.samples.retain(|series, _| filter.lets(&series.name));
        inner.filter = filter;
    }

    /// Measures one thing once: a duration in milliseconds, a size.
    pub fn sample(&self, name: &'static str, labels: Labels, value: f64) {
        if !value.is_finite() {
            return;
        }
        let series = self.series(name, labels);
        let mut inner = self.inner.lock();
        if inner.admits(&series) {
            inner.current.samples.entry(series.clone()).or_default().add(value);
            let (count, sum) = inner.ever.samples.entry(series).or_default();
            (*count, *sum) = (*count + 1, *sum + value);
        }
    }

    /// Takes the state of everything at `now`, and ends the current interval if its time is over. Gauges that are not among `gauges`
    /// are gone.
    pub fn tick(&self, now: SystemTime, gauges: Vec<Gauge>, counters: Vec<Counter>) {
        let mut inner = self.inner.lock();
        for counter in counters {
            inner.count(self.series(counter.name, counter.labels), counter.total);
        }
        inner.current.gauges.clear();
        for gauge in gauges.into_iter().filter(|gauge| gauge.value.is_finite()) {
            let series = self.gauge_series(gauge.name, gauge.labels);
            if inner.admits(&series) {
                inner.current.gauges.insert(series, gauge.value);
            }
        }
        let next = Interval::at(now);
        if next.begun > inner.current.begun {
            let next = Interval { gauges: inner.current.gauges.clone(), ..next };
            inner.complete = Some(std::mem::replace(&mut inner.current, next));
        }
    }

    /// The last complete interval; the current one before there is any. What Consul's JSON holds.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let inner = self.inner.lock();
        Snapshot::of(inner.complete.as_ref().unwrap_or(&inner.current))
    }

    /// Everything as Prometheus text: gauges as of the last tick, the rest since the process began.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let inner = self.inner.lock();
        prometheus::render(&inner.current.gauges, &inner.ever)
    }

    /// How many values were refused, since there were too many series.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.inner.lock().refused
    }

    fn series(&self, name: &'static str, labels: Labels) -> Series {
        Series { name: format!("{}.{name}", self.settings.prefix), labels }
    }

    fn gauge_series(&self, name: &'static str, labels: Labels) -> Series {
        match &self.settings.hostname {
            Some(host) => Series { name: format!("{}.{host}.{name}", self.settings.prefix), labels },
            None => self.series(name, labels),
        }
    }
}

impl Inner {
    fn count(&mut self, series: Series, total: u64) {
        if !self.admits(&series) {
            return;
        }
        let before = self.ever.totals.insert(series.clone(), total).unwrap_or(0);
        // What falls was begun anew.
        let events = total.checked_sub(before).unwrap_or(total);
        if events > 0 {
            let sum = self.current.counters.get(&series).map_or(0, |so_far| so_far.count) + events;
            self.current.counters.insert(series, Aggregate::events(sum));
        }
    }

    /// Whether a series is shown, and there is room for it.
    fn admits(&mut self, series: &Series) -> bool {
        if !self.filter.lets(&series.name) {
            return false;
        }
        if self.known.contains(series) {
            return true;
        }
        if self.known.len() >= MOST_SERIES {
            self.refused += 1;
            return false;
        }
        self.known.insert(series.clone())
    }
}
