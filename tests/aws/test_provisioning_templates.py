"""Provisioning templates and RegisterThing: what is kept, what is made, with whose rights, and that all of it is made or nothing."""

import json
import threading

import pytest
from botocore.exceptions import ClientError

import certificates
from mitigation_tasks import role
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of, policy, user

SERVER_ENVIRONMENT = {"THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Provisioning"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iot:Connect"], "Resource": [{"Fn::Sub": f"{ARN}:client/${{SerialNumber}}"}]}]}
CERTIFICATE = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}}


def body(**resources):
    """A template with a parameter SerialNumber."""
    return json.dumps({"Parameters": {"SerialNumber": {"Type": "String"}, "CSR": {"Type": "String", "Default": ""}}, "Resources": resources})


def thing(name, overrides=None, **properties):
    made = {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": name, **properties}}
    return made | ({"OverrideSettings": overrides} if overrides else {})


FLEET = body(thing=thing({"Fn::Join": ["-", ["fleet", {"Ref": "SerialNumber"}]]}), certificate=CERTIFICATE)
FROM_REQUEST = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}}


def refused(code, call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def create(iot, name, text=FLEET, **more):
    return iot.create_provisioning_template(templateName=name, templateBody=text, provisioningRoleArn=ROLE, **more)


def test_a_template_is_kept_changed_and_deleted(iot):
    made = create(iot, "kept", description="d", tags=[{"Key": "team", "Value": "a"}])
    assert (made["templateArn"], made["defaultVersionId"]) == (f"{ARN}:provisioningtemplate/kept", 1)
    assert iot.list_tags_for_resource(resourceArn=made["templateArn"])["tags"] == [{"Key": "team", "Value": "a"}]
    hook = {"payloadVersion": "2020-04-01", "targetArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"}
    found = iot.describe_provisioning_template(templateName="kept")
    assert (found["type"], found["enabled"], found["templateBody"], found["description"]) == ("FLEET_PROVISIONING", False, FLEET, "d")
    assert "preProvisioningHook" not in found
    iot.update_provisioning_template(templateName="kept", enabled=True, preProvisioningHook=hook, description="e")
    found = iot.describe_provisioning_template(templateName="kept")
    assert (found["enabled"], found["preProvisioningHook"], found["description"]) == (True, hook, "e")
    iot.update_provisioning_template(templateName="kept", removePreProvisioningHook=True)
    assert "preProvisioningHook" not in iot.describe_provisioning_template(templateName="kept")
    refused("ResourceAlreadyExistsException", create, iot=iot, name="kept")
    iot.delete_provisioning_template(templateName="kept")
    for call in (iot.describe_provisioning_template, iot.delete_provisioning_template, iot.list_provisioning_template_versions, iot.create_provisioning_claim):
        refused("ResourceNotFoundException", call, templateName="kept")


def test_versions(iot):
    create(iot, "versions")
    other = body(certificate=CERTIFICATE)
    made = iot.create_provisioning_template_version(templateName="versions", templateBody=other)
    assert (made["versionId"], made["isDefaultVersion"]) == (2, False)
    assert iot.describe_provisioning_template(templateName="versions")["templateBody"] == FLEET
    assert iot.describe_provisioning_template_version(templateName="versions", versionId=2)["templateBody"] == other
    iot.update_provisioning_template(templateName="versions", defaultVersionId=2)
    assert iot.describe_provisioning_template(templateName="versions")["templateBody"] == other
    refused("DeleteConflictException", iot.delete_provisioning_template_version, templateName="versions", versionId=2)
    iot.delete_provisioning_template_version(templateName="versions", versionId=1)
    for number in (3, 4, 5, 6):
        made = iot.create_provisioning_template_version(templateName="versions", templateBody=FLEET, setAsDefault=number == 4)
        assert (made["versionId"], made["isDefaultVersion"]) == (number, number == 4)
    refused("VersionsLimitExceededException", iot.create_provisioning_template_version, templateName="versions", templateBody=FLEET)
    pages = iot.get_paginator("list_provisioning_template_versions").paginate(templateName="versions", PaginationConfig={"PageSize": 2})
    listed = [(one["versionId"], one["isDefaultVersion"]) for page in pages for one in page["versions"]]
    assert listed == [(2, False), (3, False), (4, True), (5, False), (6, False)]
    for call in (iot.describe_provisioning_template_version, iot.delete_provisioning_template_version):
        refused("ResourceNotFoundException", call, templateName="versions", versionId=1)
    refused("ResourceNotFoundException", iot.update_provisioning_template, templateName="versions", defaultVersionId=1)


def test_listing_is_paged(iot):
    names = {f"page-{number}" for number in range(5)}
    for name in names:
        create(iot, name, type="FLEET_PROVISIONING")
    pages = iot.get_paginator("list_provisioning_templates").paginate(PaginationConfig={"PageSize": 2})
    assert names <= {one["templateName"] for page in pages for one in page["templates"]}


@pytest.mark.parametrize(
    "text, says",
    [
        ("{", "JSON"),
        ("{}", "`Resources` is missing"),
        (body(thing=thing("t")), "certificate is missing"),
        (body(certificate=FROM_REQUEST), "CertificateId"),
        (body(thing=thing({"Ref": "Serial"}), certificate=CERTIFICATE), "`Serial` is not declared"),
        (body(thing=thing({"Fn::GetAtt": ["a", "b"]}), certificate=CERTIFICATE), "no function"),
        (body(rule={"Type": "AWS::IoT::TopicRule", "Properties": {}}), "`Type`"),
    ],
)
def test_what_is_no_template_is_refused(iot, text, says):
    assert says in refused("InvalidRequestException", create, iot=iot, name="bad", text=text)


def test_what_a_template_cannot_have(iot):
    create(iot, "fleet")
    refused("InvalidRequestException", create, iot=iot, name="bad", text=FLEET, type="JITP")
    hook = {"targetArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hook"}
    jitp = body(certificate=CERTIFICATE).replace('"SerialNumber"', '"AWS::IoT::Certificate::SerialNumber"')
    refused("InvalidRequestException", create, iot=iot, name="bad", text=jitp, type="JITP", preProvisioningHook=hook)
    refused("InvalidRequestException", create, iot=iot, name="bad", preProvisioningHook={"targetArn": "arn:aws:sns:us-east-1:1:x"})
    refused("InvalidRequestException", create, iot=iot, name="bad", preProvisioningHook={**hook, "payloadVersion": "2030-01-01"})
    create(iot, "jitp", text=jitp, type="JITP")
    refused("InvalidRequestException", iot.create_provisioning_claim, templateName="jitp")


def test_a_claim_ends_soon_and_is_in_no_listing(iot):
    create(iot, "claims")
    claim = iot.create_provisioning_claim(templateName="claims")
    left = (claim["expiration"] - certificates.now()).total_seconds()
    assert 0 < left <= 300
    assert certificates.certificate_id(claim["certificatePem"]) == claim["certificateId"]
    assert "PRIVATE KEY" in claim["keyPair"]["PrivateKey"]
    listed = iot.list_certificates(pageSize=250)["certificates"]
    assert claim["certificateId"] not in {one["certificateId"] for one in listed}


def test_register_thing_makes_everything(iot):
    iot.create_thing_type(thingTypeName="sensor")
    iot.create_thing_group(thingGroupName="all")
    iot.create_billing_group(billingGroupName="paid")
    text = body(
        thing=thing({"Ref": "SerialNumber"}, AttributePayload={"serial": {"Ref": "SerialNumber"}}, ThingTypeName="sensor", ThingGroups=["all"], BillingGroup="paid"),
        certificate=FROM_REQUEST,
        policy={"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": DOCUMENT}},
    )
    request, _ = certificates.csr("made")
    made = iot.register_thing(templateBody=text, parameters={"SerialNumber": "made", "CSR": request})
    arns = made["resourceArns"]
    assert arns["thing"] == f"{ARN}:thing/made" and set(arns) == {"thing", "certificate", "policy"}
    found = iot.describe_thing(thingName="made")
    assert (found["attributes"], found["thingTypeName"], found["billingGroupName"]) == ({"serial": "made"}, "sensor", "paid")
    assert [group["groupName"] for group in iot.list_thing_groups_for_thing(thingName="made")["thingGroups"]] == ["all"]
    assert iot.list_thing_principals(thingName="made")["principals"] == [arns["certificate"]]
    (attached,) = iot.list_attached_policies(target=arns["certificate"])["policies"]
    assert attached["policyArn"] == arns["policy"]
    document = json.loads(iot.get_policy(policyName=attached["policyName"])["policyDocument"])
    assert document["Statement"][0]["Resource"] == [f"{ARN}:client/made"]
    described = iot.describe_certificate(certificateId=arns["certificate"].rpartition("/")[2])["certificateDescription"]
    assert (described["status"], described["certificatePem"]) == ("ACTIVE", made["certificatePem"])


def test_register_thing_with_a_certificate_of_a_registered_ca(iot):
    pem, key = certificates.make("provisioning-ca", 30, ca=True)
    code = iot.get_registration_code()["registrationCode"]
    proof, _ = certificates.make(code, 1, issuer=("provisioning-ca", key))
    iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, setAsActive=True)
    own, _ = certificates.make("own", 30, issuer=("provisioning-ca", key))
    given = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificatePem": {"Ref": "CSR"}, "CACertificatePem": pem}}
    text = body(thing=thing("with-ca"), certificate=given)
    for _ in range(2):
        made = iot.register_thing(templateBody=text, parameters={"SerialNumber": "x", "CSR": own})
        assert made["resourceArns"]["certificate"] == f"{ARN}:cert/{certificates.certificate_id(own)}"
    other, _ = certificates.make("other", 30)
    refused("ResourceRegistrationFailureException", iot.register_thing, templateBody=text, parameters={"SerialNumber": "x", "CSR": other})


def test_what_is_there_is_touched_as_the_settings_say(iot):
    for name in ("one", "two", "three"):
        iot.create_thing_group(thingGroupName=name)
    for name in ("old", "new"):
        iot.create_thing_type(thingTypeName=name)

    def register(setting, name):
        iot.create_thing(thingName=name, thingTypeName="old", attributePayload={"attributes": {"a": "1", "b": "1"}})
        iot.add_thing_to_thing_group(thingName=name, thingGroupName="one")
        overrides = {"AttributePayload": setting, "ThingGroups": setting, "ThingTypeName": "REPLACE" if setting == "MERGE" else setting}
        overrides = overrides if setting else None
        text = body(thing=thing(name, overrides, AttributePayload={"a": "2"}, ThingGroups=["two"], ThingTypeName="new"))
        iot.register_thing(templateBody=text, parameters={"SerialNumber": "x"})

    def state(name):
        found = iot.describe_thing(thingName=name)
        groups = {group["groupName"] for group in iot.list_thing_groups_for_thing(thingName=name)["thingGroups"]}
        return found["attributes"], groups, found["thingTypeName"]

    before = ({"a": "1", "b": "1"}, {"one"}, "old")
    register("DO_NOTHING", "left")
    assert state("left") == before
    register("MERGE", "merged")
    assert state("merged") == ({"a": "2", "b": "1"}, {"one", "two"}, "new")
    register("REPLACE", "replaced")
    assert state("replaced") == ({"a": "2"}, {"two"}, "new")
    for name, setting in (("failed", "FAIL"), ("silent", None)):
        refused("ConflictingResourceUpdateException", register, setting=setting, name=name)
        assert state(name) == before
    same = body(thing=thing("left", AttributePayload={"a": "1", "b": "1"}, ThingGroups=["one"], ThingTypeName="old"))
    iot.register_thing(templateBody=same, parameters={"SerialNumber": "x"})


def test_all_or_nothing_is_made(iot):
    text = body(thing=thing("nothing"), certificate=FROM_REQUEST, policy={"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "not-there"}})
    before = len(iot.list_certificates(pageSize=250)["certificates"])
    request, _ = certificates.csr("nothing")
    refused("ResourceRegistrationFailureException", iot.register_thing, templateBody=text, parameters={"SerialNumber": "x", "CSR": request})
    refused("InvalidRequestException", iot.register_thing, templateBody=text)
    refused("ResourceNotFoundException", iot.describe_thing, thingName="nothing")
    assert len(iot.list_certificates(pageSize=250)["certificates"]) == before


def test_register_thing_has_the_rights_of_its_caller(server, iot):
    """Whoever may call RegisterThing and CreateThing makes things and no policies with it."""
    user(server.client("iam"), "registrar", policy("iot:RegisterThing", "iot:CreateThing", "iot:DescribeThing"))
    keys = keys_of(server.client("iam").create_access_key(UserName="registrar"))
    registrar = server.client(**keys)
    text = body(thing=thing("allowed"))
    registrar.register_thing(templateBody=text, parameters={"SerialNumber": "x"})
    with_policy = body(thing=thing("denied"), certificate=FROM_REQUEST, policy={"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": DOCUMENT}})
    request, _ = certificates.csr("denied")
    message = refused("AccessDeniedException", registrar.register_thing, templateBody=with_policy, parameters={"SerialNumber": "x", "CSR": request})
    assert "iot:CreateCertificateFromCsr" in message
    refused("ResourceNotFoundException", iot.describe_thing, thingName="denied")


def test_a_template_asks_for_the_right_to_pass_its_role(server):
    iam = server.client("iam")
    user(iam, "templates", policy("iot:CreateProvisioningTemplate"))
    keys = keys_of(iam.create_access_key(UserName="templates"))
    assert "iam:PassRole" in refused("AccessDeniedException", create, iot=server.client(**keys), name="passed")
    iam.put_user_policy(UserName="templates", PolicyName="pass", PolicyDocument=policy("iam:PassRole", resource=role(server, "Provisioning", "iot:CreateThing")))
    create(server.client(**keys), "passed")


def test_a_ca_names_a_template_that_is_there_and_fits(iot):
    pem, key = certificates.make("template-ca", 30, ca=True)
    proof, _ = certificates.make(iot.get_registration_code()["registrationCode"], 1, issuer=("template-ca", key))

    def register(**config):
        return iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, setAsActive=True, allowAutoRegistration=True, registrationConfig=config)

    jitp = json.dumps({"Resources": {"certificate": CERTIFICATE}})
    refused("ResourceNotFoundException", register, templateName="absent")
    refused("InvalidRequestException", register, templateBody="{}", roleArn=ROLE)
    refused("InvalidRequestException", register, templateBody=jitp)
    create(iot, "of-fleet")
    refused("InvalidRequestException", register, templateName="of-fleet")
    create(iot, "of-ca", text=jitp, type="JITP")
    made = register(templateName="of-ca")
    described = iot.describe_ca_certificate(certificateId=made["certificateId"])
    assert described["registrationConfig"] == {"templateName": "of-ca"}
    assert [one["certificateId"] for one in iot.list_ca_certificates(templateName="of-ca")["certificates"]] == [made["certificateId"]]
    refused("DeleteConflictException", iot.delete_provisioning_template, templateName="of-ca")
    iot.update_ca_certificate(certificateId=made["certificateId"], removeAutoRegistration=True)
    iot.delete_provisioning_template(templateName="of-ca")


def test_what_was_answered_outlives_a_kill(tmp_path):
    server = Server(tmp_path, environment=SERVER_ENVIRONMENT)
    answered = []

    def register():
        iot = server.client()
        for number in range(10_000):
            try:
                iot.register_thing(templateBody=body(thing=thing({"Ref": "SerialNumber"})), parameters={"SerialNumber": f"kept-{number}"})
            except Exception:
                return
            answered.append(f"kept-{number}")
            if number == 20:
                enough.set()

    enough = threading.Event()
    thread = threading.Thread(target=register)
    thread.start()
    assert enough.wait(60)
    server.kill()
    thread.join()
    server.start()
    try:
        pages = server.client().get_paginator("list_things").paginate()
        there = {one["thingName"] for page in pages for one in page["things"]}
        assert set(answered) <= there and len(there) <= len(answered) + 1
    finally:
        assert server.stop() == 0
