//! From method and path to the operation.
//!
//! A path is matched as it came, segment by segment, and each label is percent-decoded once, afterwards: an encoded
//! slash never separates. Literal segments win over labels, as far as the method has an operation there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::error::{Code, WireError};
use crate::generated::not_served::NOT_SERVED;
use crate::limits::PATH_BYTES_MAX;
use crate::operation::Operation;
use crate::percent;
use crate::shape::{Location, Shape};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// An operation that is served.
    Served(Operation, Labels),
    /// An operation of the model that is not served, by name.
    NotServed(&'static str),
}

/// The decoded labels of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// The value of a label, by the name in the path.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

/// Finds the operation.
///
/// # Errors
/// `UnknownOperationException` when nothing is at this method and path, `SerializationException` when a label is not
/// percent-encoded UTF-8, `InvalidRequestException` when the path is longer than [`PATH_BYTES_MAX`].
pub fn route(method: &str, path: &str) -> Result<Route, WireError> {
    if path.len() > PATH_BYTES_MAX {
        let message = format!("the path is longer than {PATH_BYTES_MAX} bytes");
        return Err(WireError::new(Code::InvalidRequestException, message));
    }
    let unknown = || {
        let message =
            "no operation of AWS IoT is at this method and path: check both, and the endpoint's path";
        WireError::new(Code::UnknownOperationException, message)
    };
    let path = path.strip_prefix('/').ok_or_else(unknown)?;
    let mut values = vec![];
    let target = ROUTES.find(method, Some(path), &mut values).ok_or_else(unknown)?;
    let Target::Served(operation) = target else {
        let Target::NotServed(name) = target else { return Err(unknown()) };
        return Ok(Route::NotServed(name));
    };
    let names = pattern_segments(operation.info().uri).filter_map(|segment| match segment {
        Segment::Literal(_) => None,
        Segment::Label(name) | Segment::Greedy(name) => Some(name),
    });
    let mut labels = vec![];
    for (name, value) in names.zip(values) {
        let decoded = percent::decode(value)
            .map_err(|error| WireError::serialization(format!("`{name}` in the path {}", error.what())))?;
        labels.push((name, decoded.into_owned()));
    }
    Ok(Route::Served(*operation, Labels(labels)))
}

static ROUTES: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    for operation in Operation::ALL {
        let info = operation.info();
        root.insert(info.method, info.uri, Target::Served(*operation));
        // A path that the model ends in a slash is found without it, too.
        if let Some(uri) = info.uri.strip_suffix('/') {
            root.insert(info.method, uri, Target::Served(*operation));
        }
    }
    for (name, method, uri) in NOT_SERVED {
        root.insert(method, uri, Target::NotServed(name));
        if let Some(uri) = uri.strip_suffix('/') {
            root.insert(method, uri, Target::NotServed(name));
        }
    }
    root
});

#[derive(Clone, Copy, Debug)]
enum Target {
    Served(Operation),
    NotServed(&'static str),
}

/// One segment of the paths below it. `here` is what ends at it, by method.
#[derive(Debug, Default)]
struct Node {
    here: BTreeMap<&'static str, Target>,
    literals: BTreeMap<&'static str, Node>,
    label: Option<Box<Node>>,
    /// Operations whose label takes the rest of the path, by method.
    rest: BTreeMap<&'static str, Target>,
}

impl Node {
    fn insert(&mut self, method: &'static str, uri: &'static str, target: Target) {
        let mut node = self;
        for segment in pattern_segments(uri) {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text).or_default(),
                Segment::Label(name) => {
                    if takes_rest(target, name) && uri.ends_with('}') {
                        node.rest.insert(method, target);
                    }
                    node.label.get_or_insert_default()
                }
                Segment::Greedy(_) => {
                    node.rest.insert(method, target);
                    return;
                }
            };
        }
        node.here.insert(method, target);
    }

    /// `rest` is what is left of the path: None at its end, so that a slash at the end is an empty segment.
    fn find<'a>(&self, method: &str, rest: Option<&'a str>, values: &mut Vec<&'a str>) -> Option<&Target> {
        let Some(rest) = rest else { return self.here.get(method) };
        let (segment, after) = match rest.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        let literal = self.literals.get(segment).and_then(|node| node.find(method, after, values));
        if literal.is_some() {
            return literal;
        }
        if let Some(label) = self.label.as_ref().filter(|_| !segment.is_empty()) {
            let taken = values.len();
            values.push(segment);
            let found = label.find(method, after, values);
            if found.is_some() {
                return found;
            }
            values.truncate(taken);
        }
        let found = self.rest.get(method).filter(|_| !rest.is_empty())?;
        values.push(rest);
        Some(found)
    }
}

enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

fn pattern_segments(uri: &'static str) -> impl Iterator<Item = Segment> {
    uri.trim_start_matches('/').split('/').map(|text| {
        match text.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            None => Segment::Literal(text),
            Some(label) => label.strip_suffix('+').map_or(Segment::Label(label), Segment::Greedy),
        }
    })
}

/// Whether a label at the end of a path may hold slashes that a client forgot to encode: only a text without a
/// pattern, as an ARN. A name with a pattern never holds a slash, and a longer path is a mistake worth a 404.
fn takes_rest(target: Target, label: &'static str) -> bool {
    let Target::Served(operation) = target else { return false };
    let member = operation.info().members().iter().find(|member| member.location == Location::Uri(label));
    member.is_some_and(|member| matches!(member.shape, Shape::String(text) if text.pattern.is_none() && text.values.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Labels, Route, route};
    use crate::error::Code;
    use crate::generated::not_served::NOT_SERVED;
    use crate::limits::PATH_BYTES_MAX;
    use crate::operation::Operation;

    /// What is found, as `Operation label=value ...`, `not served Operation` or the error's code.
    fn found(method: &str, path: &str) -> String {
        match route(method, path) {
            Ok(Route::Served(operation, Labels(labels))) => {
                let labels = labels.iter().map(|(name, value)| format!(" {name}={value}"));
                std::iter::once(operation.info().name.to_owned()).chain(labels).collect()
            }
            Ok(Route::NotServed(name)) => format!("not served {name}"),
            Err(error) => error.code.as_str().to_owned(),
        }
    }

    fn check(method: &str, path: &str, expected: &str) {
        assert_eq!(found(method, path), expected, "{method} {path}");
    }

    #[test]
    fn labels_are_decoded_once() {
        check("POST", "/things/fz%3Aa_b-1", "CreateThing thingName=fz:a_b-1");
        check("POST", "/things/a%2Fb%25c%20%C3%A9%2B~", "CreateThing thingName=a/b%c é+~");
        check("POST", "/things/a+b", "CreateThing thingName=a+b");
        check("POST", "/things/%252F", "CreateThing thingName=%2F");
        check("DELETE", "/thing-groups/%24g", "DeleteThingGroup thingGroupName=$g");
        check("POST", "/things/a%2Fprincipals", "CreateThing thingName=a/principals");
    }

    #[test]
    fn literals_win_where_the_method_has_an_operation() {
        check("PUT", "/thing-groups/addThingToThingGroup", "AddThingToThingGroup");
        check(
            "DELETE",
            "/thing-groups/addThingToThingGroup",
            "DeleteThingGroup thingGroupName=addThingToThingGroup",
        );
        check("POST", "/audit/suppressions/list", "ListAuditSuppressions");
        check("GET", "/policies/p/version/2", "GetPolicyVersion policyName=p policyVersionId=2");
        check("GET", "/policies/p/version", "ListPolicyVersions policyName=p");
    }

    #[test]
    fn slashes_may_be_bare_in_an_arn() {
        let arn = "arn:aws:iot:us-east-1:123456789012:cert/abc";
        check("POST", &format!("/attached-policies/{arn}"), &format!("ListAttachedPolicies target={arn}"));
        check(
            "POST",
            "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2Fabc",
            &format!("ListAttachedPolicies target={arn}"),
        );
        check("POST", "/attached-policies/a/", "ListAttachedPolicies target=a/");
    }

    #[test]
    fn what_the_model_knows_but_nobody_serves_is_told_apart() {
        check("GET", "/certificate-providers/", "not served ListCertificateProviders");
        check("GET", "/certificate-providers", "not served ListCertificateProviders");
        check("GET", "/destinations/arn:a/b/c", "not served GetTopicRuleDestination");
        check("GET", "/jobs", "not served ListJobs");
        check("PUT", "/things/t/jobs/j/cancel", "not served CancelJobExecution");
    }

    #[test]
    fn everything_else_is_unknown() {
        for (method, path) in [
            ("GET", ""),
            ("GET", "/"),
            ("GET", "things"),
            ("GET", "//things"),
            ("GET", "/things/"),
            ("GET", "/things/a/"),
            ("GET", "/things//principals"),
            ("GET", "/things/a/b"),
            ("get", "/things"),
            ("GET", "/Things"),
            ("GET", "/%74hings"),
            ("PROPFIND", "/things"),
            ("POST", "/attached-policies/"),
            ("GET", "/things/../policies"),
        ] {
            check(method, path, "UnknownOperationException");
        }
        check("GET", "/things/..", "DescribeThing thingName=..");
    }

    #[test]
    fn bad_encodings_and_lengths_are_refused() {
        check("GET", "/things/%", "SerializationException");
        check("GET", "/things/%FF", "SerializationException");
        check("GET", "/things/%C3%28", "SerializationException");
        let path = format!("/things/{}", "a".repeat(PATH_BYTES_MAX));
        check("GET", &path, "InvalidRequestException");
        let path = format!("/things/{}", "/".repeat(PATH_BYTES_MAX - 8));
        check("GET", &path, "UnknownOperationException");
    }

    #[test]
    fn every_operation_of_the_model_is_found_at_its_own_path() {
        for operation in Operation::ALL {
            let info = operation.info();
            let path = info.uri.replace(['{', '}'], "");
            let Ok(Route::Served(found, labels)) = route(info.method, &path) else { panic!("{}", info.name) };
            assert_eq!(found, *operation);
            assert_eq!(labels.0.len(), info.uri.matches('{').count());
            assert!(labels.0.iter().all(|(name, value)| name == value));
        }
        for (name, method, uri) in NOT_SERVED {
            let found = route(method, &uri.replace('{', "").replace("+}", "/x").replace('}', ""));
            assert_eq!(found.unwrap(), Route::NotServed(name));
        }
        assert_eq!(Operation::ALL.len() + NOT_SERVED.len(), 272);
    }

    proptest! {
        #[test]
        fn no_path_panics(method in "GET|POST|PUT|PATCH|DELETE", path in "(/(things|policies|audit|version|%[0-9A-F]?|\\PC{0,5}|principals|attached-policies)){0,7}/?") {
            match route(&method, &path) {
                Ok(_) => {}
                Err(error) => prop_assert!(matches!(error.code, Code::UnknownOperationException | Code::SerializationException)),
            }
        }
    }
}
