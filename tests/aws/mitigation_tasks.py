"""What several files do with mitigation tasks."""

import json
import time

from botocore.exceptions import ClientError

SERVICE_TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}}
)
DEACTIVATE = {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}}


def role(server, name, *actions, trust=SERVICE_TRUST):
    """The ARN of a new role that may do what is given, on everything."""
    iam = server.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(document))
    return arn


def parameters(topic, logging_role="arn:aws:iam::123456789012:role/Logging", groups=("quarantine",)):
    """An action of each kind, by name."""
    return {
        "deactivate": DEACTIVATE,
        "deactivate-ca": {"updateCACertificateParams": {"action": "DEACTIVATE"}},
        "join": {"addThingsToThingGroupParams": {"thingGroupNames": list(groups), "overrideDynamicGroups": True}},
        "blank": {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}},
        "log": {"enableIoTLoggingParams": {"roleArnForLogging": logging_role, "logLevel": "ERROR"}},
        "tell": {"publishFindingToSnsParams": {"topicArn": topic}},
    }


def start(iot, name, target, mapping, token=None):
    iot.start_audit_mitigation_actions_task(taskId=name, target=target, auditCheckToActionsMapping=mapping, clientRequestToken=token or name)


def ended(iot, name, seconds=60):
    """Waits until a task has ended, as clients of AWS do: by asking."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        described = iot.describe_audit_mitigation_actions_task(taskId=name)
        if described["taskStatus"] != "IN_PROGRESS":
            return described
    raise AssertionError(f"the task did not end: {described}")


def run(iot, name, target, mapping, seconds=60):
    """Runs a task to its end and gives its description."""
    start(iot, name, target, mapping)
    return ended(iot, name, seconds)


def canceled(iot, target, mapping):
    """Cancels a task and gives its name; one that has ended before it could be is tried again."""
    for number in range(50):
        name = f"canceled-{number}"
        start(iot, name, target, mapping)
        try:
            iot.cancel_audit_mitigation_actions_task(taskId=name)
            return name
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "InvalidRequestException", refused
            assert "is not in progress" in refused.response["Error"]["Message"]
    raise AssertionError("all tasks had ended before they could be canceled")


def counts(task, check):
    """(total, succeeded, failed, skipped, canceled) findings of a check."""
    statistics = task["taskStatistics"][check]
    return tuple(statistics[f"{what}FindingsCount"] for what in ("total", "succeeded", "failed", "skipped", "canceled"))


def executions(iot, task, finding):
    return iot.list_audit_mitigation_actions_executions(taskId=task, findingId=finding)["actionsExecutions"]
