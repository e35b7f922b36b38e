//! `thingwarden snapshot template`: the script that fills a snapshot folder with the AWS CLI.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

/// POSIX shell. What it writes is what `docs/snapshot.md` lists.
const SCRIPT: &str = include_str!("collect.sh");

/// Prints the script, or writes it to a folder as `collect.sh`, which must not be there yet.
///
/// # Errors
/// The folder cannot be made or written to, or the file exists.
pub(crate) fn run(out: Option<&Path>) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let Some(folder) = out else {
        return Ok(stdout.write_all(SCRIPT.as_bytes())?);
    };
    let path = folder.join("collect.sh");
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let mut file =
        fs::File::create_new(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    file.write_all(SCRIPT.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    writeln!(
        stdout,
        "{0}\nFill a snapshot with: sh {0} {1}",
        path.display(),
        folder.join("snapshot").display()
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use thingwarden_engine::fleet::{Fact, FleetView, Presence};

    use super::*;
    use crate::snapshot::tests::{DEVICE_ID, Silent, options};

    /// An `aws` that knows one of everything.
    const FAKE: &str = r#"#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2 $*" in
*"certificates[]"*) [ "$2" = list-ca-certificates ] || echo ID ;;
*"policies[]"*) printf 'p\tq\n' ;;
*"things[]"*) echo t ;;
*"thingGroups[]"*) echo None ;;
*"templates[]"*) echo t ;;
*"roleAliases[]"*) echo a ;;
*"--query JobId"*) echo j ;;
*"--query JobStatus"*) echo COMPLETED ;;
"sts get-caller-identity"*) echo '{"UserId": "u", "Account": "123456789012", "Arn": "x"}' ;;
"iot list-certificates"*) echo '{"certificates": [{"certificateId": "ID", "certificateArn": "x:cert/ID", "status": "ACTIVE"}]}' ;;
"iot describe-certificate"*) echo '{"certificateDescription": {"certificateId": "ID", "status": "INACTIVE", "certificatePem": "PEM"}}' ;;
"iot list-ca-certificates"*) echo '{"certificates": []}' ;;
"iot list-policies"*) echo '{"policies": [{"policyName": "p"}, {"policyName": "q"}]}' ;;
"iot get-policy "*" p "*) echo '{"policyName": "p", "defaultVersionId": "1", "policyDocument": "{\"Statement\": []}"}' ;;
"iot get-policy "*) echo "An error occurred" >&2; exit 254 ;;
"iot list-targets-for-policy"*) echo '{"policyName": "p", "targets": []}' ;;
"iot list-things "*) echo '{"things": [{"thingName": "t"}]}' ;;
"iot list-thing-principals"*) echo '{"thingName": "t", "principals": ["arn:aws:iot:r:1:cert/ID"]}' ;;
"iot list-thing-groups"*) echo '{"thingGroups": []}' ;;
"iot list-provisioning-templates"*) echo '{"templates": [{"templateArn": "x", "templateName": "t", "enabled": true}]}' ;;
"iot describe-provisioning-template "*) echo '{"templateArn": "x", "templateName": "t", "enabled": true, "templateBody": "{}"}' ;;
"iot list-role-aliases"*) echo '{"roleAliases": ["a"]}' ;;
"iot describe-role-alias"*) echo '{"roleAliasDescription": {
    "roleAliasArn": "arn:aws:iot:r:123456789012:rolealias/a",
    "roleArn": "arn:aws:iam::123456789012:role/r"}}' ;;
"iam get-account-authorization-details"*) echo '{"RoleDetailList": [], "Policies": []}' ;;
"iam get-service-last-accessed-details"*) echo '{"RoleArn": "arn:aws:iam::123456789012:role/r", "JobStatus": "COMPLETED", "ServicesLastAccessed": []}' ;;
"cognito-identity list-identity-pools"*"--next-token t=/+"*) printf '{\n "IdentityPools": [{"IdentityPoolId": "r:2"}, {"IdentityPoolId": "r:3"}]\n}\n' ;;
"cognito-identity list-identity-pools"*) printf '{\n "IdentityPools": [{"IdentityPoolId": "r:1"}],\n "NextToken": "t=/+"\n}\n' ;;
"cognito-identity get-identity-pool-roles"*) echo "{\"IdentityPoolId\": \"$4\", \"Roles\": {}}" ;;
"iot get-v2-logging-options"*) echo "An error occurred (NotConfiguredException)" >&2; exit 254 ;;
"iot get-logging-options"*) ;;
"iot describe-account-audit-configuration"*) echo '{"auditCheckConfigurations": {}}' ;;
"iot list-audit-suppressions"*) echo '{"suppressions": []}' ;;
"logs filter-log-events"*) echo '{"events": []}' ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
"#;

    #[test]
    fn what_the_script_collects_is_what_the_loader_reads() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(Some(root)).unwrap();
        assert!(run(Some(root)).is_err(), "a script that was changed must not be lost");
        let syntax = Command::new("sh").arg("-n").arg(root.join("collect.sh")).status().unwrap();
        assert!(syntax.success());

        let pem = include_str!("testdata/device.pem").replace('\n', "\\\\n");
        fs::write(
            root.join("aws"),
            FAKE.replace("ID\"", &format!("{DEVICE_ID}\""))
                .replace("echo ID", &format!("echo {DEVICE_ID}"))
                .replace("PEM", &pem),
        )
        .unwrap();
        fs::set_permissions(root.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
        let collect = || {
            let path = format!("{}:/usr/bin:/bin", root.display());
            let mut command = Command::new("sh");
            command.arg(root.join("collect.sh")).arg(root.join("snapshot"));
            let output = command.env("PATH", path).env("CALLS", root.join("calls")).output().unwrap();
            let calls = fs::read_to_string(root.join("calls")).unwrap().lines().count();
            (output.status.code(), String::from_utf8(output.stderr).unwrap(), calls)
        };
        let (code, errors, calls) = collect();
        let expected = "These calls failed; run the script again, or audit without them:\npolicies.json q: An error occurred \n";
        assert_eq!((code, errors.as_str()), (Some(1), expected));
        // The second run asks for names, and for what failed.
        let (_, _, after) = collect();
        assert_eq!(after - calls, 10);

        let loaded = crate::snapshot::load(&[root.join("snapshot")], &options(1), &Silent).unwrap();
        assert_eq!(
            (loaded.skipped.len(), loaded.ignored.len()),
            (0, 0),
            "{:?} {:?}",
            loaded.skipped,
            loaded.ignored
        );
        assert_eq!(loaded.fleet.sizes(), [1, 0, 1, 1, 0]);
        assert_eq!(loaded.stats.identity_pools, 3);
        let complete = [
            Fact::CaCertificates,
            Fact::ConnectionLog,
            Fact::DeviceCertificates,
            Fact::IdentityPools,
            Fact::Logging,
            Fact::RoleAliases,
            Fact::Roles,
            Fact::ServiceLastAccessed,
        ];
        for fact in complete {
            assert_eq!(loaded.fleet.presence(fact), Presence::Complete, "{fact:?}");
        }
        let unread = vec!["default version of policy `q` was not collected".to_owned()];
        assert_eq!(loaded.fleet.presence(Fact::Policies), Presence::Partial(unread));
    }
}
