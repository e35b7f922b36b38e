"""Records of what devices did, as CloudWatch Logs has them: written by level, found by pattern, with boto3 and the AWS CLI."""

import json
import os
import subprocess
import sys
import time
import uuid

import pytest
from botocore.exceptions import ClientError
from broker_fixtures import *  # noqa: F403
from devices import ALL, PATIENCE, allow, policy
from serving import REGION

GROUP = "AWSIotLogsV2"
ROLE = "arn:aws:iam::123456789012:role/logs"


@pytest.fixture
def logs(server):
    return server.client("logs")


@pytest.fixture(autouse=True)
def info(iot):
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="INFO", disableAllLogs=False)


def client_id():
    return f"client-{uuid.uuid4().hex[:8]}"


def records(logs, client, pattern=""):
    """All records of a client that fit."""
    return records_of(logs, f'{{ $.clientId = "{client}" {pattern} }}')


def records_when(logs, client, number):
    """The records of a client once there are so many: what a client says last is heard after it has gone."""
    deadline = time.monotonic() + PATIENCE
    while len(found := records(logs, client)) < number and time.monotonic() < deadline:
        pass
    return found


def records_of(logs, pattern):
    """All records that fit, through all pages."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, filterPattern=pattern)
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


def test_a_life_in_records(device, certificate, policies, logs):
    shown, name = certificate(*policies(ALL)), client_id()
    one = device(shown, name).connected()
    one.subscribe(f"{name}/in")
    one.publish(f"{name}/in", "x")
    assert one.message() == (f"{name}/in", "x")
    one.client.unsubscribe(f"{name}/in")
    one.wait("unsubscribed")
    one.close()
    found = records_when(logs, name, 6)
    assert [record["eventType"] for record in found] == [
        "Connect", "Subscribe", "Publish-In", "Publish-Out", "Unsubscribe", "Disconnect",
    ]
    for record in found:
        assert record["status"] == "Success" and record["logLevel"] == "INFO" and record["protocol"] == "MQTT"
        assert record["accountId"] == "123456789012" and record["principalId"] == shown.id
        assert record["sourceIp"] == "127.0.0.1" and record["sourcePort"] > 0 and len(record["traceId"]) == 36
    assert [record.get("topicName") for record in found] == [None, *[f"{name}/in"] * 4, None]
    assert found[-1]["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT"


def test_duplicate_client_ids_are_found_as_aws_says_it(server, device, certificate, policies):
    shown, name = certificate(*policies(ALL)), client_id()
    first = device(shown, name).connected()
    device(shown, name).connected()
    first.gone()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(server.folder), "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_ENDPOINT_URL": server.url, "AWS_DEFAULT_REGION": REGION,
        "AWS_SHARED_CREDENTIALS_FILE": str(server.folder / "data" / "root-credentials"),
    }
    command = [sys.executable, "-m", "awscli", "logs", "filter-log-events", "--log-group-name", GROUP]
    command += ["--filter-pattern", '{$.reason= "DUPLICATE_CLIENT_ID" }', "--output", "json"]
    answer = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    assert answer.returncode == 0, answer.stderr.decode()
    found = [json.loads(event["message"]) for event in json.loads(answer.stdout)["events"]]
    (record,) = [record for record in found if record["clientId"] == name]
    assert (record["eventType"], record["status"], record["logLevel"]) == ("Disconnect", "Failure", "ERROR")
    assert record["details"] == "A new connection was established with the same client ID"
    assert record["disconnectReason"] == "DUPLICATE_CLIENTID"


def test_what_is_denied_has_its_evidence(device, certificate, policies, logs):
    name = client_id()
    (only,) = policies(policy(allow("iot:Connect", "client/*")))
    shown = certificate(only)
    one = device(shown, name, version=5).connected()
    assert one.publish("secret/x") == 0x87
    (denied,) = records(logs, name, '&& $.status = "Failure"')
    assert (denied["eventType"], denied["reason"], denied["topicName"]) == ("Publish-In", "AUTHORIZATION_FAILURE", "secret/x")
    assert denied["details"].startswith("Authorization Failure: no policy allows iot:Publish on")


def test_shadows_and_retained_messages_have_records_whichever_door_was_taken(server, device, certificate, policies, logs, thing):
    data, lamp, name = server.client("iot-data"), thing("lamp"), client_id()
    data.update_thing_shadow(thingName=lamp, payload='{"state": {"desired": {"on": true}}}')
    data.get_thing_shadow(thingName=lamp)
    data.delete_thing_shadow(thingName=lamp)
    with pytest.raises(ClientError):
        data.get_thing_shadow(thingName=lamp, shadowName="config")
    one = device(certificate(*policies(ALL)), name).connected()
    topic = f"$aws/things/{lamp}/shadow/name/config/get"
    one.publish(topic, "{}")
    found = records_of(logs, f'"{lamp}"')
    about = lambda record: tuple(record.get(key) for key in ("eventType", "protocol", "status", "deviceShadowName", "topicName", "reason"))
    base = f"$aws/things/{lamp}/shadow"
    assert [about(record) for record in found] == [
        ("UpdateThingShadow", "HTTP", "Success", lamp, f"{base}/update", None),
        ("GetThingShadow", "HTTP", "Success", lamp, f"{base}/get", None),
        ("DeleteThingShadow", "HTTP", "Success", lamp, f"{base}/delete", None),
        ("GetThingShadow", "HTTP", "Failure", "config", topic, "ResourceNotFoundException"),
        ("Publish-In", "MQTT", "Success", None, topic, None),
        ("GetThingShadow", "MQTT", "Failure", "config", topic, "ResourceNotFoundException"),
    ]
    assert found[-1]["clientId"] == name and found[3]["details"].startswith("No shadow exists")


def test_reading_retained_messages_has_records(server, device, certificate, policies, logs):
    data, topic = server.client("iot-data"), client_id()
    device(certificate(*policies(ALL)), topic).connected().publish(topic, "x", retain=True)
    data.get_retained_message(topic=topic)
    data.list_retained_messages()
    (record,) = records_of(logs, f'{{ $.eventType = "GetRetainedMessage" && $.topicName = "{topic}" }}')
    assert (record["protocol"], record["status"], record["qos"]) == ("HTTP", "Success", "1")
    assert len(record["lastModifiedDate"]) == len("2026-11-29 10:00:00.000") == len(record["timestamp"])
    assert records_of(logs, '{ $.eventType = "ListRetainedMessage" }')
    iam, user = server.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    with pytest.raises(ClientError):
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        server.client("iot-data", **keys).get_retained_message(topic=topic)
    (denied,) = records_of(logs, f'{{ $.topicName = "{topic}" && $.status = "Failure" }}')
    assert (denied["eventType"], denied["reason"], denied["logLevel"]) == ("GetRetainedMessage", "AUTHORIZATION_FAILURE", "ERROR")


def level(iot, kind, name, level):
    iot.set_v2_logging_level(logTarget={"targetType": kind, "targetName": name}, logLevel=level)


def test_levels_are_those_of_the_target(device, certificate, policies, logs, iot, thing):
    shown, quiet, loud = certificate(*policies(ALL)), client_id(), client_id()
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="ERROR", disableAllLogs=False)
    level(iot, "CLIENT_ID", loud, "INFO")
    for name in (quiet, loud):
        device(shown, name).connected().close()
    assert len(records_when(logs, loud, 2)) == 2 and not records(logs, quiet)
    # A group's level counts for its things, and takes effect on connections that are open.
    member, group = thing(), f"group-{uuid.uuid4().hex[:8]}"
    shown = certificate(*policies(ALL)).be(member)
    iot.create_thing_group(thingGroupName=group)
    iot.add_thing_to_thing_group(thingGroupName=group, thingName=member)
    one = device(shown, member).connected()
    one.publish("x")
    level(iot, "THING_GROUP", group, "DEBUG")
    one.publish("y")
    assert [record["topicName"] for record in records(logs, member)] == ["y"]
    iot.set_v2_logging_options(roleArn=ROLE, disableAllLogs=True)
    one.publish("z")
    assert len(records(logs, member)) == 1


def test_pages_streams_and_times(device, certificate, policies, logs):
    name = client_id()
    one = device(certificate(*policies(ALL)), name).connected()
    for number in range(5):
        one.publish(f"{name}/{number}")
    topics = [f"{name}/{number}" for number in range(5)]
    pattern, events, token = f'"{name}/"', [], {}
    while True:
        page = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern, limit=2, **token)
        assert len(page["events"]) <= 2
        events += page["events"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert [json.loads(event["message"])["topicName"] for event in events] == topics
    assert len({event["eventId"] for event in events}) == 5
    start = events[2]["timestamp"]
    later = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern, startTime=start)["events"]
    assert 3 <= len(later) < 6 and all(event["timestamp"] >= start for event in later)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="AWSIot")["logGroups"]
    assert group["logGroupName"] == GROUP and group["storedBytes"] > 0
    assert logs.describe_log_groups(logGroupNamePrefix="other")["logGroups"] == []
    stream = logs.describe_log_streams(logGroupName=GROUP)["logStreams"][0]
    newest = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], limit=2)
    assert [json.loads(event["message"])["topicName"] for event in newest["events"]] == topics[3:]
    older = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], limit=2, nextToken=newest["nextBackwardToken"])
    assert [json.loads(event["message"])["topicName"] for event in older["events"]] == topics[1:3]
    again = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], nextToken=newest["nextForwardToken"])
    assert again["events"] == [] and again["nextForwardToken"] == newest["nextForwardToken"]


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"filterPattern": "{ $.reason = %x% }"}, "InvalidParameterException", "regular expressions"),
        ({"filterPattern": "[ip, user]"}, "InvalidParameterException", "are not served"),
        ({"filterPattern": "{ $.reason = }"}, "InvalidParameterException", "ends too early"),
        ({"nextToken": "nonsense"}, "InvalidParameterException", "nextToken"),
        ({"logGroupName": "other"}, "ResourceNotFoundException", "log group"),
    ],
)
def test_what_is_not_understood_is_said(logs, wrong, code, words):
    with pytest.raises(ClientError) as refused:
        logs.filter_log_events(**{"logGroupName": GROUP, **wrong})
    assert refused.value.response["Error"]["Code"] == code and words in str(refused.value)


def test_reading_needs_permission_and_other_operations_are_not_served(server, logs):
    iam, name = server.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with pytest.raises(ClientError) as refused:
        server.client("logs", **keys).filter_log_events(logGroupName=GROUP)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{GROUP}:*"
    document = policy(("Allow", "logs:FilterLogEvents", arn))
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
    assert "events" in server.client("logs", **keys).filter_log_events(logGroupName=GROUP)
    with pytest.raises(ClientError) as refused:
        logs.create_log_group(logGroupName="mine")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
