//! Flows of IAM.

use super::testing::{ACCOUNT, ADMIN, Server};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

fn failure(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn users_are_made_listed_renamed_and_deleted() {
    let server = Server::new();
    let user = server.call("CreateUser", &[("UserName", "alice"), ("Path", "/ops/")]);
    assert_eq!(user.text("Arn"), format!("arn:aws:iam::{ACCOUNT}:user/ops/alice"));
    assert_eq!(user.text("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!(server.error("CreateUser", &[("UserName", "ALICE")]), failure(409, "EntityAlreadyExists"));
    assert_eq!(server.error("GetUser", &[("UserName", "Alice")]), failure(404, "NoSuchEntity"));
    let rename = [("UserName", "alice"), ("NewUserName", "anna"), ("NewPath", "/")];
    server.call("UpdateUser", &rename);
    assert_eq!(server.error("UpdateUser", &rename), failure(404, "NoSuchEntity"));
    let renamed = server.call("GetUser", &[("UserName", "anna")]);
    assert_eq!(renamed.text("UserId"), user.text("UserId"));
    assert_eq!(renamed.text("Arn"), format!("arn:aws:iam::{ACCOUNT}:user/anna"));
    server.call("UpdateUser", &[("UserName", "anna"), ("NewUserName", "Anna")]);
    server.call("CreateUser", &[("UserName", "bob")]);
    let taken = [("UserName", "bob"), ("NewUserName", "ANNA")];
    assert_eq!(server.error("UpdateUser", &taken), failure(409, "EntityAlreadyExists"));
    assert_eq!(server.call("ListUsers", &[]).texts("UserName"), ["Anna", "bob"]);
    server.call("DeleteUser", &[("UserName", "Anna")]);
    assert_eq!(server.error("DeleteUser", &[("UserName", "Anna")]), failure(404, "NoSuchEntity"));
    assert_eq!(server.call("ListUsers", &[]).texts("UserName"), ["bob"]);
}

#[test]
fn lists_come_in_pages() {
    let server = Server::new();
    for name in ["a", "b", "c", "d", "e"] {
        let path = if name < "c" { "/x/" } else { "/y/" };
        server.call("CreateUser", &[("UserName", name), ("Path", path)]);
    }
    let (mut names, mut marker) = (vec![], String::new());
    loop {
        let mut asked = vec![("MaxItems", "2")];
        if !marker.is_empty() {
            asked.push(("Marker", &marker));
        }
        let page = server.call("ListUsers", &asked);
        names.push(page.texts("UserName"));
        match page.texts("Marker").pop() {
            Some(next) => marker = next,
            None => break assert_eq!(page.text("IsTruncated"), "false"),
        }
        // What comes before the place does not shift the rest.
        server.call("DeleteUser", &[("UserName", names.last().unwrap().first().unwrap())]);
    }
    assert_eq!(names, [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
    assert_eq!(server.call("ListUsers", &[("PathPrefix", "/x/")]).texts("UserName"), ["b"]);
    let elsewhere = [("MaxItems", "1"), ("Marker", &*marker)];
    assert_eq!(server.error("ListRoles", &elsewhere), failure(400, "ValidationError"));
    assert_eq!(server.error("ListUsers", &[("Marker", "x")]), failure(400, "ValidationError"));
    assert_eq!(server.error("ListUsers", &[("MaxItems", "1001")]), failure(400, "ValidationError"));
}

#[test]
fn access_keys_have_a_secret_once_and_can_be_turned_off() {
    let server = Server::new();
    server.call("CreateUser", &[("UserName", "alice")]);
    let key = server.call("CreateAccessKey", &[("UserName", "alice")]);
    let id = key.text("AccessKeyId");
    server.call("CreateAccessKey", &[("UserName", "alice")]);
    assert_eq!(server.error("CreateAccessKey", &[("UserName", "alice")]), failure(409, "LimitExceeded"));
    let list = server.call("ListAccessKeys", &[("UserName", "alice")]);
    assert!(list.texts("AccessKeyId").contains(&id) && !list.body().contains(&key.text("SecretAccessKey")));

    let credential = server.credential(&id).unwrap();
    assert_eq!(&**credential.owner.arn(), format!("arn:aws:iam::{ACCOUNT}:user/alice"));
    let update = |status| [("UserName", "alice"), ("AccessKeyId", &*id), ("Status", status)];
    server.call("UpdateAccessKey", &update("Inactive"));
    assert!(server.credential(&id).is_none(), "an inactive key is no key");
    server.call("UpdateAccessKey", &update("Active"));
    assert!(server.credential(&id).is_some());
    assert_eq!(server.error("UpdateAccessKey", &update("Expired")), failure(400, "ValidationError"));

    assert_eq!(server.error("DeleteUser", &[("UserName", "alice")]), failure(409, "DeleteConflict"));
    for id in list.texts("AccessKeyId") {
        server.call("DeleteAccessKey", &[("UserName", "alice"), ("AccessKeyId", &id)]);
        assert!(server.credential(&id).is_none());
    }
    server.call("DeleteUser", &[("UserName", "alice")]);
    assert!(server.credential("AKIAQAAAAAAAAAAAAAAA").is_none());
    assert!(server.credential("nonsense").is_none());
}

#[test]
fn the_last_use_of_an_access_key_is_known_to_the_minute() {
    let mut server = Server::new();
    let key = server.user("alice", ADMIN);
    let last = |server: &Server| server.call("GetAccessKeyLastUsed", &[("AccessKeyId", &key)]);
    let never = last(&server);
    assert_eq!([never.text("UserName"), never.text("ServiceName")], ["alice", "N/A"]);
    assert_eq!(never.texts("LastUsedDate"), [""; 0]);
    for (wait, expected) in
        [(0, "2026-01-01T00:00:00Z"), (59, "2026-01-01T00:00:00Z"), (1, "2026-01-01T00:01:00Z")]
    {
        server.advance_seconds(wait);
        server.note_use(&key);
        assert_eq!(last(&server).text("LastUsedDate"), expected);
    }
    assert_eq!([last(&server).text("ServiceName"), last(&server).text("Region")], ["iot", "us-east-1"]);
    server.call("DeleteAccessKey", &[("UserName", "alice"), ("AccessKeyId", &key)]);
    server.advance_seconds(60);
    server.note_use(&key);
    assert_eq!(server.error("GetAccessKeyLastUsed", &[("AccessKeyId", &key)]), failure(404, "NoSuchEntity"));
}

#[test]
fn a_new_user_of_an_old_name_inherits_nothing() {
    let server = Server::new();
    server.user("alice", ADMIN);
    let policy = server.call("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", ADMIN)]).text("Arn");
    server.call("AttachUserPolicy", &[("UserName", "alice"), ("PolicyArn", &policy)]);
    assert_eq!(server.error("DeleteUser", &[("UserName", "alice")]), failure(409, "DeleteConflict"));
    server.call("UpdateUser", &[("UserName", "alice"), ("NewUserName", "old")]);
    server.call("CreateUser", &[("UserName", "alice")]);
    assert_eq!(server.call("ListAttachedUserPolicies", &[("UserName", "alice")]).texts("PolicyArn"), [""; 0]);
    assert_eq!(server.call("ListAccessKeys", &[("UserName", "alice")]).texts("AccessKeyId"), [""; 0]);
    assert_eq!(server.call("ListAttachedUserPolicies", &[("UserName", "old")]).text("PolicyArn"), policy);
}

#[test]
fn inline_policies_are_kept_as_they_are_and_bounded_in_size() {
    let server = Server::new();
    server.role("r", TRUST);
    let document = "{\n \"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\",\"Resource\":\"*\"}]}";
    let put = |name: &str, document: &str| {
        server.ask("PutRolePolicy", &[("RoleName", "r"), ("PolicyName", name), ("PolicyDocument", document)])
    };
    assert_eq!(put("p", document).status(), 200);
    let got = server.call("GetRolePolicy", &[("RoleName", "r"), ("PolicyName", "p")]);
    let decoded =
        percent_encoding::percent_decode_str(&got.text("PolicyDocument")).decode_utf8().unwrap().into_owned();
    assert_eq!(decoded, document);
    assert_eq!(
        server.call("ListRolePolicies", &[("RoleName", "r")]).text("PolicyNames"),
        "<member>p</member>"
    );
    assert_eq!(put("q", "{}").text("Code"), "MalformedPolicyDocument");
    let statements: Vec<String> = (0..200)
        .map(|n| {
            format!(r#"{{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:::x/{n:05}"}}"#)
        })
        .collect();
    let large = |count: usize| format!(r#"{{"Statement":[{}]}}"#, statements[..count].join(","));
    assert_eq!(put("q", &large(100)).status(), 200);
    assert_eq!(put("s", &large(100)).text("Code"), "LimitExceeded");
    assert_eq!(
        server.call("ListRolePolicies", &[("RoleName", "r")]).text("PolicyNames").matches("member").count(),
        4
    );
    server.call("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "q")]);
    let gone = [("RoleName", "r"), ("PolicyName", "q")];
    assert_eq!(server.error("DeleteRolePolicy", &gone), failure(404, "NoSuchEntity"));
    assert_eq!(server.error("GetRolePolicy", &gone), failure(404, "NoSuchEntity"));
    assert_eq!(server.error("DeleteRole", &[("RoleName", "r")]), failure(409, "DeleteConflict"));
}

#[test]
fn managed_policies_have_versions() {
    let server = Server::new();
    let made =
        server.call("CreatePolicy", &[("PolicyName", "p"), ("Path", "/a/"), ("PolicyDocument", ADMIN)]);
    let arn = made.text("Arn");
    assert_eq!(arn, format!("arn:aws:iam::{ACCOUNT}:policy/a/p"));
    let again = [("PolicyName", "P"), ("PolicyDocument", ADMIN)];
    assert_eq!(server.error("CreatePolicy", &again), failure(409, "EntityAlreadyExists"));
    let version = [("PolicyArn", &*arn), ("PolicyDocument", ADMIN)];
    for expected in ["v2", "v3", "v4", "v5"] {
        assert_eq!(server.call("CreatePolicyVersion", &version).text("VersionId"), expected);
    }
    assert_eq!(server.error("CreatePolicyVersion", &version), failure(409, "LimitExceeded"));
    let of = |id| [("PolicyArn", &*arn), ("VersionId", id)];
    assert_eq!(server.error("DeletePolicyVersion", &of("v1")), failure(409, "DeleteConflict"));
    server.call("SetDefaultPolicyVersion", &of("v5"));
    server.call("DeletePolicyVersion", &of("v1"));
    assert_eq!(server.error("GetPolicyVersion", &of("v1")), failure(404, "NoSuchEntity"));
    assert_eq!(server.error("GetPolicyVersion", &of("5")), failure(400, "ValidationError"));
    assert_eq!(server.call("GetPolicyVersion", &of("v5")).text("IsDefaultVersion"), "true");
    assert_eq!(
        server
            .call("CreatePolicyVersion", &[version[0], version[1], ("SetAsDefault", "true")])
            .text("VersionId"),
        "v6"
    );
    assert_eq!(server.call("GetPolicy", &[version[0]]).text("DefaultVersionId"), "v6");
    let listed = server.call("ListPolicyVersions", &[version[0], ("MaxItems", "4")]);
    assert_eq!((listed.texts("VersionId").len(), listed.text("IsTruncated")), (4, "true".to_owned()));
    assert_eq!(server.error("DeletePolicy", &[version[0]]), failure(409, "DeleteConflict"));
    for id in ["v2", "v3", "v4", "v5"] {
        server.call("DeletePolicyVersion", &of(id));
    }
    server.call("DeletePolicy", &[version[0]]);
    assert_eq!(server.error("GetPolicy", &[version[0]]), failure(404, "NoSuchEntity"));
}

#[test]
fn policies_are_attached_and_found_from_both_sides() {
    let server = Server::new();
    server.role("r", TRUST);
    server.call("CreateUser", &[("UserName", "u")]);
    let arn = server.call("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", ADMIN)]).text("Arn");
    for _twice in 0..2 {
        server.call("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)]);
    }
    server.call("PutUserPermissionsBoundary", &[("UserName", "u"), ("PermissionsBoundary", &arn)]);
    let policy = server.call("GetPolicy", &[("PolicyArn", &arn)]);
    assert_eq!([policy.text("AttachmentCount"), policy.text("PermissionsBoundaryUsageCount")], ["1", "1"]);
    let entities = server.call("ListEntitiesForPolicy", &[("PolicyArn", &arn)]);
    assert_eq!([entities.text("RoleName"), entities.text("UserName")], ["r", "u"]);
    let permissions = [("PolicyArn", &*arn), ("PolicyUsageFilter", "PermissionsPolicy")];
    assert_eq!(server.call("ListEntitiesForPolicy", &permissions).texts("UserName"), [""; 0]);
    let local = server.call("ListPolicies", &[("Scope", "Local"), ("OnlyAttached", "true")]);
    assert_eq!(local.text("PolicyName"), "p");
    assert_eq!(server.error("DeletePolicy", &[("PolicyArn", &arn)]), failure(409, "DeleteConflict"));
    server.call("DetachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)]);
    let again = [("RoleName", "r"), ("PolicyArn", &*arn)];
    assert_eq!(server.error("DetachRolePolicy", &again), failure(404, "NoSuchEntity"));
    assert_eq!(
        server.error("DeletePolicy", &[("PolicyArn", &arn)]),
        failure(409, "DeleteConflict"),
        "it is a boundary"
    );
    server.call("DeleteUserPermissionsBoundary", &[("UserName", "u")]);
    server.call("DeletePolicy", &[("PolicyArn", &arn)]);
    let unknown = [("RoleName", "r"), ("PolicyArn", &*arn)];
    assert_eq!(server.error("AttachRolePolicy", &unknown), failure(404, "NoSuchEntity"));
    for number in 0..11 {
        let name = format!("p{number}");
        let arn =
            server.call("CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", ADMIN)]).text("Arn");
        let answer = server.ask("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)]);
        assert_eq!(answer.status(), if number < 10 { 200 } else { 409 }, "{}", answer.body());
    }
}

#[test]
fn policies_of_aws_can_be_attached_and_not_changed() {
    let server = Server::new();
    server.role("r", TRUST);
    let arn = "arn:aws:iam::aws:policy/service-role/AWSIoTDeviceDefenderAudit";
    server.call("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", arn)]);
    assert_eq!(server.call("GetPolicy", &[("PolicyArn", arn)]).text("AttachmentCount"), "1");
    assert_eq!(server.error("DeletePolicy", &[("PolicyArn", arn)]), failure(403, "AccessDenied"));
    let unknown = [("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    assert_eq!(server.error("AttachRolePolicy", &unknown), failure(404, "NoSuchEntity"));
    let all = server.call("ListPolicies", &[("Scope", "AWS"), ("OnlyAttached", "true")]);
    assert_eq!(all.text("PolicyName"), "AWSIoTDeviceDefenderAudit");
}

#[test]
fn roles_have_a_trust_policy_and_a_longest_session() {
    let server = Server::new();
    server.role("r", TRUST);
    let role = server.call("GetRole", &[("RoleName", "r")]);
    assert_eq!(role.text("MaxSessionDuration"), "3600");
    assert!(role.text("AssumeRolePolicyDocument").starts_with("%7B%22Version"));
    let update = [("RoleName", "r"), ("Description", "d"), ("MaxSessionDuration", "7200")];
    assert!(server.call("UpdateRole", &update).body().contains("<UpdateRoleResult></UpdateRoleResult>"));
    let updated = server.call("UpdateRoleDescription", &[("RoleName", "r"), ("Description", "e")]);
    assert_eq!([updated.text("MaxSessionDuration"), updated.text("Description")], ["7200", "e"]);
    let set = |document| [("RoleName", "r"), ("PolicyDocument", document)];
    for bad in [
        ADMIN,
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody"},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"iot"},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::*:root"},"Action":"sts:AssumeRole"}}"#,
    ] {
        assert_eq!(
            server.error("UpdateAssumeRolePolicy", &set(bad)),
            failure(400, "MalformedPolicyDocument"),
            "{bad}"
        );
    }
    for good in [
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::999999999999:user/x"]},"Action":"sts:AssumeRole"}}"#,
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},"Action":"sts:*"}}"#,
    ] {
        server.call("UpdateAssumeRolePolicy", &set(good));
    }
    server.call("DeleteRole", &[("RoleName", "r")]);
}

#[test]
fn tags_ignore_the_case_of_keys() {
    let server = Server::new();
    server.call(
        "CreateUser",
        &[("UserName", "u"), ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "a")],
    );
    let tag = |key, value| [("UserName", "u"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
    server.call("TagUser", &tag("team", "b"));
    let tags = server.call("ListUserTags", &[("UserName", "u")]);
    assert_eq!([tags.text("Key"), tags.text("Value")], ["team", "b"]);
    assert_eq!(server.error("TagUser", &tag("aws:x", "b")), failure(400, "InvalidInput"));
    let twice = [&tag("x", "1")[..], &[("Tags.member.2.Key", "X"), ("Tags.member.2.Value", "2")]].concat();
    assert_eq!(server.error("TagUser", &twice), failure(400, "InvalidInput"));
    server.call("UntagUser", &[("UserName", "u"), ("TagKeys.member.1", "TEAM")]);
    assert_eq!(server.call("ListUserTags", &[("UserName", "u")]).texts("Key"), [""; 0]);
    assert_eq!(server.error("UntagUser", &[("UserName", "u")]), failure(400, "ValidationError"));
}

#[test]
fn the_whole_account_in_pages() {
    let server = Server::new();
    server.user("u1", ADMIN);
    server.call("CreateUser", &[("UserName", "u2")]);
    server.role("r1", TRUST);
    server.role("r2", TRUST);
    server.call("CreatePolicy", &[("PolicyName", "p1"), ("PolicyDocument", ADMIN)]);
    let mut found = vec![];
    let mut marker = None;
    loop {
        let mut asked = vec![("MaxItems".to_owned(), "2".to_owned())];
        for (number, kind) in ["User", "Role", "LocalManagedPolicy"].iter().enumerate() {
            asked.push((format!("Filter.member.{}", number + 1), (*kind).to_owned()));
        }
        asked.extend(marker.map(|marker: String| ("Marker".to_owned(), marker)));
        let asked: Vec<(&str, &str)> = asked.iter().map(|(key, value)| (&**key, &**value)).collect();
        let page = server.call("GetAccountAuthorizationDetails", &asked);
        found.push(
            page.texts("Arn")
                .iter()
                .map(|arn| arn.rsplit('/').next().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
        marker = page.texts("Marker").pop();
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(found, [vec!["u1", "u2"], vec!["r1", "r2"], vec!["p1"]]);
    let users = server.call("GetAccountAuthorizationDetails", &[("Filter.member.1", "User")]);
    assert!(users.body().contains("<UserPolicyList><member><PolicyName>p</PolicyName>"), "{}", users.body());
    assert!(server.call("GetAccountAuthorizationDetails", &[]).body().contains("AWSIoTLogging"));
}

#[test]
fn requests_that_are_none() {
    let server = Server::new();
    for (form, status, code) in [
        ("", 400, "MissingAction"),
        ("Action=Nonsense", 400, "InvalidAction"),
        ("Action=CreateGroup", 501, "NotImplemented"),
        ("Action=ListUsers&Version=2011-06-15", 400, "InvalidAction"),
        ("Action=ListUsers&Nonsense=1", 400, "InvalidQueryParameter"),
        ("Action=ListUsers&Action=ListRoles", 400, "MalformedQueryString"),
        ("Action=CreateUser", 400, "ValidationError"),
        ("Action=CreateUser&UserName=a%20b", 400, "ValidationError"),
        ("Action=CreateUser&UserName=a&Nonsense=1", 400, "InvalidQueryParameter"),
    ] {
        let answer = server.raw(form);
        assert_eq!((answer.status(), &*answer.text("Code")), (status, code), "{form}");
    }
    assert_eq!(
        server.raw("Action=ListUsers&Version=2010-05-08").texts("UserName"),
        [""; 0],
        "nothing was made"
    );
}

#[test]
fn every_action_asks_for_its_permission() {
    let mut server = Server::new();
    let nobody = server.user("nobody", r#"{"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#);
    server.speak_as(&nobody);
    for action in super::actions::API.actions {
        let answer = server.ask(action.name(), &[("UserName", "nobody")]);
        assert_eq!((answer.status(), &*answer.text("Code")), (403, "AccessDenied"), "{}", action.permission);
        let message = answer.text("Message");
        assert!(message.contains(action.permission) && message.contains("user/nobody"), "{message}");
    }
}

#[test]
fn permissions_are_about_paths_policies_boundaries_and_tags() {
    let mut server = Server::new();
    let manager = server.user(
        "manager",
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["iam:CreateUser","iam:UpdateUser","iam:GetUser"],"Resource":"arn:aws:iam::123456789012:user/team/*"},
            {"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::123456789012:user/${aws:username}"},
            {"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*",
             "Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::123456789012:policy/good"}}},
            {"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*",
             "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/good"}}},
            {"Effect":"Allow","Action":"iam:DeleteUser","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"a"}}},
            {"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}},
            {"Effect":"Allow","Action":"iam:UntagUser","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"team"}}}
        ]}"#,
    );
    for name in ["good", "bad"] {
        server.call("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", ADMIN)]);
    }
    server.call("CreateUser", &[("UserName", "x")]);
    server.speak_as(&manager);
    let check = |action: &str, parameters: &[(&str, &str)], allowed: bool| {
        let answer = server.ask(action, parameters);
        assert_eq!(answer.status() != 403, allowed, "{action} {parameters:?}: {}", answer.body());
    };
    check("GetUser", &[], true);
    check("GetUser", &[("UserName", "x")], false);
    check("CreateUser", &[("UserName", "t"), ("Path", "/team/")], true);
    check("CreateUser", &[("UserName", "v")], false);
    check("GetUser", &[("UserName", "t")], true);
    check("UpdateUser", &[("UserName", "t"), ("NewPath", "/other/")], false);
    check("UpdateUser", &[("UserName", "t"), ("NewPath", "/team/a/")], true);
    let policy = |name| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    check("AttachUserPolicy", &[("UserName", "x"), ("PolicyArn", &policy("good"))], true);
    check("AttachUserPolicy", &[("UserName", "x"), ("PolicyArn", &policy("bad"))], false);
    let put = [("UserName", "x"), ("PolicyName", "p"), ("PolicyDocument", ADMIN)];
    check("PutUserPolicy", &put, false);
    let tag = |value| [("UserName", "t"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", value)];
    check("DeleteUser", &[("UserName", "t")], false);
    check("TagUser", &tag("b"), false);
    check("TagUser", &tag("a"), true);
    check("UntagUser", &[("UserName", "t"), ("TagKeys.member.1", "other")], false);
    check("DeleteUser", &[("UserName", "t")], true);

    let manager_caller = server.cx.caller.clone();
    server.speak_as_root();
    server.call("PutUserPermissionsBoundary", &[("UserName", "x"), ("PermissionsBoundary", &policy("good"))]);
    server.cx.caller = manager_caller;
    assert_eq!(server.ask("PutUserPolicy", &put).status(), 200, "the boundary is there now");
}

#[test]
fn boundaries_bound_and_changes_count_at_once() {
    let mut server = Server::new();
    let key = server.user("u", ADMIN);
    let boundary = r#"{"Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}}"#;
    let arn = server.call("CreatePolicy", &[("PolicyName", "b"), ("PolicyDocument", boundary)]).text("Arn");
    server.speak_as(&key);
    server.call("ListUsers", &[]);
    server.speak_as_root();
    server.call("PutUserPermissionsBoundary", &[("UserName", "u"), ("PermissionsBoundary", &arn)]);
    server.speak_as(&key);
    server.call("GetUser", &[]);
    let refused = server.ask("ListUsers", &[]);
    assert!(refused.text("Message").contains("permissions boundary"), "{}", refused.body());
    server.speak_as_root();
    let version = [("PolicyArn", &*arn), ("PolicyDocument", ADMIN), ("SetAsDefault", "true")];
    server.call("CreatePolicyVersion", &version);
    server.speak_as(&key);
    server.call("ListUsers", &[]);
}
