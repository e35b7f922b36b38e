"""What several files do with audits."""

import json
import subprocess
import time

from conftest import BINARY
from serving import ACCOUNT, REGION

PERMISSIVE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"], "Resource": "*"},
}

# Own thing only: the policy that the remediation workshop puts in place of a permissive one.
RESTRICTIVE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "iot:Connect",
            "Resource": "arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}",
            "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
        },
        {
            "Effect": "Allow",
            "Action": "iot:Publish",
            "Resource": [
                "arn:aws:iot:*:*:topic/$aws/things/${iot:Connection.Thing.ThingName}/shadow/update",
                "arn:aws:iot:*:*:topic/$aws/things/${iot:Connection.Thing.ThingName}/shadow/get",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["iot:Subscribe", "iot:Receive"],
            "Resource": "arn:aws:iot:*:*:topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*",
        },
    ],
}

ROLE = "arn:aws:iam::123456789012:role/AuditRole"
PERMISSIVE_CHECK = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK"
EXPIRING_CHECK = "DEVICE_CERTIFICATE_EXPIRING_CHECK"


def enable(iot, *checks):
    iot.update_account_audit_configuration(
        roleArn=ROLE, auditCheckConfigurations={check: {"enabled": True} for check in checks}
    )


def run(iot, *checks, seconds=60):
    """Runs an audit to its end and gives (task id, description)."""
    task = iot.start_on_demand_audit_task(targetCheckNames=list(checks))["taskId"]
    return task, ended(iot, task, seconds)


def ended(iot, task, seconds=60):
    """Waits until a task has ended, as clients of AWS do: by asking."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        description = iot.describe_audit_task(taskId=task)
        if description["taskStatus"] != "IN_PROGRESS":
            return description
    raise AssertionError(f"the audit did not end: {description}")


def findings(iot, **filters):
    pages = iot.get_paginator("list_audit_findings").paginate(**filters)
    return [finding for page in pages for finding in page["findings"]]


def import_policies(folder, count):
    """Fills the folder of a server with open policies `open-000000` and so on."""
    snapshot = folder / f"snapshot-{count}"
    snapshot.mkdir(parents=True)
    document = json.dumps(PERMISSIVE)
    with open(snapshot / "policies.jsonl", "w") as lines:
        for number in range(count):
            name = f"open-{number:06}"
            arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:policy/{name}"
            policy = {"policyName": name, "policyArn": arn, "policyDocument": document, "defaultVersionId": "1"}
            lines.write(json.dumps(policy) + "\n")
    done = subprocess.run([BINARY, "import", snapshot, "--data", folder / "data"], capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
