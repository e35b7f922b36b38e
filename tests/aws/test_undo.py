"""Undoing what a mitigation task did: by `thingwarden undo`, by the operation UndoMitigation."""

import pytest

import own
from serving import REGION


@pytest.fixture
def undo(server, thingwarden):
    """Runs `thingwarden undo` as the root of the server's account."""

    def run(*arguments):
        return thingwarden("undo", *arguments, "--data", server.folder / "data", "--endpoint", server.url, "--region", REGION)

    return run


def test_what_is_no_task_cannot_be_undone(server, undo):
    assert own.refused(server, "UndoMitigation", {"taskId": "no-such"}) == (404, "ResourceNotFoundException")
    assert own.refused(server, "UndoMitigation") == (400, "InvalidRequestException")
    result = undo("no-such")
    assert result.code == 2 and not result.out
    assert result.err.decode() == "thingwarden: UndoMitigation: ResourceNotFoundException: mitigation task `no-such` does not exist\n"


@pytest.mark.parametrize("endpoint, expected", [
    ("http://127.0.0.1:1", "cannot reach `http://127.0.0.1:1`"),
    ("ftp://127.0.0.1", "`ftp://127.0.0.1` is no endpoint"),
    ("http://127.0.0.1/path", "`http://127.0.0.1/path` is no endpoint"),
    ("nonsense", "`nonsense` is no endpoint"),
])  # fmt: skip
def test_a_server_that_is_not_there_is_said_so(server, thingwarden, endpoint, expected):
    result = thingwarden("undo", "task", "--data", server.folder / "data", "--endpoint", endpoint)
    assert result.code == 2 and expected in result.err.decode(), result.err


def test_without_an_access_key_nothing_is_asked(server, thingwarden):
    result = thingwarden("undo", "task", "--endpoint", server.url)
    assert result.code == 2 and b"no access key" in result.err
    result = thingwarden("undo", "task", "--endpoint", server.url, "--data", server.folder)
    assert result.code == 2 and b"root-credentials" in result.err
