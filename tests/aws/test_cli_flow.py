"""The AWS CLI, unchanged: the lines of the README."""

import datetime
import json
import os
import pathlib
import subprocess
import sys

import pytest

import certificates
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


def test_input_from_a_file(aws, tmp_path):
    pathlib.Path(tmp_path, "thing.json").write_text(json.dumps({"thingName": "cli-file", "attributePayload": {"attributes": {"site": "a:b"}}}))
    skeleton = aws("iot", "create-thing", "--generate-cli-skeleton")
    assert skeleton["attributePayload"]["attributes"] == {"KeyName": ""}
    aws("iot", "create-thing", "--cli-input-json", "file://thing.json")
    assert aws("iot", "describe-thing", "--thing-name", "cli-file")["attributes"] == {"site": "a:b"}


def test_pages_by_hand(aws):
    for number in range(5):
        aws("iot", "create-billing-group", "--billing-group-name", f"cli-bill-{number}")
    names, token = [], []
    while True:
        page = aws("iot", "list-billing-groups", "--max-items", "2", "--name-prefix-filter", "cli-bill-", *token)
        names += [group["groupName"] for group in page["billingGroups"]]
        if "NextToken" not in page:
            break
        token = ["--starting-token", page["NextToken"]]
    assert names == [f"cli-bill-{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("start", "end"),
    [("-3600", "3600"), ("-1 day", "+1 day"), ("date", "offset")],
    ids=["seconds", "iso", "date-and-offset"],
)
def test_times_in_all_forms_that_the_cli_takes(aws, iot, start, end):
    aws("iot", "update-account-audit-configuration", "--role-arn", ROLE, "--audit-check-configurations", json.dumps({PERMISSIVE_CHECK: {"enabled": True}}))
    task = aws("iot", "start-on-demand-audit-task", "--target-check-names", PERMISSIVE_CHECK)["taskId"]
    ended(iot, task)
    now, day = certificates.now(), datetime.timedelta(days=1)
    east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    times = {
        "-3600": str(int(now.timestamp()) - 3600),
        "3600": str(int(now.timestamp()) + 3600),
        "-1 day": (now - day).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "+1 day": (now + day).isoformat(),
        "date": (now - day).date().isoformat(),
        "offset": (now + day).astimezone(east).isoformat(timespec="seconds"),
    }
    window = ["--start-time", times[start], "--end-time", times[end]]
    assert task in [listed["taskId"] for listed in aws("iot", "list-audit-tasks", *window)["tasks"]]
    assert aws("iot", "list-audit-tasks", *window, "--task-type", "SCHEDULED_AUDIT_TASK")["tasks"] == []
    found = aws("iot", "list-audit-findings", *window, "--check-name", PERMISSIVE_CHECK, "--query", "findings[].taskId")
    assert task in found


def test_what_is_refused_says_what_to_do(aws):
    message = aws("iot", "start-on-demand-audit-task", "--target-check-names", "LOGGING_DISABLED_CHECK", code=255)
    assert "(InvalidRequestException)" in message and "UpdateAccountAuditConfiguration" in message
    message = aws("iot", "create-policy", "--policy-name", "cli-bad", "--policy-document", "{\"Version\"", code=255)
    assert "(MalformedPolicyException)" in message and "line 1" in message
    message = aws("iot", "create-thing", "--thing-name", "a b", code=255)
    assert "Value 'a b' at 'thingName' failed to satisfy constraint" in message
    message = aws("iot", "list-audit-tasks", "--start-time", "2020-01-01", "--end-time", "2020-01-02", code=255)
    assert "(InvalidRequestException)" in message and "90 days" in message


def test_services_that_are_not_served_say_so_in_their_own_form(aws):
    for command in (["iot", "list-jobs"], ["iot-jobs-data", "get-pending-job-executions", "--thing-name", "t"], ["sns", "list-phone-numbers-opted-out"]):
        message = aws(*command, code=255)
        assert "NotImplemented" in message and "not served" in message, message
