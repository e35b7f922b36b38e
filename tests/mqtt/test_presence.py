"""What is told of devices that come and go, and what audits know of it."""

import json
import sys
from pathlib import Path

import pytest
from broker_fixtures import *
from devices import ALL, Device, allow, policy

sys.path.insert(0, str(Path(__file__).parent.parent / "aws"))
import audits

CONFLICTS = "CONFLICTING_CLIENT_IDS_CHECK"


@pytest.fixture
def watcher(policies, certificate, device):
    (name,) = policies(ALL)
    cert = certificate(name)
    one = device(cert, f"watcher-{name}").connected()

    def watch(*topics):
        one.subscribe(*topics)
        return one

    watch.certificate = lambda: certificate(name)
    return watch


def event(watcher):
    message = watcher.wait("message")
    return message.topic, json.loads(message.payload)


def test_coming_and_going_is_told(watcher, device):
    watch = watcher("$aws/events/presence/+/lamp")
    cert = watcher.certificate()
    device(cert, "lamp").connected().close()
    topic, connected = event(watch)
    assert topic == "$aws/events/presence/connected/lamp"
    assert connected["clientId"] == "lamp" and connected["eventType"] == "connected"
    assert connected["principalIdentifier"] == cert.id and connected["ipAddress"] == "127.0.0.1"
    topic, gone = event(watch)
    assert topic == "$aws/events/presence/disconnected/lamp"
    assert gone["clientInitiatedDisconnect"] is True and gone["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT"
    assert gone["sessionIdentifier"] == connected["sessionIdentifier"]
    assert gone["versionNumber"] == connected["versionNumber"] == 0
    device(cert, "lamp").connected().drop()
    assert event(watch)[1]["versionNumber"] == 1
    gone = event(watch)[1]
    assert gone["clientInitiatedDisconnect"] is False and gone["disconnectReason"] == "CONNECTION_LOST"


def test_a_thing_is_named_whose_alone_the_certificate_is(watcher, device, thing):
    watch = watcher("$aws/events/presence/connected/+")
    alone, shared = thing("alone"), thing("shared")
    device(watcher.certificate().be(alone, thingPrincipalType="EXCLUSIVE_THING"), "any-name").connected()
    assert event(watch)[1]["thingName"] == alone
    device(watcher.certificate().be(shared), shared).connected()
    assert "thingName" not in event(watch)[1]


def test_the_reason_of_an_end_is_told(watcher, device, iot):
    watch = watcher("$aws/events/presence/disconnected/ends")
    cert = watcher.certificate()
    device(cert, "ends").connected().client.publish("a", qos=2)
    assert event(watch)[1]["disconnectReason"] == "CLIENT_ERROR"
    device(cert, "ends").connected()
    last = device(cert, "ends").connected()
    assert event(watch)[1]["disconnectReason"] == "DUPLICATE_CLIENTID"
    cert.set_status("INACTIVE")
    last.gone()
    assert event(watch)[1]["disconnectReason"] == "FORBIDDEN_ACCESS"


def test_who_may_not_connect_is_told_of(watcher, policies, certificate, device):
    watch = watcher("$aws/events/presence/connect_failed/+")
    (nothing,) = policies(policy(allow("iot:Publish", "*")))
    cert = certificate(nothing)
    assert not device(cert, "burglar").is_let_in()
    topic, failed = event(watch)
    assert topic == "$aws/events/presence/connect_failed/burglar"
    assert (failed["connectFailureReason"], failed["principalIdentifier"]) == ("AUTHORIZATION_FAILED", cert.id)


def test_subscriptions_are_told(watcher, device):
    watch = watcher("$aws/events/subscriptions/+/reader")
    reader = device(watcher.certificate(), "reader").connected()
    reader.subscribe("a/+", "b")
    topic, subscribed = event(watch)
    assert topic == "$aws/events/subscriptions/subscribed/reader" and subscribed["topics"] == ["a/+", "b"]
    reader.client.unsubscribe("b")
    topic, unsubscribed = event(watch)
    assert topic == "$aws/events/subscriptions/unsubscribed/reader" and unsubscribed["topics"] == ["b"]


def test_nobody_makes_up_events(watcher, device):
    one = device(watcher.certificate(), "liar", version=5).connected()
    assert one.publish("$aws/events/presence/connected/somebody", "{}") == 0x87


def test_an_audit_finds_devices_that_displace_each_other(watcher, device, iot):
    audits.enable(iot, CONFLICTS)
    cert, other = watcher.certificate(), watcher.certificate()
    for who in (cert, other):
        device(who, "conflict").connected()
    device(cert, "peaceful").connected()
    task, description = audits.run(iot, CONFLICTS)
    assert description["auditDetails"][CONFLICTS]["checkRunStatus"] == "COMPLETED_NON_COMPLIANT"
    found = {one["nonCompliantResource"]["resourceIdentifier"]["clientId"]: one for one in audits.findings(iot, taskId=task)}
    assert "conflict" in found and "peaceful" not in found
    assert found["conflict"]["severity"] == "HIGH"
    assert found["conflict"]["reasonForNonComplianceCode"] == "DUPLICATE_CLIENT_ID_ACROSS_CONNECTIONS"
    assert cert.id in str(found["conflict"])


def test_a_killed_server_leaves_nobody_connected(tmp_path):
    """DEVICE_CERTIFICATE_SHARED_CHECK would see two clients of one certificate that were never there together."""
    import sqlite3

    from devices import Certificate
    from serving import Server

    server = Server(tmp_path, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT)
    iot = server.client()
    iot.create_policy(policyName="all", policyDocument=ALL)
    cert = Certificate(iot, tmp_path).attach("all")
    first = Device(server, cert, "first").connected()
    # An answer shows that everything before it is on its way; the history is written beside.
    first.publish("x")
    database = tmp_path / "data" / "thingwarden.db"

    def history():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT body FROM connection_event ORDER BY place").fetchall()
        return [(event["client_id"], event["kind"]) for (body,) in rows for event in [json.loads(body)]]

    deadline = 200
    while not history() and deadline:
        Device(server, cert, "second").connected().close()
        deadline -= 1
    server.kill()
    server.start()
    assert server.stop() == 0
    events = history()
    for client in {client for client, _ in events}:
        kinds = [kind for one, kind in events if one == client]
        assert kinds[-1] == "DISCONNECTED", events
    assert ("first", "CONNECTED") in events
