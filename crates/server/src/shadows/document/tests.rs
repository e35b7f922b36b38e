//! Examples from the guide, refusals in its words, and what holds for all documents.

use proptest::prelude::*;

use super::*;

fn update(document: &Document, request: &Value, now_s: i64) -> Result<Updated, Refused> {
    let (asked, members) = Asked::parse(request.to_string().as_bytes())?;
    document.update(&Update::parse(members)?, &asked, now_s)
}

fn after(requests: &[Value]) -> Document {
    requests.iter().zip(1..).fold(Document::default(), |document, (request, now_s)| {
        update(&document, request, now_s).unwrap().document
    })
}

#[test]
fn a_change_says_what_was_given_what_differs_and_what_there_was() {
    let first = after(&[
        json!({"state": {"desired": {"light": {"color": "red", "on": true}}, "reported": {"light": {"color": "red"}}}}),
    ]);
    let request =
        json!({"state": {"desired": {"light": {"color": "blue"}}}, "version": 1, "clientToken": "t"});
    let updated = update(&first, &request, 9).unwrap();
    assert_eq!(
        updated.accepted,
        json!({"state": {"desired": {"light": {"color": "blue"}}}, "metadata": {"desired": {"light": {"color": {"timestamp": 9}}}},
            "version": 2, "timestamp": 9, "clientToken": "t"})
    );
    assert_eq!(
        updated.delta.unwrap(),
        json!({"state": {"light": {"color": "blue", "on": true}}, "version": 2, "timestamp": 9, "clientToken": "t",
            "metadata": {"light": {"color": {"timestamp": 9}, "on": {"timestamp": 1}}}})
    );
    assert_eq!(updated.documents["previous"]["version"], 1);
    assert_eq!(updated.documents["previous"]["state"]["desired"]["light"]["color"], "red");
    assert_eq!(updated.documents["current"]["state"]["desired"]["light"]["color"], "blue");
    assert_eq!(
        updated.document.shown(&Asked::default(), 10),
        json!({"state": {"desired": {"light": {"color": "blue", "on": true}}, "reported": {"light": {"color": "red"}},
                "delta": {"light": {"color": "blue", "on": true}}},
            "metadata": {"desired": {"light": {"color": {"timestamp": 9}, "on": {"timestamp": 1}}},
                "reported": {"light": {"color": {"timestamp": 1}}}},
            "version": 2, "timestamp": 10})
    );
}

#[test]
fn numbers_are_kept_to_the_last_digit() {
    for number in
        ["21.349999999999998", "91.94951560268329", "1.2341678901234567e+29", "-0.0", "18446744073709551615"]
    {
        let payload = format!(r#"{{"state":{{"reported":{{"n":{number}}}}}}}"#);
        let (asked, members) = Asked::parse(payload.as_bytes()).unwrap();
        let updated = Document::default().update(&Update::parse(members).unwrap(), &asked, 1).unwrap();
        assert_eq!(updated.accepted["state"]["reported"]["n"].to_string(), number);
    }
}

#[test]
fn null_takes_away_and_what_is_empty_is_not_there() {
    let check = |requests: &[Value], expected: Value| {
        let shown = after(requests).shown(&Asked::default(), 0);
        assert_eq!(shown["state"], expected, "{requests:?}");
    };
    let set =
        json!({"state": {"desired": {"a": {"b": 1, "c": 2}, "d": [1, {"e": 2}]}, "reported": {"x": 1}}});
    check(
        &[set.clone(), json!({"state": {"desired": {"a": {"b": null}, "d": null}}})],
        json!({"desired": {"a": {"c": 2}}, "reported": {"x": 1}, "delta": {"a": {"c": 2}}}),
    );
    check(
        &[set.clone(), json!({"state": {"desired": {"a": {"b": null, "c": null}, "d": null}}})],
        json!({"reported": {"x": 1}}),
    );
    check(&[set.clone(), json!({"state": {"desired": null}})], json!({"reported": {"x": 1}}));
    check(&[set.clone(), json!({"state": {"desired": null, "reported": null}})], json!({}));
    check(
        &[set.clone(), json!({"state": {"desired": {"a": 5, "d": [2]}}})],
        json!({"desired": {"a": 5, "d": [2]}, "reported": {"x": 1}, "delta": {"a": 5, "d": [2]}}),
    );
    check(
        &[
            json!({"state": {"desired": {"a": 5}}}),
            json!({"state": {"desired": {"a": {"b": {"c": null, "d": 1}}}}}),
        ],
        json!({"desired": {"a": {"b": {"d": 1}}}, "delta": {"a": {"b": {"d": 1}}}}),
    );
    check(&[json!({"state": {"reported": {"a": {}}}})], json!({}));
    assert_eq!(after(&[set]).desired.metadata["d"], json!([{"timestamp": 1}, {"e": {"timestamp": 1}}]));
}

#[test]
fn what_is_wrong_is_said_in_the_guides_words() {
    let check = |request: &str, code: u16, message: &str| {
        let found = Asked::parse(request.as_bytes())
            .and_then(|(asked, members)| Document::default().update(&Update::parse(members)?, &asked, 0));
        assert_eq!(found, Err(Refused::new(code, message)), "{request}");
    };
    check("{", 400, "Invalid JSON");
    check("[]", 400, "Invalid JSON");
    check("", 400, "Missing required node: state");
    check("{}", 400, "Missing required node: state");
    check(r#"{"state": 1}"#, 400, "State node must be an object");
    check(r#"{"state": {"desired": 1}}"#, 400, "Desired node must be an object");
    check(r#"{"state": {"reported": []}}"#, 400, "Reported node must be an object");
    check(r#"{"state": {"other": {}}}"#, 400, "State contains an invalid node: 'other'");
    check(
        r#"{"state": {"desired": {"a": [null]}}}"#,
        400,
        "State contains an invalid node: a list with null",
    );
    check(r#"{"state": {}, "version": "1"}"#, 400, "Invalid version");
    check(r#"{"state": {}, "version": -1}"#, 400, "Invalid version");
    check(r#"{"state": {}, "version": 1}"#, 409, "Version conflict");
    check(r#"{"state": {}, "clientToken": 1}"#, 400, "Invalid clientToken");
    check(&format!(r#"{{"state": {{}}, "clientToken": "{}"}}"#, "x".repeat(65)), 400, "Invalid clientToken");
    let deep = |levels: usize| {
        format!(r#"{{"state": {{"desired": {}1{}}}}}"#, r#"{"a":"#.repeat(levels), "}".repeat(levels))
    };
    check(&deep(9), 400, "JSON contains too many levels of nesting; maximum is 8");
    assert!(Update::parse(Asked::parse(deep(8).as_bytes()).unwrap().1).is_ok());
    check(&deep(2000), 400, "Invalid JSON");
    let large = |bytes: usize| format!(r#"{{"state": {{"desired": {{"a": "{}"}}}}}}"#, "x".repeat(bytes));
    check(&large(8192 - 19), 413, "The payload exceeds the maximum size allowed");
    assert!(update(&Document::default(), &serde_json::from_str(&large(8192 - 20)).unwrap(), 0).is_ok());
    assert_eq!(Asked::parse(&[b'"', 0xff, b'"']).unwrap_err().code, 415);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::btree_map("[a-c]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            1 => prop::collection::vec(0..3, 0..3).prop_map(Value::from),
        ]
    })
}

fn sections() -> impl Strategy<Value = Value> {
    let members = prop::collection::btree_map("[a-c]", values(), 0..3);
    prop_oneof![
        8 => members.prop_map(|members| Value::Object(members.into_iter().collect())),
        1 => Just(Value::Null),
    ]
}

/// No nulls, nothing empty but lists, and a time for each leaf.
fn is_whole(state: &Value, metadata: &Value) -> bool {
    match (state, metadata) {
        (Value::Object(state), Value::Object(metadata)) => {
            !state.is_empty()
                && state.keys().eq(metadata.keys())
                && state.values().zip(metadata.values()).all(|(state, metadata)| is_whole(state, metadata))
        }
        (Value::Array(values), Value::Array(times)) => values.len() == times.len(),
        (Value::Null | Value::Object(_) | Value::Array(_), _) => false,
        (_, metadata) => metadata["timestamp"].is_i64(),
    }
}

proptest! {
    #[test]
    fn documents_are_whole_and_versions_count(requests in prop::collection::vec((sections(), sections()), 1..5)) {
        let mut document = Document::default();
        for ((desired, reported), number) in requests.into_iter().zip(1..) {
            let request = json!({"state": {"desired": desired, "reported": reported}});
            let updated = update(&document, &request, number).unwrap();
            // The same again changes nothing but version and times.
            let again = update(&updated.document, &request, number).unwrap();
            prop_assert_eq!(&again.document.desired, &updated.document.desired);
            prop_assert_eq!(&again.document.reported, &updated.document.reported);
            document = updated.document;
            prop_assert_eq!(document.version, u64::try_from(number).unwrap());
            for section in [&document.desired, &document.reported] {
                let whole = is_whole(&Value::Object(section.state.clone()), &Value::Object(section.metadata.clone()));
                prop_assert!(section.is_empty() || whole, "{:?}", section);
            }
            // Whoever does what differs has nothing more to do.
            if let Some(delta) = updated.delta {
                let done = update(&document, &json!({"state": {"reported": delta["state"]}}), number).unwrap();
                prop_assert_eq!(done.delta, None);
            }
        }
    }

    #[test]
    fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok((_, members)) = Asked::parse(&payload) {
            let _ = Update::parse(members);
        }
    }
}
