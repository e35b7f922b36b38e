//! One condition at a time, in an `Allow` and in a `Deny`.

use super::super::context::Context;
use super::super::document::{Dialect, Effect};
use super::super::parse::parse;
use super::*;

/// Conditions in JSON, the context as (key, values), and what comes out of all of them together.
fn check(conditions: &str, context: &[(&str, &[&str])], expected: Truth) {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{conditions}}}}}"#
    );
    let document = parse(&text, Dialect::Iot).unwrap();
    let context: Context = context.iter().map(|(key, values)| (key, values.iter().copied())).collect();
    let tests = document.statements[0].conditions.iter().map(Test::new);
    let truths: Vec<Truth> = tests.map(|test| test.evaluate(&context)).collect();
    assert_eq!(Truth::all(truths.iter().copied()), expected, "{conditions} {context:?}");
    if let [truth] = truths.as_slice() {
        assert_eq!(
            truth.holds(Effect::Allow),
            expected == Truth::True,
            "{conditions} {context:?} in an Allow"
        );
        assert_eq!(truth.holds(Effect::Deny), expected != Truth::False, "{conditions} {context:?} in a Deny");
    }
}

/// As [`check`] for one operator on the key `k`.
fn check_one(operator: &str, values: &str, request: &[&str], expected: Truth) {
    check(&format!(r#"{{"{operator}":{{"k":{values}}}}}"#), &[("k", request), ("x", &["v*"])], expected);
}

use Truth::{False, True, Unknown};

#[test]
fn strings() {
    check_one("StringEquals", r#""a*""#, &["a*"], True);
    check_one("StringEquals", r#""a*""#, &["ab"], False);
    check_one("StringEquals", r#"["a","b"]"#, &["b"], True);
    check_one("StringEquals", r#""a""#, &["A"], False);
    check_one("StringEquals", r#"5"#, &["5"], True);
    check_one("StringEquals", r#"true"#, &["true"], True);
    check_one("StringEquals", r#""${x}""#, &["v*"], True);
    check_one("StringNotEquals", r#"["a","b"]"#, &["b"], False);
    check_one("StringNotEquals", r#"["a","b"]"#, &["c"], True);
    check_one("StringEqualsIgnoreCase", r#""ÄX""#, &["äx"], True);
    check_one("StringNotEqualsIgnoreCase", r#""ÄX""#, &["äx"], False);
    check_one("StringLike", r#""a*?""#, &["ab"], True);
    check_one("StringLike", r#""A*""#, &["ab"], False);
    check_one("StringLike", r#""${x}""#, &["vx"], False);
    check_one("StringLike", r#""a${*}""#, &["ab"], False);
    check_one("StringNotLike", r#"["a*","b*"]"#, &["bc"], False);
    check_one("StringNotLike", r#"["a*","b*"]"#, &["c"], True);
}

#[test]
fn numbers() {
    check_one("NumericEquals", "1.0", &["1"], True);
    check_one("NumericEquals", r#""9007199254740993""#, &["9007199254740992"], False);
    check_one("NumericNotEquals", "[1,2]", &["2.0"], False);
    check_one("NumericLessThan", "10", &["9"], True);
    check_one("NumericLessThan", "10", &["10"], False);
    check_one("NumericLessThanEquals", "10", &["10"], True);
    check_one("NumericGreaterThan", "-1", &["0"], True);
    check_one("NumericGreaterThan", "0", &["0"], False);
    check_one("NumericGreaterThanEquals", "[100,0]", &["0"], True);
    check_one("NumericLessThan", "10", &["nine"], Unknown);
    check_one("NumericLessThan", r#""ten""#, &["9"], Unknown);
    check_one("NumericNotEquals", "10", &["nine"], Unknown);
    check_one("NumericNotEquals", r#"["ten", 9]"#, &["9"], False);
    check_one("NumericEquals", r#"["ten", 9]"#, &["9"], True);
    check_one("NumericEquals", r#""${x}""#, &["9"], Unknown);
}

#[test]
fn dates() {
    check_one("DateEquals", r#""2026-03-01T00:00:00Z""#, &["1772323200"], True);
    check_one("DateNotEquals", r#""2026-03-01T01:00:00+01:00""#, &["2026-03-01T00:00:00Z"], False);
    check_one("DateLessThan", r#""2026-03-01""#, &["2026-02-28T23:59:59.999Z"], True);
    check_one("DateLessThan", r#""2026-03-01""#, &["2026-03-01"], False);
    check_one("DateLessThanEquals", "1772323200", &["2026-03-01"], True);
    check_one("DateGreaterThan", r#""2026-03-01""#, &["2026-03-01T00:00:01Z"], True);
    check_one("DateGreaterThanEquals", r#""2026-03-01""#, &["2026-02-28"], False);
    check_one("DateGreaterThan", r#""2026-03-01""#, &["tomorrow"], Unknown);
    check_one("DateNotEquals", r#""tomorrow""#, &["2026-03-01"], Unknown);
}

#[test]
fn booleans_binaries_and_addresses() {
    check_one("Bool", r#""true""#, &["TRUE"], True);
    check_one("Bool", "false", &["true"], False);
    check_one("Bool", "[true,false]", &["true"], True);
    check_one("Bool", r#""yes""#, &["true"], Unknown);
    check_one("Bool", "true", &["yes"], Unknown);
    check_one("Bool", r#""${x}""#, &["true"], Unknown);
    check(r#"{"Bool":{"k":"${b}"}}"#, &[("k", &["true"]), ("b", &["True"])], True);
    check_one("BinaryEquals", r#""QUJD""#, &["QUJD"], True);
    check_one("BinaryEquals", r#""QUJD""#, &["QUJE"], False);
    check_one("BinaryEquals", r#""QUJD""#, &["QUJ"], Unknown);
    check_one("BinaryEquals", r#""QUJ""#, &["QUJD"], Unknown);
    check_one("IpAddress", r#"["10.0.0.0/8","203.0.113.0/24"]"#, &["203.0.113.9"], True);
    check_one("IpAddress", r#""203.0.113.0/24""#, &["::ffff:203.0.113.9"], True);
    check_one("IpAddress", r#""203.0.113.0/24""#, &["2001:db8::1"], False);
    check_one("NotIpAddress", r#""203.0.113.0/24""#, &["203.0.113.9"], False);
    check_one("NotIpAddress", r#""203.0.113.0/24""#, &["198.51.100.1"], True);
    check_one("NotIpAddress", r#""203.0.113.0/33""#, &["198.51.100.1"], Unknown);
    check_one("NotIpAddress", r#""203.0.113.0/24""#, &["here"], Unknown);
}

#[test]
fn arns() {
    for operator in ["ArnEquals", "ArnLike"] {
        check_one(operator, r#""arn:aws:iot:*:1:topic/*""#, &["arn:aws:iot:eu-west-1:1:topic/a:b"], True);
        check_one(operator, r#""arn:aws:iot:*:topic/*""#, &["arn:aws:iot:eu-west-1:1:topic/a"], Unknown);
        check_one(operator, r#""arn:*:*:*:*:*""#, &["arn:aws:iot:eu-west-1:1:topic/a"], True);
        check_one(operator, r#""arn:a*c:iot:r:1:x""#, &["arn:aws:b:c:r:1:x"], False);
        check_one(operator, r#""arn:aws:iot:r:?:x""#, &["arn:aws:iot:r:1:x"], True);
        check_one(operator, r#""arn:aws:iot:r:1:x:*""#, &["arn:aws:iot:r:1:x:y:z"], True);
        check_one(operator, r#""*""#, &["arn:aws:iot:r:1:x"], Unknown);
        check_one(operator, r#""arn:aws:iot:r:1:x""#, &["x"], Unknown);
    }
    check_one("ArnNotLike", r#""arn:aws:iot:r:1:*""#, &["arn:aws:iot:r:1:x"], False);
    check_one("ArnNotEquals", r#""arn:aws:iot:r:1:y""#, &["arn:aws:iot:r:1:x"], True);
    let arn = "arn:aws:iot:r:1:topic/v*";
    check(r#"{"ArnEquals":{"k":"${a}"}}"#, &[("k", &[arn]), ("a", &[arn])], True);
    check(r#"{"ArnEquals":{"k":"${a}"}}"#, &[("k", &[arn]), ("a", &["arn:aws:iot:r:1:topic/vx"])], False);
    check_one("ArnLike", r#""arn:aws:iot:r:1:topic/${x}""#, &[arn], True);
    check_one("ArnLike", r#""arn:aws:iot:r:1:topic/${x}""#, &["arn:aws:iot:r:1:topic/vx"], False);
    check_one("ArnLike", r#""arn:aws:iot:r:1:topic/${none}""#, &[arn], Unknown);
}

#[test]
fn an_absent_key_fails_positive_and_satisfies_negated_operators() {
    for (operator, value, expected) in [
        ("StringEquals", r#""a""#, False),
        ("StringNotEquals", r#""a""#, True),
        ("StringNotLike", r#""${none}""#, True),
        ("NumericLessThan", r#""ten""#, False),
        ("NotIpAddress", r#""1.2.3.4""#, True),
        ("ArnNotLike", r#""*""#, True),
        ("Bool", "true", False),
        ("StringEqualsIfExists", r#""a""#, True),
        ("NumericLessThanIfExists", "1", True),
        ("ForAllValues:StringEquals", r#""a""#, True),
        ("ForAllValues:StringNotEquals", r#""a""#, True),
        ("ForAnyValue:StringEquals", r#""a""#, False),
        ("ForAnyValue:StringNotEquals", r#""a""#, False),
        ("ForAnyValue:StringEqualsIfExists", r#""a""#, True),
    ] {
        check_one(operator, value, &[], expected);
    }
    check_one("StringEqualsIfExists", r#""a""#, &["b"], False);
    check_one("BoolIfExists", "true", &["false"], False);
}

#[test]
fn null_asks_for_presence() {
    check_one("Null", "true", &[], True);
    check_one("Null", "true", &["v"], False);
    check_one("Null", r#""false""#, &["v"], True);
    check_one("Null", "false", &[], False);
    check_one("Null", "[true,false]", &[], True);
    check_one("Null", "[]", &[], False);
    check_one("Null", r#""yes""#, &["v"], Unknown);
}

#[test]
fn several_request_values() {
    let ab: &[&str] = &["a", "b"];
    for (operator, values, expected) in [
        ("StringEquals", r#""b""#, True),
        ("StringEquals", r#""c""#, False),
        ("StringNotEquals", r#""b""#, False),
        ("StringNotEquals", r#""c""#, True),
        ("ForAllValues:StringEquals", r#"["a","b","c"]"#, True),
        ("ForAllValues:StringEquals", r#"["a","c"]"#, False),
        ("ForAnyValue:StringEquals", r#"["b","c"]"#, True),
        ("ForAnyValue:StringEquals", r#"["c"]"#, False),
        ("ForAllValues:StringNotEquals", r#"["b","c"]"#, False),
        ("ForAllValues:StringNotEquals", r#"["c"]"#, True),
        ("ForAnyValue:StringNotEquals", r#"["b","c"]"#, True),
        ("ForAnyValue:StringNotEquals", r#"["a","b"]"#, False),
        ("ForAllValues:StringLike", r#""?""#, True),
        ("ForAllValues:StringEquals", "[]", False),
        ("ForAnyValue:StringEquals", "[]", False),
        ("StringEquals", "[]", False),
        ("StringNotEquals", "[]", True),
    ] {
        check_one(operator, values, ab, expected);
    }
    check_one("ForAllValues:StringEquals", "[]", &[], True);
}

#[test]
fn a_variable_without_value_is_unknown_unless_another_value_settles_it() {
    check_one("StringEquals", r#""${none}""#, &["a"], Unknown);
    check_one("StringNotEquals", r#""${none}""#, &["a"], Unknown);
    check_one("StringNotLike", r#""p-${none}""#, &["a"], Unknown);
    check_one("StringEqualsIgnoreCase", r#""${none}""#, &["a"], Unknown);
    check_one("StringEquals", r#"["${none}","a"]"#, &["a"], True);
    check_one("StringNotEquals", r#"["${none}","a"]"#, &["a"], False);
    check_one("StringNotEquals", r#"["${none}","b"]"#, &["a"], Unknown);
    check_one("StringEquals", r#""${none, 'a'}""#, &["a"], True);
    check_one("ForAllValues:StringEquals", r#"["${none}","a"]"#, &["a", "b"], Unknown);
    check_one("ForAllValues:StringEquals", r#"["${none}","a"]"#, &["a"], True);
    check_one("ForAnyValue:StringNotEquals", r#""${none}""#, &["a"], Unknown);
}

#[test]
fn conditions_on_several_keys_must_all_hold() {
    let context: &[(&str, &[&str])] = &[("a", &["1"]), ("b", &["2"])];
    check(r#"{"StringEquals":{"a":"1","b":"2"}}"#, context, True);
    check(r#"{"StringEquals":{"a":"1","b":"3"}}"#, context, False);
    check(r#"{"StringEquals":{"A":"1"},"NumericLessThan":{"b":3}}"#, context, True);
    check(r#"{"StringEquals":{"a":"${none}"},"NumericLessThan":{"b":1}}"#, context, False);
    check("{}", context, True);
}

#[test]
fn a_bare_certificate_attribute_is_its_first_value() {
    let context: &[(&str, &[&str])] = &[("iot:Certificate.Subject.CommonName", &["a", "b"])];
    check(r#"{"StringEquals":{"iot:Certificate.Subject.CommonName":"b"}}"#, context, False);
    check(r#"{"StringEquals":{"iot:Certificate.Subject.CommonName.1":"b"}}"#, context, True);
    check(r#"{"ForAnyValue:StringEquals":{"iot:Certificate.Subject.CommonName.List":"b"}}"#, context, True);
}
