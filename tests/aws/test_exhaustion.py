"""Clients that take all they can get: the server's memory stays bounded, and others are still answered."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import resource
import socket
import time
import urllib.parse

import pytest

import model
import wire
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of, policy

MIB = 1024
# Seconds that somebody else's small request may take meanwhile: a debug build on two busy cores, and no hang.
PATIENCE = 10


def peak_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


@pytest.fixture
def own_server(tmp_path):
    running = Server(tmp_path)
    running.client().create_thing(thingName="t")
    yield running
    running.kill() if running.process.poll() is None else None


def answers_others(server):
    for _ in range(3):
        began = time.monotonic()
        assert wire.call(server, "GET", "/things/t", timeout=PATIENCE).status == 200
        assert time.monotonic() - began < PATIENCE


def connect(server):
    address = urllib.parse.urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=PATIENCE)


def test_many_slow_clients(own_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 2048)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    each = (wanted - 200) // 4
    starts = [
        b"",
        b"GET /things HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 12_000,
        b"POST /things/t HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + b"x" * 100_000,
        b"POST /things/t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + b"x" * 60_000,
    ]
    with contextlib.ExitStack() as open_ones:
        for start in starts:
            for _ in range(each):
                client = open_ones.enter_context(connect(own_server))
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    client.send(start)
        # All places are taken. Who keeps the server waiting makes room for others, after a moment.
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(ConnectionError):
                if wire.call(own_server, "GET", "/things/t").status == 200:
                    break
            assert time.monotonic() < deadline
        answers_others(own_server)
        assert peak_kib(own_server) < 700 * MIB
    answers_others(own_server)


def test_bodies_have_a_common_limit(own_server):
    """Bodies of almost the largest size that stop before their end: more than all bodies together may take."""
    body = b"x" * 1_000_000
    with contextlib.ExitStack() as open_ones:
        refused, clients = 0, [open_ones.enter_context(connect(own_server)) for _ in range(330)]
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.sendall(b"POST /things/t HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n" + body)
        answers_others(own_server)
        for client in clients:
            client.settimeout(0.01)
            with contextlib.suppress(TimeoutError, ConnectionError):
                refused += b" 503 " in client.recv(64)
        assert refused > 0
        assert peak_kib(own_server) < 900 * MIB
    answers_others(own_server)


# What is not stored, and a map whose keys are all known.
MAY_SUCCEED = {"GetEffectivePolicies", "UpdateEventConfigurations"}


def long_inputs():
    """For each list, map and text of each operation that the model does not bound: one with very many or very long values."""
    for name in model.served():
        operation = model.MODEL.operation_model(name)
        for member, shape in (operation.input_shape.members if operation.input_shape else {}).items():
            if shape.serialization.get("location") or shape.metadata.get("max", 10**9) < 10_000:
                continue
            if shape.type_name == "list":
                one = model.example(shape.member, member)
                yield operation, member, [one] * min(20_000, 800_000 // (len(json.dumps(one)) + 2))
                if shape.member.type_name == "string":
                    yield operation, member, [f"{one}{number}" for number in range(20_000)]
                if shape.member.type_name == "structure" and "Key" in shape.member.members:
                    yield operation, member, [{"Key": f"k{number}", "Value": "v"} for number in range(20_000)]
            elif shape.type_name == "map":
                value = model.example(shape.value, "value")
                keys = shape.key.enum or [f"k{number}" for number in range(15_000)]
                yield operation, member, {key: value for key in keys}
            elif shape.type_name == "string":
                yield operation, member, "a" * 900_000


def test_nothing_is_taken_in_any_number(own_server):
    before, wrong = peak_kib(own_server), []
    for operation, member, value in long_inputs():
        given = {**model.minimal(operation), member: value}
        began = time.monotonic()
        answer = wire.call(own_server, *model.request(operation, given), timeout=60)
        if answer.status >= 500 or (answer.status == 200 and operation.name not in MAY_SUCCEED) or time.monotonic() - began > PATIENCE or len(answer.body) > 20_000:
            wrong.append(f"{operation.name}.{member}: {time.monotonic() - began:.1f} s, {len(answer.body)} bytes, {answer}")
    assert not wrong, "\n".join(wrong)
    assert peak_kib(own_server) < before + 200 * MIB
    answers_others(own_server)


def test_costly_requests_leave_room_for_others(own_server):
    """Keys in parallel, and policies with patterns that are slow to compare where comparing is done badly."""
    iam, iot = own_server.client("iam"), own_server.client()
    star = "*a" * 250
    iam.create_user(UserName="costly")
    iam.put_user_policy(UserName="costly", PolicyName="p", PolicyDocument=policy("iot:*", resource=[f"arn:aws:iot:*:*:cert/{star}b", f"arn:aws:iot:*:*:cert/{star}?c", "*"]))
    keys = keys_of(iam.create_access_key(UserName="costly"))
    target = f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/" + "a" * 1900
    patterns = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:Publish", "Resource": f"arn:aws:iot:*:*:topic/{star}b"}})
    iot.create_policy(policyName="costly", policyDocument=patterns)
    infos = [{"actionType": "PUBLISH", "resources": [f"arn:aws:iot:{REGION}:{ACCOUNT}:topic/" + "a" * 1900] * 25}] * 10
    test = json.dumps({"authInfos": infos, "policyNamesToAdd": ["costly"]}).encode()
    calls = [
        ("POST", "/keys-and-certificate", b""),
        ("POST", "/attached-policies/" + urllib.parse.quote(target, safe=""), b""),
        ("POST", "/test-authorization", test),
    ]
    with concurrent.futures.ThreadPoolExecutor(24) as threads:
        costly = [threads.submit(wire.call, own_server, *calls[number % 3], timeout=120, **keys) for number in range(48)]
        answers_others(own_server)
        threads_now = len(list(pathlib.Path(f"/proc/{own_server.process.pid}/task").iterdir()))
        assert {call.result().status // 100 for call in costly} <= {2, 4}
    assert threads_now < 3 * os.cpu_count() + 16, "costly work waits in line"
    assert peak_kib(own_server) < 400 * MIB
