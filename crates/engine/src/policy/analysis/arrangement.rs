//! Conditions that are for the caller to arrange: whether a caller can meet those of an Allow and stay clear of every Deny.

use super::rules::same_condition;
use crate::policy::document::{Comparison, Condition};

/// One condition that the caller can make hold or not, by its number, and which of the two is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    atom: usize,
    holds: bool,
}

/// Numbers conditions; one and its exact opposite (`StringLike` and `StringNotLike` on the same) have the same number.
#[derive(Clone, Debug, Default)]
pub(super) struct Atoms {
    known: Vec<Condition>,
}

/// Steps of the search; more than any policy of 2,048 characters needs unless somebody wrote it for that.
const STEPS_MAX: usize = 10_000;

impl Atoms {
    pub(super) fn literal(&mut self, condition: &Condition) -> Literal {
        let operator = condition.operator;
        let mut positive = condition.clone();
        let mut holds = true;
        // With a set operator or `IfExists`, the negated operator is not the opposite: both hold for an absent key.
        if operator.set.is_none()
            && !operator.if_exists
            && let Some(comparison) = opposite(operator.comparison)
        {
            positive.operator.comparison = comparison;
            holds = false;
        }
        let found = self.known.iter().position(|known| same_condition(known, &positive));
        let atom = found.unwrap_or_else(|| {
            self.known.push(positive);
            self.known.len() - 1
        });
        Literal { atom, holds }
    }
}

/// Whether conditions can be arranged so that all of `asked` hold and of each of `denies` at least one does not. A search that
/// takes too long ends with yes, which is the worse case.
pub(super) fn is_possible(asked: &[Literal], denies: &[&[Literal]]) -> bool {
    let mut steps = STEPS_MAX;
    let contradicts =
        |one: &Literal| asked.iter().any(|other| other.atom == one.atom && other.holds != one.holds);
    !asked.iter().any(contradicts) && avoid(&mut asked.to_vec(), denies, &mut steps)
}

fn avoid(arranged: &mut Vec<Literal>, denies: &[&[Literal]], steps: &mut usize) -> bool {
    let Some((deny, rest)) = denies.split_first() else { return true };
    *steps = steps.saturating_sub(1);
    if *steps == 0 {
        return true;
    }
    let state = |literal: &Literal, arranged: &[Literal]| {
        arranged.iter().find(|known| known.atom == literal.atom).map(|known| known.holds == literal.holds)
    };
    if deny.iter().any(|literal| state(literal, arranged) == Some(false)) {
        return avoid(arranged, rest, steps);
    }
    for literal in *deny {
        if state(literal, arranged).is_none() {
            arranged.push(Literal { atom: literal.atom, holds: !literal.holds });
            let avoided = avoid(arranged, rest, steps);
            arranged.pop();
            if avoided {
                return true;
            }
        }
    }
    false
}

/// The operator that a negated operator negates.
fn opposite(comparison: Comparison) -> Option<Comparison> {
    Some(match comparison {
        Comparison::StringNotEquals => Comparison::StringEquals,
        Comparison::StringNotEqualsIgnoreCase => Comparison::StringEqualsIgnoreCase,
        Comparison::StringNotLike => Comparison::StringLike,
        Comparison::NumericNotEquals => Comparison::NumericEquals,
        Comparison::DateNotEquals => Comparison::DateEquals,
        Comparison::NotIpAddress => Comparison::IpAddress,
        Comparison::ArnNotEquals => Comparison::ArnEquals,
        Comparison::ArnNotLike => Comparison::ArnLike,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Literals as numbers: 2 asks that condition 2 holds, -2 that it does not.
    fn check(asked: &[i8], denies: &[&[i8]], expected: bool) {
        let literals = |numbers: &[i8]| -> Vec<Literal> {
            let literal =
                |number: &i8| Literal { atom: usize::from(number.unsigned_abs()), holds: *number > 0 };
            numbers.iter().map(literal).collect()
        };
        let denies: Vec<Vec<Literal>> = denies.iter().map(|deny| literals(deny)).collect();
        let denies: Vec<&[Literal]> = denies.iter().map(Vec::as_slice).collect();
        assert_eq!(is_possible(&literals(asked), &denies), expected, "{asked:?}");
    }

    #[test]
    fn a_caller_arranges_what_it_can() {
        check(&[], &[], true);
        check(&[], &[&[]], false);
        check(&[1, -1], &[], false);
        check(&[1], &[&[1]], false);
        check(&[1], &[&[1, 2]], true);
        check(&[], &[&[1], &[-1]], false);
        check(&[], &[&[1, 2], &[-1]], true);
        check(&[], &[&[1, 2], &[-1], &[-2]], false);
        check(&[3], &[&[1, 3], &[-1, 2], &[-2, 3]], false);
    }
}
