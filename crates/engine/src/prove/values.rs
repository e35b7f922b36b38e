//! Values of a condition key that tell conditions apart: for every way in which the conditions on the key can come out
//! together, one value (or the key's absence) that makes them come out so.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::net::IpAddr;

use crate::policy::analysis::automaton::{
    Alphabet, Budget, FRESH, Options, PatternId, PatternSetBuilder, Token,
};
use crate::policy::document::{Comparison, Condition, Piece};
use crate::policy::resolve::{filled, normal};
use crate::policy::value::{Cidr, Decimal};
use crate::policy::{Context, PolicySet};
use crate::time::Timestamp;

use super::identity::{OF_IDENTITY, SUB, unspelled_id};
use super::shape::{Cost, Lengths, Part, Place, Word};

/// Values to try for one key: each is a list of values, the empty list is absence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) choices: Vec<Vec<String>>,
    /// Set when the choices may miss some way in which the conditions come out: the condition that is the reason.
    pub(super) incomplete: Option<String>,
}

/// What a key can be, whatever policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyKind {
    /// The request may come without the key.
    pub(super) optional: bool,
    /// Whatever the key's value is, it is what the operators for it read: an address, a date.
    pub(super) typed: bool,
    /// The key may have several values at once.
    pub(super) many: bool,
    /// All values that there are, if they are few.
    pub(super) only: &'static [&'static str],
}

const STATES_MAX: usize = 40_000;
const SUBSETS_OF_MAX: usize = 5;

/// Characters of ASCII that occur in policies or in values: what has another one in it is nothing that they spell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters(u128);

impl Letters {
    /// Of all literal texts of the policies.
    pub(super) fn by(sets: &[&PolicySet]) -> Self {
        let mut spelled = Self::default();
        let statements = sets.iter().flat_map(|set| set.sources()).flat_map(|s| &s.document.statements);
        for statement in statements {
            let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
            let values = statement.conditions.iter().flat_map(|condition| &condition.values);
            for piece in resources.chain(values).flat_map(|pattern| &pattern.node.pieces) {
                if let Piece::Literal(text) = piece {
                    spelled.add(text);
                }
            }
        }
        spelled
    }

    pub(super) fn add(&mut self, text: &str) {
        for byte in text.bytes().filter(u8::is_ascii) {
            self.0 |= 1 << byte;
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a character may be spelled; of others than ASCII nobody keeps count.
    fn has(self, character: char) -> bool {
        u8::try_from(character).map_or(true, |byte| !byte.is_ascii() || self.0 >> byte & 1 == 1)
    }

    fn tokens(self) -> Vec<Token> {
        let all = (0..128_u8).map(char::from);
        all.filter(|character| self.has(*character)).map(Token::Char).collect()
    }
}

/// Values for `key`. `conditions` are all conditions on it; variables in their values are filled in from `context`. `word` is
/// what the key's value is when no condition asks for another. Where they can, values have a character in them that is not
/// spelled, so that they are none that a policy has in a resource; such a character is spelled then.
pub(super) fn values(
    kind: KeyKind,
    word: &str,
    conditions: &[&Condition],
    context: &Context,
    spelled: &mut Letters,
) -> Values {
    values_in(kind, None, word, conditions, context, spelled)
}

/// As [`values`], for a key of requests, in the form that its values have.
pub(super) fn values_of(
    key: &str,
    word: &str,
    conditions: &[&Condition],
    context: &Context,
    spelled: &mut Letters,
) -> Values {
    values_in(kind(key), form(key), word, conditions, context, spelled)
}

fn values_in(
    kind: KeyKind,
    form: Option<Word>,
    word: &str,
    conditions: &[&Condition],
    context: &Context,
    spelled: &mut Letters,
) -> Values {
    let mut found = Values::default();
    let mut singles: BTreeSet<String> = BTreeSet::new();
    let mut first = word.to_owned();
    if kind.only.is_empty() {
        let mut kinds = BTreeSet::new();
        for condition in
            conditions.iter().filter(|condition| condition.operator.comparison != Comparison::Null)
        {
            kinds.insert(Family::of(condition.operator.comparison));
            let in_family = |other: &&&Condition| {
                Family::of(other.operator.comparison) == Family::of(condition.operator.comparison)
            };
            let alike: Vec<&Condition> = conditions.iter().filter(in_family).copied().collect();
            let complete = match Family::of(condition.operator.comparison) {
                Family::Text => texts(word, form, &alike, context, spelled, &mut singles),
                Family::Number => numbers(&alike, context, &mut singles),
                Family::Date => {
                    dates(&alike, context, &mut singles);
                    true
                }
                Family::Address => {
                    addresses(&alike, context, &mut singles);
                    true
                }
                Family::Bool => {
                    singles.extend(["true".to_owned(), "false".to_owned()]);
                    true
                }
                Family::Bytes => {
                    bytes(&alike, context, &mut singles);
                    true
                }
                Family::Arn => arns(word, &alike, context, &mut singles),
            };
            if !complete {
                found.incomplete = Some(name(condition));
            }
        }
        if !kind.typed && kinds.iter().any(|family| *family != Family::Text) {
            // What an operator cannot read counts as unknown: false in an `Allow`, true in a `Deny`.
            singles.insert("?".to_owned());
        }
        if let Some(form) = form {
            // What is compared as something else cannot be that.
            singles.retain(|single| form.accepts(single));
            singles.insert(word.to_owned());
        }
        if kinds.len() > 1 {
            found.incomplete = conditions.first().map(|condition| name(condition));
        }
        if kinds.is_empty() {
            singles.insert(first.clone());
        } else if !singles.contains(&first) {
            first = singles.iter().next().cloned().unwrap_or_default();
        }
    } else {
        singles.extend(kind.only.iter().map(|value| (*value).to_owned()));
        first = singles.iter().next().cloned().unwrap_or_default();
    }
    // The plain word first: what is found with it reads best.
    found.choices.push(vec![first.clone()]);
    found
        .choices
        .extend(singles.iter().filter(|single| **single != first).map(|single| vec![single.clone()]));
    if kind.many {
        if singles.len() > SUBSETS_OF_MAX {
            found.incomplete = conditions.first().map(|condition| name(condition));
        } else {
            let singles: Vec<&String> = singles.iter().collect();
            for chosen in 1_u32..1 << singles.len() {
                if chosen.count_ones() > 1 {
                    let member = |(index, value): (usize, &&String)| {
                        (chosen >> index & 1 == 1).then(|| (*value).clone())
                    };
                    found.choices.push(singles.iter().enumerate().filter_map(member).collect());
                }
            }
        }
    }
    if kind.optional {
        found.choices.push(Vec::new());
    }
    found
}

pub(super) fn name(condition: &Condition) -> String {
    format!("condition `{}` on `{}`", condition.operator, condition.key)
}

/// Whether the condition is on text, so that what meets it is nothing that policies spell if it can be. Numbers, dates, addresses
/// and ARNs are taken as they come.
pub(super) fn is_of_text(condition: &Condition) -> bool {
    matches!(Family::of(condition.operator.comparison), Family::Text | Family::Bool)
}

/// Operators whose conditions are told apart by the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Text,
    Number,
    Date,
    Address,
    Bool,
    Bytes,
    Arn,
}

impl Family {
    fn of(comparison: Comparison) -> Self {
        use Comparison as C;
        match comparison {
            C::StringEquals
            | C::StringNotEquals
            | C::StringEqualsIgnoreCase
            | C::StringNotEqualsIgnoreCase
            | C::StringLike
            | C::StringNotLike
            | C::Null => Self::Text,
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => Self::Number,
            C::DateEquals
            | C::DateNotEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => Self::Date,
            C::Bool => Self::Bool,
            C::BinaryEquals => Self::Bytes,
            C::IpAddress | C::NotIpAddress => Self::Address,
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => Self::Arn,
        }
    }
}

fn tokens<'c>(
    conditions: &'c [&Condition],
    context: &'c Context,
) -> impl Iterator<Item = (bool, Vec<Token>)> + 'c {
    conditions.iter().flat_map(move |condition| {
        let ignore_case = matches!(
            condition.operator.comparison,
            Comparison::StringEqualsIgnoreCase | Comparison::StringNotEqualsIgnoreCase
        );
        condition.values.iter().filter_map(move |value| Some((ignore_case, filled(&value.node, context)?)))
    })
}

fn literals<'c>(conditions: &'c [&Condition], context: &'c Context) -> impl Iterator<Item = String> + 'c {
    tokens(conditions, context).map(|(_, tokens)| {
        let text = |token: &Token| match token {
            Token::Char(character) => Some(*character),
            _ => None,
        };
        tokens.iter().filter_map(text).collect()
    })
}

/// One text for every set of patterns that some text, of this form if one is given, matches together: all states of the patterns
/// are looked at. It has a character in it that is not spelled, if some such text has. The word is of the form, and has every
/// character in it that the form asks for.
fn texts(
    word: &str,
    form: Option<Word>,
    conditions: &[&Condition],
    context: &Context,
    spelled: &mut Letters,
    found: &mut BTreeSet<String>,
) -> bool {
    let mut builder = PatternSetBuilder::default();
    let mut complete = true;
    let mut ids: Vec<PatternId> = Vec::new();
    let mut in_any_case = Vec::new();
    for (ignore_case, tokens) in tokens(conditions, context) {
        let is_ascii = |token: &Token| !matches!(token, Token::Char(character) if !character.is_ascii());
        complete &= !ignore_case || tokens.iter().all(is_ascii);
        in_any_case.push(ignore_case);
        ids.push(builder.add(tokens, Options { ignore_case, ..Options::default() }));
    }
    let form = form.map(Part::Word);
    if form.is_some() {
        builder.add(word.chars().map(Token::Char).collect(), Options::default());
    }
    let mut alphabet = Alphabet::default();
    builder.announce(&mut alphabet);
    alphabet.announce(&spelled.tokens(), false);
    let set = builder.build(&alphabet);
    let matched = |state: &_| ids.iter().map(|id| set.matches(state, *id)).collect::<Vec<bool>>();
    let characters: Vec<_> = alphabet.characters().collect();
    let start = set.settled(set.start());
    // The word itself, if it comes out like a text that nobody spelled.
    let plain = word.chars().fold(start.clone(), |state, c| set.settled(set.step(&state, alphabet.char(c))));
    let mut outcomes = HashMap::from([(matched(&plain), (word.to_owned(), true))]);
    let mut seen = HashSet::from([(start.clone(), Place::Start, false)]);
    let mut queue = VecDeque::from([(start, Place::Start, Cost::default(), String::new(), false)]);
    let mut budget = Budget(STATES_MAX);
    while let Some((state, place, cost, text, is_fresh)) = queue.pop_front() {
        if form.as_ref().is_none_or(|form| form.may_end(place)) {
            match outcomes.entry(matched(&state)) {
                Entry::Vacant(entry) => {
                    entry.insert((text.clone(), is_fresh));
                }
                Entry::Occupied(mut entry) if is_fresh && !entry.get().1 => {
                    entry.insert((text.clone(), true));
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut idle = false;
        for (symbol, character) in &characters {
            let is_told_apart = *symbol != FRESH && set.spells(&state, *symbol);
            let (place, cost) = match &form {
                None if *symbol == FRESH || is_told_apart => (place, cost),
                None => continue,
                Some(form) => {
                    let Some(next) = form.step(Lengths::AWS, place, cost, *character) else { continue };
                    // Of those that nothing tells apart one is enough.
                    let is_alike = !is_told_apart && form.is_plain(place, *character);
                    if is_alike && std::mem::replace(&mut idle, true) {
                        continue;
                    }
                    next
                }
            };
            if !budget.spend() {
                found.extend(outcomes.into_values().map(|(text, _)| text));
                return false;
            }
            let next = set.settled(set.step(&state, *symbol));
            let is_fresh = is_fresh || *symbol == FRESH || !spelled.has(*character);
            if seen.insert((next.clone(), place, is_fresh)) {
                queue.push_back((next, place, cost, format!("{text}{character}"), is_fresh));
            }
        }
    }
    // Of what is spelled and compared in any case, there are other spellings.
    complete &= outcomes.iter().all(|(matched, (_, is_fresh))| {
        *is_fresh || !matched.iter().zip(&in_any_case).any(|(matched, in_any_case)| *matched && *in_any_case)
    });
    found.extend(outcomes.into_values().map(|(text, _)| text));
    let fresh = alphabet.render([FRESH]);
    spelled.add(&fresh);
    // Where every character of names is spelled somewhere, texts may be spelled by accident.
    complete && fresh.is_ascii()
}

/// Each number that conditions compare with, and one below, between and above.
fn numbers(conditions: &[&Condition], context: &Context, found: &mut BTreeSet<String>) -> bool {
    const DIGITS_MAX: usize = 30;
    let texts: Vec<String> = literals(conditions, context).collect();
    let fraction = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let scale = texts.iter().map(|text| fraction(text)).max().unwrap_or(0) + 1;
    let mut complete = true;
    let mut numbers: BTreeSet<i128> = BTreeSet::new();
    for text in &texts {
        let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
        let padded = format!("{whole}{digits:0<scale$}");
        match padded.parse::<i128>() {
            Ok(number) if padded.len() <= DIGITS_MAX => {
                numbers.insert(number);
            }
            // A text that is no number compares with none, so it tells nothing apart.
            _ => complete &= Decimal::parse(text).is_none(),
        }
    }
    let around: BTreeSet<i128> =
        numbers.iter().flat_map(|number| [number - 1, *number, number + 1]).collect();
    for number in around {
        let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
        let (whole, rest) = digits.split_at_checked(digits.len() - scale).unwrap_or((&digits, "0"));
        let sign = if number < 0 { "-" } else { "" };
        found.insert(format!("{sign}{whole}.{rest}"));
    }
    complete
}

/// Each moment that conditions compare with, and one before, between and after.
fn dates(conditions: &[&Condition], context: &Context, found: &mut BTreeSet<String>) {
    let texts = literals(conditions, context);
    // A text that is no date compares with none, so it tells nothing apart.
    let moments: BTreeSet<Timestamp> = texts.filter_map(|text| Timestamp::read(&text)).collect();
    for moment in moments {
        let millis = moment.millis();
        found.extend(
            [millis.saturating_sub(1), millis, millis.saturating_add(1)]
                .map(|at| Timestamp::from_millis(at).to_string()),
        );
    }
}

/// Ranges lie one in another or apart. So every region that they cut begins at the first address of one, or right after the
/// last of one, or at the first address of all.
fn addresses(conditions: &[&Condition], context: &Context, found: &mut BTreeSet<String>) {
    for range in literals(conditions, context).filter_map(|text| Cidr::parse(&text)) {
        let starts = std::iter::once(range.first()).chain(range.after());
        found.extend(starts.map(|address: IpAddr| address.to_string()));
    }
    found.extend(["0.0.0.0".to_owned(), "::".to_owned()]);
}

/// Every value, and one that is none of them.
fn bytes(conditions: &[&Condition], context: &Context, found: &mut BTreeSet<String>) {
    found.extend(literals(conditions, context));
    let other = (0..=u8::MAX).map(|byte| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode([byte, 0, 0])
    });
    let other = other.into_iter().find(|text| !found.contains(text));
    found.extend(other);
}

/// An ARN for each pattern, and one that matches none. Complete for a single pattern; several may match together in more ways.
fn arns(word: &str, conditions: &[&Condition], context: &Context, found: &mut BTreeSet<String>) -> bool {
    let all: Vec<Vec<Token>> = tokens(conditions, context).map(|(_, tokens)| tokens).collect();
    for tokens in &all {
        let text = |token: &Token| match token {
            Token::Char(character) => *character,
            _ => 'x',
        };
        found.insert(tokens.iter().map(text).collect());
    }
    found.insert(format!("arn:x:x:x:x:{word}"));
    all.len() <= 1
}

/// The kind of a condition key of devices.
pub(super) fn kind(key: &str) -> KeyKind {
    let key = normal(key);
    let single = KeyKind { optional: false, typed: true, many: false, only: &[] };
    let only: &'static [&'static str] = match key.as_str() {
        "iot:connectattributes" => &["LastWill", "PersistentConnect"],
        "iot:connection.thing.isattached" | "aws:securetransport" => &["false", "true"],
        _ => &[],
    };
    match key.as_str() {
        "iot:connectattributes" => KeyKind { optional: true, typed: false, many: true, only },
        "iot:clientid" | "aws:sourceip" | "aws:currenttime" | "aws:epochtime" | SUB => single,
        _ => KeyKind {
            optional: true,
            typed: false,
            many: key.ends_with(".list")
                || key == "iot:certificate.availablekeys"
                || key.strip_prefix(OF_IDENTITY) == Some("amr"),
            only,
        },
    }
}

/// The form that all values of a condition key have.
fn form(key: &str) -> Option<Word> {
    (normal(key) == SUB).then_some(Word::Identity)
}

/// What a key's value is when no condition asks for another: a word that says whose it is.
pub(super) fn word(key: &str) -> String {
    if form(key).is_some() {
        return unspelled_id(&[]);
    }
    let inner = key.rsplit_once('[').map(|(_, name)| name.trim_end_matches(']'));
    let last = inner.unwrap_or_else(|| key.rsplit(['.', ':']).next().unwrap_or(key));
    let plain: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("own-{plain}")
}
