"""Who may do what: the flows of AWS's best practices, and how a denial looks."""

import datetime

import pytest
from broker_fixtures import *
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from devices import ALL, Device, allow, deny, policy

THING_NAME = "${iot:Connection.Thing.ThingName}"


def own_certificate(common_name, days=(-1, 100), key=None):
    """A certificate that no authority signed: (certificate, key) in PEM."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = (now + datetime.timedelta(days=day) for day in days)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, end)
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode(), encoded.decode()


def test_only_the_thing_itself_connects_under_its_name(policies, certificate, thing, device, server):
    (own_name,) = policies(policy(allow("iot:Connect", f"client/{THING_NAME}")))
    a, b = thing("a"), thing("b")
    of_a, of_nothing = certificate(own_name).be(a), certificate(own_name)
    assert device(of_a, a).is_let_in()
    assert not device(of_a, "no-thing").is_let_in()
    assert not device(of_a, b).is_let_in()
    assert not device(of_nothing, a).is_let_in()
    assert not device(of_nothing, b, version=5).is_let_in()


def test_an_exclusive_thing_is_known_whatever_the_client_id(policies, certificate, thing, device):
    (own_topics,) = policies(policy(allow("iot:Connect", "*"), allow("iot:Publish", f"topic/{THING_NAME}/up")))
    name = thing("exclusive")
    cert = certificate(own_topics).be(name, thingPrincipalType="EXCLUSIVE_THING")
    one = device(cert, "another-client-id", version=5).connected()
    assert one.publish(f"{name}/up") == 0x10
    assert one.publish("another-client-id/up") == 0x87


@pytest.mark.parametrize("version,code", [(4, 7), (5, 0x87)])
def test_a_refused_connection_is_told_so(policies, certificate, device, version, code):
    (nothing,) = policies(policy(allow("iot:Publish", "*")))
    refused = device(certificate(nothing), "x", version=version).wait("refused", "connected")
    assert refused.kind == "refused"
    assert refused.code.value == code if version == 5 else refused.code.is_failure


def test_connecting_alone_allows_nothing_else(policies, certificate, device):
    (connect,) = policies(policy(allow("iot:Connect", "*")))
    cert = certificate(connect)
    one = device(cert, "only-4").connected()
    assert one.subscribe("a") == [0x80]
    assert one.publish("a") is None, "MQTT 3.1.1 has no way to say no"
    other = device(cert, "only-5", version=5).connected()
    assert other.subscribe("a") == [0x87]
    assert other.publish("a") == 0x87
    assert other.publish("a") == 0x87, "the connection stays"
    other.client.publish("a", qos=0)
    other.gone()
    assert other.wait("disconnected").code.value == 0x87


def test_common_name_and_attachment_decide(policies, certificate, thing, device, iot):
    """IoT Lens: the client id is the certificate's common name, and the thing of that name is attached."""
    condition = {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}}
    (name,) = policies(
        policy(
            allow("iot:Connect", "client/${iot:Certificate.Subject.CommonName}", **condition),
            allow(["iot:Publish", "iot:Receive"], f"topic/$aws/things/{THING_NAME}/shadow/update"),
            allow("iot:Subscribe", f"topicfilter/$aws/things/{THING_NAME}/shadow/update"),
        )
    )
    a, b = thing("cn"), thing("cn")
    pem, key = own_certificate(a)
    cert = certificate(name, pem=pem, key=key).be(a)
    one = device(cert, a, version=5).connected()
    assert one.subscribe(f"$aws/things/{a}/shadow/update", f"$aws/things/{b}/shadow/update") == [1, 0x87]
    one.publish(f"$aws/things/{a}/shadow/update", "mine")
    assert one.message()[1] == "mine"
    assert one.publish(f"$aws/things/{b}/shadow/update", "not mine") == 0x87
    one.close()
    assert not device(cert, b).is_let_in()
    iot.detach_thing_principal(thingName=a, principal=cert.arn)
    assert not device(cert, a).is_let_in()
    cert.be(a)
    assert device(cert, a).is_let_in()
    other_name = certificate(name, **dict(zip(("pem", "key"), own_certificate("somebody")))).be(a)
    assert not device(other_name, a).is_let_in()


def test_a_gateway_publishes_for_what_is_behind_it(policies, certificate, device):
    (gateway,) = policies(
        policy(allow("iot:Connect", "*"), allow("iot:Publish", "topic/$aws/things/edgegateway123-*/shadow/update"))
    )
    one = device(certificate(gateway), "edgegateway123", version=5).connected()
    for name, allowed in [("edgegateway123-motionsensor1", True), ("edgegateway124-x", False), ("edgegateway123", False)]:
        assert (one.publish(f"$aws/things/{name}/shadow/update", "{}") == 0) == allowed, name


def test_denying_a_filter_is_not_denying_a_topic(policies, certificate, device):
    denied_filter = policy(("Allow", "iot:*", "*"), deny("iot:Subscribe", "topicfilter/a/restricted/*"))
    denied_topic = policy(("Allow", "iot:*", "*"), deny("iot:Receive", "topic/a/restricted/*"))
    everything, filter_name, topic_name = policies(ALL, denied_filter, denied_topic)
    sender = device(certificate(everything), "sender").connected()
    gets = device(certificate(filter_name), "gets", version=5).connected()
    assert gets.subscribe("a/restricted/#", "a/#") == [0x87, 1]
    not_gets = device(certificate(topic_name), "not-gets", version=5).connected()
    assert not_gets.subscribe("a/restricted/#", "a/#") == [1, 1]
    sender.publish("a/restricted/x", "secret")
    sender.publish("a/open", "public")
    assert gets.message() == ("a/restricted/x", "secret")
    assert not_gets.message() == ("a/open", "public")


def test_retaining_and_wills_need_their_own_permission(policies, certificate, device):
    publish = allow(["iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"], "*")
    without, with_retain = policies(policy(publish), policy(publish, allow("iot:RetainPublish", "topic/r")))
    one = device(certificate(without), "no-retain", version=5).connected()
    assert (one.publish("r", "x"), one.publish("r", "x", retain=True)) == (0x10, 0x87)
    other = device(certificate(with_retain), "retain", version=5).connected()
    assert (other.publish("r", "x", retain=True), other.publish("s", "x", retain=True)) == (0x10, 0x87)
    assert not device(certificate(without), "w", will={"topic": "r", "payload": "x", "retain": True}).is_let_in()
    (no_will,) = policies(policy(allow("iot:Connect", "*"), allow("iot:Publish", "topic/own")))
    assert not device(certificate(no_will), "w", will={"topic": "other", "payload": "x"}).is_let_in()
    assert device(certificate(no_will), "w", will={"topic": "own", "payload": "x"}).is_let_in()


def test_persistent_sessions_and_wills_can_be_forbidden(policies, certificate, device):
    plain = {"ForAllValues:StringEquals": {"iot:ConnectAttributes": []}}
    persistent = {"ForAllValues:StringEquals": {"iot:ConnectAttributes": ["PersistentConnect"]}}
    publish = allow("iot:Publish", "*")
    names = policies(policy(allow("iot:Connect", "*", **plain), publish), policy(allow("iot:Connect", "*", **persistent), publish))
    of_plain, of_persistent = (certificate(name) for name in names)
    will = {"topic": "w", "payload": "x"}
    assert device(of_plain, "c1").is_let_in()
    assert not device(of_plain, "c2", clean_session=False).is_let_in()
    assert not device(of_plain, "c3", will=will).is_let_in()
    assert device(of_persistent, "c4", clean_session=False).is_let_in()
    assert not device(of_persistent, "c5", clean_session=False, will=will).is_let_in()


def test_policies_of_the_groups_of_the_thing_hold(policies, certificate, thing, device, iot):
    (connect, fleet) = policies(policy(allow("iot:Connect", "*")), policy(allow("iot:Publish", "topic/fleet/*")))
    name, group, below = thing("grouped"), f"g-{connect}", f"h-{connect}"
    iot.create_thing_group(thingGroupName=group)
    iot.create_thing_group(thingGroupName=below, parentGroupName=group)
    arn = iot.describe_thing_group(thingGroupName=group)["thingGroupArn"]
    iot.attach_policy(policyName=fleet, target=arn)
    cert = certificate(connect).be(name)
    assert device(cert, name, version=5).connected().publish("fleet/x") == 0x87
    iot.add_thing_to_thing_group(thingGroupName=below, thingName=name)
    assert device(cert, name, version=5).connected().publish("fleet/x") == 0x10
    assert device(cert, "no-thing", version=5).connected().publish("fleet/x") == 0x87


def test_thing_attributes_types_and_addresses_are_values(policies, certificate, thing, device, iot):
    iot.create_thing_type(thingTypeName="lamp")
    name = thing("valued", thingTypeName="lamp", attributePayload={"attributes": {"site": "berlin"}})
    (values,) = policies(
        policy(
            allow("iot:Connect", "*", IpAddress={"aws:SourceIp": "127.0.0.0/8"}),
            allow("iot:Publish", "topic/${iot:Connection.Thing.Attributes[site]}/${iot:Connection.Thing.ThingTypeName}/${iot:ClientId}"),
        )
    )
    one = device(certificate(values).be(name), name, version=5).connected()
    assert one.publish(f"berlin/lamp/{name}") == 0x10
    assert one.publish(f"paris/lamp/{name}") == 0x87
    (elsewhere,) = policies(policy(allow("iot:Connect", "*", IpAddress={"aws:SourceIp": "192.0.2.0/24"})))
    assert not device(certificate(elsewhere), "x").is_let_in()


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_only_active_certificates_get_in(policies, certificate, device, status):
    (name,) = policies(ALL)
    cert = certificate(name)
    assert device(cert, f"active-{status}").is_let_in()
    cert.set_status(status)
    assert not device(cert, f"active-{status}").is_let_in()


def test_certificates_that_are_not_registered_or_not_valid_do_not_get_in(policies, certificate, device, iot, tmp_path):
    (name,) = policies(ALL)
    for number, days in enumerate([(-10, -1), (1, 10)]):
        pem, key = own_certificate(f"clock-{number}", days)
        assert not device(certificate(name, pem=pem, key=key), f"clock-{number}").is_let_in()
    pem, key = own_certificate("stranger")
    stranger = certificate(name, pem=pem, key=key)
    assert device(stranger, "stranger").is_let_in()
    stranger.set_status("INACTIVE")
    iot.detach_policy(policyName=name, target=stranger.arn)
    iot.delete_certificate(certificateId=stranger.id)
    assert not device(stranger, "stranger").is_let_in()


@pytest.mark.parametrize("make", [lambda: rsa.generate_private_key(65537, 2048), lambda: ec.generate_private_key(ec.SECP384R1())])
def test_keys_of_all_usual_kinds_are_proven(policies, certificate, device, make):
    (name,) = policies(ALL)
    pem, key = own_certificate("kind", key=make())
    assert device(certificate(name, pem=pem, key=key), f"kind-{len(key)}").is_let_in()


def test_the_key_of_another_certificate_proves_nothing(policies, certificate, device, tmp_path, server):
    """A client that shows somebody's certificate and signs with its own key."""
    import socket
    import subprocess

    (name,) = policies(ALL)
    victim = certificate(name)
    _, other_key = own_certificate("thief")
    (tmp_path / "thief.key").write_text(other_key)
    # openssl itself refuses to load such a pair, so the certificate is sent as the chain of a self-signed one.
    host, _, port = server.addresses["mqtt"].rpartition(":")
    thief_pem, thief_key = own_certificate("thief")
    (tmp_path / "thief.pem").write_text(thief_pem + victim.file.read_text())
    (tmp_path / "thief.key").write_text(thief_key)
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-cert", tmp_path / "thief.pem", "-key", tmp_path / "thief.key",
         "-cert_chain", victim.file, "-quiet"],
        input=b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a", capture_output=True, timeout=30,
    )
    assert shown.stdout == b"", "whoever shows a certificate behind its own is still itself"
    with socket.create_connection((host, int(port))) as plain:
        plain.sendall(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a")
        plain.settimeout(20)
        heard = plain.recv(100)
    assert b"\x20\x02" not in heard, "without TLS, nobody is heard"


def test_a_certificate_of_version_1_gets_in(policies, certificate, device, tmp_path):
    import subprocess

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=tmp_path)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "10")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "v1.key", "-out", "v1.csr", "-subj", "/CN=v1")
    openssl("x509", "-req", "-in", "v1.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "5", "-out", "v1.pem")
    pem = (tmp_path / "v1.pem").read_text()
    assert x509.load_pem_x509_certificate(pem.encode()).version == x509.Version.v1
    (name,) = policies(ALL)
    assert device(certificate(name, pem=pem, key=(tmp_path / "v1.key").read_text()), "v1").is_let_in()


def test_the_newer_of_two_with_one_client_id_wins(policies, certificate, device):
    (name,) = policies(ALL)
    watcher = device(certificate(name), "takeover-watcher").connected()
    watcher.subscribe("takeover/will")
    for version in (4, 5):
        old = device(certificate(name), "twin", version=version, will={"topic": "takeover/will", "payload": str(version)}).connected()
        new = device(certificate(name), "twin", version=version).connected()
        old.gone()
        if version == 5:
            assert old.wait("disconnected").code.value == 0x8E
        assert watcher.message() == ("takeover/will", str(version))
        assert new.publish("still/here") in (0, 0x10)


def test_denials_are_explained_when_the_operator_wants_it(tmp_path):
    from devices import Certificate
    from serving import Server

    environment = {"THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256", "THINGWARDEN_MQTT__EXPLAIN_DENIALS": "true"}
    server = Server(tmp_path, "--mqtt-listen", "127.0.0.1:0", environment=environment)
    iot = server.client()
    iot.create_policy(policyName="narrow", policyDocument=policy(allow("iot:Connect", "client/right")))
    cert = Certificate(iot, tmp_path).attach("narrow")
    refused = Device(server, cert, "wrong", version=5).wait("refused")
    assert "no policy allows iot:Connect" in refused.properties.ReasonString
    assert "client/wrong" in server.log_text()
    assert server.stop() == 0
