"""Quarantine: asked for with a tag, an attribute, an operation or the command line; proved; taken back; over restarts."""

import json
import time

import pytest

import own
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}})
OWN_NAME = "arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}"
NARROW = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:Connect", "Resource": OWN_NAME}})


def arn(kind, name):
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:{kind}/{name}"


def device(iot, name, document=DOCUMENT):
    """A thing with an active certificate and a policy; the certificate's id."""
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_thing(thingName=name)
    iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])
    iot.create_policy(policyName=f"of-{name}", policyDocument=document)
    iot.attach_policy(policyName=f"of-{name}", target=made["certificateArn"])
    return made["certificateId"]


def status(iot, certificate):
    return iot.describe_certificate(certificateId=certificate)["certificateDescription"]["status"]


def wait(condition, seconds=20):
    """The time until it holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
    return time.monotonic() - begun


def described(server, thing, **wanted):
    found = own.call(server, "DescribeQuarantine", {"thingName": thing})
    return found if all(found.get(key) == value for key, value in wanted.items()) else None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    running = Server(folder, environment={"THINGWARDEN_QUARANTINE__TAG_KEY": "quarantine", "THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"})
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def quarantine(server, thingwarden):
    def run(command, *arguments):
        return thingwarden("quarantine", command, *arguments, "--data", server.folder / "data", "--endpoint", server.url, "--region", REGION)

    return run


def test_a_tag_cuts_a_thing_off_within_a_second_and_its_end_gives_all_back(server, iot):
    certificate = device(iot, "lamp")
    iot.tag_resource(resourceArn=arn("thing", "lamp"), tags=[{"Key": "quarantine", "Value": "true"}])
    assert wait(lambda: status(iot, certificate) == "INACTIVE") < 1
    groups = [group["groupName"] for group in iot.list_thing_groups_for_thing(thingName="lamp")["thingGroups"]]
    assert groups == ["thingwarden-quarantine"]
    wait(lambda: "proof" in own.call(server, "DescribeQuarantine", {"thingName": "lamp"}))
    found = described(server, "lamp", state="IN_FORCE")
    assert found["proof"] == {"result": "PROVED"}
    assert found["askedBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert sorted(kind for kind, _ in found["changed"]) == ["certificate", "thing_group_member"]
    entries = own.call(server, "ListTrail", {"kind": "certificate", "id": certificate})["entries"]
    assert (entries[0]["principal"], entries[0]["operation"]) == ("thingwarden:quarantine", "quarantine:PutIn")

    iot.untag_resource(resourceArn=arn("thing", "lamp"), tagKeys=["quarantine"])
    assert wait(lambda: described(server, "lamp", state="RELEASED")) < 1
    assert status(iot, certificate) == "ACTIVE"
    assert iot.list_thing_groups_for_thing(thingName="lamp")["thingGroups"] == []


def test_the_command_line_proves_and_releases(server, iot, quarantine):
    certificate = device(iot, "pump")
    result = quarantine("put", "pump")
    assert result.code == 0, result.err
    assert "in force" in result.text and "proved: it can do nothing" in result.text
    assert status(iot, certificate) == "INACTIVE"
    assert "pump" in quarantine("list").text
    # What somebody changes meanwhile is theirs.
    iot.update_certificate(certificateId=certificate, newStatus="REVOKED")
    result = quarantine("release", "pump")
    assert result.code == 1 and f"`status` of certificate `{certificate}` was changed since" in result.text
    assert quarantine("put", "no-such").code == 2
    assert quarantine("release", "no-such").code == 2


def test_what_a_group_alone_does_not_stop_is_said(tmp_path):
    """Policies of a group hold for who connects as its thing; a certificate that may be any client is not bound by them."""
    environment = {"THINGWARDEN_QUARANTINE__DEACTIVATE_CERTIFICATES": "false", "THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256"}
    server = Server(tmp_path, environment=environment)
    iot = server.client()
    wide, narrow = device(iot, "wide"), device(iot, "narrow", NARROW)
    for thing in ("wide", "narrow"):
        own.call(server, "Quarantine", {"thingName": thing})
        wait(lambda: "proof" in own.call(server, "DescribeQuarantine", {"thingName": thing}))
    assert status(iot, wide) == status(iot, narrow) == "ACTIVE"
    assert own.call(server, "DescribeQuarantine", {"thingName": "narrow"})["proof"] == {"result": "PROVED"}
    proof = own.call(server, "DescribeQuarantine", {"thingName": "wide"})["proof"]
    assert proof["result"] == "REACHES"
    (reach,) = proof["reaches"]
    assert (reach["principal"], reach["action"], reach["allowedBy"]) == (arn("cert", wide), "iot:Connect", ["of-wide"])
    # The witness is one that the server itself takes for allowed.
    asked = {"actionType": "CONNECT", "resources": [reach["resource"]]}
    found = iot.test_authorization(principal=reach["principal"], clientId=reach["clientId"], authInfos=[asked])
    assert found["authResults"][0]["authDecision"] == "ALLOWED"
    found = iot.test_authorization(principal=reach["principal"], clientId="wide", authInfos=[asked | {"resources": [arn("client", "wide")]}])
    assert found["authResults"][0]["authDecision"] == "EXPLICIT_DENY"
    assert server.stop() == 0


def test_what_was_asked_is_done_after_a_kill(tmp_path):
    environment = {"THINGWARDEN_QUARANTINE__TAG_KEY": "isolate", "THINGWARDEN_QUARANTINE__TAG_VALUE": "now"}
    server = Server(tmp_path, environment=environment)
    iot = server.client()
    for number in range(20):
        iot.create_thing(thingName=f"t{number}", attributePayload={"attributes": {"isolate": "now"}})
    server.kill()
    server.start()
    wait(lambda: len(own.call(server, "ListQuarantines", {"state": "IN_FORCE"})["quarantines"]) == 20)
    assert server.stop() == 0


def test_permission_is_for_the_thing(server, iot):
    iam = server.client("iam")
    iam.create_user(UserName="guard")
    statement = {"Effect": "Allow", "Action": "thingwarden:*Quarantine", "Resource": arn("thing", "yard-*")}
    iam.put_user_policy(UserName="guard", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    keys = keys_of(iam.create_access_key(UserName="guard"))
    iot.create_thing(thingName="yard-1")
    iot.create_thing(thingName="hall-1")
    assert own.refused(server, "Quarantine", {"thingName": "hall-1"}, **keys) == (403, "AccessDeniedException")
    assert own.refused(server, "ListQuarantines", **keys) == (403, "AccessDeniedException")
    assert own.call(server, "Quarantine", {"thingName": "yard-1"}, **keys)["state"] == "ASKED"
    assert own.refused(server, "Quarantine", {"thingName": "yard-none"}, **keys) == (404, "ResourceNotFoundException")
