"""Limits of MQTT that are not AWS's: what is longer is taken up to them, and refused beyond."""

import json
import subprocess

import pytest
from broker_fixtures import *  # noqa: F403
from conftest import BINARY
from devices import ACCOUNT_ARN, ALL, allow, policy
from packets import CONNACK, DISCONNECT, PUBACK, SUBACK, Ended, Wire, connect, publish, subscribe

SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_CLIENT_ID_BYTES": "200",
    "THINGWARDEN_LIMITS__MQTT_TOPIC_BYTES": "300",
    "THINGWARDEN_LIMITS__MQTT_TOPIC_SLASHES": "9",
    "THINGWARDEN_LIMITS__MQTT_TOPIC_ALIASES": "2",
    "THINGWARDEN_LIMITS__MQTT_PROPERTIES_BYTES": "1024",
    "THINGWARDEN_LIMITS__MQTT_KEEP_ALIVE_SECONDS_MIN": "45",
    "THINGWARDEN_LIMITS__MQTT_SESSION_EXPIRY_SECONDS_MAX": "120",
    "THINGWARDEN_LIMITS__MQTT_MESSAGE_EXPIRY_SECONDS_MAX": "90",
}
LONGEST = "x" * 300
DEEPEST = "/".join("0123456789")
WEEK = (604_800).to_bytes(4, "big")


@pytest.fixture
def shown(certificate, policies):
    return certificate(*policies(ALL))


def test_connack_says_what_is_set(wire):
    said = wire().send(connect("lamp", 5, keep_alive=1, said=b"\x11" + WEEK)).expect(CONNACK)
    assert said[1] == 0
    for value in (b"\x11" + (120).to_bytes(4, "big"), b"\x22\0\2", b"\x13\0\x2d"):
        assert value in said, value


def test_client_ids_have_another_length(server, wire):
    longest = "y" * 200
    wire().open(longest, 5)
    assert facts(server, longest)["connected"]
    assert wire().send(connect("y" * 201, 5)).expect(CONNACK)[1] == 0x85


def test_topics_and_filters_have_other_lengths(wire):
    one = wire().open("one", 5)
    for number, topic in enumerate((LONGEST, DEEPEST), 1):
        assert one.send(subscribe(topic, version=5, id=number)).expect(SUBACK)[-1] == 1
        one.send(publish(topic, b"x", version=5, qos=1, id=number))
        assert {first & 0xF0 for first, _ in (one.packet(), one.packet())} == {0x30, PUBACK}
    assert one.send(subscribe(LONGEST + "x", version=5, id=9)).expect(SUBACK)[-1] == 0x8F
    assert one.send(subscribe(DEEPEST + "/x", version=5, id=9)).expect(SUBACK)[-1] == 0x8F
    for number, topic in enumerate((LONGEST + "x", DEEPEST + "/x")):
        other = wire().open(f"other-{number}", 5)
        assert other.send(publish(topic, version=5)).expect(DISCONNECT)[0] == 0x90


def test_a_message_lasts_no_longer_and_aliases_and_properties_are_as_many(wire):
    one = wire().open("one", 5)
    one.send(subscribe("a", version=5)).expect(SUBACK)
    one.send(publish("a", b"x", version=5, said=b"\x02" + WEEK + b"\x23\0\2"))
    body = one.expect(0x30)
    assert body[4] == 2 and int.from_bytes(body[5:9], "big") <= 90, body
    one.send(publish("", b"y", version=5, said=b"\x23\0\2"))
    assert one.expect(0x30).endswith(b"y")
    assert one.send(publish("a", version=5, said=b"\x23\0\3")).expect(DISCONNECT)[0] == 0x94
    user = b"\x26\0\1a" + (1015).to_bytes(2, "big")
    two = wire().open("two", 5)
    two.send(subscribe("b", version=5)).expect(SUBACK)
    assert two.send(publish("b", b"z", version=5, said=user + b"v" * 1015)).expect(0x30).endswith(b"z")
    more = b"\x26\0\1a" + (1019).to_bytes(2, "big") + b"v" * 1019
    assert two.send(publish("b", b"z", version=5, said=more)).expect(DISCONNECT)[0] == 0x95


def test_nothing_but_connect_is_waited_for(wire):
    # The head of a PUBLISH of 100,000 bytes.
    with pytest.raises(Ended):
        wire().send(b"\x30\xa0\x8d\x06").packet()


def prove(server, question, *arguments):
    """`thingwarden prove` over the server's folder; one answer."""
    command = [str(BINARY), "prove", question, *arguments, "--data", str(server.folder / "data"), "--format", "json"]
    (line,) = subprocess.run(command, capture_output=True, timeout=60, check=False).stdout.splitlines()
    return json.loads(line)


def test_proofs_go_by_the_lengths_that_are_set(server, certificate, policies):
    # What this one may do, nobody can do within AWS's lengths.
    longest = "y" * 200
    holder = certificate(*policies(policy(allow("iot:Connect", f"client/{longest}"), allow("iot:Publish", f"topic/{DEEPEST}"))))
    answered = prove(server, "quarantined", holder.id)
    assert answered["verdict"] == "can do something", answered
    (shown,) = answered["answers"][0]["requests"]
    assert shown["resource"] == f"{ACCOUNT_ARN}:client/{longest}"
    one = Wire(server, holder)
    try:
        one.open(longest, 5)
        assert one.send(publish(DEEPEST, b"x", version=5, qos=1)).expect(PUBACK)
    finally:
        one.close()
    beyond = certificate(*policies(policy(allow("iot:Connect", f"client/{longest}y"))))
    assert prove(server, "quarantined", beyond.id)["verdict"] == "can do nothing"


def test_what_a_new_version_adds_goes_by_the_lengths_that_are_set(server, iot, policies):
    (name,) = policies(policy(allow("iot:Publish", "topic/a")))
    iot.create_policy_version(policyName=name, policyDocument=policy(allow("iot:Publish", "topic/a", f"topic/{LONGEST}")))
    answered = prove(server, "diff", f"{name}@1", f"{name}@2")
    assert answered["verdict"] == "wider", answered
    assert answered["answers"][0]["requests"][0]["resource"] == f"{ACCOUNT_ARN}:topic/{LONGEST}"
