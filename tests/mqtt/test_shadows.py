"""Device shadows over MQTT and HTTPS, and the retained messages of the data plane's API."""

import json
import ssl
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
from broker_fixtures import *
from devices import ACCOUNT_ARN, ALL, allow, policy, properties
from packets import PUBLISH, SUBACK, Wire, puback, publish, subscribe
from paho.mqtt.packettypes import PacketTypes
from serving import Server


@pytest.fixture
def anybody(policies, certificate):
    (name,) = policies(ALL)
    return lambda: certificate(name)


@pytest.fixture
def data(server):
    return server.client("iot-data")


def ask(device, topic, **request):
    device.client.publish(topic, json.dumps(request), qos=1)


def told(device, expected):
    """The document of the next message, which is on this topic."""
    event = device.wait("message")
    assert event.topic == expected, event
    return json.loads(event.payload)


def fails(code, call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        call(*arguments, **more)
    error = failed.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == code
    return error["Error"]["Message"]


def test_a_connection_has_ten_requests_in_flight_for_a_thing(server, anybody, device, thing):
    lamp = thing("lamp")
    base = f"$aws/things/{lamp}/shadow/update"
    one, count = Wire(server, anybody()).open("flood", 4), 200
    try:
        one.send(subscribe(f"{base}/accepted", f"{base}/rejected")).expect(SUBACK)
        asked = [json.dumps({"state": {"reported": {"n": n}}, "clientToken": str(n)}).encode() for n in range(count)]
        one.send(*(publish(base, payload) for payload in asked))
        accepted, rejected = {}, {}
        while len(accepted) + len(rejected) < count:
            body = one.expect(PUBLISH)
            length = int.from_bytes(body[:2], "big")
            topic, packet_id, document = body[2 : 2 + length].decode(), body[2 + length : 4 + length], json.loads(body[4 + length :])
            one.send(puback(int.from_bytes(packet_id, "big")))
            (accepted if topic.endswith("/accepted") else rejected)[document["clientToken"]] = document
    finally:
        one.close()
    assert {document["code"] for document in rejected.values()} == {429}, "nothing was refused"
    assert len(accepted) >= 10 and [document["version"] for document in accepted.values()] == [*range(1, len(accepted) + 1)]
    # Of another connection, and later, it is as ever.
    later = device(anybody(), "later").connected()
    later.subscribe(f"{base}/+")
    ask(later, base, state={"reported": {"n": 0}}, clientToken="later")
    assert told(later, f"{base}/accepted")["clientToken"] == "later"


@pytest.mark.parametrize("name", [None, "$settings"])
@pytest.mark.parametrize("version", [4, 5])
def test_a_shadow_is_updated_followed_read_and_deleted(anybody, device, thing, name, version):
    lamp = thing("lamp")
    base = f"$aws/things/{lamp}/shadow" + (f"/name/{name}" if name else "")
    one = device(anybody(), f"{lamp}-{version}{name}", version=version).connected()
    one.subscribe(*(f"{base}/{end}" for end in ("get/+", "update/accepted", "update/rejected", "update/delta", "update/documents", "delete/+")))
    ask(one, f"{base}/get", clientToken="t0")
    refused = told(one, f"{base}/get/rejected")
    assert (refused["code"], refused["clientToken"]) == (404, "t0")
    assert refused["message"] == f"No shadow exists with name: '{lamp}{f'~{name}' if name else ''}'"
    ask(one, f"{base}/update", state={"desired": {"on": True, "color": {"r": 1, "g": 2}}}, clientToken="t1")
    accepted = told(one, f"{base}/update/accepted")
    assert (accepted["version"], accepted["clientToken"]) == (1, "t1")
    assert accepted["metadata"]["desired"]["color"]["r"] == {"timestamp": accepted["timestamp"]}
    assert told(one, f"{base}/update/delta")["state"] == {"on": True, "color": {"r": 1, "g": 2}}
    documents = told(one, f"{base}/update/documents")
    assert (documents["previous"]["version"], documents["current"]["version"]) == (0, 1)
    ask(one, f"{base}/update", state={"reported": {"on": True, "color": {"r": 1, "g": 3}}}, version=1)
    assert told(one, f"{base}/update/accepted")["version"] == 2
    assert told(one, f"{base}/update/delta")["state"] == {"color": {"g": 2}}
    told(one, f"{base}/update/documents")
    ask(one, f"{base}/update", state={"reported": {}}, version=1, clientToken="late")
    refused = told(one, f"{base}/update/rejected")
    assert (refused["code"], refused["message"], refused["clientToken"]) == (409, "Version conflict", "late")
    one.client.publish(f"{base}/get", b"", qos=1)
    shadow = told(one, f"{base}/get/accepted")
    assert shadow["state"] == {
        "desired": {"on": True, "color": {"r": 1, "g": 2}},
        "reported": {"on": True, "color": {"r": 1, "g": 3}},
        "delta": {"color": {"g": 2}},
    }
    ask(one, f"{base}/delete")
    assert told(one, f"{base}/delete/accepted")["version"] == 2
    ask(one, f"{base}/update", state={"reported": {"a": 1}})
    assert told(one, f"{base}/update/accepted")["version"] == 3, "versions go on"


def test_both_doors_lead_to_one_shadow(anybody, device, data, thing):
    lamp = thing("lamp")
    base = f"$aws/things/{lamp}/shadow"
    one = device(anybody(), lamp).connected()
    one.subscribe(f"{base}/update/#", f"{base}/update/delta")
    payload = data.update_thing_shadow(thingName=lamp, payload=json.dumps({"state": {"desired": {"a": 1}}, "clientToken": "x"}))["payload"]
    assert json.loads(payload.read())["clientToken"] == "x"
    assert [told(one, f"{base}/update/{end}")["version" if end != "documents" else "clientToken"] for end in ("accepted", "delta", "documents")] == [1, 1, "x"]
    ask(one, f"{base}/update", state={"reported": {"a": 1}})
    told(one, f"{base}/update/accepted")
    shadow = json.loads(data.get_thing_shadow(thingName=lamp)["payload"].read())
    assert shadow["state"] == {"desired": {"a": 1}, "reported": {"a": 1}} and shadow["version"] == 2
    for name in ("b", "a", "c"):
        data.update_thing_shadow(thingName=lamp, shadowName=name, payload='{"state": {}}')
    data.delete_thing_shadow(thingName=lamp, shadowName="b")
    first = data.list_named_shadows_for_thing(thingName=lamp, pageSize=1)
    rest = data.list_named_shadows_for_thing(thingName=lamp, nextToken=first["nextToken"])
    assert (first["results"], rest["results"], "nextToken" in rest) == (["a"], ["c"], False)
    assert json.loads(data.delete_thing_shadow(thingName=lamp)["payload"].read())["version"] == 2
    message = fails(("ResourceNotFoundException", 404), data.get_thing_shadow, thingName=lamp)
    assert message == f"No shadow exists with name: '{lamp}'"


@pytest.mark.parametrize(
    "payload, code, message",
    [
        ("{", ("InvalidRequestException", 400), "Invalid JSON"),
        ("{}", ("InvalidRequestException", 400), "Missing required node: state"),
        ('{"state": {"desired": 1}}', ("InvalidRequestException", 400), "Desired node must be an object"),
        ('{"state": {}, "version": 7}', ("ConflictException", 409), "Version conflict"),
        (json.dumps({"state": {"reported": {"a": "x" * 8192}}}), ("RequestEntityTooLargeException", 413), "The payload exceeds the maximum size allowed"),
        (b'{"state": "\xff"}', ("UnsupportedDocumentEncodingException", 415), "Unsupported documented encoding; supported encoding is UTF-8"),
    ],
)
def test_what_is_wrong_is_said_as_aws_says_it(data, payload, code, message):
    assert fails(code, data.update_thing_shadow, thingName="wrong", payload=payload) == message


def test_only_the_service_answers_and_rights_count(policies, certificate, device, thing):
    own, other = thing("own"), thing("other")
    start = f"topic/$aws/things/{own}/shadow"
    names = policies(
        policy(
            allow("iot:Connect", "*"),
            allow(["iot:Publish", "iot:Receive"], f"{start}/*"),
            allow("iot:Subscribe", f"topicfilter/$aws/things/{own}/shadow/*"),
        )
    )
    one = device(certificate(*names), own, version=5).connected()
    assert one.publish(f"$aws/things/{other}/shadow/update", '{"state": {}}') == 0x87
    assert one.subscribe(f"$aws/things/{other}/shadow/update/accepted") == [0x87]
    assert one.publish(f"$aws/things/{own}/shadow/update/accepted", "{}") == 0x87
    one.subscribe(f"$aws/things/{own}/shadow/update/accepted")
    assert one.publish(f"$aws/things/{own}/shadow/update", '{"state": {"reported": {"a": 1}}}') == 0
    assert told(one, f"$aws/things/{own}/shadow/update/accepted")["version"] == 1


def test_permissions_of_the_api_are_those_of_iam(server, data):
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    statement = {"Effect": "Allow", "Action": "iot:GetThingShadow", "Resource": f"{ACCOUNT_ARN}:thing/seen*"}
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    reader = server.client("iot-data", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    for name in ("seen", "unseen"):
        data.update_thing_shadow(thingName=name, payload='{"state": {"desired": {"a": 1}}}')
    assert json.loads(reader.get_thing_shadow(thingName="seen")["payload"].read())["version"] == 1
    fails(("ForbiddenException", 403), reader.get_thing_shadow, thingName="unseen")
    fails(("ForbiddenException", 403), reader.update_thing_shadow, thingName="seen", payload="{}")
    fails(("ForbiddenException", 403), reader.list_retained_messages)


def test_devices_read_their_shadow_over_https(server, policies, certificate, data):
    (name,) = policies(policy(allow("iot:GetThingShadow", "thing/mine")))
    own = certificate(name)
    data.update_thing_shadow(thingName="mine", payload='{"state": {"desired": {"a": 1}}}')
    context = ssl.create_default_context(cafile=server.folder / "data" / "tls" / "ca.pem")
    context.load_cert_chain(own.file, own.key_file)
    context.set_alpn_protocols(["x-amzn-http-ca"])
    url = f"https://{server.addresses['mqtt']}/things/{{}}/shadow"
    with urllib.request.urlopen(url.format("mine"), context=context) as answer:
        assert json.load(answer)["state"]["desired"] == {"a": 1}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.format("yours"), context=context)
    assert (refused.value.code, refused.value.headers["x-amzn-errortype"]) == (403, "ForbiddenException")


def test_retained_messages_are_listed_and_read(anybody, device, data):
    one = device(anybody(), "retainer", version=5).connected()
    for topic in ("kept/b", "kept/a/x", "kept/c"):
        one.publish(topic, topic, retain=True)
    one.publish("kept/c", "", retain=True)
    first = data.list_retained_messages(maxResults=1)
    rest = data.list_retained_messages(nextToken=first["nextToken"])
    topics = first["retainedTopics"] + rest["retainedTopics"]
    assert [(kept["topic"], kept["payloadSize"], kept["qos"]) for kept in topics] == [("kept/a/x", 8, 1), ("kept/b", 6, 1)]
    found = data.get_retained_message(topic="kept/a/x")
    assert (found["payload"], found["qos"], found["lastModifiedTime"]) == (b"kept/a/x", 1, topics[0]["lastModifiedTime"])
    fails(("ResourceNotFoundException", 404), data.get_retained_message, topic="kept/c")
    fails(("InvalidRequestException", 400), data.list_retained_messages, nextToken="made-up")


def test_a_connection_is_ended_with_its_session_or_without(anybody, device, data):
    certificate, lasting = anybody(), {"clean_start": False, "properties": properties(PacketTypes.CONNECT, SessionExpiryInterval=600)}
    watcher = device(certificate, "watcher").connected()
    watcher.subscribe("$aws/events/presence/disconnected/ends", "last/will")
    will = {"topic": "last/will", "payload": "gone", "qos": 1}
    one = device(certificate, "ends", version=5, will=will, **lasting).connected()
    one.subscribe("t")
    data.delete_connection(clientId="ends")
    assert one.wait("disconnected").code.value == 0x98
    assert {watcher.message()[0] for _ in range(2)} == {"last/will", "$aws/events/presence/disconnected/ends"}
    fails(("ResourceNotFoundException", 404), data.delete_connection, clientId="ends")
    again = device(certificate, "ends", version=5, will=will, **lasting)
    assert again.wait("connected").present
    data.delete_connection(clientId="ends", cleanSession=True, preventWillMessage=True)
    assert watcher.message()[0] == "$aws/events/presence/disconnected/ends"
    watcher.nothing_more(watcher, "last/will")
    assert not device(certificate, "ends", version=5, **lasting).wait("connected").present


def test_shadows_survive_a_kill(tmp_path):
    server = Server(tmp_path)
    server.client("iot-data").update_thing_shadow(thingName="t", payload='{"state": {"desired": {"a": [1]}}}')
    server.kill()
    server.start()
    shadow = json.loads(server.client("iot-data").get_thing_shadow(thingName="t")["payload"].read())
    assert (shadow["state"]["desired"], shadow["version"]) == ({"a": [1]}, 1)
    server.kill()
