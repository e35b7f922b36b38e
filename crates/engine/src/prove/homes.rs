//! The places that policies may be in, one of each kind that their patterns tell apart.

use std::collections::HashSet;

use super::answer::Scope;
use super::scope::{Known, Places};
use super::shape::Lengths;
use crate::policy::PolicySet;
use crate::policy::analysis::Scenario;
use crate::policy::analysis::arn::{ArnField, PARTITIONS, REGIONS, Spelled, arn_fields, literal_pieces};
use crate::policy::analysis::automaton::{
    Alphabet, Budget, Mask, Options, PatternSet, PatternSetBuilder, State, Token,
};
use crate::policy::document::Effect;

/// Values of one field that are looked at. A policy at AWS's limit of size spells fewer than 70.
const VALUES_MAX: usize = 256;
/// Digits of accounts that are read, over all places: those of some hundred kinds of accounts.
const DIGITS_MAX: usize = 100_000;
/// Places that are told apart, before those go that no pattern knows.
const HOMES_MAX: usize = 512;
/// Places that questions are asked in.
const PLACES_MAX: usize = 64;
/// Stands for what no policy spells.
const ELSEWHERE: &str = "\u{e000}";

pub(super) struct Homes {
    homes: Vec<Home>,
    /// The places of patterns that allow more the more they match: an `Allow` of resources, or a `Deny` of all but some.
    widening: Mask,
    /// Those of the others.
    narrowing: Mask,
    default: Scope,
    /// More are told apart than one of these limits allows.
    is_cut: bool,
}

struct Home {
    scope: Scope,
    /// What the patterns have read of it.
    state: State,
}

impl Homes {
    pub(super) fn of(sets: &[&PolicySet], default: &Scope, known: Known) -> Self {
        let mut builder = PatternSetBuilder::default();
        let (mut widening, mut narrowing) = (Vec::new(), Vec::new());
        let mut values = Values::of(default, known);
        let documents = sets.iter().flat_map(|set| set.sources()).map(|source| &source.document);
        for statement in documents.flat_map(|document| &document.statements) {
            let Some(resources) = &statement.resources else { continue };
            let is_allow = statement.effect == Effect::Allow;
            // An `Allow` of all resources but some is about every other place.
            values.everywhere |= is_allow && resources.negated;
            for pattern in &resources.patterns {
                let tokens = Scenario::Unknown.tokens_or_any(&pattern.node);
                values.add(&tokens);
                let kind = if is_allow == resources.negated { &mut narrowing } else { &mut widening };
                kind.push(builder.add(tokens, Options::default()));
            }
        }
        let mut alphabet = Alphabet::default();
        builder.announce(&mut alphabet);
        let set = builder.build(&alphabet);
        let patterns: Vec<Mask> = widening.iter().chain(&narrowing).map(|id| set.mask([*id])).collect();
        let (widening, narrowing) = (set.mask(widening), set.mask(narrowing));
        let reader = Reader { set, alphabet };
        let mut homes = Vec::new();
        let is_whole = reader.add_homes(&values, &mut homes);
        if !values.everywhere {
            reader.retain_told(&mut homes, &patterns, default);
        }
        let mut kinds = HashSet::new();
        homes.retain(|home| kinds.insert(home.state.clone()));
        Self { homes, widening, narrowing, default: default.clone(), is_cut: values.is_cut || !is_whole }
    }

    pub(super) fn all(self) -> Places {
        let is_cut = self.is_cut || self.homes.len() > PLACES_MAX;
        let mut scopes: Vec<Scope> = self.homes.into_iter().map(|home| home.scope).take(PLACES_MAX).collect();
        if scopes.is_empty() {
            scopes.push(self.default);
        }
        Places { scopes, is_cut }
    }

    pub(super) fn widest(mut self) -> Places {
        let parts = |home: &Home| (home.state.only(&self.widening), home.state.only(&self.narrowing));
        let mut parts: Vec<(State, State)> = self.homes.iter().map(parts).collect();
        let mut at = 0;
        // No two are equal, so of two that are compared at most one goes.
        self.homes.retain(|_| {
            let is_less = parts.get(at).is_some_and(|(wide, narrow)| {
                parts.iter().enumerate().any(|(other, (wider, narrower))| {
                    other != at && wide.is_within(wider) && narrower.is_within(narrow)
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

/// Values to try, for each field the default first.
struct Values {
    partitions: Vec<String>,
    regions: Vec<String>,
    accounts: Vec<String>,
    lengths: Lengths,
    known: Known,
    everywhere: bool,
    /// Some pattern has wildcards within the field, so that values which none spells are told apart, too.
    wild_partition: bool,
    wild_region: bool,
    wild_account: bool,
    is_cut: bool,
}

impl Values {
    fn of(default: &Scope, known: Known) -> Self {
        Self {
            partitions: vec![default.partition.clone()],
            regions: vec![default.region.clone()],
            accounts: vec![default.account.clone()],
            lengths: default.lengths,
            known,
            everywhere: false,
            wild_partition: false,
            wild_region: false,
            wild_account: false,
            is_cut: false,
        }
    }

    fn add(&mut self, tokens: &[Token]) {
        const COLONS: usize = 5;
        let Some(fields) = arn_fields(tokens) else { return };
        if tokens.iter().filter(|token| **token == Token::Char(':')).count() < COLONS {
            // Which field a piece is depends on what a `*` takes.
            for piece in literal_pieces(tokens) {
                let is_number = piece.bytes().all(|byte| byte.is_ascii_digit());
                self.push(if is_number { ArnField::Account } else { ArnField::Region }, piece);
            }
        }
        for (field, spelled) in
            [ArnField::Partition, ArnField::Region, ArnField::Account].into_iter().zip(fields)
        {
            match spelled {
                Spelled::Nothing => {}
                Spelled::Whole(tokens) => {
                    if let Some(text) = literal(&tokens) {
                        self.push(field, text);
                    }
                }
                Spelled::Partly(tokens) => {
                    match field {
                        ArnField::Partition => self.wild_partition = true,
                        ArnField::Region => self.wild_region = true,
                        ArnField::Account => self.wild_account = true,
                    }
                    for sample in field.samples(&tokens) {
                        self.push(field, sample);
                    }
                }
            }
        }
    }

    /// One more value to try, unless it is known which one it is.
    fn push(&mut self, field: ArnField, value: String) {
        let (values, is_known) = match field {
            ArnField::Partition => (&mut self.partitions, false),
            ArnField::Region => (&mut self.regions, self.known.region),
            ArnField::Account => (&mut self.accounts, self.known.account),
        };
        if is_known || values.contains(&value) {
            return;
        }
        if values.len() < VALUES_MAX {
            values.push(value);
        } else {
            self.is_cut = true;
        }
    }

    fn partitions(&self) -> impl Iterator<Item = &str> {
        let more = if self.wild_partition || self.everywhere { &PARTITIONS[..] } else { &[] };
        self.partitions.iter().map(String::as_str).chain(more.iter().copied())
    }

    fn regions(&self) -> impl Iterator<Item = &str> {
        let more =
            if (self.wild_region || self.everywhere) && !self.known.region { &REGIONS[..] } else { &[] };
        self.regions.iter().map(String::as_str).chain(more.iter().copied())
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

    /// Adds a place of each kind, by its fields one after the other. False: there are more.
    fn add_homes(&self, values: &Values, homes: &mut Vec<Home>) -> bool {
        let mut digits = Budget(DIGITS_MAX);
        let mut is_whole = true;
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
                let mut tried = values.accounts.clone();
                if (values.wild_account || values.everywhere) && !values.known.account {
                    is_whole &= self.add_kinds_of_accounts(&state, &mut tried, &mut digits);
                }
                let mut accounts = HashSet::new();
                for account in tried {
                    let state = self.after(&state, &format!("{account}:"));
                    if accounts.insert(state.clone()) {
                        if homes.len() == HOMES_MAX {
                            return false;
                        }
                        let (partition, region) = (partition.to_owned(), region.to_owned());
                        homes.push(Home {
                            scope: Scope { partition, region, account, lengths: values.lengths },
                            state,
                        });
                    }
                }
            }
        }
        is_whole
    }

    /// Twelve digits for every way in which patterns can read twelve digits. Digits of the first account where they do. False:
    /// there are more.
    fn add_kinds_of_accounts(&self, state: &State, accounts: &mut Vec<String>, budget: &mut Budget) -> bool {
        const DIGITS: usize = 12;
        let like = accounts.first().cloned().unwrap_or_default();
        let mut all = vec![(String::new(), state.clone())];
        for first in like.chars().chain(std::iter::repeat('0')).take(DIGITS) {
            let mut seen = HashSet::new();
            let mut longer = Vec::new();
            for (text, state) in &all {
                for digit in [first].into_iter().chain('0'..='9') {
                    if !budget.spend() {
                        return false;
                    }
                    let next = self.set.step(state, self.alphabet.char(digit));
                    if seen.insert(next.clone()) {
                        longer.push((format!("{text}{digit}"), next));
                    }
                }
            }
            all = longer;
        }
        accounts.extend(all.into_iter().map(|(text, _)| text));
        true
    }

    /// Leaves places that policies tell: by each field that is not the default's a pattern knows the place, and by one field at
    /// least if there is such a place.
    fn retain_told(&self, homes: &mut Vec<Home>, patterns: &[Mask], default: &Scope) {
        homes.retain(|Home { scope, state }| {
            let own = [&*scope.partition, &scope.region, &scope.account];
            let usual = [&*default.partition, &default.region, &default.account];
            let is_told = |field: usize| {
                let mut other = own;
                if let Some(value) = other.get_mut(field) {
                    *value = ELSEWHERE;
                }
                let elsewhere = self.of(other);
                patterns
                    .iter()
                    .any(|pattern| state.meets(pattern) && state.only(pattern) != elsewhere.only(pattern))
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
        let found = Places::of(&[&policies(statements)], &Scope::example(), known);
        assert!(!found.is_cut, "{statements:?}");
        found
            .scopes
            .iter()
            .map(|scope| format!("{} {} {}", scope.partition, scope.region, scope.account))
            .collect()
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

    #[test]
    fn more_places_than_are_looked_at() {
        let cut = |statements: &[String], known: Known| {
            // As many policies as statements fit in.
            let chunks =
                statements.chunks(15).map(|some| some.iter().map(String::as_str).collect::<Vec<_>>());
            let sources = chunks.flat_map(|some| policies(&some).sources().to_vec());
            let set = PolicySet::compile(sources);
            [Places::of, Places::each_of].map(|places| {
                let found = places(&[&set], &Scope::example(), known);
                assert!((1..=PLACES_MAX).contains(&found.scopes.len()), "{statements:?}");
                found.is_cut
            })
        };
        let each = |count: usize, pattern: &dyn Fn(usize) -> String| -> Vec<String> {
            (0..count).map(|index| format!("Allow Connect {}:client/{index}", pattern(index))).collect()
        };
        let account = Known { account: true, region: false };
        let region = Known { account: false, region: true };
        let spelled = |count| each(count, &|index| format!("arn:aws:iot:us-east-1:{index:012}"));
        assert_eq!(cut(&spelled(PLACES_MAX), Known::default()), [false, false]);
        assert_eq!(cut(&spelled(PLACES_MAX + 1), Known::default()), [true, true]);
        assert_eq!(cut(&spelled(VALUES_MAX + 1), region), [true, true]);
        assert_eq!(cut(&spelled(VALUES_MAX + 1), account), [false, false]);
        let regions = each(VALUES_MAX + 1, &|index| format!("arn:aws:iot:region-{index}:123456789012"));
        assert_eq!(cut(&regions, account), [true, true]);
        assert_eq!(cut(&regions, region), [false, false]);
        // Every set of digits makes a kind of accounts, and where all of them stand the most is allowed.
        let digits = each(10, &|index| format!("arn:aws:iot:us-east-1:*{index}*"));
        assert_eq!(cut(&digits[..6], region), [false, false]);
        assert_eq!(cut(&digits[..8], region), [false, true]);
        assert_eq!(cut(&digits, region), [true, true]);
        assert_eq!(cut(&digits, account), [false, false]);
        // No account has all of these.
        let pairs = each(50, &|index| format!("arn:aws:iot:us-east-1:*{index:02}*{:02}*", 99 - index));
        assert_eq!(cut(&pairs, region), [true, true]);
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
            let [all, widest] = [Places::each_of, Places::of]
                .map(|places| places(&[&set], &Scope::example(), Known::default()));
            prop_assert!(!all.is_cut && !widest.is_cut);
            let all: Vec<_> = all.scopes.iter().map(allowed).collect();
            let widest: Vec<_> = widest.scopes.iter().map(allowed).collect();
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
                    let scope = Scope { region: region.into(), account: account.into(), ..Scope::example() };
                    let here = allowed(&scope);
                    prop_assert!(all.contains(&here), "{texts:?} {scope:?}");
                    let more = |there: &[bool; 3]| here.iter().zip(there).all(|(here, there)| !here || *there);
                    prop_assert!(widest.iter().any(more), "{texts:?} {scope:?}");
                }
            }
        }
    }
}
