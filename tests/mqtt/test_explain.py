"""`thingwarden explain`: what a device was denied and why, what it may do now, and what it did in numbers."""

import json
import subprocess
import uuid

from broker_fixtures import *  # noqa: F403
from conftest import BINARY
from devices import allow, deny, policy


def explain(server, client_id, *options):
    command = [str(BINARY), "explain", client_id, "--endpoint", server.url, "--data", str(server.folder / "data"), *options]
    return subprocess.run(command, capture_output=True, timeout=60)


def facts(server, client_id):
    answer = explain(server, client_id, "--format", "json")
    assert answer.returncode in (0, 1), answer.stderr.decode()
    return json.loads(answer.stdout)


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
