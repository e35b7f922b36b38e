"""The server's own operations: `POST /thingwarden/OPERATION`, signed for the service `thingwarden`."""

import json

import wire


def ask(server, operation, parameters=None, **given):
    """The answer, whatever it is."""
    body = json.dumps(parameters or {}).encode()
    return wire.call(server, "POST", f"/thingwarden/{operation}", body, {"content-type": "application/json"}, service="thingwarden", **given)


def call(server, operation, parameters=None, **given):
    """What the operation answers when all is well."""
    answer = ask(server, operation, parameters, **given)
    assert answer.status == 200, answer
    return answer.json


def refused(server, operation, parameters=None, **given):
    """Status and code of the error."""
    answer = ask(server, operation, parameters, **given)
    assert answer.status >= 400, answer
    assert answer.json["message"] and answer.json["__type"] == answer.code, answer
    return answer.status, answer.code
