"""MQTT over WebSocket: signed with an access key on the API's port, with a certificate on the devices'."""

import base64
import queue
import socket
import ssl
import urllib.parse
import uuid

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from broker_fixtures import *  # noqa: F403
from devices import ALL, allow, device_context, policy
from serving import REGION

def presigned(server, access_key, secret, token=None, token_in_signature=False, expires=60, service="iotdevicegateway"):
    """A path with query as device SDKs sign it: the session token is appended after signing."""
    credentials = Credentials(access_key, secret, token if token_in_signature else None)
    host = server.url.partition("://")[2]
    request = AWSRequest(method="GET", url=f"http://{host}/mqtt", headers={"host": host})
    auth = SigV4QueryAuth(credentials, service, REGION, expires=expires)
    auth.payload = lambda request: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    auth.add_auth(request)
    path = request.url.partition(host)[2]
    if token and not token_in_signature:
        path += "&X-Amz-Security-Token=" + urllib.parse.quote(token, safe="")
    return path


@pytest.fixture
def user(server):
    """Makes an IAM user with an inline policy: user(document) -> (name, access key id, secret)."""
    iam = server.client("iam")

    def make(document):
        name = f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return name, key["AccessKeyId"], key["SecretAccessKey"]

    return make


@pytest.mark.parametrize("version", [4, 5])
def test_who_signs_as_root_may_do_everything(server, device, version):
    root = server.credentials().values()
    one = device(None, "browser", version=version, websocket=presigned(server, *root)).connected()
    assert one.subscribe("a/+") == [1]
    assert one.publish("a/b", "x" * 20_000) == 0
    assert one.message() == ("a/b", "x" * 20_000)
    one.close()


def test_policies_of_the_user_decide(server, device, user):
    name, *keys = user(
        policy(
            allow("iot:Connect", "client/${aws:username}"),
            allow(["iot:Publish", "iot:Receive"], "topic/rooms/*"),
            allow("iot:Subscribe", "topicfilter/rooms/*"),
        )
    )
    path = presigned(server, *keys)
    assert not device(None, "somebody-else", websocket=path).is_let_in()
    one = device(None, name, version=5, websocket=path).connected()
    assert one.subscribe("rooms/#") == [1]
    assert one.subscribe("#") == [0x87]
    assert one.publish("rooms/1", "warm") == 0
    assert one.message() == ("rooms/1", "warm")
    assert one.publish("halls/1", "cold") == 0x87


def test_messages_go_between_devices_with_certificates_and_browsers(server, device, certificate, policies):
    lamp = device(certificate(*policies(ALL)), "lamp").connected()
    browser = device(None, "page", websocket=presigned(server, *server.credentials().values())).connected()
    browser.subscribe("lamp/state")
    lamp.publish("lamp/state", "on")
    assert browser.message() == ("lamp/state", "on")


@pytest.mark.parametrize("token_in_signature", [False, True])
def test_temporary_credentials_bring_their_token(server, device, user, token_in_signature):
    _, key, secret = user(policy(("Allow", "*", "*")))
    sts = server.client("sts", aws_access_key_id=key, aws_secret_access_key=secret)
    got = sts.get_session_token()["Credentials"]
    parts = (got["AccessKeyId"], got["SecretAccessKey"])
    path = presigned(server, *parts, token=got["SessionToken"], token_in_signature=token_in_signature)
    device(None, "temporary", websocket=path).connected().close()
    assert not device(None, "temporary", websocket=presigned(server, *parts)).is_let_in(), "without token"
    assert not device(None, "temporary", websocket=presigned(server, *parts, token="other")).is_let_in()


def end_key(iam, name, key):
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")


def end_policy(iam, name, _):
    iam.delete_user_policy(UserName=name, PolicyName="inline")


@pytest.mark.parametrize("take_away", [end_key, end_policy])
def test_what_is_taken_away_is_gone_at_once(server, device, user, take_away):
    name, key, secret = user(policy(("Allow", "iot:*", "*")))
    one = device(None, name, version=5, websocket=presigned(server, key, secret)).connected()
    take_away(server.client("iam"), name, key)
    # Nothing happens on the connection, and yet it ends.
    assert one.wait("disconnected").code.value == 0x87
    assert not device(None, name, websocket=presigned(server, key, secret)).is_let_in()


def test_a_right_that_is_lost_binds_the_next_packet(server, device, user):
    name, key, secret = user(policy(("Allow", "iot:*", "*")))
    one = device(None, name, version=5, websocket=presigned(server, key, secret)).connected()
    assert one.subscribe("news") == [1]
    narrower = policy(allow("iot:Connect", "client/*"), allow("iot:Publish", "topic/mine"))
    server.client("iam").put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=narrower)
    assert one.publish("mine") == 0x10, "nobody gets it"
    assert one.publish("yours") == 0x87
    assert one.subscribe("news") == [0x87]


def test_deny_with_a_condition_on_the_address(server, device, user):
    everywhere = policy(("Allow", "iot:*", "*"), ("Deny", "iot:Publish", "*", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))
    _, key, secret = user(everywhere)
    one = device(None, "denied", version=5, websocket=presigned(server, key, secret)).connected()
    assert one.publish("x") == 0x87


def test_a_certificate_is_enough_on_the_port_of_devices(device, certificate, policies, iot):
    shown = certificate(*policies(ALL))
    for alpn in (None, ["http/1.1"], ["x-amzn-http-ca"]):
        one = device(shown, "secure", alpn=alpn, websocket="/mqtt").connected()
        one.subscribe("x")
        one.publish("x", "hello")
        assert one.message() == ("x", "hello")
        one.close()
    one = device(shown, "secure", version=5, websocket="/mqtt").connected()
    shown.set_status("INACTIVE")
    assert one.wait("disconnected").code.value == 0x87


def raw(server, path, *headers):
    """The head of what is answered to a request for a WebSocket connection."""
    host = server.url.partition("://")[2]
    name, _, port = host.rpartition(":")
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return connection.recv(4096).decode()


UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(b"k" * 16).decode())
MQTT = "Sec-WebSocket-Protocol: mqtt"


def test_what_is_no_handshake_is_answered(server):
    path = presigned(server, *server.credentials().values())
    assert raw(server, path, *UPGRADE, MQTT).startswith("HTTP/1.1 101 ")
    assert raw(server, path, *UPGRADE, "Sec-WebSocket-Protocol: chat, mqtt").startswith("HTTP/1.1 101 ")
    for wrong in ([*UPGRADE, "Sec-WebSocket-Protocol: chat"], UPGRADE, [*UPGRADE[1:], MQTT], [*UPGRADE[:3], MQTT], [MQTT]):
        assert raw(server, path, *wrong).startswith("HTTP/1.1 400 "), wrong
    assert raw(server, path.replace("/mqtt", "/other"), *UPGRADE, MQTT).startswith("HTTP/1.1 403 "), "another path"
    assert raw(server, "/mqtt", *UPGRADE, MQTT).startswith("HTTP/1.1 403 "), "not signed"
    old = presigned(server, *server.credentials().values()).replace("X-Amz-Signature=", "X-Amz-Signature=0")
    assert raw(server, old, *UPGRADE, MQTT).startswith("HTTP/1.1 40")


def frame(opcode, payload=b"", final=True):
    """A frame of a client; masked with zeros, so that it can be read."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    else:
        head += bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return head + bytes(4) + payload


CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03raw"


def opened(server, certificate):
    host, _, port = server.addresses["mqtt"].rpartition(":")
    connection = device_context(server, certificate).wrap_socket(
        socket.create_connection((host, int(port)), timeout=20), server_hostname=host
    )
    lines = ["GET /mqtt HTTP/1.1", "Host: x", *UPGRADE, MQTT, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def read(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            break
        data += part
    return data


def test_frames_need_not_be_packets(server, certificate, policies):
    with opened(server, certificate(*policies(ALL))) as connection:
        # A byte in each fragment of one message, with a ping between them, which is answered at once.
        first, *middle, last = (bytes([byte]) for byte in CONNECT)
        connection.sendall(frame(2, first, final=False) + frame(9, b"?"))
        assert read(connection, 3) == b"\x8a\x01?"
        connection.sendall(b"".join(frame(0, byte, final=False) for byte in middle) + frame(0, last))
        assert read(connection, 6) == b"\x82\x04\x20\x02\x00\x00"
        # Two packets in one frame: PINGREQ twice.
        connection.sendall(frame(2, b"\xc0\x00\xc0\x00"))
        pings = b""
        while pings.count(b"\xd0\x00") < 2:
            pings += connection.recv(64)
        # Closing is answered.
        connection.sendall(frame(8, b"\x03\xe8"))
        assert read(connection, 4) == b"\x88\x02\x03\xe8"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(1, CONNECT), id="text"),
        pytest.param(b"\x82\xff" + (1 << 40).to_bytes(8, "big") + bytes(4), id="a terabyte"),
        pytest.param(bytes([0x82, len(CONNECT)]) + CONNECT, id="not masked"),
        pytest.param(frame(0x83 & 0x0F, CONNECT), id="reserved opcode"),
    ],
)
def test_frames_that_are_not_taken_end_the_connection(server, certificate, policies, bad):
    with opened(server, certificate(*policies(ALL))) as connection:
        connection.sendall(bad)
        try:
            while connection.recv(4096):
                pass
        except (ConnectionError, ssl.SSLError):
            pass
    assert server.process.poll() is None


def test_the_device_sdk_of_aws_connects(tmp_path):
    """Signed by `awscrt`, over TLS: a server of its own, whose API speaks HTTPS."""
    from awscrt import auth, io, mqtt
    from awsiot import mqtt_connection_builder
    from serving import Server

    chain = ssl_identity(tmp_path)
    own = Server(tmp_path, "--tls-cert", chain[0], "--tls-key", chain[1])
    try:
        key = own.credentials()
        provider = auth.AwsCredentialsProvider.new_static(key["aws_access_key_id"], key["aws_secret_access_key"])
        host, _, port = own.url.partition("://")[2].rpartition(":")
        connection = mqtt_connection_builder.websockets_with_default_aws_signing(
            region=REGION, credentials_provider=provider, endpoint="localhost", port=int(port),
            ca_filepath=str(chain[0]), client_id="sdk", clean_session=True, keep_alive_secs=30,
        )
        connection.connect().result(20)
        got = queue.Queue()
        subscribed, _ = connection.subscribe("sdk/x", mqtt.QoS.AT_LEAST_ONCE, lambda topic, payload, **_: got.put((topic, payload)))
        subscribed.result(20)
        published, _ = connection.publish("sdk/x", "hello", mqtt.QoS.AT_LEAST_ONCE)
        published.result(20)
        assert got.get(timeout=20) == ("sdk/x", b"hello")
        connection.disconnect().result(20)
    finally:
        assert own.stop() == 0


def ssl_identity(folder):
    """A certificate for localhost that signs itself, with its key."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
    made = made.not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    made = made.sign(key, hashes.SHA256())
    files = folder / "own.pem", folder / "own.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return files
