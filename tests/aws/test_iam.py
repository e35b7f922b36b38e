"""IAM and STS through boto3: least privilege for people, handlers and their sessions."""

import datetime
import json
import time

import pytest
from botocore.exceptions import ClientError

import wire
from serving import ACCOUNT, REGION

TRUST_IOT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def policy(*actions, effect="Allow", resource="*", **more):
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def keys_of(answer):
    """What a client is made with, from CreateAccessKey or AssumeRole."""
    found = answer.get("AccessKey") or answer["Credentials"]
    keys = {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"]}
    return keys | ({"aws_session_token": found["SessionToken"]} if "SessionToken" in found else {})


def user(iam, name, document=None, **more):
    iam.create_user(UserName=name, **more)
    if document:
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
    return keys_of(iam.create_access_key(UserName=name))


def refused(call, *arguments, **parameters):
    with pytest.raises(ClientError) as error:
        call(*arguments, **parameters)
    answer = error.value.response
    assert answer["ResponseMetadata"]["RequestId"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def complete(client, operation, answer):
    """Every member that the service's model requires is in the answer."""
    def check(shape, value, path):
        if shape.type_name == "structure":
            missing = [name for name in shape.required_members if name not in value]
            assert not missing, f"{path} lacks {missing}"
            for name, inner in value.items():
                if name in shape.members:
                    check(shape.members[name], inner, f"{path}.{name}")
        elif shape.type_name == "list":
            for inner in value:
                check(shape.member, inner, path)

    shape = client.meta.service_model.operation_model(operation).output_shape
    answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    check(shape, answer, operation)
    return answer


def test_answers_have_what_the_model_requires(iam):
    document = policy("iot:DescribeThing")
    tags = [{"Key": "team", "Value": "a"}]
    made = complete(iam, "CreateUser", iam.create_user(UserName="shape", Path="/p/", Tags=tags))["User"]
    assert complete(iam, "GetUser", iam.get_user(UserName="shape"))["User"] == made
    assert made["Tags"] == tags and made["CreateDate"].tzinfo
    complete(iam, "CreateAccessKey", iam.create_access_key(UserName="shape"))
    complete(iam, "ListAccessKeys", iam.list_access_keys(UserName="shape"))
    role = iam.create_role(RoleName="shape", AssumeRolePolicyDocument=json.dumps(TRUST_IOT), Description="é & <b>")
    assert complete(iam, "CreateRole", role)["Role"]["AssumeRolePolicyDocument"] == TRUST_IOT
    assert complete(iam, "GetRole", iam.get_role(RoleName="shape"))["Role"]["Description"] == "é & <b>"
    assert complete(iam, "UpdateRole", iam.update_role(RoleName="shape", MaxSessionDuration=7200)) == {}
    iam.put_role_policy(RoleName="shape", PolicyName="inline", PolicyDocument=document)
    got = complete(iam, "GetRolePolicy", iam.get_role_policy(RoleName="shape", PolicyName="inline"))
    assert got["PolicyDocument"] == json.loads(document)
    managed = complete(iam, "CreatePolicy", iam.create_policy(PolicyName="shape", PolicyDocument=document))["Policy"]
    iam.attach_role_policy(RoleName="shape", PolicyArn=managed["Arn"])
    assert iam.list_attached_role_policies(RoleName="shape")["AttachedPolicies"] == [
        {"PolicyName": "shape", "PolicyArn": managed["Arn"]}
    ]
    version = iam.get_policy_version(PolicyArn=managed["Arn"], VersionId=managed["DefaultVersionId"])
    assert version["PolicyVersion"]["Document"] == json.loads(document)
    details = complete(iam, "GetAccountAuthorizationDetails", iam.get_account_authorization_details())
    role = next(role for role in details["RoleDetailList"] if role["RoleName"] == "shape")
    assert role["RolePolicyList"][0]["PolicyDocument"] == json.loads(document)
    for operation in ("list_users", "list_roles", "list_policies"):
        assert getattr(iam, operation)()["IsTruncated"] is False


def test_errors_are_those_of_the_model(iam):
    iam.create_user(UserName="twice")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="Twice")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="nobody")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.put_user_policy(UserName="twice", PolicyName="p", PolicyDocument="{}")
    for _ in range(2):
        iam.create_access_key(UserName="twice")
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.create_access_key(UserName="twice")
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName="twice")
    assert refused(iam.create_group, GroupName="g") == (501, "NotImplemented")


def test_pages(iam):
    names = [f"page-{number:02}" for number in range(7)]
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    pages = iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3})
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [names[:3], names[3:6], names[6:]]
    assert refused(iam.list_users, Marker="made-up") == (400, "ValidationError")


def test_a_user_may_do_what_its_policies_allow_and_no_more(server, iam):
    keys = user(iam, "reader", policy("iot:ListThings", "iam:GetUser"))
    iot = server.client(**keys)
    assert iot.list_things()["things"] == []
    with pytest.raises(ClientError) as error:
        iot.create_thing(thingName="t")
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: iot:CreateThing" in str(error.value)
    own = server.client("iam", **keys)
    assert own.get_user()["User"]["UserName"] == "reader"
    assert refused(own.list_users) == (403, "AccessDenied")
    # A change counts at once, for every service.
    iam.put_user_policy(UserName="reader", PolicyName="deny", PolicyDocument=policy("iot:*", effect="Deny"))
    assert refused(iot.list_things) == (403, "AccessDeniedException")
    iam.delete_user_policy(UserName="reader", PolicyName="deny")
    iot.list_things()
    iam.update_access_key(UserName="reader", AccessKeyId=keys["aws_access_key_id"], Status="Inactive")
    assert refused(iot.list_things) == (403, "UnrecognizedClientException")
    assert refused(own.get_user) == (403, "InvalidClientTokenId")


def test_a_handler_has_the_rights_of_its_role(server, iam):
    keys = user(iam, "operator")
    trust = json.loads(json.dumps(TRUST_IOT))
    trust["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/operator"}
    role = iam.create_role(RoleName="handler", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName="handler", PolicyName="p", PolicyDocument=policy("iot:CreateThing", "iot:ListThings"))
    sts = server.client("sts", **keys)
    answer = complete(sts, "AssumeRole", sts.assume_role(RoleArn=role["Arn"], RoleSessionName="run-1"))
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=59) < left <= datetime.timedelta(hours=1, seconds=1)
    session = keys_of(answer)
    identity = server.client("sts", **session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/handler/run-1"
    assert identity["UserId"] == f"{role['RoleId']}:run-1" and identity["Account"] == ACCOUNT
    iot = server.client(**session)
    iot.create_thing(thingName="made-by-handler")
    assert refused(iot.delete_thing, thingName="made-by-handler") == (403, "AccessDeniedException")
    without = {name: value for name, value in session.items() if name != "aws_session_token"}
    assert refused(server.client(**without).list_things) == (403, "UnrecognizedClientException")
    other = session | {"aws_session_token": session["aws_session_token"][::-1]}
    assert refused(server.client(**other).list_things) == (403, "UnrecognizedClientException")

    narrow = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="run-2", Policy=policy("iot:ListThings"))
    narrow = server.client(**keys_of(narrow))
    narrow.list_things()
    assert refused(narrow.create_thing, thingName="t") == (403, "AccessDeniedException")

    stranger = server.client("sts", **user(iam, "stranger"))
    assert refused(stranger.assume_role, RoleArn=role["Arn"], RoleSessionName="run") == (403, "AccessDenied")


def test_a_role_has_no_instance_profiles_which_tools_ask_before_they_delete_it(iam):
    iam.create_role(RoleName="deletable", AssumeRolePolicyDocument=json.dumps(TRUST_IOT))
    answer = complete(iam, "ListInstanceProfilesForRole", iam.list_instance_profiles_for_role(RoleName="deletable"))
    assert (answer["InstanceProfiles"], answer["IsTruncated"]) == ([], False)
    iam.delete_role(RoleName="deletable")
    assert refused(iam.list_instance_profiles_for_role, RoleName="deletable") == (404, "NoSuchEntity")


def test_credentials_outlive_a_restart(server, iam):
    keys = user(iam, "lasting", policy("iot:ListThings"))
    token = keys_of(server.client("sts", **keys).get_session_token())
    assert server.stop() == 0
    server.start()
    for credentials in (keys, token):
        server.client(**credentials).list_things()
    identity = server.client("sts", **token).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/lasting"


def test_the_last_use_of_an_access_key(server):
    iam = server.client("iam")
    keys = user(iam, "used", policy("iot:ListThings"))
    last = lambda: iam.get_access_key_last_used(AccessKeyId=keys["aws_access_key_id"])
    assert complete(iam, "GetAccessKeyLastUsed", last())["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    server.client(**keys).list_things()
    # It is written down behind the request's back.
    deadline = time.monotonic() + 30
    while "LastUsedDate" not in last()["AccessKeyLastUsed"]:
        assert time.monotonic() < deadline
    used = last()["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("iot", REGION)


def test_tags_of_the_principal_decide(server):
    iam = server.client("iam")
    condition = {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}}
    document = policy("iot:CreateThingType", "iot:TagResource", Condition=condition)
    keys = user(iam, "tagged", document, Tags=[{"Key": "team", "Value": "a"}])
    iot = server.client(**keys)
    mine, theirs = [{"Key": "team", "Value": "a"}], [{"Key": "team", "Value": "b"}]
    iot.create_thing_type(thingTypeName="mine", tags=mine)
    assert refused(iot.create_thing_type, thingTypeName="theirs", tags=theirs) == (403, "AccessDeniedException")
    assert refused(iot.create_thing_type, thingTypeName="none") == (403, "AccessDeniedException")


def test_who_cannot_sign_is_told_in_xml(server):
    root = server.credentials()
    wrong = root | {"aws_secret_access_key": "x" * 40}
    assert refused(server.client("iam", **wrong).list_users) == (403, "SignatureDoesNotMatch")
    unknown = root | {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    assert refused(server.client("sts", **unknown).get_caller_identity) == (403, "InvalidClientTokenId")


FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    "method, path, headers, body, status, code",
    [
        ("POST", "/", FORM, b"", 400, "MissingAction"),
        ("POST", "/", FORM, b"Action=Nonsense", 400, "InvalidAction"),
        ("POST", "/", FORM, b"Action=ListUsers&Version=2000-01-01", 400, "InvalidAction"),
        ("POST", "/", FORM, b"Action=ListUsers&Action=ListUsers", 400, "MalformedQueryString"),
        ("POST", "/", FORM, b"Action=ListUsers&PathPrefix=%ff", 400, "MalformedQueryString"),
        ("POST", "/", FORM, b"Action=ListUsers&PathPrefix=%2", 400, "MalformedQueryString"),
        ("POST", "/", FORM, b"Action=ListUsers&" + b"&".join(b"p%d=" % n for n in range(600)), 400, "MalformedQueryString"),
        ("POST", "/", FORM, b"Action=ListUsers&Unknown=1", 400, "InvalidQueryParameter"),
        ("POST", "/", FORM, b"Action=CreateUser&UserName=" + b"a" * 100_000, 400, "ValidationError"),
        ("POST", "/", FORM, b"Action=CreateUser&UserName=%00", 400, "ValidationError"),
        ("POST", "/", {"content-type": "application/json"}, b"{}", 400, "MalformedHttpRequest"),
        ("PUT", "/", FORM, b"Action=ListUsers", 400, "MalformedHttpRequest"),
        ("POST", "/users", FORM, b"Action=ListUsers", 404, "InvalidAction"),
        ("GET", "/?Action=ListUsers&Version=2010-05-08&MaxItems=0", {}, b"", 400, "ValidationError"),
    ],
)
def test_bad_requests_are_refused(server, method, path, headers, body, status, code):
    path, headers = wire.sign(server, method, path, body, headers, service="iam")
    answer = wire.send(server, method, path, body, headers)
    assert answer.status == status and f"<Code>{code}</Code>".encode() in answer.body, answer
    assert answer.headers["content-type"] == "text/xml" and answer.body.startswith(b"<ErrorResponse")


def test_a_get_is_answered_too(server):
    path, headers = wire.sign(server, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", b"", {}, service="sts")
    answer = wire.send(server, "GET", path, b"", headers)
    assert answer.status == 200 and b"<GetCallerIdentityResult>" in answer.body, answer
    assert wire.send(server, "GET", "/?Action=GetCallerIdentity", b"", {}).status == 403
