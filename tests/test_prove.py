"""Proofs and witnesses: every witness of the command line is put to `policy eval`."""

import json

import pytest
from conftest import ROOT

FLEET = ROOT / "examples/fleet"
ARN = "arn:aws:iot:eu-central-1:111122223333:"
ATTACHED = {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}
NAME = "${iot:Connection.Thing.ThingName}"


def policy(path, *statements):
    """Each (effect, action, resource[, condition]); resources without the start of their ARN."""
    made = []
    for effect, action, resource, *condition in statements:
        statement = {"Effect": effect, "Action": action, "Resource": resource if resource == "*" else ARN + resource}
        made.append(statement | ({"Condition": condition[0]} if condition else {}))
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": made}, indent=1))
    return path


@pytest.fixture
def bound(tmp_path):
    return policy(tmp_path / "bound.json",
                  ("Allow", "iot:Connect", f"client/{NAME}", ATTACHED),
                  ("Allow", "iot:Publish", f"topic/$aws/things/{NAME}/*"),
                  ("Allow", "iot:Subscribe", f"topicfilter/$aws/things/{NAME}/*"),
                  ("Allow", "iot:Receive", "topic/*"))


@pytest.fixture
def loose(tmp_path):
    return policy(tmp_path / "loose.json",
                  ("Allow", "iot:Connect", "client/${iot:ClientId}"),
                  ("Allow", "iot:Subscribe", "topicfilter/$aws/*"),
                  ("Deny", "iot:Subscribe", "topicfilter/$aws/things/*"),
                  ("Allow", "iot:Receive", "topic/*"),
                  ("Allow", "iot:GetThingShadow", "thing/press-*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))


def replay(thingwarden, answered, *policies):
    """Asks `policy eval` for every request of every witness; gives the requests by the name of their row."""
    shown = {}
    for row in answered["answers"]:
        for request in row.get("requests", []):
            options = [part for path in policies for part in ("--policy", path)]
            result = thingwarden("policy", "eval", *options, "--action", request["action"], "--resource", request["resource"],
                                 "--context", json.dumps(request["context"]))
            assert result.code == 0, (request, result.text)
            shown.setdefault(row["name"], []).append(request["resource"].removeprefix(ARN))
    return shown


def test_a_bound_policy_is_isolated(thingwarden, bound):
    result = thingwarden("prove", "cross-device", "--policy", bound, "--format", "json")
    assert result.code == 0 and result.json["verdict"] == "isolated"
    assert {row["answer"] for row in result.json["answers"]} == {"proof"}


def test_every_witness_of_a_loose_policy_is_true(thingwarden, loose):
    result = thingwarden("prove", "cross-device", "--policy", loose, "--format", "json")
    assert result.code == 1
    shown = replay(thingwarden, result.json, loose)
    assert set(shown) == {"connectAs", "receive", "iot:GetThingShadow"}
    assert shown["connectAs"] == ["client/x"]
    assert shown["receive"][0] in ("topicfilter/$aws/#", "topicfilter/$aws/+/#")
    assert shown["receive"][1].startswith("topic/$aws/things/x/")
    assert shown["iot:GetThingShadow"][0].startswith("thing/press-")
    table = thingwarden("prove", "cross-device", "--policy", loose).text
    assert "not denied by" in table and "another resource" in table


def test_diff_and_within(thingwarden, bound, loose, tmp_path):
    assert thingwarden("prove", "diff", bound, bound, "--format", "json").json["verdict"] == "equal"
    result = thingwarden("prove", "diff", bound, loose, "--format", "json")
    assert result.code == 1 and result.json["verdict"] == "incomparable"
    names = [row["name"] for row in result.json["answers"]]
    assert "adds iot:Connect" in names and "removes iot:Publish" in names
    narrower = policy(tmp_path / "narrower.json", ("Allow", "iot:Publish", f"topic/$aws/things/{NAME}/shadow/update"))
    assert thingwarden("prove", "within", narrower, bound).code == 0
    result = thingwarden("prove", "within", loose, bound, "--format", "sarif")
    assert result.code == 1
    found = result.json["runs"][0]["results"]
    assert found and all(one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == str(loose) for one in found)
    assert any(one["locations"][0]["physicalLocation"]["region"]["startLine"] == 4 for one in found)


def test_things_that_certificates_belong_to_alone(thingwarden, tmp_path):
    longer = policy(tmp_path / "longer.json",
                    ("Allow", "iot:Connect", f"client/{NAME}-*"),
                    ("Allow", "iot:Publish", "topic/state", {"StringEquals": {"iot:Connection.Thing.ThingName": "${iot:ClientId}"}}))
    assert thingwarden("prove", "quarantined", "--policy", longer).code == 0
    result = thingwarden("prove", "cross-device", "--policy", longer, "--exclusive", "--format", "json")
    assert result.code == 1 and result.json["subject"].endswith("exclusively")
    (client,) = replay(thingwarden, result.json, longer)["connectAs"]
    name = result.json["things"][0]
    assert client.startswith(f"client/{name}-") and len(client) > len(f"client/{name}-")
    # Nobody connects as its own thing, so the condition does not hold; where the thing counts, it could.
    dead = thingwarden("prove", "dead", longer, "--exclusive", "--format", "json")
    assert dead.code == 0, dead.text
    attached = policy(tmp_path / "attached.json", ("Allow", "iot:Connect", "client/*", ATTACHED))
    exact = policy(tmp_path / "exact.json", ("Allow", "iot:Connect", f"client/{NAME}", ATTACHED))
    assert thingwarden("prove", "within", attached, exact).code == 0
    beyond = thingwarden("prove", "within", attached, exact, "--exclusive", "--format", "json")
    assert beyond.code == 1 and beyond.json["answers"][0]["answer"] == "witness"
    fleet = thingwarden("prove", "cross-device", "--snapshot", FLEET, "--exclusive")
    assert fleet.code == 2 and "--exclusive is for --policy" in fleet.err.decode()


def test_quarantine(thingwarden, bound, tmp_path):
    nothing = policy(tmp_path / "quarantine.json", ("Deny", "*", "*"))
    assert thingwarden("prove", "quarantined", "--policy", bound, "--policy", nothing).code == 0
    result = thingwarden("prove", "quarantined", "--policy", bound, "--format", "json")
    assert result.code == 1
    assert replay(thingwarden, result.json, bound) == {"anything": ["client/own-thing"]}


def test_topics_that_others_have_by_the_same_policy(thingwarden, tmp_path):
    own = [("Allow", "iot:Connect", "client/${iot:Connection.Thing.ThingName}"), ("Allow", "iot:Publish", "topic/${iot:Connection.Thing.ThingName}/*"), ("Allow", "iot:Receive", "topic/*")]
    crossing = policy(tmp_path / "crossing.json", *own, ("Allow", "iot:Subscribe", "topicfilter/press-17/*"))
    result = thingwarden("prove", "cross-device", "--policy", crossing, "--format", "json")
    assert result.code == 1 and set(replay(thingwarden, result.json, crossing)) == {"receiveNamed"}
    bound = policy(tmp_path / "bound.json", *own, ("Allow", "iot:Subscribe", "topicfilter/${iot:Connection.Thing.ThingName}/*"))
    assert thingwarden("prove", "cross-device", "--policy", bound).code == 0


def test_cognito_identities(thingwarden, tmp_path):
    sub = "${cognito-identity.amazonaws.com:sub}"
    connect = ("Allow", "iot:Connect", f"client/{sub}")
    press = "topic/$aws/things/press-*", "topicfilter/$aws/things/press-*"
    reads = policy(tmp_path / "reads.json", connect, ("Allow", "iot:Receive", press[0]), ("Allow", "iot:Subscribe", press[1]))
    result = thingwarden("prove", "cross-device", "--policy", reads, "--format", "json")
    assert result.code == 1 and set(replay(thingwarden, result.json, reads)) == {"receive"}
    assert thingwarden("prove", "dead", reads).code == 0
    documented = policy(tmp_path / "documented.json", connect, ("Allow", "iot:Publish", f"topic/{sub}"))
    assert thingwarden("prove", "cross-device", "--policy", documented).code == 0
    assert thingwarden("prove", "cross-device", "--policy", documented, "--thing", "lamp").code == 0
    assert thingwarden("prove", "dead", documented).code == 0
    # One of a fleet is known by its id.
    identity = "eu-central-1:01234567-89ab-cdef-0123-456789abcdef"
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    document = documented.read_text()
    (fleet / "policies.json").write_text(json.dumps({"policyName": "app", "policyArn": ARN + "policy/app", "policyDocument": document, "defaultVersionId": "1"}))
    (fleet / "targets.json").write_text(json.dumps({"policyName": "app", "targets": [identity]}))
    result = thingwarden("prove", "reach", identity, "--snapshot", fleet, "--format", "json")
    shown = {row["name"]: row["requests"][0]["resource"].removeprefix(ARN) for row in result.json["answers"]}
    assert shown["iot:Connect own (MQTT)"] == f"client/{identity}"
    assert shown["iot:Publish application (MQTT)"] == shown["iot:Publish application (HTTP)"] == f"topic/{identity}"
    assert thingwarden("prove", "cross-device", identity, "--snapshot", fleet).code == 0


def test_more_accounts_than_are_looked_at(thingwarden, tmp_path):
    # No account has all of these pairs of digits: each set of pairs that fits in makes a kind of accounts.
    hard = tmp_path / "hard.json"
    account = [f"arn:*:*:*:*{pair:02}*{99 - pair}*:*" for pair in range(40)]
    hard.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": account}]}))
    for question in (["cross-device", "--policy"], ["within", hard]):
        result = thingwarden("prove", *question, hard, "--format", "json")
        last = result.lines[-1]
        assert result.code == 1 and last["verdict"] == "out of bounds", result.text
        assert [row["name"] for row in last["answers"]] == ["other accounts and regions"]
        assert "--account and --region say which one" in last["answers"][0]["reasons"][0]
    known = thingwarden("prove", "within", hard, hard, "--account", "111122223333", "--region", "eu-central-1",
                        "--format", "json")
    assert [(one["account"], one["region"]) for one in known.lines] == [("111122223333", "eu-central-1")]


def test_dead_parts(thingwarden, tmp_path):
    dead = policy(tmp_path / "dead.json",
                  ("Allow", "iot:Subscribe", "topicfilter/a/*"), ("Deny", "iot:Subscribe", "topicfilter/a/secret/#"),
                  ("Allow", "iot:Publish", "topic/a/+/b"), ("Allow", "iot:Publish", "topic/${iot:Nothing}"))
    result = thingwarden("prove", "dead", dead, "--format", "json")
    assert result.code == 1
    assert [row["answer"] for row in result.json["answers"]] == ["literalWildcard", "noRequest", "variableNeverResolves", "noRequest"]


def test_an_action_that_there_is_not_is_told(thingwarden, bound):
    for command in (["policy", "eval"], ["prove", "explain"]):
        for action, is_told in (("iot:Publsh", True), ("iot:publish", False), ("iotjobsdata:UpdateJobExecution", False)):
            result = thingwarden(*command, "--policy", bound, "--action", action, "--resource", ARN + "topic/a")
            assert result.code == 1
            assert ("AWS IoT has no action `iot:Publsh`" in result.err.decode()) == is_told


def test_explain(thingwarden, bound):
    ask = ["prove", "explain", "--policy", bound, "--action", "iot:Connect", "--resource", f"{ARN}client/lamp", "--format", "json"]
    context = {"iot:ClientId": "lamp", "iot:Connection.Thing.ThingName": "lamp", "iot:Connection.Thing.IsAttached": "false"}
    result = thingwarden(*ask, "--context", json.dumps(context))
    assert result.code == 1 and result.json["verdict"] == "implicitDeny"
    flips = [row for row in result.json["answers"] if row["name"] == "would flip it"]
    assert flips[0]["answer"] == "context" and "IsAttached` = true" in flips[0]["detail"]


def test_a_fleet(thingwarden):
    result = thingwarden("prove", "cross-device", "sensor-03", "--snapshot", FLEET, "--format", "json")
    assert result.code == 0 and result.json["things"] == ["sensor-03"] and result.json["verdict"] == "isolated"
    assert thingwarden("prove", "cross-device", "nobody", "--snapshot", FLEET).code == 2
    result = thingwarden("prove", "reach", "sensor-03", "--snapshot", FLEET, "--format", "json")
    assert result.code == 0 and "iot:Connect own (MQTT)" in [row["name"] for row in result.json["answers"]]


def test_the_radius_of_a_fleet_from_files_and_from_a_store(thingwarden, tmp_path):
    result = thingwarden("prove", "blast-radius", "--snapshot", FLEET, "--format", "json")
    assert result.code == 1
    radius = result.json
    assert radius["things"] == 24 and sum(bar["principals"] for bar in radius["histogram"]) == radius["principals"]
    worst = radius["top"][0]
    assert worst["touches"] > 0
    one = thingwarden("prove", "cross-device", worst["principal"], "--snapshot", FLEET, "--format", "json").json
    assert one["verdict"] == "touches other devices"
    harmless = [top for top in radius["top"] if top["touches"] == 0]
    for top in harmless:
        assert thingwarden("prove", "cross-device", top["principal"], "--snapshot", FLEET).code == 0
    data = tmp_path / "tw"
    assert thingwarden("import", FLEET, "--data", data, "--quiet").code in (0, 2)
    stored, = [line for line in thingwarden("prove", "blast-radius", "--data", data, "--format", "json").lines if line["things"]]
    assert stored["histogram"] == radius["histogram"] and stored["matrix"] == radius["matrix"]
    assert stored["groupMatrix"] == radius["groupMatrix"] != {}


def with_role_alias(folder, resource, service="credentials.iot.amazonaws.com", **role):
    """A snapshot of five lamps of which the first may use the alias of a role that may change shadows."""
    folder.mkdir(parents=True)
    statement = lambda action, resource: {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
    cert, lamps = f"{ARN}cert/{'ab' * 32}", [f"lamp-{number}" for number in range(1, 6)]
    documents = {
        "policies.json": {"policyName": "device", "policyArn": f"{ARN}policy/device", "defaultVersionId": "1",
                          "policyDocument": json.dumps(statement("iot:AssumeRoleWithCertificate", f"{ARN}rolealias/lamps"))},
        "targets.json": {"policyName": "device", "targets": [cert]},
        "things.json": {"things": [{"thingName": name} for name in lamps]},
        "principals.json": {"thingName": "lamp-1", "principals": [cert]},
        "alias.json": {"roleAliasDescription": {"roleAlias": "lamps", "roleAliasArn": f"{ARN}rolealias/lamps",
                                                "roleArn": "arn:aws:iam::123456789012:role/lamps"}},
        "roles.json": {"RoleDetailList": [{
            "RoleName": "lamps", "Arn": "arn:aws:iam::123456789012:role/lamps", "AttachedManagedPolicies": [],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}},
            "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": statement("iot:UpdateThingShadow", resource)}], **role}]},
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize("name, touches, aliases, how", [
    ("all", 4, {"lamps": 1}, {"resource": f"{ARN}thing/*"}),
    ("own", 0, {"lamps": 1}, {"resource": f"{ARN}thing/${{credentials-iot:ThingName}}"}),
    ("one", 1, {"lamps": 1}, {"resource": f"{ARN}thing/lamp-2"}),
    ("another-service", 0, {}, {"resource": "*", "service": "ec2.amazonaws.com"}),
    ("bounded", 0, {"lamps": 1}, {"resource": "*", "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/b"}}),
    ("not-all-there", 4, {"lamps": 1}, {"resource": "*", "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::123456789012:policy/m"}]}),
])
def test_the_radius_counts_what_role_aliases_bring(thingwarden, tmp_path, name, touches, aliases, how):
    snapshot = with_role_alias(tmp_path / name, **how)
    result = thingwarden("prove", "blast-radius", "--snapshot", snapshot, "--format", "json")
    radius = result.json
    assert (radius["top"][0]["touches"], radius["roleAliases"], radius["problems"] if "problems" in radius else []) == (touches, aliases, [])
    assert bool(radius["outOfBounds"]) == (name in ("bounded", "not-all-there")), radius
    assert result.code == (1 if touches or radius["outOfBounds"] else 0)


def test_an_empty_folder_is_no_fleet(thingwarden, tmp_path):
    (tmp_path / "empty").mkdir()
    result = thingwarden("prove", "blast-radius", "--snapshot", tmp_path / "empty")
    assert result.code == 2 and result.out == b"" and b"nothing was found" in result.err


def test_two_versions_of_a_policy_of_a_server(thingwarden, tmp_path):
    data = tmp_path / "tw"
    assert thingwarden("import", FLEET, "--data", data, "--quiet").code in (0, 2)
    name = json.loads((FLEET / "policies.jsonl").read_text().splitlines()[0])["policyName"]
    result = thingwarden("prove", "diff", name, name, "--data", data, "--format", "json")
    assert result.code == 0 and result.lines[0]["verdict"] == "equal"
    assert thingwarden("prove", "diff", name, f"{name}@77", "--data", data).code == 2
    assert thingwarden("prove", "diff", name, f"{name}@x", "--data", data).code == 2


@pytest.mark.parametrize("arguments", [["prove"], ["prove", "reach"], ["prove", "reach", "--policy", "nowhere.json"],
                                       ["prove", "reach", "lamp", "--policy", "nowhere.json"], ["prove", "diff", "a.json"]])
def test_wrong_usage_is_2(thingwarden, arguments):
    result = thingwarden(*arguments)
    assert result.code == 2 and result.out == b"" and result.err
