"""MQTT without TLS, on loopback and only when asked for: who is let in, who is not, and where it cannot listen."""

import contextlib
import json
import pathlib
import socket
import subprocess
import time

import pytest
from authorizers import function, verdict  # noqa: F401
from broker_fixtures import *  # noqa: F403
from conftest import BINARY
from packets import CONNACK, Ended, Wire, connect, packet

from devices import PATIENCE, Device, allow, policy
from serving import Server
from tokens import AUDIENCE, ISSUER, Key

PLAIN = ("--mqtt-plain-listen", "127.0.0.1:0")
KEY = Key("ES256")
ISSUERS = f"""
[[token_issuers]]
name = "own"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
jwks_file = "keys.json"
default_policies = ["staff"]
"""
STAFF = policy(
    allow("iot:Connect", "client/${iot:ClientId}"),
    allow(["iot:Publish", "iot:Receive"], "topic/rooms/*"),
    allow("iot:Subscribe", "topicfilter/rooms/*"),
)


def start(folder, *options, environment=None):
    (folder / "keys.json").write_text(json.dumps({"keys": [KEY.jwk]}))
    (folder / "config.toml").write_text(ISSUERS.replace("keys.json", str(folder / "keys.json")))
    environment = {**SERVER_ENVIRONMENT, **(environment or {})}
    running = Server(folder, *options, "--config", folder / "config.toml", environment=environment)
    running.client().create_policy(policyName="staff", policyDocument=STAFF)
    return running


@pytest.fixture(scope="module")
def server(tmp_path_factory, function):
    running = start(tmp_path_factory.mktemp("server"), *PLAIN, environment=function.environment)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def local(device):
    """A client without TLS: local(client id, (user name, password), ...)."""
    return lambda client_id, credentials=None, **how: device(None, client_id, plain=True, credentials=credentials, **how)


def bearer(**claims):
    return ("token", KEY.token(**claims))


@contextlib.contextmanager
def connected(server):
    host, _, port = server.addresses["mqtt_plain"].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as stream:
        yield stream


class PlainWire(Wire):
    """Packets by hand, without TLS."""

    def __init__(self, stream):
        self.stream, self.buffer = stream, b""


@pytest.mark.parametrize("version", [4, 5])
def test_a_good_token_lets_in_under_its_policies(server, local, version):
    one = local("page", bearer(), version=version).connected()
    assert one.subscribe("rooms/#", "halls/#") == [1, 0x87 if version == 5 else 0x80]
    assert one.publish("rooms/1", "x") == 0
    assert one.message() == ("rooms/1", "x")
    found = facts(server, "page")
    assert found["connected"] and found["principalId"] == "anna" and found["sourceIps"] == ["127.0.0.1"]
    assert one.publish("halls/1", "x") == (0x87 if version == 5 else None)


@pytest.mark.parametrize("version", [4, 5])
def test_whom_an_authorizer_knows_is_let_in_and_the_event_has_no_tls(function, iot, local, version):
    iot.create_authorizer(authorizerName="local", authorizerFunctionArn=function.arn, status="ACTIVE", signingDisabled=True)
    function.reset()
    try:
        function.answer = verdict(json.loads(STAFF))
        one = local("page", ("anna?x-amz-customauthorizer-name=local", "secret"), version=version).connected()
        assert one.subscribe("rooms/1") == [1] and one.publish("rooms/1", "x") == 0
        assert one.message() == ("rooms/1", "x")
        event = function.event()
        assert event["protocols"] == ["mqtt"] and set(event["protocolData"]) == {"mqtt"}
        function.answer = {"isAuthenticated": False}
        assert not local("page", ("anna?x-amz-customauthorizer-name=local", "wrong"), version=version).is_let_in()
    finally:
        iot.update_authorizer(authorizerName="local", status="INACTIVE")
        iot.delete_authorizer(authorizerName="local")


@pytest.mark.parametrize("version", [4, 5])
def test_nobody_else_is_let_in_and_the_operator_hears_why(server, local, version):
    expired = ("token", KEY.token(exp=int(time.time()) - 600))
    for number, (credentials, why) in enumerate([
        (None, "names no authorizer"),
        (("anna", "secret"), "names no authorizer"),
        (("token", Key("ES256", KEY.id).token()), "signature"),
        (expired, "expired"),
        (("anna?x-amz-customauthorizer-name=gone", "secret"), "no ACTIVE authorizer `gone`"),
    ]):
        client_id = f"stranger-{version}-{number}"
        refused = local(client_id, credentials, version=version).wait("connected", "refused", "failed", "ended")
        # AWS's code for MQTT 3.1.1, 7, is not one that paho knows.
        assert (refused.kind, refused.code.value) == ("refused", 0x87 if version == 5 else 0x80), refused
        (refusal,) = facts(server, client_id)["refusals"]
        assert why in refusal["why"] and refusal["sourceIp"] == "127.0.0.1", refusal


def test_what_is_no_connect_gets_no_answer_that_says_anything(server):
    for said in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x00\x05hello", packet(0xC0)):
        with connected(server) as stream:
            stream.sendall(said)
            assert PlainWire(stream).all_until_end() == [], said


def test_a_socket_that_says_nothing_has_to_make_room_and_to_go(tmp_path, function):
    running = start(tmp_path, *PLAIN, environment={
        "THINGWARDEN_LIMITS__MQTT_UNAUTHENTICATED_CONNECTIONS": "3",
        "THINGWARDEN_LIMITS__HEADER_TIMEOUT_SECONDS": "5",
        "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_CLIENT_PER_SECOND": "1",
    })
    user, token = bearer()
    credentials = len(user).to_bytes(2, "big") + user.encode() + len(token).to_bytes(2, "big") + token.encode()
    try:
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connected(running)) for _ in range(4)]
            # There are three places for those who are not let in yet.
            wire = PlainWire(stack.enter_context(connected(running)))
            wire.send(connect("page", flags=0xC2, more=credentials))
            assert wire.expect(CONNACK)[1] == 0
            for stream in silent:
                # A byte a second would not help either: the time is for all of CONNECT.
                with pytest.raises(Ended):
                    PlainWire(stream)._fill(1)
            codes = set()
            while 0x9F not in codes:
                again = PlainWire(stack.enter_context(connected(running)))
                again.send(connect("page", 5, flags=0xC2, more=credentials))
                codes.add(again.expect(CONNACK)[1])
            assert codes <= {0, 0x9F}
        assert any("mqtt_connects_per_client" in refusal["why"] for refusal in facts(running, "page")["refusals"])
    finally:
        assert running.stop() == 0, running.log_text()


def test_log_records_say_what_is_known(server, iot, local):
    iot.set_v2_logging_options(roleArn="arn:aws:iam::123456789012:role/logs", defaultLogLevel="INFO", disableAllLogs=False)
    local("logged", bearer()).connected().close()
    logs, found = server.client("logs"), []
    deadline = time.monotonic() + PATIENCE
    while len(found) < 2 and time.monotonic() < deadline:
        events = logs.filter_log_events(logGroupName="AWSIotLogsV2", filterPattern='{ $.clientId = "logged" }')["events"]
        found = [json.loads(event["message"]) for event in events]
    assert [record["eventType"] for record in found] == ["Connect", "Disconnect"]
    for record in found:
        assert (record["protocol"], record["principalId"], record["sourceIp"]) == ("MQTT", "anna", "127.0.0.1")


@pytest.mark.parametrize("address", ["0.0.0.0:1883", "[::]:1883", "198.51.100.7:1883", "[2001:db8::1]:1883", "[::ffff:10.0.0.1]:1883", "localhost:1883", f"{socket.gethostname()}:1883"])
@pytest.mark.parametrize("how", ["option", "environment", "file"])
def test_an_address_that_others_reach_is_refused(tmp_path, address, how):
    environment = {"PATH": "/usr/bin", "HOME": str(tmp_path)}
    command = [str(BINARY), "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"]
    if how == "option":
        command += ["--mqtt-plain-listen", address]
    elif how == "environment":
        environment["THINGWARDEN_MQTT__PLAIN_LISTEN"] = f"127.0.0.1:1883,{address}"
    else:
        (tmp_path / "tw.toml").write_text(f'[mqtt]\nplain_listen = ["127.0.0.1:1883", "{address}"]\n')
        command += ["--config", str(tmp_path / "tw.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    place = {"option": "--mqtt-plain-listen: is", "environment": "THINGWARDEN_MQTT__PLAIN_LISTEN: is", "file": "tw.toml:2: `mqtt.plain_listen` is"}[how]
    assert (done.returncode, done.stdout) == (2, "")
    assert place in done.stderr and address in done.stderr, done.stderr
    assert "expected a loopback address (127.0.0.0/8 or [::1], no host name) and a port" in done.stderr
    assert not (tmp_path / "data").exists()


def listening(server):
    """Ports that the process listens on."""
    links = (link.readlink() for link in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir())
    sockets = {str(link).removeprefix("socket:[").removesuffix("]") for link in links}
    lines = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == "0A" and line[9] in sockets}


def ports(*addresses):
    return {int(address.rpartition(":")[2]) for address in addresses}


def test_nothing_listens_unless_asked(tmp_path, server):
    assert listening(server) == ports(server.url, server.addresses["mqtt_plain"])
    other = Server(tmp_path, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT)
    try:
        assert set(other.addresses) == {"api", "mqtt"}
        assert listening(other) == ports(other.url, other.addresses["mqtt"])
    finally:
        assert other.stop() == 0


def test_a_server_that_stops_says_so(tmp_path):
    running = start(tmp_path, *PLAIN)
    one = Device(running, None, "page", version=5, plain=True, credentials=bearer()).connected()
    assert running.stop() == 0
    assert one.wait("disconnected").code.value == 0x8B
    one.gone()
