"""Who may call what: every served operation of every service, for five kinds of callers, against a committed table.

The table is `permissions.txt`; `THINGWARDEN_WRITE_PERMISSIONS=1` writes it anew, for a person to read the difference."""

import json
import os
import pathlib
import re

import botocore.loaders
import botocore.model
import botocore.serialize
import pytest

import model
import wire
from serving import ACCOUNT, REGION
from test_iam import keys_of

TABLE = pathlib.Path(__file__).parent / "permissions.txt"
ROOT = model.ROOT
KINDS = ("unsigned", "wrong key", "no policy", "only this", "all but this")
HEAD = f"""\
# What the server answers to callers of five kinds, for every operation that is served. `passed` is any answer but a refusal: a
# minimal request may name something that does not exist. `denied` is for lack of this action, `denied X` for lack of another.
#
# {'operation':40}{'action':42}{''.join(f'{kind:20}' for kind in KINDS).strip()}
"""
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
IAM_VALUES = {
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/no-such",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/no-such",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/no-such",
    "PolicyDocument": "{}",
    "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "VersionId": "v1",
}


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:no-such"
SNS_VALUES = {
    "TopicArn": TOPIC,
    "ResourceArn": TOPIC,
    "SubscriptionArn": f"{TOPIC}:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "Name": "no-such",
}
# What the model calls optional and the service needs.
NEEDED = {"Publish": {"TopicArn": TOPIC}}


# Minimal inputs of the server's own operations, which no model describes.
OWN_INPUTS = {
    "ApproveMitigation": {"approvalId": "no-such"},
    "DenyMitigation": {"approvalId": "no-such"},
    "DescribeApproval": {"approvalId": "no-such"},
    "DescribeMitigation": {"taskId": "no-such"},
    "DescribeQuarantine": {"thingName": "no-such"},
    "PlanMitigation": {"target": {"auditTaskId": "no-such"}, "auditCheckToActionsMapping": {}},
    "Quarantine": {"thingName": "no-such"},
    "ReleaseQuarantine": {"thingName": "no-such"},
    "StartMitigation": {"taskId": "no-such"},
    "TagAudit": {"tag": "no-such"},
    "UndoMitigation": {"taskId": "no-such"},
    "UntagAudit": {"tag": "no-such"},
}


def query_model(service):
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


def served_actions(service):
    """As the table of the service in the source has them."""
    sources = {"iam": "crates/server/src/iam/actions.rs", "sns": "crates/server/src/sns/actions.rs", "sts": "crates/server/src/sts/mod.rs", "thingwarden": "crates/server/src/ops/actions.rs"}
    return sorted(set(re.findall(rf'"{service}:([A-Za-z]+)"', (ROOT / sources[service]).read_text())))


def iam_action(operation):
    """What policies call an operation of AWS IoT: its own name, but for a few."""
    text = (ROOT / "crates/wire/src/generated/operations.rs").read_text()
    found = re.search(rf'name: "{operation}",\s+method: "[A-Z]+",\s+uri: "[^"]+",\s+action: "([^"]+)"', text)
    assert found, operation
    return found[1]


def calls():
    """(service, operation, action, method, path, body, headers) of a minimal request of each served operation."""
    for name in model.served():
        operation = model.MODEL.operation_model(name)
        yield "iot", name, iam_action(name), *model.request(operation, model.minimal(operation))
    for service, values in (("iam", IAM_VALUES), ("sts", IAM_VALUES), ("sns", SNS_VALUES)):
        shapes = query_model(service)
        for name in served_actions(service):
            operation = shapes.operation_model(name)
            shape = operation.input_shape
            members = {
                member: values.get(member, model.example(shape.members[member], member)) for member in (shape.required_members if shape else [])
            } | (NEEDED.get(name, {}) if service == "sns" else {})
            if name == "GetAccessKeyLastUsed":
                members["AccessKeyId"] = IAM_VALUES["AccessKeyId"]
            body = botocore.serialize.create_serializer("query").serialize_to_request(members, operation)["body"]
            encoded = "&".join(f"{key}={model.urllib.parse.quote(str(value), safe='')}" for key, value in body.items()).encode()
            yield service, name, "sns:Publish" if name == "PublishBatch" else f"{service}:{name}", "POST", "/", encoded, FORM
    for name in served_actions("thingwarden"):
        body = json.dumps(OWN_INPUTS.get(name, {})).encode()
        yield "thingwarden", name, f"thingwarden:{name}", "POST", f"/thingwarden/{name}", body, {"content-type": "application/json"}


SIGNATURE = {"MissingAuthenticationToken": "unsigned", "InvalidSignature": "signature", "SignatureDoesNotMatch": "signature"}


def verdict(answer, action):
    """`unsigned`, `signature`, `denied` or `passed`."""
    text = answer.body.decode()
    code = answer.code or (re.search("<Code>([^<]+)</Code>", text) or [None, ""])[1]
    assert answer.status < 500 and code != "SerializationException", answer
    if code in ("AccessDeniedException", "AccessDenied", "AuthorizationError"):
        missing = re.search(r"is not authorized to perform: (\S+) on resource", text)[1]
        return "denied" if missing == action else f"denied {missing}"
    if answer.status == 403:
        return SIGNATURE[code.removesuffix("Exception")]
    return "passed"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": "*"}


@pytest.fixture(scope="module")
def rows(server):
    """{(operation, action): verdicts}. One user for all, whose policy changes before each call: each change must bite at once."""
    iam = server.client("iam")
    iam.create_user(UserName="tried")
    keys = keys_of(iam.create_access_key(UserName="tried"))
    wrong = keys | {"aws_secret_access_key": "x" * 40}
    found = {}
    for service, operation, action, method, path, body, headers in calls():

        def ask(*statements, keys=keys):
            iam.put_user_policy(UserName="tried", PolicyName="p", PolicyDocument=document(*statements))
            return verdict(wire.call(server, method, path, body, headers, service=service, **keys), action)

        found[operation, action] = (
            verdict(wire.send(server, method, path, body, headers), action),
            ask(allow("*"), keys=wrong),
            ask(allow("iot:None")),
            ask(allow(action)),
            ask(allow("*"), allow(action, "Deny")),
        )
    return found


def test_the_table_says_what_is_answered(rows):
    lines = [f"{operation:40}  {action:42}{''.join(f'{cell:20}' for cell in cells)}".rstrip() for (operation, action), cells in rows.items()]
    text = HEAD + "".join(f"{line}\n" for line in lines)
    if os.environ.get("THINGWARDEN_WRITE_PERMISSIONS"):
        TABLE.write_text(text)
    wanted = TABLE.read_text().splitlines()
    changed = [line for line in text.splitlines() if line not in wanted] + [f"gone: {line}" for line in wanted if line not in text.splitlines()]
    assert not changed, "\n".join(changed)


# Whoever can sign may know who they are, and may have temporary credentials for what they may do anyway (STS API reference).
FREE = {"GetCallerIdentity", "GetSessionToken"}
# The role says who may assume it, too; who is not told whether there is such a role sees one refusal.
OF_BOTH_SIDES = {"AssumeRole"}


def test_nothing_is_open_but_what_must_be(rows):
    assert len(rows) == len(model.served()) + sum(len(served_actions(service)) for service in ("iam", "sts", "sns", "thingwarden"))
    for (operation, _), (unsigned, wrong, nothing, only, all_but) in rows.items():
        assert (unsigned, wrong) == ("unsigned", "signature"), operation
        if operation not in FREE:
            assert nothing == all_but == "denied", operation
        if operation not in OF_BOTH_SIDES:
            assert only in {"passed", "denied iam:PassRole"}, operation
