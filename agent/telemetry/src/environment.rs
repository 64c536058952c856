//! The variables OpenTelemetry has standardised, as far as they choose whether and how much is traced.
//!
//! A setting wins over a variable. `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT` and `OTEL_BSP_*` are read by the SDK.
//! Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use crate::TraceSettings;
use crate::traces::Sampling;

/// What settings and variables come to.
#[derive(Debug, PartialEq)]
pub(crate) struct Resolved {
    /// The collector; `None` traces nothing.
    pub(crate) endpoint: Option<String>,
    pub(crate) sampling: Sampling,
    /// `service.name`.
    pub(crate) service: String,
    /// Attributes of the process, more important first.
    pub(crate) attributes: Vec<(String, String)>,
    /// What was wrong with a variable, and ignored as the specification wants.
    pub(crate) warnings: Vec<String>,
}

/// Reads `settings`, and what they leave open from variables.
pub(crate) fn resolve(settings: &TraceSettings, variable: &dyn Fn(&str) -> Option<String>) -> Resolved {
    // An empty variable is as good as none.
    let variable = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let mut warnings = Vec::new();
    let given = variable("OTEL_RESOURCE_ATTRIBUTES").map(|list| attributes(&list, &mut warnings)).unwrap_or_default();
    let named = given.iter().find(|(key, _)| key == "service.name").map(|(_, value)| value.clone());
    let ours = [("service.instance.id", &settings.node), ("delian.datacenter", &settings.datacenter)];
    let ours = ours.into_iter().filter(|(key, value)| !value.is_empty() && !given.iter().any(|(given, _)| given == key));
    let ours: Vec<_> = ours.map(|(key, value)| (key.to_owned(), value.clone())).collect();
    Resolved {
        endpoint: endpoint(settings, &variable),
        sampling: settings.ratio.map_or_else(|| sampling(&variable, &mut warnings), Sampling::of_roots),
        service: variable("OTEL_SERVICE_NAME").or(named).unwrap_or_else(|| "delian".to_owned()),
        attributes: given.into_iter().filter(|(key, _)| key != "service.name").chain(ours).collect(),
        warnings,
    }
}

fn endpoint(settings: &TraceSettings, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    if let Some(endpoint) = &settings.endpoint {
        return Some(endpoint.clone());
    }
    if variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none") {
        return None;
    }
    let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT"))?;
    // For gRPC the scheme may be left out.
    Some(if endpoint.contains("://") { endpoint } else { format!("http://{endpoint}") })
}

fn sampling(variable: &impl Fn(&str) -> Option<String>, warnings: &mut Vec<String>) -> Sampling {
    let Some(sampler) = variable("OTEL_TRACES_SAMPLER") else { return Sampling::default() };
    let mut ratio = || match variable("OTEL_TRACES_SAMPLER_ARG") {
        None => 1.0,
        Some(text) => match text.parse::<f64>() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => ratio,
            _ => {
                warnings.push(format!("OTEL_TRACES_SAMPLER_ARG is {text:?}, not a number from 0 to 1: all calls are traced"));
                1.0
            }
        },
    };
    match sampler.as_str() {
        "always_on" => Sampling { parent_based: false, ratio: 1.0 },
        "always_off" => Sampling { parent_based: false, ratio: 0.0 },
        "traceidratio" => Sampling { parent_based: false, ratio: ratio() },
        "parentbased_always_on" => Sampling::of_roots(1.0),
        "parentbased_always_off" => Sampling::of_roots(0.0),
        "parentbased_traceidratio" => Sampling::of_roots(ratio()),
        _ => {
            warnings.push(format!("OTEL_TRACES_SAMPLER is {sampler:?}, which is no sampler known here: parentbased_always_on is used"));
            Sampling::default()
        }
    }
}

/// `key=value,key=value`, values percent-encoded.
fn attributes(list: &str, warnings: &mut Vec<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for pair in list.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').and_then(|(key, value)| Some((key.trim(), decoded(value.trim())?))) {
            Some((key, value)) if !key.is_empty() => found.push((key.to_owned(), value)),
            _ => warnings.push(format!("OTEL_RESOURCE_ATTRIBUTES holds {pair:?}, which is no key=value")),
        }
    }
    found
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                (digit(high)? << 4 | digit(low)?, after)
            }
            (b'%', _) => return None,
            (plain, after) => (*plain, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(settings: &TraceSettings, variables: &[(&str, &str)]) -> Resolved {
        resolve(settings, &|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn without_an_endpoint_nothing_is_traced() {
        assert_eq!(with(&TraceSettings::default(), &[]).endpoint, None);
    }

    #[test]
    fn settings_win_over_variables_and_the_narrower_variable_over_the_wider() {
        let both = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "traces:4317")];
        assert_eq!(with(&TraceSettings::default(), &both).endpoint.as_deref(), Some("http://traces:4317"));
        assert_eq!(with(&TraceSettings::default(), &both[..1]).endpoint.as_deref(), Some("http://all:4317"));
        let set = TraceSettings { endpoint: Some("http://set:4317".into()), ratio: Some(0.5), ..TraceSettings::default() };
        let resolved = with(&set, &[both[0], ("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_TRACES_EXPORTER", "none")]);
        assert_eq!(resolved.endpoint.as_deref(), Some("http://set:4317"));
        assert_eq!(resolved.sampling, Sampling::of_roots(0.5));
        assert_eq!(with(&set, &[("OTEL_SDK_DISABLED", "true")]).endpoint, None);
        assert_eq!(with(&TraceSettings::default(), &[both[0], ("OTEL_TRACES_EXPORTER", "none")]).endpoint, None);
    }

    #[test]
    fn samplers_are_those_of_the_specification() {
        for (sampler, argument, parent_based, ratio) in [
            ("always_on", "", false, 1.0),
            ("always_off", "", false, 0.0),
            ("traceidratio", "0.25", false, 0.25),
            ("parentbased_always_on", "", true, 1.0),
            ("parentbased_always_off", "", true, 0.0),
            ("parentbased_traceidratio", "0.25", true, 0.25),
            ("parentbased_traceidratio", "", true, 1.0),
        ] {
            let resolved = with(&TraceSettings::default(), &[("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument)]);
            assert_eq!(resolved.sampling, Sampling { parent_based, ratio }, "{sampler}");
            assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
        }
        let wrong = with(&TraceSettings::default(), &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "2")]);
        assert_eq!((wrong.sampling.ratio, wrong.warnings.len()), (1.0, 1));
        let wrong = with(&TraceSettings::default(), &[("OTEL_TRACES_SAMPLER", "jaeger_remote")]);
        assert_eq!((wrong.sampling, wrong.warnings.len()), (Sampling::default(), 1));
    }

    #[test]
    fn the_process_is_named_by_itself_unless_told_otherwise() {
        let settings = TraceSettings { node: "n1".into(), datacenter: "dc1".into(), ..TraceSettings::default() };
        let own = with(&settings, &[]);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(own.service, "delian");
        assert_eq!(own.attributes, [pair("service.instance.id", "n1"), pair("delian.datacenter", "dc1")]);
        let told = with(&settings, &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=a, service.instance.id=x%20y,,zone=%zz,=v")]);
        assert_eq!(told.service, "a");
        assert_eq!(told.attributes, [pair("service.instance.id", "x y"), pair("delian.datacenter", "dc1")]);
        assert_eq!(told.warnings.len(), 2);
        let named = with(&settings, &[("OTEL_SERVICE_NAME", "b"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a")]);
        assert_eq!(named.service, "b");
    }
}
