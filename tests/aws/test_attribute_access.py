"""Access by attribute: few policies and no lists of resources. Teams see and change what carries their tag."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

import certificates
from serving import ACCOUNT

TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}


def statement(*actions, condition=None, effect="Allow", resource="*"):
    made = {"Effect": effect, "Action": list(actions), "Resource": resource}
    return {**made, "Condition": condition} if condition else made


@pytest.fixture
def person(server, request):
    """person(statements..., tags) -> boto3's client of a user that has one policy."""
    iam, names = server.client("iam"), []

    def make(*statements, service="iot", region="us-east-1", **tags):
        name = f"{request.node.name[:40].replace('[', '-').replace(']', '')}-{len(names)}"
        names.append(name)
        iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return server.client(service, region=region, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return make


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException", error
    return error["Message"]


def test_a_team_sees_and_changes_only_what_carries_its_tag(iot, person):
    for team in ("red", "blue"):
        iot.create_thing_group(thingGroupName=f"abac-{team}", tags=[{"Key": "team", "Value": team}])
    red = person(statement("iot:DescribeThingGroup", "iot:UpdateThingGroup", "iot:DeleteThingGroup", condition=TEAM), team="red")
    assert red.describe_thing_group(thingGroupName="abac-red")["version"] == 1
    assert red.update_thing_group(thingGroupName="abac-red", thingGroupProperties={"thingGroupDescription": "d"})["version"] == 2
    message = refusal(red.describe_thing_group, thingGroupName="abac-blue")
    assert "iot:DescribeThingGroup" in message and f"arn:aws:iot:us-east-1:{ACCOUNT}:thinggroup/abac-blue" in message
    assert f"arn:aws:iam::{ACCOUNT}:user/" in message
    refusal(red.update_thing_group, thingGroupName="abac-blue", thingGroupProperties={"thingGroupDescription": "d"})
    refusal(red.delete_thing_group, thingGroupName="abac-blue")
    # Whether there is such a group is nobody's business who may not ask.
    assert refusal(red.describe_thing_group, thingGroupName="abac-none").replace("abac-none", "") == message.replace("abac-blue", "")
    iot.tag_resource(resourceArn=f"arn:aws:iot:us-east-1:{ACCOUNT}:thinggroup/abac-blue", tags=[{"Key": "team", "Value": "red"}])
    assert red.describe_thing_group(thingGroupName="abac-blue")["version"] == 1


def test_whoever_makes_something_has_to_give_it_the_own_tag(person):
    own = {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    red = person(statement("iot:CreateThingGroup", "iot:TagResource", condition=own), team="red")
    tag = [{"Key": "team", "Value": "red"}]
    red.create_thing_group(thingGroupName="request-red", tags=tag)
    refusal(red.create_thing_group, thingGroupName="request-none")
    refusal(red.create_thing_group, thingGroupName="request-blue", tags=[{"Key": "team", "Value": "blue"}])
    refusal(red.create_thing_group, thingGroupName="request-more", tags=[*tag, {"Key": "cost", "Value": "1"}])


@pytest.mark.parametrize(
    ("key", "condition", "allowed"),
    [
        ("address", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ("other-address", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
        ("tls", {"Bool": {"aws:SecureTransport": "true"}}, False),
        ("no-tls", {"Bool": {"aws:SecureTransport": "false"}}, True),
        ("name", {"StringLike": {"aws:username": "test_*"}}, True),
        ("other-name", {"StringEquals": {"aws:username": "somebody"}}, False),
        ("region", {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ("account", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
    ],
)
def test_conditions_on_the_request(person, key, condition, allowed):
    client = person(statement("iot:ListThings", condition=condition))
    if allowed:
        client.list_things()
    else:
        refusal(client.list_things)


def test_access_that_ends(person):
    """`aws:CurrentTime` is the server's."""
    for hours, allowed in ((1, True), (-1, False)):
        end = (certificates.now() + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        client = person(statement("iot:ListThings", condition={"DateLessThan": {"aws:CurrentTime": end}}))
        if allowed:
            client.list_things()
        else:
            refusal(client.list_things)


def test_a_deny_wins_and_says_so(person):
    client = person(statement("iot:*"), statement("iot:DeleteThing", effect="Deny", resource=f"arn:aws:iot:us-east-1:{ACCOUNT}:thing/kept"))
    client.create_thing(thingName="kept")
    assert "explicit deny" in refusal(client.delete_thing, thingName="kept")
    client.create_thing(thingName="gone")
    client.delete_thing(thingName="gone")
