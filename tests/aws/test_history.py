"""What became of findings over several audits, and who changed what: `thingwarden findings` and `thingwarden trail`."""

import json
import subprocess

import pytest

from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, run
from conftest import BINARY


@pytest.fixture
def tell(server):
    """Runs a command on the server's folder while the server runs."""

    def call(*arguments):
        command = [str(BINARY), *arguments, "--data", str(server.folder / "data")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def states(tell, *options):
    lines = tell("findings", "--format", "json", *options).splitlines()
    found = [json.loads(line) for line in lines]
    return {
        one["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]: one["state"]
        for one in found
        if one["checkName"] == PERMISSIVE_CHECK
    }


def test_a_finding_is_followed_from_new_to_regressed(iot, tell):
    enable(iot, PERMISSIVE_CHECK)
    for name in ("fixed-later", "never-fixed"):
        iot.create_policy(policyName=name, policyDocument=json.dumps(PERMISSIVE))
    run(iot, PERMISSIVE_CHECK)
    assert states(tell) == {"fixed-later": "NEW", "never-fixed": "NEW"}
    run(iot, PERMISSIVE_CHECK)
    assert states(tell) == {"fixed-later": "OPEN", "never-fixed": "OPEN"}

    iot.create_policy_version(policyName="fixed-later", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    run(iot, PERMISSIVE_CHECK)
    assert states(tell) == {"never-fixed": "OPEN"}, "what is fixed is shown when it is asked for"
    assert states(tell, "--state", "fixed") == {"fixed-later": "FIXED"}

    iot.set_default_policy_version(policyName="fixed-later", policyVersionId="1")
    run(iot, PERMISSIVE_CHECK)
    assert states(tell) == {"fixed-later": "REGRESSED", "never-fixed": "OPEN"}

    header, *rows = tell("findings").splitlines()
    assert header.split()[:2] == ["STATE", "SEVERITY"]
    assert any(row.startswith("REGRESSED CRITICAL") and "fixed-later:1" in row for row in rows), rows


def test_the_trail_tells_who_changed_what(iot, tell):
    request = iot.create_thing(thingName="trailed")["ResponseMetadata"]["RequestId"]
    iot.update_thing(thingName="trailed", attributePayload={"attributes": {"a": "1"}})
    iot.delete_thing(thingName="trailed")
    lines = tell("trail", "--kind", "thing", "--id", "trailed", "--format", "json").splitlines()
    deleted, updated, created = [json.loads(line) for line in lines]
    assert created["requestId"] == request and created["before"] is None
    assert created["principal"] == "arn:aws:iam::123456789012:root" and created["sourceIp"] == "127.0.0.1"
    assert updated["operation"] == "iot:UpdateThing" and updated["after"]["attributes"] == {"a": "1"}
    assert deleted["after"] is None and deleted["before"] == updated["after"]
    header, newest, *_ = tell("trail", "--kind", "thing", "--id", "trailed").splitlines()
    assert header.startswith("TIME") and "removed" in newest and "thing trailed" in newest
