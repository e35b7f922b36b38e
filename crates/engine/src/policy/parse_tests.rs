//! What the parser reads and refuses.

use super::super::document::Piece;
use super::*;

fn check_error(text: &str, dialect: Dialect, message: &str) {
    assert_eq!(parse(text, dialect).unwrap_err().to_string(), message, "{text}");
}

/// An IoT policy with one statement that has these members beside `Effect`.
fn statement(members: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{members}}}]}}"#)
}

fn iot(text: &str) -> Document {
    parse(text, Dialect::Iot).unwrap()
}

#[test]
fn a_whole_document() {
    let text = r#"{
  "Version": "2012-10-17", "Id": "p",
  "Statement": {
    "Sid": "s", "Effect": "Deny", "NotAction": "iot:*", "NotResource": ["a", "b*"],
    "Condition": {
      "ForAnyValue:StringLikeIfExists": {"k": ["x?", "y"]},
      "NumericLessThan": {"n": 1.50, "m": [true, "2"]}, "Bool": {"e": []}
    }
  }
}"#;
    let document = iot(text);
    assert_eq!((document.version, document.id.as_deref()), (Version::V2012, Some("p")));
    let [statement] = document.statements.as_slice() else { panic!("{document:?}") };
    assert_eq!((statement.sid.as_deref(), statement.effect), (Some("s"), Effect::Deny));
    assert!(statement.actions.negated);
    let resources = statement.resources.as_ref().unwrap();
    assert!(resources.negated);
    assert_eq!(resources.patterns[1].node.to_string(), "b*");
    let span = resources.patterns[1].span;
    assert_eq!(text.get(span.start as usize..span.end as usize), Some("\"b*\""));
    let shown: Vec<String> = statement
        .conditions
        .iter()
        .map(|c| {
            let values: Vec<String> = c.values.iter().map(|v| v.node.to_string()).collect();
            format!("{} {} {}", c.operator, c.key, values.join(","))
        })
        .collect();
    let expected = [
        "ForAnyValue:StringLikeIfExists k x?,y",
        "NumericLessThan n 1.50",
        "NumericLessThan m true,2",
        "Bool e ",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn without_a_version_an_iot_policy_has_variables_and_an_iam_policy_has_none() {
    let text = r#"{"Statement":[{"Effect":"Allow","Action":"iot:${a}","Resource":"${a}"}]}"#;
    for (dialect, version, variable) in
        [(Dialect::Iot, Version::V2012, true), (Dialect::Identity, Version::V2008, false)]
    {
        let document = parse(text, dialect).unwrap();
        let statement = &document.statements[0];
        let pieces = &statement.resources.as_ref().unwrap().patterns[0].node.pieces;
        assert_eq!(matches!(pieces[0], Piece::Variable(_)), variable);
        assert_eq!(document.version, version);
        assert_eq!(
            statement.actions.patterns[0].node.as_literal(),
            Some("iot:${a}"),
            "no variables in actions"
        );
    }
}

#[test]
fn wildcards_are_text_where_the_operator_has_none() {
    let document = iot(&statement(
        r#""Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"a*${*}"},"ArnLike":{"k":"a*"}}"#,
    ));
    let values = |index: usize| document.statements[0].conditions[index].values[0].node.clone();
    assert_eq!(values(0).as_literal(), Some("a**"));
    assert_eq!(values(1).pieces.len(), 2);
}

#[test]
fn every_operator_parses_in_every_form() {
    for comparison in Comparison::ALL {
        for (before, after) in [
            ("", ""),
            ("ForAllValues:", ""),
            ("ForAnyValue:", ""),
            ("", "IfExists"),
            ("ForAnyValue:", "IfExists"),
        ] {
            let name = format!("{before}{}{after}", comparison.name());
            let plain = before.is_empty() && after.is_empty();
            match operator(&name) {
                Ok(operator) => assert_eq!(operator.to_string(), name),
                Err(kind) => {
                    assert!(*comparison == Comparison::Null && !plain, "{name}");
                    assert_eq!(kind, PolicyParseErrorKind::NullTakesNothing { name });
                }
            }
        }
    }
}

#[test]
fn trust_policies_have_principals_and_no_resources() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":["a.amazonaws.com","b.amazonaws.com"],"AWS":"*"}},
        {"Effect":"Deny","NotPrincipal":"*","NotAction":"sts:*"}]}"#;
    let document = parse(text, Dialect::Trust).unwrap();
    let principals = |index: usize| document.statements[index].principals.clone().unwrap();
    assert_eq!(principals(0).entries.len(), 3);
    assert_eq!(principals(0).entries[2], ("AWS".to_owned(), "*".to_owned()));
    assert!(principals(1).negated && principals(1).entries == [("*".to_owned(), "*".to_owned())]);
    assert_eq!(document.statements[0].resources, None);
    check_error(
        text,
        Dialect::Iot,
        "line 2, column 9: unknown member `Principal`, expected one of `Sid`, `Effect`, `Action`, `NotAction`, \
         `Resource`, `NotResource` or `Condition`",
    );
    check_error(
        r#"{"Statement":{"Effect":"Allow","Action":"a","Resource":"*","Principal":"*"}}"#,
        Dialect::Trust,
        "line 1, column 45: unknown member `Resource`, expected one of `Sid`, `Effect`, `Principal`, `NotPrincipal`, \
         `Action`, `NotAction` or `Condition`",
    );
    check_error(
        r#"{"Statement":{"Effect":"Allow","Action":"a"}}"#,
        Dialect::Trust,
        "line 1, column 14: the statement has no `Principal` or `NotPrincipal`",
    );
    check_error(
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":{"aws":"*"}}}"#,
        Dialect::Trust,
        "line 1, column 58: unknown member `aws`, expected one of `AWS`, `Service`, `Federated` or `CanonicalUser`",
    );
}

#[test]
fn policies_on_resources_have_both() {
    let text =
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sns:Publish","Resource":"*"}}"#;
    let document = parse(text, Dialect::Resource).unwrap();
    assert!(document.statements[0].principals.is_some() && document.statements[0].resources.is_some());
    check_error(
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sns:Publish"}}"#,
        Dialect::Resource,
        "line 1, column 14: the statement has no `Resource` or `NotResource`",
    );
    check_error(
        r#"{"Statement":{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}}"#,
        Dialect::Resource,
        "line 1, column 14: the statement has no `Principal` or `NotPrincipal`",
    );
}

#[test]
fn a_policy_without_statements_grants_nothing_and_parses() {
    assert!(iot(r#"{"Version":"2012-10-17","Statement":[]}"#).statements.is_empty());
    assert!(iot("{}").statements.is_empty());
    for dialect in [Dialect::Identity, Dialect::Trust] {
        check_error("{}", dialect, "line 1, column 1: the policy document has no `Statement`");
    }
}

#[test]
fn errors_name_line_column_and_what_was_expected() {
    for (text, message) in [
        ("[]", "line 1, column 1: a policy document must be an object, found a list"),
        (r#"{"Id":"p"}"#, "line 1, column 1: the policy document has no `Statement`"),
        (
            r#"{"Statement":3}"#,
            "line 1, column 14: `Statement` must be an object or a list of objects, found a number",
        ),
        (r#"{"Statement":["x"]}"#, "line 1, column 15: a statement must be an object, found a string"),
        (
            r#"{"Statement":[],"Version":"2012-10-18"}"#,
            "line 1, column 27: `2012-10-18` is no `Version`, expected `2012-10-17` or `2008-10-17`",
        ),
        (
            r#"{"Statement":[],"Name":"x"}"#,
            "line 1, column 17: unknown member `Name`, expected one of `Version`, `Id` or `Statement`",
        ),
        (r#"{"Statement":[],"Id":1}"#, "line 1, column 22: `Id` must be a string, found a number"),
        (
            "{\"Statement\":[\n {\"Effect\":\"allow\"}]}",
            "line 2, column 12: `allow` is no `Effect`, expected `Allow` or `Deny`",
        ),
        (
            r#"{"Statement":[{"Action":"a","Resource":"b"}]}"#,
            "line 1, column 15: the statement has no `Effect`",
        ),
    ] {
        check_error(text, Dialect::Iot, message);
    }
    for (members, message) in [
        (r#""Resource":"b""#, "line 1, column 38: the statement has no `Action` or `NotAction`"),
        (r#""Action":"b""#, "line 1, column 38: the statement has no `Resource` or `NotResource`"),
        (
            r#""Action":"b","NotAction":"c""#,
            "line 1, column 69: `NotAction` cannot stand beside `Action` in one statement",
        ),
        (
            r#""NotResource":"b","Resource":"c""#,
            "line 1, column 74: `Resource` cannot stand beside `NotResource` in one statement",
        ),
        (r#""Action":[]"#, "line 1, column 65: `Action` is empty, expected at least one value"),
        (r#""Action":["a",1]"#, "line 1, column 70: a value of `Action` must be a string, found a number"),
        (
            r#""Action":{"a":1}"#,
            "line 1, column 65: `Action` must be a string or a list of strings, found an object",
        ),
        (
            r#""Condition":[]"#,
            "line 1, column 68: `Condition` must be an object from operator to keys, found a list",
        ),
        (
            r#""Condition":{"Bool":"x"}"#,
            "line 1, column 76: `Bool` must be an object from condition key to values, found a string",
        ),
        (
            r#""Condition":{"Bool":{"k":null}}"#,
            "line 1, column 81: a value of `k` must be a string, number or boolean, or a list of them, found null",
        ),
        (
            r#""Condition":{"stringEquals":{}}"#,
            "line 1, column 69: unknown condition operator `stringEquals`, did you mean `StringEquals`?",
        ),
        (
            r#""Condition":{"Regex":{}}"#,
            "line 1, column 69: unknown condition operator `Regex`, expected one such as `StringEquals`, `Bool` or \
             `IpAddress`",
        ),
        (
            r#""Condition":{"ForSomeValues:Bool":{}}"#,
            "line 1, column 69: unknown condition operator `ForSomeValues:Bool`, expected one such as `StringEquals`, \
             `Bool` or `IpAddress`",
        ),
        (
            r#""Condition":{"NullIfExists":{}}"#,
            "line 1, column 69: the condition operator `NullIfExists` does not exist: `Null` takes neither `IfExists` \
             nor a set operator",
        ),
        (
            r#""Condition":{"Bool":{"k":"1","k":"2"}}"#,
            "line 1, column 85: duplicate member `k`, already given in line 1",
        ),
        (r#""Effect":"Deny""#, "line 1, column 56: duplicate member `Effect`, already given in line 1"),
    ] {
        check_error(&statement(members), Dialect::Iot, message);
    }
}

#[test]
fn size_limits_do_not_count_whitespace() {
    let of_length = |characters: usize| {
        let empty = statement(r#""Action":"*","Resource":"""#);
        let filler = "é".repeat(characters - empty.chars().count());
        statement(&format!("\"Action\":\"*\", \n\t \"Resource\":\"{filler}\""))
    };
    assert!(parse(&of_length(IOT_POLICY_CHARS_MAX), Dialect::Iot).is_ok());
    let error = parse(&of_length(IOT_POLICY_CHARS_MAX + 1), Dialect::Iot).unwrap_err();
    let message = "the document is longer than 2048 characters, whitespace not counted";
    assert_eq!((error.line, error.kind.to_string().as_str()), (2, message));
    assert!(parse(&of_length(IOT_POLICY_CHARS_MAX + 1), Dialect::Identity).is_ok());
    assert!(parse(&of_length(IAM_POLICY_CHARS_MAX + 1), Dialect::Identity).is_err());
    let blank = " ".repeat(POLICY_TEXT_BYTES_MAX + 1);
    check_error(&blank, Dialect::Iot, "line 1, column 404601: the document is longer than 404600 bytes");
}

#[test]
fn bytes_that_are_not_utf8_are_refused_at_their_place() {
    let error = parse_bytes(b"{\n\"\xc3\xa9\xff\"}", Dialect::Iot).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 3: the text is not valid UTF-8 from here on");
}
