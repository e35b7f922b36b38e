"""Undoing what a mitigation task did: by `thingwarden undo`, by the operation UndoMitigation."""

import json
import subprocess
import time

import pytest

import mitigation_tasks as tasks
import own
from audits import EXPIRING_CHECK, PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, findings, run
from conftest import BINARY
from serving import ACCOUNT, REGION, Server
from undo_world import ALL, MAPPING, World, differing, picture


@pytest.fixture
def undo(server, thingwarden):
    """Runs `thingwarden undo` as the root of the server's account."""

    def run(*arguments):
        region = () if "--region" in arguments else ("--region", REGION)
        return thingwarden("undo", *arguments, "--data", server.folder / "data", "--endpoint", server.url, *region)

    return run


def test_what_is_no_task_cannot_be_undone(server, undo):
    assert own.refused(server, "UndoMitigation", {"taskId": "no-such"}) == (404, "ResourceNotFoundException")
    assert own.refused(server, "UndoMitigation") == (400, "InvalidRequestException")
    result = undo("no-such")
    assert result.code == 2 and not result.out
    assert result.err.decode() == "thingwarden: UndoMitigation: ResourceNotFoundException: mitigation task `no-such` does not exist\n"


@pytest.mark.parametrize("endpoint, expected", [
    ("http://127.0.0.1:1", "cannot reach `http://127.0.0.1:1`"),
    ("ftp://127.0.0.1", "`ftp://127.0.0.1` is no endpoint"),
    ("http://127.0.0.1/path", "`http://127.0.0.1/path` is no endpoint"),
    ("nonsense", "`nonsense` is no endpoint"),
])  # fmt: skip
def test_a_server_that_is_not_there_is_said_so(server, thingwarden, endpoint, expected):
    result = thingwarden("undo", "task", "--data", server.folder / "data", "--endpoint", endpoint)
    assert result.code == 2 and expected in result.err.decode(), result.err


# No authority: clients that are strict take none for a server.
LEAF = """[req]
distinguished_name = dn
x509_extensions = v3
prompt = no
[dn]
CN = 127.0.0.1
[v3]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1
"""


def test_https_and_the_places_of_aws_do_as_well(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    (tmp_path / "leaf.cnf").write_text(LEAF)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-config", tmp_path / "leaf.cnf", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    server = Server(tmp_path, "--tls-cert", certificate, "--tls-key", key)
    assert server.url.startswith("https://")
    environment = {"AWS_ENDPOINT_URL": server.url, "AWS_SHARED_CREDENTIALS_FILE": str(server.folder / "data" / "root-credentials")}

    def undo(**more):
        return subprocess.run([BINARY, "undo", "no-such"], env=environment | more, capture_output=True, timeout=60)

    assert b"certificate" in undo().stderr, "nobody vouches for it"
    assert b"ResourceNotFoundException" in undo(AWS_CA_BUNDLE=str(certificate)).stderr
    assert server.stop() == 0


def test_without_an_access_key_nothing_is_asked(server, thingwarden):
    result = thingwarden("undo", "task", "--endpoint", server.url)
    assert result.code == 2 and b"no access key" in result.err
    result = thingwarden("undo", "task", "--endpoint", server.url, "--data", server.folder)
    assert result.code == 2 and b"root-credentials" in result.err


def settled(server, task, region):
    """Waits until the checks have looked again at what a task changed: then nothing is written any more."""
    deadline = time.monotonic() + 60
    while not own.call(server, "DescribeMitigation", {"taskId": task}, region=region)["isSettled"]:
        assert time.monotonic() < deadline


def test_a_mitigation_of_every_kind_is_undone_to_the_byte(server, undo):
    world = World(server, "us-undo-1")
    before = picture(server.folder)
    ended = tasks.run(world.iot, "all", {"auditTaskId": world.audit}, MAPPING)
    assert ended["taskStatus"] == "COMPLETED", ended
    settled(server, "all", world.region)
    assert set(differing(before, picture(server.folder))) >= {
        "certificate", "ca_certificate", "policy", "policy_version", "thing_group_member", "logging_options_v2", "logging_level",
    }  # fmt: skip
    result = undo("all", "--region", world.region, "--format", "json")
    assert result.code == 0, (result.text, result.err)
    assert sorted((one["actionName"], one["outcome"]) for one in result.lines) == [
        ("blank", "UNDONE"), ("deactivate", "UNDONE"), ("deactivate-ca", "UNDONE"),
        ("join", "UNDONE"), ("log", "UNDONE"), ("tell", "NOTHING_CHANGED"),
    ]  # fmt: skip
    assert differing(before, picture(server.folder)) == {}
    # It is audited, in the name of who asked.
    entries = own.call(server, "ListTrail", {"kind": "certificate", "id": world.certificate}, region=world.region)["entries"]
    assert entries[0]["operation"] == "thingwarden:UndoMitigation" and entries[0]["principal"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert (entries[0]["before"]["status"], entries[0]["after"]["status"]) == ("INACTIVE", "ACTIVE")
    # Once more does nothing, and after another audit everything is found again.
    trail = own.call(server, "ListTrail", region=world.region)["entries"][0]["seq"]
    assert undo("all", "--region", world.region).code == 0
    assert own.call(server, "ListTrail", region=world.region)["entries"][0]["seq"] == trail
    again, _ = run(world.iot, *ALL)
    assert len(findings(world.iot, taskId=again)) == len(ALL)


def test_one_finding_is_undone_by_itself_and_what_moved_on_is_shown(server, undo):
    world = World(server, "us-undo-2")
    iot = world.iot
    tasks.run(iot, "all", {"auditTaskId": world.audit}, MAPPING)
    settled(server, "all", world.region)
    (expiring,) = findings(iot, taskId=world.audit, checkName=EXPIRING_CHECK)
    result = undo("all", "--finding", expiring["findingId"], "--region", world.region)
    assert result.code == 0 and world.status() == "ACTIVE", result.text
    assert iot.list_things_in_thing_group(thingGroupName="quarantine")["things"] == []
    assert iot.get_policy(policyName="open")["defaultVersionId"] == "2"

    iot.create_policy_version(policyName="open", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    moved = picture(server.folder)
    (permissive,) = findings(iot, taskId=world.audit, checkName=PERMISSIVE_CHECK)
    result = undo("all", "--finding", permissive["findingId"], "--region", world.region)
    assert result.code == 1
    assert "moved on" in result.text and "the mitigation left `default_version` as 2, now it is 3" in result.text
    assert differing(moved, picture(server.folder)) == {}
    assert undo("all", "--finding", "no-such", "--region", world.region).code == 2


def test_a_policy_at_five_versions_gets_back_the_one_that_made_room(tmp_path, thingwarden):
    server = Server(tmp_path, environment={"THINGWARDEN_MITIGATION__DELETE_OLDEST_VERSION": "true"})
    world = World(server, REGION)
    for number in range(4):
        world.iot.create_policy_version(policyName="open", policyDocument=json.dumps(PERMISSIVE | {"Id": str(number)}), setAsDefault=True)
    audit, _ = run(world.iot, PERMISSIVE_CHECK)
    before = picture(server.folder)
    ended = tasks.run(world.iot, "five", {"auditTaskId": audit}, {PERMISSIVE_CHECK: ["blank"]})
    assert ended["taskStatus"] == "COMPLETED", ended
    settled(server, "five", REGION)
    assert own.call(server, "UndoMitigation", {"taskId": "five"})["executions"][0]["outcome"] == "UNDONE"
    changed = differing(before, picture(server.folder))
    # What was deleted and is back stands last in the order of insertion, which listings of versions do not follow.
    assert [name for name in changed if name not in ("policy_version", "policy_verdict")] == []
    bodies = {name: [sorted(row[1:] for row in rows) for rows in sides] for name, sides in changed.items()}
    assert all(gone == come for gone, come in bodies.values()), bodies
    assert server.stop() == 0


def test_mitigation_for_a_time_ends_by_itself_also_over_a_kill(tmp_path, thingwarden):
    server = Server(tmp_path)
    world = World(server, REGION)
    before = picture(server.folder)

    def mitigate(*arguments):
        actions = [part for check, names in MAPPING.items() for part in ("--action", f"{check}={','.join(names)}")]
        common = ("--audit", world.audit, *actions, "--data", server.folder / "data", "--endpoint", server.url, "--region", REGION)
        return thingwarden("mitigate", *common, *arguments)

    result = mitigate("--for", "1h", "--id", "long")
    assert result.code == 0, result.err
    assert "completed, to be undone at " in result.text and "fixed" in result.text
    assert world.status() == "INACTIVE"
    assert own.call(server, "UndoMitigation", {"taskId": "long"})["executions"]
    assert differing(before, picture(server.folder)) == {}

    result = mitigate("--for", "4s", "--id", "short")
    assert result.code == 0, result.err
    assert world.status() == "INACTIVE"
    server.kill()
    server.start()
    world.iot = server.client()
    deadline = time.monotonic() + 30
    while own.call(server, "DescribeMitigation", {"taskId": "short"}).get("undoAtMs"):
        assert time.monotonic() < deadline
    assert differing(before, picture(server.folder)) == {}
    entries = own.call(server, "ListTrail", {"kind": "certificate", "id": world.certificate})["entries"]
    assert (entries[0]["principal"], entries[0]["operation"]) == ("thingwarden:mitigation", "mitigation:EndTimeBox")
    assert server.stop() == 0


@pytest.mark.parametrize("seconds", [0, 90 * 86_400 + 1, "1h", None])
def test_a_time_has_bounds(server, seconds):
    given = {"taskId": "t", "target": {"findingIds": ["f"]}, "auditCheckToActionsMapping": {PERMISSIVE_CHECK: ["a"]}, "clientRequestToken": "t"}
    assert own.refused(server, "StartMitigation", given | {"undoAfterSeconds": seconds}) == (400, "InvalidRequestException")
