//! Tests of decoding: what botocore sends, what a stranger sends.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Request, decode, read};
use crate::error::Code;
use crate::limits::{BODY_BYTES_MAX, QUERY_BYTES_MAX};
use crate::operation::{Call, Operation};
use crate::route::{Labels, Route, route};
use crate::shape::{Location, Shape};
use crate::types::*;
use crate::validate::{validate, violations};

/// Method, path, and what else the request carries, to the operation and its input, or the message.
fn decoded(
    method: &str,
    path: &str,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<(Operation, Value), (Code, String)> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Ok(Route::Served(operation, labels)) = route(method, path) else { panic!("{method} {path}") };
    match decode(operation, &labels, &Request { query, headers, body }) {
        Ok(input) => Ok((operation, input)),
        Err(error) => Err((error.code, error.message)),
    }
}

fn check(method: &str, path: &str, body: &str, expected: Value) {
    let (_, input) = decoded(method, path, &[], body.as_bytes()).unwrap();
    assert_eq!(input, expected, "{method} {path} {body}");
}

fn refused(method: &str, path: &str, body: &[u8], code: Code, part: &str) {
    let (found, message) = decoded(method, path, &[], body).unwrap_err();
    assert_eq!(found, code, "{method} {path}: {message}");
    assert!(message.contains(part), "{method} {path}: {message}");
}

/// Requests that botocore made: `tests/conformance/wire_requests.py` writes the file.
#[test]
fn what_botocore_sends_is_understood() {
    let file = include_str!("../../../../tests/conformance/wire_requests.json");
    let vectors: Vec<Value> = serde_json::from_str(file).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let headers: Vec<(&str, &[u8])> = vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes()))
            .collect();
        let path = format!("{}?{}", text("path"), text("query"));
        let (operation, input) = decoded(text("method"), &path, &headers, text("body").as_bytes())
            .unwrap_or_else(|error| panic!("{vector}: {error:?}"));
        assert_eq!(operation.info().name, text("operation"));
        assert_eq!(input, vector["input"], "{vector}");
        let found = violations(operation, &input);
        assert!(found.count == 0 || vector.get("valid").is_none(), "{vector}: {found}");
        assert!(found.count > 0 || typed(operation, input).is_ok(), "{vector}");
        seen.insert(operation);
    }
    assert_eq!(seen.len(), Operation::ALL.len(), "an operation without a request");
}

/// Parses into the operation's own type.
fn typed(operation: Operation, input: Value) -> Result<(), crate::WireError> {
    macro_rules! parse_each {
        ($($name:ident $input:ident,)+) => {
            match operation {
                $(Operation::$name => {
                    assert_eq!(<$input as Call>::OPERATION, operation);
                    <$input as Call>::parse(input).map(drop)
                })+
            }
        };
    }
    crate::with_operations!(parse_each)
}

#[test]
fn a_member_is_taken_from_its_own_place_only() {
    let body = r#"{"thingName":"other","thingTypeName":"type","unknown":[{}]}"#;
    check("POST", "/things/own", body, json!({"thingName": "own", "thingTypeName": "type"}));
    let body = r#"{"maxResults":1,"nextToken":"other","taskId":null}"#;
    check("POST", "/audit/findings", body, json!({"maxResults": 1, "nextToken": "other"}));
    check(
        "PUT",
        "/certificates/c?newStatus=INACTIVE",
        r#"{"newStatus":"ACTIVE"}"#,
        json!({"certificateId": "c", "newStatus": "INACTIVE"}),
    );
    let headers: &[(&str, &[u8])] = &[("X-Amzn-Principal", b"p"), ("x-amzn-iot-principal", b"other")];
    let (_, input) = decoded("PUT", "/things/t/principals", headers, b"").unwrap();
    assert_eq!(input, json!({"thingName": "t", "principal": "p"}));
}

#[test]
fn names_in_the_query_are_the_models() {
    check(
        "GET",
        "/policies?isAscendingOrder=true&pageSize=5&marker=a%2B%2F%3D",
        "",
        json!({"ascendingOrder": true, "pageSize": 5, "marker": "a+/="}),
    );
    refused(
        "GET",
        "/policies?ascendingOrder=true",
        b"",
        Code::InvalidRequestException,
        "it has isAscendingOrder, marker, pageSize",
    );
    let signed = "/policies?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0a&&pageSize=5&";
    check("GET", signed, "", json!({"pageSize": 5}));
    refused(
        "GET",
        "/things/t?a%1bb=",
        b"",
        Code::InvalidRequestException,
        "`a\\u{1b}b` is in the query, but DescribeThing has no",
    );
}

#[test]
fn texts_become_what_the_model_says() {
    check(
        "GET",
        "/audit/tasks?startTime=2024-01-01T00%3A00%3A00Z&endTime=2024-01-01T01:02:03.456000Z",
        "",
        json!({"startTime": 1_704_067_200, "endTime": 1_704_070_923.456}),
    );
    for (query, part) in [
        ("maxResults=1.0", "`maxResults` must be a whole number of 32 bits"),
        ("maxResults=+1", "whole number"),
        ("maxResults=", "whole number"),
        ("maxResults", "whole number"),
        ("maxResults=2147483648", "whole number"),
        ("usePrefixAttributeValue=True", "`usePrefixAttributeValue` must be `true` or `false`"),
        ("maxResults=%3", "`maxResults` in the query has a `%`"),
        ("%ff=1", "a name in the query is not UTF-8"),
        ("nextToken=%ff", "`nextToken` in the query is not UTF-8"),
    ] {
        refused("GET", &format!("/things?{query}"), b"", Code::SerializationException, part);
    }
    refused(
        "GET",
        "/audit/tasks?startTime=1704067200",
        b"",
        Code::SerializationException,
        "`startTime` must be a time like",
    );
    refused(
        "GET",
        "/things?maxResults=1&maxResults=2",
        b"",
        Code::InvalidRequestException,
        "`maxResults` is in the query twice",
    );
}

#[test]
fn wrong_types_name_the_member() {
    for (body, part) in [
        (r#"{"attributePayload":[]}"#, "`attributePayload` must be an object, not a list"),
        (
            r#"{"attributePayload":{"attributes":{"a":1}}}"#,
            "`attributePayload.attributes.a.member` must be a string, not a number",
        ),
        (
            r#"{"attributePayload":{"merge":"true"}}"#,
            "`attributePayload.merge` must be a boolean, not a string",
        ),
        (r#"{"thingTypeName":7}"#, "`thingTypeName` must be a string, not a number"),
        ("[]", "the body must be a JSON object, not a list"),
        ("null", "the body must be a JSON object, not null"),
        ("{", "the body is not JSON as expected: EOF"),
        (r#"{"a":1,"a":2}"#, "the key `a` is there twice"),
        ("{}{}", "trailing characters"),
    ] {
        refused("POST", "/things/t", body.as_bytes(), Code::SerializationException, part);
    }
    refused(
        "POST",
        "/things/t",
        b"{\"thingTypeName\":\"\xff\"}",
        Code::SerializationException,
        "the body is not UTF-8 at byte 18",
    );
    refused(
        "POST",
        "/tags",
        br#"{"tags":[{"Key":"a"},{"Key":1}]}"#,
        Code::SerializationException,
        "`tags.2.member.Key` must be a string",
    );
    refused(
        "POST",
        "/audit/findings",
        br#"{"maxResults":1.5}"#,
        Code::SerializationException,
        "`maxResults` must be a whole number of 32 bits, not another number",
    );
    refused(
        "POST",
        "/audit/findings",
        br#"{"startTime":"2024"}"#,
        Code::SerializationException,
        "`startTime` must be a time as a number",
    );
    refused(
        "POST",
        "/audit/findings",
        br#"{"startTime":1700000000123}"#,
        Code::SerializationException,
        "another number",
    );
    refused(
        "PATCH",
        "/things/t",
        br#"{"expectedVersion":9223372036854775808}"#,
        Code::SerializationException,
        "64 bits",
    );
    check(
        "PATCH",
        "/things/t",
        r#"{"expectedVersion":1e3}"#,
        json!({"thingName": "t", "expectedVersion": 1000}),
    );
}

#[test]
fn a_payload_is_the_body() {
    check(
        "POST",
        "/loggingOptions",
        r#"{"roleArn":"r","x":1}"#,
        json!({"loggingOptionsPayload": {"roleArn": "r"}}),
    );
    check("POST", "/loggingOptions", "", json!({}));
    let message = violations(Operation::SetLoggingOptions, &json!({})).to_string();
    assert_eq!(
        message,
        "1 validation error detected: Value null at 'loggingOptionsPayload' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn a_body_that_no_operation_asked_for_means_nothing() {
    check("GET", "/things/t", "not json", json!({"thingName": "t"}));
    check("POST", "/things/t", "", json!({"thingName": "t"}));
}

#[test]
fn sizes_are_bounded() {
    let body = vec![b' '; BODY_BYTES_MAX + 1];
    refused("POST", "/things/t", &body, Code::RequestEntityTooLargeException, "longer than 1048576 bytes");
    refused("GET", "/things/t", &body, Code::RequestEntityTooLargeException, "longer than 1048576 bytes");
    let query = format!("/things?nextToken={}", "a".repeat(QUERY_BYTES_MAX));
    refused("GET", &query, b"", Code::InvalidRequestException, "the query is longer than 16384 bytes");
    let query = format!("/things?{}", "X-Amz-A=1&".repeat(65));
    refused("GET", &query, b"", Code::InvalidRequestException, "more than 64 parameters");
    refused(
        "POST",
        "/things/t",
        "{\"a\":".repeat(1000).as_bytes(),
        Code::SerializationException,
        "nested deeper than 32 levels",
    );
}

#[test]
fn a_header_twice_is_refused() {
    for headers in [
        &[("x-amzn-principal", b"a".as_slice()), ("X-AMZN-PRINCIPAL", b"b")][..],
        &[("x-amzn-principal", b"\xff")],
    ] {
        assert_eq!(
            decoded("PUT", "/things/t/principals", headers, b"").unwrap_err().0,
            Code::SerializationException
        );
    }
}

#[test]
fn a_typed_input_is_read_in_one_step() {
    let Ok(Route::Served(_, labels)) = route("POST", "/things/t") else { panic!() };
    let body = br#"{"attributePayload":{"attributes":{"a":"b"}}}"#;
    let input: CreateThingInput = read(&labels, &Request { body, ..Request::default() }).unwrap();
    assert_eq!(input.thing_name, "t");
    assert_eq!(input.attribute_payload.unwrap().attributes.unwrap()["a"], "b");
    let error = read::<CreateThingInput>(&Labels::default(), &Request::default()).unwrap_err();
    assert!(
        error
            .message
            .ends_with("Value null at 'thingName' failed to satisfy constraint: Member must not be null")
    );
}

#[test]
fn outputs_leave_out_what_is_absent_but_not_lists() {
    fn check<I: Call>(output: &I::Output, expected: &str) {
        assert_eq!(String::from_utf8(I::encode(output).unwrap()).unwrap(), expected);
    }
    check::<ListThingsInput>(&ListThingsOutput::default(), r#"{"things":[]}"#);
    let output =
        DescribeThingOutput { thing_name: Some("t".to_owned()), version: Some(1), ..Default::default() };
    check::<DescribeThingInput>(&output, r#"{"thingName":"t","version":1}"#);
    check::<DeleteThingInput>(&crate::Empty {}, "{}");
    let key_pair =
        KeyPair { public_key: Some("p".to_owned()), private_key: Some(crate::Secret("s".to_owned())) };
    let output = CreateKeysAndCertificateOutput { key_pair: Some(key_pair), ..Default::default() };
    check::<CreateKeysAndCertificateInput>(&output, r#"{"keyPair":{"PrivateKey":"s","PublicKey":"p"}}"#);
    assert!(!format!("{output:?}").contains("\"s\""));
}

#[test]
fn the_deepest_input_fits_the_limits() {
    fn depth(shape: &Shape) -> usize {
        match shape {
            Shape::List(list) => 1 + depth(list.member),
            Shape::Map(map) => 1 + depth(map.value),
            Shape::Structure(structure) => {
                1 + structure.members.iter().map(|member| depth(member.shape)).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
    let deepest = Operation::ALL.iter().map(|operation| depth(operation.info().input)).max().unwrap();
    assert!(deepest < 10, "{deepest}");
    let in_query = |operation: &Operation| {
        operation
            .info()
            .members()
            .iter()
            .filter(|member| matches!(member.location, Location::Query(_)))
            .count()
    };
    assert!(Operation::ALL.iter().map(in_query).max().unwrap() <= 11);
}

#[test]
fn facts_about_operations_are_the_models() {
    let info = Operation::ListPolicies.info();
    let paginator = info.paginator.unwrap();
    assert_eq!((paginator.input_token, paginator.output_token), ("marker", "nextMarker"));
    assert_eq!((paginator.limit, paginator.result), (Some("pageSize"), "policies"));
    assert_eq!(Operation::ListPolicyVersions.info().paginator, None);
    assert_eq!(Operation::ListThingPrincipalsV2.info().action, "iot:ListThingPrincipals");
    assert_eq!(Operation::CreateThing.info().action, "iot:CreateThing");
    assert_eq!(Operation::CreateAuditSuppression.info().idempotency_token(), Some("clientRequestToken"));
    assert!(!Operation::DetachPolicy.info().may_answer(Code::ResourceNotFoundException));
    assert!(Operation::DeletePolicy.info().may_answer(Code::DeleteConflictException));
    assert!(Operation::CreateThing.info().has_body() && !Operation::DescribeThing.info().has_body());
}

/// JSON of any kind, with names that the operation knows more often than not.
fn json_for(names: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}|ACTIVE|[a-z0-9]{64}".prop_map(Value::from),
    ];
    let name = prop_oneof![3 => proptest::sample::select(names).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn member_names(shape: &'static Shape, into: &mut Vec<&'static str>) {
    match shape {
        Shape::List(list) => member_names(list.member, into),
        Shape::Map(map) => member_names(map.value, into),
        Shape::Structure(structure) => structure.members.iter().for_each(|member| {
            into.push(member.name);
            member_names(member.shape, into);
        }),
        _ => {}
    }
}

fn operation_and_body() -> impl Strategy<Value = (Operation, Value)> {
    proptest::sample::select(Operation::ALL).prop_flat_map(|operation| {
        let mut names = vec!["x"];
        member_names(operation.info().input, &mut names);
        json_for(names).prop_map(move |body| (operation, body))
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(operation in proptest::sample::select(Operation::ALL), query in "\\PC{0,20}|[a-zA-Z]{0,5}=%?[0-9a-f]{0,2}(&[a-z]=)?", body in proptest::collection::vec(any::<u8>(), 0..60)) {
        let headers: &[(&str, &[u8])] = &[("x-amzn-principal", &body)];
        if let Ok(input) = decode(operation, &Labels::default(), &Request { query: &query, headers, body: &body }) {
            let _ = validate(operation, &input);
        }
    }

    #[test]
    fn what_passes_validation_has_the_inputs_type((operation, body) in operation_and_body()) {
        let text = body.to_string();
        let uri = operation.info().uri.replace(['{', '}'], "");
        let Ok(Route::Served(_, labels)) = route(operation.info().method, &uri) else { panic!() };
        let request = Request { body: text.as_bytes(), ..Request::default() };
        match decode(operation, &labels, &request) {
            Ok(input) => {
                if violations(operation, &input).count == 0 {
                    prop_assert!(typed(operation, input.clone()).is_ok(), "{}", input);
                }
            }
            Err(error) => prop_assert_eq!(error.code.status(), 400),
        }
    }
}
