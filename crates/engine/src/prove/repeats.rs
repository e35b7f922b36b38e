//! Conditions that ask one key to repeat another one, whose value is settled before.

use crate::policy::Context;
use crate::policy::document::{Condition, Pattern, Piece};
use crate::policy::resolve::normal;

/// What a key must be so that conditions on keys which have a value already can come out otherwise than they do by themselves:
/// `"iot:Connection.Thing.ThingName": "${iot:Certificate.Subject.CommonName}"` asks the certificate for the thing's name.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    pub(super) values: Vec<String>,
    /// There may be others: the value is compared together with something else.
    pub(super) are_all: bool,
}

impl Repeats {
    /// The values for `key` that conditions on settled keys compare these with.
    pub(super) fn of(key: &str, conditions: &[&Condition], context: &Context) -> Self {
        let mut found = Self { values: Vec::new(), are_all: true };
        for condition in conditions.iter().filter(|condition| normal(&condition.key) != key) {
            for settled in context.get(&condition.key) {
                for pattern in &condition.values {
                    found.add(key, settled, &pattern.node);
                }
            }
        }
        found
    }

    fn add(&mut self, key: &str, settled: &str, pattern: &Pattern) {
        let is_key =
            |piece: &Piece| matches!(piece, Piece::Variable(variable) if normal(&variable.key) == key);
        let Some(at) = pattern.pieces.iter().position(is_key) else { return };
        let (before, behind) = pattern.pieces.split_at(at);
        let behind = behind.get(1..).unwrap_or_default();
        let (Some(before), Some(behind)) = (literal(before), literal(behind)) else {
            self.are_all = false;
            return;
        };
        // Where the text around it is another there is no value that fits.
        let value = settled.strip_prefix(&*before).and_then(|rest| rest.strip_suffix(&*behind));
        if let Some(value) =
            value.filter(|value| !value.is_empty() && !self.values.iter().any(|known| known == value))
        {
            self.values.push(value.to_owned());
        }
    }
}

/// The text of pieces without wildcards and variables.
fn literal(pieces: &[Piece]) -> Option<String> {
    let text = |piece: &Piece| match piece {
        Piece::Literal(text) => Some(text.to_string()),
        Piece::AnyChar | Piece::AnyString | Piece::Variable(_) => None,
    };
    pieces.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policies, scope};
    use super::super::{Answer, Case, Crossing, cross_device};

    fn publishes(statements: &[&str]) -> Answer<Crossing> {
        let set = policies(statements);
        let contacts = cross_device(&Case::generic(&set), &scope()).contacts;
        contacts
            .into_iter()
            .find(|(contact, _)| contact.as_str() == "publish")
            .map(|(_, answer)| answer)
            .unwrap()
    }

    #[test]
    fn a_certificate_may_repeat_the_name() {
        let connect = "Allow Connect client/${iot:Connection.Thing.ThingName}";
        let publish = |condition: &str| {
            let statement = format!("Allow Publish topic/$aws/things/press-7/shadow/update {condition}");
            publishes(&[connect, &statement])
        };
        let of_thing = |operator: &str, value: &str| {
            publish(&format!(r#"{{"{operator}":{{"iot:Connection.Thing.ThingName":"{value}"}}}}"#))
        };
        let field = "${iot:Certificate.Subject.CommonName}";
        assert!(of_thing("StringEquals", field).witness().is_some());
        assert!(of_thing("StringNotEquals", field).witness().is_some());
        assert!(of_thing("StringLike", &format!("own-{field}")).witness().is_some());
        assert!(publish(&format!(r#"{{"StringEquals":{{"iot:ClientId":"{field}"}}}}"#)).witness().is_some());
        // No name of a thing has a blank.
        assert!(of_thing("StringEquals", &format!("a b{field}")).is_proof());
    }

    #[test]
    fn more_conditions_on_names_than_are_looked_at_prove_nothing() {
        let like = |name: &str| format!(r#"{{"StringLike":{{"iot:ClientId":"{name}*"}}}}"#);
        let connect = "Allow Connect client/${iot:Connection.Thing.ThingName}".to_owned();
        let publish = format!("Allow Publish topic/$aws/things/press-7/shadow/update {}", like("zz"));
        let answer = |others: usize| {
            let others = (0..others).map(|index| format!("Deny Receive * {}", like(&format!("a{index:02}"))));
            let all: Vec<String> = [connect.clone(), publish.clone()].into_iter().chain(others).collect();
            publishes(&all.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert!(answer(2).witness().is_some());
        assert!(matches!(answer(15), Answer::OutOfBounds(_)));
    }
}
