"""`thingwarden explain`: what a device was denied and why, what it may do now, and what it did in numbers."""

import time
import types
import uuid

from broker_fixtures import *  # noqa: F403
from certificates import make
from cryptography.hazmat.primitives import serialization
from devices import ALL, PATIENCE, Certificate, allow, deny, policy

SERVER_ENVIRONMENT = {**SERVER_ENVIRONMENT, "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_CLIENT_PER_SECOND": "1"}


def name():
    return f"client-{uuid.uuid4().hex[:8]}"


def test_denials_come_with_evidence_and_with_what_holds_now(server, device, certificate, policies, iot):
    client = name()
    narrow, denies = policies(
        policy(allow("iot:Connect", "client/*"), allow(["iot:Publish", "iot:Receive"], "topic/mine")),
        policy(deny("iot:Subscribe", "topicfilter/secret/*")),
    )
    shown = certificate(narrow, denies)
    one = device(shown, client, version=5).connected()
    assert one.publish("mine", "12345") == 0x10
    assert one.publish("yours") == 0x87
    assert one.subscribe("secret/x") == [0x87]
    found = facts(server, client)
    assert found["connected"] and found["principalId"] == shown.id and found["certificateStatus"] == "ACTIVE"
    assert found["mayConnect"] and sorted(found["policies"]) == sorted([narrow, denies])
    assert found["sourceIps"] == ["127.0.0.1"]
    assert found["counters"] == {
        "messagesReceived": 1, "messagesSent": 0, "bytesReceived": 5, "bytesSent": 0, "connectionAttempts": 1,
        "disconnects": 0, "authorizationFailures": 2,
    }
    subscribed, published = found["denials"]
    assert (subscribed["action"], subscribed["allowedNow"]) == ("iot:Subscribe", False)
    assert f"policy `{denies}` denies iot:Subscribe" in subscribed["why"]
    assert published["resource"].endswith(":topic/yours") and "no policy allows iot:Publish" in published["why"]
    # The operator mends it.
    (mended,) = policies(policy(allow("iot:Publish", "topic/yours")))
    shown.attach(mended)
    assert [denial["allowedNow"] for denial in facts(server, client)["denials"]] == [False, True]
    shown.set_status("INACTIVE")
    one.gone()
    found = facts(server, client)
    assert not found["connected"] and not found["mayConnect"] and found["counters"]["disconnects"] == 1
    assert [denial["allowedNow"] for denial in found["denials"]] == [False, False]


def test_who_may_not_connect_is_explained_too(server, device, certificate, policies, thing):
    client = name()
    shown = certificate(*policies(policy(allow("iot:Connect", "client/${iot:Connection.Thing.ThingName}"))))
    assert not device(shown, client).is_let_in()
    answer = explain(server, client)
    assert answer.returncode == 1
    text = answer.stdout.decode()
    assert "iot:Connect on" in text and "still denied" in text
    assert "`iot:Connection.Thing.ThingName` has no value" in text


def pkcs8(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def refused(server, client_id, why, count=1):
    """What is told of a client that was refused for one reason."""
    found = facts(server, client_id)
    (refusal,) = found["refusals"]
    assert why in refusal["why"] and refusal["sourceIp"] == "127.0.0.1", refusal
    assert refusal["count"] == count
    return found, refusal


def test_strangers_are_explained(server, device, certificate, policies, iot, tmp_path):
    # Nobody has registered the certificate.
    pem, key = make("stranger", 30)
    stranger = types.SimpleNamespace(file=tmp_path / "stranger.pem", key_file=tmp_path / "stranger.key")
    stranger.file.write_text(pem)
    stranger.key_file.write_text(pkcs8(key))
    client = name()
    for _ in range(2):
        assert not device(stranger, client).is_let_in()
    found, refusal = refused(server, client, "is not registered as ACTIVE in any account", count=2)
    assert refusal["clientId"] == client and refusal["principalId"] in refusal["why"]
    assert "certificateStatus" not in found and not found["connected"]
    answer = explain(server, client)
    assert answer.returncode == 1 and "2 times since" in answer.stdout.decode()
    # Somebody has, and it is not active: found by the client id, and by the thing that it is attached to.
    client = name()
    iot.create_thing(thingName=client)
    inactive = certificate(*policies(ALL), status="INACTIVE").be(client)
    assert not device(inactive, client).is_let_in()
    found, refusal = refused(server, client, f"certificate `{inactive.id}` is not registered as ACTIVE")
    assert (found["certificateStatus"], found["mayConnect"]) == ("INACTIVE", False)
    other = name()
    iot.create_thing(thingName=other)
    inactive = certificate(status="INACTIVE").be(other)
    assert not device(inactive, "says-something-else").is_let_in()
    found, refusal = refused(server, other, "is not registered as ACTIVE")
    assert refusal["clientId"] == "says-something-else"
    # Its time is over.
    pem, key = make("expired", -0.5)
    expired = Certificate(iot, tmp_path, pem, pkcs8(key)).attach(*policies(ALL))
    client = name()
    assert not device(expired, client).is_let_in()
    found, refusal = refused(server, client, "not now")
    assert (found["certificateStatus"], found["mayConnect"]) == ("ACTIVE", False)


def test_who_connects_too_often_is_told_apart_from_who_may_not(server, device, certificate, policies):
    client, shown = name(), certificate(*policies(ALL))
    deadline = time.monotonic() + PATIENCE
    while device(shown, client).is_let_in():
        assert time.monotonic() < deadline
    found, refusal = refused(server, client, "`limits.mqtt_connects_per_client_per_second`")
    assert found["mayConnect"] and refusal["principalId"] == shown.id


def test_nobody_knows_a_client_that_was_never_there(server):
    answer = explain(server, name())
    assert answer.returncode == 0 and "connected      no" in answer.stdout.decode()


def test_the_flag_lets_the_device_know(tmp_path):
    from devices import Certificate, Device
    from serving import Server

    own = Server(tmp_path, *SERVER_OPTIONS, "--explain-denials", environment=SERVER_ENVIRONMENT)
    try:
        shown = Certificate(own.client(), tmp_path)
        event = Device(own, shown, "lamp", version=5).wait("refused", "connected")
        assert event.kind == "refused" and "no policy allows iot:Connect" in event.properties.ReasonString
    finally:
        assert own.stop() == 0
