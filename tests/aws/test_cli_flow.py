"""The AWS CLI, unchanged: the lines of the README."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from audits import PERMISSIVE, PERMISSIVE_CHECK, ROLE, ended


@pytest.fixture
def aws(server, tmp_path):
    def run(*arguments, code=0):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_SHARED_CREDENTIALS_FILE": str(server.folder / "data" / "root-credentials"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }
        command = [sys.executable, "-m", "awscli", *arguments, "--output", "json"]
        result = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, timeout=120)
        assert result.returncode == code, (arguments, result.stdout, result.stderr)
        return json.loads(result.stdout) if result.stdout.strip() else result.stderr.decode()

    return run


def test_from_a_policy_to_its_finding(aws, iot, tmp_path):
    text = json.dumps(PERMISSIVE, indent=4) + "\n"
    pathlib.Path(tmp_path, "policy.json").write_text(text)
    created = aws("iot", "create-policy", "--policy-name", "WS_AUDIT_Cli", "--policy-document", "file://policy.json", "--tags", "Key=team,Value=a")
    assert created["policyVersionId"] == "1"
    assert aws("iot", "get-policy", "--policy-name", "WS_AUDIT_Cli")["policyDocument"] == text
    tags = aws("iot", "list-tags-for-resource", "--resource-arn", created["policyArn"])["tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    enabled = json.dumps({PERMISSIVE_CHECK: {"enabled": True}})
    aws("iot", "update-account-audit-configuration", "--role-arn", ROLE, "--audit-check-configurations", enabled)
    task = aws("iot", "start-on-demand-audit-task", "--target-check-names", PERMISSIVE_CHECK)["taskId"]
    ended(iot, task)
    assert aws("iot", "describe-audit-task", "--task-id", task)["taskStatus"] == "COMPLETED"
    names = [
        finding["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]
        for finding in aws("iot", "list-audit-findings", "--task-id", task)["findings"]
    ]
    assert "WS_AUDIT_Cli" in names


def test_errors_read_as_they_do_with_aws(aws):
    message = aws("iot", "describe-thing", "--thing-name", "absent", code=255)
    assert message.strip().startswith(
        "An error occurred (ResourceNotFoundException) when calling the DescribeThing operation:"
    )


def test_the_cli_turns_pages_by_itself(aws):
    for number in range(5):
        aws("iot", "create-thing-type", "--thing-type-name", f"cli-type-{number}")
    listed = aws("iot", "list-thing-types", "--page-size", "2")["thingTypes"]
    assert [entry["thingTypeName"] for entry in listed if entry["thingTypeName"].startswith("cli-")] == [
        f"cli-type-{number}" for number in range(5)
    ]


def test_who_am_i(aws):
    identity = aws("sts", "get-caller-identity")
    assert identity["Account"] == "123456789012"
