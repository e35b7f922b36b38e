"""What connections show is a finding at once, and not only when the next audit comes: in lists, and where findings go by themselves."""

import json
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from broker_fixtures import *
from devices import ALL, PATIENCE

sys.path.insert(0, str(Path(__file__).parent.parent / "aws"))
import audits
from receivers import Receiver
from serving import Server
from test_findings_over_time import tell

CONFLICTS, SHARED = "CONFLICTING_CLIENT_IDS_CHECK", "DEVICE_CERTIFICATE_SHARED_CHECK"
ENVIRONMENT = {"THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true", "THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256", "HOOK": "s" * 32}


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def server(tmp_path, receiver):
    """With a webhook."""
    configuration = f'[[sinks]]\nname = "hook"\ntype = "webhook"\nurl = "{receiver.url}/hook"\nsecret_env = "HOOK"\n'
    (tmp_path / "tw.toml").write_text(configuration)
    running = Server(tmp_path, "--config", tmp_path / "tw.toml", "--mqtt-listen", "127.0.0.1:0", environment=ENVIRONMENT)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def iot(server):
    client = server.client()
    audits.enable(client, CONFLICTS, SHARED)
    return client


@pytest.fixture
def certificates(policies, certificate):
    (everything,) = policies(ALL)
    return lambda: certificate(everything)


def told(receiver):
    """What the webhook was told of findings: (check, resource, state) of each."""
    documents = [json.loads(body) for _, _, body in receiver.requests]
    findings = [finding for document in documents for finding in document.get("findings", [])]
    return [(one["checkName"], *one["nonCompliantResource"]["resourceIdentifier"].values(), one["state"]) for one in findings]


def audit_tasks(iot):
    return [one["taskId"] for one in iot.list_audit_tasks(startTime=time.time() - 3600, endTime=time.time() + 3600)["tasks"]]


def live_findings(iot, but):
    """What each other audit found."""
    found = []
    for task in audit_tasks(iot):
        if task != but:
            names = [one["nonCompliantResource"]["resourceIdentifier"]["clientId"] for one in audits.findings(iot, taskId=task)]
            (details,) = audits.ended(iot, task)["auditDetails"].values()
            assert details["totalResourcesCount"] == details["nonCompliantResourcesCount"] == len(names)
            found.append(names)
    return found


def wait_for_history(server, *wanted):
    """Until these (client id, kind) are in the store."""
    deadline, known = time.monotonic() + PATIENCE, set()
    while not known.issuperset(wanted):
        assert time.monotonic() < deadline, known
        with sqlite3.connect(f"file:{server.folder}/data/thingwarden.db?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT body FROM connection_event").fetchall()
        known = {(event["client_id"], event["kind"]) for (body,) in rows for event in [json.loads(body)]}


def displace(device, certificate, client_id):
    first = device(certificate, client_id).connected()
    device(certificate, client_id).connected()
    first.gone()


def test_a_conflict_is_told_at_once_and_once(server, iot, receiver, certificates, device):
    cert = certificates()
    displace(device, cert, "pump")
    receiver.wait_for(lambda it: told(it) == [(CONFLICTS, "pump", "NEW")])
    (finding,) = audits.findings(iot, startTime=0, endTime=2**31, checkName=CONFLICTS)
    assert finding["nonCompliantResource"]["resourceIdentifier"] == {"clientId": "pump"}
    assert finding["relatedResources"][0]["resourceIdentifier"] == {"deviceCertificateId": cert.id}
    assert [one["state"] for one in tell(server, "findings", "--check", CONFLICTS)] == ["NEW"]
    # What comes later is told, and not again what is known.
    displace(device, cert, "pump")
    displace(device, certificates(), "valve")
    receiver.wait_for(lambda it: len(told(it)) == 2)
    assert told(receiver)[1] == (CONFLICTS, "valve", "NEW")
    task, _ = audits.run(iot, CONFLICTS)
    assert len(audits.findings(iot, taskId=task)) == 2
    # Of the two before, each had what it was started for, and was that large.
    assert sorted(live_findings(iot, but=task)) == [["pump"], ["valve"]]
    assert [one["state"] for one in tell(server, "findings", "--check", CONFLICTS)] == ["OPEN", "OPEN"]


def test_a_shared_certificate_is_told_at_once_and_an_audit_does_not_take_it_back(server, iot, receiver, certificates, device):
    cert = certificates()
    one, other = device(cert, "one").connected(), device(cert, "other").connected()
    receiver.wait_for(lambda it: told(it) == [(SHARED, cert.id, "NEW")])
    (finding,) = audits.findings(iot, startTime=0, endTime=2**31, checkName=SHARED)
    assert {one["resourceIdentifier"]["clientId"] for one in finding["relatedResources"]} == {"one", "other"}
    # AWS's audit leaves out the last two hours.
    task, _ = audits.run(iot, SHARED)
    assert audits.findings(iot, taskId=task) == []
    assert [one["resourceIdentifier"] for one in tell(server, "findings", "--check", SHARED)] == [{"deviceCertificateId": cert.id}]
    one.close()
    other.close()


def test_what_is_suppressed_or_not_asked_for_is_not_told(iot, receiver, certificates, device):
    iot.create_audit_suppression(
        checkName=CONFLICTS, resourceIdentifier={"clientId": "noisy"}, suppressIndefinitely=True, clientRequestToken="t" * 36
    )
    displace(device, certificates(), "noisy")
    displace(device, certificates(), "loud")
    receiver.wait_for(lambda it: told(it))
    assert told(receiver) == [(CONFLICTS, "loud", "NEW")]
    iot.update_account_audit_configuration(auditCheckConfigurations={CONFLICTS: {"enabled": False}})
    displace(device, certificates(), "quiet")
    cert = certificates()
    both = device(cert, "left").connected(), device(cert, "right").connected()
    receiver.wait_for(lambda it: len(told(it)) > 1)
    assert told(receiver)[1:] == [(SHARED, cert.id, "NEW")]
    for each in both:
        each.close()


def test_what_a_kill_left_unjudged_is_found_after_the_next_start(server, iot, receiver, certificates, device):
    def enable(client, enabled):
        client.update_account_audit_configuration(auditCheckConfigurations={check: {"enabled": enabled} for check in (CONFLICTS, SHARED)})

    cert, pair, spare = certificates(), certificates(), certificates()
    # As long as the checks are not enabled nobody judges, so the kill is between the connections and the judging.
    enable(iot, False)
    displace(device, cert, "pump")
    device(pair, "one").connected(), device(pair, "other").connected()
    wait_for_history(server, ("pump", "DISPLACED"), ("one", "CONNECTED"), ("other", "CONNECTED"))
    server.kill()
    server.start()
    enable(server.client(), True)
    server.kill()
    server.start()
    both = sorted([(CONFLICTS, "pump", "NEW"), (SHARED, pair.id, "NEW")])
    receiver.wait_for(lambda it: sorted(told(it)) == both)
    # The next start knows them, and goes on with what comes. What a kill interrupts a sink is told again, under the same ids.
    server.kill()
    server.start()
    displace(device, spare, "valve")
    receiver.wait_for(lambda it: (CONFLICTS, "valve", "NEW") in told(it))
    assert set(told(receiver)) == {*both, (CONFLICTS, "valve", "NEW")}
    assert len(audit_tasks(server.client())) == 2
