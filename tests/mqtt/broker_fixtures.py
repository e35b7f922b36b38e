"""What tests of the broker share: certificates, policies, things, and devices that end with the test.

A test file says `from broker_fixtures import *`."""

import uuid

import pytest
from devices import Certificate, Device
from packets import Wire

SERVER_OPTIONS = ("--mqtt-listen", "127.0.0.1:0")
# Quicker to make than RSA keys.
SERVER_ENVIRONMENT = {"THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"}


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
