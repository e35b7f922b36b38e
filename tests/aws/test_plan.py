"""Plans: what mitigation would change, whom it would cost what; and nothing is changed by asking."""

import json

import pytest

import mitigation_tasks as tasks
import own
from audits import EXPIRING_CHECK, PERMISSIVE_CHECK, findings
from test_iam import keys_of
from undo_world import ALL, CA_CHECK, LOGGING_CHECK, MAPPING, World, differing, picture


@pytest.fixture(scope="module")
def world(server):
    return World(server, "us-plan-1")


@pytest.fixture
def mitigate(server, world, thingwarden):
    def run(*arguments, mapping=MAPPING):
        actions = [part for check, names in mapping.items() for part in ("--action", f"{check}={','.join(names)}")]
        return thingwarden("mitigate", *actions, "--data", server.folder / "data", "--endpoint", server.url, "--region", world.region, *arguments)

    return run


def planned(server, world, mapping=MAPPING, **target):
    """The plan of each finding, by check."""
    answer = own.call(server, "PlanMitigation", {"target": target or {"auditTaskId": world.audit}, "auditCheckToActionsMapping": mapping}, region=world.region)
    return {finding["checkName"]: finding for finding in answer["findings"]}


def test_a_plan_has_what_the_task_then_does(server, world):
    before = picture(server.folder)
    plan = planned(server, world)
    assert differing(before, picture(server.folder)) == {}, "asking changes nothing"
    assert set(plan) == set(ALL)
    outcomes = {check: [(one["actionName"], one["outcome"]) for one in finding["actions"]] for check, finding in plan.items()}
    assert outcomes == {
        EXPIRING_CHECK: [("join", "CHANGES"), ("deactivate", "CHANGES"), ("tell", "NOTHING_CHANGED")],
        CA_CHECK: [("deactivate-ca", "CHANGES")],
        PERMISSIVE_CHECK: [("blank", "CHANGES")],
        LOGGING_CHECK: [("log", "CHANGES")],
    }
    would = {(change["kind"], change["id"]) for finding in plan.values() for action in finding["actions"] for change in action["changes"]}
    tasks.run(world.iot, "planned", {"auditTaskId": world.audit}, MAPPING)
    done = own.call(server, "DescribeMitigation", {"taskId": "planned"}, region=world.region)["executions"]
    assert {(record["kind"], record["id"]) for one in done for record in one["records"]} == would
    while not own.call(server, "DescribeMitigation", {"taskId": "planned"}, region=world.region)["isSettled"]:
        pass
    own.call(server, "UndoMitigation", {"taskId": "planned"}, region=world.region)
    assert differing(before, picture(server.folder)) == {}


def test_who_loses_what_is_proved(server, world):
    plan = planned(server, world)
    policy = plan[PERMISSIVE_CHECK]
    assert (policy["usedBy"]["principals"], policy["usedBy"]["thingNames"]) == (1, ["one", "two"])
    (access,) = policy["access"]
    assert access["principal"] == world.principal and access["gains"] == [] and access["unknown"] == []
    assert {request["action"] for request in access["loses"]} >= {"iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"}
    # Each request is one that the server allows now.
    for request in access["loses"]:
        if request["action"] == "iot:Connect":
            asked = {"actionType": "CONNECT", "resources": [request["resource"]]}
            client = request["resource"].split(":client/")[1]
            found = world.iot.test_authorization(principal=world.principal, clientId=client, authInfos=[asked])
            assert found["authResults"][0]["authDecision"] == "ALLOWED", request
    diff = next(change["documentDiff"] for change in policy["actions"][0]["changes"] if "documentDiff" in change)
    assert '-    "Effect": "Allow",' in diff and '+  "Statement": [],' in diff
    # A certificate that lets nobody in loses the same.
    (access,) = plan[EXPIRING_CHECK]["access"]
    assert {request["action"] for request in access["loses"]} >= {"iot:Connect", "iot:Publish"}
    # Logging costs no device anything.
    assert plan[LOGGING_CHECK]["access"] == [] and plan[LOGGING_CHECK]["usedBy"]["principals"] == 0


def test_what_would_fail_says_why_and_what_would_follow_is_not_tried(server, world, mitigate):
    role = tasks.role(server, "May-nothing", "iot:None")
    params = tasks.parameters("arn:aws:sns:us-east-1:123456789012:t")
    for name in ("deactivate", "join"):
        world.iot.create_mitigation_action(actionName=f"weak-{name}", roleArn=role, actionParams=params[name])
    mapping = {EXPIRING_CHECK: ["weak-deactivate", "weak-join"]}
    actions = planned(server, world, mapping)[EXPIRING_CHECK]["actions"]
    assert [(one["outcome"], one.get("errorCode")) for one in actions] == [("FAILS", "AccessDeniedException"), ("SKIPPED", None)]
    assert "is not authorized to perform: iot:UpdateCertificate" in actions[0]["message"]
    result = mitigate("--audit", world.audit, "--plan", mapping=mapping)
    assert result.code == 1 and "weak-deactivate would fail: User: " in result.text and "weak-join would not be tried" in result.text


def test_suppressed_findings_are_left_alone(server, world):
    (finding,) = findings(world.iot, taskId=world.audit, checkName=PERMISSIVE_CHECK)
    identifier = finding["nonCompliantResource"]["resourceIdentifier"]
    world.iot.create_audit_suppression(checkName=PERMISSIVE_CHECK, resourceIdentifier=identifier, suppressIndefinitely=True, clientRequestToken="s")
    policy = planned(server, world)[PERMISSIVE_CHECK]
    assert policy["isSuppressed"] and [one["outcome"] for one in policy["actions"]] == ["SKIPPED"]
    world.iot.delete_audit_suppression(checkName=PERMISSIVE_CHECK, resourceIdentifier=identifier)


def test_the_command_line_shows_the_plan_and_carries_it_out(server, world, mitigate):
    result = mitigate("--audit", world.audit, "--plan")
    assert result.code == 0, result.err
    for part in ("would change", f"certificate {world.certificate}: ACTIVE -> INACTIVE", "thing_group_member quarantine/one: made",
                 "loses iot:Connect, for example on", "used by 1 principals of 2 things: one, two", '-    "Effect": "Allow",'):  # fmt: skip
        assert part in result.text, result.text
    assert world.status() == "ACTIVE"
    (finding,) = findings(world.iot, taskId=world.audit, checkName=EXPIRING_CHECK)
    result = mitigate("--finding", finding["findingId"], "--id", "by-hand", mapping={EXPIRING_CHECK: ["deactivate"]})
    assert result.code == 0, result.err
    assert "completed" in result.text and "fixed" in result.text and world.status() == "INACTIVE"
    own.call(server, "UndoMitigation", {"taskId": "by-hand"}, region=world.region)
    assert mitigate("--audit", "0" * 32, "--plan").code == 2
    assert mitigate("--plan").code == 2, "no target"


@pytest.mark.parametrize("target, mapping", [
    ({}, MAPPING),
    ({"auditTaskId": "none"}, MAPPING),
    ({"findingIds": ["none"]}, MAPPING),
    ({"auditTaskId": "AUDIT"}, {}),
    ({"auditTaskId": "AUDIT"}, {PERMISSIVE_CHECK: ["no-such"]}),
    ({"auditTaskId": "AUDIT"}, {PERMISSIVE_CHECK: ["deactivate"]}),
    ({"auditTaskId": "AUDIT"}, {"NO_CHECK": ["deactivate"]}),
])  # fmt: skip
def test_what_cannot_be_started_cannot_be_planned(server, world, target, mapping):
    target = {key: world.audit if value == "AUDIT" else value for key, value in target.items()}
    asked = {"target": target, "auditCheckToActionsMapping": mapping}
    assert own.refused(server, "PlanMitigation", asked, region=world.region)[0] == 400


def test_to_plan_is_a_permission_of_its_own(server, world):
    iam = server.client("iam")
    iam.create_user(UserName="planner")
    keys = keys_of(iam.create_access_key(UserName="planner"))
    asked = {"target": {"auditTaskId": world.audit}, "auditCheckToActionsMapping": MAPPING}
    assert own.refused(server, "PlanMitigation", asked, region=world.region, **keys) == (403, "AccessDeniedException")
    statement = {"Effect": "Allow", "Action": "thingwarden:PlanMitigation", "Resource": "*"}
    iam.put_user_policy(UserName="planner", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert own.call(server, "PlanMitigation", asked, region=world.region, **keys)["findings"]
    assert own.refused(server, "StartMitigation", asked, region=world.region, **keys) == (403, "AccessDeniedException")
    assert own.refused(server, "UndoMitigation", {"taskId": "planned"}, region=world.region, **keys) == (403, "AccessDeniedException")
