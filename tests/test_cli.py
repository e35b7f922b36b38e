"""Commands, options and exit codes."""

import json

import pytest
from conftest import NOW, ROOT, check_runs
from corpus import Authority, fingerprint, pem

FLEET = ROOT / "examples/fleet"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:us-east-1:123456789012:client/${iot:ClientId}"}]}
CLIENT = "arn:aws:iot:us-east-1:123456789012:client/"


def test_help_and_version(thingwarden):
    for arguments in (["--help"], ["audit", "--help"], ["checks", "--help"], ["policy", "--help"], ["policy", "eval", "--help"],
                      ["policy", "lint", "--help"], ["snapshot", "--help"]):
        result = thingwarden(*arguments)
        assert result.code == 0 and "Usage" in result.text, arguments
    assert thingwarden("--version").text.startswith("thingwarden ")


@pytest.mark.parametrize("arguments", [[], ["audit"], ["audit", ".", "--format", "pdf"], ["audit", ".", "--now", "noon"],
                                       ["audit", ".", "--check", "NO_SUCH_CHECK"], ["audit", ".", "--jobs", "0"], ["nonsense"]])
def test_wrong_usage_is_2(thingwarden, arguments):
    result = thingwarden(*arguments)
    assert result.code == 2 and result.out == b"" and result.err


def test_checks_are_listed_and_explained(thingwarden):
    table = thingwarden("checks").text
    assert table.count("_CHECK") >= 17 and "THINGWARDEN_RSA_SHARED_PRIME_CHECK" in table
    page = thingwarden("checks", "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK").text
    assert "CVE-2008-0166" in page and "0 to 10320" in page and "```" not in page
    assert thingwarden("checks", "NO_SUCH_CHECK").code == 2


def test_output_goes_to_a_file_at_once_or_not_at_all(thingwarden, tmp_path):
    target = tmp_path / "report.json"
    target.write_text("old")
    assert thingwarden("audit", tmp_path / "nowhere", "-o", target).code == 2
    assert target.read_text() == "old"
    result = thingwarden("audit", FLEET, "--now", NOW, "--format", "json", "-o", target)
    assert result.code == 1 and result.out == b""
    assert json.loads(target.read_text())["findings"]
    assert {path.name for path in tmp_path.iterdir()} == {"report.json"}


def config(tmp_path, text):
    (tmp_path / "audit.toml").write_text(text)
    return tmp_path / "audit.toml"


def test_thresholds_and_suppressions_come_from_the_configuration(thingwarden, tmp_path):
    import corpus
    certificate = Authority("CA").sign("device", end=corpus.NOW + 100 * corpus.DAY)
    (tmp_path / "device.pem").write_bytes(pem(certificate))
    check = "DEVICE_CERTIFICATE_EXPIRING_CHECK"
    base = ["audit", tmp_path, "--now", NOW, "--format", "json", "--check", check]
    assert thingwarden(*base).code == 0
    wide = config(tmp_path, f"[checks.{check}]\nCERT_EXPIRATION_THRESHOLD_IN_DAYS = 120\n")
    assert thingwarden(*base, "--config", wide).code == 1
    (tmp_path / "audit.toml").write_text(wide.read_text() + f"""
[[suppressions]]
check = "{check}"
device_certificate_id = "{fingerprint(certificate)}"
reason = "scrapped next week"
expires = "2026-12-31"
""")
    result = thingwarden(*base, "--config", wide)
    assert result.code == 0
    run = check_runs(result)[check]
    assert run["checkRunStatus"] == "COMPLETED_COMPLIANT" and run["suppressedNonCompliantResourcesCount"] == 1
    late = [part if part != NOW else "2027-01-01T00:00:00Z" for part in map(str, base)]
    assert thingwarden(*late, "--config", wide).code == 1


@pytest.mark.parametrize("text", [
    "nonsense = 1", "[checks.NO_SUCH_CHECK]\nenabled = true", "[checks.LOGGING_DISABLED_CHECK]\nenabld = true",
    "[checks.DEVICE_CERTIFICATE_EXPIRING_CHECK]\nCERT_EXPIRATION_THRESHOLD_IN_DAYS = 5",
    '[[suppressions]]\ncheck = "LOGGING_DISABLED_CHECK"\naccount = "123456789012"\nexpires = "2027-01-01"',
    '[[suppressions]]\ncheck = "LOGGING_DISABLED_CHECK"\nreason = "x"\nindefinite = true', "[checks"])
def test_a_wrong_configuration_is_refused_with_its_line(thingwarden, tmp_path, text):
    result = thingwarden("audit", FLEET, "--config", config(tmp_path, text))
    assert result.code == 2 and result.out == b"" and b"audit.toml" in result.err, result.err


def test_disabled_checks_run_when_named_or_configured(thingwarden, tmp_path):
    name = "DEVICE_CERTIFICATE_AGE_CHECK"
    default = check_runs(thingwarden("audit", FLEET, "--now", NOW, "--format", "json"))
    assert name not in default and len(default) == 16
    named = check_runs(thingwarden("audit", FLEET, "--now", NOW, "--format", "json", "--check", "DEVICE_CERTIFICATE_*"))
    assert name in named and "LOGGING_DISABLED_CHECK" not in named
    turned_on = config(tmp_path, f"[checks.{name}]\nenabled = true\n[checks.LOGGING_DISABLED_CHECK]\nenabled = false\n")
    configured = check_runs(thingwarden("audit", FLEET, "--now", NOW, "--format", "json", "--config", turned_on))
    assert name in configured and "LOGGING_DISABLED_CHECK" not in configured


def test_a_fuller_list_of_weak_keys(thingwarden, tmp_path):
    import corpus
    weak = json.loads((ROOT / "tests/conformance/debian_weak_keys.json").read_text())["unlisted"]
    for number, one in enumerate(weak):
        certificate = Authority("CA").sign(f"device-{number}", corpus.rsa_public(int(one["modulus"], 16)))
        (tmp_path / f"{number}.pem").write_bytes(pem(certificate))
    (tmp_path / "lists").mkdir()
    blacklist = tmp_path / "lists/blacklist.RSA-2048"
    blacklist.write_text("# openssl-blacklist\n" + "".join(sorted(one["openssl_blacklist"] + "\n" for one in weak)))
    base = ["audit", tmp_path / "0.pem", tmp_path / "1.pem", "--now", NOW, "--check", "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK", "--format", "jsonl"]
    assert thingwarden(*base).lines == []
    found = thingwarden(*base, "--weak-keys", blacklist).lines
    assert {finding["reasonForNonComplianceCode"] for finding in found} == {"CERTIFICATE_KEY_VULNERABILITY_CVE-2008-0166"}
    assert len(found) == len(weak)


def evaluate(thingwarden, tmp_path, action, resource, context=None, policies=(ALLOW,)):
    arguments = []
    for number, policy in enumerate(policies):
        (tmp_path / f"policy-{number}.json").write_text(json.dumps(policy))
        arguments += ["--policy", tmp_path / f"policy-{number}.json"]
    context = ["--context", json.dumps(context)] if context is not None else []
    return thingwarden("policy", "eval", *arguments, "--action", action, "--resource", resource, *context)


def test_eval_answers_with_exit_code_and_evidence(thingwarden, tmp_path):
    allowed = evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t1", {"iot:ClientId": "t1"})
    assert allowed.code == 0 and "policy-0" in allowed.text
    assert evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t2", {"iot:ClientId": "t1"}).code == 1
    missing = evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t2", {})
    assert missing.code == 1 and "iot:ClientId" in missing.text
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    assert evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t1", {"iot:ClientId": "t1"}, (ALLOW, deny)).code == 1
    assert evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t1", {"iot:ClientId": {"nested": 1}}).code == 2
    assert evaluate(thingwarden, tmp_path, "iot:Connect", CLIENT + "t1", policies=({"Statement": 7},)).code == 2


def test_eval_in_batches(thingwarden):
    lines = [
        {"id": "a", "policies": [ALLOW], "action": "iot:Connect", "resource": CLIENT + "t", "context": {"iot:ClientId": "t"}},
        {"id": "b", "policies": [json.dumps(ALLOW)], "action": "iot:Connect", "resource": CLIENT + "u", "context": {"iot:ClientId": ["t"]}},
        {"id": 3, "policies": [], "action": "iot:Connect", "resource": CLIENT + "u", "context": {}},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    result = thingwarden("policy", "eval", "--batch", "-", stdin=text)
    assert result.code == 0, result.err.decode()
    assert [(line["id"], line["decision"]) for line in result.lines] == [("a", "allowed"), ("b", "implicitDeny"), (3, "implicitDeny")]
    broken = thingwarden("policy", "eval", "--batch", "-", stdin=b'{"id":"x","policies":[{"Statement":1}],"action":"a","resource":"r"}\n' + text)
    assert broken.code == 2 and "error" in broken.lines[0] and len(broken.lines) == 4


def test_lint_names_file_line_and_column(thingwarden, tmp_path):
    (tmp_path / "good.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": CLIENT + "one"}]}))
    assert thingwarden("policy", "lint", "good.json").code == 0
    (tmp_path / "bad.json").write_text('{"Version": "2012-10-17", "Statement": [\n'
                                       ' {"Effect": "Deny", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:us-east-1:123456789012:topicfilter/a/#"}]}')
    result = thingwarden("policy", "lint", "good.json", "bad.json")
    assert result.code == 1 and "bad.json:2:" in result.text
    (tmp_path / "ugly.json").write_text("{")
    assert thingwarden("policy", "lint", "ugly.json").code == 2


def test_the_snapshot_template_is_a_shell_script_of_read_only_calls(thingwarden, tmp_path):
    import re
    import subprocess
    import botocore.session
    from botocore import xform_name

    script = thingwarden("snapshot", "template").text
    subprocess.run(["sh", "-n"], input=script.encode(), check=True)
    session = botocore.session.get_session()
    for service, operation in set(re.findall(r"aws (iot|iam|sts|cognito-identity|logs) ([a-z0-9-]+)", script)):
        known = {xform_name(name, "-"): name for name in session.get_service_model(service).operation_names}
        assert operation in known, f"aws {service} {operation}"
        assert re.match("(describe|get|list|filter|generate)-", operation), f"aws {service} {operation} changes something"


def test_shell_completions(thingwarden):
    for shell in ("bash", "zsh", "fish"):
        assert "thingwarden" in thingwarden("completions", shell).text


def test_a_reader_that_goes_away_is_no_error():
    import subprocess
    from conftest import BINARY
    command = f"'{BINARY}' audit '{FLEET}' --now {NOW} --check '*' | head -n 1"
    finished = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
    assert finished.returncode == 0 and b"panicked" not in finished.stderr and b"Broken pipe" not in finished.stderr
