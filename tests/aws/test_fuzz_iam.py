"""Random calls of IAM and STS from several threads: no failure, no answer that is not in the model, nothing left pointing at
what is gone, and the same state after a kill."""

import collections
import concurrent.futures
import json
import os
import random
import re
import time
import urllib.parse

import botocore.serialize
import pytest

import wire
from serving import ACCOUNT, Server
from test_fuzz import SEED, STRANGE, differences
from test_iam import keys_of, policy
from test_permissions import query_model, served_actions

SECONDS = float(os.environ.get("THINGWARDEN_FUZZ_SECONDS", 6))
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
SERVICES = {service: query_model(service) for service in ("iam", "sts")}
OPERATIONS = [(service, name) for service in SERVICES for name in served_actions(service)]

# Errors that every action may answer, from the list of common errors and what IAM says of access and of input.
COMMON = {"AccessDenied", "InvalidInput", "InvalidQueryParameter", "MalformedQueryString", "NoSuchEntity", "LimitExceeded", "ValidationError"}
USERS, ROLES, POLICIES = (["u0", "u1", "U1", "u2"], ["r0", "r1", "R1"], ["m0", "m1", "m2"])
PATHS = ["/", "/x/", "/y/z/"]


def trust(principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


POOLS = {
    "UserName": USERS,
    "NewUserName": USERS,
    "RoleName": ROLES,
    "Path": PATHS,
    "NewPath": PATHS,
    "PathPrefix": ["/", "/x", "/y/"],
    "PolicyDocument": [policy("iot:*"), policy("iam:*", effect="Deny"), "{}", "x" * 3000, trust({"AWS": "*"})],
    "AssumeRolePolicyDocument": [trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/u0"}), trust({"AWS": ACCOUNT}), trust({"Service": "iot.amazonaws.com"}), policy("*")],
    "Policy": [policy("iot:List*"), "{"],
    "VersionId": [f"v{number}" for number in range(1, 8)],
    "Status": ["Active", "Inactive", "Expired"],
    "RoleSessionName": ["run", "x" * 65],
    "Key": ["team", "Team", "aws:x"],
    "TagKeys": ["team", "TEAM"],
    "Marker": ["made-up"],
}
ARNS = [f"arn:aws:iam::{ACCOUNT}:policy{path}{name}" for path in PATHS[:2] for name in POLICIES] + [
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    f"arn:aws:iam::999999999999:policy/{POLICIES[0]}",
]


class Caller:
    def __init__(self, server, seed, keys):
        self.server, self.dice, self.keys = server, random.Random(seed), keys
        self.access_keys, self.codes, self.wrong = ["AKIAIOSFODNN7EXAMPLE"], collections.Counter(), []

    def value(self, shape, name):
        dice = self.dice
        if shape.type_name == "string":
            if dice.random() < 0.03:
                return dice.choice(STRANGE)
            if name == "PolicyName":
                return dice.choice(POLICIES)
            if name == "RoleArn":
                return f"arn:aws:iam::{ACCOUNT}:role{dice.choice(PATHS)}{dice.choice(ROLES)}"
            if name == "AccessKeyId":
                return dice.choice(self.access_keys)
            if name.lower() in ("policyarn", "permissionsboundary", "arn"):
                return dice.choice(ARNS)
            return dice.choice(POOLS.get(name) or shape.enum or ["a", "b"])
        if shape.type_name == "integer":
            return dice.choice([1, 2, 900, 3600, 0, 10**6])
        if shape.type_name == "boolean":
            return dice.random() < 0.5
        if shape.type_name == "list":
            return [self.value(shape.member, name) for _ in range(dice.randint(0, 3))]
        if shape.type_name == "structure":
            return {member: self.value(inner, member) for member, inner in shape.members.items()}
        return None

    def once(self):
        service, name = self.dice.choice(OPERATIONS)
        operation = SERVICES[service].operation_model(name)
        shape = operation.input_shape
        members = {}
        for member, inner in (shape.members if shape else {}).items():
            if member in shape.required_members or self.dice.random() < 0.25:
                members[member] = self.value(inner, member)
        if members and self.dice.random() < 0.05:
            members.pop(self.dice.choice(list(members)))
        body = botocore.serialize.create_serializer("query", include_validation=False).serialize_to_request(members, operation)["body"]
        body = urllib.parse.urlencode(body, quote_via=urllib.parse.quote).encode()
        answer = wire.call(self.server, "POST", "/", body, FORM, service=service, **self.keys)
        text = answer.body.decode()
        code = (re.search("<Code>([^<]+)</Code>", text) or [None, "200"])[1]
        self.codes[name, code] += 1
        # Its own key it had better keep.
        found = set(re.findall("<AccessKeyId>(AKIA[^<]+)", text)) - {self.keys["aws_access_key_id"]}
        self.access_keys = [*self.access_keys, *sorted(found)][-6:]
        listed = {error.metadata.get("error", {}).get("code", error.name) for error in operation.error_shapes}
        if answer.status >= 500 or code not in listed | COMMON | {"200"}:
            self.wrong.append(f"{name} {members}: {answer}")

    def run(self, until):
        while time.monotonic() < until and not self.wrong:
            self.once()


def everything(call, key, size, **given):
    found, place = [], {}
    while True:
        answer = call(MaxItems=size, **given, **place)
        assert len(answer[key]) <= size
        found += answer[key]
        if not answer["IsTruncated"]:
            break
        place = {"Marker": answer["Marker"]}
    texts = [json.dumps(one, sort_keys=True, default=str) for one in found]
    assert len(set(texts)) == len(texts), f"{call.__name__} repeats"
    return found


def picture(iam, size):
    """All users, roles and policies with what hangs on them; fails where the lists disagree."""
    policies = {one["Arn"]: one for one in everything(iam.list_policies, "Policies", size, Scope="Local")}
    holders, attachments, boundaries = {}, collections.Counter(), collections.Counter()
    for kind, listed in (("user", everything(iam.list_users, "Users", size)), ("role", everything(iam.list_roles, "Roles", size))):
        title = kind.capitalize()
        names = [one[f"{title}Name"] for one in listed]
        assert len({name.lower() for name in names}) == len(names), "two names that differ in case only"
        for one in listed:
            given = {f"{title}Name": one[f"{title}Name"]}
            got = getattr(iam, f"get_{kind}")(**given)[title]
            assert got["Arn"] == one["Arn"] and got[f"{title}Id"] == one[f"{title}Id"]
            attached = everything(getattr(iam, f"list_attached_{kind}_policies"), "AttachedPolicies", size, **given)
            attachments.update(policy["PolicyArn"] for policy in attached)
            boundary = got.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            boundaries.update([boundary] if boundary else [])
            inline = everything(getattr(iam, f"list_{kind}_policies"), "PolicyNames", size, **given)
            documents = {name: getattr(iam, f"get_{kind}_policy")(PolicyName=name, **given)["PolicyDocument"] for name in inline}
            tags = everything(getattr(iam, f"list_{kind}_tags"), "Tags", size, **given)
            keys = everything(iam.list_access_keys, "AccessKeyMetadata", size, **given) if kind == "user" else []
            assert len(keys) <= 2 and len(attached) <= 10
            got.pop("UserLastUsed", None), got.pop("RoleLastUsed", None)
            holders[kind, one[f"{title}Id"]] = [got, sorted(policy["PolicyArn"] for policy in attached), documents, tags, keys]
    own = {used for used in {*attachments, *boundaries} if ":aws:policy/" not in used}
    assert own <= set(policies), "attached policies that do not exist"
    for policy_arn, one in policies.items():
        assert one["AttachmentCount"] == attachments[policy_arn], policy_arn
        assert one["PermissionsBoundaryUsageCount"] == boundaries[policy_arn], policy_arn
        versions = everything(iam.list_policy_versions, "Versions", size, PolicyArn=policy_arn)
        assert 1 <= len(versions) <= 5
        assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == [one["DefaultVersionId"]]
        one["versions"] = versions
    return {"policies": policies, "holders": holders}


@pytest.fixture
def own_server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.kill() if running.process.poll() is None else None


def test_nothing_breaks_whatever_is_called(own_server):
    codes, runs = collections.Counter(), 2
    iam = own_server.client("iam")
    iam.create_user(UserName="outsider")
    iam.put_user_policy(UserName="outsider", PolicyName="p", PolicyDocument=policy("*"))
    keys = [own_server.credentials(), own_server.credentials(), *[keys_of(iam.create_access_key(UserName="outsider"))] * 2]
    for run in range(runs):
        callers = [Caller(own_server, f"{SEED} {run} {number}", given) for number, given in enumerate(keys)]
        until = time.monotonic() + SECONDS / runs
        with concurrent.futures.ThreadPoolExecutor(len(callers)) as threads:
            list(threads.map(lambda caller: caller.run(until), callers))
        wrong = [text for caller in callers for text in caller.wrong]
        assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong)
        for caller in callers:
            codes.update(caller.codes)
        before = picture(own_server.client("iam"), 2)
        own_server.kill()
        own_server.start()
        changed = differences(before, picture(own_server.client("iam"), 50))
        assert not changed, "\n".join(changed)
    succeeded = {name for name, code in codes if code == "200"}
    for name in sorted({name for _, name in OPERATIONS} - succeeded):
        print("never succeeded:", name, {code: count for (called, code), count in codes.items() if called == name})
    print(sum(codes.values()), "calls")
