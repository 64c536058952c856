//! The main pass: literals, repetition, and dispatch to groups, classes and escapes.

use super::PatternError;
use super::class;
use super::escape;
use super::group;
use super::input::Input;
use super::output::Output;

/// RE2's bound on a single repetition count.
const MAX_REPEAT: u32 = 1000;

/// Rewrites an RE2 pattern for the `regex` crate; `group` is what each capturing group opens with there.
pub(super) fn translate(pattern: &str, group: &'static str) -> Result<String, PatternError> {
    let mut pass = Pass { input: Input::new(pattern), out: Output::default(), group, open: 0, has_operand: false, last_repeat: None };
    while pass.input.peek().is_some() {
        pass.step()?;
    }
    if pass.open > 0 {
        return Err(PatternError::new("missing closing )", pattern));
    }
    Ok(pass.out.into_text())
}

struct Pass<'a> {
    input: Input<'a>,
    out: Output,
    group: &'static str,
    /// Groups not yet closed.
    open: usize,
    /// Whether something stands before the position that can be repeated.
    has_operand: bool,
    /// Where the repetition starts that ends exactly here.
    last_repeat: Option<Input<'a>>,
}

impl<'a> Pass<'a> {
    fn step(&mut self) -> Result<(), PatternError> {
        let before = self.input;
        let repeated = self.last_repeat.take();
        match self.input.next() {
            Some('(') => {
                let opens = group::open(&mut self.input, before, self.group, &mut self.out)?;
                if opens {
                    self.open += 1;
                    self.has_operand = false;
                }
            }
            Some(')') => {
                if self.open == 0 {
                    let whole = self.input.whole();
                    return Err(PatternError::new("unexpected )", whole));
                }
                self.open -= 1;
                self.operand(")");
            }
            Some('|') => {
                self.out.push('|');
                self.has_operand = false;
            }
            Some(c @ ('*' | '+' | '?')) => self.repeat(before, repeated, &c.to_string())?,
            Some('{') => match repeat_count(&mut self.input) {
                None => self.operand(r"\{"),
                Some((min, max)) => {
                    let written = self.input.since(before);
                    let highest = max.unwrap_or(min);
                    if min > MAX_REPEAT || highest > MAX_REPEAT || highest < min {
                        return Err(PatternError::new("invalid repeat count", written));
                    }
                    self.repeat(before, repeated, written)?;
                }
            },
            Some('[') => {
                class::class(&mut self.input, before, &mut self.out)?;
                self.has_operand = true;
            }
            Some('\\') => {
                escape::outside(&mut self.input, before, &mut self.out)?;
                self.has_operand = true;
            }
            Some(c @ ('.' | '^' | '$')) => self.operand(c.encode_utf8(&mut [0; 4])),
            Some(c) => {
                self.out.push_literal(c);
                self.has_operand = true;
            }
            None => {}
        }
        Ok(())
    }

    fn operand(&mut self, translated: &str) {
        self.out.push_str(translated);
        self.has_operand = true;
    }

    /// `operator` has been read; `repeated` is where a repetition right before it starts.
    fn repeat(&mut self, before: Input<'a>, repeated: Option<Input<'a>>, operator: &str) -> Result<(), PatternError> {
        let is_lazy = self.input.eat("?");
        let rest = self.input.rest().len();
        let written = |from: Input<'_>| {
            let text = from.rest();
            let read = text.len().saturating_sub(rest);
            text.get(..read).unwrap_or_default().to_owned()
        };
        if let Some(start) = repeated {
            let part = written(start);
            return Err(PatternError::new("invalid nested repetition operator", &part));
        }
        if !self.has_operand {
            let part = written(before);
            return Err(PatternError::new("missing argument to repetition operator", &part));
        }
        self.out.push_str(operator);
        if is_lazy {
            self.out.push('?');
        }
        self.last_repeat = Some(before);
        Ok(())
    }
}

/// The inside of `{n}`, `{n,}` or `{n,m}` and the closing brace. `None`, with nothing read, if it is not
/// one: then the brace is literal. Counts too large for `u32` come out as the largest.
fn repeat_count(input: &mut Input<'_>) -> Option<(u32, Option<u32>)> {
    let mut ahead = *input;
    let min = count(ahead.digits())?;
    let max = if ahead.eat(",") {
        match ahead.digits() {
            "" => None,
            digits => Some(count(digits)?),
        }
    } else {
        Some(min)
    };
    if !ahead.eat("}") {
        return None;
    }
    *input = ahead;
    Some((min, max))
}

fn count(digits: &str) -> Option<u32> {
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || has_leading_zero {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}
