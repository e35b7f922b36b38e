"""Where findings of audits go by themselves: Security Hub, OCSF, webhooks, Slack; the real binary against receivers made here."""

import hashlib
import hmac
import json
import socketserver
import subprocess
import threading
import time
import urllib.request

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

import certificates
from audits import EXPIRING_CHECK, PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, import_policies, run
from conftest import BINARY
from receivers import Receiver
from security_hub import hub  # noqa: F401
from serving import ACCOUNT, REGION, Server

MANY = 10_000
PRIVATE = {"THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true"}
HUB = '[[sinks]]\nname = "hub"\ntype = "security-hub"\n'


@pytest.fixture
def serve(tmp_path):
    """Starts a server with a configuration file of this text."""
    started = []

    def start(text, environment=None):
        (tmp_path / "tw.toml").write_text(text)
        server = Server(tmp_path, "--config", tmp_path / "tw.toml", environment=environment)
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill() if server.process.poll() is None else None


def tell(server, command, *options):
    arguments = [str(BINARY), command, "--data", str(server.folder / "data"), "--format", "json", *options]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def open_policies(iot, *names):
    for name in names:
        iot.create_policy(policyName=name, policyDocument=json.dumps(PERMISSIVE))


def hub_id(name, check=PERMISSIVE_CHECK):
    return f"arn:aws:iot-device-defender:{REGION}:{ACCOUNT}:audits/finding/{check}-{name}"


def metrics(server):
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


# Security Hub


def test_findings_are_imported_and_archived_when_fixed_suppressed_or_all_compliant(serve, hub):
    server = serve(HUB, hub.environment)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b", "c")
    task, _ = run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: len(hub.findings) == 3)
    one = hub.findings[hub_id("a")]
    assert one["GeneratorId"] == f"arn:aws:iot:{REGION}:{ACCOUNT}:scheduledaudit/OnDemand"
    assert one["ProductArn"] == f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default"
    assert one["Severity"] == {"Label": "CRITICAL"} and one["Compliance"] == {"Status": "FAILED"}
    assert one["Title"] == f"IoT Device Defender: resource a non compliant to {PERMISSIVE_CHECK}"
    assert one["Types"] == [f"Software and Configuration Checks/AWS IoT Device Defender/{PERMISSIVE_CHECK}"]
    assert task in one["Remediation"]["Recommendation"]["Url"]
    assert hub.ids("ACTIVE") == {hub_id(name) for name in "abc"}

    # One is fixed, one is suppressed: both are archived, the third stays.
    iot.create_policy_version(policyName="a", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    iot.create_audit_suppression(
        checkName=PERMISSIVE_CHECK, suppressIndefinitely=True, clientRequestToken="t" * 36,
        resourceIdentifier={"policyVersionIdentifier": {"policyName": "b", "policyVersionId": "1"}},
    )
    run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: hub.ids("ACTIVE") == {hub_id("c")})
    assert hub.ids("ARCHIVED") == {hub_id("a"), hub_id("b")}
    assert hub.findings[hub_id("a")]["UpdatedAt"] > one["UpdatedAt"]
    assert hub.findings[hub_id("a")]["CreatedAt"] == one["CreatedAt"]

    # A new version that is as bad is the same finding; and then nothing is wrong any more.
    iot.create_policy_version(policyName="c", policyDocument=json.dumps(PERMISSIVE), setAsDefault=True)
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 3)
    assert hub.ids("ACTIVE") == {hub_id("c")}
    iot.create_policy_version(policyName="c", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    iot.delete_policy(policyName="b")
    run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: not hub.ids("ACTIVE"))
    assert len(hub.findings) == 3


def test_an_audit_archives_only_findings_of_its_own_checks(serve, hub):
    server = serve(HUB, hub.environment)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK, "LOGGING_DISABLED_CHECK")
    open_policies(iot, "a")
    run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: hub.ids("ACTIVE") == {hub_id("a")})
    run(iot, "LOGGING_DISABLED_CHECK")
    assert_done(server, 2)
    assert hub_id("a") in hub.ids("ACTIVE")


def test_findings_that_fail_are_tried_again_and_then_visible(serve, hub):
    server = serve(HUB, hub.environment)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b", "c")
    hub.failing, hub.fail_always = {hub_id("a")}, {hub_id("b")}
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 1)
    assert set(hub.findings) == {hub_id("a"), hub_id("c")}
    found = metrics(server)
    assert found['thingwarden_sink_findings_total{sink="hub",outcome="sent"}'] == "2"
    assert found['thingwarden_sink_findings_total{sink="hub",outcome="refused"}'] == "1"
    assert "InternalFailure not now" in server.log_text()


def test_the_way_of_awss_own_integration(serve, hub):
    server = serve(HUB + 'mapping = "integrated"\nlink = "https://warden.example/{task}#{check}"\n', hub.environment)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a")
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 1)
    finding = f"{ACCOUNT}/IOT_POLICY/a/1/{PERMISSIVE_CHECK}/ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS"
    summary = f"{ACCOUNT}/ON_DEMAND_AUDIT_TASK/{PERMISSIVE_CHECK}"
    assert hub.ids("ACTIVE") == {finding, summary}
    assert hub.findings[finding]["ProductFields"]["PolicyVersionId"] == "1"
    iot.create_policy_version(policyName="a", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: hub.ids("ARCHIVED") == {finding, summary})


def test_a_new_sink_hears_of_everything_that_was_fixed(serve, hub, tmp_path):
    """Findings may have been imported by an earlier configuration, or by the sample Lambda."""
    server = serve("")
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b")
    run(iot, PERMISSIVE_CHECK)
    iot.delete_policy(policyName="a")
    run(iot, PERMISSIVE_CHECK)
    assert server.stop() == 0
    server = serve(HUB, hub.environment)
    run(server.client(), PERMISSIVE_CHECK)
    assert_done(server, 1)
    assert hub.ids("ACTIVE") == {hub_id("b")} and hub.ids("ARCHIVED") == {hub_id("a")}


def test_ten_thousand_findings_reach_a_hub_that_throttles_over_kills(serve, hub, tmp_path):
    import_policies(tmp_path, MANY)
    server = serve(HUB, hub.environment)
    enable(server.client(), PERMISSIVE_CHECK)
    hub.mode = "throttle"
    run(server.client(), PERMISSIVE_CHECK)
    for share in (0.1, 0.4, 0.7):
        hub.wait_for(lambda: len(hub.findings) >= MANY * share)
        server.kill()
        sent_before = len(hub.findings)
        # The rest goes quicker.
        hub.mode = "throttle" if share < 0.4 else "work"
        server.start()
        assert len(hub.findings) >= sent_before
    hub.wait_for(lambda: len(hub.findings) == MANY)
    assert_done(server, 1)
    assert len(hub.ids("ACTIVE")) == MANY and hub.throttled > 0
    # A page at most goes out again after each kill.
    assert hub.calls - hub.throttled <= MANY / 100 + 2 * 3


def test_a_hub_that_is_down_costs_nothing_and_gets_everything_in_order(serve, hub):
    hub.mode = "down"
    server = serve(HUB, hub.environment)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b")
    run(iot, PERMISSIVE_CHECK)
    hub.wait_for(lambda: hub.calls > 0)
    iot.delete_policy(policyName="a")
    _, description = run(iot, PERMISSIVE_CHECK)
    assert description["taskStatus"] == "COMPLETED"
    assert metrics(server)['thingwarden_sink_audits_waiting{sink="hub"}'] == "2"
    assert hub.findings == {}
    (queue,) = tell(server, "deliveries")
    assert (queue["target"], queue["waiting"], queue["dead"], queue["lastError"]) == ("sink:hub", 2, 0, "503 down")
    assert queue["attempts"] > 0
    hub.mode = "work"
    hub.wait_for(lambda: hub.ids("ARCHIVED") == {hub_id("a")})
    assert_done(server, 2)
    assert hub.ids("ACTIVE") == {hub_id("b")}


def assert_done(server, audits):
    """Waits until the sinks know so many audits."""
    deadline = time.monotonic() + 60
    while server.log_text().count("a sink knows an audit") < audits:
        assert time.monotonic() < deadline, server.log_text()[-2000:]
        threading.Event().wait(0.02)


# Other receivers


@pytest.fixture
def receiver():
    """Answers with the next of `statuses`, else 200, and keeps in `answered` which."""
    def answer(handler, number):
        running.answered.append(running.statuses.pop(0) if running.statuses else 200)
        handler.plain(running.answered[-1])

    with Receiver(answer) as running:
        running.statuses, running.answered = [], []
        yield running


def events_of(text):
    return [json.loads(line) for line in text.splitlines()]


def assert_valid(events, uid):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.6.0"))
    name = schema.lookup_class_name_from_uid(class_uid=uid)
    validator = jsonschema.Draft202012Validator(schema.get_class_schema(class_name=name, profiles=["cloud"]))
    for event in events:
        assert [error.message for error in validator.iter_errors(event)] == []


def test_ocsf_lines_in_a_file_follow_a_finding_and_are_valid(serve, tmp_path):
    path = tmp_path / "events.jsonl"
    server = serve(f'[[sinks]]\nname = "log"\ntype = "ocsf"\nfile = "{path}"\n')
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK, EXPIRING_CHECK, "LOGGING_DISABLED_CHECK")
    open_policies(iot, "a")
    run(iot, PERMISSIVE_CHECK)
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 2)
    path.rename(tmp_path / "rotated.jsonl")
    iot.delete_policy(policyName="a")
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 3)
    before, after = events_of((tmp_path / "rotated.jsonl").read_text()), events_of(path.read_text())
    assert [event["activity_name"] for event in before + after] == ["Create", "Update", "Close"]
    assert len({event["finding_info"]["uid"] for event in before + after}) == 1
    assert len({event["metadata"]["uid"] for event in before + after}) == 3
    assert_valid(before + after, 2003)


def test_ocsf_over_http_is_sent_again_until_it_is_taken(serve, receiver):
    receiver.statuses = [500, 429]
    text = f'[[sinks]]\nname = "lake"\ntype = "ocsf"\nclass = "detection"\nurl = "{receiver.url}/in"\ntoken_env = "LAKE_TOKEN"\n'
    server = serve(text, {**PRIVATE, "LAKE_TOKEN": "s3cret-token"})
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b")
    run(iot, PERMISSIVE_CHECK)
    assert_done(server, 1)
    assert receiver.answered == [500, 429, 200]
    assert len({body for _, _, body in receiver.requests}) == 1
    _, headers, body = receiver.requests[-1]
    assert headers["authorization"] == "Bearer s3cret-token"
    events = events_of(body.decode())
    assert [event["is_alert"] for event in events] == [True, True]
    assert_valid(events, 2004)
    assert "s3cret-token" not in server.log_text()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_ocsf_as_syslog(serve, tmp_path, transport):
    messages, arrived = [], threading.Condition()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data = self.request[0] if transport == "udp" else b"".join(iter(lambda: self.request.recv(65536), b""))
            with arrived:
                messages.extend([data] if transport == "udp" else frames(data))
                arrived.notify_all()

    kind = socketserver.UDPServer if transport == "udp" else socketserver.ThreadingTCPServer
    context, ca = certificates.server_context(tmp_path, "127.0.0.1")
    with kind(("127.0.0.1", 0), Handler) as collector:
        if transport == "tls":
            collector.socket = context.wrap_socket(collector.socket, server_side=True)
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        address = f"{transport}://127.0.0.1:{collector.server_address[1]}"
        environment = {**PRIVATE, "THINGWARDEN_NOTIFICATIONS__CA_BUNDLE": str(ca)}
        server = serve(f'[[sinks]]\nname = "siem"\ntype = "ocsf"\nsyslog = "{address}"\n', environment)
        iot = server.client()
        enable(iot, PERMISSIVE_CHECK)
        open_policies(iot, "a", "b")
        run(iot, PERMISSIVE_CHECK)
        with arrived:
            assert arrived.wait_for(lambda: len(messages) == 2, 30)
        collector.shutdown()
    for message in messages:
        head, event = message.split(b" ocsf - ", 1)
        assert head.startswith(b"<106>1 2") and b" - thingwarden " in head
        assert_valid([json.loads(event)], 2003)


def test_a_collector_without_a_certificate_that_counts_gets_nothing(serve, tmp_path):
    received = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            received.append(self.request.recv(65536))

    context, _ = certificates.server_context(tmp_path, "127.0.0.1")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as collector:
        collector.handle_error = lambda *_: None
        collector.socket = context.wrap_socket(collector.socket, server_side=True)
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        address = f"tls://127.0.0.1:{collector.server_address[1]}"
        server = serve(f'[[sinks]]\nname = "siem"\ntype = "ocsf"\nsyslog = "{address}"\n', PRIVATE)
        iot = server.client()
        enable(iot, PERMISSIVE_CHECK)
        open_policies(iot, "a")
        run(iot, PERMISSIVE_CHECK)
        deadline = time.monotonic() + 30
        while "invalid peer certificate" not in ((queue := tell(server, "deliveries"))[0]["lastError"] or ""):
            assert time.monotonic() < deadline, queue
        assert queue[0]["waiting"] == 1 and not any(received)
        collector.shutdown()


def frames(data):
    while data:
        length, data = data.split(b" ", 1)
        yield data[: int(length)]
        data = data[int(length):]


def test_a_webhook_is_signed_and_told_the_end(serve, receiver):
    secret = "0123456789abcdef0123456789abcdef"
    text = f'[[sinks]]\nname = "hook"\ntype = "webhook"\nurl = "{receiver.url}/hook"\nsecret_env = "HOOK"\n'
    server = serve(text, {**PRIVATE, "HOOK": secret})
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a")
    task, _ = run(iot, PERMISSIVE_CHECK)
    assert_done(server, 1)
    for _, headers, body in receiver.requests:
        stamp = headers["x-thingwarden-timestamp"]
        expected = hmac.new(secret.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        assert headers["x-thingwarden-signature"] == f"v1={expected}"
        assert abs(time.time() - int(stamp)) < 300
    found, ended = [json.loads(body) for _, _, body in receiver.requests]
    assert (found["type"], ended["type"]) == ("audit.findings", "audit.ended")
    (finding,) = found["findings"]
    assert finding["state"] == "NEW" and finding["severity"] == "CRITICAL"
    (listed,) = iot.list_audit_findings(taskId=task)["findings"]
    assert finding["findingId"] == listed["findingId"]
    assert ended["summary"]["new"] == 1 and ended["summary"]["checks"][0]["nonCompliantResourcesCount"] == 1


def test_slack_is_told_once_and_only_when_something_changed(serve, receiver, tmp_path):
    (tmp_path / "slack").write_text(f"{receiver.url}/services/T0/B0/secret\n")
    server = serve(f'[[sinks]]\nname = "chat"\ntype = "slack"\nurl_file = "{tmp_path}/slack"\n', PRIVATE)
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a")
    for _ in range(2):
        run(iot, PERMISSIVE_CHECK)
    assert_done(server, 2)
    (_, _, body), = receiver.requests
    message = json.loads(body)
    assert "1 new, 0 fixed" in message["text"]
    assert f"*{PERMISSIVE_CHECK}* `a`" in json.dumps(message["blocks"])


def test_private_addresses_are_refused_unless_allowed(serve, receiver):
    text = f'[[sinks]]\nname = "hook"\ntype = "webhook"\nurl = "{receiver.url}"\nsecret_env = "HOOK"\n'
    server = serve(text, {"HOOK": "0123456789abcdef"})
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    run(iot, PERMISSIVE_CHECK)
    deadline = time.monotonic() + 30
    while "no public address" not in server.log_text():
        assert time.monotonic() < deadline, server.log_text()[-2000:]
        threading.Event().wait(0.02)
    assert receiver.requests == []


# Configuration


def check(tmp_path, text, **environment):
    (tmp_path / "c.toml").write_text(text)
    arguments = [str(BINARY), "config", "check", str(tmp_path / "c.toml")]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, env=environment)


def test_sinks_are_validated_before_anything_starts(tmp_path):
    hook = '[[sinks]]\nname = "hook"\ntype = "webhook"\nurl = "https://hooks.example/x"\nsecret_env = "HOOK"\n'
    assert check(tmp_path, hook, HOOK="0123456789abcdef").returncode == 0
    done = check(tmp_path, hook, HOOK="hunter2")
    assert done.returncode == 2 and "sink `hook`" in done.stderr and "hunter2" not in done.stderr
    done = check(tmp_path, hook)
    assert done.returncode == 2 and "`HOOK` of the environment is not set" in done.stderr
    done = check(tmp_path, hook.replace("webhook", "fax"))
    assert done.returncode == 2 and "c.toml:3" in done.stderr
    arguments = [str(BINARY), "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--config", str(tmp_path / "c.toml")]
    assert subprocess.run(arguments, capture_output=True, timeout=60, env={}).returncode == 2


def test_no_secret_is_printed(tmp_path):
    (tmp_path / "secret").write_text("0123456789abcdef-top-secret")
    text = f'[[sinks]]\nname = "hook"\ntype = "webhook"\nurl = "https://hooks.example/x"\nsecret_file = "{tmp_path}/secret"\n'
    (tmp_path / "c.toml").write_text(text)
    for form in ("table", "toml", "json"):
        arguments = [str(BINARY), "config", "print", "--config", str(tmp_path / "c.toml"), "--format", form]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "top-secret" not in done.stdout
        assert "hooks.example" in done.stdout and f"{tmp_path}/secret" in done.stdout


# Numbers and differences


def test_numbers_of_checks_are_there_after_a_restart(serve):
    server = serve("")
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK)
    open_policies(iot, "a", "b")
    iot.create_policy(policyName="good", policyDocument=json.dumps(RESTRICTIVE))
    run(iot, PERMISSIVE_CHECK)
    labels = f'{{account="{ACCOUNT}",region="{REGION}",check="{PERMISSIVE_CHECK}",schedule="OnDemand"}}'
    state = f'thingwarden_findings{{account="{ACCOUNT}",region="{REGION}",check="{PERMISSIVE_CHECK}",state="NEW"}}'
    for _ in range(2):
        found = metrics(server)
        assert found[f"thingwarden_non_compliant_resources{labels}"] == "2"
        assert found[f"thingwarden_resources_evaluated{labels}"] == "3"
        assert found[state] == "2"
        assert server.stop() == 0
        server.start()


def test_two_audits_are_compared(serve):
    server = serve("")
    iot = server.client()
    enable(iot, PERMISSIVE_CHECK, "LOGGING_DISABLED_CHECK")
    open_policies(iot, "stays", "goes", "hidden")
    first, _ = run(iot, PERMISSIVE_CHECK, "LOGGING_DISABLED_CHECK")
    iot.delete_policy(policyName="goes")
    open_policies(iot, "comes")
    iot.create_audit_suppression(
        checkName=PERMISSIVE_CHECK, suppressIndefinitely=True, clientRequestToken="t" * 36,
        resourceIdentifier={"policyVersionIdentifier": {"policyName": "hidden", "policyVersionId": "1"}},
    )
    second, _ = run(iot, PERMISSIVE_CHECK)

    def diff(*arguments):
        arguments = [str(BINARY), "diff", *arguments, "--data", str(server.folder / "data")]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=60)

    done = diff(first, second, "--format", "json")
    assert done.returncode == 1
    told = {(one["state"], one["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]) for one in events_of(done.stdout)}
    assert told == {("NEW", "comes"), ("FIXED", "goes"), ("OPEN", "stays"), ("SUPPRESSED", "hidden")}
    table = diff(first, second).stdout
    assert "1 new, 1 fixed, 1 open, 1 suppressed" in table and "LOGGING_DISABLED_CHECK" in table
    assert "stays" not in table
    assert diff(second, second).returncode == 0
    assert diff(first, "no-such-task").returncode == 2

    def tag(*arguments):
        arguments = [str(BINARY), "tag", *arguments, "--data", str(server.folder / "data"), "--endpoint", server.url]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=60)

    assert tag("release-1", "--task", first).returncode == 0
    assert second in tag("release-2").stdout
    assert [line.split()[0] for line in tag().stdout.splitlines()] == ["release-1", "release-2"]
    assert diff("release-1", "release-2").stdout == table
    assert tag("release-2", "--delete").returncode == 0
    assert tag("release-3", "--task", "no-such").returncode == 2 and tag("3").returncode == 2
    assert tell(server, "findings", "--since", "release-1") == tell(server, "findings", "--since", first)

    since = tell(server, "findings", "--since", first, "--state", "new", "--state", "fixed")
    names = {(one["state"], one["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]) for one in since}
    assert names == {("NEW", "comes"), ("FIXED", "goes")}
    (hidden,) = tell(server, "findings", "--state", "suppressed")
    assert hidden["resourceIdentifier"]["policyVersionIdentifier"]["policyName"] == "hidden"
    assert tell(server, "findings", "--since", "2100-01-01", "--state", "new") == []
