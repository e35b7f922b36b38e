//! What was not collected must not pass for what does not exist.

use super::*;

#[test]
fn what_is_listed_but_not_described_leaves_a_gap() {
    let loaded = load_files(&[
        ("p.json", br#"{"policies":[{"policyName":"a","policyArn":"x"}]}"#),
        ("r.json", br#"{"roleAliases":["b"]}"#),
        ("c.json", br#"{"IdentityPools":[{"IdentityPoolId":"c","IdentityPoolName":"n"}]}"#),
    ]);
    for (fact, name) in [(Fact::Policies, "`a`"), (Fact::RoleAliases, "`b`"), (Fact::IdentityPools, "`c`")] {
        match loaded.fleet.presence(fact) {
            Presence::Partial(why) => assert!(why.len() == 1 && why[0].contains(name), "{why:?}"),
            other => panic!("{fact:?} {other:?}"),
        }
    }
}

#[test]
fn a_policy_is_read_when_its_default_version_is() {
    let version = |name: &str, is_default: bool| {
        format!(
            r#"{{"policyName":"{name}","policyDocument":{ANY_POLICY},"policyVersionId":"1","isDefaultVersion":{is_default}}}"#
        )
    };
    let check = |content: String, expected: &[&str]| {
        let loaded = load_files(&[("p.json", content.as_bytes())]);
        let gaps = match loaded.fleet.presence(Fact::Policies) {
            Presence::Partial(gaps) => gaps,
            Presence::Complete => Vec::new(),
            Presence::Absent => vec!["absent".to_owned()],
        };
        assert_eq!(
            (gaps, skipped(&loaded)),
            (expected.iter().map(|gap| (*gap).to_owned()).collect(), vec![])
        );
    };
    let gap = "default version of policy `a` was not collected";
    check(version("a", false), &[gap]);
    check(version("a", false) + &version("a", true), &[]);
    check(version("b", true) + r#"{"policyName":"a","targets":[]}"#, &[gap]);
    check(version("b", true) + r#"{"policyName":"a","targets":["x"]}"#, &[gap]);
    check(version("b", true) + r#"{"policyName":"a","principals":["x"]}"#, &[gap]);
    check(version("b", true) + r#"{"policyName":"a","policyVersions":[{"versionId":"1"}]}"#, &[gap]);
    check(version("b", true) + r#"{"policyName":"b","targets":["x"]}"#, &[]);
}

#[test]
fn empty_lists_say_that_there_are_none() {
    let present = |name: &str, content: &str| {
        let loaded = load_files(&[(name, content.as_bytes())]);
        assert_eq!((skipped(&loaded), ignored(&loaded)), (vec![], vec![]), "{content}");
        let facts = [
            Fact::CaCertificates,
            Fact::DeviceCertificates,
            Fact::Policies,
            Fact::RoleAliases,
            Fact::Roles,
            Fact::IdentityPools,
            Fact::ConnectionLog,
        ];
        facts
            .into_iter()
            .filter(|fact| loaded.fleet.presence(*fact) == Presence::Complete)
            .collect::<Vec<_>>()
    };
    assert_eq!(present("certificates.json", r#"{"certificates":[]}"#), [Fact::DeviceCertificates]);
    assert_eq!(present("ca-certificates.json", r#"{"certificates":[]}"#), [Fact::CaCertificates]);
    assert_eq!(present("x.json", r#"{"policies":[]}"#), [Fact::Policies]);
    assert_eq!(present("x.json", r#"{"target":"arn","policies":[]}"#), []);
    assert_eq!(present("x.json", r#"{"roleAliases":[]}"#), [Fact::RoleAliases]);
    assert_eq!(present("x.json", r#"{"RoleDetailList":[],"Policies":[]}"#), [Fact::Roles]);
    assert_eq!(present("x.json", r#"{"IdentityPools":[]}"#), [Fact::IdentityPools]);
    assert_eq!(present("x.json", r#"{"events":[],"searchedLogStreams":[]}"#), [Fact::ConnectionLog]);
    assert_eq!(present("x.json", r#"{"things":[]}"#), []);
}

#[test]
fn a_list_is_complete_when_its_last_page_is_there() {
    let gaps = |files: &[(&str, &str)], fact: Fact| {
        let files: Vec<_> = files.iter().map(|(name, content)| (*name, content.as_bytes())).collect();
        let loaded = load_files(&files);
        assert_eq!(skipped(&loaded), [""; 0], "{files:?}");
        match loaded.fleet.presence(fact) {
            Presence::Partial(gaps) => {
                gaps.iter().map(|gap| gap.rsplit('/').next().unwrap().to_owned()).collect()
            }
            Presence::Complete => Vec::new(),
            Presence::Absent => vec!["absent".to_owned()],
        }
    };
    let check = |fact: Fact, page: &str, what: &str| {
        let tokens = [
            r#""nextToken":"t""#,
            r#""nextMarker":"t""#,
            r#""NextToken":"t""#,
            r#""Marker":"t""#,
            r#""IsTruncated":true"#,
            r#""IsTruncated":true,"Marker":"t""#,
        ];
        let gap = |line: u32| vec![format!("x.json:{line}: {what} ends before its last page")];
        let last = format!("{{{page}}}\n");
        for token in tokens {
            let (before, after) = (format!("{{{token},{page}}}\n"), format!("{{{page},{token}}}\n"));
            assert_eq!(gaps(&[("x.json", &before)], fact), gap(1));
            assert_eq!(gaps(&[("x.json", &after)], fact), gap(1));
            assert_eq!(gaps(&[("x.json", &(before.clone() + &after))], fact), gap(2));
            assert_eq!(gaps(&[("x.json", &(before.clone() + &last))], fact), [""; 0]);
            assert_eq!(gaps(&[("x.json", &(last.clone() + &before))], fact), gap(2));
        }
        for none in [r#""nextToken":null"#, r#""nextToken":"""#, r#""IsTruncated":false"#] {
            assert_eq!(gaps(&[("x.json", &format!("{{{page},{none}}}"))], fact), [""; 0], "{none}");
        }
        let first = format!("{{{page},\"nextToken\":\"t\"}}");
        // Names do not tell the order.
        let files = [("page-10.json", last.as_str()), ("page-2.json", first.as_str())];
        if !what.contains('`') {
            assert_eq!(gaps(&files, fact), [""; 0]);
        }
    };
    let certificate = |kind: &str| {
        format!(
            r#""certificates":[{{"certificateArn":"arn:aws:iot:r:1:{kind}/{CA_ID}","certificateId":"{CA_ID}","status":"ACTIVE"}}]"#
        )
    };
    check(Fact::DeviceCertificates, &certificate("cert"), "a list of certificates");
    check(Fact::CaCertificates, &certificate("cacert"), "a list of CA certificates");
    check(Fact::RoleAliases, r#""roleAliases":[]"#, "a list of role aliases");
    check(Fact::IdentityPools, r#""IdentityPools":[]"#, "a list of identity pools");
    check(Fact::ConnectionLog, r#""events":[]"#, "a list of log events");
    check(Fact::Policies, r#""policies":[]"#, "a list of policies");
    check(Fact::Roles, r#""RoleDetailList":[],"Policies":[]"#, "a list of account authorization details");
    let role = r#""Roles":[{"RoleName":"r","Arn":"a"}]"#;
    check(Fact::Roles, role, "a list of roles");
    let other = r#"{"certificates":[],"nextMarker":"t"} {"certificates":[]}"#;
    assert_eq!(gaps(&[("ca-x.json", other)], Fact::CaCertificates), [""; 0]);
    let mixed = format!("{{{},\"nextMarker\":\"t\"}} {{{}}}", certificate("cert"), certificate("cacert"));
    assert_eq!(
        gaps(&[("x.json", &mixed)], Fact::DeviceCertificates),
        ["x.json:1: a list of certificates ends before its last page"]
    );
    assert_eq!(gaps(&[("x.json", &mixed)], Fact::CaCertificates), [""; 0]);
    let attached = r#"{"target":"t","policies":[],"nextMarker":"x"}{"target":"u","policies":[]}"#;
    assert_eq!(
        gaps(&[("x.json", attached)], Fact::Policies),
        ["x.json:1: the list of attached policies of `t` ends before its last page"]
    );
    let inline =
        r#"{"RoleName":"r","PolicyNames":[],"IsTruncated":true}{"RoleName":"r","AttachedPolicies":[]}"#;
    assert_eq!(
        gaps(&[("x.json", inline)], Fact::Roles),
        ["x.json:1: the list of inline policies of `r` ends before its last page"]
    );
    assert_eq!(gaps(&[("x.json", r#"{"events":[],"nextForwardToken":"f"}"#)], Fact::ConnectionLog), [""; 0]);
}
