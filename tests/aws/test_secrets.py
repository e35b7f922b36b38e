"""What nobody may find: secrets in logs at their most talkative, in the audit trail, in errors and in the files of the server."""

import json
import subprocess

import pytest

import certificates
import wire
from conftest import BINARY
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of, policy

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def talkative(tmp_path):
    running = Server(tmp_path, environment={"THINGWARDEN_SERVER__LOG_LEVEL": "trace"})
    yield running
    running.kill() if running.process.poll() is None else None


def signature_of(text):
    return text.split("Signature=")[1][:64]


def test_secrets_stay_secret(talkative):
    server = talkative
    iam, iot = server.client("iam"), server.client()
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("iot:*", "sts:*"))
    access = keys_of(iam.create_access_key(UserName="alice"))
    session = keys_of(server.client("sts", **access).get_session_token())
    device = iot.create_keys_and_certificate(setAsActive=True)["keyPair"]["PrivateKey"]
    _, key = certificates.csr("other")
    answers = []

    # Good and bad signatures, in the header and in the query, with and without session.
    signatures = []
    for keys in (access, session, access | {"aws_secret_access_key": "x" * 40}):
        path, headers = wire.sign(server, "GET", "/things", **keys)
        signatures.append(signature_of(headers["Authorization"]))
        answers.append(wire.send(server, "GET", path, b"", headers))
        answers.append(wire.send(server, "GET", "/policies", b"", headers))
        path, _ = wire.sign(server, "GET", "/things", presign=60, **keys)
        signatures.append(signature_of(path))
        answers.append(wire.send(server, "GET", path, b"", {}))
        answers.append(wire.send(server, "GET", path + "&maxResults=x", b"", {}))
    # Secrets where they do not belong: an error must not repeat them.
    token, secret = session["aws_session_token"], access["aws_secret_access_key"]
    pem = device.replace("\n", "\\n").encode()
    answers.append(wire.call(server, "POST", "/certificate/register", b'{"certificatePem":"' + pem + b'"}'))
    answers.append(wire.call(server, "POST", "/certificate/register-no-ca", b'{"certificatePem":"' + pem + b'"}'))
    answers.append(wire.call(server, "POST", "/certificates", b'{"certificateSigningRequest":"' + pem + b'"}'))
    answers.append(wire.call(server, "GET", "/things", b"", {}, **(session | {"aws_secret_access_key": "y" * 40})))
    answers.append(wire.send(server, "GET", "/things", b"", {"Authorization": f"AWS4-HMAC-SHA256 {secret}"}))
    answers.append(wire.send(server, "GET", "/things", b"", {"Authorization": f"Bearer {token}"}))
    assert {answer.status for answer in answers} == {200, 400, 403}
    iam.update_access_key(UserName="alice", AccessKeyId=access["aws_access_key_id"], Status="Inactive")
    iam.delete_access_key(UserName="alice", AccessKeyId=access["aws_access_key_id"])
    assert server.stop() == 0

    secrets = {
        "secret access key": secret,
        "secret of the session": session["aws_secret_access_key"],
        "session token": token,
        "root's secret": server.credentials()["aws_secret_access_key"],
        "private key": device.splitlines()[5],
        **{f"signature {number}": text for number, text in enumerate(signatures)},
    }
    trail = subprocess.run([BINARY, "trail", "--data", server.folder / "data", "--format", "json", "--limit", "10000"], capture_output=True, check=True)
    assert b"iam:CreateAccessKey" in trail.stdout and b"iot:CreateKeysAndCertificate" in trail.stdout
    shown = {
        "the log": server.log_text(),
        "the trail": trail.stdout.decode(),
        "an error": "\n".join(answer.body.decode() for answer in answers),
    }
    assert "/things" in shown["the log"], "the log is as talkative as it can be"
    for place, text in shown.items():
        for what, value in secrets.items():
            assert value not in text, f"{what} is in {place}"
    # What the server never needs again is nowhere in its folder; secret access keys it needs to verify signatures.
    files = b"".join(path.read_bytes() for path in (server.folder / "data").rglob("*") if path.is_file())
    for what in ("session token", "private key", *(what for what in secrets if what.startswith("signature"))):
        assert secrets[what].encode() not in files, f"{what} is in the server's folder"


def test_unsigned_requests_all_learn_the_same(server):
    iot = server.client()
    iot.create_thing(thingName="there")
    root = server.credentials()["aws_access_key_id"]
    heads = [
        ("GET", "/things/there", {}),
        ("GET", "/things/gone", {}),
        ("GET", "/nowhere", {}),
        ("DELETE", "/", {}),
        ("OPTIONS", "/things", {"Origin": "http://evil", "Access-Control-Request-Method": "POST"}),
        ("GET", "/things/%zz", {}),
        ("GET", "/things?maxResults=nonsense", {}),
        ("GET", "/streams", {}),
        ("GET", "/things", {"Cookie": "a=b", "X-Forwarded-For": "127.0.0.1", "X-Amz-Security-Token": "x"}),
    ]
    answers = [wire.send(server, method, path, b"", headers) for method, path, headers in heads]
    seen = {(answer.status, answer.code, answer.body, tuple(sorted(set(answer.headers) - {"x-amzn-requestid", "date"}))) for answer in answers}
    assert len(seen) == 1, seen
    assert answers[0].status == 403
    # A key that is known and one that is not differ in the code, as they do at AWS, and in nothing else that could tell more.
    for given in (root, "AKIAIOSFODNN7EXAMPLE"):
        wrong = {"aws_access_key_id": given, "aws_secret_access_key": "x" * 40}
        bodies = {wire.call(server, "GET", path, b"", {}, **wrong).body for path in ("/things/there", "/things/gone", "/nowhere", "/streams")}
        assert len(bodies) == 1
    # Forms are answered in XML, and otherwise alike.
    forms = [wire.send(server, "POST", "/", body, FORM) for body in (b"Action=ListUsers", b"Action=Nonsense", b"", b"%zz")]
    texts = {answer.body.split(b"<RequestId>")[0] for answer in forms}
    assert len(texts) == 1 and {answer.status for answer in forms} == {403}


def test_a_policy_in_an_error_is_not_repeated_whole(server):
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "x" * 5000}]})
    answer = wire.call(server, "POST", "/policies/long", json.dumps({"policyDocument": document}).encode())
    assert answer.status == 400 and len(answer.body) < 2000
    arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:" + "x" * 5000
    answer = wire.call(server, "GET", f"/tags?resourceArn={arn}")
    assert answer.status == 400 and len(answer.body) < 2000
