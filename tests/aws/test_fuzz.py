"""Random sequences of valid and nearly valid calls of every served operation, from several threads and principals at once.

What must hold whatever happens: no failure of the server, no answer that an operation does not have, no reference to what is
gone, lists that agree with descriptions, pages without gaps, and the same state after a kill. `THINGWARDEN_FUZZ_SECONDS` and
`THINGWARDEN_FUZZ_SEED` make a longer run, or the same one again."""

import collections
import concurrent.futures
import functools
import http.client
import json
import os
import random
import time
import urllib.parse

import pytest
from botocore.exceptions import ClientError

import certificates
import model
import wire
from audits import PERMISSIVE, RESTRICTIVE, ROLE
from serving import ACCOUNT, REGION, Server
from test_iam import keys_of, policy

SECONDS = float(os.environ.get("THINGWARDEN_FUZZ_SECONDS", 12))
SEED = int(os.environ.get("THINGWARDEN_FUZZ_SEED", 20261128))
OTHER_ACCOUNT = "210987654321"

# What every operation may answer besides what its model lists.
COMMON = {
    "AccessDeniedException",
    "InvalidRequestException",
    "LimitExceededException",
    "SerializationException",
    "ThrottlingException",
    "ResourceNotFoundException",
}

NAMES = {
    "thingName": [f"t{n}" for n in range(6)],
    "thingTypeName": [f"y{n}" for n in range(3)],
    "thingGroupName": [f"g{n}" for n in range(5)],
    "billingGroupName": [f"b{n}" for n in range(3)],
    "policyName": [f"p{n}" for n in range(4)],
    "roleAlias": [f"a{n}" for n in range(3)],
    "domainConfigurationName": [f"d{n}" for n in range(3)],
    "scheduledAuditName": [f"s{n}" for n in range(3)],
}
NAMES |= {"parentGroupName": NAMES["thingGroupName"], "nextToken": ["", "bWFkZSB1cA"], "marker": ["", "bWFkZSB1cA"]}
ARNS = {
    "thing": "thingName",
    "thingtype": "thingTypeName",
    "thinggroup": "thingGroupName",
    "billinggroup": "billingGroupName",
    "policy": "policyName",
    "rolealias": "roleAlias",
    "domainconfiguration": "domainConfigurationName",
    "scheduledaudit": "scheduledAuditName",
}
# Checks, each with the resource that its findings are about.
CHECKS = {
    "IOT_POLICY_OVERLY_PERMISSIVE_CHECK": {"policyVersionIdentifier": {"policyName": "p0", "policyVersionId": "1"}},
    "DEVICE_CERTIFICATE_EXPIRING_CHECK": {"deviceCertificateId": "0" * 64},
    "LOGGING_DISABLED_CHECK": {"account": ACCOUNT},
}
STRANGE = ["", "*", "?", "${aws:username}", "../x", "a/b", "a%2Fb", "é", "\u202e", "x" * 300, "0", "null", "-1", "' OR 1=1 --", "\ud7ff", "a b", "$"]


def arn(kind, name, account=ACCOUNT):
    return f"arn:aws:iot:{REGION}:{account}:{kind}/{name}"


class Known:
    """What the threads have seen, for others to use and to spoil."""

    def __init__(self):
        self.certificates, self.authorities = [], []
        # Certificates that nothing is ever attached to, for transfers.
        self.inactive = []
        self.attached, self.policies = [], []
        self.killed = False
        self.tasks, self.findings, self.tokens = ["0" * 32], [], []
        # Signatures take long to make; these do for all.
        authority, key = certificates.make("authority", 400, ca=True)
        self.pems = [authority] + [certificates.make(f"device {n}", 300)[0] for n in range(4)]
        self.pems += [certificates.make(f"issued {n}", 300, issuer=("authority", key))[0] for n in range(3)]
        self.csrs = [certificates.csr(f"csr {n}")[0] for n in range(3)]

    def see(self, answer):
        """Takes ids out of an answer."""
        for name, value in answer.items():
            if name == "certificateId":
                found = self.authorities if ":cacert/" in answer.get("certificateArn", "") else self.certificates
                found.append(value)
            elif name == "taskId":
                self.tasks.append(value)
            elif name == "findings":
                self.findings += [finding["findingId"] for finding in value[:5]]
            elif name in ("nextToken", "nextMarker") and value:
                self.tokens.append(value)
            elif name == "certificates" and isinstance(value, list):
                self.certificates += [one["certificateId"] for one in value]
        for kept in (self.certificates, self.authorities, self.tasks, self.findings, self.tokens):
            del kept[:-30]


class Maker:
    """Makes inputs from the model: values from small pools, so that calls meet."""

    def __init__(self, dice, known):
        self.dice, self.known = dice, known

    def input(self, operation):
        shape = operation.input_shape
        if shape is None:
            return {}
        given = {}
        for name, member in shape.members.items():
            if name in shape.required_members or self.dice.random() < 0.35:
                if name in ("nextToken", "marker") and self.dice.random() < 0.7:
                    continue
                given[name] = self.value(member, name)
        if self.dice.random() < 0.6:
            self.agree(operation.name, given)
        if given and self.dice.random() < 0.06:
            given.pop(self.dice.choice(list(given)))
        return {name: value for name, value in given.items() if value is not None}

    def agree(self, operation, given):
        """Makes members agree that only make sense together."""
        if "CACertificate" in operation and "certificateId" in given and self.known.authorities:
            given["certificateId"] = self.dice.choice(self.known.authorities)
        if "resourceIdentifier" in given and "checkName" in given:
            given["checkName"] = self.dice.choice(list(CHECKS))
            given["resourceIdentifier"] = CHECKS[given["checkName"]]
        if operation in ("CreateAuditSuppression", "UpdateAuditSuppression"):
            given.pop("expirationDate", None)
            given["suppressIndefinitely"] = True
        if "frequency" in given:
            given.pop("dayOfWeek", None)
            given.pop("dayOfMonth", None)
            given["frequency"] = "DAILY"
        if operation == "TransferCertificate" and self.known.inactive:
            given |= {"certificateId": self.dice.choice(self.known.inactive), "targetAwsAccount": OTHER_ACCOUNT}
        if "CertificateTransfer" in operation and self.known.inactive:
            given["certificateId"] = self.dice.choice(self.known.inactive)
        if operation == "DetachThingPrincipal" and self.known.attached:
            given |= self.dice.choice(self.known.attached)
        if operation == "DetachPolicy" and self.known.policies:
            given |= self.dice.choice(self.known.policies)
        if operation == "ListAuditFindings":
            given.clear()
            given["taskId"] = self.dice.choice(self.known.tasks)
        if operation in ("RegisterCertificate", "RegisterCertificateWithoutCA"):
            given["certificatePem"] = self.dice.choice(self.known.pems[5:] if operation == "RegisterCertificate" else self.known.pems[1:5])
        if operation == "RegisterCACertificate":
            given |= {"caCertificate": self.known.pems[0], "certificateMode": "SNI_ONLY"}
            given.pop("verificationCertificate", None)
            given.pop("registrationConfig", None)
        if operation == "UpdateAccountAuditConfiguration":
            given["auditCheckConfigurations"] = {check: {"enabled": True} for check in CHECKS}

    def value(self, shape, name, depth=0):
        dice = self.dice
        if dice.random() < 0.03:
            return dice.choice(STRANGE) if shape.type_name == "string" else dice.choice([None, 0, -1, 2**31, [], {}, "x", True])
        kind = shape.type_name
        if kind == "string":
            return self.text(shape, name)
        if kind in ("integer", "long"):
            low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 5)
            return dice.choice([low, high, dice.randint(low, min(high, low + 5)), low - 1, high + 1, 1, 2, 3])
        if kind in ("float", "double"):
            return dice.choice([0, 0.5, 1e300, -1])
        if kind == "boolean":
            return dice.random() < 0.5
        if kind == "timestamp":
            return int(time.time()) + dice.choice([-100_000, -10, 0, 60, 100_000, 8 * 10**9, -(10**12)])
        if kind == "blob":
            return "AAAA"
        if kind == "list":
            return [self.value(shape.member, name, depth + 1) for _ in range(dice.randint(0, 3))]
        if kind == "map":
            pairs = range(dice.randint(0, 3))
            if shape.key.enum or name == "auditCheckConfigurations":
                return {self.text(shape.key, "checkName"): self.value(shape.value, "value", depth + 1) for _ in pairs}
            return {dice.choice(["k", "K", "team", "x" * 129, "é"]): self.value(shape.value, "value", depth + 1) for _ in pairs}
        members = {}
        for member, inner in shape.members.items():
            if member in shape.required_members or dice.random() < (0.5 if depth < 3 else 0.1):
                members[member] = self.value(inner, member, depth + 1)
        return members

    def text(self, shape, name):
        dice, known = self.dice, self.known
        pools = {
            "certificatePem": known.pems,
            "caCertificate": known.pems[:1],
            "caCertificatePem": known.pems[:1],
            "verificationCertificate": known.pems,
            "certificateSigningRequest": known.csrs,
            "taskId": known.tasks,
            "findingId": known.findings or ["0"],
            "targetAwsAccount": [OTHER_ACCOUNT, ACCOUNT],
            "roleArn": [ROLE, f"arn:aws:iam::{ACCOUNT}:role/pass", f"arn:aws:iam::{OTHER_ACCOUNT}:role/x"],
            "policyDocument": [json.dumps(PERMISSIVE), json.dumps(RESTRICTIVE), "{}", "{", '{"Version":"2012-10-17","Statement":[]}'],
            "policyVersionId": [str(n) for n in range(1, 8)],
            "checkName": list(CHECKS),
            "targetCheckNames": list(CHECKS),
            "dayOfMonth": ["1", "31", "LAST", "32"],
            "Key": ["team", "Team", "k", "aws:x", "é"],
            "tagKeys": ["team", "Team", "k"],
            "thingGroupsToAdd": NAMES["thingGroupName"],
            "thingGroupsToRemove": NAMES["thingGroupName"],
            "domainName": ["devices.example.com", "x"],
            "clientId": NAMES["thingName"],
            "targetName": [*NAMES["thingGroupName"], *NAMES["thingName"]],
            "account": [ACCOUNT],
            "clientRequestToken": ["one", "two"],
        }
        if name in ("nextToken", "marker") and known.tokens:
            return dice.choice(known.tokens)
        if name in pools:
            return dice.choice(pools[name])
        if name in NAMES:
            return dice.choice(NAMES[name])
        if "ertificateId" in name:
            ids = known.certificates[-12:]
            return dice.choice(ids) if ids and dice.random() < 0.95 else dice.choice(["0" * 64, "A" * 64])
        if name in ("principal", "target", "principals"):
            ids = known.certificates[-12:]
            if ids and dice.random() < 0.7:
                return arn("cert", dice.choice(ids))
            return arn("thinggroup", dice.choice(NAMES["thingGroupName"]))
        if name.lower().endswith("arn"):
            kind = {"thingArn": "thing", "thingGroupArn": "thinggroup", "billingGroupArn": "billinggroup"}.get(name) or dice.choice(list(ARNS))
            return arn(kind, dice.choice(NAMES[ARNS[kind]]))
        if shape.enum:
            return dice.choice(shape.enum)
        return dice.choice(["a", "b", "team"]) + "x" * max(0, shape.metadata.get("min", 0) - 1)


class Caller:
    """One thread: its principal, its dice, and what went wrong."""

    def __init__(self, server, known, seed, keys):
        self.server, self.known, self.keys = server, known, keys
        self.dice = random.Random(seed)
        self.maker = Maker(self.dice, known)
        self.codes, self.wrong = collections.Counter(), []

    def run(self, operations, until):
        while time.monotonic() < until and not self.wrong:
            name = self.dice.choice(operations)
            # What takes the ground from under others is called less often.
            if name == "DeleteAccountAuditConfiguration" and self.dice.random() < 0.9:
                continue
            try:
                self.once(name)
            except (OSError, http.client.HTTPException) as error:
                # Nothing but a kill breaks a connection.
                if not self.known.killed:
                    self.wrong.append(f"{name}: {error!r}")
                return

    def once(self, name):
        operation = model.MODEL.operation_model(name)
        members = self.maker.input(operation)
        try:
            method, path, body, headers = model.request(operation, members)
            "".join(headers.values()).encode("ascii")
            answer = wire.call(self.server, method, path, body, headers, timeout=20, **self.keys)
        except (UnicodeEncodeError, ValueError):
            return  # a value that no client can send at that place
        code = answer.code or str(answer.status)
        self.codes[name, code] += 1
        if answer.status == 200:
            if answer.body:
                self.known.see(answer.json)
            if name == "AttachThingPrincipal":
                self.known.attached = [*self.known.attached[-5:], {key: members[key] for key in ("thingName", "principal")}]
            elif name == "AttachPolicy":
                self.known.policies = [*self.known.policies[-5:], members]
        elif answer.status >= 500 or not self.may_answer(operation, code, path):
            self.wrong.append(f"{name} {members}: {answer}")

    def may_answer(self, operation, code, path):
        # An empty label makes another path.
        return code in COMMON or code in model.errors_of(operation) or (code == "UnknownOperationException" and "{" in operation.http["requestUri"])


def pages(call, key, size, token="nextToken", limit="maxResults", **given):
    """All results of a listing, page by page: no page is longer than asked for, nothing comes twice, and it ends."""
    found, place, seen = [], {}, set()
    while True:
        answer = call(**given, **{limit: size}, **place)
        assert len(answer[key]) <= size
        found += answer[key]
        next_place = answer.get("nextMarker" if token == "marker" else token)
        if not next_place:
            break
        assert next_place not in seen
        seen.add(next_place)
        place = {token: next_place}
    names = [json.dumps(one, sort_keys=True, default=str) for one in found]
    assert len(set(names)) == len(names), f"{call.__name__} repeats"
    return found


def there(call, **given):
    """What a describing call answers; none if there is no such thing."""
    try:
        answer = call(**given)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException", error
        return None
    answer.pop("ResponseMetadata")
    return answer


def picture(iot, size, account=ACCOUNT):
    """The whole state, as lists and descriptions show it; fails where they disagree or point at what is not there."""
    marked = {"token": "marker", "limit": "pageSize"}
    arn = functools.partial(globals()["arn"], account=account)
    names = lambda call, key, name, **given: sorted(one[name] for one in pages(call, key, size, **given))
    things = {name: there(iot.describe_thing, thingName=name) for name in names(iot.list_things, "things", "thingName")}
    types = {name: there(iot.describe_thing_type, thingTypeName=name) for name in names(iot.list_thing_types, "thingTypes", "thingTypeName")}
    groups = {name: there(iot.describe_thing_group, thingGroupName=name) for name in names(iot.list_thing_groups, "thingGroups", "groupName")}
    billing = {name: there(iot.describe_billing_group, billingGroupName=name) for name in names(iot.list_billing_groups, "billingGroups", "groupName")}
    policies = {name: there(iot.get_policy, policyName=name) for name in names(iot.list_policies, "policies", "policyName", **marked)}
    certs = {name: there(iot.describe_certificate, certificateId=name) for name in names(iot.list_certificates, "certificates", "certificateId", **marked)}
    authorities = {name: there(iot.describe_ca_certificate, certificateId=name) for name in names(iot.list_ca_certificates, "certificates", "certificateId", **marked)}
    aliases = {name: there(iot.describe_role_alias, roleAlias=name) for name in pages(iot.list_role_aliases, "roleAliases", size, **marked)}
    schedules = {
        name: there(iot.describe_scheduled_audit, scheduledAuditName=name)
        for name in names(iot.list_scheduled_audits, "scheduledAudits", "scheduledAuditName")
    }
    domains = {
        name: there(iot.describe_domain_configuration, domainConfigurationName=name)
        for name in names(iot.list_domain_configurations, "domainConfigurations", "domainConfigurationName", **marked)
    }
    for domain in domains.values():
        # Of a domain of the server itself, that is its address, and the port is another after each start.
        domain["domainName"] = domain["domainName"].replace(urllib.parse.urlsplit(iot.meta.endpoint_url).netloc, "the server")
    suppressions = pages(iot.list_audit_suppressions, "suppressions", size)
    for suppression in suppressions:
        given = {"checkName": suppression["checkName"], "resourceIdentifier": suppression["resourceIdentifier"]}
        assert there(iot.describe_audit_suppression, **given) == suppression
    tables = {
        "things": things, "types": types, "groups": groups, "billing": billing, "policies": policies, "certs": certs,
        "authorities": authorities, "aliases": aliases, "schedules": schedules, "domains": domains,
    }  # fmt: skip
    for kind, table in tables.items():
        assert None not in table.values(), f"{kind} lists what is not there: {table}"
    links = collections.defaultdict(set)
    certificate_arns = {arn("cert", name) for name in certs}
    for name, thing in things.items():
        assert thing.get("thingTypeName") is None or thing["thingTypeName"] in types
        if "billingGroupName" in thing:
            links["billing"].add((name, thing["billingGroupName"]))
        for principal in pages(iot.list_thing_principals, "principals", size, thingName=name):
            links["principals"].add((name, principal))
        for group in pages(iot.list_thing_groups_for_thing, "thingGroups", size, thingName=name):
            links["members"].add((name, group["groupName"]))
    for name, certificate in certs.items():
        described = certificate["certificateDescription"]
        assert described["certificateId"] == name
        for thing in pages(iot.list_principal_things, "things", size, principal=arn("cert", name)):
            links["principals back"].add((thing, arn("cert", name)))
        for attached in pages(iot.list_attached_policies, "policies", size, target=arn("cert", name), **marked):
            links["attached"].add((attached["policyName"], arn("cert", name)))
    for name, group in groups.items():
        parent = group["thingGroupMetadata"].get("parentGroupName")
        assert parent is None or parent in groups
        links["parents"].add((name, parent))
        for thing in pages(iot.list_things_in_thing_group, "things", size, thingGroupName=name):
            links["members back"].add((thing, name))
        for attached in pages(iot.list_attached_policies, "policies", size, target=arn("thinggroup", name), **marked):
            links["attached"].add((attached["policyName"], arn("thinggroup", name)))
    for name, group in billing.items():
        for thing in pages(iot.list_things_in_billing_group, "things", size, billingGroupName=name):
            links["billing back"].add((thing, name))
    versions = {}
    for name, found in policies.items():
        versions[name] = iot.list_policy_versions(policyName=name)["policyVersions"]
        assert 1 <= len(versions[name]) <= 5
        assert [one["versionId"] for one in versions[name] if one["isDefaultVersion"]] == [found["defaultVersionId"]]
        for target in pages(iot.list_targets_for_policy, "targets", size, policyName=name, **marked):
            links["attached back"].add((name, target))
    cognito = {link for link in links["attached back"] if not link[1].startswith("arn:")}
    assert links["attached"] == links["attached back"] - cognito
    assert {target for _, target in links["attached"]} <= certificate_arns | {arn("thinggroup", name) for name in groups}
    for one in ("principals", "members", "billing"):
        assert {link for link in links[one] if links[one] and (one != "principals" or link[1] in certificate_arns)} == links[f"{one} back"], one
    assert all(principal in certificate_arns or not principal.startswith("arn:") for _, principal in links["principals"])
    tags = {}
    for kind, name_of in ARNS.items():
        for name in NAMES[name_of]:
            if kind not in ("thing", "domainconfiguration"):
                tagged = there(iot.list_tags_for_resource, resourceArn=arn(kind, name))
                tags[kind, name] = tagged and sorted((tag["Key"], tag["Value"]) for tag in tagged["tags"])
    return {**tables, "links": dict(links), "versions": versions, "tags": tags, "suppressions": suppressions}


def check_versions(before, after):
    """A thing, group or policy that is still the same has no older version than it had."""
    for kind, number in (("things", "version"), ("groups", "version"), ("billing", "version")):
        for name, old in before[kind].items():
            new = after[kind].get(name, {})
            identity = {"things": "thingId", "groups": "thingGroupId", "billing": "billingGroupId"}[kind]
            assert new.get(identity) != old[identity] or new[number] >= old[number], (old, new)


def pictures(server, size):
    accounts = {ACCOUNT: "default", OTHER_ACCOUNT: OTHER_ACCOUNT}
    return {account: picture(server.client(**server.credentials(profile)), size, account) for account, profile in accounts.items()}


def differences(before, after):
    """What two pictures disagree in, down to the single record."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [f"{key}.{text}" for key in sorted({*before, *after}, key=str) for text in differences(before.get(key), after.get(key))]
    return [] if before == after else [f"{before} != {after}"]


def undo(iot, state):
    """Deletes everything, in the order that references ask for."""
    for certificate, table in state["certs"].items():
        described = table["certificateDescription"]
        if described["status"] == "PENDING_TRANSFER":
            # Sender and receiver have a record each.
            try:
                iot.cancel_certificate_transfer(certificateId=certificate)
            except iot.exceptions.InvalidRequestException:
                iot.reject_certificate_transfer(certificateId=certificate)
                continue
    for name in state["things"]:
        for principal in iot.list_thing_principals(thingName=name)["principals"]:
            iot.detach_thing_principal(thingName=name, principal=principal)
        iot.delete_thing(thingName=name)
    for certificate in [one["certificateId"] for one in iot.list_certificates(pageSize=250)["certificates"]]:
        if iot.describe_certificate(certificateId=certificate)["certificateDescription"]["status"] != "REVOKED":
            iot.update_certificate(certificateId=certificate, newStatus="INACTIVE")
        iot.delete_certificate(certificateId=certificate, forceDelete=True)
    left = dict(state["groups"])
    while left:
        parents = {group["thingGroupMetadata"].get("parentGroupName") for group in left.values()}
        for name in set(left) - parents:
            iot.delete_thing_group(thingGroupName=name)
            del left[name]
    for name in state["billing"]:
        iot.delete_billing_group(billingGroupName=name)
    for name in state["policies"]:
        for target in iot.list_targets_for_policy(policyName=name)["targets"]:
            iot.detach_policy(policyName=name, target=target)
        for version in iot.list_policy_versions(policyName=name)["policyVersions"]:
            if not version["isDefaultVersion"]:
                iot.delete_policy_version(policyName=name, policyVersionId=version["versionId"])
        iot.delete_policy(policyName=name)
    for name in state["aliases"]:
        iot.delete_role_alias(roleAlias=name)
    for name in state["schedules"]:
        iot.delete_scheduled_audit(scheduledAuditName=name)
    for name in state["types"]:
        iot.deprecate_thing_type(thingTypeName=name)
        iot.delete_thing_type(thingTypeName=name)


def make_all_again(iot):
    """Everything by the old names: nothing of what had them before comes back."""
    for name in NAMES["thingName"]:
        iot.create_thing(thingName=name)
        assert iot.list_thing_principals(thingName=name)["principals"] == []
        assert iot.list_thing_groups_for_thing(thingName=name)["thingGroups"] == []
        assert "billingGroupName" not in iot.describe_thing(thingName=name)
    document = json.dumps(RESTRICTIVE)
    makers = {
        "thingtype": lambda name: iot.create_thing_type(thingTypeName=name),
        "thinggroup": lambda name: iot.create_thing_group(thingGroupName=name),
        "billinggroup": lambda name: iot.create_billing_group(billingGroupName=name),
        "policy": lambda name: iot.create_policy(policyName=name, policyDocument=document),
        "rolealias": lambda name: iot.create_role_alias(roleAlias=name, roleArn=ROLE),
    }
    for kind, make in makers.items():
        for name in NAMES[ARNS[kind]]:
            make(name)
            assert iot.list_tags_for_resource(resourceArn=arn(kind, name))["tags"] == []
    for name in NAMES["policyName"]:
        assert iot.list_targets_for_policy(policyName=name)["targets"] == []
    for name in NAMES["thingGroupName"]:
        assert iot.list_things_in_thing_group(thingGroupName=name)["things"] == []
        assert iot.list_attached_policies(target=arn("thinggroup", name))["policies"] == []


@pytest.fixture
def own_server(tmp_path):
    environment = {"THINGWARDEN_LIMITS__THING_TYPE_DELETION_DELAY_SECONDS": "0", "THINGWARDEN_ACCOUNTS__ADDITIONAL": OTHER_ACCOUNT}
    running = Server(tmp_path, environment=environment)
    yield running
    running.kill() if running.process.poll() is None else None


def principals(server):
    """The roots of two accounts, a user with everything, a user with a part, and a session."""
    iam = server.client("iam")
    iam.create_role(RoleName="pass", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}))  # fmt: skip
    iam.put_role_policy(RoleName="pass", PolicyName="p", PolicyDocument=policy("iot:*"))
    found = [server.credentials(), server.credentials(OTHER_ACCOUNT)]
    tagged = {"Condition": {"StringEqualsIfExists": {"aws:ResourceTag/team": "b"}}}
    for name, document in (("all", policy("*")), ("part", policy("iot:*", "iam:PassRole", **tagged))):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        found.append(keys_of(iam.create_access_key(UserName=name)))
    sts = server.client("sts", **found[2])
    found.append(keys_of(sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pass", RoleSessionName="fuzz")))
    return found


def test_nothing_breaks_whatever_is_called(own_server):
    keys, known, operations = principals(own_server), Known(), model.served()
    own_server.client().update_account_audit_configuration(
        roleArn=ROLE, auditCheckConfigurations={check: {"enabled": True} for check in CHECKS}
    )
    known.inactive = [own_server.client().create_keys_and_certificate()["certificateId"] for _ in range(3)]
    codes, kills, earlier = collections.Counter(), 3, None
    for run in range(kills):
        callers = [Caller(own_server, known, f"{SEED} {run} {number}", given) for number, given in enumerate(keys)]
        until = time.monotonic() + SECONDS / kills
        with concurrent.futures.ThreadPoolExecutor(len(callers)) as threads:
            running = [threads.submit(caller.run, operations, until) for caller in callers]
            if run == 1:
                # In the middle of it all.
                concurrent.futures.wait(running, timeout=SECONDS / kills / 2)
                known.killed = True
                own_server.process.kill()
            for one in running:
                one.result()
        if run == 1:
            own_server.kill()
            own_server.start()
            known.killed = False
        wrong = [text for caller in callers for text in caller.wrong]
        assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong) + "\n" + own_server.log_text()[-2000:]
        for caller in callers:
            codes.update(caller.codes)
        before = pictures(own_server, 2)
        if earlier:
            check_versions(earlier, before[ACCOUNT])
        earlier = before[ACCOUNT]
        own_server.kill()
        own_server.start()
        changed = differences(before, pictures(own_server, 50))
        assert not changed, "\n".join(changed)
    called = {name for name, _ in codes}
    succeeded = {name for name, code in codes if code == "200"}
    for name in sorted(set(operations) - succeeded):
        print(name, {code: count for (called, code), count in codes.items() if called == name})
    print(f"{sum(codes.values())} calls; never called: {set(operations) - called}; never succeeded: {set(operations) - succeeded}")
    iot = own_server.client()
    undo(iot, before[ACCOUNT])
    make_all_again(iot)
