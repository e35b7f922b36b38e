"""Devices whose certificates nobody has registered, of a CA that somebody has: registered or provisioned as they connect, and nobody else."""

import json
import sys
from pathlib import Path

import pytest
from broker_fixtures import *
from cryptography.hazmat.primitives import serialization
from devices import ALL, Certificate, Device, allow, policy

sys.path.insert(0, str(Path(__file__).parent.parent / "aws"))
import certificates
from mitigation_tasks import role
from serving import ACCOUNT, REGION, Server

SERVER_ENVIRONMENT = SERVER_ENVIRONMENT | {"THINGWARDEN_LIMITS__PROVISIONING_PER_SECOND": "0"}
EVENTS = "$aws/events/certificates/registered"
COMMON_NAME = "AWS::IoT::Certificate::CommonName"
RIGHTS = [f"iot:{name}" for name in ("AttachPolicy", "AttachThingPrincipal", "CreatePolicy", "CreateThing", "DescribeCertificate", "DescribeThing", "GetPolicy", "UpdateCertificate")]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Provisioning"


def template(*parameters):
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String"} for name in (COMMON_NAME, "AWS::IoT::Certificate::Id", *parameters)},
            "Resources": {
                "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": COMMON_NAME}}},
                "certificate": {
                    "Type": "AWS::IoT::Certificate",
                    "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"},
                    "OverrideSettings": {"Status": "DO_NOTHING"},
                },
                "policy": {
                    "Type": "AWS::IoT::Policy",
                    "Properties": {
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": {"Fn::Sub": f"arn:aws:iot:{REGION}:{ACCOUNT}:*/${{{COMMON_NAME}}}"}}],
                        }
                    },
                },
            },
        }
    )


class Ca:
    """A registered CA that registers what it signs."""

    def __init__(self, iot, name, **options):
        self.iot, self.name = iot, name
        pem, self.key = certificates.make(name, 300, ca=True)
        proof, _ = certificates.make(iot.get_registration_code()["registrationCode"], 1, issuer=(name, self.key))
        options = {"setAsActive": True, "allowAutoRegistration": True, **options}
        self.id = iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, **options)["certificateId"]


class Made:
    """A device's certificate, and its key, in files."""

    def __init__(self, folder, subject, issuer, days=30):
        pem, key = certificates.make(subject, days, issuer=issuer, before_days=2)
        self.id = certificates.certificate_id(pem)
        self.file, self.key_file = folder / f"{self.id}.pem", folder / f"{self.id}.key"
        self.file.write_text(pem)
        self.key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@pytest.fixture
def made(tmp_path):
    return lambda subject, ca, **how: Made(tmp_path, subject, (ca.name, ca.key), **how)


@pytest.fixture
def watcher(policies, certificate, device):
    one = device(certificate(*policies(ALL)), "watcher").connected()
    one.subscribe(f"{EVENTS}/#", "fence")
    return one


def status(iot, certificate_id):
    return iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["status"]


def is_unknown(iot, certificate_id):
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_certificate(certificateId=certificate_id)
    return True


@pytest.fixture(scope="module")
def may_provision(server):
    return role(server, "Provisioning", *RIGHTS)


def test_a_device_is_registered_and_waits(iot, watcher, device, made, policies):
    ca = Ca(iot, "jitr")
    one = made("lamp", ca)
    assert not device(one, "lamp").is_let_in()
    topic, event = watcher.message()
    event = json.loads(event)
    described = iot.describe_certificate(certificateId=one.id)["certificateDescription"]
    assert (topic, described["status"], described["caCertificateId"]) == (f"{EVENTS}/{ca.id}", "PENDING_ACTIVATION", ca.id)
    registered = event.pop("certificateRegistrationTimestamp")
    assert abs(int(registered) / 1000 - described["creationDate"].timestamp()) < 1 and event.pop("timestamp") >= int(registered)
    assert event == {"certificateId": one.id, "caCertificateId": ca.id, "certificateStatus": "PENDING_ACTIVATION", "awsAccountId": ACCOUNT}
    # It is told again each time.
    assert not device(one, "lamp").is_let_in()
    assert json.loads(watcher.message()[1])["certificateRegistrationTimestamp"] == registered
    for name in policies(ALL):
        iot.attach_policy(policyName=name, target=described["certificateArn"])
    iot.update_certificate(certificateId=one.id, newStatus="ACTIVE")
    device(one, "lamp").connected().close()
    # What somebody has decided about stays decided.
    iot.update_certificate(certificateId=one.id, newStatus="INACTIVE")
    assert not device(one, "lamp").is_let_in()
    watcher.nothing_more(watcher, "fence")


def test_a_device_is_provisioned_and_gets_in_the_second_time(iot, watcher, device, made, may_provision):
    ca = Ca(iot, "jitp", registrationConfig={"templateBody": template(), "roleArn": may_provision})
    one = made("pump", ca)
    assert not device(one, "pump").is_let_in()
    there = device(one, "pump").connected()
    assert there.publish("pump", b"x") == 0
    arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{one.id}"
    assert iot.list_thing_principals(thingName="pump")["principals"] == [arn] and status(iot, one.id) == "ACTIVE"
    assert not device(one, "other").is_let_in(), "its policy is about its own name"
    watcher.nothing_more(watcher, "fence")


def test_a_template_by_name_counts_as_it_is_now(iot, watcher, device, made, may_provision):
    iot.create_provisioning_template(templateName="jitp", templateBody=template(), provisioningRoleArn=may_provision, type="JITP")
    ca = Ca(iot, "jitp-named", registrationConfig={"templateName": "jitp"})
    one = made("valve", ca)
    assert not device(one, "valve").is_let_in()
    assert json.loads(watcher.message()[1])["certificateId"] == one.id, "the template is not enabled"
    assert status(iot, one.id) == "PENDING_ACTIVATION"
    iot.update_provisioning_template(templateName="jitp", enabled=True)
    assert not device(one, "valve").is_let_in()
    device(one, "valve").connected()


@pytest.mark.parametrize("name, body, rights", [("country", template("AWS::IoT::Certificate::Country"), RIGHTS), ("weak", template(), RIGHTS[:-1])])
def test_a_device_that_cannot_be_provisioned_waits(server, iot, watcher, device, made, name, body, rights):
    """The subject lacks what the template needs, or the role a right: nothing of the template is there."""
    ca = Ca(iot, f"jitp-{name}", registrationConfig={"templateBody": body, "roleArn": role(server, f"Jitp-{name}", *rights)})
    one = made(f"fan-{name}", ca)
    assert not device(one, f"fan-{name}").is_let_in()
    assert json.loads(watcher.message()[1])["certificateId"] == one.id
    assert status(iot, one.id) == "PENDING_ACTIVATION"
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing(thingName=f"fan-{name}")
    assert "a device is not provisioned" in server.log_text()


def test_a_subject_says_no_more_than_itself_in_a_policy(iot, watcher, device, made, may_provision):
    ca = Ca(iot, "jitp-star", registrationConfig={"templateBody": template(), "roleArn": may_provision})
    one = made("*", ca)
    assert not device(one, "star").is_let_in()
    watcher.message()
    assert status(iot, one.id) == "PENDING_ACTIVATION" and not device(one, "star").is_let_in()


def test_nothing_is_written_for_others(iot, watcher, device, made, tmp_path):
    ca = Ca(iot, "strict")
    _, forger = certificates.make("forger", 30)
    closed, inactive = Ca(iot, "closed", allowAutoRegistration=False), Ca(iot, "inactive", setAsActive=False)
    strangers = [
        Made(tmp_path, "forged", (ca.name, forger)),
        Made(tmp_path, "nobody", ("nobody", forger)),
        made("closed", closed),
        made("inactive", inactive),
        made("late", ca, days=-1),
    ]
    for stranger in strangers:
        assert not device(stranger, "stranger").is_let_in()
        assert is_unknown(iot, stranger.id)
    watcher.nothing_more(watcher, "fence")
    iot.update_ca_certificate(certificateId=closed.id, newAutoRegistrationStatus="ENABLE")
    assert not device(strangers[2], "stranger").is_let_in()
    assert json.loads(watcher.message()[1])["certificateId"] == strangers[2].id


def test_what_was_told_outlives_a_kill(tmp_path):
    server = Server(tmp_path, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT)
    try:
        iot = server.client()
        ca = Ca(iot, "killed")
        iot.create_policy(policyName="all", policyDocument=ALL)
        watcher = Device(server, Certificate(iot, tmp_path).attach("all"), "watcher").connected()
        watcher.subscribe(f"{EVENTS}/{ca.id}")
        one = Made(tmp_path, "kept", (ca.name, ca.key))
        assert not Device(server, one, "kept").is_let_in()
        watcher.message()
        server.kill()
        server.start()
        assert status(server.client(), one.id) == "PENDING_ACTIVATION"
    finally:
        assert server.stop() == 0, server.log_text()
