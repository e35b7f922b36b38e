"""`thingwarden findings` and `thingwarden trail`, beside a running server and after it."""

import json
import subprocess

import pytest

from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, run
from conftest import BINARY
from serving import Server


@pytest.fixture
def own_server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.kill() if running.process.poll() is None else None


def tell(server, command, *options):
    arguments = [str(BINARY), command, "--data", str(server.folder / "data"), "--format", "json", *options]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_finding_is_followed_from_audit_to_audit(own_server):
    iot = own_server.client()
    enable(iot, PERMISSIVE_CHECK)
    iot.create_policy(policyName="p", policyDocument=json.dumps(PERMISSIVE))
    states = []
    for _ in range(2):
        run(iot, PERMISSIVE_CHECK)
        states += [finding["state"] for finding in tell(own_server, "findings")]
    iot.create_policy_version(policyName="p", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    run(iot, PERMISSIVE_CHECK)
    assert tell(own_server, "findings") == []
    fixed = tell(own_server, "findings", "--state", "fixed")
    states += [finding["state"] for finding in fixed]
    assert states == ["NEW", "OPEN", "FIXED"]
    assert fixed[0]["resourceIdentifier"] == {"policyVersionIdentifier": {"policyName": "p", "policyVersionId": "1"}}
    assert own_server.stop() == 0
    assert tell(own_server, "findings", "--state", "fixed") == fixed


def test_the_trail_tells_who_did_what(own_server):
    iot = own_server.client()
    made = iot.create_thing(thingName="t")
    iot.delete_thing(thingName="t")
    entries = tell(own_server, "trail", "--kind", "thing", "--id", "t")
    assert [entry["operation"] for entry in entries] == ["iot:DeleteThing", "iot:CreateThing"]
    created = entries[1]
    assert created["requestId"] == made["ResponseMetadata"]["RequestId"]
    assert created["principal"] == "arn:aws:iam::123456789012:root"
    assert created["before"] is None and created["after"]["name"] == "t"
    assert entries[0]["before"] == created["after"] and entries[0]["after"] is None
