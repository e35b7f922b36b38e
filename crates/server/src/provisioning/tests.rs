//! Templates: what is read, what is refused, what comes out; and that nothing that a device says gets further than it may.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::functions::Parameters;
use super::plan::{CertificateSource, Plan, Unfit};
use super::*;

/// As a device would say them.
fn by_device(given: &[(&str, &str)]) -> Parameters {
    let given = given
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Given { text: (*text).to_owned(), by_device: true }));
    given.collect()
}

fn template(resources: Value, device_configuration: Value) -> String {
    json!({
        "Parameters": {
            "Serial": {"Type": "String"},
            "Location": {"Type": "String", "Default": "WA"},
        },
        "Mappings": {"Urls": {"WA": {"Url": "https://wa.example"}, "NY": {"Url": ["a", "b"]}}},
        "Resources": resources,
        "DeviceConfiguration": device_configuration,
    })
    .to_string()
}

fn plan(resources: Value, configuration: Value, given: &[(&str, &str)]) -> Result<Plan, Unfit> {
    Template::parse(&template(resources, configuration)).unwrap().plan(&by_device(given))
}

/// What a value in a device's configuration becomes.
fn resolved(value: Value, given: &[(&str, &str)]) -> Result<Value, Unfit> {
    let plan = plan(json!({}), json!({"it": value}), given)?;
    Ok(plan.device_configuration.get("it").cloned().unwrap_or_default())
}

fn thing(properties: Value) -> Value {
    json!({"Type": "AWS::IoT::Thing", "Properties": properties})
}

fn certificate() -> Value {
    let id = json!({"Ref": "AWS::IoT::Certificate::Id"});
    json!({"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": id, "Status": "Active"}})
}

fn policy(document: Value) -> Value {
    json!({"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": document}})
}

#[test]
fn functions_do_what_the_guide_says() {
    let given = [("Serial", "a-b-c"), ("Location", "NY")];
    let check = |value: Value, expected: Value| {
        assert_eq!(resolved(value.clone(), &given), Ok(expected), "{value}");
    };
    check(json!({"Ref": "Serial"}), json!("a-b-c"));
    check(json!({"Fn::Join": ["", ["x_", {"Ref": "Serial"}, 1]]}), json!("x_a-b-c1"));
    check(json!({"Fn::Join": ["/", {"Fn::Split": ["-", {"Ref": "Serial"}]}]}), json!("a/b/c"));
    check(json!({"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "Serial"}]}]}), json!("b"));
    check(json!({"Fn::Select": ["0", ["x", "y"]]}), json!("x"));
    check(json!({"Fn::FindInMap": ["Urls", {"Ref": "Location"}, "Url"]}), json!(["a", "b"]));
    check(
        json!({"Fn::Sub": "${Serial}:${ Location }:${!iot:ClientId}}"}),
        json!("a-b-c:NY:${iot:ClientId}}"),
    );
    let with_values = json!({"Fn::Sub": ["${x}${Serial}", {"x": {"Fn::Join": ["", ["1", "2"]]}}]});
    check(with_values, json!("12a-b-c"));
    check(json!({"a": [{"Ref": "Serial"}, true, null]}), json!({"a": ["a-b-c", true, null]}));
    check(json!({"Ref": "Serial", "other": 1}), json!({"Ref": "Serial", "other": 1}));
}

#[test]
fn functions_that_find_nothing_fail() {
    let given = &[("Serial", "7")];
    let select = json!({"Fn::Select": [2, ["x", "y"]]});
    assert!(matches!(resolved(select, given), Err(Unfit::Function(_))));
    let no_such = json!({"Fn::FindInMap": ["Urls", "Paris", "Url"]});
    assert!(matches!(resolved(no_such, given), Err(Unfit::Function(_))));
    let empty = json!({"Fn::Split": ["", "abc"]});
    assert!(matches!(resolved(empty, given), Err(Unfit::Function(_))));
    let missing = Unfit::Missing { parameter: "Serial".to_owned() };
    assert_eq!(resolved(json!({"Ref": "Serial"}), &[]), Err(missing.clone()));
    assert_eq!(resolved(json!("nothing refers to it"), &[]), Err(missing));
    assert_eq!(resolved(json!({"Ref": "Location"}), given), Ok(json!("WA")), "a default");
}

#[test]
fn what_functions_make_is_bounded() {
    let long = "x".repeat(1 << 16);
    let many = json!({"Fn::Join": ["", vec![json!({"Ref": "Serial"}); 100]]});
    assert!(matches!(resolved(many, &[("Serial", &long)]), Err(Unfit::Function(_))));
    let split = json!({"Fn::Split": ["x", {"Ref": "Serial"}]});
    assert!(matches!(resolved(split, &[("Serial", &long)]), Err(Unfit::Function(_))));
    // Each level works out the one below it eight times, and nothing comes of it.
    let nothing = (0..16).fold(json!(""), |below, _| json!({"Fn::Sub": ["${a}".repeat(8), {"a": below}]}));
    assert!(matches!(resolved(nothing, &[("Serial", "7")]), Err(Unfit::Function(_))));
}

#[test]
fn a_template_wants_a_thing_a_certificate_and_policies() {
    let resources = json!({
        "t": thing(json!({
            "ThingName": {"Fn::Join": ["", ["thing-", {"Ref": "Serial"}]]},
            "AttributePayload": {"serial": {"Ref": "Serial"}, "version": "v1"},
            "ThingGroups": ["all", {"Ref": "Location"}],
        })),
        "c": certificate(),
        "p": policy(json!("{}")),
        "q": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "known"}},
    });
    let given = [("Serial", "7"), ("AWS::IoT::Certificate::Id", "AB")];
    let plan = plan(resources, json!({}), &given).unwrap();
    let thing = plan.thing.unwrap();
    assert_eq!((thing.name.as_str(), thing.groups), ("thing-7", Some(vec!["all".into(), "WA".into()])));
    assert_eq!(thing.attributes.unwrap()["serial"], "7");
    let certificate = plan.certificate.unwrap();
    assert_eq!((certificate.source, certificate.status), (CertificateSource::Id("ab".into()), "ACTIVE"));
    let names: Vec<&str> = plan.policies.iter().map(|policy| policy.name.as_str()).collect();
    // SHA-256 of `{}`.
    assert_eq!(names, ["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "known"]);
}

#[test]
fn what_is_no_template_is_refused_with_its_place() {
    let check = |resources: Value, place: &str| {
        let error = Template::parse(&template(resources, json!({}))).unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
    };
    check(json!({"t": thing(json!({"ThingName": {"Ref": "Other"}}))}), "Resources.t.Properties: `Other`");
    check(json!({"t": thing(json!({"Name": "x"}))}), "`Name` is not known");
    check(json!({"t": {"Type": "AWS::IoT::Rule", "Properties": {}}}), "Resources.t: `Type`");
    check(json!({"t": {"Type": "AWS::IoT::Thing"}}), "`Properties` is missing");
    check(json!({"t": thing(json!({})), "u": thing(json!({}))}), "one thing at most");
    check(json!({"p": policy(json!("{}"))}), "needs a certificate");
    check(json!({"t": thing(json!({"ThingName": {"Fn::Base64": "x"}}))}), "no function `Fn::Base64`");
    check(json!({"t": thing(json!({"ThingName": {"Fn::Join": ["x"]}}))}), "another form");
    check(json!({"t": thing(json!({"ThingName": {"Fn::Sub": "${iot:ClientId}"}}))}), "${!NAME}");
    check(json!({"t": thing(json!({"ThingName": {"Fn::FindInMap": ["No", "a", "b"]}}))}), "`Mappings`");
    let two = json!({"CertificateId": "a", "CertificateSigningRequest": "b"});
    check(json!({"c": {"Type": "AWS::IoT::Certificate", "Properties": two}}), "exactly one of");
    let both = json!({"PolicyName": "a", "PolicyDocument": "b"});
    check(json!({"p": {"Type": "AWS::IoT::Policy", "Properties": both}}), "exactly one of");
    let merge = json!({"ThingTypeName": "MERGE"});
    let overridden = json!({"Type": "AWS::IoT::Thing", "Properties": {}, "OverrideSettings": merge});
    check(json!({"t": overridden}), "Resources.t.OverrideSettings");
    for body in ["", "[]", "{}", "{\"Resources\": {}, \"Resource\": {}}", &"x".repeat(10_241)] {
        assert!(Template::parse(body).is_err(), "{body}");
    }
    let mapped = json!({"Mappings": {"M": {"a": {"b": {"Ref": "x"}}}}, "Resources": {}});
    assert!(Template::parse(&mapped.to_string()).is_err(), "no functions in Mappings");
}

#[test]
fn a_purpose_asks_for_what_it_needs() {
    let check = |body: Value, purpose, is_good: bool| {
        let template = Template::parse(&body.to_string()).unwrap();
        assert_eq!(template.check_purpose(purpose).is_ok(), is_good, "{body} {purpose:?}");
    };
    let own = json!({"Resources": {"c": certificate()}});
    let request = json!({"CertificateSigningRequest": "x"});
    let other = json!({"Resources": {"c": {"Type": "AWS::IoT::Certificate", "Properties": request}}});
    let serial = json!({"Parameters": {"Serial": {"Type": "String"}}, "Resources": {"c": certificate()}});
    for (purpose, expected) in [
        (Purpose::Call, [true, true, true]),
        (Purpose::Fleet, [true, false, true]),
        (Purpose::JustInTime, [true, false, false]),
    ] {
        let bodies = [own.clone(), other.clone(), serial.clone()];
        bodies.into_iter().zip(expected).for_each(|(body, is_good)| check(body, purpose, is_good));
    }
    check(json!({"Resources": {}}), Purpose::Fleet, false);
}

#[test]
fn an_operator_may_say_in_a_policy_what_a_device_may_not() {
    let resources = || json!({"c": certificate(), "p": policy(json!({"Resource": {"Ref": "Serial"}}))});
    let id = ("AWS::IoT::Certificate::Id", "ab");
    for text in ["*", "a?", "${iot:ClientId}", "a/b", "\"", "\\", "#", "+", "a\u{0}"] {
        let refused = Unfit::Meaningful { parameter: "Serial".to_owned() };
        assert_eq!(plan(resources(), json!({}), &[("Serial", text), id]).unwrap_err(), refused, "{text}");
        let mut trusted = by_device(&[("Serial", text), id]);
        trusted.values_mut().for_each(|given| given.by_device = false);
        assert!(Template::parse(&template(resources(), json!({}))).unwrap().plan(&trusted).is_ok());
    }
    assert!(plan(resources(), json!({}), &[("Serial", "SN 7:a_b.c@d,e=f-g"), id]).is_ok());
}

/// JSON that is nearly a template.
fn nearly() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "Ref",
        "Fn::Join",
        "Fn::Sub",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Type",
        "Properties",
        "p",
        "PolicyDocument",
        "ThingName",
        "CertificateId",
        "OverrideSettings",
        "Default",
    ]);
    let texts = prop::sample::select(vec![
        "Serial",
        "AWS::IoT::Thing",
        "AWS::IoT::Policy",
        "AWS::IoT::Certificate",
        "String",
        "${Serial}",
        "${",
        "-",
        "",
        "Urls",
        "WA",
        "Url",
        "MERGE",
    ]);
    let leaf = prop_oneof![texts.prop_map(Value::from), any::<i8>().prop_map(Value::from), Just(Value::Null)];
    leaf.prop_recursive(6, 60, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever a template is, it is refused or makes something; and what it makes of a text without meaning has none.
    #[test]
    fn anything_is_refused_or_works(resources in nearly(), configuration in nearly(), text in "[a-z*/$]{0,9}") {
        if let Ok(template) = Template::parse(&template(resources, configuration)) {
            let _ = template.check_purpose(Purpose::JustInTime);
            let _ = template.plan(&by_device(&[("Serial", &text)]));
        }
    }

    /// A device's text in a policy is one text of its JSON, as it was said.
    #[test]
    fn a_device_adds_nothing_to_a_policy(text in "[ -~]{1,12}") {
        let document = json!({"Resource": {"Fn::Sub": "topic/${Serial}/x"}});
        let as_text = json!({"Fn::Sub": "{\"Resource\":\"topic/${Serial}/x\"}"});
        for document in [document, as_text] {
            let resources = json!({"c": certificate(), "p": policy(document)});
            let given = [("Serial", text.as_str()), ("AWS::IoT::Certificate::Id", "ab")];
            match plan(resources, json!({}), &given) {
                Ok(plan) => {
                    let made: Value = serde_json::from_str(plan.policies[0].document.as_ref().unwrap()).unwrap();
                    prop_assert_eq!(made, json!({"Resource": format!("topic/{text}/x")}));
                    let has_meaning = text.contains(['*', '?', '$', '/', '"', '\\', '#', '+', '{', '}']);
                    prop_assert!(!has_meaning, "{}", text);
                }
                Err(unfit) => {
                    prop_assert_eq!(unfit, Unfit::Meaningful { parameter: "Serial".to_owned() });
                }
            }
        }
    }
}
