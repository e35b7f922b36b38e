//! Functions of templates, and templates that are made to do harm.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::node::Node;
use super::*;

fn with<T>(text: &str, ask: impl FnOnce(&Template<'_>) -> T) -> T {
    let given = BTreeMap::from([("Given".to_owned(), "given".to_owned())]);
    let root = yaml::tree(text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
    let template = Template {
        serverless: root.get("service").map(|_| Rc::clone(&root)),
        root,
        given: &given,
        account: "123456789012",
        region: "cn-north-1",
        left: &budget(),
    };
    ask(&template)
}

/// What the member `value` of a template is.
fn value(text: &str) -> Result<serde_json::Value, String> {
    with(text, |template| {
        let node: Rc<Node> = Rc::clone(template.root.get("value").unwrap());
        template.resolve(&node).map(|node| node.to_json())
    })
}

fn check(text: &str, expected: serde_json::Value) {
    assert_eq!(value(text), Ok(expected), "{text}");
}

fn check_unknown(text: &str, expected: &str) {
    let why = value(text).unwrap_err();
    assert!(why.contains(expected), "{text}: {why}");
}

#[test]
fn functions_are_worked_out() {
    check("value: !Sub '${AWS::Partition}:${!x}:${Given}'", "aws-cn:${x}:given".into());
    check("value: !Sub ['${a}-${b', {a: !Ref Given}]", "given-${b".into());
    check("value: !Join [',', [a, !Ref AWS::NoValue, !Select [1, !Split ['|', 'x|y|z']]]]", "a,y".into());
    check("value: {a: !Ref AWS::NoValue, b: [!Ref AWS::NoValue]}", serde_json::json!({"b": []}));
    check(
        "Mappings: {M: {cn-north-1: {x: [1, two]}}}\nvalue: !FindInMap [M, !Ref AWS::Region, x]",
        serde_json::json!([1, "two"]),
    );
    check(
        "Parameters: {L: {Type: CommaDelimitedList, Default: 'a, b'}}\nvalue: !Ref L",
        serde_json::json!(["a", "b"]),
    );
    check(
        "Conditions: {A: !Equals [a, a], B: !Not [!Condition A], C: !Or [!Condition D, !Condition A], D: !Equals [!Ref X, 1]}\nvalue: [!If [A, 1, 2], !If [B, 1, 2], !If [C, 1, 2]]",
        serde_json::json!([1, 2, 1]),
    );
    let thing = "Resources: {T: {Type: AWS::IoT::Thing, Properties: {ThingName: lamp}}, R: {Type: AWS::IAM::Role, Properties: {RoleName: r, Path: /p/}}}\n";
    check(
        &format!("{thing}value: [!Ref T, !GetAtt T.Arn, !Sub '${{R.Arn}}']"),
        serde_json::json!([
            "lamp",
            "arn:aws-cn:iot:cn-north-1:123456789012:thing/lamp",
            "arn:aws-cn:iam::123456789012:role/p/r"
        ]),
    );
}

#[test]
fn what_nobody_knows_is_named() {
    check_unknown("value: !ImportValue x", "`Fn::ImportValue` is not known");
    check_unknown(
        "value: !Ref T\nResources: {T: {Type: AWS::IoT::Thing}}",
        "the name of `T` is made when it is deployed",
    );
    check_unknown(
        "value: !Ref P\nParameters: {P: {Type: String}}",
        "parameter `P` has no default; give it with --parameter P=VALUE",
    );
    check_unknown(
        "value: !Ref P\nParameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /p}}",
        "is looked up when it is deployed",
    );
    check_unknown("value: !If [C, 1, 2]\nConditions: {C: !Condition C}", "go round in circles");
    check_unknown("value: {'Fn::Transform': {Name: x}, other: 1}", "`Fn::Transform` is not known");
    check_unknown("value: !Select [9, [a]]", "`Fn::Select` of an element `9` that is not there");
}

#[test]
fn variables_of_serverless_files() {
    let file = "service: s\ncustom: {a: '${self:custom.b}-x', b: '${opt:Given}', c: '${self:custom.c}', list: [1, '${aws:region}']}\n";
    check(&format!("{file}value: '${{self:service}}/${{self:custom.a}}'"), "s/given-x".into());
    check(&format!("{file}value: '${{self:custom.list}}'"), serde_json::json!([1, "cn-north-1"]));
    check(
        &format!(
            "{file}value: '${{opt:none, ''dev''}}/${{opt:none, self:service}}/${{env:X, ${{self:service}}}}'"
        ),
        "dev/s/s".into(),
    );
    check(&format!("{file}value: 'client/${{iot:ClientId}}'"), "client/${iot:ClientId}".into());
    check_unknown(&format!("{file}value: '${{self:custom.c}}'"), "go round in circles");
    check_unknown(&format!("{file}value: '${{cf:stack.Output}}'"), "--parameter stack.Output=VALUE");
}

#[test]
fn functions_that_make_nothing_end() {
    // Each level works out the one below it eight times.
    let text =
        (0..16).fold("''".to_owned(), |below, _| format!("!Sub ['{}', {{a: {below}}}]", "${a}".repeat(8)));
    check_unknown(&format!("value: {text}"), "make more than");
    let more = |level: usize| {
        format!("C{level}: !And [{}]", vec![format!("!Condition C{}", level + 1); 8].join(", "))
    };
    let conditions: Vec<String> = (0..16).map(more).collect();
    let conditions = format!("Conditions: {{{}, C16: !Equals [a, a]}}", conditions.join(", "));
    check_unknown(&format!("{conditions}\nvalue: !If [C0, a, b]"), "make more than");
    let more = |level: usize| format!("v{level}: '{}'", format!("${{self:v{}}}", level + 1).repeat(8));
    let variables: Vec<String> = (0..16).map(more).collect();
    check_unknown(
        &format!("service: s\nvalue: '${{self:v0}}'\nv16: ''\n{}", variables.join("\n")),
        "make more than",
    );
    let commas = ",".repeat(1000);
    let list = format!("Parameters: {{L: {{Type: CommaDelimitedList, Default: '{commas}'}}}}\n");
    check_unknown(&format!("{list}value: [{}]", vec!["!Ref L"; 2000].join(", ")), "make more than");
    // Braces that are not closed are looked for once.
    let open = "${".repeat(200_000);
    check(&format!("value: !Sub '{open}'"), open.into());
}

#[test]
fn what_functions_make_is_bounded() {
    let long = "x".repeat(100_000);
    let parts = vec!["!Ref P"; 400].join(", ");
    check_unknown(
        &format!("Parameters: {{P: {{Type: String, Default: {long}}}}}\nvalue: !Join ['', [{parts}]]"),
        "make more than",
    );
}

proptest! {
    /// Whatever the text is, it ends in a tree or an error with a place in it.
    #[test]
    fn any_text_is_read_or_refused(pieces in vec(select(vec![
        "Resources:", "\n", "\n  ", "- ", "a: ", "&a ", "*a", "!Sub ", "!GetAtt ", "[", "]", "{", "}", ", ", ": ", "|", ">", "'", "\"", "${", "x", "#", "<<: ", "---", "\t", "\u{feff}", "é", "%", "@",
    ]), 0..40)) {
        let text = pieces.concat();
        match yaml::tree(&text) {
            Ok(root) => {
                let given = BTreeMap::new();
                let template = Template {
                    serverless: Some(Rc::clone(&root)),
                    root: Rc::clone(&root),
                    given: &given,
                    account: "0",
                    region: "r",
                    left: &budget(),
                };
                let _ = template.resolve(&root);
            }
            Err(error) => prop_assert!(error.place.line >= 1 && error.place.column >= 1),
        }
    }
}
