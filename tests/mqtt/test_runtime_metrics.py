"""The broker's numbers as log records, for each account and region and time after time."""

import json
import os
import subprocess
import sys
import time

from broker_fixtures import *  # noqa: F403
from devices import ALL, PATIENCE, allow, policy
from serving import REGION

SERVER_ENVIRONMENT = {**SERVER_ENVIRONMENT, "THINGWARDEN_DEVICE_LOGS__RUNTIME_METRICS_SECONDS": "1"}
ROLE = "arn:aws:iam::123456789012:role/logs"
STATES = ("connections", "sessions", "subscriptions", "retainedMessages")
COUNTS = (
    "connectionAttempts", "connects", "disconnects", "connectionsRefused", "authorizationFailures", "throttled",
    "messagesReceived", "messagesSent", "messagesDropped", "bytesReceived", "bytesSent",
)


def records(server, region=REGION):
    """All records, as the AWS CLI finds them."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(server.folder), "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_ENDPOINT_URL": server.url, "AWS_DEFAULT_REGION": region,
        "AWS_SHARED_CREDENTIALS_FILE": str(server.folder / "data" / "root-credentials"),
    }
    command = [sys.executable, "-m", "awscli", "logs", "filter-log-events", "--log-group-name", "AWSIotLogsV2"]
    command += ["--filter-pattern", '{ $.eventType = "RuntimeMetrics" }', "--output", "json"]
    answer = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    assert answer.returncode == 0, answer.stderr.decode()
    return [json.loads(event["message"]) for event in json.loads(answer.stdout)["events"]]


def records_when(server, is_enough):
    deadline = time.monotonic() + PATIENCE
    while not is_enough(found := records(server)) and time.monotonic() < deadline:
        pass
    return found


def test_records_come_by_themselves_and_count_everything_once(server, iot, device, certificate, policies):
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="ERROR", disableAllLogs=False, eventConfigurations=[
        {"eventType": "RuntimeMetrics", "logLevel": "INFO"},
    ])
    shown = certificate(*policies(policy(allow("iot:Connect", "*"), allow(["iot:Publish", "iot:Receive"], "topic/in"), allow("iot:Subscribe", "*"))))
    reader, writer = device(shown, "reader").connected(), device(shown, "writer", version=5).connected()
    reader.subscribe("in", "more")
    for number in range(5):
        assert writer.publish("in", f"{number:010}") == 0
        assert reader.message() == ("in", f"{number:010}")
    assert writer.publish("secret", "x") == 0x87
    retainer = device(certificate(*policies(ALL)), "retainer").connected()
    retainer.publish("kept", "four", retain=True)
    retainer.close()
    writer.close()

    def total(found, name):
        return sum(record[name] for record in found)

    found = records_when(server, lambda found: total(found, "disconnects") >= 2 and total(found, "messagesReceived") >= 6)
    expected = {
        "connectionAttempts": 3, "connects": 3, "connectionsRefused": 0, "authorizationFailures": 1, "throttled": 0,
        "messagesReceived": 6, "messagesSent": 5, "messagesDropped": 0, "bytesReceived": 54, "bytesSent": 50,
    }
    assert {name: total(found, name) for name in expected} == expected
    last = found[-1]
    assert last["retainedMessages"] == 1 and last["subscriptions"] == 2 and last["connections"] >= 1
    common = {"timestamp", "logLevel", "traceId", "accountId", "status", "eventType", "periodSeconds"}
    for record in found:
        assert set(record) == {*common, *STATES, *COUNTS}
        assert (record["logLevel"], record["status"], record["accountId"]) == ("INFO", "Success", "123456789012")
        assert record["periodSeconds"] >= 1
    assert records(server, "eu-west-1") == [], "nothing is in use there"
