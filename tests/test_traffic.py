"""Recorded traffic: `policy replay` and `policy synthesize` against the real binary, their answers put to `policy eval` and `prove`."""

import gzip
import hashlib
import json
import resource

import pytest
from conftest import ROOT

ACCOUNT, REGION = "123456789012", "eu-west-1"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
NAME = "${iot:Connection.Thing.ThingName}"
SENSORS = [f"sensor-{number}" for number in range(1, 6)]


def principal(name):
    return hashlib.sha256(name.encode()).hexdigest()


def document(*statements):
    made = []
    for effect, action, resources, *condition in statements:
        resources = [one if one == "*" else ARN + one for one in ([resources] if isinstance(resources, str) else resources)]
        made.append({"Effect": effect, "Action": action, "Resource": resources, **({"Condition": condition[0]} if condition else {})})
    return {"Version": "2012-10-17", "Statement": made}


def record(name, event, topic=None, second=0, **members):
    made = {"timestamp": f"2026-11-20 08:{second // 60 % 60:02}:{second % 60:02}.000", "logLevel": "INFO", "traceId": "t", "accountId": ACCOUNT,
            "status": "Success", "eventType": event, "protocol": "MQTT", "clientId": name, "principalId": principal(name), "sourceIp": "10.1.2.3"}
    return made | ({"topicName": topic} if topic else {}) | members


def session(name):
    return [record(name, "Connect"), record(name, "Publish-In", f"dt/{name}/temperature", 1), record(name, "Subscribe", f"cmd/{name}/+", 2),
            record(name, "Publish-Out", f"cmd/{name}/reboot", 3), record(name, "Disconnect", second=4)]


@pytest.fixture
def fleet(tmp_path):
    """Five sensors of a type, whose policy allows everything, and a gateway under another policy."""

    def make(records, policy=document(("Allow", "iot:*", "*"))):
        folder = tmp_path / "snapshot"
        folder.mkdir(exist_ok=True)
        things = [{"thingName": name, "thingTypeName": "sensor", "thingArn": f"{ARN}thing/{name}", "attributes": {"zone": f"zone-{name[-1]}"}}
                  for name in SENSORS] + [{"thingName": "gw", "thingArn": f"{ARN}thing/gw"}]
        lines = [{"things": things}]
        for name in [*SENSORS, "gw"]:
            lines.append({"thingName": name, "principals": [f"{ARN}cert/{principal(name)}"]})
        for name, made, members in [("Sensor", policy, SENSORS), ("Gateway", document(("Allow", "iot:Connect", "client/*"), ("Allow", "iot:Publish", "topic/up/*")), ["gw"])]:
            lines.append({"policyName": name, "policyArn": f"{ARN}policy/{name}", "policyDocument": json.dumps(made), "defaultVersionId": "1"})
            lines.append({"policyName": name, "targets": [f"{ARN}cert/{principal(member)}" for member in members]})
        (folder / "registry.jsonl").write_text("\n".join(map(json.dumps, lines)))
        (folder / "logs.jsonl").write_text("\n".join(map(json.dumps, records)))
        return folder

    return make


def synthesize(thingwarden, folder, *options):
    run = thingwarden("policy", "synthesize", "--snapshot", folder, "--format", "json", *options)
    return run, {line["group"]: line for line in run.lines}


def test_the_least_policy_in_variables(thingwarden, fleet, tmp_path):
    records = [one for name in SENSORS for one in session(name)]
    records += [record(name, "Publish-In", f"alarms/zone-{name[-1]}") for name in SENSORS]
    records += [record("gw", "Connect"), record("gw", "Publish-In", "up/a"), record("gw", "Publish-In", "elsewhere")]
    run, groups = synthesize(thingwarden, fleet(records))
    assert run.code == 0, run.err
    sensors = groups["type sensor"]
    statements = {tuple([one["Action"]] if isinstance(one["Action"], str) else one["Action"]): one["Resource"] for one in sensors["policyDocument"]["Statement"]}
    assert statements == {
        ("iot:Connect",): f"{ARN}client/{NAME}",
        ("iot:Publish",): [f"{ARN}topic/alarms/${{iot:Connection.Thing.Attributes[zone]}}", f"{ARN}topic/dt/{NAME}/temperature"],
        ("iot:Receive",): f"{ARN}topic/cmd/{NAME}/reboot",
        ("iot:Subscribe",): f"{ARN}topicfilter/cmd/{NAME}/+",
    }
    assert (sensors["devices"], sensors["requests"], sensors["covered"], sensors["compared"]) == (5, 25, 25, "narrower")
    assert any(one.startswith("iot:GetThingShadow ") for one in sensors["dropped"]) and sensors["generalized"] == []
    gateway = groups["no thing type"]
    assert gateway["notAllowedNow"] == 1 and gateway["policies"] == ["Gateway"]
    (tmp_path / "new.json").write_text(json.dumps(sensors["policyDocument"]))
    (tmp_path / "old.json").write_text(json.dumps(document(("Allow", "iot:*", "*"))))
    assert thingwarden("prove", "within", tmp_path / "new.json", tmp_path / "old.json").code == 0
    assert thingwarden("prove", "cross-device", "--policy", tmp_path / "new.json").code == 0
    replay = thingwarden("policy", "replay", "--snapshot", tmp_path / "snapshot", "--policy", f"Sensor={tmp_path / 'new.json'}")
    assert replay.code == 0, replay.text


def test_text_for_people(thingwarden, fleet):
    folder = fleet([record("sensor-1", "Connect"), record("sensor-1", "Subscribe", "a/#"), record("sensor-1", "Publish-In", "x", status="Failure")])
    run = thingwarden("policy", "synthesize", "--snapshot", folder)
    assert run.code == 0 and "of 2048 characters, narrower than what is in force" in run.text
    assert "1 request that failed then" in run.text and "the proposal lets them receive nothing" in run.text


def test_ids_are_generalized_and_only_within_the_current_policy(thingwarden, fleet):
    jobs = [record("sensor-1", "Publish-In", f"$aws/things/sensor-1/jobs/job-{number}/update") for number in range(3)]
    many = [record("sensor-1", "Publish-In", f"dt/{number}/x") for number in range(100)]
    _, groups = synthesize(thingwarden, fleet([record("sensor-1", "Connect"), *jobs, *many]))
    assert groups["type sensor"]["generalized"] == [f"iot:Publish topic/$aws/things/{NAME}/jobs/*/update", "iot:Publish topic/dt/*/x"]
    narrow = document(("Allow", "iot:Connect", f"client/{NAME}"), ("Allow", "iot:Publish", [f"topic/dt/{number}/x" for number in range(30)]))
    _, groups = synthesize(thingwarden, fleet([record("sensor-1", "Publish-In", f"dt/{number}/x") for number in range(30)], narrow))
    assert groups["type sensor"]["generalized"] == [] and groups["type sensor"]["compared"] == "narrower"


def test_conditions_are_kept(thingwarden, fleet):
    condition = {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}
    _, groups = synthesize(thingwarden, fleet([record("sensor-1", "Connect")], document(("Allow", "iot:Connect", "client/*", condition), ("Allow", "iot:Publish", "topic/*"))))
    assert groups["type sensor"]["policyDocument"]["Statement"][0]["Condition"] == condition
    assert groups["type sensor"]["unusedStatements"] == [{"policy": "Sensor", "statementIndex": 1}]


def test_without_allowed_traffic_there_is_no_proposal(thingwarden, fleet):
    run, groups = synthesize(thingwarden, fleet([record("gw", "Publish-In", "elsewhere")]))
    assert run.code == 1 and "nothing was seen" in groups["no thing type"]["whyNot"]


def test_groups(thingwarden, fleet):
    folder = fleet([one for name in SENSORS for one in session(name)] + [record("gw", "Connect")])
    (folder / "groups.jsonl").write_text(json.dumps({"thingGroupName": "plant", "things": SENSORS[:2]}))
    for by, expected in [("type", {"type sensor", "no thing type"}), ("group", {"group plant", "no thing group"}), ("policy", {"policies"})]:
        run = thingwarden("policy", "synthesize", "--snapshot", folder, "--format", "json", "--group-by", by)
        assert {line["group"] for line in run.lines} == expected
        assert sum(line["devices"] for line in run.lines) == 6 and all(line["covered"] == line["requests"] for line in run.lines)


def replayed(thingwarden, folder, *options):
    run = thingwarden("policy", "replay", "--snapshot", folder, "--format", "json", *options)
    return run, [line for line in run.lines if line["kind"] != "summary"], run.lines[-1]


def test_what_a_new_policy_breaks(thingwarden, fleet, tmp_path):
    folder = fleet([one for name in SENSORS for one in session(name)] + [record("sensor-1", "Publish-In", "odd/x", 9), record("gw", "Publish-In", "no", 9, status="Failure")])
    new = tmp_path / "new.json"
    new.write_text(json.dumps(document(("Allow", "*", [f"client/{NAME}", f"topic/*/{NAME}/*", f"topicfilter/*/{NAME}/*"]), ("Deny", "iot:Publish", "topic/dt/sensor-2/*"))))
    run, lines, summary = replayed(thingwarden, folder, "--policy", f"Sensor={new}")
    assert run.code == 1
    assert {(line["kind"], line["thing"], line["requests"], line["first"]["action"]) for line in lines} == {
        ("broken", "sensor-1", 1, "iot:Publish"), ("broken", "sensor-2", 1, "iot:Publish")}
    denied = next(line for line in lines if line["thing"] == "sensor-2")["first"]
    assert (denied["before"], denied["after"], denied["because"]) == ("allowed", "explicitDeny", "policy Sensor, statement 2")
    assert denied["time"].startswith("2026-11-20T08:00:01") and "logs.jsonl:7" in denied["record"]
    assert (summary["brokenRequests"], summary["brokenDevices"], summary["vanishedDenials"], summary["devices"]) == (2, 2, 0, 6)
    text = thingwarden("policy", "replay", "--snapshot", folder, "--policy", f"Sensor={new}")
    assert text.code == 1 and "Would break: 2 requests of 2 devices" in text.text


def test_attachments_and_certificates(thingwarden, fleet, tmp_path):
    folder = fleet([record("sensor-1", "Publish-In", "a"), record("gw", "Publish-In", "no", status="Failure"), record("sensor-1", "Publish-In", "b")])
    run, lines, _ = replayed(thingwarden, folder, "--attach", "Sensor=gw")
    assert run.code == 0 and [(line["kind"], line["thing"]) for line in lines] == [("vanished", "gw")]
    run, lines, _ = replayed(thingwarden, folder, "--detach", f"Sensor={ARN}cert/{principal('sensor-1')}")
    assert run.code == 1 and lines[0]["requests"] == 2 and lines[0]["first"]["because"] == "no statement allows it"
    run, lines, _ = replayed(thingwarden, folder, "--deactivate", principal("sensor-1")[:12])
    assert run.code == 1 and lines[0]["first"]["after"] == "inactive"
    run, lines, summary = replayed(thingwarden, folder, "--deactivate", "sensor-3")
    assert run.code == 0 and lines == [] and summary["brokenDevices"] == 0


def test_policies_of_groups_count(thingwarden, fleet, tmp_path):
    folder = fleet([record("gw", "Publish-In", "shared")])
    lines = [{"thingGroupName": "plant", "things": ["gw"]}, {"policyName": "Gateway", "targets": [f"{ARN}cert/{principal('gw')}"]}]
    (folder / "groups.jsonl").write_text("\n".join(map(json.dumps, lines)))
    new = tmp_path / "new.json"
    new.write_text(json.dumps(document(("Allow", "iot:Publish", "topic/shared"))))
    run, lines, _ = replayed(thingwarden, folder, "--policy", f"Plant={new}", "--attach", f"Plant={ARN}thinggroup/plant")
    assert [(line["kind"], line["thing"]) for line in lines] == [("vanished", "gw")] and run.code == 0


def test_what_is_not_played_is_counted(thingwarden, fleet):
    lost = record("gw", "Publish-In", "up/a")
    del lost["principalId"]
    _, _, summary = replayed(thingwarden, fleet([lost, record("gw", "Subscribe"), record("gw", "Publish-In", "up/a")]), "--deactivate", "sensor-1")
    assert summary["notPlayed"] == {"records without `principalId`": 1, "records without `topicName`": 1} and summary["requests"] == 1


def test_logs_of_cloudwatch_and_compressed_ones(thingwarden, fleet, tmp_path):
    folder = fleet([])
    events = {"events": [{"timestamp": 1795161600000, "message": json.dumps(one), "eventId": "x"} for one in session("sensor-1")]}
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").write_text(json.dumps(events))
    (logs / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, session("sensor-2"))).encode()))
    _, _, summary = replayed(thingwarden, folder, "--logs", logs, "--deactivate", "sensor-1")
    assert (summary["requests"], summary["brokenRequests"]) == (8, 4)


def test_many_records_take_no_memory(thingwarden, fleet):
    def peak(count):
        folder = fleet([])
        with (folder / "logs.jsonl").open("w") as file:  # not in this process's memory, which counts as the child's until it begins
            for number in range(count):
                file.write(json.dumps(record(SENSORS[number % 5], "Publish-In", f"dt/{SENSORS[number % 5]}/{number}", number)) + "\n")
        run, _, summary = replayed(thingwarden, folder, "--deactivate", "sensor-1")
        assert run.code == 1 and summary["requests"] == count and summary["brokenRequests"] == count // 5
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    few = peak(100_000)
    assert peak(300_000) < few * 1.2, "200,000 records more have 60 MB"


def test_the_folder_of_a_server(thingwarden, tmp_path):
    data, fleet = tmp_path / "tw", ROOT / "examples/fleet"
    assert thingwarden("import", fleet, "--data", data, "--quiet").code in (0, 2)
    options = ["--data", data, "--logs", fleet, "--account", "123456789012"]
    run, same = (thingwarden("policy", "replay", *which, "--deactivate", "sensor-03", "--format", "json") for which in (options, ["--snapshot", fleet]))
    assert run.lines[0]["thing"] == "sensor-03" and run.lines[0]["first"]["after"] == "inactive", run.err
    assert run.lines[0]["first"]["resource"] == same.lines[0]["first"]["resource"] and run.lines[-1] == same.lines[-1]
    assert thingwarden("policy", "replay", *options[:-1], "999999999999", "--deactivate", "sensor-03").code == 2


@pytest.mark.parametrize("options", [
    [], ["--policy", "Sensor"], ["--policy", "Nobody=x.json"], ["--detach", "Gateway=sensor-1"], ["--deactivate", "nobody"], ["--attach", "Nobody=sensor-1"],
])
def test_wrong_usage_is_2(thingwarden, fleet, options):
    run = thingwarden("policy", "replay", "--snapshot", fleet([]), *options)
    assert run.code == 2 and run.err and not run.out
