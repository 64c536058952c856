//! Takes typed values out of the settings and notes what is wrong with them.

use std::time::Duration;

use crate::settings::{Data, Located, Settings};
use crate::{Host, Mistake, Origin};

/// What every `resolve` may look at.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) host: &'a Host,
    /// Whether `-dev` was given.
    pub(crate) dev: bool,
    /// False when a source could not be read: then what is missing may stand there.
    pub(crate) complete: bool,
}

/// What a `resolve` found beside its result.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) mistakes: Vec<Mistake>,
    pub(crate) warnings: Vec<String>,
}

impl Findings {
    /// Hands on the part of one `resolve` and keeps what it found.
    pub(crate) fn keep<T>(&mut self, (part, found): (T, Self)) -> T {
        self.mistakes.extend(found.mistakes);
        self.warnings.extend(found.warnings);
        part
    }
}

/// Reads settings by dotted key. The schema has checked the types: a key of another type reads
/// as unset.
pub(crate) struct Reader<'a> {
    settings: &'a Settings,
    found: Findings,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(context: &Context<'a>) -> Self {
        Self { settings: context.settings, found: Findings::default() }
    }

    pub(crate) fn finish(self) -> Findings {
        self.found
    }

    /// Notes that the value of `key` is wrong.
    pub(crate) fn wrong(&mut self, key: &str, message: impl Into<String>) {
        let origin = self.settings.get(key).map(|known| known.origin.clone());
        self.wrong_at(origin, key, message);
    }

    /// Notes that something about `key` is wrong at `origin`.
    pub(crate) fn wrong_at(&mut self, origin: Option<Origin>, key: &str, message: impl Into<String>) {
        self.found.mistakes.push(Mistake { origin, key: key.to_owned(), message: message.into() });
    }

    pub(crate) fn warn(&mut self, message: impl Into<String>) {
        self.found.warnings.push(message.into());
    }

    fn get(&self, key: &str) -> Option<&'a Located<Data>> {
        #[cfg(test)]
        crate::tests::note_read(key);
        self.settings.get(key)
    }

    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn truth(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Data::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    pub(crate) fn is(&self, key: &str) -> bool {
        self.truth(key).unwrap_or(false)
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)?.value {
            Data::Int(number) => Some(number),
            _ => None,
        }
    }

    /// A number that fits `T`, which has no negative values.
    pub(crate) fn count<T: TryFrom<i64>>(&mut self, key: &str, default: T) -> T {
        let Some(number) = self.int(key) else {
            return default;
        };
        T::try_from(number).unwrap_or_else(|_| {
            let bound = match number < 0 {
                true => "Must be greater than or equal to zero",
                false => "It is too large",
            };
            self.wrong(key, format!("{key} cannot be {number}. {bound}"));
            default
        })
    }

    /// Like [`Reader::count`], but zero is wrong too.
    pub(crate) fn positive<T: TryFrom<i64>>(&mut self, key: &str, default: T) -> T {
        if self.int(key) == Some(0) {
            self.wrong(key, format!("{key} cannot be 0. Must be greater than zero"));
            return default;
        }
        self.count(key, default)
    }

    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        match self.get(key)?.value {
            Data::Float(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn duration(&mut self, key: &str, default: Duration) -> Duration {
        let Some(Data::Nanos(nanos)) = self.get(key).map(|known| &known.value) else {
            return default;
        };
        match u64::try_from(*nanos) {
            Ok(nanos) => Duration::from_nanos(nanos),
            Err(_) => {
                self.wrong(key, format!("{key} cannot be negative"));
                default
            }
        }
    }

    /// Like [`Reader::duration`], but zero is wrong too.
    pub(crate) fn interval(&mut self, key: &str, default: Duration) -> Duration {
        let interval = self.duration(key, default);
        if interval.is_zero() {
            self.wrong(key, format!("{key} must be greater than zero"));
            return default;
        }
        interval
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        match &self.get(key)?.value {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text that is not empty.
    pub(crate) fn filled(&self, key: &str) -> Option<&'a str> {
        self.text(key).filter(|text| !text.is_empty())
    }

    pub(crate) fn texts(&self, key: &str) -> &'a [Located<String>] {
        match self.get(key).map(|known| &known.value) {
            Some(Data::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub(crate) fn strings(&self, key: &str) -> Vec<String> {
        let texts = self.texts(key).iter();
        texts.map(|text| text.value.clone()).collect()
    }

    pub(crate) fn pairs(&self, key: &str) -> impl Iterator<Item = (&'a str, &'a Located<String>)> + use<'a> {
        let map = match self.get(key).map(|known| &known.value) {
            Some(Data::Map(map)) => Some(map),
            _ => None,
        };
        map.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// One of a closed set of words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)], default: T) -> T {
        let Some(given) = self.filled(key) else {
            return default;
        };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
            return *meaning;
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let known = known.join(", ");
        self.wrong(key, format!("{key} cannot be {given:?}. Must be one of {known}"));
        default
    }
}
