//! Tests of findings.

use serde_json::{Value, json};
use thingwarden_store::records::AuditedResource;
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};
use crate::audits::findings::{RunFinding, samples};

const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const LOGGING: &str = "LOGGING_DISABLED_CHECK";

fn audited() -> (Api, String) {
    let api = Api::new();
    let checks = json!({POLICIES: {"enabled": true}, LOGGING: {"enabled": true}});
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": checks}),
    );
    let broad =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#;
    for name in ["a", "b"] {
        api.call("CreatePolicy", json!({"policyName": name, "policyDocument": broad}));
    }
    let id = audit(&api);
    (api, id)
}

fn audit(api: &Api) -> String {
    let answer = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [POLICIES, LOGGING]}));
    api.run_audits();
    answer["taskId"].as_str().unwrap().to_owned()
}

fn list(api: &Api, input: Value) -> Vec<Value> {
    api.pages("ListAuditFindings", input).concat()
}

#[test]
fn a_finding_has_the_shape_of_aws() {
    let (api, task) = audited();
    let found = list(&api, json!({"taskId": task, "checkName": POLICIES})).remove(0);
    let id = found["findingId"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    let seconds = NOW_MS / 1000;
    let expected = json!({
        "findingId": id, "taskId": task, "checkName": POLICIES, "taskStartTime": seconds, "findingTime": seconds,
        "severity": "CRITICAL",
        "nonCompliantResource": {"resourceType": "IOT_POLICY",
            "resourceIdentifier": {"policyVersionIdentifier": {"policyName": "a", "policyVersionId": "1"}},
            "additionalInfo": found["nonCompliantResource"]["additionalInfo"]},
        "relatedResources": [],
        "reasonForNonCompliance": "Policy allows broad access to IoT data plane actions: [iot:Connect].",
        "reasonForNonComplianceCode": "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS",
        "isSuppressed": false,
    });
    assert_eq!(found, expected);
    assert_eq!(api.call("DescribeAuditFinding", json!({"findingId": id}))["finding"], expected);
    assert_eq!(
        api.error("DescribeAuditFinding", json!({"findingId": "none"})),
        Code::ResourceNotFoundException
    );
}

#[test]
fn findings_are_filtered_and_paged() {
    let (mut api, task) = audited();
    api.advance_seconds(60);
    audit(&api);
    let count = |input: Value| list(&api, input).len();
    assert_eq!(count(json!({"taskId": task})), 3);
    assert_eq!(count(json!({"taskId": task, "maxResults": 1})), 3);
    assert_eq!(count(json!({"taskId": task, "checkName": LOGGING})), 1);
    let seconds = NOW_MS / 1000;
    let period = |more: Value| {
        let mut input = json!({"startTime": seconds, "endTime": seconds + 60});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    assert_eq!(count(period(json!({}))), 6);
    assert_eq!(count(period(json!({"maxResults": 4}))), 6);
    assert_eq!(count(period(json!({"endTime": seconds + 59}))), 3);
    let version = json!({"policyVersionIdentifier": {"policyName": "a", "policyVersionId": "1"}});
    assert_eq!(count(period(json!({"resourceIdentifier": version}))), 2);
    assert_eq!(
        count(period(json!({"resourceIdentifier": {"policyVersionIdentifier": {"policyName": "b"}}}))),
        2
    );
    assert_eq!(
        count(period(json!({"resourceIdentifier": {"account": "123456789012"}, "checkName": LOGGING}))),
        2
    );
    assert_eq!(count(period(json!({"listSuppressedFindings": true}))), 0);
    assert_eq!(count(period(json!({"listSuppressedFindings": false}))), 6);
}

#[test]
fn either_a_task_or_a_time_is_named() {
    let (api, task) = audited();
    let bad = [
        json!({}),
        json!({"checkName": POLICIES}),
        json!({"startTime": 1}),
        json!({"endTime": 1}),
        json!({"taskId": task, "startTime": 1, "endTime": 2}),
        json!({"taskId": task, "endTime": 2}),
        json!({"startTime": 2, "endTime": 1}),
        json!({"taskId": "none"}),
        json!({"taskId": task, "checkName": "NO_SUCH_CHECK"}),
        json!({"taskId": task, "resourceIdentifier": {}}),
    ];
    for input in bad {
        assert_eq!(api.error("ListAuditFindings", input), Code::InvalidRequestException);
    }
}

fn with_related(api: &Api, resource_type: &str, identifier: Value, count: usize) {
    let client = |number: usize| AuditedResource {
        resource_type: "CLIENT_ID".to_owned(),
        identifier: json!({"clientId": number.to_string()}),
        additional: [("CONNECTION_TIME".to_owned(), "1".to_owned())].into(),
    };
    let resource =
        AuditedResource { resource_type: resource_type.to_owned(), identifier, additional: [].into() };
    let record = RunFinding {
        id: resource_type.to_owned(),
        resource,
        related: (0..count).map(client).collect(),
        ..samples::finding("t", 1, "C", resource_type)
    };
    api.write(move |store| samples::put(store, &record));
}

#[test]
fn related_resources_beyond_ten_are_listed_page_by_page() {
    let api = Api::new();
    let certificate = "ab".repeat(32);
    with_related(&api, "DEVICE_CERTIFICATE", json!({"deviceCertificateId": certificate}), 23);
    with_related(
        &api,
        "ISSUER_CERTIFICATE",
        json!({"issuerCertificateIdentifier": {"issuerId": certificate}}),
        3,
    );
    let shown = |id: &str| {
        let answer = api.call("DescribeAuditFinding", json!({"findingId": id}));
        answer["finding"]["relatedResources"].as_array().unwrap().len()
    };
    assert_eq!((shown("DEVICE_CERTIFICATE"), shown("ISSUER_CERTIFICATE")), (10, 0));
    let listed = |id: &str, limit: i32| -> Vec<String> {
        let pages =
            api.pages("ListRelatedResourcesForAuditFinding", json!({"findingId": id, "maxResults": limit}));
        let clients = pages.concat();
        clients.iter().map(|one| one["resourceIdentifier"]["clientId"].as_str().unwrap().to_owned()).collect()
    };
    let numbers = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    assert_eq!(listed("DEVICE_CERTIFICATE", 10), numbers(23));
    assert_eq!(listed("ISSUER_CERTIFICATE", 250), numbers(3));
    let code = api.error("ListRelatedResourcesForAuditFinding", json!({"findingId": "none"}));
    assert_eq!(code, Code::ResourceNotFoundException);
}
