"""Devices with a claim get a certificate, a thing and policies by message: what they get, what they do not, and that nobody else hears of it."""

import http.server
import json
import sys
import threading
import time
from pathlib import Path

import pytest
from broker_fixtures import *
from devices import ALL, PATIENCE, Certificate, Device, allow, policy

sys.path.insert(0, str(Path(__file__).parent.parent / "aws"))
import certificates
from mitigation_tasks import role
from serving import ACCOUNT, REGION, Server

OTHER_ACCOUNT = "210987654321"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"
CREATE, FROM_CSR = "$aws/certificates/create/json", "$aws/certificates/create-from-csr/json"
# A claim may ask for certificates and provision by any template, and nothing else.
CLAIM = policy(
    allow("iot:Connect", "*"),
    allow(["iot:Publish", "iot:Receive"], "topic/$aws/certificates/*", "topic/$aws/provisioning-templates/*"),
    allow("iot:Subscribe", "topicfilter/$aws/certificates/*", "topicfilter/$aws/provisioning-templates/*"),
)
RIGHTS = [
    f"iot:{name}"
    for name in (
        "AddThingToThingGroup", "AttachPolicy", "AttachThingPrincipal", "CreatePolicy", "CreateThing", "DescribeCertificate",
        "DescribeThing", "GetPolicy", "ListThingGroupsForThing", "UpdateCertificate", "UpdateThing",
    )
]
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": {"Fn::Sub": f"arn:aws:iot:{REGION}:{ACCOUNT}:*/${{SerialNumber}}"}}],
}


class Hook(http.server.BaseHTTPRequestHandler):
    """A function that answers what it is told to, and remembers what it was asked."""

    answer, events, slow = {"allowProvisioning": True}, [], threading.Event()

    def do_POST(self):
        assert self.headers["x-amz-invocation-type"] == "RequestResponse"
        self.events.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        if Hook.answer == "slow":
            Hook.slow.wait(30)
        body = json.dumps(Hook.answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    environment = SERVER_ENVIRONMENT | {
        "THINGWARDEN_ACCOUNTS__ADDITIONAL": OTHER_ACCOUNT,
        "THINGWARDEN_NOTIFICATIONS__FUNCTIONS": f"{FUNCTION}=http://127.0.0.1:{listener.server_port}",
        "THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true",
        "THINGWARDEN_LIMITS__PROVISIONING_PER_SECOND": "0",
    }
    running = Server(tmp_path_factory.mktemp("server"), *SERVER_OPTIONS, environment=environment)
    role(running, "Provisioning", *RIGHTS)
    running.client().create_thing_group(thingGroupName="fleet")
    yield running
    Hook.slow.set()
    assert running.stop() == 0, running.log_text()
    listener.shutdown()


def body(document=DOCUMENT, certificate=None, overrides=None):
    thing = {"ThingName": {"Fn::Join": ["-", ["fleet", {"Ref": "SerialNumber"}]]}, "ThingGroups": ["fleet"]}
    of_thing = {"Type": "AWS::IoT::Thing", "Properties": thing} | ({"OverrideSettings": overrides} if overrides else {})
    return json.dumps(
        {
            "Parameters": {"SerialNumber": {"Type": "String"}, "Location": {"Type": "String", "Default": "WA"}},
            "Mappings": {"Urls": {"WA": {"Url": "https://wa.example"}, "NY": {"Url": "https://ny.example"}}},
            "Resources": {
                "thing": of_thing,
                "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": certificate or {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
                "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": document}},
            },
            "DeviceConfiguration": {"Url": {"Fn::FindInMap": ["Urls", {"Ref": "Location"}, "Url"]}},
        }
    )


@pytest.fixture
def template(iot):
    made = []

    def make(text=None, role="Provisioning", enabled=True, client=iot, account=ACCOUNT, **more):
        name = f"template-{len(made)}"
        made.append((client, name))
        arn = f"arn:aws:iam::{account}:role/{role}"
        client.create_provisioning_template(templateName=name, templateBody=text or body(), provisioningRoleArn=arn, enabled=enabled, **more)
        return name

    yield make
    for client, name in made:
        client.delete_provisioning_template(templateName=name)


@pytest.fixture
def claimant(certificate, device, policies):
    """A device that has connected with a claim and listens for all answers."""

    def make(name="claimant", held=None, **how):
        connected = device(held or certificate(*policies(CLAIM)), name, **how).connected()
        codes = connected.subscribe(f"{CREATE}/+", f"{FROM_CSR}/+", "$aws/provisioning-templates/+/provision/json/+")
        assert max(codes) <= 1
        return connected

    return make


def ask(device, topic, request=None):
    """The answer to a request: (accepted or rejected, payload)."""
    assert device.publish(topic, b"" if request is None else json.dumps(request)) == 0
    answered, payload = device.message()
    assert answered.startswith(topic + "/"), answered
    return answered.removeprefix(topic + "/"), json.loads(payload)


def created(device):
    kind, made = ask(device, CREATE)
    assert kind == "accepted", made
    return made


def provision(device, template, token, **parameters):
    return ask(device, f"$aws/provisioning-templates/{template}/provision/json", {"certificateOwnershipToken": token, "parameters": parameters})


def rejected(code, error, answer):
    kind, payload = answer
    assert kind == "rejected" and (payload["statusCode"], payload["errorCode"]) == (code, error), answer
    assert set(payload) == {"statusCode", "errorCode", "errorMessage"}


def status(iot, certificate_id):
    return iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["status"]


class Held:
    """A certificate that a device was given."""

    def __init__(self, folder, made, key=None):
        self.file, self.key_file = folder / f"{made['certificateId']}.pem", folder / f"{made['certificateId']}.key"
        self.file.write_text(made["certificatePem"])
        self.key_file.write_text(key or made["privateKey"])


def test_a_claim_becomes_a_device(iot, claimant, device, template, tmp_path):
    name, one = template(), claimant()
    made = created(one)
    assert status(iot, made["certificateId"]) == "PENDING_ACTIVATION"
    own = Held(tmp_path, made)
    assert not device(own, "7").is_let_in(), "it waits for provisioning"
    kind, answer = provision(one, name, made["certificateOwnershipToken"], SerialNumber="7", Location="NY")
    assert (kind, answer) == ("accepted", {"deviceConfiguration": {"Url": "https://ny.example"}, "thingName": "fleet-7"})
    assert status(iot, made["certificateId"]) == "ACTIVE"
    arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{made['certificateId']}"
    assert iot.list_thing_principals(thingName="fleet-7")["principals"] == [arn]
    assert [group["groupName"] for group in iot.list_thing_groups_for_thing(thingName="fleet-7")["thingGroups"]] == ["fleet"]
    there = device(own, "7").connected()
    assert there.publish("7", b"x") == 0
    rejected(400, "InvalidCertificateOwnershipToken", provision(one, name, made["certificateOwnershipToken"], SerialNumber="8"))


def test_a_request_for_a_certificate_of_ones_own_key(iot, claimant, device, template, tmp_path):
    from cryptography.hazmat.primitives import serialization

    name, one = template(), claimant()
    request, key = certificates.csr("own-key")
    kind, made = ask(one, FROM_CSR, {"certificateSigningRequest": request})
    assert kind == "accepted" and set(made) == {"certificateId", "certificatePem", "certificateOwnershipToken"}
    assert provision(one, name, made["certificateOwnershipToken"], SerialNumber="csr")[0] == "accepted"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    device(Held(tmp_path, made, pem), "csr").connected()
    for bad in ({"certificateSigningRequest": "x"}, {"certificateSigningRequest": made["certificatePem"]}):
        rejected(400, "InvalidCsr", ask(one, FROM_CSR, bad))
    for bad in ({}, {"certificateSigningRequest": 1}, []):
        rejected(400, "InvalidPayload", ask(one, FROM_CSR, bad))


def test_bad_input_is_rejected_and_the_token_stays_good(iot, claimant, template):
    name, one = template(), claimant()
    token = created(one)["certificateOwnershipToken"]
    topic = f"$aws/provisioning-templates/{name}/provision/json"
    for bad in ([], {"certificateOwnershipToken": 1}, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": 1}}):
        rejected(400, "InvalidPayload", ask(one, topic, bad))
    assert one.publish(topic, b"{") == 0
    rejected(400, "InvalidPayload", (one.message()[0].rpartition("/")[2], {"statusCode": 400, "errorCode": "InvalidPayload", "errorMessage": ""}))
    rejected(400, "InvalidCertificateOwnershipToken", ask(one, topic, {"parameters": {"SerialNumber": "1"}}))
    rejected(400, "InvalidParameters", provision(one, name, token))
    for serial in ("*", "a/b", "${iot:ClientId}", '"', "+", "#"):
        rejected(400, "InvalidParameters", provision(one, name, token, SerialNumber=serial))
    rejected(400, "InvalidParameters", provision(one, name, token, SerialNumber="1", **{"AWS::IoT::Certificate::Id": "a" * 64}))
    rejected(400, "InvalidParameters", provision(one, name, token, SerialNumber="1", Location="Paris"))
    rejected(403, "AccessDenied", provision(one, "no-such", token, SerialNumber="1"))
    rejected(403, "AccessDenied", provision(one, template(enabled=False), token, SerialNumber="1"))
    rejected(400, "InvalidTemplate", provision(one, name, token, SerialNumber="no thing has this name!"))
    assert provision(one, name, token, SerialNumber="good")[0] == "accepted"


def test_tokens_that_are_not_ones_own(server, iot, claimant, template, tmp_path, device):
    name, one = template(), claimant()
    first, second = created(one), created(one)
    secret = first["certificateOwnershipToken"].partition(".")[2]
    for wrong in (secret, f"{second['certificateId']}.{secret}", first["certificateOwnershipToken"] + "x", "x", f"{first['certificateId']}.", first["certificateId"]):
        rejected(400, "InvalidCertificateOwnershipToken", provision(one, name, wrong, SerialNumber="stolen"))
    other = server.client(**server.credentials(OTHER_ACCOUNT))
    held = Certificate(other, tmp_path)
    other.create_policy(policyName="claim", policyDocument=CLAIM.replace(ACCOUNT, OTHER_ACCOUNT))
    held.attach("claim")
    elsewhere = claimant("elsewhere", held)
    rejected(400, "InvalidCertificateOwnershipToken", provision(elsewhere, name, first["certificateOwnershipToken"], SerialNumber="stolen"))
    # With a token of its own account, it finds no template of this one.
    rejected(403, "AccessDenied", provision(elsewhere, name, created(elsewhere)["certificateOwnershipToken"], SerialNumber="stolen"))
    assert status(iot, first["certificateId"]) == "PENDING_ACTIVATION"


def test_a_template_takes_no_certificate_of_others(iot, claimant, template, certificate):
    victim = certificate()
    victim.set_status("INACTIVE")
    name, one = template(body(certificate={"Ref": "SerialNumber"})), claimant()
    rejected(400, "InvalidTemplate", provision(one, name, created(one)["certificateOwnershipToken"], SerialNumber=victim.id))
    assert status(iot, victim.id) == "INACTIVE"


def test_the_role_of_the_template_decides(server, iot, claimant, template):
    role(server, "Weak", *[right for right in RIGHTS if right != "iot:CreatePolicy"])
    role(server, "Untrusting", *RIGHTS, trust=json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}))
    one = claimant()
    made = created(one)
    for weak in ("Weak", "Untrusting", "NoSuch"):
        rejected(403, "AccessDenied", provision(one, template(role=weak), made["certificateOwnershipToken"], SerialNumber="weak"))
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing(thingName="fleet-weak")
    assert status(iot, made["certificateId"]) == "PENDING_ACTIVATION"
    assert "iot:CreatePolicy" in server.log_text(), "the operator reads why"


def test_a_thing_that_exists_can_be_kept_from_devices(iot, claimant, template):
    iot.create_thing(thingName="fleet-taken")
    iot.add_thing_to_thing_group(thingName="fleet-taken", thingGroupName="fleet")
    one = claimant()
    token = created(one)["certificateOwnershipToken"]
    rejected(409, "ResourceConflict", provision(one, template(body(overrides={"ThingGroups": "FAIL"})), token, SerialNumber="taken"))
    assert iot.list_thing_principals(thingName="fleet-taken")["principals"] == []
    assert provision(one, template(), token, SerialNumber="taken")[0] == "accepted"


def test_nobody_else_hears_an_answer(claimant, device, certificate, policies):
    spy = device(certificate(*policies(ALL)), "spy").connected()
    spy.subscribe("#", "$aws/certificates/#", "$aws/provisioning-templates/#", "fence")
    created(claimant())
    spy.nothing_more(spy, "fence")


def test_policies_decide_about_these_topics_as_about_others(device, certificate, policies):
    may_connect = policy(allow("iot:Connect", "*"))
    without = device(certificate(*policies(may_connect)), "without", version=5).connected()
    assert without.publish(CREATE) == 0x87
    may_ask = policy(allow("iot:Connect", "*"), allow("iot:Publish", f"topic/{CREATE}"), allow("iot:Subscribe", f"topicfilter/{CREATE}/*", "topicfilter/fence"),
                     allow(["iot:Publish", "iot:Receive"], "topic/fence"))
    deaf = device(certificate(*policies(may_ask)), "deaf", version=5).connected()
    deaf.subscribe(f"{CREATE}/accepted", "fence")
    assert deaf.publish(CREATE) in (0, 16)
    deaf.nothing_more(deaf, "fence")
    # Answers are the server's own.
    anybody = device(certificate(*policies(ALL)), "anybody", version=5).connected()
    assert anybody.publish(f"{CREATE}/accepted") == 0x87


def test_the_function_decides_first(iot, claimant, template):
    name, one = template(preProvisioningHook={"targetArn": FUNCTION, "payloadVersion": "2020-04-01"}), claimant("asks-first")
    made = created(one)
    token = made["certificateOwnershipToken"]
    Hook.events.clear()
    for answer in ({"allowProvisioning": False}, {"allowProvisioning": "true"}, {}, "no"):
        Hook.answer = answer
        rejected(403, "AccessDenied", provision(one, name, token, SerialNumber="hooked"))
    event = Hook.events[0]
    assert event["certificateId"] == made["certificateId"] and event["certificatePem"] == made["certificatePem"]
    assert (event["clientId"], event["parameters"]) == ("asks-first", {"SerialNumber": "hooked"})
    assert event["templateArn"] == f"arn:aws:iot:{REGION}:{ACCOUNT}:provisioningtemplate/{name}"
    assert len(event["claimCertificateId"]) == 64 and status(iot, made["certificateId"]) == "PENDING_ACTIVATION"
    Hook.answer = {"allowProvisioning": True, "parameterOverrides": {"SerialNumber": "told", "Location": "NY"}}
    kind, answer = provision(one, name, token, SerialNumber="hooked")
    assert (kind, answer["thingName"], answer["deviceConfiguration"]["Url"]) == ("accepted", "fleet-told", "https://ny.example")


def test_a_function_that_does_not_answer_is_a_no(claimant, template):
    name, one = template(preProvisioningHook={"targetArn": FUNCTION}), claimant()
    token = created(one)["certificateOwnershipToken"]
    Hook.answer = "slow"
    rejected(403, "AccessDenied", provision(one, name, token, SerialNumber="slow"))
    Hook.slow.set()
    absent = template(preProvisioningHook={"targetArn": FUNCTION.replace(":hook", ":absent")})
    rejected(403, "AccessDenied", provision(one, absent, token, SerialNumber="slow"))


def test_claims_and_tokens_end_in_their_time(tmp_path):
    environment = SERVER_ENVIRONMENT | {"THINGWARDEN_LIMITS__PROVISIONING_CLAIM_SECONDS": "5", "THINGWARDEN_LIMITS__PROVISIONING_TOKEN_SECONDS": "1"}
    own = Server(tmp_path, *SERVER_OPTIONS, environment=environment)
    try:
        iot = own.client()
        role(own, "Provisioning", *RIGHTS)
        iot.create_thing_group(thingGroupName="fleet")
        iot.create_provisioning_template(templateName="t", templateBody=body(), provisioningRoleArn=f"arn:aws:iam::{ACCOUNT}:role/Provisioning", enabled=True)
        claim = iot.create_provisioning_claim(templateName="t")
        held = Held(tmp_path, claim, claim["keyPair"]["PrivateKey"])
        one = Device(own, held, "claim").connected()
        one.subscribe(f"{CREATE}/+", "$aws/provisioning-templates/t/provision/json/+")
        made = created(one)
        # The certificate that nobody provisioned in time is deleted; its token is good for nothing.
        deadline = time.monotonic() + PATIENCE
        while made["certificateId"] in {one["certificateId"] for one in iot.list_certificates()["certificates"]}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rejected(400, "InvalidCertificateOwnershipToken", provision(one, "t", made["certificateOwnershipToken"], SerialNumber="late"))
        # Then the claim ends, with its connection.
        one.gone()
        assert not Device(own, held, "claim").is_let_in()
        (refusal,) = facts(own, "claim")["refusals"]
        assert "not now" in refusal["why"]
    finally:
        assert own.stop() == 0, own.log_text()


def test_a_short_lived_claim_provisions_by_its_template_alone(iot, claimant, device, template, tmp_path):
    name, other = template(), template()
    claim = iot.create_provisioning_claim(templateName=name)
    held = Held(tmp_path, claim, claim["keyPair"]["PrivateKey"])
    five = device(held, "claim-5", version=5).connected()
    assert five.publish("anything", b"x") == 0x87
    assert five.subscribe("#", "$aws/things/+/shadow/get/accepted") == [0x87, 0x87]
    assert five.publish(f"$aws/provisioning-templates/{other}/provision/json", b"{}") == 0x87
    five.close()
    one = device(held, "claim").connected()
    assert max(one.subscribe(f"{CREATE}/accepted", f"$aws/provisioning-templates/{name}/provision/json/accepted")) <= 1
    assert provision(one, name, created(one)["certificateOwnershipToken"], SerialNumber="claimed")[0] == "accepted"
    # A template that goes takes its claims along.
    iot.delete_provisioning_template(templateName=name)
    one.gone()
    assert not device(held, "claim").is_let_in()
    iot.create_provisioning_template(templateName=name, templateBody=body(), provisioningRoleArn=f"arn:aws:iam::{ACCOUNT}:role/Provisioning")


def test_cbor(iot, claimant, template):
    """The same answers in CBOR: a map is 0xa0 and more, its texts are there as they are."""
    name, one = template(), claimant()
    one.subscribe("$aws/certificates/create/cbor/accepted", f"$aws/provisioning-templates/{name}/provision/cbor/+")
    assert one.publish("$aws/certificates/create/cbor") == 0
    made = one.wait("message")
    assert made.topic == "$aws/certificates/create/cbor/accepted" and made.payload[0] == 0xa4
    start = made.payload.index(b"certificateOwnershipToken") + len(b"certificateOwnershipToken")
    assert made.payload[start] == 0x78, "a text whose length is in the next byte"
    token = made.payload[start + 2 : start + 2 + made.payload[start + 1]]
    text = lambda data: bytes([0x78, len(data)]) + data
    request = b"\xa2" + text(b"certificateOwnershipToken") + text(token) + text(b"parameters") + b"\xa1" + text(b"SerialNumber") + text(b"cbor")
    assert one.publish(f"$aws/provisioning-templates/{name}/provision/cbor", request) == 0
    answer = one.wait("message")
    assert answer.topic.endswith("/accepted") and b"fleet-cbor" in answer.payload
    assert one.publish(f"$aws/provisioning-templates/{name}/provision/cbor", b"{}") == 0
    assert one.wait("message").topic.endswith("/rejected")


def test_what_was_accepted_outlives_a_kill(tmp_path):
    environment = SERVER_ENVIRONMENT | {"THINGWARDEN_LIMITS__PROVISIONING_PER_SECOND": "0"}
    server = Server(tmp_path, *SERVER_OPTIONS, environment=environment)
    try:
        iot = server.client()
        role(server, "Provisioning", *RIGHTS)
        iot.create_thing_group(thingGroupName="fleet")
        iot.create_provisioning_template(templateName="t", templateBody=body(), provisioningRoleArn=f"arn:aws:iam::{ACCOUNT}:role/Provisioning", enabled=True)
        iot.create_policy(policyName="claim", policyDocument=CLAIM)
        from devices import Device

        def connect():
            one = Device(server, held, "kept").connected()
            one.subscribe(f"{CREATE}/+", "$aws/provisioning-templates/t/provision/json/+")
            return one

        held = Certificate(iot, tmp_path).attach("claim")
        one = connect()
        first, second = created(one), created(one)
        assert provision(one, "t", first["certificateOwnershipToken"], SerialNumber="kept")[0] == "accepted"
        server.kill()
        server.start()
        iot, one = server.client(), connect()
        assert status(iot, first["certificateId"]) == "ACTIVE" and iot.describe_thing(thingName="fleet-kept")
        rejected(400, "InvalidCertificateOwnershipToken", provision(one, "t", first["certificateOwnershipToken"], SerialNumber="again"))
        assert provision(one, "t", second["certificateOwnershipToken"], SerialNumber="later")[0] == "accepted"
        one.close()
    finally:
        assert server.stop() == 0, server.log_text()


def test_a_flood_is_told_to_come_again(tmp_path):
    server = Server(tmp_path, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT | {"THINGWARDEN_LIMITS__PROVISIONING_PER_SECOND": "1"})
    try:
        from devices import Device

        iot = server.client()
        iot.create_policy(policyName="claim", policyDocument=CLAIM)
        one = Device(server, Certificate(iot, tmp_path).attach("claim"), "flood").connected()
        one.subscribe(f"{CREATE}/+")
        for _ in range(20):
            one.client.publish(CREATE, b"", qos=1)
        topics = [one.message()[0] for _ in range(20)]
        assert f"{CREATE}/accepted" in topics and f"{CREATE}/rejected" in topics
        one.close()
    finally:
        assert server.stop() == 0, server.log_text()
