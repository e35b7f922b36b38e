"""The blast radius of a server's folder: templates that boto3 made, and certificates that may use a claim for them."""

import json

from serving import ACCOUNT, REGION

SERVER_ENVIRONMENT = {"THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"}
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
NAME = "${iot:Connection.Thing.ThingName}"
CERTIFICATE = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}}


def document(*statements):
    allow = lambda action, resource: {"Effect": "Allow", "Action": action, "Resource": ARN + resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(*one) for one in statements]})


def body(name):
    resources = {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": name}},
        "certificate": CERTIFICATE,
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "device"}},
    }
    return json.dumps({"Parameters": {"Serial": {"Type": "String"}}, "Resources": resources})


def test_templates_made_by_the_api_are_counted(iot, server, thingwarden):
    iot.create_policy(policyName="device", policyDocument=document(("iot:Connect", f"client/{NAME}"), ("iot:Publish", f"topic/$aws/things/{NAME}/*")))
    provision = "topic/$aws/provisioning-templates/taking/provision/json"
    # Answers need no subscription here.
    iot.create_policy(policyName="claim", policyDocument=document(("iot:Connect", "client/claim"), ("iot:Publish", "topic/$aws/certificates/create/cbor"), ("iot:Publish", provision)))
    for number in range(1, 6):
        iot.create_thing(thingName=f"lamp-{number}")
    claim = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_policy(policyName="claim", target=claim["certificateArn"])
    role = f"arn:aws:iam::{ACCOUNT}:role/Provisioning"
    for name, thing, enabled in [("taking", {"Ref": "Serial"}, True), ("fresh", {"Fn::Sub": "new-${Serial}"}, True), ("off", {"Ref": "Serial"}, False)]:
        iot.create_provisioning_template(templateName=name, templateBody=body(thing), provisioningRoleArn=role, enabled=enabled)

    def radius():
        result = thingwarden("prove", "blast-radius", "--data", server.folder / "data", "--format", "json")
        found, = [line for line in result.lines if line["things"]]
        return found, {one["template"]: (one["newDevice"]["touches"], one["claim"]["touches"], one["principals"]) for one in found["provisioningTemplates"]}

    found, templates = radius()
    assert templates == {"taking": (0, 5, 1), "fresh": (0, 0, 0)}, found
    assert (found["top"][0]["principal"], found["top"][0]["touches"]) == (claim["certificateId"], 5)
    # A hook decides who gets what: nothing of it is known.
    hook = {"payloadVersion": "2020-04-01", "targetArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"}
    iot.update_provisioning_template(templateName="taking", preProvisioningHook=hook)
    found, templates = radius()
    assert templates["taking"] == (0, 0, 1) and "hook decides" in next(iter(found["outOfBounds"])), found
