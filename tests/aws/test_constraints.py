"""Every served operation with every constraint of its input broken in turn: a clear refusal, never a failure, nothing written."""

import json

import pytest

import model
import wire

OPERATIONS = model.served()
UNREADABLE = {"SerializationException"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_broken_constraint_is_refused(server, name):
    operation = model.MODEL.operation_model(name)
    listed = model.errors_of(operation)
    invalid = {"InvalidRequestException"} if "InvalidRequestException" in listed else {"ValidationException", "InvalidRequestException"}
    wrong = []
    for what, members in model.violations(operation):
        answer = wire.call(server, *model.request(operation, members))
        if answer.status != 400 or answer.code not in invalid | UNREADABLE or not answer.json["message"]:
            wrong.append(f"{what}: {answer}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_unsigned_request_learns_nothing(server, name):
    operation = model.MODEL.operation_model(name)
    method, path, body, headers = model.request(operation, model.minimal(operation))
    answer = wire.send(server, method, path, body, headers)
    assert (answer.status, answer.code) == (403, "MissingAuthenticationTokenException"), answer


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_changed_body_path_or_query_breaks_the_signature(server, name):
    operation = model.MODEL.operation_model(name)
    method, path, body, headers = model.request(operation, model.minimal(operation))
    signed_path, signed = wire.sign(server, method, path, body, headers)
    other_body = b'{"x":1}' if body else b"{}"
    other_query = signed_path + ("&" if "?" in signed_path else "?") + "x=1"
    for changed in ((other_body, signed_path), (body, other_query), (body, signed_path + "x")):
        answer = wire.send(server, method, changed[1], changed[0], signed)
        assert (answer.status, answer.code) == (403, "InvalidSignatureException"), answer


def test_operations_that_are_not_served_say_so(server):
    for name in model.not_served():
        operation = model.MODEL.operation_model(name)
        answer = wire.call(server, *model.request(operation, model.minimal(operation)))
        assert (answer.status, answer.code) == (501, "NotImplementedException"), f"{name}: {answer}"
        assert name in answer.json["message"]


HOSTILE_BODIES = {
    "not JSON": b"{",
    "not an object": b"[1]",
    "a text": b'"x"',
    "not UTF-8": b'{"attributePayload":{"attributes":{"a":"\xff"}}}',
    "a lone surrogate": b'{"thingTypeName":"\\ud800"}',
    "deep": b'{"attributePayload":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a member twice": b'{"thingTypeName":"a","thingTypeName":"b"}',
    "more after the end": b"{} {}",
    "a number that is none": b'{"attributePayload":{"attributes":{"a":NaN}}}',
}


@pytest.mark.parametrize("what", HOSTILE_BODIES)
def test_hostile_bodies_are_refused(server, what):
    answer = wire.call(server, "POST", "/things/hostile", HOSTILE_BODIES[what], {"Content-Type": "application/json"})
    assert answer.status == 400 and answer.code in {"SerializationException", "InvalidRequestException"}, answer
    assert wire.call(server, "GET", "/things/hostile").status == 404


@pytest.mark.parametrize("path", ["/things/%zz", "/things/%", "/things/%ff", "/things?maxResults=%zz", "/things?nope=1", "/things?maxResults=1&maxResults=2"])
def test_bad_encodings_and_queries_are_refused(server, path):
    answer = wire.call(server, "GET", path)
    assert 400 <= answer.status < 500 and answer.json["message"], answer


def test_the_content_type_does_not_matter(server):
    body = json.dumps({"attributePayload": {"attributes": {}}}).encode()
    for content_type in ("application/x-amz-json-1.1", "text/plain", "application/octet-stream"):
        answer = wire.call(server, "POST", "/things/typed", body, {"Content-Type": content_type})
        assert answer.status == 200, answer


def test_made_up_page_tokens_are_refused(server):
    for name in OPERATIONS:
        operation = model.MODEL.operation_model(name)
        members = operation.input_shape.members if operation.input_shape else {}
        for token in {"nextToken", "marker"} & set(members):
            given = {**model.minimal(operation), token: "bWFkZSB1cA"}
            if name == "ListAuditFindings":
                given["taskId"] = "0" * 32
            answer = wire.call(server, *model.request(operation, given))
            assert 400 <= answer.status < 500, f"{name}: {answer}"
