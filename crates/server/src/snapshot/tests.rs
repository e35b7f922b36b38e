//! Loading as a whole: every shape of input, every kind of damage, and the same result for any number of workers.

mod gaps;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use thingwarden_engine::fleet::{Fact, FleetView, Presence};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::RevocationStatus;

use super::*;

const CA: &str = include_str!("testdata/ca.pem");
const DEVICE: &str = include_str!("testdata/device.pem");
const REVOKED: &str = include_str!("testdata/revoked.pem");
const CRL: &str = include_str!("testdata/root.crl.pem");
const CA_ID: &str = "92e6beb68c6e3878e95ebab310f0954ebd2724f3981205027258c4ad6eee0c49";
pub(crate) const DEVICE_ID: &str = "472fc61e30527a650bfb7264da471f46a373dad67371a1dd0d370a31812f5f10";
const REVOKED_ID: &str = "1fedb91933686e689e6bab301740a9645aa3b8b966e2e6f5b3e62b652c051d8e";
const ANY_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

pub(crate) struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn say(&self, _: &str) {}
}

pub(crate) fn options(jobs: usize) -> LoadOptions {
    LoadOptions {
        now: Timestamp::parse("2026-12-01").unwrap(),
        jobs,
        keep_moduli: true,
        keep_groups: true,
        key_checker: KeyChecker::builtin(),
        account: None,
        region: None,
        parameters: Default::default(),
        online: None,
    }
}

fn load_folder(folder: &Path, jobs: usize) -> Loaded {
    load(&[folder.to_path_buf()], &options(jobs), &Silent).unwrap()
}

fn load_files(files: &[(&str, &[u8])]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let mut loaded = load_folder(folder.path(), 2);
    let root = format!("{}/", folder.path().display());
    loaded.skipped.iter_mut().for_each(|one| one.path = one.path.replace(&root, ""));
    loaded.ignored.iter_mut().for_each(|one| one.path = one.path.replace(&root, ""));
    loaded
}

/// Everything that a fleet holds, as lines.
fn picture(loaded: &Loaded) -> String {
    let fleet = &loaded.fleet;
    let mut out = format!("account {} {}\n", fleet.account(), fleet.region());
    fleet.devices().iter().for_each(|one| {
        let things = fleet.things_of(&one.id).join(",");
        writeln!(
            out,
            "device {} {:?} {:?} {:?} facts={} [{things}]",
            one.id,
            one.status,
            one.origin,
            one.created.map(Timestamp::millis),
            one.facts.is_some()
        )
        .unwrap();
    });
    fleet.each_ca_certificate(&mut |one| {
        writeln!(out, "ca {} {:?} {:?} {}", one.id, one.status, one.origin, one.subject).unwrap();
    });
    fleet.policy_versions().iter().for_each(|one| {
        writeln!(out, "policy {}:{} default={}", one.name, one.version, one.is_default).unwrap();
    });
    fleet.each_role_alias(&mut |one| writeln!(out, "alias {} {}", one.arn, one.role_arn).unwrap());
    fleet.each_identity_pool(&mut |one| {
        writeln!(out, "pool {} {:?} {:?}", one.id, one.authenticated_roles, one.unauthenticated_roles)
            .unwrap();
    });
    fleet.connection_events().for_each(|one| {
        writeln!(
            out,
            "event {} {:?} {} {} {:?}",
            one.time, one.kind, one.client_id, one.principal, one.source_ip
        )
        .unwrap();
    });
    writeln!(out, "logging {:?} {:?}", fleet.logging().v1, fleet.logging().v2).unwrap();
    out
}

fn lines_of(loaded: &Loaded, start: &str) -> Vec<String> {
    picture(loaded).lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

fn skipped(loaded: &Loaded) -> Vec<String> {
    let at = |position: &Option<Position>| match position {
        Some(Position::Line(line)) => format!(":{line}"),
        Some(Position::Character { line, column }) => format!(":{line}:{column}"),
        Some(Position::Byte(byte)) => format!("@{byte}"),
        None => String::new(),
    };
    loaded.skipped.iter().map(|one| format!("{}{}: {}", one.path, at(&one.at), one.what)).collect()
}

fn ignored(loaded: &Loaded) -> Vec<String> {
    loaded.ignored.iter().map(|one| format!("{}: {}", one.path, one.what)).collect()
}

fn described(id: &str, kind: &str, status: &str, pem: &str) -> String {
    let arn = format!("arn:aws:iot:eu-west-1:123456789012:{kind}/{id}");
    serde_json::json!({"certificateDescription": {
        "certificateArn": arn, "certificateId": id, "status": status, "certificatePem": pem,
        "creationDate": 1700000000.5, "validity": {"notBefore": 1, "notAfter": 2},
    }})
    .to_string()
}

/// One file with a document; nothing may be skipped.
fn check(name: &str, content: &str, start: &str, expected: &[&str]) {
    let loaded = load_files(&[(name, content.as_bytes())]);
    assert_eq!(skipped(&loaded), [""; 0], "{content}");
    assert_eq!(lines_of(&loaded, start), expected, "{content}");
}

#[test]
fn certificate_files_are_sorted_into_authorities_and_devices() {
    let bundle = format!("# mine\n{CA}{DEVICE}");
    let loaded = load_files(&[
        ("a.pem", bundle.as_bytes()),
        ("b.crt", DEVICE.as_bytes()),
        ("issuers/x.pem", REVOKED.as_bytes()),
    ]);
    assert_eq!(lines_of(&loaded, "device"), [format!("device {DEVICE_ID} Active File None facts=true []")]);
    assert_eq!(lines_of(&loaded, "ca"), [format!("ca {CA_ID} Active File CN=Example Root,O=Example")]);
    assert_eq!((skipped(&loaded), ignored(&loaded)), (vec![], vec![]));
    let loaded = load_files(&[("issuers/ca.pem", CA.as_bytes()), ("d.pem", DEVICE.as_bytes())]);
    assert_eq!(lines_of(&loaded, "ca"), [""; 0]);
    assert_eq!(loaded.fleet.issuers().len(), 1);
}

#[test]
fn der_is_read_as_well_as_pem() {
    let der =
        |pem: &str| thingwarden_engine::pki::pem::PemBlocks::new(pem.as_bytes()).next().unwrap().unwrap().der;
    let loaded =
        load_files(&[("a.der", &der(CA)), ("b", &der(REVOKED)), ("c.crl", &der(CRL)), ("d", &der(CRL))]);
    assert_eq!(skipped(&loaded), [""; 0]);
    assert_eq!((lines_of(&loaded, "ca").len(), lines_of(&loaded, "device").len()), (1, 1));
    assert_eq!((loaded.stats.crls_accepted, loaded.stats.certificate_files), (2, 2));
}

#[test]
fn revocation_lists_are_verified_and_asked() {
    let status = |files: &[(&str, &[u8])]| {
        let loaded = load_files(files);
        let mut status = None;
        let fleet = &loaded.fleet;
        fleet.devices().iter().for_each(|one| {
            if one.id.to_string() == REVOKED_ID {
                status = Some(fleet.revocations().status_of(one.facts.as_ref().unwrap(), fleet.now()));
            }
        });
        (status.unwrap(), skipped(&loaded), fleet.presence(Fact::Crls))
    };
    let files: [(&str, &[u8]); 3] =
        [("crl.pem", CRL.as_bytes()), ("r.pem", REVOKED.as_bytes()), ("zz.pem", CA.as_bytes())];
    let (revoked, skipped, presence) = status(&files);
    assert!(matches!(revoked, RevocationStatus::Revoked { .. }), "{revoked:?}");
    assert_eq!((skipped, presence), (vec![], Presence::Complete));
    let (unknown, skipped, _) = status(&files[..2]);
    assert!(matches!(unknown, RevocationStatus::Unknown(_)), "{unknown:?}");
    assert_eq!(
        skipped,
        [
            "crl.pem:1: revocation list of `CN=Example Root,O=Example` is not used: no certificate of its issuer is known"
        ]
    );
    assert_eq!(status(&files[1..]).2, Presence::Absent);
}

#[test]
fn registry_records_are_read() {
    let device = described(DEVICE_ID, "cert", "INACTIVE", DEVICE);
    let expected = format!("device {DEVICE_ID} Inactive Described Some(1700000000500) facts=true []");
    check("certificates.jsonl", &device, "device", &[&expected]);
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&device).unwrap()).unwrap();
    check("x.json", &format!("{pretty}\n{pretty}\n"), "device", &[&expected]);
    check("x", &format!("[{device},{device}]"), "device", &[&expected]);
    let ca = described(CA_ID, "cacert", "ACTIVE", CA);
    check("c.json", &ca, "ca", &[&format!("ca {CA_ID} Active Described CN=Example Root,O=Example")]);
    check("c.json", &ca, "account", &["account 123456789012 eu-west-1"]);
    let listed = format!(
        r#"{{"certificates":[{{"certificateArn":"arn:aws:iot:r:123456789012:cert/{DEVICE_ID}","certificateId":"{DEVICE_ID}","status":"PENDING_TRANSFER","creationDate":"2026-03-01T00:00:00+00:00"}},
        {{"certificateArn":"arn:aws:iot:r:1:cacert/{CA_ID}","certificateId":"{CA_ID}","status":"INACTIVE"}}]}}"#
    );
    check(
        "l.json",
        &listed,
        "device",
        &[&format!("device {DEVICE_ID} PendingTransfer Listed Some(1772323200000) facts=false []")],
    );
    check("l.json", &listed, "ca", &[&format!("ca {CA_ID} Inactive Listed ")]);
}

#[test]
fn any_arn_of_the_fleet_names_account_and_region() {
    let learned = |content: &str| check("x.json", content, "account", &["account 123456789012 ap-south-1"]);
    let arn = |rest: &str| format!("arn:aws:iot:ap-south-1:123456789012:{rest}");
    learned(&format!(
        r#"{{"policyName":"p","policyArn":"{}","policyDocument":{ANY_POLICY}}}"#,
        arn("policy/p")
    ));
    learned(&format!(r#"{{"policies":[{{"policyName":"p","policyArn":"{}"}}]}}"#, arn("policy/p")));
    learned(&format!(r#"{{"policyName":"p","policyArn":"{}"}}"#, arn("policy/p")));
    learned(&format!(r#"{{"things":[{{"thingName":"p","thingArn":"{}"}}]}}"#, arn("thing/p")));
    learned(&format!(r#"{{"thingName":"p","thingArn":"{}"}}"#, arn("thing/p")));
    learned(&format!(r#"{{"thingName":"p","principals":["{}"]}}"#, arn(&format!("cert/{CA_ID}"))));
    learned(&format!(
        r#"{{"roleAliasDescription":{{"roleAliasArn":"{}","roleArn":"arn:aws:iam::222222222222:role/y"}}}}"#,
        arn("rolealias/x")
    ));
    let certificate = described(CA_ID, "cacert", "ACTIVE", CA).replace("eu-west-1", "ap-south-1");
    learned(&format!(r#"{{"thingName":"a","thingArn":"odd"}} {certificate}"#));
    // What says it outright wins, wherever it stands; of the others the first.
    let account = r#"{"UserId":"U","Account":"222222222222","Arn":"arn:aws:iam::222222222222:user/u"}"#;
    check("x.json", &format!("{certificate}{account}"), "account", &["account 222222222222 ap-south-1"]);
    let other = certificate.replace("123456789012", "333333333333");
    learned(&format!("{certificate}{other}"));
}

#[test]
fn the_registry_knows_better_than_a_file() {
    let listed = format!(
        r#"{{"certificates":[{{"certificateArn":"arn:aws:iot:r:1:cacert/{DEVICE_ID}","certificateId":"{DEVICE_ID}","status":"ACTIVE"}}]}}"#
    );
    let loaded = load_files(&[("a.json", listed.as_bytes()), ("d.pem", DEVICE.as_bytes())]);
    assert_eq!(lines_of(&loaded, "device"), [""; 0]);
    assert_eq!(lines_of(&loaded, "ca").len(), 1);
    let device = described(CA_ID, "cert", "REVOKED", CA);
    let loaded = load_files(&[("a.json", device.as_bytes()), ("ca.pem", CA.as_bytes())]);
    assert_eq!((lines_of(&loaded, "device").len(), lines_of(&loaded, "ca").len()), (1, 0));
    assert!(lines_of(&loaded, "device")[0].contains("Revoked Described"));
}

#[test]
fn policies_are_read_from_answers_and_files() {
    let text = serde_json::to_string(ANY_POLICY).unwrap();
    check(
        "p.json",
        &format!(r#"{{"policyName":"a","policyDocument":{text},"defaultVersionId":"3"}}"#),
        "policy",
        &["policy a:3 default=true"],
    );
    let versions = format!(
        r#"{{"policyName":"a","policyDocument":{text},"policyVersionId":"2","isDefaultVersion":false}}
        {{"policyArn":"arn:aws:iot:r:1:policy/b","policyDocument":{ANY_POLICY},"policyVersionId":"10","isDefaultVersion":true}}"#
    );
    check("p.jsonl", &versions, "policy", &["policy a:2 default=false", "policy b:10 default=true"]);
    let other = ANY_POLICY.replace("Allow", "Deny");
    let files = [("one/p.json", ANY_POLICY), ("three/p.json", other.as_str()), ("two/p.json", ANY_POLICY)];
    let files = files.map(|(name, content)| (name, content.as_bytes()));
    assert_eq!(
        lines_of(&load_files(&files), "policy"),
        ["policy p:1 default=true", "policy three.p:1 default=true"]
    );
}

#[test]
fn policies_of_other_services_are_not_iot_policies() {
    let ignored_as = |content: &str| {
        let loaded = load_files(&[("p.json", content.as_bytes())]);
        assert_eq!((skipped(&loaded), lines_of(&loaded, "policy")), (vec![], vec![]), "{content}");
        ignored(&loaded).join("; ")
    };
    assert_eq!(
        ignored_as(&ANY_POLICY.replace("iot:*", "s3:GetObject")),
        "p.json: IAM policy, not an IoT policy"
    );
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}}"#;
    assert_eq!(ignored_as(trust), "p.json: IAM trust or resource policy, not an IoT policy");
}

#[test]
fn things_are_counted_once_and_attached() {
    let arn = |id: &str| format!("arn:aws:iot:r:123456789012:cert/{id}");
    let content = format!(
        r#"{{"things":[{{"thingName":"a"}},{{"thingName":"b","attributes":{{}}}}]}}
        {{"defaultClientId":"a","thingName":"a","thingId":"1"}}
        {{"thingName":"a","principals":["{0}","eu-west-1:cognito-identity"]}}
        {{"thingName":"c","thingPrincipalObjects":[{{"principal":"{0}","thingPrincipalType":"EXCLUSIVE_THING"}}]}}
        {{"principal":"{0}","things":["d"]}}
        {{"thingGroupName":"g","things":["a","d"]}}
        {{"thingGroups":[{{"groupName":"g","groupArn":"x"}}]}}
        {{"policyName":"p","targets":["{0}"]}}"#,
        arn(DEVICE_ID)
    );
    let loaded = load_files(&[("t.json", content.as_bytes()), ("d.pem", DEVICE.as_bytes())]);
    assert_eq!((skipped(&loaded), ignored(&loaded)), (vec![], vec![]));
    assert_eq!(loaded.fleet.sizes()[3], 4);
    assert_eq!(loaded.fleet.things_of(&CertificateId::parse(DEVICE_ID).unwrap()), ["a", "c", "d"]);
    let loaded = load_files(&[("t.json", br#"{"principals":["arn:aws:iot:r:1:cert/x"]}"#)]);
    assert_eq!(
        skipped(&loaded),
        ["t.json:1: a list of principals that does not say whose: put `thingName` next to it"]
    );
}

#[test]
fn roles_are_put_together_from_their_parts() {
    let allow = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
        )
    };
    let encoded =
        percent_encoding::utf8_percent_encode(&allow("s3:Get*"), percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    let details = format!(
        r#"{{"RoleDetailList":[{{"RoleName":"r","Arn":"arn:aws:iam::1:role/r","AssumeRolePolicyDocument":{{}},
          "RolePolicyList":[{{"PolicyName":"i","PolicyDocument":{}}}],"AttachedManagedPolicies":[{{"PolicyName":"m","PolicyArn":"arn:m"}},{{"PolicyArn":"arn:n"}}]}}],
          "Policies":[{{"Arn":"arn:m","PolicyVersionList":[{{"Document":"{encoded}","VersionId":"v2","IsDefaultVersion":true}},{{"Document":{{}},"IsDefaultVersion":false}}]}}],
          "UserDetailList":[],"GroupDetailList":[]}}"#,
        allow("iot:*")
    );
    let parts = format!(
        r#"{{"Role":{{"RoleName":"q","Arn":"arn:aws:iam::1:role/path/q"}}}}
        {{"RoleName":"q","PolicyNames":["i","gone"]}}
        {{"RoleName":"q","PolicyName":"i","PolicyDocument":{}}}
        {{"RoleName":"q","AttachedPolicies":[{{"PolicyName":"m","PolicyArn":"arn:m"}},{{"PolicyArn":"arn:k"}}]}}
        {{"PolicyArn":"arn:k","PolicyVersion":{{"Document":{},"VersionId":"v1","IsDefaultVersion":true}}}}
        {{"Role":{{"RoleName":"bare","Arn":"arn:aws:iam::1:role/bare"}}}}"#,
        serde_json::to_string(&allow("s3:*")).unwrap(),
        allow("iam:*"),
    );
    let loaded = load_files(&[("a.json", details.as_bytes()), ("b.json", parts.as_bytes())]);
    assert_eq!((skipped(&loaded), ignored(&loaded)), (vec![], vec![]));
    let role = |arn: &str| {
        let role = loaded.fleet.role(arn).unwrap();
        (role.documents.len(), role.missing.clone())
    };
    assert_eq!(
        role("arn:aws:iam::1:role/r"),
        (2, vec!["managed policy `arn:n` is not in the snapshot (get-policy-version)".to_owned()])
    );
    assert_eq!(
        role("arn:aws:iam::1:role/path/q"),
        (3, vec!["inline policy `gone` is not in the snapshot (get-role-policy)".to_owned()])
    );
    assert_eq!(role("arn:aws:iam::1:role/bare").1.len(), 2);
}

#[test]
fn the_rest_of_the_account_is_read() {
    let alias = r#"{"roleAliasDescription":{"roleAlias":"x","roleAliasArn":"arn:aws:iot:r:123456789012:rolealias/x","roleArn":"arn:aws:iam::1:role/y"}}"#;
    check("a.json", alias, "alias", &["alias arn:aws:iot:r:123456789012:rolealias/x arn:aws:iam::1:role/y"]);
    let pool = r#"{"IdentityPoolId":"r:1","Roles":{"authenticated":"arn:b","unauthenticated":"arn:u"},"RoleMappings":{"p":{"Type":"Rules","RulesConfiguration":{"Rules":[{"Claim":"c","MatchType":"Equals","Value":"v","RoleARN":"arn:a"}]}}}}"#;
    check("p.json", pool, "pool", &[r#"pool r:1 ["arn:a", "arn:b"] ["arn:u"]"#]);
    check("p.json", r#"{"IdentityPoolId":"r:2"}"#, "pool", &["pool r:2 [] []"]);
    check(
        "l.json",
        r#"{"roleArn":"x","defaultLogLevel":"INFO","disableAllLogs":false}"#,
        "logging",
        &["logging Unknown Enabled"],
    );
    check(
        "l.json",
        r#"{"defaultLogLevel":"ERROR","disableAllLogs":true}"#,
        "logging",
        &["logging Unknown Disabled"],
    );
    check("l.json", r#"{"roleArn":"x","logLevel":"DISABLED"}"#, "logging", &["logging Disabled Unknown"]);
    check("v2-logging-options.json", "{}\n", "logging", &["logging Unknown Disabled"]);
    check("get-v2-logging-options.json", "{}", "logging", &["logging Unknown Disabled"]);
    check("logging-options.json", "{}", "logging", &["logging Disabled Unknown"]);
    check("Get-Logging-Options.json", "{}", "logging", &["logging Disabled Unknown"]);
    check("options.json", "{}", "logging", &["logging Unknown Unknown"]);
    check(
        "id.json",
        r#"{"UserId":"U","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/u"}"#,
        "account",
        &["account 123456789012 us-east-1"],
    );
}

#[test]
fn last_use_of_services_needs_a_role_and_a_finished_job() {
    let load = |content: &str| load_files(&[("s.json", content.as_bytes())]);
    let services = r#""ServicesLastAccessed":[{"ServiceName":"IoT","ServiceNamespace":"iot","LastAuthenticated":"2026-03-01T00:00:00Z"},{"ServiceNamespace":"s3"}]"#;
    let loaded = load(&format!(r#"{{"RoleArn":"arn:r","JobStatus":"COMPLETED",{services}}}"#));
    let used = &loaded.fleet.service_use("arn:r").unwrap().last_authenticated;
    assert_eq!(used["iot"].unwrap().to_string(), "2026-03-01T00:00:00Z");
    assert_eq!(used["s3"], None);
    assert_eq!(skipped(&load(&format!(r#"{{"JobStatus":"COMPLETED",{services}}}"#))).len(), 1);
    let part = |services: &str, more: bool| {
        format!(r#"{{"RoleArn":"arn:r","JobStatus":"COMPLETED","IsTruncated":{more},{services}}}"#)
    };
    let first = load(&part(services, true));
    assert!(first.fleet.service_use("arn:r").is_none());
    assert!(matches!(first.fleet.presence(Fact::ServiceLastAccessed), Presence::Partial(_)));
    let second = r#""ServicesLastAccessed":[{"ServiceNamespace":"ec2"}]"#;
    let both = load(&(part(services, true) + &part(second, false)));
    assert_eq!(both.fleet.service_use("arn:r").unwrap().last_authenticated.len(), 3);
    assert_eq!(both.fleet.presence(Fact::ServiceLastAccessed), Presence::Complete);
    let running = load(r#"{"RoleArn":"arn:r","JobStatus":"IN_PROGRESS"}"#);
    assert_eq!(
        skipped(&running),
        ["s.json:1: service-last-accessed details of `arn:r` are not complete: IN_PROGRESS"]
    );
    assert!(matches!(running.fleet.presence(Fact::ServiceLastAccessed), Presence::Partial(_)));
}

#[test]
fn connections_are_read_from_logs_and_events() {
    let connect = r#"{"timestamp":"2026-11-01 10:00:00.105","logLevel":"INFO","status":"Success","eventType":"Connect","clientId":"c","principalId":"p","sourceIp":"192.0.2.1"}"#;
    let duplicate = r#"{"timestamp":"2026-11-01 10:00:01","status":"Failure","eventType":"Disconnect","clientId":"c","principalId":"p","reason":"DUPLICATE_CLIENT_ID"}"#;
    let expected = [
        "event 2026-11-01T10:00:00.105Z Connected c p Some(192.0.2.1)",
        "event 2026-11-01T10:00:01Z Displaced c p None",
    ];
    check("x.jsonl", &format!("{connect}\n{duplicate}\n"), "event", &expected);
    check(
        "x.log",
        &format!("noise\n2026-11-01T10:00:00Z s {connect}\n2026-11-01 {duplicate}\nnoise"),
        "event",
        &expected,
    );
    let events = serde_json::json!({"events": [
        {"logStreamName": "s", "timestamp": 1, "message": connect}, {"timestamp": 1, "message": duplicate}, {"message": "other"},
    ]});
    check("x.json", &events.to_string(), "event", &expected);
    let presence = r#"{"clientId":"c","timestamp":1793527200105,"eventType":"connected","principalIdentifier":"p","ipAddress":"192.0.2.1","versionNumber":0}
        {"clientId":"c","timestamp":1793527201000,"eventType":"disconnected","principalIdentifier":"p","disconnectReason":"DUPLICATE_CLIENTID"}"#;
    check("x.json", presence, "event", &expected);
    check(
        "x.json",
        &duplicate.replace("DUPLICATE_CLIENT_ID", "x"),
        "event",
        &["event 2026-11-01T10:00:01Z Disconnected c p None"],
    );
    check("x.json", &connect.replace("Connect", "Publish-In"), "event", &[]);
    let failed = load_files(&[("x.json", connect.replace("Success", "Failure").as_bytes())]);
    assert_eq!(failed.fleet.presence(Fact::ConnectionLog), Presence::Complete);
}

#[test]
fn settings_of_the_audit_are_read() {
    let loaded = load_files(&[(
        "a.json",
        br#"{"auditCheckConfigurations":{"X_CHECK":{"enabled":true,"configuration":{"K":"7"}},"Y_CHECK":{"enabled":false}}}
        {"suppressions":[
          {"checkName":"X","resourceIdentifier":{"clientId":"c"},"suppressIndefinitely":true,"description":"d"},
          {"checkName":"X","resourceIdentifier":{"policyVersionIdentifier":{"policyName":"p","policyVersionId":"1"}},"expirationDate":1700000000},
          {"checkName":"X","resourceIdentifier":{"account":"123456789012"}},
          {"checkName":"X","resourceIdentifier":{},"suppressIndefinitely":true}]}"#,
    )]);
    let checks = loaded.account_configuration.as_ref().unwrap();
    assert_eq!(
        (checks["X_CHECK"].enabled, checks["X_CHECK"].configuration["K"].as_str(), checks["Y_CHECK"].enabled),
        (true, "7", false)
    );
    assert_eq!(loaded.suppressions.len(), 2);
    assert_eq!(loaded.suppressions[1].expires, Some(Timestamp::from_seconds(1_700_000_000)));
    assert_eq!(
        skipped(&loaded),
        [
            "a.json:5: suppression of `X`: neither `expirationDate` nor `suppressIndefinitely`",
            "a.json:6: suppression of `X`: a `resourceIdentifier` that names no resource",
        ]
    );
}

#[test]
fn every_kind_of_damage_has_one_line() {
    let check = |name: &str, content: &[u8], expected: &str| {
        let loaded = load_files(&[(name, content), ("good.pem", DEVICE.as_bytes())]);
        assert_eq!(skipped(&loaded), [expected], "{name}");
        assert_eq!(lines_of(&loaded, "device").len(), 1, "{name}");
    };
    check(
        "a.pem",
        b"x\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "a.pem:2: certificate at byte 0: the data ends 1 bytes too early",
    );
    check("a.pem", CA.get(..300).unwrap().as_bytes(), "a.pem:1: the text ends inside a PEM block");
    check("a.pem", b"", "a.pem: the file is empty");
    check("a.pem", b"hello", "a.pem: no certificate and no revocation list in it");
    check("a.der", b"hello", "a.der: neither PEM nor DER");
    check(
        "p.json",
        b"{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Acton\": \"iot:*\"}]}",
        "p.json:2: column 36: unknown member `Acton`, expected one of `Sid`, `Effect`, `Action`, `NotAction`, `Resource`, `NotResource` or `Condition`",
    );
    check(
        "p.json",
        b"{\"Statement\": [\n{\"Effect\": ]}",
        "p.json:1: line 2, column 12: a closing bracket of the wrong kind",
    );
    check(
        "c.jsonl",
        described(CA_ID, "cert", "NEW", CA).as_bytes(),
        &format!("c.jsonl:1: certificate {CA_ID} has an unknown status `NEW`"),
    );
    check(
        "t.json",
        br#"{"things":[{"thingName":"a"},{"thingNa"#,
        "t.json:1: the text ends at byte 38 inside a JSON value that begins here",
    );
    check("a.json", b"{\"a\":01}", "a.json:1: column 7: invalid number");
    check("f.tar.gz", &[0x1f, 0x8b, 8, 0, 0, 0], "f.tar.gz@0: unexpected end of file");
}

#[test]
fn a_certificate_that_cannot_be_read_is_still_a_certificate() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let loaded = load_files(&[("c.jsonl", described(DEVICE_ID, "cert", "ACTIVE", pem).as_bytes())]);
    assert_eq!(
        lines_of(&loaded, "device"),
        [format!("device {DEVICE_ID} Active Described Some(1700000000500) facts=false []")]
    );
    assert_eq!(loaded.skipped.len(), 1);
    assert!(matches!(loaded.fleet.presence(Fact::DeviceCertificates), Presence::Partial(_)));
}

#[test]
fn a_certificate_under_a_wrong_id_is_an_error_and_counts() {
    for (kind, fact) in [("cert", Fact::DeviceCertificates), ("cacert", Fact::CaCertificates)] {
        let record = described(REVOKED_ID, kind, "ACTIVE", DEVICE);
        let loaded = load_files(&[("c.jsonl", format!("{{\"things\":[]}}\n{record}").as_bytes())]);
        let expected =
            format!("c.jsonl:2: certificate id `{REVOKED_ID}` is not the SHA-256 of its certificate");
        assert_eq!(skipped(&loaded), [expected]);
        let start = if kind == "cert" { "device" } else { "ca" };
        assert!(lines_of(&loaded, start)[0].starts_with(&format!("{start} {REVOKED_ID} Active Described")));
        assert!(matches!(loaded.fleet.presence(fact), Presence::Partial(_)));
    }
    // In capitals it is the same.
    let record = described(&DEVICE_ID.to_uppercase(), "cert", "ACTIVE", DEVICE);
    assert_eq!(skipped(&load_files(&[("c.jsonl", record.as_bytes())])), [""; 0]);
}

#[test]
fn files_of_no_concern_are_named_without_an_error() {
    let loaded = load_files(&[
        ("a.json", br#"{"name":"x"}"#),
        ("b.json", br#"{"things":[]} {"name":"x"}"#),
        ("device.key", b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"),
        ("e.json", b""),
        ("notes.txt", b"milk"),
    ]);
    assert_eq!(skipped(&loaded), [""; 0]);
    assert_eq!(
        ignored(&loaded),
        [
            "a.json: not a certificate, policy or snapshot file",
            "b.json: 1 JSON values of no known kind, the first on line 1",
            "e.json: empty file",
            "device.key: private key, not read",
            "notes.txt: not a certificate, policy or snapshot file",
        ]
    );
}

#[test]
fn files_that_the_command_line_names_must_be_of_use() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, content: &[u8], expected: &[&str]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let loaded = load(std::slice::from_ref(&path), &options(1), &Silent).unwrap();
        assert_eq!(
            loaded.skipped.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(),
            expected,
            "{name}"
        );
        let loaded = load_folder(folder.path(), 1);
        assert_eq!(loaded.skipped.len(), 0, "{name}");
        fs::remove_file(path).unwrap();
    };
    let nothing = "not a certificate, policy or snapshot file";
    check("notes.txt", b"milk", &[nothing]);
    check("empty", b"", &[nothing]);
    check("photo.jpg", &[0xff, 0xd8, 0xff, 0], &[nothing]);
    check("a.json", br#"{"name":"x"}"#, &[nothing]);
    check("e.json", b"", &["empty file"]);
    let key = b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    check("device.key", key, &["private key, not read"]);
    check("p.json", ANY_POLICY.replace("iot:*", "s3:*").as_bytes(), &["IAM policy, not an IoT policy"]);
    check("mixed.pem", &[key, DEVICE.as_bytes()].concat(), &[]);
    check("t.json", br#"{"things":[]} {"name":"x"}"#, &[]);
}

#[test]
fn a_long_list_is_streamed_and_attaches_like_a_short_one() {
    let long_token = "x".repeat(limits::SIBLING_BYTES_MAX);
    let mut text = String::from(r#"{"nextToken":null,"certificates":["#);
    for number in 0..40_000 {
        let id = CertificateId::of_der(&u32::to_be_bytes(number));
        write!(text, r#"{}{{"certificateArn":"arn:aws:iot:r:123456789012:cert/{id}","certificateId":"{id}","status":"ACTIVE","creationDate":1700000000.0}}"#, if number == 0 { "" } else { ",\n" }).unwrap();
    }
    text.push_str("]}");
    assert!(text.len() > limits::RECORD_BYTES_MAX);
    let loaded = load_files(&[("c.json", text.as_bytes())]);
    assert_eq!((skipped(&loaded), loaded.fleet.sizes()[0]), (vec![], 40_000));
    assert_eq!(loaded.fleet.account(), "123456789012");
    assert_eq!(loaded.fleet.presence(Fact::DeviceCertificates), Presence::Complete);
    for unfinished in
        [text.replacen("null", "\"x\"", 1), text.replacen("null", &format!("\"{long_token}\""), 1)]
    {
        let loaded = load_files(&[("c.json", unfinished.as_bytes())]);
        assert!(matches!(loaded.fleet.presence(Fact::DeviceCertificates), Presence::Partial(_)));
    }
    let loaded = load_files(&[("c.json", text.get(..text.len() - 100).unwrap().as_bytes())]);
    assert_eq!((loaded.skipped.len(), loaded.fleet.sizes()[0]), (1, 39_999));
    assert!(matches!(loaded.fleet.presence(Fact::DeviceCertificates), Presence::Partial(_)));
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for number in 0..5_000_u32 {
        let id = CertificateId::of_der(&number.to_be_bytes());
        let status = if number % 3 == 0 { "INACTIVE" } else { "ACTIVE" };
        writeln!(
            text,
            r#"{{"certificateArn":"arn:aws:iot:r:1:cert/{id}","certificateId":"{id}","status":"{status}"}}"#
        )
        .unwrap();
        text.push_str(&described(DEVICE_ID, "cert", status, DEVICE));
        text.push('\n');
        if number % 500 == 7 {
            text.push_str("{\"certificateDescription\": broken\n");
        }
        writeln!(text, r#"{{"thingName":"t{number}","principals":["arn:aws:iot:r:1:cert/{id}"]}}"#).unwrap();
        writeln!(text, r#"{{"timestamp":"2026-11-01 10:00:00","status":"Success","eventType":"Connect","clientId":"t{}","principalId":"{id}"}}"#, number % 100).unwrap();
    }
    fs::write(folder.path().join("all.jsonl"), &text).unwrap();
    for number in 0..50 {
        fs::write(folder.path().join(format!("p{number}.json")), ANY_POLICY).unwrap();
    }
    let one = load_folder(folder.path(), 1);
    let four = load_folder(folder.path(), 4);
    assert_eq!(one.skipped.len(), 10);
    assert_eq!(
        (one.stats.device_records, one.stats.attachments, one.stats.connection_events),
        (10_000, 5000, 5000)
    );
    assert_eq!(picture(&one), picture(&four));
    assert_eq!((one.skipped, one.ignored, one.stats), (four.skipped, four.ignored, four.stats));
}

#[test]
fn archives_are_read_like_folders() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("fleet");
    fs::create_dir_all(root.join("issuers")).unwrap();
    fs::write(root.join("issuers/ca.pem"), CA).unwrap();
    fs::write(root.join("d.pem"), DEVICE).unwrap();
    fs::write(root.join("nested.tar.gz"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    let archive = folder.path().join("fleet.tar.gz");
    let done = std::process::Command::new("tar")
        .arg("-czf")
        .arg(&archive)
        .arg("-C")
        .arg(folder.path())
        .arg("fleet")
        .status();
    if !done.is_ok_and(|status| status.success()) {
        // No tar here; the reader has tests of its own.
        return;
    }
    let loaded = load(std::slice::from_ref(&archive), &options(2), &Silent).unwrap();
    assert_eq!(
        (lines_of(&loaded, "device").len(), lines_of(&loaded, "ca").len(), loaded.fleet.issuers().len()),
        (1, 0, 1)
    );
    let inside = ["archive inside an archive, not read"];
    assert_eq!(loaded.skipped.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), inside);
    fs::remove_file(root.join("nested.tar.gz")).unwrap();
    let loaded = load_folder(folder.path(), 2);
    assert_eq!(loaded.skipped.len(), 0, "{:?}", loaded.skipped);
    assert_eq!(loaded.ignored.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), inside);
    let whole = fs::read(&archive).unwrap();
    fs::write(&archive, whole.get(..whole.len() - 20).unwrap()).unwrap();
    let loaded = load(std::slice::from_ref(&archive), &options(2), &Silent).unwrap();
    assert_eq!(loaded.skipped.len(), 2, "{:?}", loaded.skipped);
}

#[test]
fn the_same_file_by_two_names_counts_once_and_silently() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("z.pem"), CA).unwrap();
    std::os::unix::fs::symlink("z.pem", folder.path().join("0a1b.0")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    let loaded = load_folder(folder.path(), 1);
    assert_eq!((loaded.stats.files, loaded.stats.certificate_files), (1, 1));
    assert_eq!(loaded.ignored.len(), 1);
}
