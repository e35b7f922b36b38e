//! The places that policies may be in, one of each kind that their patterns tell apart.

use std::collections::HashSet;

use super::answer::Scope;
use super::scope::Known;
use crate::policy::PolicySet;
use crate::policy::analysis::Scenario;
use crate::policy::analysis::arn::{ArnField, PARTITIONS, REGIONS, Spelled, arn_fields, literal_pieces};
use crate::policy::analysis::automaton::{
    Alphabet, Mask, Options, PatternSet, PatternSetBuilder, State, Token,
};
use crate::policy::document::Effect;

/// Values of one field that are looked at. A policy at AWS's limit of size spells fewer than 70.
const VALUES_MAX: usize = 256;
/// Kinds of accounts that patterns with wildcards may tell apart.
const ACCOUNTS_MAX: usize = 4_096;
/// Stands for what no policy spells.
const ELSEWHERE: &str = "\u{e000}";

pub(super) struct Homes {
    patterns: Vec<Pattern>,
    homes: Vec<Home>,
    default: Scope,
}

/// A pattern of resources.
struct Pattern {
    places: Mask,
    /// The more it matches the more is allowed: an `Allow` of resources, or a `Deny` of all but some.
    widens: bool,
}

struct Home {
    scope: Scope,
    /// What the patterns have read of it.
    state: State,
}

impl Homes {
    pub(super) fn of(sets: &[&PolicySet], default: &Scope, known: Known) -> Self {
        let mut builder = PatternSetBuilder::default();
        let (mut ids, mut values) = (Vec::new(), Values::of(default, known));
        let documents = sets.iter().flat_map(|set| set.sources()).map(|source| &source.document);
        for statement in documents.flat_map(|document| &document.statements) {
            let Some(resources) = &statement.resources else { continue };
            let is_allow = statement.effect == Effect::Allow;
            // An `Allow` of all resources but some is about every other place.
            values.everywhere |= is_allow && resources.negated;
            for pattern in &resources.patterns {
                let tokens = Scenario::Unknown.tokens_or_any(&pattern.node);
                values.add(&tokens);
                ids.push((builder.add(tokens, Options::default()), is_allow != resources.negated));
            }
        }
        let mut alphabet = Alphabet::default();
        builder.announce(&mut alphabet);
        let set = builder.build(&alphabet);
        let patterns: Vec<Pattern> =
            ids.into_iter().map(|(id, widens)| Pattern { places: set.mask([id]), widens }).collect();
        let reader = Reader { set, alphabet };
        let mut homes = reader.homes(&values);
        if !values.everywhere {
            reader.retain_told(&mut homes, &patterns, default);
        }
        let mut kinds = HashSet::new();
        homes.retain(|home| kinds.insert(home.state.clone()));
        Self { patterns, homes, default: default.clone() }
    }

    pub(super) fn all(self) -> Vec<Scope> {
        let scopes: Vec<Scope> = self.homes.into_iter().map(|home| home.scope).collect();
        if scopes.is_empty() { vec![self.default] } else { scopes }
    }

    pub(super) fn widest(mut self) -> Vec<Scope> {
        let part = |home: &Home, widens: bool| -> Vec<State> {
            let patterns = self.patterns.iter().filter(|pattern| pattern.widens == widens);
            patterns.map(|pattern| home.state.only(&pattern.places)).collect()
        };
        let mut parts: Vec<_> = self.homes.iter().map(|home| (part(home, true), part(home, false))).collect();
        let mut at = 0;
        // No two are equal, so of two that are compared at most one goes.
        self.homes.retain(|_| {
            let is_less = parts.get(at).is_some_and(|(wide, narrow)| {
                parts.iter().enumerate().any(|(other, (wider, narrower))| {
                    other != at && are_within(wide, wider) && are_within(narrower, narrow)
                })
            });
            if is_less {
                parts.remove(at);
            } else {
                at += 1;
            }
            !is_less
        });
        self.all()
    }
}

fn are_within(some: &[State], others: &[State]) -> bool {
    some.iter().zip(others).all(|(state, other)| state.is_within(other))
}

/// Values to try, for each field the default first.
struct Values {
    partitions: Vec<String>,
    regions: Vec<String>,
    accounts: Vec<String>,
    known: Known,
    everywhere: bool,
    /// Some pattern has wildcards within the field, so that values which none spells are told apart, too.
    wild_partition: bool,
    wild_region: bool,
    wild_account: bool,
}

impl Values {
    fn of(default: &Scope, known: Known) -> Self {
        Self {
            partitions: vec![default.partition.clone()],
            regions: vec![default.region.clone()],
            accounts: vec![default.account.clone()],
            known,
            everywhere: false,
            wild_partition: false,
            wild_region: false,
            wild_account: false,
        }
    }

    fn add(&mut self, tokens: &[Token]) {
        const COLONS: usize = 5;
        let Some(fields) = arn_fields(tokens) else { return };
        if tokens.iter().filter(|token| **token == Token::Char(':')).count() < COLONS {
            // Which field a piece is depends on what a `*` takes.
            for piece in literal_pieces(tokens) {
                let is_number = piece.bytes().all(|byte| byte.is_ascii_digit());
                push(if is_number { &mut self.accounts } else { &mut self.regions }, piece);
            }
        }
        for (field, spelled) in
            [ArnField::Partition, ArnField::Region, ArnField::Account].into_iter().zip(fields)
        {
            let (values, wild) = match field {
                ArnField::Partition => (&mut self.partitions, &mut self.wild_partition),
                ArnField::Region => (&mut self.regions, &mut self.wild_region),
                ArnField::Account => (&mut self.accounts, &mut self.wild_account),
            };
            match spelled {
                Spelled::Nothing => {}
                Spelled::Whole(tokens) => {
                    if let Some(text) = literal(&tokens) {
                        push(values, text);
                    }
                }
                Spelled::Partly(tokens) => {
                    *wild = true;
                    field.samples(&tokens).into_iter().for_each(|sample| push(values, sample));
                }
            }
        }
    }

    fn partitions(&self) -> impl Iterator<Item = &str> {
        let more = if self.wild_partition || self.everywhere { &PARTITIONS[..] } else { &[] };
        self.partitions.iter().map(String::as_str).chain(more.iter().copied())
    }

    fn regions(&self) -> impl Iterator<Item = &str> {
        let tried = if self.known.region { 1 } else { VALUES_MAX };
        let more =
            if (self.wild_region || self.everywhere) && !self.known.region { &REGIONS[..] } else { &[] };
        self.regions.iter().take(tried).map(String::as_str).chain(more.iter().copied())
    }

    fn accounts(&self) -> impl Iterator<Item = &str> {
        let tried = if self.known.account { 1 } else { VALUES_MAX };
        self.accounts.iter().take(tried).map(String::as_str)
    }
}

fn push(values: &mut Vec<String>, value: String) {
    if values.len() < VALUES_MAX && !values.contains(&value) {
        values.push(value);
    }
}

/// The text of tokens without variables.
fn literal(tokens: &[Token]) -> Option<String> {
    let character = |token: &Token| match token {
        Token::Char(character) => Some(*character),
        _ => None,
    };
    tokens.iter().map(character).collect()
}

/// All patterns, to read the beginnings of ARNs with.
struct Reader {
    set: PatternSet,
    alphabet: Alphabet,
}

impl Reader {
    fn after(&self, state: &State, text: &str) -> State {
        self.set.read(&self.alphabet, state, text)
    }

    fn of(&self, [partition, region, account]: [&str; 3]) -> State {
        self.after(&self.set.start(), &format!("arn:{partition}:iot:{region}:{account}:"))
    }

    /// A place of each kind, by its fields one after the other.
    fn homes(&self, values: &Values) -> Vec<Home> {
        let mut homes = Vec::new();
        let mut partitions = HashSet::new();
        for partition in values.partitions() {
            let state = self.after(&self.set.start(), &format!("arn:{partition}:iot:"));
            if !partitions.insert(state.clone()) {
                continue;
            }
            let mut regions = HashSet::new();
            for region in values.regions() {
                let state = self.after(&state, &format!("{region}:"));
                if !regions.insert(state.clone()) {
                    continue;
                }
                let more = if (values.wild_account || values.everywhere) && !values.known.account {
                    self.kinds_of_accounts(&state, values.accounts().next().unwrap_or_default())
                } else {
                    Vec::new()
                };
                let mut accounts = HashSet::new();
                for account in values.accounts().map(str::to_owned).chain(more) {
                    let state = self.after(&state, &format!("{account}:"));
                    if accounts.insert(state.clone()) {
                        let (partition, region) = (partition.to_owned(), region.to_owned());
                        homes.push(Home { scope: Scope { partition, region, account }, state });
                    }
                }
            }
        }
        homes
    }

    /// Twelve digits for every way in which patterns can read twelve digits. Digits of `like` where they do.
    fn kinds_of_accounts(&self, state: &State, like: &str) -> Vec<String> {
        const DIGITS: usize = 12;
        let mut likely = like.chars().chain(std::iter::repeat('0'));
        let mut all = vec![(String::new(), state.clone())];
        for first in likely.by_ref().take(DIGITS) {
            let mut seen = HashSet::new();
            let mut longer = Vec::new();
            for (text, state) in &all {
                for digit in [first].into_iter().chain('0'..='9') {
                    let next = self.set.step(state, self.alphabet.char(digit));
                    if longer.len() < ACCOUNTS_MAX && seen.insert(next.clone()) {
                        longer.push((format!("{text}{digit}"), next));
                    }
                }
            }
            all = longer;
        }
        all.into_iter().map(|(text, _)| text).collect()
    }

    /// Leaves places that policies tell: by each field that is not the default's a pattern knows the place, and by one field at
    /// least if there is such a place.
    fn retain_told(&self, homes: &mut Vec<Home>, patterns: &[Pattern], default: &Scope) {
        homes.retain(|Home { scope, state }| {
            let own = [&*scope.partition, &scope.region, &scope.account];
            let usual = [&*default.partition, &default.region, &default.account];
            let is_told = |field: usize| {
                let mut other = own;
                if let Some(value) = other.get_mut(field) {
                    *value = ELSEWHERE;
                }
                let elsewhere = self.of(other);
                patterns.iter().any(|pattern| {
                    let here = state.only(&pattern.places);
                    state.meets(&pattern.places) && here != elsewhere.only(&pattern.places)
                })
            };
            let told = [0, 1, 2].map(is_told);
            let [partition, region, account] = told;
            // Nearly everybody writes `arn:aws:`, which tells little.
            (region || account || (partition && scope.partition != default.partition))
                && told.iter().zip(own.iter().zip(usual)).all(|(told, (own, usual))| *told || **own == *usual)
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::tests::policies;
    use super::*;
    use crate::policy::resolve::glob;
    use crate::policy::{Context, Decision, Request, decide};

    fn places(statements: &[&str], known: Known) -> Vec<String> {
        let scopes = Scope::spelled(&[&policies(statements)], &Scope::example(), known);
        scopes.iter().map(|scope| format!("{} {} {}", scope.partition, scope.region, scope.account)).collect()
    }

    #[test]
    fn places_that_policies_spell() {
        let check = |statements: &[&str], expected: &[&str]| {
            assert_eq!(places(statements, Known::default()), expected, "{statements:?}");
        };
        check(&["Allow * *"], &["aws us-east-1 123456789012"]);
        check(&["Allow * arn:aws:iot:*:*:client/a"], &["aws us-east-1 123456789012"]);
        check(&["Allow * arn:aws:iot:eu-*:123456789012:*"], &["aws eu-west-1 123456789012"]);
        check(&["Allow * arn:aws:iot:eu-west-1:*"], &["aws eu-west-1 123456789012"]);
        check(&["Allow * arn:*:eu-west-1:777777777777:client/a"], &["aws eu-west-1 777777777777"]);
        check(&["Allow * arn:aws-us-gov:iot:us-gov-*:*:*"], &["aws-us-gov us-gov-east-1 123456789012"]);
        check(&["Allow * arn:aws:iot:us-west-2:77********36:*"], &["aws us-west-2 770000000036"]);
        check(&["Allow * arn:aws:iot:us-west-2:99????????36:*"], &["aws us-west-2 990000000036"]);
        check(&["Allow * arn:aws:iot:us-west-2:ACCOUNT:client/a"], &["aws us-west-2 ACCOUNT"]);
        // Two places in which different things are allowed, one of them the default.
        check(
            &["Allow Connect arn:aws:iot:us-east-1:*:*", "Allow Publish arn:aws:iot:eu-west-1:*:topic/a"],
            &["aws us-east-1 123456789012", "aws eu-west-1 123456789012"],
        );
        // One pattern tells the region, another one the account.
        check(
            &["Allow Connect arn:aws:iot:eu-west-1:*:*", "Allow Publish arn:aws:iot:*:777777777777:topic/a"],
            &["aws eu-west-1 777777777777"],
        );
        // What is denied in some regions is allowed in the others.
        check(
            &["Allow * arn:aws:iot:eu-*:*:*", "Deny * arn:aws:iot:*-1:*:*"],
            &["aws eu-west-2 123456789012"],
        );
        check(&["Allow * !arn:aws:iot:us-east-1:*:*"], &["aws us-east-2 123456789012"]);
        check(&["Allow * *", "Deny * arn:aws:iot:eu-west-1:777777777777:*"], &["aws eu-west-1 777777777777"]);
    }

    #[test]
    fn what_is_known_counts_before_what_is_spelled() {
        let policy = ["Allow * arn:aws:iot:eu-west-1:777777777777:*", "Allow * arn:aws:iot:*:123456789012:*"];
        let account = Known { account: true, region: false };
        assert_eq!(places(&policy, account), ["aws us-east-1 123456789012"]);
        let both = Known { account: true, region: true };
        assert_eq!(places(&policy[..1], both), ["aws us-east-1 123456789012"]);
    }

    const REGION_PATTERNS: [&str; 6] = ["*", "eu-west-1", "us-east-1", "eu-*", "*-1", "us-????-2"];
    const ACCOUNT_PATTERNS: [&str; 6] = ["*", "111111111111", "123456789012", "1*", "*1", "2??????????2"];
    const NAMES: [&str; 3] = ["client/a", "client/b", "client/c"];

    fn statement() -> impl Strategy<Value = (bool, bool, &'static str, &'static str, &'static str)> {
        let name = select(vec!["client/a", "client/b", "*", "client/?"]);
        let kind = (prop::bool::weighted(0.7), prop::bool::weighted(0.1));
        (kind, select(&REGION_PATTERNS[..]), select(&ACCOUNT_PATTERNS[..]), name)
            .prop_map(|((allow, negated), region, account, name)| (allow, negated, region, account, name))
    }

    fn fits(pattern: &str, text: &str) -> bool {
        let token = |character| match character {
            '*' => Token::AnyString,
            '?' => Token::AnyChar,
            character => Token::Char(character),
        };
        glob(&pattern.chars().map(token).collect::<Vec<_>>(), text)
    }

    proptest! {
        /// Whatever is allowed in some place that the patterns tell is allowed in one that is looked at.
        #[test]
        fn no_place_allows_more_than_those_looked_at(statements in vec(statement(), 1..5)) {
            let text = |&(allow, negated, region, account, name): &(bool, bool, &str, &str, &str)| {
                let effect = if allow { "Allow" } else { "Deny" };
                let not = if negated { "!" } else { "" };
                format!("{effect} Connect {not}arn:aws:iot:{region}:{account}:{name}")
            };
            let texts: Vec<String> = statements.iter().map(text).collect();
            let set = policies(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let allowed = |scope: &Scope| NAMES.map(|name| {
                let resource = scope.arn(name);
                let request = Request { action: "iot:Connect", resource: &resource, context: &Context::new() };
                decide(&set, &request) == Decision::Allowed
            });
            let [all, widest] = [Scope::each_spelled, Scope::spelled]
                .map(|places| places(&[&set], &Scope::example(), Known::default()));
            let all: Vec<_> = all.iter().map(allowed).collect();
            let widest: Vec<_> = widest.iter().map(allowed).collect();
            let tells = |region: &str, account: &str| {
                let matching: Vec<_> = statements
                    .iter()
                    .filter(|(_, _, r, a, _)| fits(r, region) && fits(a, account))
                    .collect();
                let region_told = matching.iter().any(|(_, _, r, _, _)| *r != "*");
                let account_told = matching.iter().any(|(_, _, _, a, _)| *a != "*");
                match (region_told, account_told) {
                    (true, true) => true,
                    (true, false) => account == "123456789012",
                    (false, true) => region == "us-east-1",
                    (false, false) => false,
                }
            };
            let everywhere = statements.iter().any(|(allow, negated, ..)| *allow && *negated);
            for region in ["us-east-1", "eu-west-1", "eu-west-2", "us-west-2", "us-east-2", "ap-south-1", "sa-east-1"] {
                for account in ["123456789012", "111111111111", "199999999999", "299999999991", "299999999992", "999999999999"] {
                    if !everywhere && !tells(region, account) {
                        continue;
                    }
                    let scope = Scope { partition: "aws".into(), region: region.into(), account: account.into() };
                    let here = allowed(&scope);
                    prop_assert!(all.contains(&here), "{texts:?} {scope:?}");
                    let more = |there: &[bool; 3]| here.iter().zip(there).all(|(here, there)| !here || *there);
                    prop_assert!(widest.iter().any(more), "{texts:?} {scope:?}");
                }
            }
        }
    }
}
