//! Action patterns: which actions an `Action` or `NotAction` element covers, and the classes that the checks know.

use super::catalog::{CONTROL_PLANE, POLICY_ONLY};
use crate::policy::document::{Actions, Pattern, Piece};

/// What kind of access an `iot:` action gives, in the words of the audit checks on roles
/// (AWS IoT Device Defender guide, "Authenticated Cognito role overly permissive").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionClass {
    /// MQTT, shadow and job actions of devices.
    DataPlane,
    /// Manages things.
    ThingWrite,
    /// Reads about one thing.
    ThingRead,
    /// Every other `iot:` action.
    Other,
}

const DATA_PLANE: &[&str] = &[
    "Connect",
    "DeleteThingShadow",
    "DescribeJobExecution",
    "GetPendingJobExecutions",
    "GetRetainedMessage",
    "GetThingShadow",
    "ListNamedShadowsForThing",
    "ListRetainedMessages",
    "Publish",
    "Receive",
    "RetainPublish",
    "StartNextPendingJobExecution",
    "Subscribe",
    "UpdateJobExecution",
    "UpdateThingShadow",
];

const THING_WRITE: &[&str] = &[
    "AddThingToThingGroup",
    "AttachThingPrincipal",
    "CreateThing",
    "DeleteThing",
    "DetachThingPrincipal",
    "ListThings",
    "ListThingsInThingGroup",
    "RegisterThing",
    "RemoveThingFromThingGroup",
    "UpdateThing",
    "UpdateThingGroupsForThing",
];

const THING_READ: &[&str] =
    &["DescribeThing", "ListJobExecutionsForThing", "ListThingGroupsForThing", "ListThingPrincipals"];

/// The class of an `iot:` action; `name` without the prefix, in any case.
pub fn classify(name: &str) -> ActionClass {
    let is_in = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_in(DATA_PLANE) {
        ActionClass::DataPlane
    } else if is_in(THING_WRITE) {
        ActionClass::ThingWrite
    } else if is_in(THING_READ) {
        ActionClass::ThingRead
    } else {
        ActionClass::Other
    }
}

/// Every known action under `iot:`, without the prefix.
pub fn iot_actions() -> impl Iterator<Item = &'static str> {
    CONTROL_PLANE.iter().chain(POLICY_ONLY).copied()
}

/// Whether the element covers this action (`service:Name`, in any case).
pub fn covers(actions: &Actions, action: &str) -> bool {
    actions.patterns.iter().any(|pattern| matches_action(&pattern.node, action)) != actions.negated
}

/// Whether one action pattern matches, without regard to ASCII case.
pub fn matches_action(pattern: &Pattern, action: &str) -> bool {
    matches_text(pattern, action, true)
}

/// Compares a text with a pattern; a variable in the pattern matches nothing.
pub(super) fn matches_text(pattern: &Pattern, text: &str, ignore_case: bool) -> bool {
    #[derive(PartialEq)]
    enum Unit {
        Char(char),
        Any,
        Many,
    }
    let mut units = Vec::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(literal) => units.extend(literal.chars().map(Unit::Char)),
            Piece::AnyChar => units.push(Unit::Any),
            Piece::AnyString => units.push(Unit::Many),
            Piece::Variable(_) => return false,
        }
    }
    // One pass with one retreat point: after a mismatch, the last `*` takes one character more.
    let text: Vec<char> = text.chars().collect();
    let (mut unit, mut at) = (0, 0);
    let mut retreat: Option<(usize, usize)> = None;
    loop {
        match (units.get(unit), text.get(at)) {
            (None, None) => return true,
            (Some(Unit::Many), _) => {
                retreat = Some((unit + 1, at));
                unit += 1;
                continue;
            }
            (Some(Unit::Any), Some(_)) => {
                unit += 1;
                at += 1;
                continue;
            }
            (Some(Unit::Char(a)), Some(b)) if a == b || (ignore_case && a.eq_ignore_ascii_case(b)) => {
                unit += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        match retreat {
            Some((after, from)) if from < text.len() => {
                retreat = Some((after, from + 1));
                unit = after;
                at = from + 1;
            }
            _ => return false,
        }
    }
}

/// The service prefix of an action pattern, as written: what stands before the first `:`.
pub(super) fn service_of(pattern: &Pattern) -> Pattern {
    let mut pieces = Vec::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(text) => match text.split_once(':') {
                Some((before, _)) => {
                    if !before.is_empty() {
                        pieces.push(Piece::Literal(before.to_owned()));
                    }
                    return Pattern { pieces };
                }
                None => pieces.push(piece.clone()),
            },
            _ => pieces.push(piece.clone()),
        }
    }
    Pattern { pieces }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &[Piece], action: &str, expected: bool) {
        let pattern = Pattern { pieces: pattern.to_vec() };
        assert_eq!(matches_action(&pattern, action), expected, "{pattern} against {action}");
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.into())
    }

    #[test]
    fn action_patterns_ignore_case_and_know_wildcards() {
        check(&[literal("iot:Publish")], "IOT:pUBLISH", true);
        check(&[literal("iot:Pub"), Piece::AnyString], "iot:Publish", true);
        check(&[literal("iot:Publis"), Piece::AnyChar], "iot:Publish", true);
        check(&[literal("iot:Publish"), Piece::AnyChar], "iot:Publish", false);
        check(&[Piece::AnyString, literal("sh")], "iot:Publish", true);
        check(&[Piece::AnyString, literal("b"), Piece::AnyString, literal("h")], "iot:Publish", true);
        check(&[Piece::AnyString, literal("bb"), Piece::AnyString], "iot:Publish", false);
        check(&[], "iot:Publish", false);
    }

    #[test]
    fn every_name_of_a_class_is_in_the_catalog() {
        let known: Vec<&str> = iot_actions().collect();
        assert_eq!(known.len(), CONTROL_PLANE.len() + POLICY_ONLY.len());
        assert_eq!(CONTROL_PLANE.len(), 272);
        for name in DATA_PLANE.iter().chain(THING_WRITE).chain(THING_READ) {
            assert!(known.contains(name), "{name}");
        }
        assert!(CONTROL_PLANE.is_sorted() && POLICY_ONLY.is_sorted());
    }

    #[test]
    fn classes_follow_the_guide() {
        for (name, expected) in [
            ("Connect", ActionClass::DataPlane),
            ("updatejobexecution", ActionClass::DataPlane),
            ("ListThings", ActionClass::ThingWrite),
            ("DescribeThing", ActionClass::ThingRead),
            ("CreatePolicy", ActionClass::Other),
            ("AssumeRoleWithCertificate", ActionClass::Other),
        ] {
            assert_eq!(classify(name), expected, "{name}");
        }
    }
}
