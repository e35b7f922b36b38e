"""Mitigation actions and tasks, driven by boto3 and the AWS CLI against the real binary."""

import json
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

import certificates
import mitigation_tasks as tasks
import own
from audits import EXPIRING_CHECK, PERMISSIVE, PERMISSIVE_CHECK, enable, findings, import_policies, run
from conftest import BINARY
from serving import ACCOUNT, Server
from test_cli_flow import aws  # noqa: F401, the fixture

LOGGING_CHECK = "LOGGING_DISABLED_CHECK"
CA_CHECK = "CA_CERTIFICATE_EXPIRING_CHECK"
ALL = (EXPIRING_CHECK, CA_CHECK, PERMISSIVE_CHECK, LOGGING_CHECK)
RIGHTS = (
    "iot:UpdateCertificate", "iot:UpdateCACertificate", "iot:ListPrincipalThings", "iot:AddThingToThingGroup",
    "iot:CreatePolicyVersion", "iot:SetV2LoggingOptions", "iam:PassRole", "sns:Publish",
)  # fmt: skip
REGIONS = iter(f"us-mitigation-{number}" for number in range(1, 10))


def expiring(iot, subject="device"):
    return iot.register_certificate_without_ca(certificatePem=certificates.make(subject, 5)[0], status="ACTIVE")


@pytest.fixture
def fresh(server):
    """A client of a region that nobody has used."""
    return server.client(region=next(REGIONS))


@pytest.fixture(scope="module")
def role(server):
    return tasks.role(server, "Mitigate", *RIGHTS)


def shown(folder, *arguments):
    """What `thingwarden mitigations` says, line by line."""
    command = [BINARY, "mitigations", *arguments, "--data", folder / "data", "--format", "json"]
    finished = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return [json.loads(line) for line in finished.stdout.splitlines()]


def verified(folder, task, seconds=60):
    """The executions of a task once the checks have looked at all of them again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        (about,) = [one for one in shown(folder) if one["taskId"] == task]
        if about["verified"]:
            return shown(folder, task)
    raise AssertionError("the task was not verified")


def code_of(refused):
    return refused.value.response["Error"]["Code"]


def test_all_six_kinds_on_real_findings_and_the_next_audit_shows_them_fixed(server, fresh, role):
    iot, region = fresh, fresh.meta.region_name
    topic = f"arn:aws:sns:{region}:{ACCOUNT}:findings"
    for name, params in tasks.parameters(topic).items():
        iot.create_mitigation_action(actionName=name, roleArn=role, actionParams=params)
    certificate = expiring(iot)
    iot.create_thing_group(thingGroupName="quarantine")
    for thing in ("one", "two"):
        iot.create_thing(thingName=thing)
        iot.attach_thing_principal(thingName=thing, principal=certificate["certificateArn"])
    pem, key = certificates.make("an old CA", 5, ca=True)
    proof, _ = certificates.make(iot.get_registration_code()["registrationCode"], 1, issuer=("an old CA", key))
    ca = iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, setAsActive=True)["certificateId"]
    iot.create_policy(policyName="open", policyDocument=json.dumps(PERMISSIVE))
    enable(iot, *ALL)
    audit, _ = run(iot, *ALL)
    assert sorted(finding["checkName"] for finding in findings(iot, taskId=audit)) == sorted(ALL)

    mapping = {
        EXPIRING_CHECK: ["join", "deactivate", "tell"],
        CA_CHECK: ["deactivate-ca"],
        PERMISSIVE_CHECK: ["blank"],
        LOGGING_CHECK: ["log"],
    }
    ended = tasks.run(iot, "all", {"auditTaskId": audit}, mapping)
    assert ended["taskStatus"] == "COMPLETED", ended
    assert all(tasks.counts(ended, check) == (1, 1, 0, 0, 0) for check in ALL)
    assert iot.describe_certificate(certificateId=certificate["certificateId"])["certificateDescription"]["status"] == "INACTIVE"
    assert iot.describe_ca_certificate(certificateId=ca)["certificateDescription"]["status"] == "INACTIVE"
    assert sorted(iot.list_things_in_thing_group(thingGroupName="quarantine")["things"]) == ["one", "two"]
    policy = iot.get_policy(policyName="open")
    assert (policy["defaultVersionId"], json.loads(policy["policyDocument"])["Statement"]) == ("2", [])
    options = iot.get_v2_logging_options()
    assert (options["defaultLogLevel"], options["disableAllLogs"]) == ("ERROR", False)

    executions = verified(server.folder, "all")
    assert {one["verified"] for one in executions} == {"FIXED"}
    assert [one["actionName"] for one in executions if one["checkName"] == EXPIRING_CHECK] == ["join", "deactivate", "tell"]
    again, description = run(iot, *ALL)
    assert findings(iot, taskId=again) == []
    assert {details["checkRunStatus"] for details in description["auditDetails"].values()} == {"COMPLETED_COMPLIANT"}
    assert len(findings(iot, taskId=audit)) == 4, "the first audit's findings stay"


def test_the_workshops_policy_is_taken_by_name(fresh, role):
    params = {"replaceDefaultPolicyVersionParams": {"templateName": "LEAST_PRIVILEGE"}}
    fresh.create_mitigation_action(actionName="least", roleArn=role, actionParams=params)
    fresh.create_policy(policyName="open", policyDocument=json.dumps(PERMISSIVE))
    enable(fresh, PERMISSIVE_CHECK)
    audit, _ = run(fresh, PERMISSIVE_CHECK)
    assert tasks.run(fresh, "least", {"auditTaskId": audit}, {PERMISSIVE_CHECK: ["least"]})["taskStatus"] == "COMPLETED"
    statements = json.loads(fresh.get_policy(policyName="open")["policyDocument"])["Statement"]
    assert [statement["Action"] for statement in statements] == ["iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"]
    again, _ = run(fresh, PERMISSIVE_CHECK)
    assert findings(fresh, taskId=again) == []


def test_a_role_without_rights_fails_and_what_follows_is_skipped(server, fresh, role):
    reader = tasks.role(server, "Reader", "iot:List*")
    fresh.create_mitigation_action(actionName="unable", roleArn=reader, actionParams=tasks.DEACTIVATE)
    fresh.create_mitigation_action(actionName="able", roleArn=role, actionParams=tasks.DEACTIVATE)
    bad, good = expiring(fresh, "bad"), expiring(fresh, "good")
    fresh.create_policy(policyName="open", policyDocument=json.dumps(PERMISSIVE))
    enable(fresh, EXPIRING_CHECK)
    audit, _ = run(fresh, EXPIRING_CHECK)
    found = {one["nonCompliantResource"]["resourceIdentifier"]["deviceCertificateId"]: one["findingId"] for one in findings(fresh, taskId=audit)}
    ended = tasks.run(fresh, "fails", {"findingIds": [found[bad["certificateId"]]]}, {EXPIRING_CHECK: ["unable", "able"]})
    assert (ended["taskStatus"], tasks.counts(ended, EXPIRING_CHECK)) == ("FAILED", (1, 0, 1, 0, 0))
    first, second = tasks.executions(fresh, "fails", found[bad["certificateId"]])
    assert (first["status"], first["errorCode"]) == ("FAILED", "AccessDeniedException")
    assert "assumed-role/Reader/thingwarden is not authorized to perform: iot:UpdateCertificate" in first["message"]
    assert (second["status"], second["actionName"]) == ("SKIPPED", "able")
    status = lambda made: fresh.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]["status"]  # noqa: E731
    assert (status(bad), status(good)) == ("ACTIVE", "ACTIVE")

    # The policies of the role count as they are when an execution runs.
    grant = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:UpdateCertificate", "Resource": "*"}}
    server.client("iam").put_role_policy(RoleName="Reader", PolicyName="more", PolicyDocument=json.dumps(grant))
    assert tasks.run(fresh, "works", {"auditTaskId": audit}, {EXPIRING_CHECK: ["unable", "able"]})["taskStatus"] == "COMPLETED"
    assert (status(bad), status(good)) == ("INACTIVE", "INACTIVE")


def test_who_passes_a_role_needs_the_right_to(server, fresh, role):
    iam = server.client("iam")
    iam.create_user(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    may = {"Effect": "Allow", "Action": "iot:*MitigationAction*", "Resource": "*"}
    passes = {
        "Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": "iot.amazonaws.com"}},
    }  # fmt: skip
    operator = server.client(region=fresh.meta.region_name, **keys)
    new = {"actionName": "passed", "roleArn": role, "actionParams": tasks.DEACTIVATE}
    iam.put_user_policy(UserName="operator", PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}))
    with pytest.raises(ClientError) as refused:
        operator.create_mitigation_action(**new)
    assert "iam:PassRole" in refused.value.response["Error"]["Message"]
    iam.put_user_policy(UserName="operator", PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may, passes]}))
    operator.create_mitigation_action(**new)


def test_a_mapping_that_does_not_fit_is_refused(fresh, role):
    fresh.create_mitigation_action(actionName="deactivate", roleArn=role, actionParams=tasks.DEACTIVATE)
    enable(fresh, PERMISSIVE_CHECK)
    audit, _ = run(fresh, PERMISSIVE_CHECK)
    for mapping in ({PERMISSIVE_CHECK: ["deactivate"]}, {EXPIRING_CHECK: ["no-such"]}, {"NO_SUCH_CHECK": ["deactivate"]}):
        with pytest.raises(ClientError) as refused:
            tasks.start(fresh, "refused", {"auditTaskId": audit}, mapping)
        assert code_of(refused) == "InvalidRequestException", mapping
    tasks.start(fresh, "t", {"auditTaskId": audit}, {EXPIRING_CHECK: ["deactivate"]})
    tasks.start(fresh, "t", {"auditTaskId": audit}, {EXPIRING_CHECK: ["deactivate"]})
    with pytest.raises(ClientError) as refused:
        tasks.start(fresh, "t", {"auditTaskId": audit}, {EXPIRING_CHECK: ["deactivate"]}, token="another")
    assert code_of(refused) == "TaskAlreadyExistsException"


def test_the_cli_mitigates(aws, iot, role):  # noqa: F811
    certificate = expiring(iot, "cli")["certificateId"]
    enable(iot, EXPIRING_CHECK)
    audit, _ = run(iot, EXPIRING_CHECK)
    params = json.dumps(tasks.DEACTIVATE)
    made = aws("iot", "create-mitigation-action", "--action-name", "Cli", "--role-arn", role, "--action-params", params)
    assert made["actionArn"].endswith(":mitigationaction/Cli")
    mapping = json.dumps({EXPIRING_CHECK: ["Cli"]})
    target = json.dumps({"auditTaskId": audit})
    started = aws(
        "iot", "start-audit-mitigation-actions-task", "--task-id", "cli", "--target", target, "--audit-check-to-actions-mapping", mapping,
        "--client-request-token", "cli",
    )  # fmt: skip
    assert started == {"taskId": "cli"}
    tasks.ended(iot, "cli")
    assert aws("iot", "describe-audit-mitigation-actions-task", "--task-id", "cli")["taskStatus"] == "COMPLETED"
    described = aws("iot", "describe-certificate", "--certificate-id", certificate)
    assert described["certificateDescription"]["status"] == "INACTIVE"
    listed = aws("iot", "list-audit-mitigation-actions-tasks", "--start-time", "0", "--end-time", "4000000000")["tasks"]
    assert [task["taskId"] for task in listed] == ["cli"]


MANY = 10_000


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A server with an audit that has found ten thousand policies, and an action that tells of each."""
    folder = tmp_path_factory.mktemp("many")
    import_policies(folder, MANY)
    running = Server(folder)
    iot = running.client()
    role = tasks.role(running, "Mitigate", *RIGHTS)
    iot.create_mitigation_action(actionName="blank", roleArn=role, actionParams=tasks.parameters("")["blank"])
    enable(iot, PERMISSIVE_CHECK)
    audit, _ = run(iot, PERMISSIVE_CHECK, seconds=300)
    yield running, audit
    running.kill() if running.process.poll() is None else None


def defaults(iot):
    """How many policies have which version in force, by a sample of a hundred."""
    return [iot.get_policy(policyName=f"open-{number:06}")["defaultVersionId"] for number in range(0, MANY, MANY // 100)]


def test_a_canceled_task_says_what_ran(many):
    server, audit = many
    iot = server.client()
    mapping = {PERMISSIVE_CHECK: ["blank"]}
    tasks.start(iot, "canceled", {"auditTaskId": audit}, mapping)
    deadline = time.monotonic() + 120
    while iot.describe_audit_mitigation_actions_task(taskId="canceled")["taskStatistics"][PERMISSIVE_CHECK]["succeededFindingsCount"] < 50:
        assert time.monotonic() < deadline
    iot.cancel_audit_mitigation_actions_task(taskId="canceled")
    ended = tasks.ended(iot, "canceled")
    total, succeeded, failed, skipped, canceled = tasks.counts(ended, PERMISSIVE_CHECK)
    assert ended["taskStatus"] == "CANCELED" and total == MANY and (failed, skipped) == (0, 0)
    assert 50 <= succeeded < MANY and canceled == MANY - succeeded
    executions = verified(server.folder, "canceled")
    assert len([one for one in executions if one["status"] == "COMPLETED"]) == succeeded
    assert len([one for one in executions if one["status"] == "CANCELED"]) == canceled
    assert {one["verified"] for one in executions} == {"FIXED", None}
    with pytest.raises(ClientError) as refused:
        iot.cancel_audit_mitigation_actions_task(taskId="canceled")
    assert code_of(refused) == "InvalidRequestException"


def test_ten_thousand_findings_and_a_server_that_is_killed_under_way(many):
    server, audit = many
    iot = server.client()
    tasks.start(iot, "killed", {"auditTaskId": audit}, {PERMISSIVE_CHECK: ["blank"]})
    # While it is planned: not all findings are counted yet.
    server.kill()
    server.start()
    planned = server.client().describe_audit_mitigation_actions_task(taskId="killed")
    assert tasks.counts(planned, PERMISSIVE_CHECK)[0] < MANY
    for reached in (1000, 4000, 8000):
        deadline = time.monotonic() + 240
        while True:
            described = server.client().describe_audit_mitigation_actions_task(taskId="killed")
            done = described["taskStatistics"][PERMISSIVE_CHECK]["succeededFindingsCount"]
            if done >= reached or described["taskStatus"] != "IN_PROGRESS":
                break
            assert time.monotonic() < deadline
        server.kill()
        server.start()
        after = server.client().describe_audit_mitigation_actions_task(taskId="killed")
        assert after["taskStatistics"][PERMISSIVE_CHECK]["succeededFindingsCount"] >= done, "what was done is known"
    iot = server.client()
    ended = tasks.ended(iot, "killed", seconds=300)
    assert (ended["taskStatus"], tasks.counts(ended, PERMISSIVE_CHECK)) == ("COMPLETED", (MANY, MANY, 0, 0, 0))
    # While the checks look again.
    assert not own.call(server, "DescribeMitigation", {"taskId": "killed"})["isSettled"]
    server.kill()
    server.start()
    iot = server.client()
    executions = verified(server.folder, "killed", seconds=300)
    assert len(executions) == MANY and {one["verified"] for one in executions} == {"FIXED"}
    # Nothing was done twice: no policy got a third version.
    assert set(defaults(iot)) == {"2"}
    again, description = run(iot, PERMISSIVE_CHECK, seconds=300)
    assert description["auditDetails"][PERMISSIVE_CHECK]["checkRunStatus"] == "COMPLETED_COMPLIANT"
