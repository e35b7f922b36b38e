//! Tests of suppressions.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const LOGGING: &str = "LOGGING_DISABLED_CHECK";
const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const SOON: i64 = NOW_MS / 1000 + 3600;

fn of_account(more: &Value) -> Value {
    let mut input = json!({"checkName": LOGGING, "resourceIdentifier": {"account": "123456789012"}});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn create(token: &str) -> Value {
    of_account(&json!({"clientRequestToken": token, "suppressIndefinitely": true}))
}

fn of_policy(name: &str, token: &str, end: i64) -> Value {
    json!({"checkName": POLICIES, "clientRequestToken": token, "expirationDate": end,
        "resourceIdentifier": {"policyVersionIdentifier": {"policyName": name, "policyVersionId": "1"}}})
}

#[test]
fn a_suppression_is_made_shown_changed_and_removed() {
    let api = Api::new();
    api.call("CreateAuditSuppression", create("t"));
    let mut expected = of_account(&json!({"suppressIndefinitely": true}));
    assert_eq!(api.call("DescribeAuditSuppression", of_account(&json!({}))), expected);
    api.call(
        "UpdateAuditSuppression",
        of_account(&json!({"expirationDate": SOON, "description": "until then"})),
    );
    expected["suppressIndefinitely"] = json!(false);
    expected["expirationDate"] = json!(SOON);
    expected["description"] = json!("until then");
    assert_eq!(api.call("DescribeAuditSuppression", of_account(&json!({}))), expected);
    api.call("UpdateAuditSuppression", of_account(&json!({"suppressIndefinitely": false})));
    assert_eq!(api.call("ListAuditSuppressions", json!({}))["suppressions"], json!([expected]));
    api.call("UpdateAuditSuppression", of_account(&json!({"suppressIndefinitely": true})));
    let both = of_account(&json!({"suppressIndefinitely": true, "expirationDate": SOON}));
    assert_eq!(api.error("UpdateAuditSuppression", both), Code::InvalidRequestException);
    let neither = of_account(&json!({"suppressIndefinitely": false}));
    assert_eq!(api.error("UpdateAuditSuppression", neither), Code::InvalidRequestException);
    (0..2).for_each(|_| drop(api.call("DeleteAuditSuppression", of_account(&json!({})))));
    for operation in ["DescribeAuditSuppression", "UpdateAuditSuppression"] {
        assert_eq!(api.error(operation, of_account(&json!({}))), Code::ResourceNotFoundException);
    }
}

#[test]
fn the_same_request_again_succeeds_and_another_does_not() {
    let mut api = Api::new();
    api.call("CreateAuditSuppression", create("t"));
    api.advance_seconds(1);
    api.call("CreateAuditSuppression", create("t"));
    assert_eq!(api.error("CreateAuditSuppression", create("u")), Code::ResourceAlreadyExistsException);
    let other =
        of_account(&json!({"clientRequestToken": "t", "suppressIndefinitely": true, "description": "d"}));
    assert_eq!(api.error("CreateAuditSuppression", other), Code::ResourceAlreadyExistsException);
    let reused = of_policy("p", "t", SOON);
    assert_eq!(api.error("CreateAuditSuppression", reused), Code::ResourceAlreadyExistsException);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let api = Api::new();
    let id = "ab".repeat(32);
    let bad = [
        of_account(&json!({"clientRequestToken": "t"})),
        of_account(&json!({"clientRequestToken": "t", "suppressIndefinitely": false})),
        of_account(&json!({"clientRequestToken": "t", "suppressIndefinitely": true, "expirationDate": SOON})),
        of_account(&json!({"clientRequestToken": "t", "expirationDate": NOW_MS / 1000})),
        of_account(
            &json!({"clientRequestToken": "t", "suppressIndefinitely": true, "checkName": "NO_SUCH_CHECK"}),
        ),
        of_account(
            &json!({"clientRequestToken": "t", "suppressIndefinitely": true, "resourceIdentifier": {}}),
        ),
        of_account(
            &json!({"clientRequestToken": "t", "suppressIndefinitely": true, "resourceIdentifier": {"account": "999999999999"}}),
        ),
        of_account(
            &json!({"clientRequestToken": "t", "suppressIndefinitely": true, "resourceIdentifier": {"deviceCertificateId": id}}),
        ),
        json!({"checkName": POLICIES, "clientRequestToken": "t", "suppressIndefinitely": true,
            "resourceIdentifier": {"policyVersionIdentifier": {"policyName": "p"}}}),
    ];
    for input in bad {
        assert_eq!(api.error("CreateAuditSuppression", input), Code::InvalidRequestException);
    }
}

#[test]
fn they_are_listed_by_expiration() {
    let api = Api::new();
    api.call("CreateAuditSuppression", create("t"));
    api.call("CreateAuditSuppression", of_policy("late", "u", SOON + 60));
    api.call("CreateAuditSuppression", of_policy("early", "v", SOON));
    let names = |input: Value| -> Vec<String> {
        let pages = api.pages("ListAuditSuppressions", input).concat();
        let policy = |one: &Value| {
            one["resourceIdentifier"]["policyVersionIdentifier"]["policyName"].as_str().map(str::to_owned)
        };
        pages.iter().map(|one| policy(one).unwrap_or_else(|| "account".to_owned())).collect()
    };
    assert_eq!(names(json!({"maxResults": 1})), ["early", "late", "account"]);
    assert_eq!(names(json!({"ascendingOrder": false})), ["account", "late", "early"]);
    assert_eq!(names(json!({"checkName": LOGGING})), ["account"]);
    let late = json!({"policyVersionIdentifier": {"policyName": "late", "policyVersionId": "1"}});
    assert_eq!(names(json!({"resourceIdentifier": late})), ["late"]);
}

#[test]
fn a_suppressed_finding_is_flagged_and_does_not_count_until_the_end() {
    let mut api = Api::new();
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": {LOGGING: {"enabled": true}}}),
    );
    api.call(
        "CreateAuditSuppression",
        of_account(&json!({"clientRequestToken": "t", "expirationDate": SOON})),
    );
    let audit = |api: &Api| {
        let task =
            api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [LOGGING]}))["taskId"].clone();
        api.run_audits();
        let details = api.call("DescribeAuditTask", json!({"taskId": task}))["auditDetails"][LOGGING].clone();
        let found =
            api.call("ListAuditFindings", json!({"taskId": task}))["findings"][0]["isSuppressed"].clone();
        let only = api.call("ListAuditFindings", json!({"taskId": task, "listSuppressedFindings": true}));
        (details, found, only["findings"].as_array().unwrap().len())
    };
    let (details, flagged, suppressed) = audit(&api);
    assert_eq!(details["checkRunStatus"], "COMPLETED_COMPLIANT");
    assert_eq!(
        (&details["nonCompliantResourcesCount"], &details["suppressedNonCompliantResourcesCount"]),
        (&json!(0), &json!(1))
    );
    assert_eq!((flagged, suppressed), (json!(true), 1));
    api.advance_seconds(3600);
    let (details, flagged, suppressed) = audit(&api);
    assert_eq!(details["checkRunStatus"], "COMPLETED_NON_COMPLIANT");
    assert_eq!((flagged, suppressed), (json!(false), 0));
}
