//! Devices that are Amazon Cognito identities: users of an app, who have no certificate.
//!
//! `AttachPolicy` gives an authenticated identity IoT policies of its own, and AWS documents `${cognito-identity.amazonaws.com:sub}`
//! in them (AWS IoT Core developer guide, "Authorization with Amazon Cognito identities"; "Publish/Subscribe policy examples", on
//! HTTP and WebSocket clients). It is the identity's id, the same for as long as the identity is there (Amazon Cognito developer
//! guide, "IAM roles"). An identity may be attached to things as a certificate may (IoT guide, "Thing policy variables"); then it has
//! their keys too.

use crate::policy::document::{Condition, Pattern};
use crate::policy::resolve::{about, normal, variables};
use crate::policy::vocabulary::IOT_ACTIONS;
use crate::policy::{Context, PolicySet};

use super::device::{THING_NAME, spells};
use super::shape::Word;
use super::values::{Letters, values_of};

/// The Amazon Cognito identity that a device is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// It is none.
    #[default]
    None,
    /// Nobody knows which; its id may be any that tells conditions apart.
    Unknown,
    /// Its id.
    Known(String),
}

/// The key of the identity's id, by its normal name.
pub(super) const SUB: &str = "cognito-identity.amazonaws.com:sub";
/// What the keys of identities begin with: `sub`; `aud`, the identity pool; `amr`, how the user signed in (IAM user guide, "IAM and
/// AWS STS condition context keys").
pub(super) const OF_IDENTITY: &str = "cognito-identity.amazonaws.com:";

/// What the id of an identity begins with that nobody knows. With the rest it has every character that such an id may have behind
/// the region, so that a search which leaves it out knows them all.
const OWN: &str = "own-region:01234567-89ab-4cde-8f01-";

impl Identity {
    /// The identity that a principal is, if its name is the id of one: `REGION:UUID`.
    pub fn of(principal: &str) -> Self {
        let is_id = principal.split_once(':').is_some_and(|(region, id)| {
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            let is_hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
            !region.is_empty() && !id.is_empty() && region.bytes().all(is_word) && id.bytes().all(is_hex)
        });
        if is_id { Self::Known(principal.to_owned()) } else { Self::None }
    }

    /// The keys that it brings as far as they are known.
    pub(super) fn add_to(&self, context: &mut Context) {
        if let Self::Known(id) = self {
            context.insert(SUB, [id]);
        }
    }
}

/// An id in the form of those of identities that no policy of these spells.
pub(super) fn unspelled_id(sets: &[&PolicySet]) -> String {
    let id = |number: usize| format!("{OWN}{number:012}");
    let is_free = |id: &String| !sets.iter().any(|set| spells(set, id));
    (1..100).map(id).find(is_free).unwrap_or_else(|| id(1))
}

/// Whether policies speak of identities anywhere: in a condition or in a variable.
pub(super) fn is_spoken_of(sets: &[&PolicySet]) -> bool {
    let is_of_identity =
        |key: &str| key.get(..OF_IDENTITY.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(OF_IDENTITY));
    let in_pattern = |pattern: &Pattern| variables(pattern).any(|variable| is_of_identity(&variable.key));
    let mut statements =
        sets.iter().flat_map(|set| set.sources()).flat_map(|source| &source.document.statements);
    statements.any(|statement| {
        let mut resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        let in_condition = |condition: &Condition| {
            is_of_identity(&condition.key) || condition.values.iter().any(|value| in_pattern(&value.node))
        };
        resources.any(|pattern| in_pattern(&pattern.node)) || statement.conditions.iter().any(in_condition)
    })
}

/// Ids that tell conditions on the id and on the thing's name apart, for identities whose thing has their id for its name.
pub(super) fn ids_as_names(sets: &[&PolicySet]) -> impl Iterator<Item = String> {
    let actions: Vec<&str> = IOT_ACTIONS.iter().map(|action| action.name).collect();
    let statements = sets.iter().flat_map(|set| about(set, &actions));
    let is_about = |condition: &&Condition| matches!(normal(&condition.key).as_str(), SUB | THING_NAME);
    let conditions: Vec<&Condition> =
        statements.flat_map(|statement| &statement.conditions).filter(is_about).collect();
    let mut spelled = Letters::by(sets);
    let found = values_of(SUB, &unspelled_id(sets), &conditions, &Context::new(), &mut spelled);
    found.choices.into_iter().flatten().filter(|id| Word::Identity.accepts(id))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policies, scope};
    use super::super::*;
    use super::*;
    use crate::policy::PolicySet;

    const OWN_ID: &str = "own-region:01234567-89ab-4cde-8f01-000000000001";
    const CONNECT: &str = "Allow Connect client/${cognito-identity.amazonaws.com:sub}";

    /// Ways to touch others, each with its last request; isolated by proof when there is none.
    fn crossings(set: &PolicySet) -> Vec<String> {
        let cases = Case::generic(set);
        let contacts = cross_device(&cases, &scope()).contacts.into_iter();
        let contacts = contacts.map(|(contact, answer)| (contact.as_str(), answer));
        let shown = |(name, answer): (&str, Answer<Crossing>)| match answer {
            Answer::Proof => None,
            Answer::Witness(crossing) => Some(format!("{name} {}", crossing.requests.last().unwrap().name())),
            Answer::OutOfBounds(reasons) => Some(format!("{name} {reasons:?}")),
        };
        contacts.chain(namespaces(&cases, &scope())).filter_map(shown).collect()
    }

    fn check(statements: &[&str], expected: &[&str]) {
        assert_eq!(crossings(&policies(statements)), expected, "{statements:?}");
    }

    fn check_dead(statements: &[&str], expected: &[&str]) {
        let set = policies(statements);
        let found = dead(&set, &Case::generic(&set), &Places::only(scope()));
        let whys: Vec<String> = found.iter().map(|dead| dead.why.to_string()).collect();
        assert_eq!(whys, expected, "{statements:?}");
    }

    #[test]
    fn ids_have_a_form() {
        assert!(Word::Identity.accepts(OWN_ID) && Word::Identity.accepts(&unspelled_id(&[])));
        assert_eq!(Identity::of(OWN_ID), Identity::Known(OWN_ID.into()));
        let certificate = format!("arn:aws:iot:us-east-1:123456789012:cert/{}", "0".repeat(64));
        for other in [certificate.as_str(), "lamp", "us-east-1:lamp", ":0", "us-east-1:", "a/b:0"] {
            assert_eq!(Identity::of(other), Identity::None, "{other}");
        }
        let spelled = policies(&[&format!("Allow Publish topic/{OWN_ID}/a")]);
        assert_eq!(unspelled_id(&[&spelled]), OWN_ID.replace("0001", "0002"));
    }

    #[test]
    fn only_policies_that_speak_of_identities_are_asked_about_them() {
        let devices = |statement: &str| Device::generic(&[&policies(&[CONNECT, statement])]).len();
        let alone = policies(&["Allow Connect client/${iot:ClientId}"]);
        assert_eq!((Device::generic(&[&alone]).len(), devices("Allow Publish topic/a")), (1, 3));
        let pool = r#"Allow Connect client/a* {"StringEquals":{"cognito-identity.amazonaws.com:aud":"a:0"}}"#;
        assert!(Device::generic(&[&policies(&[pool])]).len() > 1);
    }

    #[test]
    fn what_an_identity_does_under_its_own_id_is_its_own() {
        // As AWS documents it for MQTT over WebSocket, and with topics below the id.
        let documented = [CONNECT, "Allow Publish topic/${cognito-identity.amazonaws.com:sub}"];
        check(&documented, &[]);
        check_dead(&documented, &[]);
        let with_topics = [
            CONNECT,
            "Allow Publish topic/a/${cognito-identity.amazonaws.com:sub}/c",
            "Allow Subscribe topicfilter/a/${cognito-identity.amazonaws.com:sub}/*",
            "Allow Receive topic/a/${cognito-identity.amazonaws.com:sub}/*",
            "Allow Publish topic/$aws/things/${cognito-identity.amazonaws.com:sub}/shadow/update",
            "Allow Subscribe topicfilter/a/broadcast/*",
            "Allow Receive topic/a/broadcast/*",
        ];
        check(&with_topics, &[]);
        check_dead(&with_topics, &[]);
    }

    #[test]
    fn an_identity_reaches_what_is_not_its_own() {
        let reads =
            ["Allow Subscribe topicfilter/$aws/things/press-*", "Allow Receive topic/$aws/things/press-*"];
        check(&[CONNECT, reads[0], reads[1]], &["receive topic/$aws/things/press-/jobs/get"]);
        let other = "us-east-1:00000000-0000-0000-0000-000000000000";
        let own_topics = "Allow Publish topic/${cognito-identity.amazonaws.com:sub}/*";
        check(
            &[CONNECT, own_topics, &format!("Allow Publish topic/{other}/*")],
            &[&format!("publishNamed topic/{other}/x")],
        );
        // A client id that has the identity's id is nobody else's.
        check(&["Allow Connect client/*${cognito-identity.amazonaws.com:sub}*"], &[]);
        check(
            &["Allow Connect client/*${cognito-identity.amazonaws.com:sub}*", "Allow Connect client/x*"],
            &["connectAs client/x"],
        );
        // Of whoever is attached to a thing, policies may ask for that as well.
        let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
        check(
            &[&format!("{CONNECT} {attached}"), reads[0], reads[1]],
            &["receive topic/$aws/things/press-/jobs/get"],
        );
    }

    #[test]
    fn conditions_on_identities_are_told_apart() {
        let publish = "Allow Publish topic/$aws/things/press-1/jobs/get";
        let if_sub = |operator: &str, value: &str| {
            format!(r#"{publish} {{"{operator}":{{"cognito-identity.amazonaws.com:sub":"{value}"}}}}"#)
        };
        let crossing: &[&str] = &["publish topic/$aws/things/press-1/jobs/get"];
        let id = "us-east-1:01234567-aaaa-bbbb-cccc-0123456789ab";
        check(&[CONNECT, &if_sub("StringEquals", id)], crossing);
        check(&[CONNECT, &if_sub("StringLike", "us-east-1:*")], crossing);
        check(&[CONNECT, &if_sub("StringNotLike", "own-*")], crossing);
        check(&[CONNECT, &if_sub("Null", "false")], crossing);
        // No id is like that.
        check(&[CONNECT, &if_sub("StringLike", "admin-*-lamp")], &[]);
        check(&[CONNECT, &if_sub("StringEquals", "us-east-1:lamp")], &[]);
        check(&[CONNECT, publish, &if_sub("StringLike", "*").replace("Allow", "Deny")], crossing);
        check_dead(
            &[CONNECT, &if_sub("StringEquals", "lamp")],
            &["`StringEquals` on `cognito-identity.amazonaws.com:sub` never holds"],
        );
        check_dead(&[CONNECT, &if_sub("StringLike", "us-east-1:*")], &[]);
        let of_pool = |key: &str, operator: &str, value: &str| {
            format!(r#"{publish} {{"{operator}":{{"cognito-identity.amazonaws.com:{key}":"{value}"}}}}"#)
        };
        check(&[CONNECT, &of_pool("aud", "StringEquals", id)], crossing);
        check(&[CONNECT, &of_pool("amr", "ForAnyValue:StringLike", "authenticated")], crossing);
        // The thing has the id for its name.
        let same =
            r#"{"StringEquals":{"iot:Connection.Thing.ThingName":"${cognito-identity.amazonaws.com:sub}"}}"#;
        check(&[&format!("{CONNECT} {same}"), &format!("{publish} {same}")], crossing);
    }

    #[test]
    fn an_identity_of_a_fleet_is_known_by_its_id() {
        let id = "eu-west-1:01234567-aaaa-bbbb-cccc-0123456789ab";
        let names: Names = ["lamp", "press-1", id].map(str::to_owned).into_iter().collect();
        let sets = [policies(&[
            CONNECT,
            "Allow Publish topic/$aws/things/${cognito-identity.amazonaws.com:sub}/*",
            "Allow GetThingShadow thing/press-*",
        ])];
        let place = scope();
        let radius = BlastRadius::new(&names, &sets, &[], &place);
        let touched = |identity: Identity| {
            let device = Device { certificate: Some(Context::new()), identity, ..Device::default() };
            let touched = radius.of(&[Way { set: 0, device }]);
            assert_eq!(touched.at_least, None);
            touched.ranges.iter().cloned().flatten().filter_map(|place| names.get(place)).collect::<Vec<_>>()
        };
        assert_eq!(touched(Identity::None), ["press-1"]);
        assert_eq!(
            touched(Identity::Known("eu-west-1:01234567-0000-0000-0000-000000000000".into())),
            ["press-1"]
        );
        assert_eq!(touched(Identity::Known(id.into())), [id, "press-1"]);
    }
}
