"""Messages over HTTP: from who signs (boto3's `iot-data`) and from devices with their certificate."""

import base64
import http.client
import json
import ssl
import uuid

import pytest
from botocore.exceptions import ClientError
from broker_fixtures import *  # noqa: F403
from devices import ALL, allow, deny, device_context, policy


@pytest.fixture
def listener(device, certificate, policies):
    """A device of MQTT 5 that gets everything."""

    def make(*filters):
        one = device(certificate(*policies(ALL)), f"listener-{uuid.uuid4().hex[:8]}", version=5).connected()
        one.subscribe(*filters)
        return one

    return make


@pytest.fixture
def post(server):
    """Sends a request with a certificate: post(certificate, path, body, headers, alpn) -> (status, JSON)."""

    def send(certificate, path, body=b"", headers=None, alpn=("http/1.1",), method="POST"):
        host, _, port = server.addresses["mqtt"].rpartition(":")
        context = device_context(server, certificate, list(alpn) if alpn else None)
        connection = http.client.HTTPSConnection(host, int(port), timeout=20, context=context)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    return send


@pytest.mark.parametrize("properties", [json.dumps, list], ids=["text", "value"])
def test_who_signs_publishes_with_all_properties(server, listener, properties):
    one = listener("a/b")
    data = server.client("iot-data")
    data.publish(
        topic="a/b", qos=1, payload=b"hello", contentType="text/plain", responseTopic="a/answer", messageExpiry=60,
        correlationData=base64.b64encode(b"\x00\x01").decode(), payloadFormatIndicator="UTF8_DATA",
        userProperties=properties([{"k": "1"}, {"k": "2"}]),
    )
    got = one.wait("message")
    assert (got.topic, got.payload, got.qos, got.retain) == ("a/b", b"hello", 1, False)
    said = got.properties
    assert said.ContentType == "text/plain" and said.ResponseTopic == "a/answer" and said.CorrelationData == b"\x00\x01"
    assert said.PayloadFormatIndicator == 1 and said.UserProperty == [("k", "1"), ("k", "2")]
    assert 0 < said.MessageExpiryInterval <= 60
    data.publish(topic="a/b")
    got = one.wait("message")
    assert (got.payload, got.qos) == (b"", 0)


def test_retained_messages(server, listener):
    data = server.client("iot-data")
    data.publish(topic="kept/1", qos=1, retain=True, payload=b"old")
    one = listener("kept/1")
    got = one.wait("message")
    assert (got.payload, got.retain) == (b"old", True)


def test_the_policies_of_a_user_decide(server, listener):
    iam, name = server.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    document = policy(allow("iot:Publish", "topic/mine/*"), ("Deny", "iot:RetainPublish", "*"))
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    data = server.client("iot-data", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    one = listener("mine/#", "yours/#")
    data.publish(topic="mine/x y", payload=b"1")
    assert one.message() == ("mine/x y", "1")
    for wrong in ({"topic": "yours/1"}, {"topic": "mine/1", "retain": True}):
        with pytest.raises(ClientError) as refused:
            data.publish(**wrong)
        assert refused.value.response["Error"]["Code"] == "ForbiddenException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"topic": "a/+"}, "InvalidRequestException"),
        ({"topic": "a/b/c/d/e/f/g/h/i"}, "InvalidRequestException"),
        ({"topic": "x" * 257}, "InvalidRequestException"),
        ({"topic": "a", "responseTopic": "#"}, "InvalidRequestException"),
        ({"topic": "a", "payload": b"\xff", "payloadFormatIndicator": "UTF8_DATA"}, "InvalidRequestException"),
        ({"topic": "a", "userProperties": '{"k": "v"}'}, "InvalidRequestException"),
        ({"topic": "a", "userProperties": '[{"k": 1}]'}, "InvalidRequestException"),
        ({"topic": "a", "correlationData": "%"}, "InvalidRequestException"),
        ({"topic": "a", "messageExpiry": -1}, "InvalidRequestException"),
        ({"topic": "a", "contentType": "x" * 9000}, "RequestEntityTooLargeException"),
        ({"topic": "a", "payload": b"x" * 131_073}, "RequestEntityTooLargeException"),
        ({"topic": "$aws/other"}, "ForbiddenException"),
    ],
)
def test_what_mqtt_would_not_take_is_not_taken(server, wrong, code):
    with pytest.raises(ClientError) as refused:
        server.client("iot-data").publish(**wrong)
    assert refused.value.response["Error"]["Code"] == code, refused.value


@pytest.mark.parametrize("alpn", [("x-amzn-http-ca",), ("http/1.1",), None])
def test_a_certificate_is_enough(post, listener, certificate, policies, alpn):
    one = listener("rooms/#")
    shown = certificate(*policies(policy(allow("iot:Publish", "topic/rooms/*"))))
    status, answer = post(shown, "/topics/rooms/1?qos=1", b"warm", alpn=alpn)
    assert status == 200 and answer["message"] == "OK" and answer["traceId"]
    assert one.message() == ("rooms/1", "warm")
    status, answer = post(shown, "/topics/rooms%2F2?qos=1", b"cold", alpn=alpn)
    assert (status, one.message()) == (200, ("rooms/2", "cold"))
    status, answer = post(shown, "/topics/halls/1?qos=1", b"no", alpn=alpn)
    assert (status, answer["message"]) == (403, "Forbidden")


def test_policies_and_status_of_a_certificate_count_for_each_request(post, certificate, policies, iot):
    shown = certificate(*policies(policy(allow(["iot:Publish"], "topic/*"), deny("iot:RetainPublish", "topic/*"))))
    assert post(shown, "/topics/a")[0] == 200
    assert post(shown, "/topics/a?retain=true")[0] == 403
    shown.set_status("INACTIVE")
    # The server answers nobody with it: the connection ends.
    with pytest.raises((OSError, ssl.SSLError, http.client.HTTPException)):
        post(shown, "/topics/a")


def test_devices_see_nothing_else(post, certificate, policies):
    shown = certificate(*policies(ALL))
    for path in ("/", "/things", "/metrics", "/healthz"):
        assert post(shown, path, method="GET")[0] == 404, path
    assert post(shown, "/topics/a", method="GET")[0] == 405
    assert post(shown, "/topics/a?qos=2")[0] == 400
    assert post(shown, "/topics/a?nonsense=1")[0] == 400
