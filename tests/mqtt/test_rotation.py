"""A device gets its next certificate while the present one is good, and the present one ends only after the next was seen: the recipe of docs/provisioning.md."""

import http.server
import json
import sys
import threading
from pathlib import Path

import pytest
from broker_fixtures import *
from cryptography.hazmat.primitives import serialization
from devices import ALL, Certificate, allow, policy

sys.path.insert(0, str(Path(__file__).parent.parent / "aws"))
import certificates
from mitigation_tasks import role
from serving import ACCOUNT, REGION, Server

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"
FROM_CSR, PROVISION = "$aws/certificates/create-from-csr/json", "$aws/provisioning-templates/rotate/provision/json"
NAME = "${iot:Connection.Thing.ThingName}"
# A device may be itself, and ask for its next certificate.
DEVICE = policy(
    allow("iot:Connect", f"client/{NAME}"),
    allow("iot:Publish", f"topic/{NAME}/data", f"topic/{FROM_CSR}", f"topic/{PROVISION}"),
    allow("iot:Subscribe", f"topicfilter/{FROM_CSR}/*", f"topicfilter/{PROVISION}/*"),
    allow("iot:Receive", f"topic/{FROM_CSR}/*", f"topic/{PROVISION}/*"),
)
TEMPLATE = {
    "Parameters": {"ThingName": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "device"}},
    },
}
RIGHTS = ("iot:AttachPolicy", "iot:AttachThingPrincipal", "iot:DescribeCertificate", "iot:DescribeThing", "iot:UpdateCertificate")


def arn(certificate_id):
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:cert/{certificate_id}"


def hook(iot, event):
    """Whatever the device says, its next certificate is for the thing of the present one."""
    things = iot.list_principal_things(principal=arn(event["claimCertificateId"]))["things"]
    if len(things) != 1:
        return {"allowProvisioning": False}
    return {"allowProvisioning": True, "parameterOverrides": {"ThingName": things[0]}}


def retire(iot, connected):
    """What an operator does when a device was seen: its other certificates end."""
    (thing,) = iot.list_principal_things(principal=arn(connected["principalIdentifier"]))["things"]
    for principal in iot.list_thing_principals(thingName=thing)["principals"]:
        if principal != arn(connected["principalIdentifier"]):
            iot.update_certificate(certificateId=principal.rpartition("/")[2], newStatus="INACTIVE")
            iot.detach_thing_principal(thingName=thing, principal=principal)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    class Function(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(hook(running.client(), event)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Function)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    environment = SERVER_ENVIRONMENT | {
        "THINGWARDEN_NOTIFICATIONS__FUNCTIONS": f"{FUNCTION}=http://127.0.0.1:{listener.server_port}",
        "THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true",
    }
    running = Server(tmp_path_factory.mktemp("server"), *SERVER_OPTIONS, environment=environment)
    iot = running.client()
    iot.create_policy(policyName="device", policyDocument=DEVICE)
    iot.create_provisioning_template(
        templateName="rotate", templateBody=json.dumps(TEMPLATE), enabled=True, preProvisioningHook={"targetArn": FUNCTION},
        provisioningRoleArn=role(running, "Rotation", *RIGHTS),
    )
    yield running
    assert running.stop() == 0, running.log_text()
    listener.shutdown()


class Next:
    """The next certificate, with a key that never left the device."""

    def __init__(self, folder, made, key):
        self.id = made["certificateId"]
        self.file, self.key_file = folder / f"{self.id}.pem", folder / f"{self.id}.key"
        self.file.write_text(made["certificatePem"])
        self.key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def answer(device, topic, request):
    assert device.publish(topic, json.dumps(request)) == 0
    answered, payload = device.message()
    return answered.removeprefix(topic + "/"), json.loads(payload)


def rotated(device, name, tmp_path, **said):
    """What a connected device does to get its next certificate."""
    device.subscribe(f"{FROM_CSR}/+", f"{PROVISION}/+")
    request, key = certificates.csr(name)
    kind, made = answer(device, FROM_CSR, {"certificateSigningRequest": request})
    assert kind == "accepted", made
    return answer(device, PROVISION, {"certificateOwnershipToken": made["certificateOwnershipToken"], "parameters": said}), Next(tmp_path, made, key)


def test_the_old_certificate_ends_after_the_next_one_was_seen(server, iot, device, certificate, policies, thing, tmp_path):
    watcher = device(certificate(*policies(ALL)), "watcher").connected()
    name = thing()
    old = certificate("device").be(name)
    before = device(old, name).connected()
    (kind, said), new = rotated(before, name, tmp_path)
    assert (kind, said["thingName"]) == ("accepted", name)
    # Both are good, until the next one was used.
    assert set(iot.list_thing_principals(thingName=name)["principals"]) == {old.arn, arn(new.id)}
    assert before.publish(f"{name}/data", b"x") == 0
    watcher.subscribe(f"$aws/events/presence/connected/{name}")
    after = device(new, name).connected()
    event = json.loads(watcher.message()[1])
    assert event["principalIdentifier"] == new.id
    retire(iot, event)
    assert iot.list_thing_principals(thingName=name)["principals"] == [arn(new.id)]
    assert not device(old, name).is_let_in()
    assert after.publish(f"{name}/data", b"x") == 0
    # And once more, from the next one on.
    assert rotated(after, name, tmp_path)[0][0] == "accepted"


def test_a_device_gets_no_certificate_for_another_thing(iot, device, certificate, thing, tmp_path):
    name, other = thing(), thing("other")
    there = device(certificate("device").be(name), name).connected()
    (kind, said), _ = rotated(there, name, tmp_path, ThingName=other)
    assert (kind, said["thingName"]) == ("accepted", name)
    assert iot.list_thing_principals(thingName=other)["principals"] == []
