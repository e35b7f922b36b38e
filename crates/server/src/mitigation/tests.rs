//! Tasks from their start to the verdict of the checks.

use serde_json::{Value, json};
use thingwarden_store::records::{
    Certificate, Delivery, Message, MitigationExecution, MitigationProgress, MitigationStage, MitigationTask,
    Policy, ThingPrincipal, Topic, Verified,
};
use thingwarden_store::{Filter, TrailQuery};

use crate::api::testing::Api;
use crate::audits::findings;
use crate::mitigation::role::tests::{add, role, trusts};

pub(crate) const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
pub(crate) const LOGGING: &str = "LOGGING_DISABLED_CHECK";
pub(crate) const CERTIFICATES: &str = "DEVICE_CERTIFICATE_AGE_CHECK";
const BROAD: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#;
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:findings";

/// An account with something to mitigate, an audit that found it, and an action of each kind.
pub(crate) struct Fleet {
    pub(crate) api: Api,
    pub(crate) audit: String,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        Self::of(Api::new())
    }

    pub(crate) fn of(mut api: Api) -> Self {
        let allowed = [
            "iot:UpdateCertificate",
            "iot:UpdateCACertificate",
            "iot:ListPrincipalThings",
            "iot:AddThingToThingGroup",
            "iot:CreatePolicyVersion",
            "iot:DeletePolicyVersion",
            "iot:SetV2LoggingOptions",
            "iam:PassRole",
            "sns:Publish",
        ];
        let ours = trusts("iot.amazonaws.com");
        let foreign = trusts("lambda.amazonaws.com");
        add(
            &api,
            vec![
                role("mitigate", &ours, &allowed),
                role("reader", &ours, &["iot:Describe*", "iot:List*"]),
                role("foreign", &foreign, &allowed),
            ],
        );
        action(
            &api,
            "deactivate",
            "mitigate",
            json!({"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}),
        );
        action(
            &api,
            "join",
            "mitigate",
            json!({"addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}}),
        );
        action(
            &api,
            "blank",
            "mitigate",
            json!({"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}}),
        );
        action(
            &api,
            "least",
            "mitigate",
            json!({"replaceDefaultPolicyVersionParams": {"templateName": "LEAST_PRIVILEGE"}}),
        );
        let logging = json!({"roleArnForLogging": "arn:aws:iam::123456789012:role/log", "logLevel": "WARN"});
        action(&api, "log", "mitigate", json!({"enableIoTLoggingParams": logging}));
        action(&api, "tell", "mitigate", json!({"publishFindingToSnsParams": {"topicArn": TOPIC}}));
        action(&api, "unable", "reader", json!({"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}));
        let on = json!({"enabled": true});
        let checks = json!({POLICIES: on, LOGGING: on, CERTIFICATES: on});
        api.call(
            "UpdateAccountAuditConfiguration",
            json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": checks}),
        );
        api.call("CreateThingGroup", json!({"thingGroupName": "quarantine"}));
        api.call("CreatePolicy", json!({"policyName": "broad", "policyDocument": BROAD}));
        let made = api.call("CreateKeysAndCertificate", json!({"setAsActive": true}));
        for thing in ["one", "two"] {
            api.call("CreateThing", json!({"thingName": thing}));
            let attach = json!({"thingName": thing, "principal": made["certificateArn"]});
            api.call("AttachThingPrincipal", attach);
        }
        // Old enough for the check.
        api.advance_seconds(500 * 86_400);
        let audit = Self::audit(&api);
        Self { api, audit }
    }

    /// What an audit of all checks is called, when it has ended.
    pub(crate) fn audit(api: &Api) -> String {
        let input = json!({"targetCheckNames": [POLICIES, LOGGING, CERTIFICATES]});
        let id = api.call("StartOnDemandAuditTask", input)["taskId"].as_str().unwrap().to_owned();
        api.run_audits();
        id
    }

    /// The finding of a check.
    pub(crate) fn finding(&self, check: &str) -> String {
        let found = self.api.call("ListAuditFindings", json!({"taskId": self.audit, "checkName": check}));
        let [one] = found["findings"].as_array().unwrap().as_slice() else { panic!("{found}") };
        one["findingId"].as_str().unwrap().to_owned()
    }

    /// Runs a task on a check's finding with these actions, to its end.
    pub(crate) fn run(&self, check: &str, actions: &[&str]) -> Value {
        self.start("task", check, actions);
        self.api.run_mitigation();
        self.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "task"}))
    }

    fn start(&self, task: &str, check: &str, actions: &[&str]) {
        self.api.call(
            "StartAuditMitigationActionsTask",
            json!({
                "taskId": task, "target": {"auditTaskId": self.audit}, "auditCheckToActionsMapping": {check: actions},
                "clientRequestToken": task,
            }),
        );
    }

    /// (status, error code, message) of the executions on a check's finding.
    fn executions(&self, check: &str) -> Vec<(String, String, String)> {
        let input = json!({"taskId": "task", "findingId": self.finding(check)});
        let answer = self.api.call("ListAuditMitigationActionsExecutions", input);
        let text = |one: &Value, member: &str| one[member].as_str().unwrap_or_default().to_owned();
        let executions = answer["actionsExecutions"].as_array().unwrap().iter();
        executions.map(|one| (text(one, "status"), text(one, "errorCode"), text(one, "message"))).collect()
    }

    fn records(&self) -> Vec<MitigationExecution> {
        self.api.read(|store| store.all::<MitigationExecution>(&[Filter::eq("task", "task")]))
    }

    fn policy(&self) -> (String, Value) {
        let found = self.api.call("GetPolicy", json!({"policyName": "broad"}));
        let document = serde_json::from_str(found["policyDocument"].as_str().unwrap()).unwrap();
        (found["defaultVersionId"].as_str().unwrap().to_owned(), document)
    }

    fn certificate(&self) -> Certificate {
        self.api.read(|store| store.all::<Certificate>(&[])).remove(0)
    }
}

fn action(api: &Api, name: &str, role: &str, params: Value) {
    let arn = format!("arn:aws:iam::123456789012:role/{role}");
    api.call("CreateMitigationAction", json!({"actionName": name, "roleArn": arn, "actionParams": params}));
}

/// (total, succeeded, failed, skipped, canceled) of a check's findings.
fn counts(task: &Value, check: &str) -> [u64; 5] {
    let statistics = &task["taskStatistics"][check];
    ["total", "succeeded", "failed", "skipped", "canceled"]
        .map(|what| statistics[format!("{what}FindingsCount")].as_u64().unwrap())
}

#[test]
fn a_certificate_is_deactivated_and_its_things_join_a_group() {
    let fleet = Fleet::new();
    let task = fleet.run(CERTIFICATES, &["join", "deactivate"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(CERTIFICATES));
    assert_eq!(counts(&task, CERTIFICATES), [1, 1, 0, 0, 0]);
    assert_eq!(fleet.certificate().status, "INACTIVE");
    let things = fleet.api.call("ListThingsInThingGroup", json!({"thingGroupName": "quarantine"}));
    assert_eq!(things["things"], json!(["one", "two"]));
    let [join, deactivate] = fleet.records().try_into().unwrap();
    let kinds = |of: &MitigationExecution| -> Vec<String> {
        of.changes.iter().map(|change| change.kind.clone()).collect()
    };
    assert_eq!(kinds(&join), ["thing_group_member", "thing_group_member"]);
    assert!(join.changes.iter().all(|change| change.before.is_none() && change.after.is_some()));
    assert_eq!(kinds(&deactivate), ["certificate"]);
    let [change] = deactivate.changes.try_into().unwrap();
    assert_eq!(change.before.unwrap()["status"], "ACTIVE");
    assert_eq!(change.after.unwrap(), serde_json::to_value(fleet.certificate()).unwrap());
    assert_eq!((join.verified, deactivate.verified), (Some(Verified::Fixed), Some(Verified::Fixed)));
}

#[test]
fn what_is_done_is_done_in_the_name_of_the_role_and_of_the_task() {
    let fleet = Fleet::new();
    fleet.run(CERTIFICATES, &["deactivate"]);
    let query =
        TrailQuery { request_id: Some("task"), kind: Some("certificate"), limit: 9, ..TrailQuery::default() };
    let [entry] = fleet.api.read(|store| store.trail(&query)).try_into().unwrap();
    assert_eq!(entry.principal, "arn:aws:sts::123456789012:assumed-role/mitigate/thingwarden");
    assert_eq!(entry.operation, "iot:UpdateCertificate");
}

#[test]
fn a_policy_becomes_blank_once() {
    let fleet = Fleet::new();
    let task = fleet.run(POLICIES, &["blank"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(POLICIES));
    let blank = json!({"Version": "2012-10-17", "Statement": []});
    assert_eq!(fleet.policy(), ("2".to_owned(), blank.clone()));
    let [execution] = fleet.records().try_into().unwrap();
    let mut kinds: Vec<&str> = execution.changes.iter().map(|change| &*change.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["policy", "policy_verdict", "policy_verdict", "policy_version"]);
    assert_eq!(execution.verified, Some(Verified::Fixed));
    fleet.start("again", POLICIES, &["blank"]);
    fleet.api.run_mitigation();
    let again = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "again"}));
    assert_eq!((&again["taskStatus"], fleet.policy()), (&json!("COMPLETED"), ("2".to_owned(), blank)));
}

#[test]
fn the_template_of_least_privilege_is_no_finding() {
    let fleet = Fleet::new();
    let task = fleet.run(POLICIES, &["least"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(POLICIES));
    let (_, document) = fleet.policy();
    let resources: Vec<&Value> =
        document["Statement"].as_array().unwrap().iter().map(|one| &one["Resource"]).collect();
    let thing = "${iot:Connection.Thing.ThingName}";
    let home = "arn:aws:iot:us-east-1:123456789012";
    assert_eq!(resources[0], &json!(format!("{home}:client/{thing}")));
    let shadow = format!("$aws/things/{thing}/shadow");
    assert_eq!(
        resources[1],
        &json!([format!("{home}:topic/{shadow}/update"), format!("{home}:topic/{shadow}/get")])
    );
    assert_eq!(resources[2], &json!(format!("{home}:topicfilter/{shadow}/*")));
    assert_eq!(resources[3], &json!(format!("{home}:topic/{shadow}/*")));
    assert_eq!(fleet.records()[0].verified, Some(Verified::Fixed));
    let audit = Fleet::audit(&fleet.api);
    let found = fleet.api.call("ListAuditFindings", json!({"taskId": audit, "checkName": POLICIES}));
    assert_eq!(found["findings"], json!([]));
}

#[test]
fn a_policy_that_moved_on_is_left_alone() {
    let fleet = Fleet::new();
    let newer = json!({"policyName": "broad", "policyDocument": BROAD.replace("Connect", "Publish"), "setAsDefault": true});
    fleet.api.call("CreatePolicyVersion", newer);
    let task = fleet.run(POLICIES, &["blank"]);
    assert_eq!(task["taskStatus"], "FAILED");
    let [(_, code, message)] = fleet.executions(POLICIES).try_into().unwrap();
    assert_eq!(code, "InvalidRequestException");
    assert!(message.contains("version 2 in force"), "{message}");
    assert_eq!(fleet.policy().0, "2");
}

/// With as many versions as there may be, of which the second is the oldest that is not in force.
fn full(api: Api) -> Fleet {
    let fleet = Fleet::of(api);
    for _ in 0..4 {
        fleet.api.call("CreatePolicyVersion", json!({"policyName": "broad", "policyDocument": BROAD}));
    }
    fleet
}

#[test]
fn a_policy_without_room_fails_unless_the_settings_say_otherwise() {
    let fleet = full(Api::new());
    let task = fleet.run(POLICIES, &["blank"]);
    assert_eq!(task["taskStatus"], "FAILED");
    let [(_, code, message)] = fleet.executions(POLICIES).try_into().unwrap();
    assert_eq!(code, "VersionsLimitExceededException");
    assert!(message.contains("maximum number of versions"), "{message}");
    assert_eq!(fleet.policy().0, "1");
    assert_eq!(fleet.records()[0].verified, Some(Verified::NotFixed));

    let mut api = Api::new();
    api.app_mut().mitigation.delete_oldest_version = true;
    let fleet = full(api);
    let task = fleet.run(POLICIES, &["blank"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(POLICIES));
    assert_eq!(fleet.policy().0, "6");
    let [execution] = fleet.records().try_into().unwrap();
    let gone: Vec<&str> =
        execution.changes.iter().filter(|change| change.after.is_none()).map(|change| &*change.id).collect();
    // The version and the verdict on it.
    assert_eq!(gone, ["broad\u{1f}2", "broad\u{1f}2"]);
    assert!(execution.message.unwrap().contains("version 2 of policy `broad` was deleted"));
}

#[test]
fn logging_is_enabled_with_the_role_that_is_passed() {
    let fleet = Fleet::new();
    let task = fleet.run(LOGGING, &["log"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(LOGGING));
    let options = fleet.api.call("GetV2LoggingOptions", json!({}));
    assert_eq!((&options["defaultLogLevel"], &options["disableAllLogs"]), (&json!("WARN"), &json!(false)));
    assert_eq!(options["roleArn"], "arn:aws:iam::123456789012:role/log");
    assert_eq!(fleet.records()[0].verified, Some(Verified::Fixed));
}

#[test]
fn a_finding_is_published_as_aws_publishes_it() {
    let fleet = Fleet::new();
    let task = fleet.run(POLICIES, &["tell"]);
    assert_eq!(task["taskStatus"], "COMPLETED", "{:?}", fleet.executions(POLICIES));
    let (messages, deliveries) =
        fleet.api.read(|store| Ok((store.all::<Message>(&[])?, store.all::<Delivery>(&[])?)));
    let ([message], [delivery]) = (messages.as_slice(), deliveries.as_slice()) else {
        panic!("{messages:?}")
    };
    assert_eq!((&*delivery.target, &message.subject), (&*format!("sns:{TOPIC}"), &None));
    let finding = fleet.api.read(|store| findings::get(store, &fleet.finding(POLICIES))).unwrap();
    let expected = format!(
        concat!(
            r#"{{"findingId":"{id}","findingTime":{now},"severity":"CRITICAL","taskStartTime":{now},"#,
            r#""nonCompliantResource":{{"resourceType":"IOT_POLICY","resourceIdentifier":"#,
            r#"{{"policyVersionIdentifier":{{"policyName":"broad","policyVersionId":"1"}}}},"#,
            r#""additionalInfo":{{"ALLOWED_FOR_EXAMPLE":"iot:Connect arn:aws:iot:us-east-1:123456789012:client/x"}}}},"#,
            r#""taskId":"{audit}","#,
            r#""checkName":"{check}","reasonForNonComplianceCode":"ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS","#,
            r#""reasonForNonCompliance":"{reason}"}}"#
        ),
        id = finding.id,
        now = fleet.api.now_ms(),
        audit = fleet.audit,
        check = POLICIES,
        reason = finding.reason,
    );
    assert_eq!(message.message, expected);
    assert_eq!(fleet.records()[0].changes, []);
    assert_eq!(fleet.records()[0].verified, Some(Verified::NotFixed));
}

#[test]
fn what_follows_a_failure_is_skipped_for_that_finding_only() {
    let fleet = Fleet::new();
    fleet.api.call(
        "StartAuditMitigationActionsTask",
        json!({
            "taskId": "task", "target": {"auditTaskId": fleet.audit}, "clientRequestToken": "t",
            "auditCheckToActionsMapping": {CERTIFICATES: ["join", "unable", "deactivate", "tell"], LOGGING: ["log"]},
        }),
    );
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "task"}));
    assert_eq!(task["taskStatus"], "FAILED");
    assert_eq!(counts(&task, CERTIFICATES), [1, 0, 1, 0, 0]);
    assert_eq!(counts(&task, LOGGING), [1, 1, 0, 0, 0]);
    let executions = fleet.executions(CERTIFICATES);
    let statuses: Vec<&str> = executions.iter().map(|(status, ..)| &**status).collect();
    assert_eq!(statuses, ["COMPLETED", "FAILED", "SKIPPED", "SKIPPED"]);
    assert_eq!(executions[1].1, "AccessDeniedException");
    assert!(
        executions[1]
            .2
            .contains("assumed-role/reader/thingwarden is not authorized to perform: iot:UpdateCertificate")
    );
    assert!(executions[2].2.contains("`unable`, which comes before, failed"));
    assert_eq!(fleet.certificate().status, "ACTIVE");
}

#[test]
fn a_role_that_is_gone_or_somebody_elses_fails_the_execution() {
    let fleet = Fleet::new();
    action(&fleet.api, "gone", "no-such", json!({"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}));
    action(
        &fleet.api,
        "strange",
        "foreign",
        json!({"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}),
    );
    fleet.run(CERTIFICATES, &["gone"]);
    let [(status, code, message)] = fleet.executions(CERTIFICATES).try_into().unwrap();
    assert_eq!((&*status, &*code), ("FAILED", "ResourceNotFoundException"));
    assert!(message.contains("role/no-such` does not exist"), "{message}");
    fleet.start("other", CERTIFICATES, &["strange"]);
    fleet.api.run_mitigation();
    let executions = fleet.api.read(|store| store.all::<MitigationExecution>(&[Filter::eq("task", "other")]));
    assert_eq!(executions[0].error_code.as_deref(), Some("AccessDeniedException"));
    assert!(executions[0].message.as_deref().unwrap().contains("does not let iot.amazonaws.com assume it"));
}

#[test]
fn a_failed_execution_leaves_nothing_half_done() {
    let fleet = Fleet::new();
    let groups = json!({"thingGroupNames": ["quarantine", "no-such"]});
    action(&fleet.api, "join-two", "mitigate", json!({"addThingsToThingGroupParams": groups}));
    let task = fleet.run(CERTIFICATES, &["join-two"]);
    assert_eq!(task["taskStatus"], "FAILED");
    let things = fleet.api.call("ListThingsInThingGroup", json!({"thingGroupName": "quarantine"}));
    assert_eq!(things["things"], json!([]));
    assert_eq!(fleet.records()[0].changes, []);
}

#[test]
fn a_certificate_of_more_things_than_one_execution_moves_fails_and_moves_none() {
    let fleet = Fleet::new();
    let principal = format!("arn:aws:iot:us-east-1:123456789012:cert/{}", fleet.certificate().id);
    fleet.api.write(move |store| {
        for number in 0..1000 {
            let thing = format!("more-{number}");
            let attached = store.all::<ThingPrincipal>(&[Filter::eq("thing", "one")])?.remove(0);
            store.insert(&ThingPrincipal { thing, principal: principal.clone(), ..attached })?;
        }
        Ok(())
    });
    fleet.run(CERTIFICATES, &["join"]);
    let [(status, code, message)] = fleet.executions(CERTIFICATES).try_into().unwrap();
    assert_eq!((&*status, &*code), ("FAILED", "LimitExceededException"));
    assert!(message.contains("more than 1000 things are attached"), "{message}");
    let things = fleet.api.call("ListThingsInThingGroup", json!({"thingGroupName": "quarantine"}));
    assert_eq!(things["things"], json!([]));
}

#[test]
fn a_topic_that_is_deleted_between_two_findings_is_taken_for_one_of_aws() {
    let fleet = Fleet::new();
    fleet.api.write(|store| {
        store.insert(&Topic {
            name: "findings".to_owned(),
            attributes: Default::default(),
            policy: None,
            policy_ids: Default::default(),
            signature_version: 1,
            created_ms: 1,
        })
    });
    fleet.run(CERTIFICATES, &["tell"]);
    // It was here, and nobody had subscribed.
    assert_eq!(fleet.api.read(|store| store.count::<Delivery>(&[])), 0);
    fleet.api.write(|store| store.delete::<Topic>("findings").map(drop));
    fleet.start("other", POLICIES, &["tell"]);
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "other"}));
    assert_eq!((&task["taskStatus"], counts(&task, POLICIES)), (&json!("COMPLETED"), [1, 1, 0, 0, 0]));
    let deliveries = fleet.api.read(|store| store.all::<Delivery>(&[]));
    assert_eq!(deliveries.iter().map(|one| one.target.clone()).collect::<Vec<_>>(), [format!("sns:{TOPIC}")]);
}

#[test]
fn suppressed_findings_are_skipped() {
    let fleet = Fleet::new();
    let resource = json!({"deviceCertificateId": fleet.certificate().id});
    fleet.api.call(
        "CreateAuditSuppression",
        json!({"checkName": CERTIFICATES, "resourceIdentifier": resource, "suppressIndefinitely": true, "clientRequestToken": "s"}),
    );
    let task = fleet.run(CERTIFICATES, &["join", "deactivate"]);
    assert_eq!((&task["taskStatus"], counts(&task, CERTIFICATES)), (&json!("COMPLETED"), [1, 0, 0, 1, 0]));
    for (status, _, message) in fleet.executions(CERTIFICATES) {
        assert_eq!((&*status, &*message), ("SKIPPED", "the finding is suppressed"));
    }
    assert_eq!(fleet.certificate().status, "ACTIVE");
    assert_eq!(fleet.records()[0].verified, None);
}

#[test]
fn only_findings_with_the_reasons_of_the_filter_are_mitigated() {
    let fleet = Fleet::new();
    let filter = json!({CERTIFICATES: ["CERTIFICATE_PAST_AGE_THRESHOLD"]});
    fleet.api.call(
        "StartAuditMitigationActionsTask",
        json!({
            "taskId": "task", "clientRequestToken": "t",
            "target": {"auditTaskId": fleet.audit, "auditCheckToReasonCodeFilter": filter},
            "auditCheckToActionsMapping": {CERTIFICATES: ["deactivate"], LOGGING: ["log"]},
        }),
    );
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "task"}));
    assert_eq!((counts(&task, CERTIFICATES), counts(&task, LOGGING)), ([1, 1, 0, 0, 0], [0; 5]));
}

#[test]
fn a_canceled_task_says_what_ran_and_does_no_more() {
    let fleet = Fleet::new();
    fleet.start("task", CERTIFICATES, &["join", "deactivate"]);
    fleet.api.call("CancelAuditMitigationActionsTask", json!({"taskId": "task"}));
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "task"}));
    assert_eq!((&task["taskStatus"], &task["endTime"]), (&json!("CANCELED"), &task["startTime"]));
    assert_eq!(fleet.certificate().status, "ACTIVE");

    // One whose findings are named has its executions from the start.
    let named = json!({
        "taskId": "named", "target": {"findingIds": [fleet.finding(CERTIFICATES)]}, "clientRequestToken": "n",
        "auditCheckToActionsMapping": {CERTIFICATES: ["join", "deactivate"]},
    });
    fleet.api.call("StartAuditMitigationActionsTask", named);
    fleet.api.call("CancelAuditMitigationActionsTask", json!({"taskId": "named"}));
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "named"}));
    assert_eq!(counts(&task, CERTIFICATES), [1, 0, 0, 0, 1]);
    let input =
        json!({"taskId": "named", "findingId": fleet.finding(CERTIFICATES), "actionStatus": "CANCELED"});
    let canceled = fleet.api.call("ListAuditMitigationActionsExecutions", input);
    assert_eq!(canceled["actionsExecutions"].as_array().unwrap().len(), 2);
    let stage = fleet.api.read(|store| store.require::<MitigationProgress>("named")).stage;
    assert_eq!(stage, MitigationStage::Done);
}

#[test]
fn a_task_goes_on_where_a_killed_server_left_it() {
    let fleet = Fleet::new();
    fleet.start("task", CERTIFICATES, &["join", "deactivate"]);
    fleet.api.run_mitigation();
    // As it was after the first action.
    fleet.api.write(|store| {
        let mut task = store.require::<MitigationTask>("task")?;
        (task.status, task.ended_ms) = ("IN_PROGRESS".to_owned(), None);
        store.update(&task)?;
        let mut progress = store.require::<MitigationProgress>("task")?;
        (progress.stage, progress.after) = (MitigationStage::Executing, None);
        progress.counts.values_mut().for_each(|counts| counts.succeeded = 0);
        store.update(&progress)?;
        for mut execution in store.all::<MitigationExecution>(&[Filter::eq("task", "task")])? {
            execution.verified = None;
            if execution.action == "deactivate" {
                (execution.status, execution.ended_ms) = ("PENDING".to_owned(), None);
                execution.changes = vec![];
            }
            store.update(&execution)?;
        }
        let certificate = store.all::<Certificate>(&[])?.remove(0);
        store.update(&Certificate { status: "ACTIVE".to_owned(), ..certificate })
    });
    fleet.api.run_mitigation();
    let task = fleet.api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "task"}));
    assert_eq!((&task["taskStatus"], counts(&task, CERTIFICATES)), (&json!("COMPLETED"), [1, 1, 0, 0, 0]));
    assert_eq!(fleet.certificate().status, "INACTIVE");
    assert!(fleet.records().iter().all(|one| one.verified == Some(Verified::Fixed)));
}

#[test]
fn a_thousand_findings_are_mitigated_and_verified() {
    let fleet = Fleet::new();
    fleet.api.write(|store| {
        let template = store.all::<Certificate>(&[])?.remove(0);
        for number in 0..1000 {
            store.insert(&Certificate { id: format!("{number:064x}"), ..template.clone() })?;
        }
        Ok(())
    });
    let fleet = Fleet { audit: Fleet::audit(&fleet.api), ..fleet };
    let task = fleet.run(CERTIFICATES, &["deactivate"]);
    assert_eq!(
        (&task["taskStatus"], counts(&task, CERTIFICATES)),
        (&json!("COMPLETED"), [1001, 1001, 0, 0, 0])
    );
    let active = fleet.api.read(|store| store.count::<Certificate>(&[Filter::eq("status", "ACTIVE")]));
    assert_eq!(active, 0);
    assert!(fleet.records().iter().all(|one| one.verified == Some(Verified::Fixed)));
}

#[test]
fn an_action_is_as_it_was_when_the_task_began() {
    let fleet = Fleet::new();
    fleet.start("task", POLICIES, &["blank"]);
    fleet.api.call("DeleteMitigationAction", json!({"actionName": "blank"}));
    fleet.api.run_mitigation();
    assert_eq!(fleet.api.read(|store| store.require::<Policy>("broad")).default_version, 2);
}
