//! Flows of STS.

use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::StsSession;
use thingwarden_store::{StoreError, TrailQuery};

use crate::iam::testing::{ACCOUNT, ADMIN, Server};

const NOTHING: &str = r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#;
const MAY_ASSUME: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/r"}}"#;

fn denied() -> (u16, String) {
    (403, "AccessDenied".to_owned())
}

fn trust(effect: &str, principal: &str, action: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Principal":{principal},"Action":"{action}"}}"#)
}

fn named_service() -> String {
    r#"{"Service":"iot.amazonaws.com"}"#.to_owned()
}

fn document(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn named(user: &str) -> String {
    format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:user/{user}"}}"#)
}

/// A server with the role `r`, which trusts user `u` by name; speaks as `u`.
fn with_role() -> (Server, String) {
    let mut server = Server::new();
    let key = server.user("u", NOTHING);
    let role = server.role("r", &document(&[trust("Allow", &named("u"), "sts:AssumeRole")]));
    server.call("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", ADMIN)]);
    server.speak_as(&key);
    (server, role)
}

#[test]
fn everybody_may_know_who_they_are() {
    let mut server = Server::new();
    let root = server.sts("GetCallerIdentity", &[]);
    assert_eq!(root.text("Arn"), format!("arn:aws:iam::{ACCOUNT}:root"));
    assert_eq!([root.text("UserId"), root.text("Account")], [ACCOUNT, ACCOUNT]);
    let key = server.user("u", r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
    server.speak_as(&key);
    let user = server.sts("GetCallerIdentity", &[]);
    assert!(user.text("UserId").starts_with("AIDA"));
    assert_eq!(server.sts_error("GetAccessKeyInfo", &[("AccessKeyId", &key)]), denied());
    server.speak_as_root();
    assert_eq!(server.sts("GetAccessKeyInfo", &[("AccessKeyId", &key)]).text("Account"), ACCOUNT);
}

#[test]
fn a_role_is_assumed_and_its_session_acts_for_it() {
    let (mut server, role) = with_role();
    let answer = server.sts("AssumeRole", &[("RoleArn", &role), ("RoleSessionName", "s-1")]);
    assert_eq!(answer.text("Expiration"), "2026-01-01T01:00:00Z");
    let session_arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/s-1");
    assert_eq!(answer.text("Arn"), session_arn);
    let key = answer.text("AccessKeyId");
    let credential = server.credential(&key).unwrap();
    let session = credential.session.unwrap();
    assert!(session.has_token(&answer.text("SessionToken")) && !session.has_token("other"));
    assert_eq!(session.expires, Timestamp::parse("2026-01-01T01:00:00Z").unwrap());
    server.speak_as(&key);
    assert_eq!(server.sts("GetCallerIdentity", &[]).text("Arn"), session_arn);
    server.call("ListUsers", &[]);
    server.call("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "p")]);
    server.speak_as(&key);
    assert_eq!(server.error("ListUsers", &[]), denied(), "the role's policies count as they are now");
    server.speak_as_root();
    server.call("DeleteRole", &[("RoleName", "r")]);
    assert!(server.credential(&key).is_none(), "a session ends with its role");
}

#[test]
fn secrets_are_not_in_the_trail() {
    let (server, role) = with_role();
    let answer = server.sts("AssumeRole", &[("RoleArn", &role), ("RoleSessionName", "s-1")]);
    let entries =
        server.cx.app.store.read(&server.cx.scope(), |store| {
            store.trail(&TrailQuery { limit: 100, ..TrailQuery::default() })
        });
    let trail = serde_json::to_string(&entries.unwrap()).unwrap();
    assert!(trail.contains(&answer.text("AccessKeyId")) && trail.contains("sts:AssumeRole"), "{trail}");
    assert!(!trail.contains("secret") && !trail.contains("token"), "{trail}");
    assert!(!trail.contains(&answer.text("SecretAccessKey")));
}

#[test]
fn both_sides_must_agree() {
    let account = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}}"#);
    let deny_named = trust("Deny", &named("u"), "sts:AssumeRole");
    let allow = |principal: &str| trust("Allow", principal, "sts:AssumeRole");
    let conditional = format!(
        r#"{{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"x1"}}}}}}"#,
        named("u")
    );
    let deny_all = r#"{"Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}"#;
    for (own, statements, id, expected) in [
        (NOTHING, vec![allow(&named("u"))], "", true),
        (deny_all, vec![allow(&named("u"))], "", false),
        (NOTHING, vec![allow(&account)], "", false),
        (MAY_ASSUME, vec![allow(&account)], "", true),
        (MAY_ASSUME, vec![allow(r#"{"AWS":"123456789012"}"#)], "", true),
        (MAY_ASSUME, vec![allow(r#"{"AWS":"999999999999"}"#)], "", false),
        (MAY_ASSUME, vec![allow(r#""*""#)], "", true),
        (NOTHING, vec![allow(r#"{"AWS":"*"}"#)], "", false),
        (MAY_ASSUME, vec![allow(&named("other"))], "", false),
        (MAY_ASSUME, vec![allow(r#"{"Service":"iot.amazonaws.com"}"#)], "", false),
        (ADMIN, vec![allow(r#"{"Federated":"cognito-identity.amazonaws.com"}"#)], "", false),
        (MAY_ASSUME, vec![allow(&account), deny_named.clone()], "", false),
        (MAY_ASSUME, vec![allow(&named("u")), trust("Deny", &account, "sts:*")], "", false),
        (MAY_ASSUME, vec![trust("Allow", &named("u"), "sts:TagSession")], "", false),
        (NOTHING, vec![conditional.clone()], "x1", true),
        (NOTHING, vec![conditional.clone()], "x2", false),
        (NOTHING, vec![conditional], "", false),
    ] {
        let mut server = Server::new();
        let key = server.user("u", own);
        server.call("CreateUser", &[("UserName", "other")]);
        let role = server.role("r", &document(&statements));
        server.speak_as(&key);
        let mut asked = vec![("RoleArn", &*role), ("RoleSessionName", "s-1")];
        if !id.is_empty() {
            asked.push(("ExternalId", id));
        }
        if expected {
            server.sts("AssumeRole", &asked);
        } else {
            assert_eq!(server.sts_error("AssumeRole", &asked), denied(), "{own} {statements:?} {id}");
        }
    }
}

#[test]
fn trust_is_for_the_user_that_was_named_not_for_the_name() {
    let (mut server, role) = with_role();
    let asked = [("RoleArn", &*role), ("RoleSessionName", "s-1")];
    server.sts("AssumeRole", &asked);
    server.speak_as_root();
    server.call("UpdateUser", &[("UserName", "u"), ("NewUserName", "old")]);
    let key = server.user("u", NOTHING);
    server.speak_as(&key);
    assert_eq!(server.sts_error("AssumeRole", &asked), denied());
}

#[test]
fn roles_that_are_not_there_and_callers_that_may_not() {
    let (mut server, role) = with_role();
    for arn in [
        format!("arn:aws:iam::{ACCOUNT}:role/none"),
        format!("arn:aws:iam::{ACCOUNT}:role/path/r"),
        format!("arn:aws:iam::{ACCOUNT}:user/u-and-more"),
        "arn:aws:iam::999999999999:role/r".to_owned(),
        "arn:aws:iam::nonsense:role/r".to_owned(),
    ] {
        assert_eq!(
            server.sts_error("AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "s-1")]),
            denied(),
            "{arn}"
        );
    }
    for (name, value, code) in [
        ("DurationSeconds", "899", "ValidationError"),
        ("DurationSeconds", "3601", "ValidationError"),
        ("SourceIdentity", "me", "InvalidQueryParameter"),
        ("Policy", "{}", "MalformedPolicyDocument"),
        ("PolicyArns.member.1.arn", "arn:aws:iam::123456789012:policy/none", "NoSuchEntity"),
    ] {
        let asked = [("RoleArn", &*role), ("RoleSessionName", "s-1"), (name, value)];
        assert_eq!(server.sts_error("AssumeRole", &asked).1, code, "{name}");
    }
    assert_eq!(server.sts_error("AssumeRole", &[("RoleArn", &role), ("RoleSessionName", "a b")]).0, 400);
    server.speak_as_root();
    assert_eq!(server.sts_error("AssumeRole", &[("RoleArn", &role), ("RoleSessionName", "s-1")]), denied());
}

#[test]
fn who_may_not_ask_is_not_told_whether_there_is_such_a_role() {
    let mut server = Server::new();
    let account = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}}"#);
    server.role("open", &document(&[trust("Allow", &account, "sts:AssumeRole")]));
    server.role("shut", &document(&[trust("Allow", &named_service(), "sts:AssumeRole")]));
    let key = server.user("u", NOTHING);
    server.speak_as(&key);
    let told = ["open", "shut", "none"].map(|name| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let answer = server.ask_sts("AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "s-1")]);
        answer.text("Message").replace(name, "NAME")
    });
    assert!(told[0].contains("because no identity-based policy allows"), "{told:?}");
    assert!(told.iter().all(|message| *message == told[0]), "{told:?}");
}

#[test]
fn session_policies_bound_the_session() {
    let (mut server, role) = with_role();
    let policy = r#"{"Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#;
    let audit = "arn:aws:iam::aws:policy/service-role/AWSIoTDeviceDefenderAudit";
    let asked = [("RoleArn", &*role), ("RoleSessionName", "s-1"), ("Policy", policy)];
    let key = server.sts("AssumeRole", &asked).text("AccessKeyId");
    let more = [&asked[..], &[("PolicyArns.member.1.arn", audit)]].concat();
    let wider = server.sts("AssumeRole", &more).text("AccessKeyId");
    server.speak_as(&key);
    server.call("ListUsers", &[]);
    assert_eq!(server.error("GetRole", &[("RoleName", "r")]), denied());
    server.speak_as(&wider);
    server.call("GetRole", &[("RoleName", "r")]);
    assert_eq!(server.error("ListRoles", &[]), denied());
}

#[test]
fn session_tags_need_a_permission_and_are_the_principal_s() {
    let (mut server, role) = with_role();
    let tagged = [
        ("RoleArn", &*role),
        ("RoleSessionName", "s-1"),
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "a"),
    ];
    assert_eq!(server.sts_error("AssumeRole", &tagged), denied());
    let caller = server.cx.caller.clone();
    server.speak_as_root();
    let statements = ["sts:AssumeRole", "sts:TagSession"].map(|action| trust("Allow", &named("u"), action));
    server.call("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &document(&statements))]);
    server.call("TagRole", &[("RoleName", "r"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "b")]);
    server.cx.caller = caller;
    let key = server.sts("AssumeRole", &tagged).text("AccessKeyId");
    let owner = server.credential(&key).unwrap().owner;
    assert_eq!(owner.tags(), [("Team".to_owned(), "a".to_owned())]);
}

#[test]
fn role_chaining_is_for_an_hour() {
    let (mut server, role) = with_role();
    let key = server.sts("AssumeRole", &[("RoleArn", &role), ("RoleSessionName", "s-1")]).text("AccessKeyId");
    server.speak_as_root();
    let principal = format!(r#"{{"AWS":"{role}"}}"#);
    let second = document(&[trust("Allow", &principal, "sts:AssumeRole")]);
    let second =
        [("RoleName", "second"), ("AssumeRolePolicyDocument", &*second), ("MaxSessionDuration", "7200")];
    let second = server.call("CreateRole", &second).text("Arn");
    server.speak_as(&key);
    let asked = |seconds| [("RoleArn", &*second), ("RoleSessionName", "s-2"), ("DurationSeconds", seconds)];
    assert_eq!(server.sts_error("AssumeRole", &asked("7200")).1, "ValidationError");
    server.sts("AssumeRole", &asked("3600"));
}

#[test]
fn session_tokens_of_users_cannot_be_used_for_iam() {
    let mut server = Server::new();
    let key = server.user("u", ADMIN);
    server.speak_as(&key);
    let answer = server.sts("GetSessionToken", &[]);
    assert_eq!(answer.text("Expiration"), "2026-01-01T12:00:00Z");
    let temporary = answer.text("AccessKeyId");
    server.speak_as(&temporary);
    assert_eq!(server.sts("GetCallerIdentity", &[]).text("Arn"), format!("arn:aws:iam::{ACCOUNT}:user/u"));
    assert_eq!(server.error("ListUsers", &[]), denied());
    assert_eq!(server.sts_error("GetSessionToken", &[]), denied());
    server.speak_as_root();
    assert_eq!(server.sts("GetSessionToken", &[]).text("Expiration"), "2026-01-01T01:00:00Z");
}

#[test]
fn expired_sessions_are_forgotten() {
    let (mut server, role) = with_role();
    let asked = [("RoleArn", &*role), ("RoleSessionName", "s-1"), ("DurationSeconds", "900")];
    server.sts("AssumeRole", &asked);
    server.sts("AssumeRole", &asked);
    let count = |server: &Server| {
        server
            .cx
            .app
            .store
            .read(&server.cx.scope(), |store| store.count::<StsSession>(&[]))
            .map_err(|e: StoreError| e)
    };
    server.advance_seconds(899);
    server.sts("GetCallerIdentity", &[]);
    assert_eq!(count(&server).unwrap(), 2);
    server.advance_seconds(1);
    server.sts("GetCallerIdentity", &[]);
    assert_eq!(count(&server).unwrap(), 0);
}

#[test]
fn what_is_not_served_says_so() {
    let server = Server::new();
    assert_eq!(server.sts_error("GetFederationToken", &[]), (501, "NotImplemented".to_owned()));
    assert_eq!(server.sts_error("CreateUser", &[]), (400, "InvalidAction".to_owned()));
}
