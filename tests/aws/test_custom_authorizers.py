"""Custom authorizers through boto3: what may be configured, and what TestInvokeAuthorizer says about functions, good and bad."""

import base64
import uuid

import botocore.exceptions
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import authorizers
from authorizers import ALL, function, verdict  # noqa: F401
from serving import ACCOUNT, REGION, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory, function):
    environment = {**function.environment, "THINGWARDEN_LIMITS__AUTHORIZER_TIMEOUT_SECONDS": "1", "THINGWARDEN_LIMITS__AUTHORIZERS": "1000"}
    running = Server(tmp_path_factory.mktemp("server"), environment=environment)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def iot(server):
    return server.client()


@pytest.fixture(scope="module")
def signer():
    return authorizers.Signer()


@pytest.fixture
def authorizer(iot, function):
    """Makes authorizers: authorizer(**how) -> name."""
    function.reset()

    def make(**how):
        name = f"authorizer-{uuid.uuid4().hex[:8]}"
        how = {"authorizerFunctionArn": function.arn, "status": "ACTIVE", **how}
        if "tokenSigningPublicKeys" not in how:
            how.setdefault("signingDisabled", True)
        iot.create_authorizer(authorizerName=name, **how)
        return name

    return make


def signed(signer):
    return {"tokenKeyName": "token", "tokenSigningPublicKeys": {"first": signer.pem}}


def code(operation, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        operation(**arguments)
    return caught.value.response["Error"]["Code"]


def test_what_the_function_says_is_told(iot, function, authorizer):
    function.answer = verdict(ALL, principalId="p1", disconnectAfterInSeconds=300, refreshAfterInSeconds=86_400)
    answer = iot.test_invoke_authorizer(authorizerName=authorizer())
    assert answer["isAuthenticated"] and answer["principalId"] == "p1"
    assert (answer["disconnectAfterInSeconds"], answer["refreshAfterInSeconds"]) == (300, 86_400)
    assert len(answer["policyDocuments"]) == 1 and "iot:*" in answer["policyDocuments"][0]
    function.answer = {"isAuthenticated": False}
    answer = iot.test_invoke_authorizer(authorizerName=authorizer())
    assert answer["isAuthenticated"] is False and "principalId" not in answer


def test_the_event_is_as_aws_documents_it(iot, function, authorizer):
    iot.test_invoke_authorizer(
        authorizerName=authorizer(tokenKeyName="token"),
        mqttContext={"username": "u?token=t1", "password": b"\xffp", "clientId": "c"},
        httpContext={"headers": {"h": "v"}, "queryString": "?a=b"},
        tlsContext={"serverName": "iot.example.com"},
    )
    event = function.event()
    assert uuid.UUID(event.pop("connectionMetadata")["id"])
    assert event == {
        "token": "t1",
        "signatureVerified": False,
        "protocols": ["tls", "http", "mqtt"],
        "protocolData": {
            "tls": {"serverName": "iot.example.com"},
            "http": {"headers": {"h": "v"}, "queryString": "?a=b"},
            "mqtt": {"username": "u?token=t1", "password": base64.b64encode(b"\xffp").decode(), "clientId": "c"},
        },
    }


def test_a_signature_is_verified_before_the_function_is_invoked(iot, function, authorizer, signer):
    name = authorizer(**signed(signer))
    invoke = iot.test_invoke_authorizer
    other = authorizers.Signer()
    for token, signature in (
        ("t", other.sign("t")),
        ("t", signer.sign("u")),
        ("t", signer.sign("t", hashes.SHA512())),
        ("t", signer.sign("t")[:-4]),
        ("t", "QUJD"),
    ):
        assert code(invoke, authorizerName=name, token=token, tokenSignature=signature) == "InvalidRequestException"
    assert code(invoke, authorizerName=name, token="t") == "InvalidRequestException"
    assert code(invoke, authorizerName=name) == "InvalidRequestException"
    assert function.events.empty()
    assert invoke(authorizerName=name, token="t", tokenSignature=signer.sign("t"))["isAuthenticated"]
    event = function.event()
    assert (event["token"], event["signatureVerified"]) == ("t", True)
    # A second key, for the time in which one is changed for another.
    iot.update_authorizer(authorizerName=name, tokenSigningPublicKeys={"first": signer.pem, "second": other.pem})
    assert invoke(authorizerName=name, token="t", tokenSignature=other.sign("t"))["isAuthenticated"]


POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}'
BAD = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": [verdict()],
    "a text": b'"yes"',
    "no word": {},
    "a word for a truth": verdict(isAuthenticated="true"),
    "no principal": verdict(principalId=None),
    "an empty principal": verdict(principalId=""),
    "a long principal": verdict(principalId="a" * 129),
    "a principal with more": verdict(principalId="a-b"),
    "too short": verdict(disconnectAfterInSeconds=299),
    "too long": verdict(disconnectAfterInSeconds=86_401),
    "too often": verdict(refreshAfterInSeconds=299),
    "too seldom": verdict(refreshAfterInSeconds=86_401),
    "many policies": verdict(*[ALL] * 11),
    "a long policy": verdict(POLICY + " " * 2048),
    "a broken policy": verdict(ALL, "{"),
    "a policy that is none": verdict(ALL, 7),
    "an effect that is none": verdict({"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "iot:*", "Resource": "*"}]}),
    "no list": verdict(policyDocuments=POLICY),
    "a huge answer": verdict(padding="x" * 200_000),
    "deep": b'{"isAuthenticated":true,"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "twice": b'{"isAuthenticated":false,"isAuthenticated":true}',
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_bad_answers_are_no_answers(iot, function, authorizer, answer):
    function.answer = answer
    assert code(iot.test_invoke_authorizer, authorizerName=authorizer()) == "InvalidResponseException"


def test_policies_may_be_texts_and_times_may_be_left_out(iot, function, authorizer):
    function.answer = {"isAuthenticated": True, "principalId": "a1", "policyDocuments": [POLICY] * 10}
    answer = iot.test_invoke_authorizer(authorizerName=authorizer())
    assert answer["policyDocuments"] == [POLICY] * 10
    assert (answer["disconnectAfterInSeconds"], answer["refreshAfterInSeconds"]) == (86_400, 86_400)


def test_a_function_that_fails_or_is_slow_or_is_not_there(iot, function, authorizer):
    invoke, name = iot.test_invoke_authorizer, authorizer()
    function.headers = {"x-amz-function-error": "Unhandled"}
    assert code(invoke, authorizerName=name) == "InvalidResponseException"
    function.headers, function.status = {}, 500
    assert code(invoke, authorizerName=name) == "InvalidResponseException"
    function.reset()
    function.hold()
    assert code(invoke, authorizerName=name) == "InvalidResponseException"
    function.reset()
    assert invoke(authorizerName=name)["isAuthenticated"]
    nowhere = authorizer(authorizerFunctionArn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nowhere")
    assert code(invoke, authorizerName=nowhere) == "InvalidResponseException"


def test_keys_are_rsa_of_2048_bits_at_least(iot, function):
    p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
    p256 = p256.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    private = authorizers.Signer().key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for pem in (authorizers.Signer(1024).pem, p256, private, "no key", authorizers.Signer().pem * 2):
        how = {"tokenKeyName": "t", "tokenSigningPublicKeys": {"k": pem}}
        assert code(iot.create_authorizer, authorizerName="weak", authorizerFunctionArn=function.arn, **how) == "InvalidRequestException"


def test_life_of_an_authorizer(iot, authorizer, signer):
    name = authorizer(**signed(signer), tags=[{"Key": "team", "Value": "a"}])
    found = iot.describe_authorizer(authorizerName=name)["authorizerDescription"]
    assert (found["status"], found["signingDisabled"], found["tokenSigningPublicKeys"]) == ("ACTIVE", False, {"first": signer.pem})
    arn = found["authorizerArn"]
    assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "team", "Value": "a"}]
    iot.set_default_authorizer(authorizerName=name)
    assert iot.describe_default_authorizer()["authorizerDescription"]["authorizerArn"] == arn
    assert code(iot.set_default_authorizer, authorizerName=authorizer()) == "ResourceAlreadyExistsException"
    iot.update_authorizer(authorizerName=name, status="INACTIVE")
    assert code(iot.delete_authorizer, authorizerName=name) == "DeleteConflictException"
    iot.clear_default_authorizer()
    assert code(iot.clear_default_authorizer) == "ResourceNotFoundException"
    iot.update_authorizer(authorizerName=name, status="ACTIVE")
    assert code(iot.delete_authorizer, authorizerName=name) == "DeleteConflictException"
    iot.update_authorizer(authorizerName=name, status="INACTIVE")
    iot.delete_authorizer(authorizerName=name)
    assert code(iot.describe_authorizer, authorizerName=name) == "ResourceNotFoundException"
    assert code(iot.list_tags_for_resource, resourceArn=arn) == "ResourceNotFoundException"


def test_tokens_and_passwords_are_nowhere_in_the_log(server, iot, function, authorizer, signer):
    name = authorizer(**signed(signer))
    function.answer = b"no good"
    secret = "hidden-7c1f"
    mqtt = {"username": f"{secret}-user", "password": f"{secret}-password".encode()}
    signature = signer.sign(secret)
    assert code(iot.test_invoke_authorizer, authorizerName=name, token=secret, tokenSignature=signature, mqttContext=mqtt)
    log = server.log_text()
    assert secret not in log and signature not in log and "no good" not in log
