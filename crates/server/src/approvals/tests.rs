//! From the end of an audit to the end of a task, a step at a time; and callbacks as they come from the listener.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use thingwarden_engine::audit::checks::ALL;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    Approval, ApprovalDraft, ApprovalMark, ApprovalMessage, ApprovalNews, ApprovalState, MitigationTask,
};

use super::approver::tests::{slack, webhook};
use super::worker::Worker;
use super::{Approvals, Verdict, decide, public};
use crate::api::testing::Api;
use crate::audits::findings::{self, RunFinding, samples};
use crate::http::{Request, RequestId, Response, Stop};
use crate::mitigation::tests::{CERTIFICATES, Fleet, LOGGING, POLICIES};
use crate::sinks::signature::signature;

const SECRET: &str = "0123456789abcdef";
const REVIEW: &str = "[[approvals]]\nchecks = [\"IOT_POLICY_OVERLY_PERMISSIVE_CHECK\"]\nmode = \"review\"\nactions = [\"blank\"]\n";
const APPROVERS: &str = "[[approvers]]\nname = \"chat\"\ntype = \"slack\"\nurl_env = \"U\"\nsigning_secret_env = \"S\"\nusers = [\"U024BE7LH\"]\n\
    [[approvers]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"https://hook.example/in\"\nsecret_env = \"S\"\nusers = [\"alice\"]\n";
const AUTO: &str = "[[approvals]]\nmode = \"auto\"\nactions = [\"deactivate\"]\n";

/// A fleet that was audited once, with these rules and an approver of each kind.
fn fleet(rules: &str) -> Fleet {
    let text = format!("{rules}{APPROVERS}");
    let rules = crate::config::audit::parse("f", &text, ALL).unwrap().approvals;
    let approvers = vec![slack("chat", SECRET, &["U024BE7LH"]), webhook("hook", SECRET, &["alice"])];
    Fleet::of(Api::with(|app| app.approvals = Approvals { rules, approvers }))
}

/// Does all the work of approvals that there is.
fn work(api: &Api) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let now_ms = api.now_ms();
    let (app, handle) = (api.app(), runtime.handle().clone());
    let worker = Worker { app, stop: Stop::new().1, runtime: handle, now_ms: move || now_ms };
    worker.work().unwrap();
    worker.work().unwrap();
}

fn approvals(api: &Api) -> Vec<Approval> {
    assert_eq!(api.read(|store| store.count::<ApprovalDraft>(&[])), 0);
    api.read(|store| store.all::<Approval>(&[]))
}

fn the_one(api: &Api) -> Approval {
    let [one] = approvals(api).try_into().unwrap();
    one
}

fn say(api: &Api, id: &str, approves: bool) -> Result<Approval, String> {
    let id = id.to_owned();
    let decided =
        api.try_write(move |store| decide(store, &id, Verdict { approves, name: None, reason: None }));
    decided.map_err(|error| error.told.message)
}

#[test]
fn without_rules_an_audit_leaves_nothing() {
    let fleet = fleet("");
    work(&fleet.api);
    assert!(approvals(&fleet.api).is_empty());
    assert_eq!(fleet.api.read(|store| store.count::<ApprovalMark>(&[])), 0);
}

#[test]
fn a_review_has_its_plan_and_is_done_when_somebody_approves() {
    let fleet = fleet(&format!("{REVIEW}approvers = []\n"));
    assert_eq!(fleet.api.read(|store| store.count::<ApprovalDraft>(&[])), 1, "with the end of the audit");
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    assert_eq!((asked.state, asked.findings, &*asked.audit_task), (ApprovalState::Pending, 1, &*fleet.audit));
    assert_eq!(asked.resources[0].name, "broad:1");
    assert!(asked.resources[0].planned[0].starts_with("blank would change"), "{:?}", asked.resources);
    say(&fleet.api, &asked.id, true).unwrap();
    assert!(
        say(&fleet.api, &asked.id, true)
            .unwrap_err()
            .contains("was decided already: it is approved, by arn:aws:iam")
    );
    work(&fleet.api);
    let task: MitigationTask = fleet.api.read(|store| store.require(&asked.id));
    assert_eq!((task.approval.as_deref(), &*task.actions[0].name), (Some(&*asked.id), "blank"));
    fleet.api.run_mitigation();
    work(&fleet.api);
    let done = the_one(&fleet.api);
    let outcome = done.outcome.unwrap();
    assert_eq!(
        (done.state, &*outcome.status, outcome.succeeded, outcome.fixed),
        (ApprovalState::Done, "COMPLETED", 1, 1)
    );
    assert!(say(&fleet.api, "approval-0", true).unwrap_err().contains("does not exist"));
}

#[test]
fn what_was_denied_is_not_asked_again_and_what_expired_is() {
    let mut fleet = fleet(&format!("{REVIEW}expires = \"1h\"\n"));
    work(&fleet.api);
    say(&fleet.api, &the_one(&fleet.api).id, false).unwrap();
    Fleet::audit(&fleet.api);
    work(&fleet.api);
    assert_eq!(the_one(&fleet.api).state, ApprovalState::Denied);

    fleet = self::fleet(&format!("{REVIEW}expires = \"1h\"\n"));
    work(&fleet.api);
    Fleet::audit(&fleet.api);
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    assert_eq!(asked.state, ApprovalState::Pending, "it waits: nobody is asked twice");
    fleet.api.advance_seconds(3600);
    assert!(say(&fleet.api, &asked.id, true).unwrap_err().contains("has expired"));
    work(&fleet.api);
    assert_eq!(the_one(&fleet.api).state, ApprovalState::Expired);
    Fleet::audit(&fleet.api);
    work(&fleet.api);
    let states: Vec<_> = approvals(&fleet.api).iter().map(|one| one.state).collect();
    assert_eq!(states, [ApprovalState::Expired, ApprovalState::Pending]);
}

#[test]
fn a_rule_without_checks_is_for_those_that_its_actions_apply_to() {
    let fleet = fleet(AUTO);
    work(&fleet.api);
    let begun = the_one(&fleet.api);
    assert_eq!((&*begun.check, begun.state), (CERTIFICATES, ApprovalState::Approved));
    assert_eq!(begun.decided.unwrap().by, "thingwarden:approvals");
    fleet.api.run_mitigation();
    work(&fleet.api);
    assert_eq!(the_one(&fleet.api).state, ApprovalState::Done);
    let named = self::fleet(&AUTO.replace("mode", &format!("checks = [\"{LOGGING}\"]\nmode")));
    work(&named.api);
    let failed = the_one(&named.api);
    assert_eq!(failed.state, ApprovalState::Failed);
    assert!(failed.error.unwrap().contains("does not apply to findings of `LOGGING_DISABLED_CHECK`"));
}

#[test]
fn tasks_wait_for_room() {
    let fleet = fleet(&format!("{AUTO}{REVIEW}").replace("review", "auto"));
    let mut one = json!({"taskId": "t", "target": {"auditTaskId": fleet.audit}, "auditCheckToActionsMapping": {LOGGING: ["tell"]}, "clientRequestToken": "t"});
    for number in 0..9 {
        one["taskId"] = json!(format!("t{number}"));
        one["clientRequestToken"] = one["taskId"].clone();
        fleet.api.call("StartAuditMitigationActionsTask", one.clone());
    }
    work(&fleet.api);
    let running = |api: &Api| api.read(|store| store.count::<MitigationTask>(&[]));
    assert_eq!(running(&fleet.api), 10);
    fleet.api.run_mitigation();
    work(&fleet.api);
    assert_eq!(running(&fleet.api), 11);
    fleet.api.run_mitigation();
    work(&fleet.api);
    assert!(approvals(&fleet.api).iter().all(|one| one.state == ApprovalState::Done));
}

#[test]
fn a_suppressed_finding_is_not_asked_about() {
    let fleet = fleet("");
    let found = fleet.api.call("ListAuditFindings", json!({"taskId": fleet.audit, "checkName": POLICIES}));
    let resource = &found["findings"][0]["nonCompliantResource"]["resourceIdentifier"];
    let draft = |api: &Api| {
        let rules = crate::config::audit::parse("f", REVIEW, ALL).unwrap().approvals;
        let check = thingwarden_engine::audit::checks::find(POLICIES).unwrap();
        let task = api.read(|store| store.require(&fleet.audit));
        let approval = super::approval(&api.scope(), &task, check, &rules[0], api.now_ms());
        api.write(move |store| store.put(&ApprovalDraft { approval, after: None, complete: false }));
    };
    let input = json!({"checkName": POLICIES, "resourceIdentifier": resource, "suppressIndefinitely": true, "clientRequestToken": "s"});
    fleet.api.call("CreateAuditSuppression", input);
    draft(&fleet.api);
    work(&fleet.api);
    assert!(approvals(&fleet.api).is_empty());
    fleet.api.call("DeleteAuditSuppression", json!({"checkName": POLICIES, "resourceIdentifier": resource}));
    draft(&fleet.api);
    work(&fleet.api);
    assert_eq!(the_one(&fleet.api).findings, 1);
}

#[test]
fn ten_thousand_findings_are_one_question() {
    const MANY: usize = 10_000;
    let fleet = fleet(&format!("{REVIEW}approvers = [\"chat\"]\n"));
    let found = fleet.api.read(|store| findings::get(store, &fleet.finding(POLICIES))).unwrap();
    fleet.api.write(move |store| {
        let more = (1..MANY).map(|number| RunFinding {
            id: format!("f{number}"),
            resource_key: format!("{}{number}", found.resource_key),
            ..found.clone()
        });
        more.into_iter().try_for_each(|finding| samples::put(store, &finding))
    });
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    assert_eq!((asked.findings, asked.resources.len()), (MANY as u64, 10));
    assert_eq!(fleet.api.read(|store| store.count::<ApprovalMark>(&[])), MANY as u64);
    assert_eq!(fleet.api.read(|store| store.count::<ApprovalMessage>(&[])), 1);
    let message = super::message::for_slack(&fleet.api.scope(), &asked);
    assert!(message.to_string().contains("and 9,990 findings more"));
}

fn request(fleet: &Fleet, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Request {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.insert(*name, value.parse().unwrap());
    }
    Request {
        method: Method::POST,
        path: path.to_owned(),
        query: String::new(),
        headers: all,
        body: Bytes::copy_from_slice(body),
        peer: ([192, 0, 2, 1], 5000).into(),
        secure: true,
        id: RequestId::random(),
        received: Timestamp::from_millis(fleet.api.now_ms()),
        takeover: Default::default(),
    }
}

fn sent(fleet: &Fleet, request: &Request) -> Option<Response> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(public(&fleet.api.app(), request))
}

fn answer(asked: &Approval, user: &str) -> Value {
    json!({
        "account": "123456789012", "region": "us-east-1", "approvalId": asked.id, "token": asked.token,
        "decision": "APPROVE", "user": user,
    })
}

fn signed(fleet: &Fleet, body: &Value, age_seconds: i64) -> Request {
    let stamp = (fleet.api.now_ms() / 1000 - age_seconds).to_string();
    let body = body.to_string();
    let headers = [
        ("x-thingwarden-signature", signature(SECRET.as_bytes(), &stamp, body.as_bytes())),
        ("x-thingwarden-timestamp", stamp),
    ];
    request(fleet, "/thingwarden/callbacks/webhook", &headers, body.as_bytes())
}

#[test]
fn a_signed_answer_counts_once_within_its_time() {
    let fleet = fleet(&format!("{REVIEW}approvers = [\"hook\"]\n"));
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    let message = || fleet.api.read(|store| store.all::<ApprovalMessage>(&[])).remove(0);
    assert_eq!((message().news, message().told), (ApprovalNews::Asked, ApprovalNews::Nothing));
    for age in [301, -301, i64::MAX / 2] {
        assert_eq!(sent(&fleet, &signed(&fleet, &answer(&asked, "alice"), age)), None, "{age}");
    }
    let mut tampered = signed(&fleet, &answer(&asked, "alice"), 0);
    tampered.body = Bytes::from_static(b"{}");
    assert_eq!(sent(&fleet, &tampered), None);
    let mut elsewhere = signed(&fleet, &answer(&asked, "alice"), 0);
    elsewhere.path = "/thingwarden/callbacks/slack".to_owned();
    assert_eq!(sent(&fleet, &elsewhere), None);
    assert_eq!(sent(&fleet, &signed(&fleet, &answer(&asked, "mallory"), 0)).unwrap().status, 403);
    let mut guessed = answer(&asked, "alice");
    guessed["token"] = json!("guess");
    assert_eq!(sent(&fleet, &signed(&fleet, &guessed, 0)).unwrap().status, 404);
    let good = signed(&fleet, &answer(&asked, "alice"), 300);
    assert_eq!(sent(&fleet, &good).unwrap().status, 200);
    assert_eq!(sent(&fleet, &good).unwrap().status, 409);
    assert_eq!(the_one(&fleet.api).decided.unwrap().by, "webhook:hook/alice");
    assert_eq!(message().news, ApprovalNews::Decided);
}

#[test]
fn an_approver_who_was_not_asked_has_no_say() {
    let fleet = fleet(&format!("{REVIEW}approvers = [\"chat\"]\n"));
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    assert_eq!(sent(&fleet, &signed(&fleet, &answer(&asked, "alice"), 0)).unwrap().status, 404);
    assert_eq!(the_one(&fleet.api).state, ApprovalState::Pending);
}

#[test]
fn old_approvals_go_and_open_ones_stay() {
    let fleet = fleet(&format!("{REVIEW}approvers = [\"chat\"]\n"));
    work(&fleet.api);
    let asked = the_one(&fleet.api);
    say(&fleet.api, &asked.id, false).unwrap();
    let mut open = asked.clone();
    open.id = "approval-open".to_owned();
    fleet.api.write(move |store| store.put(&open));
    let mut api = fleet.api;
    api.advance_seconds(91 * 86_400);
    api.auditor().clean(api.now_ms()).unwrap();
    let left: Vec<String> = approvals(&api).into_iter().map(|one| one.id).collect();
    assert_eq!(left, ["approval-open"]);
    assert_eq!(api.read(|store| store.count::<ApprovalMessage>(&[])), 0);
}
