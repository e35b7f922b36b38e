//! What a client id, topic, topic filter or name may look like, so that every witness is a request that can be made.
//!
//! Sources: MQTT 3.1.1 sections 4.7 and 1.5.3; the AWS General Reference, "AWS IoT Core endpoints and quotas" (256 bytes and
//! seven slashes for a topic or filter, what stands before the topic of Basic Ingest not counted; 128 bytes for a client id,
//! which does not begin with `$`); the service model's patterns for the names of things, shadows, jobs, streams and templates; the
//! Amazon Cognito API reference, `IdentityId`.

use super::answer::Scope;
use crate::limits::{CLIENT_ID_BYTES_MAX, TOPIC_BYTES_MAX, TOPIC_SLASHES_MAX};

/// How long what a client names may be where it connects: AWS's quotas, unless a broker has others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lengths {
    /// Of a client id, in bytes.
    pub client_id_bytes: u16,
    /// Of a topic or filter, in bytes; what stands before the topic of Basic Ingest is not counted.
    pub topic_bytes: u16,
    /// Slashes of a topic or filter, counted likewise.
    pub topic_slashes: u16,
}

impl Lengths {
    /// Those of AWS IoT Core.
    pub const AWS: Self = Self {
        client_id_bytes: CLIENT_ID_BYTES_MAX,
        topic_bytes: TOPIC_BYTES_MAX,
        topic_slashes: TOPIC_SLASHES_MAX,
    };

    /// Whether a client may connect under this id.
    pub(super) fn is_client_id(self, text: &str) -> bool {
        Word::ClientId.is_made_of(text) && text.len() <= usize::from(self.client_id_bytes)
    }

    /// Whether a message can have this topic.
    fn is_topic(self, text: &str) -> bool {
        self.are_kept(text)
            && (!text.starts_with('$') || text.starts_with(RESERVED))
            && text.chars().all(|character| is_text(character) && !matches!(character, '+' | '#'))
    }

    /// Whether one can subscribe to this filter.
    fn is_filter(self, text: &str) -> bool {
        let levels = text.split('/').collect::<Vec<_>>();
        let last = levels.len().saturating_sub(1);
        let fits = |(index, level): (usize, &&str)| match *level {
            "+" => true,
            "#" => index == last,
            level => !level.contains(['+', '#']),
        };
        self.are_kept(text) && text.chars().all(is_text) && levels.iter().enumerate().all(fits)
    }

    fn are_kept(self, text: &str) -> bool {
        let ingested = text.strip_prefix(INGEST).and_then(|rest| rest.split_once('/'));
        let counted = match ingested {
            Some((rule, topic)) if !rule.is_empty() => topic,
            _ => text,
        };
        !counted.is_empty()
            && counted.len() <= usize::from(self.topic_bytes)
            && counted.matches('/').count() <= usize::from(self.topic_slashes)
    }
}

impl Default for Lengths {
    fn default() -> Self {
        Self::AWS
    }
}

/// A part of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// This text.
    Text(String),
    Word(Word),
    /// The whole topic of a message.
    Topic,
    /// What may follow in a topic; it may be empty.
    Rest,
    /// A whole topic filter.
    Filter,
}

/// The form of resources: parts one after the other, and then one of several endings, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) head: Vec<Part>,
    pub(super) tails: Vec<Vec<Part>>,
}

/// A part of a form by its place. Past the last part of an ending, or of a form without endings, there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct At {
    /// Which ending; `None`: before the endings.
    tail: Option<usize>,
    part: usize,
}

impl Form {
    /// A form with one ending.
    pub(super) fn of(parts: Vec<Part>) -> Self {
        Self { head: parts, tails: Vec::new() }
    }

    pub(super) fn start(&self) -> At {
        At { tail: None, part: 0 }
    }

    pub(super) fn get(&self, at: At) -> Option<&Part> {
        match at.tail {
            None => self.head.get(at.part),
            Some(tail) => self.tails.get(tail)?.get(at.part),
        }
    }

    /// What may follow the part: one place, or the starts of all endings.
    pub(super) fn next(&self, at: At) -> impl Iterator<Item = At> + use<> {
        let part = at.part + 1;
        let endings = if at.tail.is_none() && part == self.head.len() { self.tails.len() } else { 0 };
        let one = (endings == 0).then_some(At { part, ..at });
        one.into_iter().chain((0..endings).map(|tail| At { tail: Some(tail), part: 0 }))
    }
}

/// A name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    ClientId,
    Thing,
    Shadow,
    Job,
    Stream,
    RoleAlias,
    /// Of a provisioning template.
    Template,
    /// The id of an Amazon Cognito identity: a region and a UUID, `REGION:UUID`.
    Identity,
}

impl Word {
    fn bytes_max(self, lengths: Lengths) -> u16 {
        match self {
            Self::ClientId => lengths.client_id_bytes,
            Self::Thing | Self::Stream | Self::RoleAlias => 128,
            Self::Shadow | Self::Job => 64,
            Self::Template => 36,
            Self::Identity => 55,
        }
    }

    /// Whether the character may stand in the name; `first`: at its start.
    pub(super) fn allows(self, character: char, first: bool) -> bool {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
        match self {
            Self::ClientId => is_text(character) && !(first && character == '$'),
            Self::Thing | Self::Identity => plain || character == ':',
            Self::Shadow => plain || matches!(character, ':' | '$'),
            Self::Job | Self::Stream | Self::Template => plain,
            Self::RoleAlias => plain || matches!(character, '=' | ',' | '@'),
        }
    }

    /// Whether this is such a name. How long client ids may be, [`Lengths::is_client_id`] knows.
    pub(super) fn accepts(self, text: &str) -> bool {
        self.is_made_of(text) && text.len() <= usize::from(self.bytes_max(Lengths::AWS))
    }

    fn is_made_of(self, text: &str) -> bool {
        !text.is_empty()
            && text.chars().enumerate().all(|(index, character)| self.allows(character, index == 0))
            && (self != Self::Identity || is_region_and_uuid(text))
    }
}

fn is_region_and_uuid(text: &str) -> bool {
    let Some((region, id)) = text.split_once(':') else { return false };
    let is_hex = |group: &str| group.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let groups: Vec<&str> = id.split('-').collect();
    !region.is_empty()
        && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.into_iter().all(is_hex)
}

/// How many characters a UUID has, and where its hyphens stand.
const UUID: u8 = 36;
const HYPHENS: [u8; 4] = [8, 13, 18, 23];

/// Characters that a witness may have in text without form of its own: no control characters, which brokers may refuse
/// (MQTT 3.1.1, section 1.5.3), and no end of string.
fn is_text(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

/// Before the topic of a message for Basic Ingest.
const INGEST: &str = "$aws/rules/";
/// The reserved topics that there are begin so; nobody can make others that begin with `$` (AWS IoT developer guide, "Reserved
/// topics").
const RESERVED: &str = "$aws/";

/// Whether requests can be about this resource: a valid topic, filter, client id or name. Written apart from the search, which
/// makes nothing else: a witness has to pass both.
pub(super) fn is_possible(scope: &Scope, resource: &str) -> bool {
    let Some(name) = resource.strip_prefix(&scope.arn("")) else { return resource == "*" };
    match name.split_once('/') {
        Some(("topic", topic)) => scope.lengths.is_topic(topic),
        Some(("topicfilter", filter)) => scope.lengths.is_filter(filter),
        Some(("client", client)) => scope.lengths.is_client_id(client),
        Some(("thing", thing)) => match thing.split_once('/') {
            Some((thing, shadow)) => Word::Thing.accepts(thing) && Word::Shadow.accepts(shadow),
            None => Word::Thing.accepts(thing),
        },
        Some(("rolealias", alias)) => Word::RoleAlias.accepts(alias),
        Some(("provisioningtemplate", template)) => Word::Template.accepts(template),
        _ => false,
    }
}

/// Whether the filter receives messages of the topic: `+` stands for one level, `#` at the end for the level it is in and all
/// below, but not for the level above (AWS IoT Core guide, "MQTT topics"); neither stands for a first level that begins with `$`.
pub fn filter_matches(filter: &str, topic: &str) -> bool {
    let (mut filters, mut topics) = (filter.split('/'), topic.split('/'));
    let mut first = true;
    loop {
        match (filters.next(), topics.next()) {
            (None, None) => return true,
            (Some("+" | "#"), Some(level)) if first && level.starts_with('$') => return false,
            (Some("#"), Some(_)) => return filters.next().is_none(),
            (Some("+"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
        first = false;
    }
}

/// How far a search has come in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// Nothing of the part is written.
    Start,
    /// In a name.
    Word,
    /// In the UUID of a name; so many characters of it are written.
    Uuid(u8),
    Topic(Ingest),
    Filter(Level),
}

/// How much of `$aws/rules/NAME/` stands at the start of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Ingest {
    /// So many bytes of `$aws/rules/`.
    Root(u8),
    /// In the rule's name; `true` when it has a character.
    Rule(bool),
    /// All of it, and nothing of the topic.
    Before,
    /// In the topic that counts.
    In,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    Empty,
    Text,
    Plus,
    Hash,
}

/// What limits count. Of two ways to the same place, one that counts no more in anything is as good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    bytes: u16,
    slashes: u16,
}

impl Cost {
    pub(super) fn is_covered_by(self, other: Self) -> bool {
        other.bytes <= self.bytes && other.slashes <= self.slashes
    }
}

impl Part {
    /// The name in question: of a client, a thing or an identity.
    pub(super) fn is_name(&self) -> bool {
        matches!(self, Self::Word(Word::ClientId | Word::Thing | Word::Identity))
    }

    /// Whether the part may end here.
    pub(super) fn may_end(&self, place: Place) -> bool {
        match (self, place) {
            (Self::Text(_) | Self::Rest, _) => true,
            (_, Place::Start) => false,
            (_, Place::Topic(Ingest::Before)) => false,
            (_, Place::Topic(ingest)) => !ingest.is_in_reserved(),
            (Self::Word(Word::Identity), place) => place == Place::Uuid(UUID),
            (_, Place::Word | Place::Uuid(_) | Place::Filter(_)) => true,
        }
    }

    /// After one more character, if it may stand here.
    pub(super) fn step(
        &self,
        lengths: Lengths,
        place: Place,
        cost: Cost,
        character: char,
    ) -> Option<(Place, Cost)> {
        let (place, cost, bytes_max) = match self {
            Self::Text(_) => return None,
            Self::Word(word) => {
                if !word.allows(character, place == Place::Start) {
                    return None;
                }
                let cost = if place == Place::Start { Cost::default() } else { cost };
                let place = match word {
                    Word::Identity => in_identity(place, character)?,
                    _ => Place::Word,
                };
                (place, cost.plus(character, false), word.bytes_max(lengths))
            }
            Self::Topic => {
                if !is_text(character) || matches!(character, '+' | '#') {
                    return None;
                }
                let before = match place {
                    Place::Topic(ingest) => ingest,
                    _ => Ingest::Root(0),
                };
                let ingest = before.step(character);
                if before.is_in_reserved() && ingest == Ingest::In {
                    return None;
                }
                // What stands before the topic of Basic Ingest is not counted.
                let cost = match ingest {
                    Ingest::Before => Cost::default(),
                    _ => cost.plus(character, true),
                };
                (Place::Topic(ingest), cost, lengths.topic_bytes)
            }
            Self::Rest => {
                if !is_text(character) || matches!(character, '+' | '#') {
                    return None;
                }
                (Place::Topic(Ingest::In), cost.plus(character, true), lengths.topic_bytes)
            }
            Self::Filter => {
                let level = match place {
                    Place::Filter(level) => level,
                    _ => Level::Empty,
                };
                let level = match (level, character) {
                    (Level::Hash, _) => return None,
                    (_, '/') => Level::Empty,
                    (Level::Empty, '+') => Level::Plus,
                    (Level::Empty, '#') => Level::Hash,
                    (Level::Plus, _) | (_, '+' | '#') => return None,
                    (Level::Empty | Level::Text, _) if is_text(character) => Level::Text,
                    _ => return None,
                };
                (Place::Filter(level), cost.plus(character, true), lengths.topic_bytes)
            }
        };
        (cost.bytes <= bytes_max && cost.slashes <= lengths.topic_slashes).then_some((place, cost))
    }

    /// Whether the character has no meaning of its own in this part, so that it is as good as any other such character.
    pub(super) fn is_plain(&self, place: Place, character: char) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Word(Word::Identity) => match place {
                Place::Uuid(at) => !HYPHENS.contains(&at),
                _ => character.is_ascii_alphanumeric(),
            },
            Self::Word(word) => word.allows(character, place == Place::Start) && character.len_utf8() == 1,
            Self::Topic | Self::Rest | Self::Filter => {
                let reserved = matches!(character, '/' | '+' | '#' | '$');
                let in_root = matches!(place, Place::Topic(Ingest::Root(_)) | Place::Start)
                    && INGEST.contains(character);
                !reserved && !in_root && is_text(character) && character.len_utf8() == 1
            }
        }
    }
}

/// After one more character of an identity's id, if it may stand here.
fn in_identity(place: Place, character: char) -> Option<Place> {
    match (place, character) {
        (Place::Word, ':') => Some(Place::Uuid(0)),
        (Place::Start | Place::Word, character) => (character != ':').then_some(Place::Word),
        (Place::Uuid(at), character) => {
            let fits = match HYPHENS.contains(&at) {
                true => character == '-',
                false => matches!(character, '0'..='9' | 'a'..='f'),
            };
            (fits && at < UUID).then_some(Place::Uuid(at + 1))
        }
        _ => None,
    }
}

impl Ingest {
    /// The topic begins with `$`, and has not shown yet that it is one that there can be.
    fn is_in_reserved(self) -> bool {
        matches!(self, Self::Root(done) if (1..RESERVED.len()).contains(&usize::from(done)))
    }

    fn step(self, character: char) -> Self {
        match self {
            Self::Root(done) if INGEST.chars().nth(usize::from(done)) == Some(character) => {
                if usize::from(done) + 1 == INGEST.len() { Self::Rule(false) } else { Self::Root(done + 1) }
            }
            Self::Rule(true) if character == '/' => Self::Before,
            Self::Rule(_) if character != '/' => Self::Rule(true),
            Self::Before | Self::In | Self::Root(_) | Self::Rule(_) => Self::In,
        }
    }
}

impl Cost {
    fn plus(self, character: char, slashes_count: bool) -> Self {
        let bytes = u16::try_from(character.len_utf8()).unwrap_or(u16::MAX);
        Self {
            bytes: self.bytes.saturating_add(bytes),
            slashes: self.slashes + u16::from(slashes_count && character == '/'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a search could write the whole text as this part.
    fn is_written(part: &Part, lengths: Lengths, text: &str) -> bool {
        let mut at = Some((Place::Start, Cost::default()));
        for character in text.chars() {
            at = at.and_then(|(place, cost)| part.step(lengths, place, cost, character));
        }
        at.is_some_and(|(place, _)| part.may_end(place))
    }

    fn check_in(lengths: Lengths, part: &Part, text: &str, expected: bool) {
        let accepts = match part {
            Part::Text(_) | Part::Rest => unreachable!(),
            Part::Word(Word::ClientId) => lengths.is_client_id(text),
            Part::Word(word) => word.accepts(text),
            Part::Topic => lengths.is_topic(text),
            Part::Filter => lengths.is_filter(text),
        };
        assert_eq!(accepts, expected, "{part:?} {text}");
        assert_eq!(is_written(part, lengths, text), expected, "{part:?} {text}, written");
    }

    fn check(part: &Part, text: &str, expected: bool) {
        check_in(Lengths::AWS, part, text, expected);
    }

    #[test]
    fn other_lengths() {
        let lengths = Lengths { client_id_bytes: 200, topic_bytes: 300, topic_slashes: 9 };
        let check = |part: &Part, text: &str, expected| check_in(lengths, part, text, expected);
        check(&Part::Topic, &"x".repeat(300), true);
        check(&Part::Topic, &"x".repeat(301), false);
        check(&Part::Topic, "1/2/3/4/5/6/7/8/9/10", true);
        check(&Part::Filter, "1/2/3/4/5/6/7/8/9/10/#", false);
        check(&Part::Word(Word::ClientId), &"x".repeat(200), true);
        check(&Part::Word(Word::ClientId), &"x".repeat(201), false);
        check(&Part::Word(Word::Thing), &"x".repeat(129), false);
    }

    #[test]
    fn ids_of_identities() {
        let check = |text: &str, expected| check(&Part::Word(Word::Identity), text, expected);
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        check(&format!("us-east-1:{id}"), true);
        check(&format!("x:{id}"), true);
        check(&format!("{}:{id}", "x".repeat(18)), true);
        check(&format!("{}:{id}", "x".repeat(19)), false);
        check(id, false);
        check(&format!(":{id}"), false);
        check(&format!("a:b:{id}"), false);
        check(&format!("us-east-1:{id}0"), false);
        check(&format!("us-east-1:{}", id.to_uppercase()), false);
        check("us-east-1:01234567-89ab-cdef-0123-45678", false);
        check("us-east-1:01234567089ab-cdef-0123-456789abcdef", false);
        check("us-east-1:", false);
    }

    #[test]
    fn topics() {
        let check = |text: &str, expected| check(&Part::Topic, text, expected);
        check("a", true);
        check("", false);
        check("/", true);
        check("a//b", true);
        check("a/+/b", false);
        check("a#", false);
        check("a\0", false);
        check("1/2/3/4/5/6/7/8", true);
        check("1/2/3/4/5/6/7/8/9", false);
        check(&"é".repeat(128), true);
        check(&"é".repeat(129), false);
        check("$", false);
        check("$aws", false);
        check("$awsome/a", false);
        check("$SYS/a", false);
        check("$aws/", true);
        check("$aws/events/a", true);
        check("a/$b", true);
        check("$aws/rules/r/1/2/3/4/5/6/7/8", true);
        check("$aws/rules/r/1/2/3/4/5/6/7/8/9", false);
        check("$aws/rules/r/", false);
        check("$aws/rules/r", true);
        check(&format!("$aws/rules/r/{}", "x".repeat(256)), true);
        check(&format!("$aws/rules/r/{}", "x".repeat(257)), false);
        check("$aws/rulesr/1/2/3/4/5/6/7", false);
    }

    #[test]
    fn filters() {
        let check = |text: &str, expected| check(&Part::Filter, text, expected);
        for good in ["a", "+", "#", "+/+/#", "a/+", "/#", "a//#", "1/2/3/4/5/6/7/#"] {
            check(good, true);
        }
        for bad in ["", "a+", "+a", "#/a", "a#", "a/#/b", "++", "1/2/3/4/5/6/7/8/#"] {
            check(bad, false);
        }
    }

    #[test]
    fn names() {
        check(&Part::Word(Word::Thing), "a:b_c-9", true);
        check(&Part::Word(Word::Thing), "a/b", false);
        check(&Part::Word(Word::Thing), &"x".repeat(129), false);
        check(&Part::Word(Word::ClientId), "a/b c", true);
        check(&Part::Word(Word::ClientId), "$a", false);
        check(&Part::Word(Word::ClientId), "a$", true);
        check(&Part::Word(Word::Shadow), &"x".repeat(65), false);
    }

    #[test]
    fn delivery() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a/b/c", false),
            ("a/#", "a/b/c", true),
            ("a/#", "a", false),
            ("a/#", "a/", true),
            ("#", "a/b", true),
            ("#", "$aws/x", false),
            ("+/x", "$aws/x", false),
            ("$aws/#", "$aws/x", true),
            ("$aws/+/b/#", "$aws/a/b/c", true),
            ("a/+/c", "a//c", true),
            ("a", "b", false),
        ] {
            assert_eq!(filter_matches(filter, topic), expected, "{filter} {topic}");
        }
    }
}
