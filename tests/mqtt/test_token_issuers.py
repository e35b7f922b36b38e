"""Clients with JSON Web Tokens of configured issuers: good tokens, every kind of bad one, keys that change, policies that do."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import threading
import time
import uuid

import pytest
from broker_fixtures import *  # noqa: F403
from cryptography.hazmat.primitives import serialization

from devices import allow, device_context, policy
from serving import Server
from tokens import AUDIENCE, ISSUER, Key, b64, good

class Issuer:
    """Serves its keys over HTTP."""

    def __init__(self):
        self.keys, self.requests, issuer = [], 0, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.requests += 1
                body = json.dumps({"keys": [key.jwk for key in issuer.keys]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


KEYS = {algorithm: Key(algorithm) for algorithm in ("RS256", "ES256", "EdDSA")}
REMOTE = Issuer()
REMOTE.keys = [Key("ES256")]
CONFIGURATION = f"""
[[token_issuers]]
name = "own"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
jwks_file = "KEYS"
leeway = "0s"
policies_claim = "groups"
policies = {{ staff = ["staff"], readers = ["readers"], lost = ["no-such"] }}
default_policies = ["everybody"]

[[token_issuers]]
name = "bound"
issuer = "https://bound.example"
audience = "{AUDIENCE}"
jwks_file = "KEYS"
client_id_claim = "device.id"
default_policies = ["everybody", "staff"]

[[token_issuers]]
name = "remote"
issuer = "https://remote.example"
audience = "{AUDIENCE}"
jwks_url = "{REMOTE.url}"
default_policies = ["everybody", "staff"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    (folder / "keys.json").write_text(json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}] + [key.jwk for key in KEYS.values()]}))
    (folder / "config.toml").write_text(CONFIGURATION.replace("KEYS", str(folder / "keys.json")))
    running = Server(folder, *SERVER_OPTIONS, "--config", folder / "config.toml", environment=SERVER_ENVIRONMENT)
    iot = running.client()
    mine = "${iot:ClientId}"
    for name, document in {
        "everybody": policy(allow("iot:Connect", f"client/{mine}")),
        "staff": policy(allow(["iot:Publish", "iot:Receive"], "topic/rooms/*"), allow("iot:Subscribe", "topicfilter/rooms/*")),
        "readers": policy(allow("iot:Subscribe", "topicfilter/rooms/*")),
    }.items():
        iot.create_policy(policyName=name, policyDocument=document)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def bearer(device):
    """A client on the devices' port with a token as password: bearer(token, ...)."""

    def make(token, client_id="page", **how):
        return device(None, client_id, anonymous=True, credentials=("token", token), **how)

    return make


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("algorithm", KEYS)
def test_a_good_token_lets_in_with_the_policies_of_its_groups(bearer, algorithm, version):
    one = bearer(KEYS[algorithm].token(), version=version).connected()
    assert one.subscribe("rooms/#", "halls/#") == [1, 0x87 if version == 5 else 0x80]
    assert one.publish("rooms/1", "x") == 0
    assert one.message() == ("rooms/1", "x")
    reader = bearer(KEYS[algorithm].token(groups=["readers", "unknown"]), "reader", version=5).connected()
    assert reader.subscribe("rooms/#") == [1] and reader.publish("rooms/1", "x") == 0x87


def damaged(token, part):
    parts = token.split(".")
    text = bytearray(base64.urlsafe_b64decode(parts[part] + "=="))
    text[len(text) // 2] ^= 1
    parts[part] = b64(bytes(text))
    return ".".join(parts)


def with_secret(header, key):
    """Signed with HMAC, the public key as the secret."""
    pem = key.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{b64({'alg': 'HS256', 'kid': key.id, **header})}.{b64(good())}"
    return f"{signed}.{b64(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def bad_tokens():
    now, key = int(time.time()), KEYS["RS256"]
    unsigned = f"{b64({'alg': 'none'})}.{b64(good())}."
    return {
        "no token": "secret",
        "unsigned": unsigned,
        "unsigned with signature": unsigned + key.token().rsplit(".", 1)[1],
        "secret": with_secret({}, key),
        "secret called RS256": with_secret({"alg": "RS256"}, key),
        "another algorithm": key.token({"alg": "ES256"}),
        "another key of its kind": Key("RS256", key.id).token(),
        "a key of another kind": KEYS["ES256"].token({"alg": "ES256", "kid": key.id}),
        "an unknown key": key.token({"kid": "unknown"}),
        "a critical header": key.token({"crit": ["exp"]}),
        "damaged claims": damaged(key.token(), 1),
        "damaged signature": damaged(key.token(), 2),
        "another issuer": key.token(iss="https://other.example"),
        "another audience": key.token(aud="somebody"),
        "no audience": key.token(aud=None),
        "expired": key.token(exp=now - 1),
        "never expires": key.token(exp=None),
        "expires in words": key.token(exp="tomorrow"),
        "not yet": key.token(nbf=now + 300),
        "from the future": key.token(iat=now + 300),
        "no principal": key.token(sub=""),
        "huge": key.token(more="x" * 9000),
        "a policy that does not exist": key.token(groups=["lost"]),
    }


@pytest.mark.parametrize("name", bad_tokens())
def test_bad_tokens_stay_outside(bearer, name):
    assert not bearer(bad_tokens()[name], version=5).is_let_in()


def test_without_a_key_name_the_only_key_for_the_algorithm_counts(bearer):
    bearer(KEYS["ES256"].token({"kid": None})).connected()


def test_the_client_id_may_be_bound(bearer):
    token = KEYS["EdDSA"].token(iss="https://bound.example", device={"id": "page-7"})
    bearer(token, "page-7").connected()
    assert not bearer(token, "page-8").is_let_in()
    assert not bearer(KEYS["EdDSA"].token(iss="https://bound.example"), "page-7").is_let_in(), "no claim"


@pytest.mark.parametrize("version", [4, 5])
def test_the_connection_ends_when_the_token_expires(bearer, version):
    token = KEYS["ES256"].token(exp=time.time() + 3)
    one = bearer(token, version=version).connected()
    if version == 5:
        assert one.wait("disconnected").code.value == 0xA0
    one.gone()
    assert not bearer(token).is_let_in(), "replayed"


def test_a_policy_that_changes_binds_the_next_packet(iot, bearer):
    one = bearer(KEYS["ES256"].token(), version=5).connected()
    assert one.publish("rooms/1", "x") in (0, 0x10)
    narrower = policy(allow("iot:Publish", "topic/rooms/2"))
    version = iot.create_policy_version(policyName="staff", policyDocument=narrower, setAsDefault=True)["policyVersionId"]
    assert one.publish("rooms/1", "x") == 0x87
    iot.set_default_policy_version(policyName="staff", policyVersionId="1")
    iot.delete_policy_version(policyName="staff", policyVersionId=version)
    assert one.publish("rooms/1", "x") in (0, 0x10)


def test_keys_come_over_http_and_are_remembered(bearer):
    token = REMOTE.keys[0].token(iss="https://remote.example")
    before = REMOTE.requests
    for number_ in range(3):
        bearer(token, f"page-{number_}").connected()
    assert REMOTE.requests == before + 1
    # Made-up names of keys make no requests one after the other.
    for _ in range(3):
        assert not bearer(REMOTE.keys[0].token({"kid": uuid.uuid4().hex}, iss="https://remote.example")).is_let_in()
    assert REMOTE.requests <= before + 2


def test_websocket_and_http_take_the_token_as_bearer(server, device, bearer):
    listener = bearer(KEYS["ES256"].token(), "listener").connected()
    listener.subscribe("rooms/#")
    header = {"Authorization": f"Bearer {KEYS['ES256'].token()}"}
    for where in ({"anonymous": True}, {}):
        page = device(None, "page", websocket="/mqtt", headers=header, **where).connected()
        assert page.publish("rooms/1", "x") == 0 and listener.message() == ("rooms/1", "x")
        page.close()
    context = device_context(server, None)
    devices = http.client.HTTPSConnection(*server.addresses["mqtt"].rsplit(":", 1), context=context, timeout=30)
    api = http.client.HTTPConnection(server.url.partition("://")[2], timeout=30)
    for connection in (devices, api):
        for headers, topic, expected in ((header, "rooms/2", 200), (header, "halls/1", 403), ({}, "rooms/2", 403)):
            connection.request("POST", f"/topics/{topic}?qos=1", "y", headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == expected, (headers, topic)
        assert listener.message() == ("rooms/2", "y")


def test_tokens_are_not_logged(server, bearer):
    token = KEYS["RS256"].token()
    bearer(token).connected().close()
    bad = damaged(token, 2)
    assert not bearer(bad).is_let_in()
    log = server.log_text()
    assert token.rsplit(".", 1)[1] not in log and bad.rsplit(".", 1)[1] not in log and "anna" in log
