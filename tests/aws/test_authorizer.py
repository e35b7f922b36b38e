"""Ways around the authorizer, over the wire: each must lead nowhere, and what is allowed must stay so."""

import json
import socket
import urllib.parse

import pytest
from botocore.exceptions import ClientError

import wire
from serving import ACCOUNT, REGION
from test_iam import keys_of, policy, refused

DENIED = (403, "AccessDenied")
IOT_DENIED = (403, "AccessDeniedException")
CONNECT = policy("iot:Connect")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def thing(kind, name):
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:{kind}/{name}"


def user(iam, name, *statements, **more):
    """A user's keys."""
    iam.create_user(UserName=name, **more)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return keys_of(iam.create_access_key(UserName=name))


def allow(action, resource="*", **condition):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}


def trust(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def words(call, **parameters):
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value)


def test_denials_are_the_same_whether_something_exists_or_not(server, iam):
    keys = user(iam, "nobody")
    iam.create_user(UserName="there", Path="/secret/")
    there_key = iam.create_access_key(UserName="there")["AccessKey"]["AccessKeyId"]
    iam.create_role(RoleName="there", Path="/secret/", AssumeRolePolicyDocument=trust(arn("user", "secret/there")))
    iot = server.client()
    iot.create_domain_configuration(domainConfigurationName="there")
    iot.create_thing(thingName="there")
    iot.create_policy(policyName="there", policyDocument=CONNECT)
    nobody_iam, nobody, nobody_sts = (server.client(service, **keys) for service in ("iam", "iot", "sts"))
    gone_key = there_key[:-1] + ("A" if there_key[-1] != "A" else "B")
    asked = [
        (nobody_iam.get_user, "UserName", "there", "gone"),
        (nobody_iam.update_user, "UserName", "there", "gone"),
        (nobody_iam.get_role, "RoleName", "there", "gone"),
        (nobody_iam.get_access_key_last_used, "AccessKeyId", there_key, gone_key),
        (nobody.describe_domain_configuration, "domainConfigurationName", "there", "gone"),
        (nobody.describe_thing, "thingName", "there", "gone"),
        (nobody.delete_policy, "policyName", "there", "gone"),
        (nobody.list_tags_for_resource, "resourceArn", thing("policy", "there"), thing("policy", "gone")),
    ]
    for call, member, there, gone in asked:
        assert words(call, **{member: there}).replace(there, "X") == words(call, **{member: gone}).replace(gone, "X")
    for role in ("secret/there", "gone"):
        assert refused(nobody_sts.assume_role, RoleArn=arn("role", role), RoleSessionName="run") == DENIED
    # The same for the name of a policy that is taken: who may not make one is not told.
    for name in ("there", "gone"):
        assert refused(nobody.create_policy, policyName=name, policyDocument=CONNECT) == IOT_DENIED


def test_tags_of_a_team_do_not_reach_further(server, iam):
    own = {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}
    new = {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}
    keys = user(
        iam,
        "red",
        allow("iot:*", StringEquals=own),
        allow(["iot:CreatePolicy", "iot:CreateDomainConfiguration"], **{"StringEquals": new, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        Tags=[{"Key": "team", "Value": "red"}],
    )
    iot, red = server.client(), server.client(**keys)
    tags = lambda **pairs: [{"Key": key, "Value": value} for key, value in pairs.items()]
    iot.create_policy(policyName="blue", policyDocument=CONNECT, tags=tags(team="blue"))
    red.create_policy(policyName="red", policyDocument=CONNECT, tags=tags(team="red"))
    red.get_policy(policyName="red")
    blue_arn, red_arn = thing("policy", "blue"), thing("policy", "red")
    attempts = [
        (red.get_policy, {"policyName": "blue"}),
        (red.create_policy, {"policyName": "new", "policyDocument": CONNECT}),
        (red.create_policy, {"policyName": "new", "policyDocument": CONNECT, "tags": tags(team="blue")}),
        (red.create_policy, {"policyName": "new", "policyDocument": CONNECT, "tags": tags(TEAM="red")}),
        (red.create_policy, {"policyName": "new", "policyDocument": CONNECT, "tags": tags(team="red", other="x")}),
        (red.tag_resource, {"resourceArn": blue_arn, "tags": tags(team="red")}),
        (red.untag_resource, {"resourceArn": blue_arn, "tagKeys": ["team"]}),
        (red.list_tags_for_resource, {"resourceArn": blue_arn}),
        (red.tag_resource, {"resourceArn": red_arn.replace(REGION, "eu-west-1"), "tags": tags(team="red")}),
    ]
    for call, given in attempts:
        assert refused(call, **given) == IOT_DENIED, given
    # The tag decides at the next request, in both directions, also where only the store knows the whole ARN.
    red.create_domain_configuration(domainConfigurationName="red", tags=tags(team="red"))
    found = red.describe_domain_configuration(domainConfigurationName="red")["domainConfigurationArn"]
    for resource, call, given in [
        (red_arn, red.get_policy, {"policyName": "red"}),
        (found, red.describe_domain_configuration, {"domainConfigurationName": "red"}),
    ]:
        iot.tag_resource(resourceArn=resource, tags=tags(team="blue"))
        assert refused(call, **given) == IOT_DENIED
        iot.tag_resource(resourceArn=resource, tags=tags(team="red"))
        call(**given)
        red.untag_resource(resourceArn=resource, tagKeys=["team"])
        assert refused(call, **given) == IOT_DENIED
    # What is made anew by an old name has none of its tags.
    iot.tag_resource(resourceArn=red_arn, tags=tags(team="red"))
    iot.delete_policy(policyName="red")
    iot.create_policy(policyName="red", policyDocument=CONNECT)
    assert refused(red.get_policy, policyName="red") == IOT_DENIED
    # Nor does a user keep what a tag gave when the tag is gone.
    iot.tag_resource(resourceArn=red_arn, tags=tags(team="red"))
    red.get_policy(policyName="red")
    iam.untag_user(UserName="red", TagKeys=["TEAM"])
    assert refused(red.get_policy, policyName="red") == IOT_DENIED
    # A tag without value on both sides is no match.
    iot.untag_resource(resourceArn=red_arn, tagKeys=["team"])
    assert refused(red.get_policy, policyName="red") == IOT_DENIED


def test_nobody_grants_themselves_more(server, iam):
    keys = user(iam, "climber", allow(["iam:PutUserPolicy", "iam:CreateAccessKey", "iam:UpdateUser", "iam:CreateUser"], arn("user", "dev-*")))
    climber = server.client("iam", **keys)
    iam.create_user(UserName="dev-a")
    climber.put_user_policy(UserName="dev-a", PolicyName="x", PolicyDocument=CONNECT)
    star = policy("*")
    for call, given in [
        (climber.put_user_policy, {"UserName": "climber", "PolicyName": "x", "PolicyDocument": star}),
        (climber.put_user_policy, {"UserName": "Climber", "PolicyName": "x", "PolicyDocument": star}),
        (climber.create_access_key, {"UserName": "nobody"}),
        (climber.create_access_key, {}),
        (climber.update_user, {"UserName": "climber", "NewUserName": "dev-climber"}),
        (climber.update_user, {"UserName": "dev-a", "NewUserName": "admin"}),
        (climber.update_user, {"UserName": "dev-a", "NewPath": "/admins/"}),
        (climber.create_user, {"UserName": "dev-b", "Path": "/admins/"}),
        (climber.attach_user_policy, {"UserName": "dev-a", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ]:
        assert refused(call, **given) == DENIED, given


def test_a_boundary_holds_through_every_kind_of_credentials(server, iam):
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=policy("iot:List*", "iam:*", "sts:*"))["Policy"]["Arn"]
    keys = user(iam, "bounded", allow("*"))
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=bound)
    iot, sts = server.client(**keys), server.client("sts", **keys)
    iot.list_things()
    assert refused(iot.create_thing, thingName="bounded") == IOT_DENIED
    session = server.client(**keys_of(sts.get_session_token()))
    session.list_things()
    assert refused(session.create_thing, thingName="bounded") == IOT_DENIED
    # A smaller boundary holds at once, for sessions that exist already too.
    iam.create_policy_version(PolicyArn=bound, PolicyDocument=policy("iam:*"), SetAsDefault=True)
    assert refused(iot.list_things) == IOT_DENIED and refused(session.list_things) == IOT_DENIED
    iam.set_default_policy_version(PolicyArn=bound, VersionId="v1")
    session.list_things()
    assert refused(iam.delete_policy, PolicyArn=bound) == (409, "DeleteConflict")
    # Only who is bounded may be made, and only bounded ones be changed.
    condition = {"StringEquals": {"iam:PermissionsBoundary": bound}}
    keys = user(iam, "delegate", allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey", "iam:DeleteUserPermissionsBoundary"], arn("user", "team/*"), **condition))
    delegate = server.client("iam", **keys)
    assert refused(delegate.create_user, UserName="free", Path="/team/") == DENIED
    delegate.create_user(UserName="tied", Path="/team/", PermissionsBoundary=bound)
    iam.create_user(UserName="free", Path="/team/")
    assert refused(delegate.put_user_policy, UserName="free", PolicyName="x", PolicyDocument=policy("*")) == DENIED
    body = urllib.parse.urlencode({"Action": "PutUserPolicy", "UserName": "free", "PolicyName": "x", "PolicyDocument": policy("*"), "PermissionsBoundary": bound})
    answer = wire.call(server, "POST", "/", body.encode(), FORM, service="iam", **keys)
    assert answer.status == 400 and iam.list_user_policies(UserName="free")["PolicyNames"] == []


def test_roles_are_only_passed_and_assumed_by_who_may(server, iam):
    iot = server.client()
    keys = user(iam, "passer", allow("iot:*"), allow("iam:PassRole", arn("role", "small"), StringEquals={"iam:PassedToService": "iot.amazonaws.com"}))
    passer = server.client(**keys)
    small, big = arn("role", "small"), arn("role", "big")
    assert refused(passer.create_role_alias, roleAlias="x", roleArn=small) == IOT_DENIED, "that goes to credentials.iot.amazonaws.com"
    passer.set_v2_logging_options(roleArn=small, defaultLogLevel="ERROR")
    assert refused(passer.set_v2_logging_options, roleArn=big, defaultLogLevel="ERROR") == IOT_DENIED
    assert refused(passer.set_v2_logging_options, roleArn=small.replace(ACCOUNT, "999999999999")) == IOT_DENIED
    checks = {"LOGGING_DISABLED_CHECK": {"enabled": True}}
    target = {"SNS": {"targetArn": "arn:aws:sns:us-east-1:123456789012:t", "roleArn": big, "enabled": True}}
    given = {"roleArn": small, "auditCheckConfigurations": checks, "auditNotificationTargetConfigurations": target}
    assert refused(passer.update_account_audit_configuration, **given) == IOT_DENIED
    iot.create_role_alias(roleAlias="alias", roleArn=small)
    assert refused(passer.update_role_alias, roleAlias="alias", roleArn=big) == IOT_DENIED

    first = iam.create_role(RoleName="first", AssumeRolePolicyDocument=trust(arn("user", "passer")))["Role"]["Arn"]
    iam.put_role_policy(RoleName="first", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
    second = iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust(first))["Role"]["Arn"]
    iam.put_role_policy(RoleName="second", PolicyName="p", PolicyDocument=policy("iot:ListThings"))
    sts = server.client("sts", **keys)
    assert refused(sts.assume_role, RoleArn=second, RoleSessionName="run") == DENIED
    chain = server.client("sts", **keys_of(sts.assume_role(RoleArn=first, RoleSessionName="run")))
    assert refused(chain.assume_role, RoleArn=second, RoleSessionName="run", DurationSeconds=7200) == (400, "ValidationError")
    inner = server.client(**keys_of(chain.assume_role(RoleArn=second, RoleSessionName="run")))
    inner.list_things()
    assert refused(inner.create_thing, thingName="t") == IOT_DENIED
    assert refused(chain.assume_role, RoleArn=second, RoleSessionName="run", Tags=[{"Key": "team", "Value": "red"}]) == DENIED
    # The trust ends the making of sessions; the end of a policy or of the role ends sessions.
    iam.update_assume_role_policy(RoleName="second", PolicyDocument=trust(arn("user", "passer")))
    assert refused(chain.assume_role, RoleArn=second, RoleSessionName="run") == DENIED
    iam.delete_role_policy(RoleName="second", PolicyName="p")
    assert refused(inner.list_things) == IOT_DENIED
    iam.delete_role(RoleName="second")
    assert refused(inner.list_things) == (403, "UnrecognizedClientException")


def test_who_gets_the_name_of_a_deleted_user_gets_nothing_else(server, iam):
    keys = user(iam, "phoenix", allow("iot:ListThings"))
    session = keys_of(server.client("sts", **keys).get_session_token())
    role = iam.create_role(RoleName="nest", AssumeRolePolicyDocument=trust(arn("user", "phoenix")))["Role"]["Arn"]
    server.client(**session).list_things()
    iam.delete_access_key(UserName="phoenix", AccessKeyId=keys["aws_access_key_id"])
    assert refused(server.client(**keys).list_things) == (403, "UnrecognizedClientException")
    iam.delete_user_policy(UserName="phoenix", PolicyName="p")
    iam.delete_user(UserName="phoenix")
    new = user(iam, "phoenix", allow("*"))
    for old in (keys, session):
        assert refused(server.client(**old).list_things) == (403, "UnrecognizedClientException")
    with pytest.raises(ClientError) as error:
        server.client("sts", **{**new}).assume_role(RoleArn=role, RoleSessionName="run")
    assert error.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize("body, path", [
    (b"Action=GetUser&Version=2010-05-08&Action=ListUsers", "/"),
    (b"Action=GetUser", "/?Action=ListUsers"),
    (b"Action=listusers", "/"),
    (b"Action=ListUsers%00", "/"),
    (b"Action=GetUser&Tags.member.1.Key=a&Tags.member.1.Value=b", "/"),
    (b"Action=GetUser&UserName=nobody%26Action%3DListUsers", "/"),
    (b"Action=AssumeRole&RoleArn=x&RoleSessionName=xx", "/"),
])  # fmt: skip
def test_a_form_means_one_thing(server, body, path):
    answer = wire.call(server, "POST", path, body, FORM, service="iam")
    assert answer.status in (400, 404) and b"<UserName>" not in answer.body, answer


def raw(server, target, headers, body=b""):
    """Sends a head that no client library would send, and gives the status."""
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall("\r\n".join([f"{target} HTTP/1.1", *headers, "", ""]).encode() + body)
        return int(connection.makefile("rb").readline().split()[1])


def test_a_signature_is_good_for_one_request_only(server):
    _, signed = wire.sign(server, "GET", "/things")
    host = f"Host: {urllib.parse.urlsplit(server.url).netloc}"
    headers = [host] + [f"{name}: {value}" for name, value in signed.items() if name.lower() != "host"]
    assert raw(server, "GET /things", headers) == 200
    for target in ("GET //things", "GET /./things", "GET /x/../things", "GET /things/", "GET /things//"):
        assert raw(server, target, headers) in (400, 403), target
    for target in ("GET /%74hings", "GET /things?x=1", "GET /things?X-Amz-Note=1", "GET /things;a=b", "GET http://evil/things",
                   "DELETE /things", "HEAD /things", "GET /policies", "GET /things%2F", "GET /things%3FmaxResults=1"):  # fmt: skip
        assert raw(server, target, headers) == 403, target
    assert raw(server, "GET /things", [*headers, "Host: evil"]) == 400
    assert raw(server, "GET /things", ["Host: evil", *headers[1:]]) == 403
    assert raw(server, "GET /things", [*headers, "Authorization: x"]) == 403
    assert raw(server, "GET /things", [*headers, "X-Amz-Date: 20200101T000000Z"]) == 403
    assert raw(server, "GET /things", [*headers, "x-amzn-principal: x"]) == 403
    # What other servers take for another method means nothing here.
    assert raw(server, "GET /things", [*headers, "X-HTTP-Method-Override: DELETE"]) == 200

    path, _ = wire.sign(server, "GET", "/things", presign=60)
    assert raw(server, f"GET {path}", [host]) == 200
    for other in (path.replace("/things?", "/policies?"), path + "&maxResults=1", path.replace("Expires=60", "Expires=600"), path + "&X-Amz-Security-Token=x"):
        assert raw(server, f"GET {other}", [host]) == 403, other
    for target, body in ((f"POST {path}", b""), (f"GET {path}", b"{}")):
        assert raw(server, target, [host, f"Content-Length: {len(body)}"], body) == 403


def test_a_member_in_a_header_counts_once_and_signed(server):
    path = "/things/t/principals"
    principal = thing("cert", "0" * 64)
    _, signed = wire.sign(server, "PUT", path, b"", {"x-amzn-principal": principal})
    host = f"Host: {urllib.parse.urlsplit(server.url).netloc}"
    headers = [host, "Content-Length: 0"] + [f"{name}: {value}" for name, value in signed.items() if name.lower() != "host"]
    assert raw(server, f"PUT {path}", headers) == 404
    assert raw(server, f"PUT {path}", [*headers, f"x-amzn-principal: {principal}"]) == 403
    _, signed = wire.sign(server, "PUT", path, b"", {})
    headers = [host, "Content-Length: 0"] + [f"{name}: {value}" for name, value in signed.items() if name.lower() != "host"]
    assert raw(server, f"PUT {path}", [*headers, f"x-amzn-principal: {principal}"]) == 403
