//! Requests that show what AWS's own checks say of a policy. The verdict is the analysis's; what is shown for it is found in the
//! account and region of the fleet, and was put to the decision that the server makes.

use std::sync::Arc;

use crate::policy::analysis::{BroadGrant, DeniedButReachable, DenyMistakes};
use crate::policy::document::{Document, Effect, Pattern, Piece};
use crate::policy::resolve::filled;
use crate::policy::{Context, Decision, PolicySet, Request, decide};

use super::answer::{Answer, Scope};
use super::ask::{Ground, Moment, ran_out};
use super::cross_device::{Contact, touch};
use super::device::{Case, Client};
use super::of_policy::{PolicyProofs, with_the_rest};
use super::scope::{Known, Places};
use super::shape::is_possible;

/// Grants with a request for each that is allowed, as the ARN of its resource; without, where none was found that can be made.
/// What is proved of the document, if somebody has asked already, has most of these requests.
pub fn shown_grants(
    document: &Document,
    grants: Vec<BroadGrant>,
    proofs: Option<&PolicyProofs>,
    fleet: &Scope,
) -> Vec<BroadGrant> {
    if grants.is_empty() {
        return grants;
    }
    let evidence = Evidence::new(document, fleet);
    let shown = |grant: BroadGrant| {
        let witness = if grant.undecided { None } else { evidence.of_grant(&grant, proofs) };
        BroadGrant { witness: witness.unwrap_or_default(), ..grant }
    };
    grants.into_iter().map(shown).collect()
}

/// Mistakes with examples that hold.
pub fn shown_mistakes(document: &Document, mistakes: DenyMistakes, fleet: &Scope) -> DenyMistakes {
    if mistakes == DenyMistakes::default() {
        return mistakes;
    }
    let evidence = Evidence::new(document, fleet);
    let reachable = mistakes.reachable.map(|reachable| match reachable {
        DeniedButReachable::Through { filter, topic } => {
            let shown = evidence.of_delivery(&filter, &topic);
            shown.map_or(DeniedButReachable::WithoutExample, |[filter, topic]| DeniedButReachable::Through {
                filter,
                topic,
            })
        }
        other => other,
    });
    let still_allowed =
        mistakes.mqtt_wildcard.as_ref().and_then(|denied| evidence.still_allowed(document, denied));
    DenyMistakes { reachable, still_allowed, ..mistakes }
}

struct Evidence {
    set: PolicySet,
    cases: Vec<super::device::Device>,
    scopes: Vec<Scope>,
}

impl Evidence {
    fn new(document: &Document, fleet: &Scope) -> Self {
        let (alone, set) = with_the_rest(&Arc::new(document.clone()));
        let cases = Case::generic(&set).into_iter().map(|case| case.device).collect();
        // Where a policy names another account or region, its requests happen there.
        let mut scopes = vec![fleet.clone()];
        let places = Places::of(&[&alone], fleet, Known::default());
        scopes.extend(places.scopes.into_iter().filter(|scope| scope != fleet));
        Self { set, cases, scopes }
    }

    fn grounds(&self) -> impl Iterator<Item = Ground<'_>> {
        self.scopes.iter().map(|scope| Ground { set: &self.set, scope })
    }

    /// A resource of another device on which the action is allowed.
    fn of_grant(&self, grant: &BroadGrant, proofs: Option<&PolicyProofs>) -> Option<String> {
        let contact = Contact::all().find(|contact| match contact {
            Contact::ConnectAs => grant.action == "iot:Connect",
            Contact::Publish => grant.action == "iot:Publish",
            Contact::Receive => grant.action == "iot:Subscribe",
            Contact::Api(action) => grant.action == *action,
        })?;
        if let Some(known) = proofs.and_then(|proofs| proofs.resource_of(contact))
            && let Some(resource) = self.allowed(grant.action, |_| Some(known.clone()))
        {
            return Some(resource);
        }
        for ground in self.grounds() {
            match Answer::first(self.cases.iter().map(|device| touch(ground, device, contact))) {
                Answer::Witness(crossing) => {
                    return crossing.requests.into_iter().next().map(|witness| witness.resource);
                }
                // It would take as long everywhere else.
                Answer::OutOfBounds(reasons) if reasons.iter().any(|reason| ran_out(reason)) => break,
                Answer::Proof | Answer::OutOfBounds(_) => {}
            }
        }
        // A resource that devices have no use for may be allowed all the same.
        let name = grant.witness.splitn(6, ':').nth(5)?;
        self.allowed(grant.action, |context| with_values(name, context))
    }

    /// Filter and topic, if the topic's own filter is denied and the topic is delivered.
    fn of_delivery(&self, filter: &str, topic: &str) -> Option<[String; 2]> {
        self.grounds().find_map(|ground| {
            self.moments(ground, &["iot:Subscribe", "iot:Receive"]).into_iter().find_map(|moment| {
                let context = &moment.context;
                let (filter, topic) = (with_values(filter, context)?, with_values(topic, context)?);
                let ask = |action, kind: &str, name: &str| {
                    let resource = ground.scope.arn(&format!("{kind}/{name}"));
                    let request = Request { action, resource: &resource, context };
                    is_possible(ground.scope, &resource).then(|| decide(ground.set, &request))
                };
                let holds = ask("iot:Subscribe", "topicfilter", &filter)? == Decision::Allowed
                    && ask("iot:Receive", "topic", &topic)? == Decision::Allowed
                    && ask("iot:Subscribe", "topicfilter", &topic)? == Decision::ExplicitDeny;
                holds.then_some([filter, topic])
            })
        })
    }

    /// A request that a `Deny` spells with MQTT wildcards and that is allowed: with a word where the wildcards stand.
    fn still_allowed(&self, document: &Document, denied: &str) -> Option<String> {
        let mut denies = document.statements.iter().filter(|statement| statement.effect == Effect::Deny);
        let (statement, pattern) = denies.find_map(|statement| {
            let patterns = statement.resources.iter().flat_map(|resources| &resources.patterns);
            let mut patterns = patterns.map(|pattern| &pattern.node);
            Some((statement, patterns.find(|pattern| pattern.to_string() == denied)?))
        })?;
        [("iot:Subscribe", "topicfilter/"), ("iot:Publish", "topic/"), ("iot:Receive", "topic/")]
            .into_iter()
            .filter(|(action, _)| crate::policy::analysis::action::covers(&statement.actions, action))
            .find_map(|(action, kind)| {
                let resource = self.allowed(action, |context| {
                    let text = with_words(pattern, context)?;
                    let at = text.find(kind)?;
                    text.get(at..).map(str::to_owned)
                })?;
                Some(format!("{action} {resource}"))
            })
    }

    /// The ARN that `name` makes at some moment, if the action on it is allowed then.
    fn allowed(&self, action: &'static str, name: impl Fn(&Context) -> Option<String>) -> Option<String> {
        self.grounds().find_map(|ground| {
            self.moments(ground, &[action]).into_iter().find_map(|moment| {
                let resource = ground.scope.arn(&name(&moment.context)?);
                let context = moment.context_for(ground, &resource);
                let request = Request { action, resource: &resource, context: &context };
                let allowed =
                    is_possible(ground.scope, &resource) && decide(ground.set, &request) == Decision::Allowed;
                allowed.then_some(resource)
            })
        })
    }

    /// Moments of connected devices, and for what goes over HTTP, of those that are not.
    fn moments(&self, ground: Ground<'_>, actions: &[&str]) -> Vec<Moment> {
        let over_http =
            !actions.iter().any(|action| matches!(*action, "iot:Connect" | "iot:Subscribe" | "iot:Receive"));
        let sessions = self.cases.iter().flat_map(super::device::Device::sessions);
        let sessions = sessions.filter(|session| over_http || session.client != Client::None);
        sessions
            .flat_map(|session| match actions {
                ["iot:Connect"] => session.moments(ground.scope, &[ground.set], actions),
                _ => session.connected(ground, actions),
            })
            .filter(|moment| moment.open.is_empty())
            .collect()
    }
}

/// The text with the values of its `${key}`; `None` when one has no value.
fn with_values(text: &str, context: &Context) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (key, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(context.get(key).first()?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

/// The pattern's text with its variables filled in, and a word in place of wildcards of both kinds.
fn with_words(pattern: &Pattern, context: &Context) -> Option<String> {
    use crate::policy::analysis::automaton::Token;
    let without_wildcards = Pattern {
        pieces: pattern
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::AnyChar | Piece::AnyString => Piece::Literal("x".to_owned()),
                Piece::Literal(text) => Piece::Literal(text.replace(['+', '#'], "x")),
                Piece::Variable(_) => piece.clone(),
            })
            .collect(),
    };
    let character = |token: &Token| match token {
        Token::Char(character) => Some(*character),
        _ => None,
    };
    Some(filled(&without_wildcards, context)?.iter().filter_map(character).collect())
}

#[cfg(test)]
mod tests {
    use super::super::shape::Lengths;
    use super::*;
    use crate::policy::analysis::broad_data_plane_actions;
    use crate::policy::document::Dialect;
    use crate::policy::parse;

    fn fleet() -> Scope {
        Scope::of_fleet("111122223333", "eu-central-1")
    }

    fn document(statements: &str) -> Document {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        parse(&text, Dialect::Iot).unwrap()
    }

    fn statement(effect: &str, action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}"#)
    }

    #[test]
    fn grants_are_shown_in_the_account_of_the_fleet() {
        let check = |statements: &[String], expected: &[(&str, &str)]| {
            let document = document(&statements.join(","));
            let proofs = PolicyProofs::of(&document, Lengths::AWS);
            for proofs in [None, Some(&proofs)] {
                let grants = shown_grants(&document, broad_data_plane_actions(&document), proofs, &fleet());
                let shown: Vec<(&str, &str)> =
                    grants.iter().map(|grant| (grant.action, grant.witness.as_str())).collect();
                assert_eq!(shown, expected);
            }
        };
        let here = "arn:aws:iot:eu-central-1:111122223333:";
        check(&[statement("Allow", "iot:Connect", "*")], &[("iot:Connect", &format!("{here}client/x"))]);
        // A name that the policy does not deny.
        check(
            &[
                statement("Allow", "iot:GetThingShadow", "arn:aws:iot:*:*:thing/*"),
                statement("Deny", "iot:GetThingShadow", "arn:aws:iot:*:*:thing/x*"),
            ],
            &[("iot:GetThingShadow", &format!("{here}thing/y"))],
        );
        // Nobody but an identity can connect.
        check(
            &[
                statement(
                    "Allow",
                    "iot:Connect",
                    "arn:aws:iot:*:*:client/*${cognito-identity.amazonaws.com:sub}*",
                ),
                statement("Allow", "iot:Subscribe", "*"),
                statement("Allow", "iot:Receive", "*"),
            ],
            &[("iot:Subscribe", &format!("{here}topicfilter/$aws/things/x/jobs/get"))],
        );
        // Requests happen where the policy says.
        check(
            &[statement("Allow", "iot:UpdateThingShadow", "arn:aws:iot:us-west-2:444455556666:thing/*")],
            &[("iot:UpdateThingShadow", "arn:aws:iot:us-west-2:444455556666:thing/x")],
        );
    }

    #[test]
    fn mistakes_are_shown_by_requests_that_are_allowed() {
        let of = |statements: &[String]| {
            let document = document(&statements.join(","));
            shown_mistakes(&document, DenyMistakes::of(&document), &fleet())
        };
        let found = of(&[
            statement("Allow", "iot:Subscribe", "arn:aws:iot:*:*:topicfilter/*"),
            statement("Deny", "iot:Subscribe", "arn:aws:iot:*:*:topicfilter/secret/#"),
        ]);
        let allowed = "iot:Subscribe arn:aws:iot:eu-central-1:111122223333:topicfilter/secret/x";
        assert_eq!(found.still_allowed.as_deref(), Some(allowed));
        // Nothing is allowed, so there is nothing to show.
        let found = of(&[statement("Deny", "iot:Subscribe", "arn:aws:iot:*:*:topicfilter/secret/#")]);
        assert!(found.mqtt_wildcard.is_some() && found.still_allowed.is_none());
        let found = of(&[
            statement("Allow", "iot:Subscribe", "arn:aws:iot:*:*:topicfilter/a/*"),
            statement("Deny", "iot:Subscribe", "arn:aws:iot:*:*:topicfilter/a/secret/*"),
        ]);
        let Some(DeniedButReachable::Through { filter, topic }) = found.reachable else {
            panic!("{found:?}");
        };
        assert!(super::super::filter_matches(&filter, &topic) && topic.starts_with("a/secret/"));
    }
}
