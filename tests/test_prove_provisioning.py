"""What provisioning templates bring, counted in the blast radius of a snapshot."""

import json

import pytest

REGION, ACCOUNT = "eu-central-1", "111122223333"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
NAME = "${iot:Connection.Thing.ThingName}"
CERTIFICATE = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}}
CREATE, PROVISION = "$aws/certificates/create/json", "$aws/provisioning-templates/fleet/provision/json"
LAMPS = [f"lamp-{number}" for number in range(1, 6)]


def statement(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource if resource == "*" or isinstance(resource, dict) else ARN + resource}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": [statement(*one) for one in statements]}


BOUND = document(("iot:Connect", f"client/{NAME}"), ("iot:Publish", f"topic/$aws/things/{NAME}/*"))
CLAIM = [("iot:Connect", "client/claim"), ("iot:Publish", f"topic/{CREATE}"), ("iot:Publish", f"topic/{PROVISION}"),
         ("iot:Subscribe", f"topicfilter/{CREATE}/accepted"), ("iot:Receive", f"topic/{CREATE}/accepted")]


def template(name={"Ref": "Serial"}, policy={"PolicyDocument": json.dumps(BOUND)}, overrides=None, certificate=CERTIFICATE, **thing):
    made = {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": name, **thing}} | ({"OverrideSettings": overrides} if overrides else {})
    resources = {"certificate": certificate, "policy": {"Type": "AWS::IoT::Policy", "Properties": policy}, "thing": made}
    return json.dumps({"Parameters": {"Serial": {"Type": "String"}, "Line": {"Type": "String", "Default": "a"}}, "Resources": resources})


def fleet(folder, body, claim=CLAIM, listed=False, policies={}, **described):
    """A snapshot of five lamps and a certificate with the policy `claim` and no thing."""
    folder.mkdir(parents=True)
    cert = f"{ARN}cert/{'ab' * 32}"
    named = {"templateArn": f"{ARN}provisioningtemplate/fleet", "templateName": "fleet", "enabled": True, "type": "FLEET_PROVISIONING"} | described
    role = f"arn:aws:iam::{ACCOUNT}:role/Provisioning"
    files = {
        "policies": [{"policyName": name, "policyArn": f"{ARN}policy/{name}", "defaultVersionId": "1", "policyDocument": json.dumps(text)}
                     for name, text in ({"claim": document(*claim)} | policies).items()],
        "targets": [{"policyName": "claim", "targets": [cert]}],
        "things": [{"things": [{"thingName": name, "attributes": {"site": "north" if name < "lamp-3" else "south"}} for name in LAMPS]}],
        "group": [{"thingGroupName": "first", "things": LAMPS[:1]}],
        "templates-list": [{"templates": [named]}],
    }
    if not listed:
        files["templates"] = [named | {"templateBody": body, "provisioningRoleArn": role, "defaultVersionId": 1}]
    for name, documents in files.items():
        (folder / f"{name}.json").write_text("\n".join(map(json.dumps, documents)))
    return folder


def radius(thingwarden, folder):
    result = thingwarden("prove", "blast-radius", "--snapshot", folder, "--format", "json")
    assert result.code in (0, 1), result.text
    found, = result.lines
    return result.code, found, *found["provisioningTemplates"]


@pytest.mark.parametrize("name, claim, new, how", [
    # The claimant says which lamp it is, and takes its place.
    ("any-name", 5, 0, {}),
    ("begins", 5, 0, {"name": {"Fn::Join": ["-", ["lamp", {"Ref": "Serial"}]]}}),
    ("another-beginning", 0, 0, {"name": {"Fn::Sub": "press-${Serial}"}}),
    ("by-certificate", 0, 0, {"name": {"Ref": "AWS::IoT::Certificate::Id"}}),
    ("one-name", 1, 0, {"name": "lamp-2"}),
    # What a thing has is as it has to be, or may be changed, or is left alone; or else the template fails.
    ("other-attributes", 0, 0, {"AttributePayload": {"site": "west"}}),
    ("same-attributes", 2, 0, {"AttributePayload": {"site": "north"}}),
    ("said-attributes", 5, 0, {"AttributePayload": {"site": {"Ref": "Line"}}}),
    ("merged", 5, 0, {"AttributePayload": {"site": "west"}, "overrides": {"AttributePayload": "MERGE"}}),
    ("left-alone", 5, 0, {"AttributePayload": {"site": "west"}, "overrides": {"AttributePayload": "DO_NOTHING"}}),
    ("fails", 0, 0, {"AttributePayload": {"site": "north"}, "overrides": {"AttributePayload": "FAIL"}}),
    ("in-group", 1, 0, {"ThingGroups": ["first"]}),
    ("inactive", 0, 0, {"certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "INACTIVE"}}}),
    # What the policies let every device do.
    ("wide", 5, 5, {"policy": {"PolicyDocument": document(("iot:UpdateThingShadow", "*"))}}),
    ("one-other", 1, 1, {"policy": {"PolicyDocument": document(("iot:UpdateThingShadow", "thing/lamp-3"))}}),
    ("named", 5, 0, {"policy": {"PolicyName": "device"}}),
    # The policy differs with the name.
    ("by-parameter", 5, 0, {"policy": {"PolicyDocument": document(("iot:UpdateThingShadow", {"Fn::Sub": ARN + "thing/${Serial}"}))}}),
    # AWS takes `*` for the value of any other parameter.
    ("free", 5, 0, {"name": {"Ref": "AWS::IoT::Certificate::Id"}, "policy": {"PolicyDocument": document(("iot:UpdateThingShadow", {"Fn::Sub": ARN + "thing/${Line}"}))}}),
])
def test_a_claim_brings_the_policies_and_every_name_that_can_be_said(thingwarden, tmp_path, name, claim, new, how):
    code, found, of_template = radius(thingwarden, fleet(tmp_path / name, template(**how), policies={"device": BOUND}))
    assert of_template["newDevice"]["touches"] == new and of_template["claim"]["touches"] == claim, of_template
    assert found["outOfBounds"] == {} and of_template["principals"] == 1, found
    assert "outOfBounds" not in of_template["newDevice"] and "outOfBounds" not in of_template["claim"], of_template
    assert found["top"][0]["touches"] == claim
    assert code == (1 if claim or new else 0)


@pytest.mark.parametrize("name, missing", [("no-certificate", 1), ("no-template", 2), ("no-subscription", 3), ("no-answer", 4), ("no-connection", 0)])
def test_a_claim_that_lacks_a_right_is_none(thingwarden, tmp_path, name, missing):
    claim = [one for index, one in enumerate(CLAIM) if index != missing]
    code, found, of_template = radius(thingwarden, fleet(tmp_path / name, template(), claim=claim))
    assert (code, found["top"][0]["touches"], of_template["principals"]) == (0, 0, 0), found
    assert of_template["claim"]["touches"] == 5, "whoever else has a claim"


@pytest.mark.parametrize("name, why, how, described", [
    ("hook", "pre-provisioning hook decides", {}, {"preProvisioningHook": {"targetArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"}}),
    ("listed", "listed and not described", {}, {"listed": True}),
    ("policy", "its policy `device` is not in the input", {"policy": {"PolicyName": "device"}}, {}),
    ("policy-said", "which policy it attaches depends on parameter `Line`", {"policy": {"PolicyName": {"Ref": "Line"}}}, {}),
    ("group-said", "which thing group it joins depends on parameter `Line`", {"ThingGroups": [{"Ref": "Line"}]}, {}),
    ("subject", "depends on `AWS::IoT::Certificate::CommonName` of the certificate", {"name": {"Ref": "AWS::IoT::Certificate::CommonName"}}, {}),
    ("looked-into", "before the values of its parameters are known", {"name": {"Fn::Select": ["1", {"Fn::Split": ["-", {"Ref": "Serial"}]}]}}, {}),
])
def test_what_is_not_known_of_a_template_is_out_of_bounds(thingwarden, tmp_path, name, why, how, described):
    code, found, of_template = radius(thingwarden, fleet(tmp_path / name, template(**how), **described))
    assert code == 1 and of_template["principals"] == 1
    assert list(found["outOfBounds"].values()) == [1] and why in next(iter(found["outOfBounds"])), found
    assert why in of_template["claim"]["outOfBounds"]


def test_a_template_that_is_not_enabled_makes_nothing(thingwarden, tmp_path):
    folder = fleet(tmp_path / "off", template(), enabled=False)
    result = thingwarden("prove", "blast-radius", "--snapshot", folder, "--format", "json")
    assert result.code == 0 and result.json["provisioningTemplates"] == []


def test_for_people(thingwarden, tmp_path):
    text = thingwarden("prove", "blast-radius", "--snapshot", fleet(tmp_path / "text", template())).text
    assert "provisioning template fleet" in text and "a new device touches 0" in text
    assert "whoever has a claim touches 5, for example lamp-1" in text and "1 principal may use a claim" in text
    assert "provisioning template" in thingwarden("prove", "blast-radius", "--help").text


def test_templates_are_imported_and_audits_take_them(thingwarden, tmp_path):
    snapshot = fleet(tmp_path / "snapshot", template())
    assert b"templates" not in thingwarden("audit", snapshot).err
    data = tmp_path / "tw"
    assert thingwarden("import", snapshot, "--data", data, "--quiet").code in (0, 2)
    stored = [line for line in thingwarden("prove", "blast-radius", "--data", data, "--format", "json").lines if line["things"]]
    assert [one["provisioningTemplates"][0]["claim"]["touches"] for one in stored] == [5]
