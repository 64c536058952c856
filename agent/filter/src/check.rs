//! Type check: syntax tree and schema to program. Selector first, then operator, then value.

use crate::FilterError;
use crate::Kind;
use crate::Reason;
use crate::Schema;
use crate::ast::Expr;
use crate::ast::Match;
use crate::ast::Operator;
use crate::ast::Selector;
use crate::coerce;
use crate::limits::MAX_PATTERNS;
use crate::pattern;
use crate::program;
use crate::program::Program;
use crate::program::Step;
use crate::program::Test;
use crate::schema;

/// Checks `expr` against `schema`; the first mistake from the left is reported.
pub(crate) fn check(expr: &Expr, schema: &Schema) -> Result<Program, FilterError> {
    let mut checker = Checker { root: Kind::Struct(schema.fields), patterns: 0 };
    Ok(checker.expr(expr)?)
}

struct Checker {
    root: Kind,
    patterns: usize,
}

impl Checker {
    fn expr(&mut self, expr: &Expr) -> Result<Program, Reason> {
        Ok(match expr {
            Expr::And(all) => Program::And(self.each(all)?),
            Expr::Or(any) => Program::Or(self.each(any)?),
            Expr::Not(inner) => Program::Not(Box::new(self.expr(inner)?)),
            Expr::Match(found) => Program::Match(self.found(found)?),
        })
    }

    fn each(&mut self, exprs: &[Expr]) -> Result<Box<[Program]>, Reason> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn found(&mut self, found: &Match) -> Result<program::Match, Reason> {
        let (path, kind) = resolve(self.root, &found.selector)?;
        let test = self.test(found, kind)?;
        let is_negated = matches!(found.operator, Operator::NotEqual | Operator::NotIn | Operator::IsNotEmpty | Operator::NotMatches);
        // `matches` is listed with the negations: 1.8.7 lets it hold for an absent key.
        let if_key_absent =
            matches!(found.operator, Operator::NotEqual | Operator::NotIn | Operator::IsEmpty | Operator::Matches | Operator::NotMatches);
        Ok(program::Match { path, test, is_negated, if_key_absent })
    }

    fn test(&mut self, found: &Match, kind: Kind) -> Result<Test, Reason> {
        let value = &found.value;
        Ok(match (found.operator, kind) {
            (Operator::Equal | Operator::NotEqual, kind) if kind.is_scalar() => Test::Equals(coerce(found, kind)?),
            (Operator::In | Operator::NotIn, Kind::String) => Test::Contains(value.clone()),
            (Operator::In | Operator::NotIn, Kind::Map(_)) => Test::Key(value.clone()),
            (Operator::In | Operator::NotIn, Kind::List(element)) if element.is_scalar() => Test::Element(coerce(found, *element)?),
            (Operator::IsEmpty | Operator::IsNotEmpty, Kind::List(_) | Kind::Map(_)) => Test::Empty,
            (Operator::Matches | Operator::NotMatches, Kind::String) => {
                self.patterns += 1;
                if self.patterns > MAX_PATTERNS {
                    return Err(Reason::TooManyPatterns);
                }
                Test::Pattern(
                    pattern::compile(value).map_err(|error| Reason::Pattern { pattern: value.clone(), cause: error.to_string() })?,
                )
            }
            _ => {
                return Err(Reason::InvalidOperator {
                    operator: found.operator.name(),
                    selector: found.selector.dotted(found.selector.0.len()),
                });
            }
        })
    }
}

/// Walks the selector from `kind` down. A list passes its parts to its elements' fields.
fn resolve(root: Kind, selector: &Selector) -> Result<(Box<[Step]>, Kind), Reason> {
    let mut path = Vec::with_capacity(selector.0.len());
    let mut kind = root;
    for (index, part) in selector.0.iter().enumerate() {
        while let Kind::List(element) = kind {
            path.push(Step::Any);
            kind = *element;
        }
        let next = match kind {
            Kind::Struct(fields) => schema::field(fields, part).map(|(name, kind)| (Step::Field(name), kind)),
            Kind::Map(entry) => Some((Step::Key(part.clone()), *entry)),
            _ => None,
        };
        let Some((step, next)) = next else {
            return Err(Reason::InvalidSelector(selector.dotted(index + 1)));
        };
        path.push(step);
        kind = next;
    }
    Ok((path.into_boxed_slice(), kind))
}

fn coerce(found: &Match, kind: Kind) -> Result<program::Scalar, Reason> {
    coerce::scalar(&found.value, kind).map_err(|cause| Reason::Coercion {
        value: found.value.clone(),
        selector: found.selector.dotted(found.selector.0.len()),
        cause,
    })
}
