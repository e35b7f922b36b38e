"""The way of a request to the server's own operations, and the audit trail as one of them."""

import json

import pytest

import own
import wire
from serving import ACCOUNT
from test_iam import keys_of

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("method, path, body, expected", [
    ("POST", "/thingwarden/NoSuch", b"{}", (404, "UnknownOperationException")),
    ("POST", "/thingwarden/listTrail", b"{}", (404, "UnknownOperationException")),
    ("POST", "/thingwarden/ListTrail/", b"{}", (404, "UnknownOperationException")),
    ("POST", "/thingwarden/", b"{}", (404, "UnknownOperationException")),
    ("POST", "/things/x", b"{}", (404, "UnknownOperationException")),
    ("GET", "/thingwarden/ListTrail", b"", (404, "UnknownOperationException")),
    ("POST", "/thingwarden/ListTrail?kind=thing", b"{}", (400, "InvalidRequestException")),
    ("POST", "/thingwarden/ListTrail", b"[]", (400, "SerializationException")),
    ("POST", "/thingwarden/ListTrail", b"{", (400, "SerializationException")),
    ("POST", "/thingwarden/ListTrail", b"\xff", (400, "SerializationException")),
    ("POST", "/thingwarden/ListTrail", b'{"kind":"a","kind":"b"}', (400, "SerializationException")),
    ("POST", "/thingwarden/ListTrail", b"[" * 5000, (400, "SerializationException")),
    ("POST", "/thingwarden/ListTrail", b'{"Kind":"thing"}', (400, "InvalidRequestException")),
    ("POST", "/thingwarden/ListTrail", b'{"kind":1}', (400, "InvalidRequestException")),
    ("POST", "/thingwarden/ListTrail", b'{"maxResults":0}', (400, "InvalidRequestException")),
    ("POST", "/thingwarden/ListTrail", b'{"maxResults":251}', (400, "InvalidRequestException")),
    ("POST", "/thingwarden/ListTrail", b'{"nextToken":"made up"}', (400, "InvalidRequestException")),
    ("POST", "/thingwarden/" + "A" * 5000, b"{}", (404, "UnknownOperationException")),
])  # fmt: skip
def test_what_is_no_request_is_refused(server, method, path, body, expected):
    answer = wire.call(server, method, path, body, JSON, service="thingwarden")
    assert (answer.status, answer.code) == expected and len(answer.body) < 1000, answer
    assert answer.json["message"]


def test_nothing_is_said_without_the_right_signature(server):
    answer = wire.send(server, "POST", "/thingwarden/NoSuch", b"{}", JSON)
    assert (answer.status, answer.code) == (403, "MissingAuthenticationTokenException")
    answer = wire.call(server, "POST", "/thingwarden/ListTrail", b"{}", JSON, service="iot")
    assert (answer.status, answer.code) == (404, "UnknownOperationException"), "signed for another service"
    answer = wire.call(server, "GET", "/things", b"", {}, service="thingwarden")
    assert (answer.status, answer.code) == (404, "UnknownOperationException"), "no way around permissions of iot"


def test_the_trail_is_read_page_by_page_by_who_may(server, iot):
    for name in ("one", "two", "three"):
        iot.create_thing(thingName=name)
    iot.delete_thing(thingName="two")
    asked = {"kind": "thing", "maxResults": 2}
    first = own.call(server, "ListTrail", asked)
    second = own.call(server, "ListTrail", asked | {"nextToken": first["nextToken"]})
    entries = first["entries"] + second["entries"]
    assert "nextToken" not in second
    assert [(entry["operation"], entry["id"]) for entry in entries] == [
        ("iot:DeleteThing", "two"), ("iot:CreateThing", "three"), ("iot:CreateThing", "two"), ("iot:CreateThing", "one"),
    ]  # fmt: skip
    assert entries[0]["after"] is None and entries[0]["before"]["name"] == "two"
    assert {entry["principal"] for entry in entries} == {f"arn:aws:iam::{ACCOUNT}:root"}
    assert own.call(server, "ListTrail", {"kind": "thing", "fromMs": entries[0]["atMs"] + 1})["entries"] == []
    assert own.call(server, "ListTrail", asked, region="eu-west-1")["entries"] == []
    assert own.refused(server, "ListTrail", asked | {"nextToken": first["nextToken"]}, region="eu-west-1")[0] == 400

    iam = server.client("iam")
    iam.create_user(UserName="reader")
    keys = keys_of(iam.create_access_key(UserName="reader"))
    assert own.refused(server, "ListTrail", **keys) == (403, "AccessDeniedException")
    statement = {"Effect": "Allow", "Action": "thingwarden:List*", "Resource": "*"}
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert own.call(server, "ListTrail", {"id": "one"}, **keys)["entries"]
