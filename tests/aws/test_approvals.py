"""Approval of mitigation: by the configuration, over Slack, a webhook and the command line; the real binary, with receivers made here."""

import collections
import concurrent.futures
import hashlib
import hmac
import json
import re
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import mitigation_tasks as tasks
import own
import wire
from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, run
from conftest import BINARY
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of

PRIVATE = {"THINGWARDEN_NOTIFICATIONS__ALLOW_PRIVATE_TARGETS": "true"}
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
HOOK_SECRET = "0123456789abcdef0123456789abcdef"
ALICE, MALLORY = "U024BE7LH", "U0MALLORY"
RULE = f'[[approvals]]\nchecks = ["{PERMISSIVE_CHECK}"]\nactions = ["blank"]\n'
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


class Receiver:
    """Takes what approvers are told, and answers with the next of `statuses`, else with `status`."""

    def __init__(self):
        self.requests, self.statuses, self.status = [], [], 200
        self.arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    status = receiver.statuses.pop(0) if receiver.statuses else receiver.status
                    receiver.requests.append((self.path, status, dict(self.headers), body))
                    receiver.arrived.notify_all()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self, path=None):
        """Messages that were taken, as JSON."""
        return [json.loads(body) for at, status, _, body in self.requests if status == 200 and path in (None, at)]

    def wait(self, condition, seconds=30):
        with self.arrived:
            assert self.arrived.wait_for(condition, seconds), self.requests

    def message(self, number=0, path=None):
        """The message with this number, when it has come."""
        self.wait(lambda: len(self.taken(path)) > number)
        return self.taken(path)[number]


@pytest.fixture
def receiver():
    running = Receiver()
    yield running
    running.server.shutdown()
    running.server.server_close()


def slack(receiver, users=(ALICE,), name="chat"):
    return (
        f'[[approvers]]\nname = "{name}"\ntype = "slack"\nurl_env = "SLACK_URL"\nsigning_secret_env = "SLACK_SECRET"\nusers = {json.dumps(users)}\n',
        {**PRIVATE, "SLACK_URL": f"{receiver.url}/services/T0/B0/secret", "SLACK_SECRET": SIGNING_SECRET},
    )


def webhook(receiver):
    return (
        f'[[approvers]]\nname = "hook"\ntype = "webhook"\nurl = "{receiver.url}/hook"\nsecret_env = "HOOK_SECRET"\nusers = ["alice"]\n',
        {**PRIVATE, "HOOK_SECRET": HOOK_SECRET},
    )


@pytest.fixture
def serve(tmp_path):
    """Starts a server with these rules and approver, an audit that can find something, and an action that helps."""
    started = []

    def start(rules, approver=("", PRIVATE), policies=("open",)):
        (tmp_path / "tw.toml").write_text(rules + approver[0])
        server = Server(tmp_path, "--config", tmp_path / "tw.toml", environment=approver[1])
        started.append(server)
        role = tasks.role(server, "Mitigate", "iot:CreatePolicyVersion")
        iot = server.client()
        params = {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}}
        iot.create_mitigation_action(actionName="blank", roleArn=role, actionParams=params)
        enable(iot, PERMISSIVE_CHECK)
        for name in policies:
            iot.create_policy(policyName=name, policyDocument=json.dumps(PERMISSIVE))
        return server

    yield start
    for server in started:
        server.kill() if server.process.poll() is None else None


def review(*approvers, more=""):
    return f'{RULE}mode = "review"\napprovers = {json.dumps(approvers)}\n{more}'


def audit(server):
    return run(server.client(), PERMISSIVE_CHECK)[0]


def approvals(server, state=None):
    return own.call(server, "ListApprovals", {"state": state} if state else {})["approvals"]


def wait(condition, what="", seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        threading.Event().wait(0.02)
    return found


def settled(server, count=1):
    """So many approvals, when all have come to their end."""
    def ended():
        found = approvals(server)
        return found if len(found) == count and all(one["state"] not in ("PENDING", "APPROVED") for one in found) else None

    return wait(ended, lambda: f"{approvals(server)}\n{server.log_text()[-2000:]}")


def pending(server, count=1):
    return wait(lambda: len(found := approvals(server, "PENDING")) == count and found, server.log_text)


def nothing_new(server):
    """Another audit, after which nothing is asked: drafts that come to nothing are gone when the audit's successor has its own."""
    before = approvals(server)
    audit(server)
    audit(server)
    wait(lambda: drafts(server) == 0)
    assert [one["approvalId"] for one in approvals(server)] == [one["approvalId"] for one in before]


def drafts(server):
    import sqlite3

    connection = sqlite3.connect(f"file:{server.folder}/data/thingwarden.db?mode=ro", uri=True)
    (count,) = connection.execute("SELECT count(*) FROM approval_draft").fetchone()
    connection.close()
    return count


def deliveries(server):
    command = [str(BINARY), "deliveries", "--data", str(server.folder / "data"), "--format", "json"]
    return [json.loads(line) for line in subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.splitlines()]


def version(server, policy="open"):
    return server.client().get_policy(policyName=policy)["defaultVersionId"]


def trail(server, approval):
    return own.call(server, "ListTrail", {"kind": "approval", "id": approval})["entries"]


# Callbacks


def button(message, action):
    (actions,) = [block for block in message["blocks"] if block["type"] == "actions"]
    (found,) = [one for one in actions["elements"] if one["action_id"] == f"thingwarden_{action}"]
    return found


def pressed(receiver, message, action, user=ALICE, response="/response"):
    """The body that Slack sends when somebody presses a button."""
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "alice", "name": "alice", "team_id": "T0"},
        "api_app_id": "A0", "token": "legacy", "trigger_id": "1.2.3", "team": {"id": "T0", "domain": "team"},
        "container": {"type": "message", "message_ts": "1548261231.000200", "channel_id": "C0"},
        "channel": {"id": "C0", "name": "alerts"}, "message": message,
        "response_url": f"{receiver.url}{response}",
        "actions": [{**button(message, action), "block_id": "thingwarden", "action_ts": "1548426417.840180"}],
    }
    return urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()


def slack_call(server, body, secret=SIGNING_SECRET, age=0, **changed):
    stamp = str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {**FORM, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}", **changed}
    return wire.send(server, "POST", "/thingwarden/callbacks/slack", body, headers), headers


def hook_call(server, answer, secret=HOOK_SECRET, age=0):
    body, stamp = json.dumps(answer).encode(), str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {**JSON, "x-thingwarden-timestamp": stamp, "x-thingwarden-signature": f"v1={signature}"}
    return wire.send(server, "POST", "/thingwarden/callbacks/webhook", body, headers)


def answer(message, decision, user="alice", **more):
    return {
        "account": message["account"], "region": message["region"], "approvalId": message["approval"]["approvalId"],
        "token": message["token"], "decision": decision, "user": user, **more,
    }


def assert_as_unsigned(server, response):
    """The answer is that to anybody who does not sign, in either of its forms."""
    def told(one):
        return one.status, one.code, re.sub(b"<RequestId>.*</RequestId>", b"", one.body)

    others = [wire.send(server, "POST", "/thingwarden/callbacks/no-such", b"x", headers) for headers in (FORM, JSON)]
    assert told(response) in map(told, others)
    assert response.status == 403


# By the configuration


def test_nothing_happens_by_default(serve):
    server = serve("")
    audit(server)
    assert approvals(server) == [] and version(server) == "1"


def test_auto_mitigates_what_is_new_and_nothing_twice(serve):
    server = serve(f'{RULE}mode = "auto"\n')
    task = audit(server)
    (done,) = settled(server)
    assert (done["state"], done["auditTaskId"], done["findingsCount"]) == ("DONE", task, 1)
    assert done["outcome"] | {"endedMs": 0} == {"taskStatus": "COMPLETED", "succeeded": 1, "failed": 0, "skipped": 0, "fixed": 1, "notFixed": 0, "endedMs": 0}
    assert version(server) == "2"
    described = server.client().describe_audit_mitigation_actions_task(taskId=done["taskId"])
    assert tasks.counts(described, PERMISSIVE_CHECK) == (1, 1, 0, 0, 0)
    nothing_new(server)
    # It comes back: that is new.
    server.client().set_default_policy_version(policyName="open", policyVersionId="1")
    audit(server)
    assert [one["state"] for one in settled(server, 2)] == ["DONE", "DONE"]
    # The role's rights, in the trail under the approval's id.
    entries = own.call(server, "ListTrail", {"requestId": done["taskId"], "kind": "policy"})["entries"]
    assert {entry["principal"] for entry in entries} == {f"arn:aws:sts::{ACCOUNT}:assumed-role/Mitigate/thingwarden"}


def test_less_severe_checks_and_suppressed_findings_are_left_alone(serve):
    rules = f'{RULE}mode = "auto"\n[[approvals]]\nchecks = ["LOGGING_DISABLED_CHECK"]\nmin_severity = "high"\nactions = ["tell"]\nmode = "auto"\n'
    server = serve(rules, policies=("open", "kept"))
    iot = server.client()
    iot.create_audit_suppression(
        checkName=PERMISSIVE_CHECK, suppressIndefinitely=True, clientRequestToken="t" * 36,
        resourceIdentifier={"policyVersionIdentifier": {"policyName": "kept", "policyVersionId": "1"}},
    )
    enable(iot, PERMISSIVE_CHECK, "LOGGING_DISABLED_CHECK")
    run(iot, PERMISSIVE_CHECK, "LOGGING_DISABLED_CHECK")
    (done,) = settled(server)
    assert [one["name"] for one in done["resources"]] == ["open:1"]
    assert (version(server), version(server, "kept")) == ("2", "1")


def test_what_cannot_begin_says_why_and_is_tried_again(serve):
    server = serve(f'{RULE.replace("blank", "later")}mode = "auto"\n')
    audit(server)
    (failed,) = settled(server)
    assert (failed["state"], failed["error"]) == ("FAILED", "mitigation action `later` does not exist")
    role = f"arn:aws:iam::{ACCOUNT}:role/Mitigate"
    params = {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}}
    server.client().create_mitigation_action(actionName="later", roleArn=role, actionParams=params)
    audit(server)
    assert [one["state"] for one in settled(server, 2)] == ["DONE", "FAILED"]


# Over Slack


def test_slack_approves_once_and_the_message_follows(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    task = audit(server)
    message = receiver.message(path="/services/T0/B0/secret")
    text = json.dumps(message["blocks"], ensure_ascii=False)
    assert message["text"] == "Approve mitigation of 1 new finding?"
    assert "`open:1`" in text and "blank would change" in text and "policy open (another version in force)" in text and task in text
    assert version(server) == "1", "nothing happens before"
    response, headers = slack_call(server, body := pressed(receiver, message, "approve"))
    assert response.status == 200, response
    (done,) = settled(server)
    assert (done["state"], done["outcome"]["fixed"], version(server)) == ("DONE", 1, "2")
    assert done["decision"] | {"atMs": 0} == {"by": f"slack:{ALICE}", "name": "alice", "atMs": 0}
    # The message itself says so: it was approved, and how it ended, unless that was quicker than Slack.
    receiver.wait(lambda: any("Done:" in one["text"] for one in receiver.taken("/response")))
    for one in receiver.taken("/response"):
        assert one["replace_original"] is True and "thingwarden_approve" not in json.dumps(one)
    assert "1 succeeded, 0 failed" in json.dumps(receiver.taken("/response")[-1])
    # The same callback again, to the byte.
    replayed = wire.send(server, "POST", "/thingwarden/callbacks/slack", body, headers)
    assert (replayed.status, replayed.code) == (409, "ConflictException"), replayed
    # Who decided what is in the trail; the token is not.
    entries = trail(server, done["approvalId"])
    (decided,) = [entry for entry in entries if entry["operation"] == "thingwarden:ApproveMitigation"]
    assert decided["principal"] == f"slack:{ALICE}" and decided["before"]["state"] == "PENDING" and decided["after"]["state"] == "APPROVED"
    token = button(message, "approve")["value"].rsplit("/", 1)[1]
    assert len(token) == 36 and token not in json.dumps(entries) and token not in json.dumps(approvals(server))
    for secret in (token, SIGNING_SECRET, "/services/T0/B0/secret"):
        assert secret not in server.log_text()


def test_slack_denies_and_nobody_is_asked_again(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    audit(server)
    response, _ = slack_call(server, pressed(receiver, receiver.message(), "deny"))
    assert response.status == 200
    (denied,) = settled(server)
    assert (denied["state"], version(server)) == ("DENIED", "1")
    assert "Denied:" in receiver.message(path="/response")["text"]
    nothing_new(server)
    # The other way round comes too late.
    response, _ = slack_call(server, pressed(receiver, receiver.message(), "approve", response="/late"))
    assert (response.status, response.code) == (409, "ConflictException")
    assert "Denied:" in receiver.message(path="/late")["text"], "the message is brought up to date"
    assert version(server) == "1"


def test_what_is_not_signed_learns_nothing(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    audit(server)
    body = pressed(receiver, receiver.message(), "approve")
    for given in ({"secret": "x" * 32}, {"age": 301}, {"age": -302}, {"X-Slack-Signature": ""}, {"X-Slack-Signature": "v0=00"},
                  {"X-Slack-Request-Timestamp": "1"}, {"X-Slack-Request-Timestamp": "99999999999999999999"}, {"X-Slack-Request-Timestamp": "now"}):  # fmt: skip
        response, headers = slack_call(server, body, **given)
        assert_as_unsigned(server, response)
    response, headers = slack_call(server, body)
    assert response.status == 200
    for method, path, sent, with_headers in (
        ("POST", "/thingwarden/callbacks/slack", body + b"&a=b", headers),
        ("POST", "/thingwarden/callbacks/webhook", body, headers),
        ("POST", "/thingwarden/callbacks/slack", body, FORM),
        ("POST", "/thingwarden/callbacks/slack?a=b", body, headers),
    ):
        assert_as_unsigned(server, wire.send(server, method, path, sent, with_headers))
    assert wire.send(server, "GET", "/thingwarden/callbacks/slack", b"", headers).status == 403
    too_long = b"payload=" + b"x" * (300 << 10)
    assert_as_unsigned(server, slack_call(server, too_long)[0])


def test_without_approvers_nobody_listens(serve, receiver):
    server = serve("")
    body = b"payload=%7B%7D"
    assert_as_unsigned(server, slack_call(server, body)[0])
    assert_as_unsigned(server, hook_call(server, {}))


def test_only_those_who_may_decide(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    audit(server)
    message = receiver.message()
    response, _ = slack_call(server, pressed(receiver, message, "approve", user=MALLORY))
    assert (response.status, response.code) == (403, "AccessDeniedException"), response
    # Whoever knows where messages are posted makes a button of their own: it has no token.
    forged = json.loads(json.dumps(message).replace(button(message, "approve")["value"].rsplit("/", 1)[1], "0" * 36))
    response, _ = slack_call(server, pressed(receiver, forged, "approve"))
    assert (response.status, response.code) == (404, "ResourceNotFoundException"), response
    assert pending(server) and version(server) == "1"
    assert [entry["after"]["state"] for entry in trail(server, pending(server)[0]["approvalId"])] == ["PENDING"]


@pytest.mark.parametrize("body, code", [
    (b"", "SerializationException"),
    (b"payload=", "SerializationException"),
    (b"payload=%7B", "SerializationException"),
    (b"payload=%7B%7D&payload=%7B%7D", "SerializationException"),
    (b"%zz", "SerializationException"),
    (b"payload=" + b"%5B" * 5000, "SerializationException"),
    (b"payload=%7B%7D", "InvalidRequestException"),
    (b"payload=%7B%22type%22%3A%22view_submission%22%7D", "InvalidRequestException"),
    (b"payload=%7B%22type%22%3A%22block_actions%22%7D", "InvalidRequestException"),
])  # fmt: skip
def test_signed_nonsense_is_refused_in_words(slack_server, body, code):
    response, _ = slack_call(slack_server, body)
    assert (response.status, response.code) == (400, code), response
    assert response.json["message"]


@pytest.fixture(scope="module")
def slack_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slack")
    nowhere = collections.namedtuple("Nowhere", "url")("http://127.0.0.1:9")
    text, environment = slack(nowhere)
    (folder / "tw.toml").write_text(text)
    server = Server(folder, "--config", folder / "tw.toml", environment=environment)
    yield server
    assert server.stop() == 0


def test_a_message_is_changed_where_slack_is_and_nowhere_else(serve, receiver):
    """A callback that names another place is carried out; the outcome is a new message."""
    other = Receiver()
    server = serve(review("chat"), slack(receiver))
    audit(server)
    body = pressed(other, receiver.message(), "approve")
    assert slack_call(server, body)[0].status == 200
    settled(server)
    receiver.wait(lambda: any("Done:" in one["text"] for one in receiver.taken("/services/T0/B0/secret")))
    assert other.requests == []
    other.server.shutdown()
    other.server.server_close()


def test_addresses_for_changes_end_and_then_there_is_a_new_message(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    audit(server)
    message = receiver.message()
    receiver.statuses = [404]
    assert slack_call(server, pressed(receiver, message, "deny"))[0].status == 200
    assert "Denied:" in receiver.message(1, "/services/T0/B0/secret")["text"]


# Over a webhook


def test_a_webhook_is_asked_with_our_signature_and_approves(serve, receiver):
    server = serve(review("hook"), webhook(receiver))
    receiver.statuses = [500]
    audit(server)
    message = receiver.message()
    (_, first, headers, body), (_, second, again, same) = receiver.requests
    assert (first, second) == (500, 200) and body == same and headers["x-thingwarden-id"] == again["x-thingwarden-id"]
    signed = f"v1:{again['x-thingwarden-timestamp']}:".encode() + same
    assert again["x-thingwarden-signature"] == "v1=" + hmac.new(HOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert message["type"] == "approval.requested" and message["approval"]["resources"][0]["planned"][0].startswith("blank would change")

    assert_as_unsigned(server, hook_call(server, answer(message, "APPROVE"), secret="x" * 32))
    assert_as_unsigned(server, hook_call(server, answer(message, "APPROVE"), age=400))
    refused = hook_call(server, answer(message, "APPROVE", user="mallory"))
    assert (refused.status, refused.code) == (403, "AccessDeniedException")
    for wrong in ({"token": "x"}, {"approvalId": "approval-0"}, {"account": "999999999999"}, {"region": "eu-west-1"}):
        refused = hook_call(server, answer(message, "APPROVE") | wrong)
        assert (refused.status, refused.code) == (404, "ResourceNotFoundException"), wrong
    for wrong in ({"decision": "MAYBE"}, {"extra": 1}, {"user": 1}):
        assert hook_call(server, answer(message, "APPROVE") | wrong).status == 400
    # Our own message, sent back to us.
    reflected = wire.send(server, "POST", "/thingwarden/callbacks/webhook", same, {
        **JSON, "x-thingwarden-timestamp": again["x-thingwarden-timestamp"], "x-thingwarden-signature": again["x-thingwarden-signature"]})
    assert reflected.status == 400 and version(server) == "1"

    good = hook_call(server, answer(message, "APPROVE", reason="ticket 7"))
    assert good.status == 200 and good.json == {"approvalId": message["approval"]["approvalId"], "state": "APPROVED"}
    (done,) = settled(server)
    assert done["decision"] | {"atMs": 0} == {"by": "webhook:hook/alice", "reason": "ticket 7", "atMs": 0}
    receiver.wait(lambda: any(one["type"] == "approval.ended" for one in receiver.taken()))
    ended = receiver.taken()[-1]
    assert ended["approval"]["outcome"]["taskStatus"] == "COMPLETED" and "token" not in ended
    late = hook_call(server, answer(message, "DENY"))
    assert (late.status, late.code) == (409, "ConflictException")


def test_of_many_answers_at_once_one_counts(serve, receiver):
    server = serve(review("hook"), webhook(receiver))
    audit(server)
    message = receiver.message()
    approval = message["approval"]["approvalId"]

    def decide(number):
        if number % 2:
            return own.ask(server, "DenyMitigation", {"approvalId": approval}).status
        return hook_call(server, answer(message, "APPROVE", reason=str(number))).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(decide, range(16)))
    assert statuses == [200] + [409] * 15
    (ended,) = settled(server)
    decided = [entry for entry in trail(server, approval) if entry["operation"].startswith("thingwarden:")]
    assert len(decided) == 1
    assert version(server) == ("2" if ended["state"] == "DONE" else "1")


# On the command line


@pytest.fixture
def command(thingwarden):
    def run(server, *arguments):
        return thingwarden("approvals", *arguments, "--data", server.folder / "data", "--endpoint", server.url)

    return run


def test_the_command_line_shows_and_decides(serve, receiver, command):
    server = serve(review("chat"), slack(receiver), policies=("open", "wide"))
    audit(server)
    (asked,) = pending(server)
    result = command(server, "list")
    assert result.code == 0 and f"{asked['approvalId']}  pending   CRITICAL  {PERMISSIVE_CHECK}  2 findings: blank, until 20" in result.text
    receiver.message()
    wait(lambda: "told asked" in command(server, "show", asked["approvalId"]).text)
    result = command(server, "show", asked["approvalId"])
    for part in ("open:1", "wide:1", "blank would change", "approver chat: told asked"):
        assert part in result.text, result.text
    result = command(server, "approve", asked["approvalId"], "--reason", "checked", "--wait")
    assert result.code == 0, result.err
    for part in ("done", f"decided by arn:aws:iam::{ACCOUNT}:root at 20", ": checked", "task completed: 2 succeeded, 0 failed, 0 skipped; looked at again: 2 fixed"):
        assert part in result.text, result.text
    assert command(server, "list").text == ""
    assert command(server, "list", "--all", "--format", "json").lines[0]["state"] == "DONE"
    assert command(server, "list", "--state", "done", "--format", "json").lines[0]["outcome"]["fixed"] == 2
    # Slack hears of it, as a new message.
    receiver.wait(lambda: any("Done:" in one["text"] for one in receiver.taken()))
    for action, identifier, expected in (
        ("deny", asked["approvalId"], "ConflictException: approval `"), ("approve", "approval-0", "ResourceNotFoundException: approval `approval-0` does not exist"),
        ("show", "approval-0", "does not exist"), ("deny", "\x1b[31m", "does not exist"),
    ):
        result = command(server, action, identifier)
        assert result.code == 2 and expected in result.err.decode() and b"\x1b" not in result.err, result.err
    assert own.refused(server, "ApproveMitigation", {"approvalId": asked["approvalId"], "reason": "x" * 513}) == (400, "InvalidRequestException")


def test_to_decide_is_a_permission(serve):
    server = serve(review())
    audit(server)
    (asked,) = pending(server)
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    keys = keys_of(iam.create_access_key(UserName="bob"))
    statement = {"Effect": "Allow", "Action": "thingwarden:DenyMitigation", "Resource": "*"}
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    named = {"approvalId": asked["approvalId"]}
    for operation, parameters in (("ApproveMitigation", named), ("DescribeApproval", named), ("ListApprovals", {})):
        assert own.refused(server, operation, parameters, **keys) == (403, "AccessDeniedException")
    assert own.call(server, "DenyMitigation", named, **keys)["decision"]["by"] == f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert own.call(server, "ListApprovals", region="eu-west-1")["approvals"] == []
    assert own.refused(server, "DescribeApproval", named, region="eu-west-1") == (404, "ResourceNotFoundException")


# Time, kills, numbers


def test_what_nobody_decides_expires_and_is_asked_again(serve, receiver, command):
    server = serve(review("chat", more='expires = "1s"\n'), slack(receiver))
    audit(server)
    message = receiver.message()
    (expired,) = settled(server)
    assert (expired["state"], version(server)) == ("EXPIRED", "1")
    response, _ = slack_call(server, pressed(receiver, message, "approve", response="/late"))
    assert (response.status, response.code) == (409, "ConflictException")
    assert "Nobody decided:" in receiver.message(path="/late")["text"]
    assert command(server, "approve", expired["approvalId"]).code == 2
    audit(server)
    assert len({one["approvalId"] for one in settled(server, 2)}) == 2
    assert version(server) == "1"


def test_a_kill_between_writing_and_posting_loses_nothing(serve, receiver):
    server = serve(review("chat"), slack(receiver))
    receiver.status = 503
    audit(server)
    pending(server)
    receiver.wait(lambda: receiver.requests)
    (queue,) = wait(lambda: [one for one in deliveries(server) if one["lastError"]])
    assert (queue["target"], queue["waiting"], queue["lastError"]) == ("approver:chat", 1, "status 503")
    server.kill()
    receiver.status = 200
    server.start()
    message = receiver.message()
    assert slack_call(server, pressed(receiver, message, "approve"))[0].status == 200
    server.kill()
    server.start()
    (done,) = settled(server)
    assert (done["state"], version(server)) == ("DONE", "2"), "begun once, whenever the kill came"
    receiver.wait(lambda: any("Done:" in one["text"] for one in receiver.taken()))


def test_kills_at_any_time_begin_a_task_once(serve, receiver):
    policies = [f"p{number}" for number in range(40)]
    server = serve(f'{RULE}mode = "auto"\n', policies=policies)
    server.client().start_on_demand_audit_task(targetCheckNames=[PERMISSIVE_CHECK])
    for pause in (0.02, 0.05, 0.1, 0.02, 0.2):
        threading.Event().wait(pause)
        server.kill()
        server.start()
    def all_done():
        found = approvals(server)
        return found if sum(one.get("outcome", {}).get("succeeded", 0) for one in found) == 40 else None

    found = wait(lambda: all_done() or (not found_audit(server) and audit(server) and None), server.log_text)
    assert all(one["state"] == "DONE" for one in found)
    assert {version(server, name) for name in policies} == {"2"}


def found_audit(server):
    import datetime

    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    listed = server.client().list_audit_tasks(startTime=now - day, endTime=now + day)["tasks"]
    return [one for one in listed if one["taskStatus"] in ("COMPLETED", "IN_PROGRESS")]


def test_many_findings_are_one_question_and_one_task(serve, receiver):
    policies = [f"open-{number:03}" for number in range(300)]
    server = serve(review("chat"), slack(receiver), policies=policies)
    audit(server)
    message = receiver.message()
    assert message["text"] == "Approve mitigation of 300 new findings?"
    text = json.dumps(message["blocks"], ensure_ascii=False)
    assert "and 290 findings more" in text and text.count("• `open-") == 10
    assert len(receiver.taken()) == 1 and len(json.dumps(message)) < 10_000
    (asked,) = pending(server)
    own.call(server, "ApproveMitigation", {"approvalId": asked["approvalId"]})
    wait(lambda: approvals(server)[0]["state"] == "DONE", server.log_text, seconds=300)
    assert approvals(server)[0]["outcome"]["succeeded"] == 300
    assert version(server, policies[-1]) == "2"


def test_what_one_audit_asked_for_is_not_what_the_next_one_found(serve):
    """Approving means the findings that were shown, not others of the same audit or a later one."""
    server = serve(review(), policies=("first",))
    audit(server)
    (one,) = pending(server)
    server.client().create_policy(policyName="second", policyDocument=json.dumps(PERMISSIVE))
    audit(server)
    two, _ = pending(server, 2)
    assert [resource["name"] for resource in two["resources"]] == ["second:1"]
    own.call(server, "ApproveMitigation", {"approvalId": two["approvalId"]})
    wait(lambda: version(server, "second") == "2")
    assert version(server, "first") == "1"
    own.call(server, "DenyMitigation", {"approvalId": one["approvalId"]})
    assert {entry["state"] for entry in settled(server, 2)} == {"DONE", "DENIED"}
    # Fixed by hand, and back again: that is new.
    iot = server.client()
    iot.create_policy_version(policyName="first", policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    audit(server)
    iot.set_default_policy_version(policyName="first", policyVersionId="1")
    audit(server)
    (again,) = pending(server)
    assert [resource["name"] for resource in again["resources"]] == ["first:1"]


# Configuration


def check(tmp_path, text, **environment):
    (tmp_path / "c.toml").write_text(text)
    command = [str(BINARY), "config", "check", str(tmp_path / "c.toml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


def test_the_configuration_is_checked_at_once_and_secrets_are_not_printed(tmp_path, receiver):
    text, environment = slack(receiver)
    good = check(tmp_path, review("chat") + text, **environment)
    assert good.returncode == 0, good.stderr
    for wrong, expected in (
        (review("nobody"), "c.toml:1: the approval asks `nobody`, which is no approver of this file"),
        (RULE, "c.toml:1: the approval has no `mode`"),
        (review().replace("review", "maybe"), "expected auto or review"),
        (review().replace(PERMISSIVE_CHECK, "IOT_POLICY_OVERLY_PERMISIVE_CHECK"), f"did you mean {PERMISSIVE_CHECK}"),
        (review() + review(), "an action for `IOT_POLICY_OVERLY_PERMISSIVE_CHECK` that another approval has too"),
        (text.replace(ALICE, "alice"), "`users` is `alice`"),
    ):
        bad = check(tmp_path, wrong, **environment)
        assert bad.returncode == 2 and expected in bad.stderr, bad.stderr
    missing = check(tmp_path, text, SLACK_URL="https://hooks.slack.com/services/x", SLACK_SECRET="short")
    assert missing.returncode == 2 and "approver `chat`: its secret has less than 16 bytes" in missing.stderr and "short" not in missing.stderr
    (tmp_path / "c.toml").write_text(review("chat") + text)
    printed = subprocess.run([str(BINARY), "config", "print", "--config", str(tmp_path / "c.toml"), "--format", "toml"],
                             capture_output=True, text=True, timeout=60, env=environment)  # fmt: skip
    assert printed.returncode == 0 and SIGNING_SECRET not in printed.stdout and "/services/T0" not in printed.stdout
    (tmp_path / "again.toml").write_text(printed.stdout)
    assert check(tmp_path, printed.stdout, **environment).returncode == 0, "what is printed is a configuration"
    served = subprocess.run([str(BINARY), "serve", "--data", str(tmp_path / "d"), "--config", str(tmp_path / "c.toml"), "--listen", "127.0.0.1:0"],
                            capture_output=True, text=True, timeout=60, env={"SLACK_URL": "https://hooks.slack.com/x", "SLACK_SECRET": "short"})  # fmt: skip
    assert served.returncode == 2 and "its secret has less than 16 bytes" in served.stderr
