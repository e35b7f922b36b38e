//! Filter policies: which messages a subscription wants
//! ([subscription filter policies](https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html)).
//!
//! All keys of a policy must match, and of a key's list one condition. A policy is about a message's attributes, or about
//! the members of its body, which then is a JSON object.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use thingwarden_store::records::{MessageAttribute, Subscription};

use super::publish::NewMessage;

/// Bytes of a policy.
const BYTES_MAX: usize = 262_144;
/// Keys of a policy, at all levels together.
const KEYS_MAX: usize = 5;
/// Levels of a policy about a body; with [`COMBINATIONS_MAX`] it bounds the work.
const LEVELS_MAX: usize = 8;
/// The product of the numbers of values of all keys, each times its level.
const COMBINATIONS_MAX: usize = 150;

/// A policy that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FilterPolicy(Fields);

/// Conditions on the members of one object; all must hold.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    members: Vec<(String, Rule)>,
    /// Of each list, one must hold.
    alternatives: Vec<Vec<Fields>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// One must hold.
    Leaf(Vec<Condition>),
    Nested(Fields),
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Is(Value),
    Prefix(String),
    Suffix(String),
    IgnoringCase(String),
    /// None of these, and none that begins or ends so.
    AnythingBut {
        values: Vec<Value>,
        prefixes: Vec<String>,
        suffixes: Vec<String>,
    },
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// Whether a subscription wants a message. A policy that cannot be read, which the API does not let in, wants nothing.
pub(super) fn wants(subscription: &Subscription, message: &NewMessage) -> bool {
    let Some(text) = &subscription.filter_policy else { return true };
    let Ok(policy) = FilterPolicy::parse(text, subscription.filter_on_body) else { return false };
    if subscription.filter_on_body {
        let text = message.per_protocol.get(&subscription.protocol).unwrap_or(&message.message);
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(body)) => policy.0.hold(&body),
            _ => policy.0.members.is_empty() && policy.0.alternatives.is_empty(),
        }
    } else {
        policy.0.hold(&values_of(&message.attributes))
    }
}

/// Attributes as the members of an object; of what is binary, only whether it is there can be asked.
fn values_of(attributes: &BTreeMap<String, MessageAttribute>) -> Map<String, Value> {
    let value = |it: &MessageAttribute| match it.data_type.split('.').collect::<Vec<_>>().as_slice() {
        ["Number", ..] => it.value.parse().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        ["String", "Array", ..] => serde_json::from_str(&it.value).ok(),
        ["String", ..] => Some(Value::String(it.value.clone())),
        _ => None,
    };
    attributes.iter().map(|(name, it)| (name.clone(), value(it).unwrap_or(Value::Array(vec![])))).collect()
}

impl FilterPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str, on_body: bool) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("it is longer than {BYTES_MAX} bytes"));
        }
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Err("it is not a JSON object".to_owned());
        };
        let mut size = Size { keys: 0, combinations: 1 };
        let fields = Fields::read(&members, if on_body { LEVELS_MAX } else { 1 }, 1, &mut size)?;
        if size.keys > KEYS_MAX {
            return Err(format!("it has more than {KEYS_MAX} keys"));
        }
        if size.combinations > COMBINATIONS_MAX {
            return Err(format!("its values have more than {COMBINATIONS_MAX} combinations"));
        }
        Ok(Self(fields))
    }
}

/// How large a policy is, as the quotas count it.
struct Size {
    keys: usize,
    combinations: usize,
}

impl Fields {
    fn read(
        members: &Map<String, Value>,
        levels: usize,
        level: usize,
        size: &mut Size,
    ) -> Result<Self, String> {
        let mut fields = Self::default();
        for (key, value) in members {
            match value {
                Value::Array(items) if key == "$or" => {
                    let read = |item: &Value| match item {
                        Value::Object(members) => Self::read(members, levels, level, size),
                        _ => Err("`$or` is a list of objects".to_owned()),
                    };
                    fields.alternatives.push(items.iter().map(read).collect::<Result<_, _>>()?);
                }
                Value::Array(items) => {
                    size.keys += 1;
                    size.combinations = size.combinations.saturating_mul(items.len().saturating_mul(level));
                    if items.is_empty() {
                        return Err(format!("the list of `{key}` is empty"));
                    }
                    let conditions = items.iter().map(|item| Condition::read(key, item));
                    fields.members.push((key.clone(), Rule::Leaf(conditions.collect::<Result<_, _>>()?)));
                }
                Value::Object(members) if level < levels => {
                    let nested = Self::read(members, levels, level + 1, size)?;
                    fields.members.push((key.clone(), Rule::Nested(nested)));
                }
                _ => return Err(format!("`{key}` must be a list of conditions")),
            }
        }
        Ok(fields)
    }

    fn hold(&self, object: &Map<String, Value>) -> bool {
        self.members.iter().all(|(key, rule)| rule.holds(object.get(key)))
            && self.alternatives.iter().all(|some| some.iter().any(|fields| fields.hold(object)))
    }
}

impl Rule {
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Leaf(conditions), value) => conditions.iter().any(|condition| condition.holds(value)),
            (Self::Nested(fields), Some(Value::Object(object))) => fields.hold(object),
            (Self::Nested(fields), Some(Value::Array(items))) => {
                items.iter().filter_map(Value::as_object).any(|object| fields.hold(object))
            }
            // What is not there has no members.
            (Self::Nested(fields), _) => fields.hold(&Map::new()),
        }
    }
}

impl Condition {
    fn read(key: &str, value: &Value) -> Result<Self, String> {
        let Value::Object(operator) = value else {
            return match value {
                Value::Array(_) => Err(format!("the list of `{key}` has a list in it")),
                scalar => Ok(Self::Is(scalar.clone())),
            };
        };
        let mut entries = operator.iter();
        let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
            return Err(format!("a condition of `{key}` must have one operator"));
        };
        let bad = || format!("`{name}` of `{key}` does not have what it needs");
        let text = || operand.as_str().map(str::to_owned).ok_or_else(bad);
        match name.as_str() {
            "prefix" => Ok(Self::Prefix(text()?)),
            "suffix" => Ok(Self::Suffix(text()?)),
            "equals-ignore-case" => Ok(Self::IgnoringCase(text()?.to_lowercase())),
            "exists" => operand.as_bool().map(Self::Exists).ok_or_else(bad),
            "numeric" => comparisons(operand).map(Self::Numeric).ok_or_else(bad),
            "anything-but" => anything_but(operand).ok_or_else(bad),
            _ => Err(format!("the operator `{name}` of `{key}` is not known")),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => *wanted == value.is_some_and(|value| !value.is_object()),
            (_, None | Some(Value::Object(_))) => false,
            (_, Some(Value::Array(items))) => items.iter().any(|item| self.holds_of(item)),
            (_, Some(scalar)) => self.holds_of(scalar),
        }
    }

    fn holds_of(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Is(wanted) => is(wanted, value),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::IgnoringCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Self::AnythingBut { values, prefixes, suffixes } => {
                let begins = |text: &str| prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()));
                let ends = |text: &str| suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()));
                !values.iter().any(|one| is(one, value))
                    && !text.is_some_and(|text| begins(text) || ends(text))
            }
            Self::Numeric(comparisons) => value.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Self::Exists(wanted) => *wanted,
        }
    }
}

/// Numbers are equal whatever they are written like.
fn is(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(value)) => Comparison::Equal.holds(value, wanted),
        _ => wanted == value,
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            // SNS compares with an accuracy of five digits behind the point.
            Self::Equal => (number - bound).abs() < 0.000_005,
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::Greater => number > bound,
            Self::AtLeast => number >= bound,
        }
    }
}

/// `["=", 1]`, or `[">", 0, "<=", 5]`.
fn comparisons(operand: &Value) -> Option<Vec<(Comparison, f64)>> {
    let items = operand.as_array().filter(|items| matches!(items.len(), 2 | 4))?;
    let pair = |pair: &[Value]| match pair {
        [Value::String(sign), bound] => {
            let comparison = match sign.as_str() {
                "=" => Comparison::Equal,
                "<" => Comparison::Less,
                "<=" => Comparison::AtMost,
                ">" => Comparison::Greater,
                ">=" => Comparison::AtLeast,
                _ => return None,
            };
            bound.as_f64().map(|bound| (comparison, bound))
        }
        _ => None,
    };
    items.chunks(2).map(pair).collect()
}

/// A value, a list of values, or `prefix` or `suffix` with one text or several.
fn anything_but(operand: &Value) -> Option<Condition> {
    let is_scalar = |value: &Value| value.is_string() || value.is_number();
    let (mut values, mut prefixes, mut suffixes) = (vec![], vec![], vec![]);
    match operand {
        Value::Array(items) if !items.is_empty() && items.iter().all(is_scalar) => values.clone_from(items),
        Value::Object(operator) if operator.len() == 1 => {
            let texts = |value: &Value| match value {
                Value::String(text) => Some(vec![text.clone()]),
                Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            for (name, value) in operator {
                match name.as_str() {
                    "prefix" => prefixes = texts(value)?,
                    "suffix" => suffixes = texts(value)?,
                    _ => return None,
                }
            }
        }
        scalar if is_scalar(scalar) => values.push(scalar.clone()),
        _ => return None,
    }
    Some(Condition::AnythingBut { values, prefixes, suffixes })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(policy: Value, object: Value) -> bool {
        let policy = FilterPolicy::parse(&policy.to_string(), true).unwrap();
        policy.0.hold(object.as_object().unwrap())
    }

    #[test]
    fn all_keys_and_one_condition_of_each() {
        let policy = json!({"store": ["a", "b"], "price": [{"numeric": [">=", 10, "<", 20]}]});
        assert!(holds(policy.clone(), json!({"store": "b", "price": 10, "more": 1})));
        for bad in
            [json!({"store": "c", "price": 10}), json!({"store": "a", "price": 20}), json!({"store": "a"})]
        {
            assert!(!holds(policy.clone(), bad.clone()), "{bad}");
        }
        assert!(holds(json!({}), json!({"a": 1})));
    }

    #[test]
    fn operators() {
        for (condition, good, bad) in [
            (json!("x"), json!("x"), json!("X")),
            (json!(301.5), json!(3.015e2), json!("301.5")),
            (json!(null), json!(null), json!("null")),
            (json!(true), json!(true), json!("true")),
            (json!({"prefix": "ab"}), json!("abc"), json!("cab")),
            (json!({"suffix": "ab"}), json!("cab"), json!("abc")),
            (json!({"equals-ignore-case": "Ab"}), json!("aB"), json!("abc")),
            (json!({"anything-but": "a"}), json!("b"), json!("a")),
            (json!({"anything-but": ["a", 1]}), json!(2), json!(1)),
            (json!({"anything-but": {"prefix": "a"}}), json!("ba"), json!("ab")),
            (json!({"anything-but": {"suffix": ["a", "b"]}}), json!("ac"), json!("ab")),
            (json!({"numeric": ["=", 5]}), json!(5.000_001), json!(5.1)),
            (json!({"numeric": ["<=", -1]}), json!(-1), json!(0)),
            (json!("x"), json!(["y", "x"]), json!([])),
        ] {
            assert!(holds(json!({"k": [condition]}), json!({"k": good})), "{condition}");
            assert!(!holds(json!({"k": [condition]}), json!({"k": bad})), "{condition}");
            assert!(!holds(json!({"k": [condition]}), json!({})), "{condition}: absent");
        }
        assert!(holds(json!({"k": [{"exists": false}]}), json!({})));
        assert!(!holds(json!({"k": [{"exists": false}]}), json!({"k": 1})));
        assert!(holds(json!({"k": [{"exists": true}]}), json!({"k": null})));
    }

    #[test]
    fn bodies_have_levels_and_policies_alternatives() {
        let policy = json!({"a": {"b": ["x"]}, "$or": [{"c": [1]}, {"d": [2]}]});
        assert!(holds(policy.clone(), json!({"a": {"b": "x"}, "d": 2})));
        assert!(holds(policy.clone(), json!({"a": [{"b": "y"}, {"b": "x"}], "c": 1})));
        assert!(!holds(policy.clone(), json!({"a": {"b": "x"}, "c": 2, "d": 1})));
        assert!(!holds(policy, json!({"a": "x", "c": 1})));
        assert!(holds(json!({"a": {"b": [{"exists": false}]}}), json!({})));
    }

    #[test]
    fn attributes_have_types() {
        let attribute = |data_type: &str, value: &str| MessageAttribute {
            data_type: data_type.to_owned(),
            value: value.to_owned(),
        };
        let attributes = BTreeMap::from([
            ("n".to_owned(), attribute("Number.int", "100.0")),
            ("s".to_owned(), attribute("String", "100")),
            ("a".to_owned(), attribute("String.Array", "[\"x\", 7]")),
            ("b".to_owned(), attribute("Binary", "AAAA")),
        ]);
        let values = values_of(&attributes);
        let check = |policy: Value| FilterPolicy::parse(&policy.to_string(), false).unwrap().0.hold(&values);
        assert!(check(json!({"n": [100], "s": ["100"], "a": [7], "b": [{"exists": true}]})));
        for bad in [json!({"n": ["100"]}), json!({"s": [100]}), json!({"a": ["y"]}), json!({"b": ["AAAA"]})] {
            assert!(!check(bad.clone()), "{bad}");
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let many: Map<String, Value> = (0..6).map(|n| (n.to_string(), json!(["x"]))).collect();
        let wide = json!({"a": (0..13).collect::<Vec<_>>(), "b": (0..13).collect::<Vec<_>>()});
        for bad in [
            json!([]),
            json!({"a": "x"}),
            json!({"a": []}),
            json!({"a": [[1]]}),
            json!({"a": [{}]}),
            json!({"a": [{"prefix": 1}]}),
            json!({"a": [{"prefix": "a", "suffix": "b"}]}),
            json!({"a": [{"numeric": ["~", 1]}]}),
            json!({"a": [{"numeric": [">", 1, "<"]}]}),
            json!({"a": [{"anything-but": []}]}),
            json!({"a": [{"anything-but": {"numeric": ["=", 1]}}]}),
            json!({"a": [{"like": "x"}]}),
            json!({"a": {"b": ["x"]}}),
            json!({"$or": ["x"]}),
            Value::Object(many),
            wide,
        ] {
            assert!(FilterPolicy::parse(&bad.to_string(), false).is_err(), "{bad}");
        }
        assert!(FilterPolicy::parse("{", false).is_err());
        let deep = (0..9).fold(json!(["x"]), |inner, _| json!({"a": inner}));
        assert!(FilterPolicy::parse(&deep.to_string(), true).is_err());
    }
}
