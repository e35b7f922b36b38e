"""Clients without certificate that a custom authorizer vouches for: over MQTT, WebSocket and HTTP."""

import base64
import http.client
import json
import socket
import ssl
import time
import urllib.parse
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from broker_fixtures import *  # noqa: F403

import authorizers
from authorizers import function, verdict  # noqa: F401
from packets import CONNACK, DISCONNECT, PUBACK, Ended, Wire, connect, publish

from devices import ALL, PATIENCE, allow, device_context, policy
from serving import ACCOUNT, REGION, Server

NAME = "x-amz-customauthorizer-name"
SIGNATURE = "x-amz-customauthorizer-signature"
DEAD = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dead"


@pytest.fixture(scope="module")
def server(tmp_path_factory, function):
    functions = f"{function.arn}={function.url},{DEAD}=http://127.0.0.1:9"
    environment = {
        **SERVER_ENVIRONMENT,
        "THINGWARDEN_NOTIFICATIONS__FUNCTIONS": functions,
        "THINGWARDEN_LIMITS__AUTHORIZERS": "1000",
        "THINGWARDEN_LIMITS__AUTHORIZER_TIMEOUT_SECONDS": "2",
        "THINGWARDEN_LIMITS__AUTHORIZER_SECONDS_MIN": "1",
    }
    running = Server(tmp_path_factory.mktemp("server"), *SERVER_OPTIONS, environment=environment)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def signer():
    return authorizers.Signer()


@pytest.fixture
def authorizer(iot, function):
    """Makes authorizers: authorizer(**how) -> name. They end with the test."""
    function.reset()
    made = []

    def make(**how):
        made.append(f"authorizer-{uuid.uuid4().hex[:8]}")
        how = {"authorizerFunctionArn": function.arn, "status": "ACTIVE", **how}
        if "tokenSigningPublicKeys" not in how:
            how.setdefault("signingDisabled", True)
        iot.create_authorizer(authorizerName=made[-1], **how)
        return made[-1]

    yield make
    function.reset()
    for name in made:
        iot.update_authorizer(authorizerName=name, status="INACTIVE")
        iot.delete_authorizer(authorizerName=name)


def user(name, user="u", **more):
    parameters = {NAME: name, **more}
    return user + "?" + urllib.parse.urlencode(parameters)


def document(*statements):
    return json.loads(policy(*statements))


@pytest.fixture
def visitor(device):
    """A client without certificate on the devices' port: visitor(client id, user name, password, ...)."""

    def make(client_id, user_name, password="secret", **how):
        return device(None, client_id, anonymous=True, credentials=(user_name, password), **how)

    return make


@pytest.mark.parametrize("version", [4, 5])
def test_whom_the_function_knows_gets_in_and_may_what_it_says(function, authorizer, visitor, version):
    mine = "${iot:ClientId}"
    function.answer = verdict(
        document(allow("iot:Connect", f"client/{mine}"), allow(["iot:Publish", "iot:Receive"], f"topic/of/{mine}")),
        document(allow("iot:Subscribe", f"topicfilter/of/{mine}")),
    )
    name = authorizer()
    one = visitor("page-1", user(name), version=version, alpn=["mqtt"]).connected()
    assert one.subscribe("of/page-1", "of/page-2") == [1, 0x87 if version == 5 else 0x80]
    assert one.publish("of/page-1", "x") == 0
    assert one.message() == ("of/page-1", "x")
    assert one.publish("of/page-2", "x") == (0x87 if version == 5 else None)
    event = function.event()
    assert event["protocols"] == ["tls", "mqtt"] and event["signatureVerified"] is False and "token" not in event
    mqtt = event["protocolData"]["mqtt"]
    assert mqtt == {"username": user(name), "password": base64.b64encode(b"secret").decode(), "clientId": "page-1"}


def test_whom_the_function_does_not_know_stays_outside(server, function, authorizer, visitor):
    name = authorizer()
    for answer in ({"isAuthenticated": False}, verdict(document(allow("iot:Connect", "client/other"))), b"", verdict(policyDocuments=["{"])):
        function.answer = answer
        assert not visitor("page", user(name), version=5).is_let_in(), answer
    found = facts(server, "page")
    whys = [refusal["why"] for refusal in found["refusals"]]
    assert f"authorizer `{name}` does not know it" in whys and len(whys) == 3, whys
    assert [denial["action"] for denial in found["denials"]] == ["iot:Connect"]
    function.answer = verdict()
    visitor("page", user(name)).connected()


@pytest.mark.parametrize("version", [4, 5])
def test_the_connection_ends_when_its_time_is_over(function, authorizer, visitor, version):
    function.answer = verdict(disconnectAfterInSeconds=2)
    one = visitor("page", user(authorizer()), version=version).connected()
    if version == 5:
        assert one.wait("disconnected").code.value == 0xA0
    one.gone()


def test_the_function_is_asked_again_and_may_change_its_mind(function, authorizer, visitor):
    function.answer = verdict(refreshAfterInSeconds=1)
    one = visitor("page", user(authorizer()), version=5).connected()
    assert one.publish("topic", "x") == 0x10
    function.answer = verdict(document(allow("iot:Connect", "*")), refreshAfterInSeconds=1)
    deadline = time.monotonic() + PATIENCE
    while one.publish("topic", "x") != 0x87:
        assert time.monotonic() < deadline
    # At the next refresh, it knows the client no more.
    function.answer = {"isAuthenticated": False}
    assert one.wait("disconnected").code.value == 0x87
    one.gone()


def test_which_authorizer_is_asked(iot, function, authorizer, visitor):
    name = authorizer()
    assert not visitor("page", "u").is_let_in(), "no default"
    assert not visitor("page", user("no-such")).is_let_in()
    assert not visitor("page", user(authorizer(status="INACTIVE"))).is_let_in()
    assert function.events.empty()
    iot.set_default_authorizer(authorizerName=name)
    visitor("page", "u").connected()
    assert not visitor("page", user("no-such")).is_let_in(), "the default is for who names none"
    iot.clear_default_authorizer()


def test_a_token_is_verified_before_anybody_is_asked(function, authorizer, visitor, signer):
    name = authorizer(tokenKeyName="my-token", tokenSigningPublicKeys={"k": signer.pem})
    good = {"my-token": "t/1", SIGNATURE: signer.sign("t/1")}
    for bad in ({}, {"my-token": "t/1"}, {**good, "my-token": "t/2"}, {**good, SIGNATURE: authorizers.Signer().sign("t/1")}, {**good, SIGNATURE: "no base64!"}):
        assert not visitor("page", user(name, **bad)).is_let_in(), bad
    assert function.events.empty()
    visitor("page", user(name, **good)).connected()
    event = function.event()
    assert (event["token"], event["signatureVerified"]) == ("t/1", True)


def presented(server, name, **more):
    return "/mqtt?" + urllib.parse.urlencode({NAME: name, **more})


@pytest.mark.parametrize("port", ["devices", "api"])
def test_websocket(server, function, authorizer, device, signer, port):
    name = authorizer(tokenKeyName="token", tokenSigningPublicKeys={"k": signer.pem})
    where = {"anonymous": port == "devices"}
    path = presented(server, name, token="t", **{SIGNATURE: signer.sign("t")})
    one = device(None, "page", websocket=path, **where).connected()
    assert one.subscribe("a") == [1] and one.publish("a", "x") == 0 and one.message() == ("a", "x")
    event = function.event()
    assert event["protocols"] == (["tls"] if port == "devices" else []) + ["http", "mqtt"]
    assert event["protocolData"]["http"]["queryString"] == path.removeprefix("/mqtt")
    assert event["protocolData"]["mqtt"] == {"clientId": "page"}
    assert (event["token"], event["signatureVerified"]) == ("t", True)
    headers = {NAME: name, "token": "t", SIGNATURE: signer.sign("t")}
    device(None, "page-2", websocket="/mqtt", headers=headers, **where).connected()
    assert function.event()["protocolData"]["http"]["headers"]["token"] == "t"
    device(None, "page-3", websocket="/mqtt", credentials=(user(name, token="t", **{SIGNATURE: signer.sign("t")}), "p"), **where).connected()
    assert not device(None, "page", websocket=presented(server, name, token="t", **{SIGNATURE: signer.sign("u")}), **where).is_let_in()
    assert not device(None, "page", websocket="/mqtt", **where).is_let_in()


@pytest.fixture
def request_to(server):
    """An HTTPS connection to the devices' port: request_to() -> ask(path, headers, body) -> (status, body)."""

    def connect():
        context = device_context(server, None)
        connection = http.client.HTTPSConnection(*server.addresses["mqtt"].rsplit(":", 1), context=context, timeout=30)

        def ask(path, headers={}, body="on", method="POST"):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        return ask

    return connect


def test_publish_over_http(function, authorizer, request_to, device, certificate, policies, signer):
    name = authorizer(tokenKeyName="token", tokenSigningPublicKeys={"k": signer.pem})
    function.answer = verdict(document(allow("iot:Publish", "topic/lamp")))
    listener = device(certificate(*policies(ALL)), "listener").connected()
    listener.subscribe("#")
    ask = request_to()
    shown = {NAME: name, "token": "t", SIGNATURE: signer.sign("t")}
    assert ask("/topics/lamp?qos=1", shown)[0] == 200
    assert listener.message() == ("lamp", "on")
    event = function.event()
    assert event["protocols"] == ["tls", "http"] and event["protocolData"]["http"]["queryString"] == "?qos=1"
    assert ask("/topics/lamp?qos=1&" + urllib.parse.urlencode(shown))[0] == 200
    assert listener.message() == ("lamp", "on")
    assert ask("/topics/lamp/2", shown)[0] == 403
    assert ask("/topics/lamp", {**shown, "token": "u"})[0] == 403
    assert ask("/topics/lamp")[0] == 403
    assert ask("/things/lamp/shadow", shown, None, "GET")[0] == 403, "publishing alone"
    listener.nothing_more(listener, "fence")


def test_answers_are_remembered_for_an_http_connection_where_the_authorizer_says_so(iot, function, authorizer, request_to):
    name = authorizer(enableCachingForHttp=True)
    shown, ask = {NAME: name, "who": "a"}, request_to()
    for _ in range(3):
        assert ask("/topics/lamp?qos=1", shown)[0] == 200
    assert function.events.qsize() == 1
    # Somebody else behind the same connection is somebody else.
    function.answer = {"isAuthenticated": False}
    assert ask("/topics/lamp?qos=1", {**shown, "who": "b"})[0] == 403
    assert ask("/topics/lamp?qos=1", shown)[0] == 200
    assert request_to()("/topics/lamp?qos=1", shown)[0] == 403
    iot.update_authorizer(authorizerName=name, status="INACTIVE")
    assert ask("/topics/lamp?qos=1", shown)[0] == 403


def test_without_caching_each_request_is_asked_about(function, authorizer, request_to):
    shown, ask = {NAME: authorizer()}, request_to()
    for count in (1, 2):
        assert ask("/topics/lamp?qos=1", shown)[0] == 200
        assert function.events.qsize() == count


@pytest.mark.parametrize("version", [4, 5])
def test_an_authorizer_that_is_deactivated_cuts_its_connections(iot, authorizer, visitor, version):
    name, other = authorizer(), authorizer()
    one, kept = visitor("one", user(name), version=version).connected(), visitor("two", user(other)).connected()
    iot.update_authorizer(authorizerName=name, status="INACTIVE")
    if version == 5:
        assert one.wait("disconnected").code.value == 0x87
    one.gone()
    assert not visitor("one", user(name)).is_let_in()
    assert kept.publish("a", "x") == 0


def test_slow_and_dead_functions_hold_up_nobody_else(function, authorizer, visitor, device, certificate, policies):
    name, dead = authorizer(), authorizer(authorizerFunctionArn=DEAD)
    function.hold()
    slow = [visitor(f"slow-{number}", user(name)) for number in range(5)]
    lamp = device(certificate(*policies(ALL)), "lamp").connected()
    assert lamp.publish("a", "x") == 0
    assert not visitor("page", user(dead)).is_let_in()
    for one in slow:
        assert not one.is_let_in(), "in time"
    function.reset()
    visitor("page", user(name)).connected()


def test_a_client_that_gives_up_while_the_function_thinks(function, authorizer, visitor):
    name = authorizer()
    function.hold()
    one = visitor("page", user(name))
    function.event()
    one.drop()
    function.reset()
    visitor("page", user(name)).connected()


def test_certificates_are_needed_where_nobody_asks_authorizers(server, device, authorizer, visitor, certificate, policies):
    assert not visitor("page", "u").is_let_in()
    # Refused in the handshake, before a word of MQTT.
    context = device_context(server, None)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    host, _, port = server.addresses["mqtt"].rpartition(":")
    with socket.create_connection((host, int(port))) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=host)
    name = authorizer()
    visitor("page", user(name)).connected()
    # AWS's names for protocols with certificates mean certificates.
    assert not visitor("page", user(name), alpn=["x-amzn-mqtt-ca"]).is_let_in()
    # Who has a certificate is who it says.
    lamp = device(certificate(*policies(policy(allow("iot:Connect", "client/lamp")))), "lamp", credentials=(user(name), "p")).connected()
    assert lamp.publish("a", "x") is None


def test_the_domain_says_whose_authorizer_is_asked(server, iot, function, authorizer, device):
    fixed, other = authorizer(), authorizer()
    domain = f"{uuid.uuid4().hex[:8]}.example.com"
    certificate_arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
    iot.create_domain_configuration(
        domainConfigurationName=domain.partition(".")[0], domainName=domain, serverCertificateArns=[certificate_arn],
        authorizerConfig={"defaultAuthorizerName": fixed, "allowAuthorizerOverride": False},
    )
    headers = {"Host": domain}
    device(None, "page", websocket="/mqtt", headers=headers).connected()
    assert not device(None, "page", websocket=presented(server, other), headers=headers).is_let_in()
    iot.update_domain_configuration(
        domainConfigurationName=domain.partition(".")[0], domainConfigurationStatus="DISABLED",
        authorizerConfig={"defaultAuthorizerName": fixed, "allowAuthorizerOverride": True},
    )
    assert not device(None, "page", websocket="/mqtt", headers=headers).is_let_in()
    iot.update_domain_configuration(domainConfigurationName=domain.partition(".")[0], domainConfigurationStatus="ENABLED")
    device(None, "page", websocket=presented(server, other), headers=headers).connected()
    iot.update_domain_configuration(domainConfigurationName=domain.partition(".")[0], removeAuthorizerConfig=True)


@pytest.fixture
def domain(iot):
    """Makes domain configurations: domain(authenticationType, authorizer) -> domain name. They end with the test."""
    made = []

    def make(kind, authorizer, protocol="DEFAULT"):
        made.append(f"{uuid.uuid4().hex[:8]}.example.com")
        arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
        iot.create_domain_configuration(
            domainConfigurationName=made[-1].partition(".")[0], domainName=made[-1], serverCertificateArns=[arn],
            authenticationType=kind, applicationProtocol=protocol, authorizerConfig={"defaultAuthorizerName": authorizer},
        )
        return made[-1]

    yield make
    for name in made:
        name = name.partition(".")[0]
        iot.update_domain_configuration(domainConfigurationName=name, removeAuthorizerConfig=True, domainConfigurationStatus="DISABLED")
        iot.delete_domain_configuration(domainConfigurationName=name)


@pytest.fixture
def wired(server):
    """Connects by hand to a domain: wired(certificate or None, domain) -> reason of CONNACK, or None, and the connection."""
    made = []

    def make(certificate, domain):
        made.append(Wire(server, certificate, domain))
        try:
            return made[-1].send(connect("lamp", 5)).expect(CONNACK)[1], made[-1]
        except Ended:
            return None, made[-1]

    yield make
    for one in made:
        one.close()


def test_a_domain_may_want_certificate_and_authorizer(server, function, authorizer, domain, wired, certificate, policies):
    function.answer = verdict(document(allow("iot:Connect", "client/lamp"), allow("iot:Publish", "topic/by-function")))
    name = domain("CUSTOM_AUTH_X509", authorizer())
    # Its own policies do not count.
    shown = certificate(*policies(ALL))
    code, one = wired(shown, name)
    assert code == 0
    event = function.event()
    assert event["protocolData"]["tls"] == {"serverName": name, "x509CertificatePem": shown.file.read_text(), "principalId": shown.id}
    assert one.send(publish("by-function", version=5, qos=1)).expect(PUBACK)[2] in (0, 0x10)
    assert one.send(publish("by-certificate", version=5, qos=1)).expect(PUBACK)[2] == 0x87
    # One alone is not enough, nor a certificate that may not be used.
    assert wired(None, name)[0] == 0x87
    function.answer = {"isAuthenticated": False}
    assert wired(shown, name)[0] == 0x87
    function.answer = verdict()
    assert wired(certificate(status="INACTIVE"), name)[0] is None
    # What becomes of the certificate ends the connection.
    shown.set_status("INACTIVE")
    assert [first for first, _ in one.all_until_end()] == [DISCONNECT]
    whys = {refusal["why"] for refusal in facts(server, "lamp")["refusals"]}
    assert any("CUSTOM_AUTH_X509" in why for why in whys) and any("does not know it" in why for why in whys), whys


@pytest.mark.parametrize("kind, expected", [("DEFAULT", (0, 0)), ("AWS_X509", (0, 0x87)), ("CUSTOM_AUTH", (0x87, 0)), ("AWS_SIGV4", (None, 0x87))])
def test_a_domain_says_how_clients_prove_who_they_are(function, authorizer, domain, wired, certificate, policies, kind, expected):
    """Whom the function does not know gets in by certificate, if at all; and whom it knows without one."""
    name = domain(kind, authorizer())
    function.answer = {"isAuthenticated": False}
    by_certificate = wired(certificate(*policies(ALL)), name)[0]
    function.answer = verdict()
    assert (by_certificate, wired(None, name)[0]) == expected


UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "mqtt",
}


def asked(server, certificate, domain, request):
    """The status of a request by hand to a domain on the devices' port."""
    host, _, port = server.addresses["mqtt"].rpartition(":")
    context = device_context(server, certificate, ["http/1.1"])
    context.check_hostname = False
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as plain, context.wrap_socket(plain, server_hostname=domain) as stream:
        stream.sendall(request.encode())
        return int(stream.recv(4096).split()[1])


def upgraded(server, certificate, domain):
    headers = "".join(f"{name}: {value}\r\n" for name, value in UPGRADE.items())
    return asked(server, certificate, domain, f"GET /mqtt HTTP/1.1\r\nHost: {domain}\r\n{headers}\r\n") == 101


def published(server, certificate, domain):
    return asked(server, certificate, domain, f"POST /topics/t HTTP/1.1\r\nHost: {domain}\r\nContent-Length: 0\r\n\r\n") == 200


def signed(server, domain, method, path, headers):
    """The status of a request that is signed for a domain, on the API's address."""
    asks = AWSRequest(method, f"http://{domain}{path}", headers={"Host": domain})
    keys = server.credentials()
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4Auth(credentials, "iotdevicegateway" if headers else "iotdata", REGION).add_auth(asks)
    connection = http.client.HTTPConnection(server.url.partition("://")[2], timeout=PATIENCE)
    connection.request(method, path, headers={**dict(asks.headers), **headers})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    "protocol, takes",
    [("SECURE_MQTT", (True, False, False)), ("MQTT_WSS", (False, True, False)), ("HTTPS", (False, False, True)), ("DEFAULT", (True, True, True))],
)
def test_a_domain_says_by_which_protocol_clients_come(server, function, authorizer, domain, wired, device, certificate, policies, protocol, takes):
    name = domain("DEFAULT", authorizer(), protocol)
    shown = certificate(*policies(ALL))
    function.answer = verdict()
    assert (wired(shown, name)[0] == 0, upgraded(server, shown, name), published(server, shown, name)) == takes
    by_websocket = device(None, "page", websocket="/mqtt", headers={"Host": name}).is_let_in()
    assert (wired(None, name)[0] == 0, by_websocket, published(server, None, name)) == takes
    statuses = signed(server, name, "GET", "/mqtt", UPGRADE), signed(server, name, "POST", "/topics/t", {})
    assert statuses == (101 if takes[1] else 403, 200 if takes[2] else 403)
    # Who calls the server by another name is not touched.
    assert wired(shown, None)[0] == 0
    whys = [refusal["why"] for refusal in facts(server, "lamp")["refusals"]]
    told = [why for why in whys if f"`applicationProtocol` of the domain that it calls is {protocol}" in why]
    assert bool(told) == (protocol != "DEFAULT"), whys


def test_life_cycle_events_and_history_name_the_principal(function, authorizer, visitor, device, certificate, policies):
    watcher = device(certificate(*policies(ALL)), "watcher").connected()
    watcher.subscribe("$aws/events/presence/connected/page-9")
    function.answer = verdict(principalId="alice7")
    visitor("page-9", user(authorizer())).connected()
    told = json.loads(watcher.message()[1])
    assert (told["clientId"], told["principalIdentifier"]) == ("page-9", "alice7")


def test_nothing_secret_is_logged(server, function, authorizer, visitor, signer):
    name = authorizer(tokenKeyName="token", tokenSigningPublicKeys={"k": signer.pem})
    function.answer = b"secret-answer"
    signature = signer.sign("secret-token")
    shown = user(name, user="secret-user", token="secret-token", **{SIGNATURE: signature})
    assert not visitor("page", shown, "secret-password").is_let_in()
    function.answer = verdict()
    visitor("page", shown, "secret-password").connected().close()
    assert "secret-" not in server.log_text() and signature not in server.log_text()
