//! Tests of the configuration file.

use super::*;
use crate::output::testing::CHECKS;

const ID: &str = "A1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

/// Expects exactly these problems, as they are printed.
fn check(text: &str, expected: &[&str]) {
    let shown = match parse("c.toml", text, &CHECKS) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn a_full_file_is_read() {
    let text = format!(
        "[audit]\nfail_on = \"high\"\njobs = 4\n\
         [checks.DEVICE_CERTIFICATE_EXPIRING_CHECK]\nenabled = true\nCERT_EXPIRATION_THRESHOLD_IN_DAYS = 90\n\
         [checks.LOGGING_DISABLED_CHECK]\nenabled = false\n\
         [[suppressions]]\ncheck = \"DEVICE_CERTIFICATE_EXPIRING_CHECK\"\nreason = \"lab\"\nexpires = \"2026-12-31\"\n\
         device_certificate_id = \"{ID}\"\n\
         [[suppressions]]\ncheck = \"IOT_POLICY_OVERLY_PERMISSIVE_CHECK\"\nreason = \"test stand\"\nindefinite = true\n\
         policy_name = \"P\"\npolicy_version_id = \"2\"\n\
         [[suppressions]]\ncheck = \"LOGGING_DISABLED_CHECK\"\nreason = \"r\"\nexpires = 2026-12-31\naccount = \"123456789012\"\n"
    );
    let config = parse("c.toml", &text, &CHECKS).unwrap();
    let settings: Vec<_> = config.settings.iter().map(|one| (one.key.path(), one.text.as_str())).collect();
    assert_eq!(settings, [("audit.fail_on".to_owned(), "high"), ("audit.jobs".to_owned(), "4")]);
    let enabled: Vec<(&str, bool)> = config.enabled.iter().map(|(check, on)| (check.name, *on)).collect();
    assert_eq!(enabled, [("DEVICE_CERTIFICATE_EXPIRING_CHECK", true), ("LOGGING_DISABLED_CHECK", false)]);
    assert_eq!(config.thresholds.len(), 1);
    assert_eq!(config.thresholds[0].2, "90");
    let [device, policy, account] = config.suppressions.as_slice() else { panic!("{config:?}") };
    let end = Timestamp::parse("2026-12-31").unwrap();
    assert_eq!((device.expires, device.description.as_str()), (Some(end), "lab"));
    let id = CertificateId::new([0xa1; 32]);
    assert_eq!(device.resource, SuppressedResource::Exactly(Resource::DeviceCertificate(id)));
    assert_eq!(policy.expires, None);
    let resource = Resource::IotPolicy { name: "P".to_owned(), version: "2".to_owned() };
    assert_eq!(policy.resource, SuppressedResource::Exactly(resource));
    assert_eq!(account.expires, Some(end));
}

#[test]
fn thresholds_may_be_strings_as_aws_has_them() {
    check("[checks.DEVICE_CERTIFICATE_EXPIRING_CHECK]\nCERT_EXPIRATION_THRESHOLD_IN_DAYS = \"365\"\n", &[]);
    check("", &[]);
}

#[test]
fn whatever_is_unknown_or_out_of_range_is_told_with_its_line() {
    check(
        "[check]\n",
        &[
            "c.toml:1: unknown key `check`, expected one of accounts, approvals, approvers, audit, checks, device_logs, endpoint, limits, mitigation, mqtt, notifications, pki, quarantine, server, sinks, suppressions, token_issuers",
        ],
    );
    check(
        "\n\n[checks.DEVICE_CERTIFICATE_EXPIRING_CHEK]\nenabled = true\n",
        &[
            "c.toml:3: there is no check `DEVICE_CERTIFICATE_EXPIRING_CHEK`; did you mean DEVICE_CERTIFICATE_EXPIRING_CHECK?",
        ],
    );
    check(
        "[checks.DEVICE_CERTIFICATE_EXPIRING_CHECK]\nenabled = 1\nCERT_EXPIRATION_THRESHOLD_IN_DAYS = 29\nFOO = 1\nBAR = [1]\n",
        &[
            "c.toml:2: `enabled` must be true or false, not integer",
            "c.toml:3: `CERT_EXPIRATION_THRESHOLD_IN_DAYS` of `DEVICE_CERTIFICATE_EXPIRING_CHECK` must be a whole number \
             from 30 to 3652, not `29`",
            "c.toml:4: `DEVICE_CERTIFICATE_EXPIRING_CHECK` has no configuration key `FOO`, only \
             CERT_EXPIRATION_THRESHOLD_IN_DAYS",
            "c.toml:5: unknown key `BAR`, expected one of CERT_EXPIRATION_THRESHOLD_IN_DAYS, enabled",
        ],
    );
    check(
        "[checks.LOGGING_DISABLED_CHECK]\nDAYS = 3\n",
        &["c.toml:2: `LOGGING_DISABLED_CHECK` has no configuration key `DAYS`; it has none"],
    );
    check(
        "[audit]\nfail_on = \"worst\"\njobs = 1025\nthreads = 1\n",
        &[
            "c.toml:2: `audit.fail_on` is `worst`, expected critical, high, medium, low or never",
            "c.toml:3: `audit.jobs` is `1025`, expected a whole number from 0 to 1024",
            "c.toml:4: unknown key `audit.threads`; `thingwarden config print` shows all",
        ],
    );
}

#[test]
fn syntax_errors_have_a_line_too() {
    let error = parse("c.toml", "[audit]\njobs = \n", &CHECKS).unwrap_err();
    assert_eq!(error.problems[0].line, 2);
    assert!(matches!(error.problems[0].problem, Problem::Syntax(_)));
}

#[test]
fn a_suppression_needs_check_reason_end_and_one_resource() {
    let open = "[[suppressions]]\n";
    let full =
        "check = \"LOGGING_DISABLED_CHECK\"\nreason = \"r\"\nindefinite = true\naccount = \"123456789012\"\n";
    check(&format!("{open}{full}"), &[]);
    check(
        open,
        &[
            "c.toml:1: the suppression has no `check`",
            "c.toml:1: the suppression has no `reason`",
            "c.toml:1: the suppression has neither `expires` nor `indefinite = true`",
            "c.toml:1: the suppression names no resource, expected one of account, ca_certificate_id, client_id, \
         cognito_identity_pool_id, device_certificate_id, issuer_certificate_id, policy_name, policy_version_id, role_alias_arn",
        ],
    );
    check(
        &format!("{open}{full}expires = \"2026-01-01\"\n"),
        &["c.toml:1: the suppression has both `expires` and `indefinite = true`"],
    );
    check(
        &format!("{open}{full}client_id = \"x\"\n"),
        &["c.toml:1: the suppression names more than one resource: account, client_id"],
    );
    let one = |line: &str| {
        format!(
            "{open}check = \"IOT_POLICY_OVERLY_PERMISSIVE_CHECK\"\nreason = \"r\"\nexpires = \"2026-01-01\"\n{line}\n"
        )
    };
    check(&one("policy_name = \"P\""), &["c.toml:1: the suppression has no `policy_version_id`"]);
    check(
        &one("client_id = \"P\""),
        &[
            "c.toml:5: `IOT_POLICY_OVERLY_PERMISSIVE_CHECK` reports IOT_POLICY, so a suppression by `client_id` would have no effect",
        ],
    );
    check(
        &one("device_certificate_id = \"a1\""),
        &["c.toml:5: `device_certificate_id` is `a1`, expected 64 hex digits"],
    );
    check(
        &one("client_id = 5"),
        &[
            "c.toml:1: the suppression names no resource, expected one of account, ca_certificate_id, client_id, \
         cognito_identity_pool_id, device_certificate_id, issuer_certificate_id, policy_name, policy_version_id, role_alias_arn",
            "c.toml:5: `client_id` must be a string, not integer",
        ],
    );
    check(
        &format!("{open}{}", full.replace("indefinite = true", "expires = \"soon\"")),
        &[
            "c.toml:4: `expires` is `soon`, expected a date such as 2026-12-31 or a time such as 2026-12-31T12:00:00Z",
        ],
    );
}
