//! Sources of settings, their order, and what is said about bad ones.

use super::*;

fn os(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, text)| (name.into(), text.into())).collect()
}

fn given(file: &str, environment: &[(&str, &str)], command_line: &[Override]) -> Result<Loaded, String> {
    let audit = audit::parse("tw.toml", file, checks::ALL).map_err(|error| error.to_string())?;
    resolve(audit, &os(environment), command_line).map_err(|error| error.to_string())
}

fn source_of(loaded: &Loaded, path: &str) -> (String, Source) {
    let one = loaded.chosen.iter().find(|one| one.key.path() == path).unwrap();
    (one.text.clone(), one.source)
}

#[test]
fn every_default_is_acceptable() {
    for key in KEYS {
        assert_eq!((key.check)(key.default), Ok(()), "{}", key.path());
    }
    let loaded = given("", &[], &[]).unwrap();
    assert_eq!(loaded.settings.limits.thing_type_deletion_delay_seconds, 300);
    assert!(loaded.chosen.iter().all(|one| one.source == Source::Default));
}

#[test]
fn keys_are_told_apart_and_explained() {
    let mut paths: Vec<String> = KEYS.iter().map(Key::path).collect();
    paths.sort();
    let all = paths.len();
    paths.dedup();
    assert_eq!(paths.len(), all);
    for key in KEYS {
        assert!(key.about.ends_with('.') && !key.about.contains('|'), "{}", key.path());
        let is_number = key.kind == Kind::Number;
        assert_eq!(is_number, !key.unit.is_empty(), "{}: a number needs a unit", key.path());
    }
}

#[test]
fn the_command_line_beats_the_environment_beats_the_file_beats_the_default() {
    let file = "[server]\nregion = 'eu-central-1'\nlog_level = 'debug'\nworkers = 3\n";
    let environment =
        [("THINGWARDEN_SERVER__REGION", "eu-west-1"), ("THINGWARDEN_SERVER__LOG_LEVEL", "warn")];
    let option = Override { key: "server.region", option: "--region", text: "sa-east-1".to_owned() };
    let loaded = given(file, &environment, &[option]).unwrap();
    assert_eq!(source_of(&loaded, "server.region"), ("sa-east-1".to_owned(), Source::CommandLine));
    assert_eq!(source_of(&loaded, "server.log_level"), ("warn".to_owned(), Source::Environment));
    assert_eq!(source_of(&loaded, "server.workers"), ("3".to_owned(), Source::File(4)));
    assert_eq!(source_of(&loaded, "server.account_id").1, Source::Default);
    assert_eq!(loaded.settings.server.region.as_str(), "sa-east-1");
    assert_eq!(loaded.settings.server.workers, 3);
}

#[test]
fn one_file_serves_the_audit_command_and_the_server() {
    let file = "[audit]\nfail_on = 'high'\nfindings_retention_days = 30\n[accounts]\nadditional = ['111111111111']\n\
        [checks.LOGGING_DISABLED_CHECK]\nenabled = false\n";
    let loaded = given(file, &[], &[]).unwrap();
    assert_eq!(loaded.settings.audit.fail_on, FailOn::High);
    assert_eq!(loaded.settings.audit.findings_retention_days, 30);
    let accounts: Vec<&str> = loaded.settings.accounts().map(AccountId::as_str).collect();
    assert_eq!(accounts, ["000000000000", "111111111111"]);
}

#[test]
fn all_problems_of_a_file_are_told_with_their_lines() {
    let file = "[server]\nlisten = 'nowhere'\nacount_id = '123456789012'\nworkers = '3'\n[limits]\npolicy_versions = 0\n\
        [accounts]\nadditional = ['12']\n[nonsense]\n";
    let expected = "\
tw.toml:2: `server.listen` is `nowhere`, expected an IP address and a port, such as 127.0.0.1:8080
tw.toml:3: unknown key `server.acount_id`; did you mean `server.account_id`?
tw.toml:4: `server.workers` must be a whole number, not string
tw.toml:6: `limits.policy_versions` is `0`, expected a whole number from 1 to 1000
tw.toml:8: `accounts.additional` is `12`, expected twelve digits
tw.toml:9: unknown key `nonsense`, expected one of accounts, approvals, approvers, audit, checks, device_logs, endpoint, limits, mitigation, mqtt, notifications, pki, quarantine, server, sinks, suppressions, token_issuers";
    assert_eq!(given(file, &[], &[]).unwrap_err(), expected);
}

#[test]
fn problems_outside_the_file_name_their_place() {
    let environment = [
        ("THINGWARDEN_SERVER__LISTN", "127.0.0.1:0"),
        ("THINGWARDEN_LIMITS__CONNECTIONS", "many"),
        ("THINGWARDEN_ROOT_ACCESS_KEY_ID", "not a setting"),
        ("THINGWARDEN_SERVER__TLS_CERT", "cert.pem"),
        ("THINGWARDEN_ACCOUNTS__ADDITIONAL", "000000000000, 111111111111,111111111111"),
    ];
    let option = Override { key: "server.account_id", option: "--account-id", text: "12".to_owned() };
    let expected = "\
THINGWARDEN_SERVER__LISTN: there is no such setting; did you mean `THINGWARDEN_SERVER__LISTEN`?
THINGWARDEN_LIMITS__CONNECTIONS: is `many`, expected a whole number from 1 to 1000000
--account-id: is `12`, expected twelve digits
`server.tls_cert` is given without `server.tls_key`
`accounts.additional` repeats `000000000000`
`accounts.additional` repeats `111111111111`";
    assert_eq!(given("", &environment, &[option]).unwrap_err(), expected);
}

#[test]
fn an_endpoint_is_a_host() {
    let check = KEYS.iter().find(|key| key.path() == "endpoint.address").unwrap().check;
    for good in ["", "iot.example.org", "iot.example.org:8443", "[::1]:8080", "192.0.2.1"] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in ["https://iot.example.org", "user@host", "a b", ":8080", "host/path"] {
        assert!(check(bad).is_err(), "{bad}");
    }
}

#[test]
fn limits_of_the_broker_fit_each_other() {
    let longest_event = format!("$aws/events/subscriptions/unsubscribed/{}", "x".repeat(217));
    assert_eq!(longest_event.len(), 256);
    assert!(
        given("[limits]\nmqtt_client_id_bytes = 217\nmqtt_keep_alive_seconds_min = 1200\n", &[], &[]).is_ok()
    );
    let file = "[limits]\nmqtt_client_id_bytes = 218\nmqtt_keep_alive_seconds_min = 1201\n";
    let expected = "\
`limits.mqtt_keep_alive_seconds_min` is more than `limits.mqtt_keep_alive_seconds`
`limits.mqtt_topic_bytes` is less than 39 more than `limits.mqtt_client_id_bytes`: topics of life-cycle events would be too long";
    assert_eq!(given(file, &[], &[]).unwrap_err(), expected);
    let file = "[limits]\nmqtt_topic_bytes = 255\nmqtt_topic_slashes = 6\nmqtt_client_id_bytes = 22\nmqtt_topic_aliases = 1025\n";
    let problems = given(file, &[], &[]).unwrap_err();
    assert!(
        problems.contains("`limits.mqtt_topic_bytes` is `255`, expected a whole number from 256 to 4096"),
        "{problems}"
    );
    assert_eq!(problems.lines().count(), 4, "{problems}");
}

#[test]
fn what_is_not_encrypted_is_for_this_machine() {
    let check = KEYS.iter().find(|key| key.path() == "mqtt.plain_listen").unwrap().check;
    for good in
        ["", "127.0.0.1:1883", "127.1.2.3:0", "[::1]:1883", "[::ffff:127.0.0.1]:1883", "127.0.0.1:1,[::1]:1"]
    {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in [
        "0.0.0.0:1883",
        "[::]:1883",
        "10.0.0.1:1883",
        "198.51.100.7:1883",
        "[fe80::1]:1883",
        "[::ffff:10.0.0.1]:1883",
        "localhost:1883",
        "127.0.0.1",
        "127.0.0.1:1883,0.0.0.0:1883",
    ] {
        assert!(check(bad).is_err(), "{bad}");
    }
}
