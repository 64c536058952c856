//! A transcript, and its replay.

use crate::World;
use crate::indexes::Indexes;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A request and its answer. `{name}` in either stands for what a step saved: in a target and in what is answered anywhere, in the JSON
/// of a request as a whole string.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is about.
    pub n: String,
    /// Method and target.
    #[serde(rename = "do")]
    pub request: String,
    /// A JSON body, or
    pub json: Option<Value>,
    /// any body.
    pub body: Option<String>,
    /// What to save of the reply: a name, and a path into it.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// Status of the answer.
    pub status: u16,
    /// The JSON answered, or
    pub reply: Option<Value>,
    /// the text answered, or neither: nothing.
    pub text: Option<String>,
}

/// Asks a new world every step of a transcript, in order.
///
/// # Errors
/// Every step that was answered in another way.
pub fn replay(transcript: &str) -> Result<()> {
    let steps: Vec<Step> = serde_json::from_str(transcript).context("the transcript is none")?;
    let (mut world, mut indexes, mut saved) = (World::new(), Indexes::default(), BTreeMap::new());
    let mut wrong = Vec::new();
    for (step, number) in steps.iter().zip(1..) {
        if let Err(why) = run(step, &mut world, &mut indexes, &mut saved) {
            wrong.push(format!("step {number}, {}: {}\n{why:#}", step.n, step.request));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} steps differ\n\n{}", wrong.len(), steps.len(), wrong.join("\n\n"));
    Ok(())
}

fn run(step: &Step, world: &mut World, indexes: &mut Indexes, saved: &mut BTreeMap<String, Value>) -> Result<()> {
    let request = with_saved(&step.request, saved);
    let (method, target) = request.split_once(' ').context("no target")?;
    let body = match (&step.json, &step.body) {
        (Some(json), None) => filled(json, saved).to_string(),
        (None, body) => body.clone().unwrap_or_default(),
        (Some(_), Some(_)) => bail!("two bodies"),
    };
    let answer = world.request(method, target, &body)?;
    let text = std::str::from_utf8(answer.body())?;
    ensure!(answer.status() == step.status, "status {} instead of {}: {text}", answer.status().as_u16(), step.status);
    let Some(expected) = &step.reply else {
        let expected = with_saved(step.text.as_deref().unwrap_or(""), saved);
        ensure!(text == expected, "answer   {text:?}\ninstead of {expected:?}");
        return Ok(());
    };
    let mut reply: Value = serde_json::from_str(text).with_context(|| format!("no JSON: {text:?}"))?;
    take_later(&mut reply);
    for (name, path) in &step.save {
        saved.insert(name.clone(), reply.pointer(&format!("/{}", path.replace('.', "/"))).context("nothing to save")?.clone());
    }
    let expected = serde_json::from_str(&with_saved(&expected.to_string(), saved))?;
    let (expected, reply) = indexes.compare(&expected, &reply)?;
    // As text, so that the order of members counts.
    let (expected, reply) = (expected.to_string(), reply.to_string());
    ensure!(expected == reply, "answer     {reply}\ninstead of {expected}");
    Ok(())
}

/// Takes away what checks have since Consul 1.10.
fn take_later(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(take_later),
        Value::Object(map) => {
            if map.contains_key("CheckID") {
                map.retain(|key, _| !matches!(&**key, "Interval" | "Timeout"));
            }
            map.values_mut().for_each(take_later);
        }
        _ => {}
    }
}

/// The text with each string that was saved in the place of its name.
fn with_saved(text: &str, saved: &BTreeMap<String, Value>) -> String {
    let strings = saved.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    strings.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The JSON with what was saved in the place of its name.
fn filled(json: &Value, saved: &BTreeMap<String, Value>) -> Value {
    match json {
        Value::String(text) => text.strip_prefix('{').and_then(|text| saved.get(text.strip_suffix('}')?)).unwrap_or(json).clone(),
        Value::Array(list) => list.iter().map(|value| filled(value, saved)).collect(),
        Value::Object(map) if map.contains_key("$times") => {
            let times = map.get("$times");
            let count = times.and_then(|times| times.get(0)).and_then(Value::as_u64).unwrap_or_default();
            let value = times.and_then(|times| times.get(1)).unwrap_or(&Value::Null);
            (0..count).map(|_| filled(value, saved)).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), filled(value, saved))).collect(),
        other => other.clone(),
    }
}
