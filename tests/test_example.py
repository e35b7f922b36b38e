"""The example fleet: what the README promises, in every format."""

import csv
import io
import json

import pytest
from conftest import NOW, ROOT, check_runs, resource_id
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

FLEET = ROOT / "examples/fleet"

EXPECTED = {
    "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK": 1,
    "REVOKED_CA_CERTIFICATE_STILL_ACTIVE_CHECK": 1,
    "DEVICE_CERTIFICATE_SHARED_CHECK": 2,
    "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK": 2,
    "CA_CERTIFICATE_KEY_QUALITY_CHECK": 0,
    "UNAUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK": 2,
    "AUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK": 0,
    "IOT_POLICY_OVERLY_PERMISSIVE_CHECK": 2,
    "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK": 2,
    "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK": 2,
    "IOT_ROLE_ALIAS_ALLOWS_ACCESS_TO_UNUSED_SERVICES_CHECK": 1,
    "CONFLICTING_CLIENT_IDS_CHECK": 1,
    "CA_CERTIFICATE_EXPIRING_CHECK": 1,
    "DEVICE_CERTIFICATE_EXPIRING_CHECK": 5,
    "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK": 1,
    "LOGGING_DISABLED_CHECK": 0,
}


def audit(thingwarden, *options):
    return thingwarden("audit", FLEET.relative_to(ROOT), "--now", NOW, *options, cwd=ROOT)


def test_every_check_finds_what_the_fleet_was_made_with(thingwarden):
    result = audit(thingwarden, "--format", "json")
    assert result.code == 1, result.err.decode()
    counted = dict.fromkeys(EXPECTED, 0)
    for finding in result.json["findings"]:
        counted[finding["checkName"]] += 1
    assert counted == EXPECTED
    runs = check_runs(result)
    assert set(runs) == set(EXPECTED)
    assert all(run["checkRunStatus"] != "FAILED" for run in runs.values()), runs
    expiring = runs["DEVICE_CERTIFICATE_EXPIRING_CHECK"]
    assert (expiring["totalResourcesCount"], expiring["nonCompliantResourcesCount"],
            expiring["suppressedNonCompliantResourcesCount"]) == (23, 4, 1)


def test_same_input_same_bytes(thingwarden):
    for output in ("report", "json", "jsonl", "sarif", "asff", "csv"):
        runs = {audit(thingwarden, "--format", output, "--jobs", jobs).out for jobs in ("1", "2", "2", "5")}
        assert len(runs) == 1, output


def test_findings_have_the_shape_of_the_aws_model(thingwarden):
    import botocore.session
    from botocore.validate import ParamValidator

    shape = botocore.session.get_session().get_service_model("iot").shape_for("AuditFinding")
    findings = audit(thingwarden, "--format", "jsonl").lines
    assert len(findings) == sum(EXPECTED.values())
    for finding in findings:
        unknown = set(finding) - set(shape.members)
        assert not unknown, unknown
        errors = ParamValidator().validate(finding, shape)
        assert not errors.has_errors(), errors.generate_report()
        assert len(finding["nonCompliantResource"]["resourceIdentifier"]) == 1


def test_details_have_the_shape_of_the_aws_model(thingwarden):
    import botocore.session
    from botocore.validate import ParamValidator

    shape = botocore.session.get_session().get_service_model("iot").shape_for("DescribeAuditTaskResponse")
    task = audit(thingwarden, "--format", "json").json["task"]
    errors = ParamValidator().validate({key: value for key, value in task.items() if key != "taskId"}, shape)
    assert not errors.has_errors(), errors.generate_report()
    statistics = task["taskStatistics"]
    assert statistics["totalChecks"] == len(EXPECTED) == statistics["compliantChecks"] + statistics["nonCompliantChecks"]


def test_the_snapshot_is_in_words_of_the_aws_model():
    """What the example shows people is what AWS's operations return."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("iot")
    for file, operation in [("certificates.jsonl", "DescribeCertificate"), ("ca-certificates.jsonl", "DescribeCACertificate"),
                            ("policies.jsonl", "GetPolicy"), ("role-aliases.jsonl", "DescribeRoleAlias")]:
        members = model.operation_model(operation).output_shape.members
        for line in (FLEET / file).read_text().splitlines():
            for key, value in json.loads(line).items():
                assert key in members, (file, key)
                if members[key].type_name == "structure":
                    assert set(value) <= set(members[key].members), file


def test_csv_has_a_row_per_finding(thingwarden):
    rows = list(csv.DictReader(io.StringIO(audit(thingwarden, "--format", "csv").text)))
    assert len(rows) == sum(EXPECTED.values())


def test_sarif_is_valid_by_the_schema_of_2_1_0(thingwarden):
    # pydantic-sarif is generated from the OASIS schema: required members, types, patterns, and no other members.
    log = audit(thingwarden, "--format", "sarif").json
    SarifLog.model_validate(log)
    log["runs"][0]["results"][0]["severity"] = "error"
    with pytest.raises(ValidationError, match="severity"):
        SarifLog.model_validate(log)


def test_every_sarif_result_stands_in_a_file(thingwarden):
    (run,) = audit(thingwarden, "--format", "sarif").json["runs"]
    assert len(run["results"]) == sum(EXPECTED.values())
    for result in run["results"]:
        (location,) = result["locations"]
        assert (ROOT / location["physicalLocation"]["artifactLocation"]["uri"]).is_file(), result["ruleId"]


def test_asff_is_what_the_security_hub_sample_sends(thingwarden):
    findings = audit(thingwarden, "--format", "asff").json
    # Several reasons of one resource are one finding.
    resources = {(line["checkName"], resource_id(line)) for line in audit(thingwarden, "--format", "jsonl").lines}
    assert len(findings) == len({finding["Id"] for finding in findings}) == len(resources)
    one = next(finding for finding in findings if "field-service" in finding["Id"])
    assert one["SchemaVersion"] == "2018-10-08"
    assert one["Id"].endswith(":audits/finding/IOT_POLICY_OVERLY_PERMISSIVE_CHECK-field-service")
    assert one["Severity"] == {"Label": "CRITICAL"}
    assert one["AwsAccountId"] == "123456789012"
    assert one["Compliance"] == {"Status": "FAILED"} and one["RecordState"] == "ACTIVE"
    assert one["Types"] == ["Software and Configuration Checks/AWS IoT Device Defender/IOT_POLICY_OVERLY_PERMISSIVE_CHECK"]


def test_the_report_says_what_why_and_how_to_fix(thingwarden):
    text = audit(thingwarden).text
    for part in ("CRITICAL", "field-service", "How to fix", "certificates.jsonl", "sensor-20", "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK"):
        assert part in text, part
    assert "\x1b" not in text, "colour although this is no terminal"


@pytest.mark.parametrize("level, code", [("critical", 1), ("high", 1), ("low", 1), ("never", 0)])
def test_fail_on(thingwarden, level, code):
    assert audit(thingwarden, "--fail-on", level).code == code
    only_low = thingwarden("audit", FLEET, "--now", NOW, "--check", "LOGGING_DISABLED_CHECK", "--fail-on", level)
    assert only_low.code == 0


def test_a_suppressed_finding_is_listed_but_does_not_count(thingwarden):
    result = audit(thingwarden, "--format", "jsonl", "--check", "DEVICE_CERTIFICATE_EXPIRING_CHECK")
    suppressed = [finding for finding in result.lines if finding["isSuppressed"]]
    assert len(suppressed) == 1
    later = thingwarden("audit", FLEET, "--now", "2026-12-26T00:00:00Z", "--format", "jsonl",
                        "--check", "DEVICE_CERTIFICATE_EXPIRING_CHECK").lines
    again = [finding for finding in later if resource_id(finding) == resource_id(suppressed[0])]
    assert [finding["isSuppressed"] for finding in again] == [False]


def test_the_readme_shows_what_is_printed(thingwarden):
    readme = (ROOT / "README.md").read_text().split("```")[1].splitlines()[2:]
    printed = set(audit(thingwarden).text.splitlines())
    shown = [line for line in readme if line not in ("", "[...]")]
    assert len(shown) > 40
    assert [line for line in shown if line not in printed] == []
