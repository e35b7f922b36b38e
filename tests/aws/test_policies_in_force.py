"""Policies through boto3: versions, attachments, what is in force for a device, and what it may do."""

import json

import pytest
from botocore.exceptions import ClientError

from serving import ACCOUNT, REGION

IDENTITY = f"{REGION}:01234567-89ab-cdef-0123-456789abcdef"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action, resource, effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": f"arn:aws:iot:{REGION}:{ACCOUNT}:{resource}"}


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def names(policies):
    return [policy["policyName"] for policy in policies]


@pytest.fixture
def device(iot, request):
    """A thing with an active certificate, in a group below another; each of the three has a policy."""
    mark = request.node.name
    certificate = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    site = iot.create_thing_group(thingGroupName=f"site-{mark}")["thingGroupArn"]
    hall = iot.create_thing_group(thingGroupName=f"hall-{mark}", parentGroupName=f"site-{mark}")["thingGroupArn"]
    thing = f"press-{mark}"
    iot.create_thing(thingName=thing)
    iot.attach_thing_principal(thingName=thing, principal=certificate)
    iot.add_thing_to_thing_group(thingName=thing, thingGroupName=f"hall-{mark}")
    for name, target, statement in (
        ("own", certificate, allow("iot:*", "*")),
        ("hall", hall, allow("iot:Publish", "topic/secret", "Deny")),
        ("site", site, allow("iot:Subscribe", "topicfilter/all/*", "Deny")),
    ):
        iot.create_policy(policyName=f"{name}-{mark}", policyDocument=document(statement))
        iot.attach_policy(policyName=f"{name}-{mark}", target=target)
    return {"certificate": certificate, "thing": thing, "hall": hall, "site": site, "mark": mark}


def test_effective_policies_come_from_the_certificate_and_all_groups_above(iot, device):
    mark = device["mark"]
    answer = iot.get_effective_policies(principal=device["certificate"], thingName=device["thing"])
    effective = answer["effectivePolicies"]
    assert names(effective) == [f"hall-{mark}", f"own-{mark}", f"site-{mark}"]
    assert effective[1]["policyDocument"] == document(allow("iot:*", "*"))
    assert names(iot.list_attached_policies(target=device["hall"])["policies"]) == [f"hall-{mark}"]
    recursive = iot.list_attached_policies(target=device["hall"], recursive=True)["policies"]
    assert names(recursive) == [f"hall-{mark}", f"site-{mark}"]


def test_a_device_is_told_what_it_may_do(iot, device):
    arn = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
    asked = [
        {"actionType": "CONNECT", "resources": [f"{arn}client/{device['thing']}"]},
        {"actionType": "PUBLISH", "resources": [f"{arn}topic/secret"]},
        {"actionType": "SUBSCRIBE", "resources": [f"{arn}topicfilter/all/x"]},
        {"actionType": "RECEIVE", "resources": ["arn:aws:iot:eu-west-1:999999999999:topic/x"]},
    ]
    arguments = {"principal": device["certificate"], "clientId": device["thing"], "authInfos": asked}
    results = iot.test_authorization(**arguments)["authResults"]
    assert [result["authInfo"] for result in results] == asked
    decisions = [result["authDecision"] for result in results]
    assert decisions == ["ALLOWED", "EXPLICIT_DENY", "EXPLICIT_DENY", "IMPLICIT_DENY"]
    assert names(results[0]["allowed"]["policies"]) == [f"own-{device['mark']}"]
    assert names(results[1]["denied"]["explicitDeny"]["policies"]) == [f"hall-{device['mark']}"]
    stranger = iot.test_authorization(**{**arguments, "clientId": "somebody"})["authResults"]
    assert [result["authDecision"] for result in stranger[:3]] == ["ALLOWED"] * 3
    without = iot.test_authorization(**arguments, policyNamesToSkip=[f"hall-{device['mark']}"])["authResults"]
    assert without[1]["authDecision"] == "ALLOWED"


def test_variables_of_the_thing_have_values_only_for_an_attached_client(iot, device):
    name = f"variable-{device['mark']}"
    statement = allow("iot:Publish", "topic/${iot:Connection.Thing.ThingName}")
    iot.create_policy(policyName=name, policyDocument=document(statement))
    asked = [{"actionType": "PUBLISH", "resources": [f"arn:aws:iot:{REGION}:{ACCOUNT}:topic/{device['thing']}"]}]
    tried = {"principal": device["certificate"], "authInfos": asked, "policyNamesToAdd": [name], "policyNamesToSkip": [f"own-{device['mark']}"]}
    (attached,) = iot.test_authorization(**tried, clientId=device["thing"])["authResults"]
    assert attached["authDecision"] == "ALLOWED"
    (unknown,) = iot.test_authorization(**tried)["authResults"]
    assert unknown["authDecision"] == "IMPLICIT_DENY"
    assert unknown["missingContextValues"] == ["iot:Connection.Thing.ThingName"]


def test_attachments_of_every_kind(iot, device):
    name = f"hall-{device['mark']}"
    iot.attach_policy(policyName=name, target=IDENTITY)
    iot.attach_principal_policy(policyName=name, principal=device["certificate"])
    assert iot.list_targets_for_policy(policyName=name)["targets"] == [device["hall"], IDENTITY, device["certificate"]]
    listed = iot.list_policy_principals(policyName=name, ascendingOrder=True)["principals"]
    assert listed == [IDENTITY, device["certificate"]]
    assert names(iot.list_principal_policies(principal=IDENTITY)["policies"]) == [name]
    assert code_of(iot.delete_policy, policyName=name) == "DeleteConflictException"
    for target in (device["hall"], IDENTITY, device["certificate"]):
        iot.detach_policy(policyName=name, target=target)
    iot.delete_policy(policyName=name)
    assert code_of(iot.list_targets_for_policy, policyName=name) == "ResourceNotFoundException"


def test_not_everything_is_a_target(iot, device):
    for target in ("nothing", f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/t", "arn:aws:iam::123456789012:user/u"):
        refused = code_of(iot.attach_policy, policyName=f"own-{device['mark']}", target=target)
        assert refused == "InvalidRequestException", target


def test_a_malformed_document_is_refused_with_its_place(iot):
    with pytest.raises(iot.exceptions.MalformedPolicyException) as refused:
        iot.create_policy(policyName="malformed", policyDocument='{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allows"}]}')
    assert "line 2, column 27" in refused.value.response["Error"]["Message"]
    assert code_of(iot.get_policy, policyName="malformed") == "ResourceNotFoundException"
