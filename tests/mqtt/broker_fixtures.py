"""What tests of the broker share: certificates, policies, things, and devices that end with the test.

A test file says `from broker_fixtures import *`."""

import json
import subprocess
import uuid

import pytest
from conftest import BINARY
from devices import Certificate, Device
from packets import Wire

SERVER_OPTIONS = ("--mqtt-listen", "127.0.0.1:0")
# Quicker to make than RSA keys.
SERVER_ENVIRONMENT = {"THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"}


def explain(server, client_id, *options):
    """`thingwarden explain`, as the operator calls it."""
    command = [str(BINARY), "explain", client_id, "--endpoint", server.url, "--data", str(server.folder / "data"), *options]
    return subprocess.run(command, capture_output=True, timeout=60)


def facts(server, client_id):
    """What it says."""
    answer = explain(server, client_id, "--format", "json")
    assert answer.returncode in (0, 1), answer.stderr.decode()
    return json.loads(answer.stdout)


@pytest.fixture
def certificate(server, iot, tmp_path):
    def make(*policies, **how):
        return Certificate(iot, tmp_path, **how).attach(*policies)

    return make


@pytest.fixture
def device(server):
    made = []

    def make(*arguments, **how):
        made.append(Device(server, *arguments, **how))
        return made[-1]

    yield make
    for one in made:
        one.client.disconnect()


@pytest.fixture
def policies(iot):
    """Makes policies with names of their own: policies(document, ...) -> [name, ...]."""

    def make(*documents):
        names = []
        for document in documents:
            name = f"policy-{uuid.uuid4().hex[:8]}"
            iot.create_policy(policyName=name, policyDocument=document)
            names.append(name)
        return names

    return make


@pytest.fixture
def thing(iot):
    def make(prefix="thing", **more):
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        iot.create_thing(thingName=name, **more)
        return name

    return make


@pytest.fixture
def wire(server, shown):
    """Makes connections of bytes with the certificate that a module calls `shown`."""
    made = []

    def make():
        made.append(Wire(server, shown))
        return made[-1]

    yield make
    for one in made:
        one.close()
