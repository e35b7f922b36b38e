"""Black box: `thingwarden import`, and what a server that goes on from there answers."""

import json
import shutil
import time

import pytest

from conftest import ROOT
from serving import ACCOUNT, REGION, Server

FLEET = ROOT / "examples/fleet"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"


def read(name):
    text = (FLEET / name).read_text()
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def write(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, records)))


def table(run):
    """{kind: {column: number}} of a summary."""
    head, *rows = run.text.split("\n\n")[1].splitlines()
    columns = head.split()
    cells = [row.rsplit(None, len(columns)) for row in rows]
    number = lambda text: 0 if text == "-" else int(text.replace(",", ""))
    return {kind.strip(): dict(zip(columns, map(number, numbers))) for kind, *numbers in cells}


@pytest.fixture
def load(thingwarden, tmp_path):
    """Imports into the folder that `Server(tmp_path)` serves."""
    return lambda *arguments: thingwarden("import", *arguments, "--data", tmp_path / "data")


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(**environment):
        started.append(Server(tmp_path, environment=environment))
        return started[-1]

    yield start
    for one in started:
        assert one.stop() == 0, one.log_text()


def everything(client, operation, member, **arguments):
    pages = client.get_paginator(operation).paginate(**arguments)
    return [one for page in pages for one in page[member]]


def test_the_example_fleet_is_served_as_it_was(load, serve):
    run = load(FLEET)
    assert run.code == 0, run.text + run.err.decode()
    counts = table(run)
    assert counts["device certificates"]["added"] == len(read("certificates.jsonl"))
    assert counts["attachments to things"]["added"] == len(read("thing-principals.jsonl"))
    assert {sum(row.values()) - row["added"] for row in counts.values()} == {0}

    server = serve()
    iot, iam = server.client(), server.client("iam")
    for line in read("certificates.jsonl"):
        expected = line["certificateDescription"]
        found = iot.describe_certificate(certificateId=expected["certificateId"])["certificateDescription"]
        for member in ("certificateArn", "certificatePem", "status", "caCertificateId", "customerVersion", "generationId"):
            assert found[member] == expected[member], member
        assert found["creationDate"].timestamp() == expected["creationDate"]
        assert found["validity"]["notAfter"].timestamp() == expected["validity"]["notAfter"]
    registered = {one["certificateId"]: one["status"] for one in everything(iot, "list_ca_certificates", "certificates")}
    for line in read("ca-certificates.jsonl"):
        assert registered.pop(line["certificateDescription"]["certificateId"]) == "ACTIVE"
    # The issuer that is not registered helps with chains, and registers nothing.
    assert list(registered.values()) == ["INACTIVE"]

    things = everything(iot, "list_things", "things")
    assert sorted(things, key=str) == sorted(read("things.json")["things"], key=str)
    found = iot.list_things(attributeName="lorry", attributeValue="07")["things"]
    assert [one["thingName"] for one in found] == ["sensor-07"]
    types = {one["thingTypeName"] for one in everything(iot, "list_thing_types", "thingTypes")}
    assert types == {"sensor", "gateway"}
    for line in read("thing-principals.jsonl"):
        assert iot.list_thing_principals(thingName=line["thingName"])["principals"] == line["principals"]

    for expected in read("policies.jsonl"):
        found = iot.get_policy(policyName=expected["policyName"])
        for member in ("policyArn", "policyDocument", "defaultVersionId", "generationId"):
            assert found[member] == expected[member], member
    for line in read("policy-targets.jsonl"):
        assert everything_of_policy(iot, line["policyName"]) == sorted(line["targets"])
    for line in read("role-aliases.jsonl"):
        expected = line["roleAliasDescription"]
        found = iot.describe_role_alias(roleAlias=expected["roleAlias"])["roleAliasDescription"]
        assert (found["roleArn"], found["roleAliasArn"]) == (expected["roleArn"], expected["roleAliasArn"])
    logging = iot.get_v2_logging_options()
    assert {name: logging[name] for name in read("v2-logging-options.json")} == read("v2-logging-options.json")
    configuration = iot.describe_account_audit_configuration()
    expected = read("audit-configuration.json")
    assert configuration["roleArn"] == expected["roleArn"]
    for name, check in expected["auditCheckConfigurations"].items():
        assert configuration["auditCheckConfigurations"][name] == check
    (suppression,) = everything(iot, "list_audit_suppressions", "suppressions")
    (expected,) = read("audit-suppressions.json")["suppressions"]
    assert suppression["resourceIdentifier"] == expected["resourceIdentifier"]
    assert suppression["expirationDate"].timestamp() == expected["expirationDate"]

    for expected in read("iam-account-authorization-details.json")["RoleDetailList"]:
        role = iam.get_role(RoleName=expected["RoleName"])["Role"]
        for member in ("Arn", "RoleId", "Path", "AssumeRolePolicyDocument"):
            assert role[member] == expected[member], member
        for policy in expected["RolePolicyList"]:
            found = iam.get_role_policy(RoleName=expected["RoleName"], PolicyName=policy["PolicyName"])
            assert found["PolicyDocument"] == policy["PolicyDocument"]

    # New things get along with imported ones.
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName="sensor-01", principal=made["certificateArn"])
    iot.attach_policy(policyName="sensor", target=made["certificateArn"])
    iot.update_certificate(certificateId=read("certificates.jsonl")[0]["certificateDescription"]["certificateId"], newStatus="INACTIVE")


def everything_of_policy(iot, name):
    targets, marker = [], {}
    while True:
        page = iot.list_targets_for_policy(policyName=name, **marker)
        targets += page["targets"]
        if not page.get("nextMarker"):
            return sorted(targets)
        marker = {"marker": page["nextMarker"]}


def audit(iot, checks):
    """Runs an audit, and gives what it found as `findings` of conftest does."""
    iot.update_account_audit_configuration(
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/iot-audit", auditCheckConfigurations={name: {"enabled": True} for name in checks}
    )
    task = iot.start_on_demand_audit_task(targetCheckNames=checks)["taskId"]
    deadline = time.monotonic() + 60
    while (state := iot.describe_audit_task(taskId=task))["taskStatus"] == "IN_PROGRESS":
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    found = everything(iot, "list_audit_findings", "findings", taskId=task, listSuppressedFindings=True)
    found += everything(iot, "list_audit_findings", "findings", taskId=task)
    return state["auditDetails"], {
        (one["checkName"], one["reasonForNonComplianceCode"], identifier(one)) for one in found
    }


def identifier(finding):
    ((value),) = finding["nonCompliantResource"]["resourceIdentifier"].values()
    return (value.get("policyName") or value.get("issuerId")) if isinstance(value, dict) else value




def test_a_server_finds_what_the_snapshots_audit_finds(load, serve, thingwarden):
    assert load(FLEET).code == 0
    expected = thingwarden("audit", FLEET, "--format", "json", "--check", "*", "--fail-on", "never", "--all")
    report = expected.json
    details = report["task"]["auditDetails"]
    checks = sorted(details)
    assert len(checks) > 20
    statuses, found = audit(serve().client(), checks)
    wanted = {
        (one["checkName"], one["reasonForNonComplianceCode"], identifier(one)) for one in report["findings"]
    }
    assert found == wanted
    # A snapshot without groups says nothing of them; a registry without groups has none.
    of_groups = "THINGWARDEN_GROUP_POLICY_WITHOUT_EFFECT_CHECK"
    assert (details[of_groups]["errorCode"], statuses[of_groups]["checkRunStatus"]) == ("NO_DATA", "COMPLETED_COMPLIANT")
    checks.remove(of_groups)
    for name in checks:
        assert statuses[name]["checkRunStatus"] == details[name]["checkRunStatus"], name
        assert statuses[name].get("errorCode") == details[name].get("errorCode"), name


def test_a_second_import_changes_nothing(load, thingwarden, tmp_path):
    assert load(FLEET).code == 0
    database = tmp_path / "data/thingwarden.db"
    before = dump(database)
    again = load(FLEET)
    assert again.code == 0, again.text
    assert all(row["unchanged"] == sum(row.values()) for row in table(again).values()), again.text
    assert dump(database) == before


def dump(database):
    import sqlite3

    with sqlite3.connect(database) as connection:
        return [line for line in connection.iterdump() if "sqlite_sequence" not in line]


def test_everything_is_in_the_audit_trail(load, tmp_path):
    import sqlite3

    assert load(FLEET).code == 0
    with sqlite3.connect(tmp_path / "data/thingwarden.db") as connection:
        rows = connection.execute("SELECT kind, principal, operation, request_id FROM trail").fetchall()
    assert {(principal, operation) for _, principal, operation, _ in rows} == {("thingwarden import", "thingwarden:Import")}
    assert len({request for *_, request in rows}) == 1
    kinds = {kind for kind, *_ in rows}
    assert {"certificate", "ca_certificate", "thing", "thing_principal", "policy", "policy_attachment", "iam_role"} <= kinds


def test_what_is_there_and_differs_is_kept_unless_it_shall_be_replaced(load, serve, tmp_path):
    folder = tmp_path / "snapshot"
    thing = {"thingName": "t", "thingArn": f"{ARN}thing/t", "attributes": {"a": "1"}, "version": 1}
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}})
    policy = {"policyName": "p", "policyArn": f"{ARN}policy/p", "defaultVersionId": "1", "policyDocument": document}
    write(folder / "all.jsonl", thing, policy)
    assert load(folder).code == 0
    thing["attributes"] = {"b": "2"}
    policy["policyDocument"] = document.replace("Connect", "Publish")
    write(folder / "all.jsonl", thing, policy)

    kept = load(folder)
    assert kept.code == 1
    assert table(kept)["things"]["kept"] == 1 and table(kept)["policies"]["kept"] == 1
    assert f"{folder}/all.jsonl:1: of the things, `t` differs" in kept.text
    assert f"{folder}/all.jsonl:2: of the policies, `p` differs" in kept.text
    server = serve()
    iot = server.client()
    assert iot.describe_thing(thingName="t")["attributes"] == {"a": "1"}
    assert iot.get_policy(policyName="p")["policyDocument"] == document
    server.stop()

    replaced = load(folder, "--replace")
    assert replaced.code == 0, replaced.text
    assert table(replaced)["things"]["replaced"] == 1
    iot = serve().client()
    assert iot.describe_thing(thingName="t")["attributes"] == {"b": "2"}
    assert iot.list_things(attributeName="a")["things"] == []
    assert [one["thingName"] for one in iot.list_things(attributeName="b")["things"]] == ["t"]
    assert iot.get_policy(policyName="p")["policyDocument"] == policy["policyDocument"]


def test_a_running_server_is_not_imported_into(load, serve):
    server = serve()
    refused = load(FLEET)
    assert refused.code == 2
    assert b"stop the server before an import" in refused.err and b"in use" in refused.err
    assert server.client().list_things()["things"] == []


def test_broken_input_is_named_and_the_rest_imported(load, serve, tmp_path):
    folder = tmp_path / "snapshot"
    shutil.copytree(FLEET, folder)
    first = read("certificates.jsonl")[0]["certificateDescription"]
    missing = "ab" * 32
    write(
        folder / "more.jsonl",
        {"thingName": "bad name", "thingArn": f"{ARN}thing/bad name"},
        {"certificateDescription": {**first, "certificatePem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}},
        {"thingName": "sensor-01", "principals": [f"{ARN}cert/{missing}"]},
        {"policyName": "absent", "targets": [first["certificateArn"]]},
        {"policyName": "sensor", "targets": ["arn:aws:iot:us-east-1:999999999999:cert/" + missing]},
        {"certificateDescription": {**first, "certificateId": missing}},
        {"certificates": [{"certificateId": "cd" * 32, "certificateArn": f"{ARN}cert/" + "cd" * 32, "status": "ACTIVE"}]},
    )
    with open(folder / "more.jsonl", "a") as file:
        file.write('\n{"thingName": "cut')
    run = load(folder)
    assert run.code == 2
    for line, words in [
        (1, "thing `bad name`: 1 validation error detected: "),
        (2, "certificate `"),
        (3, f"thing `sensor-01` has certificate `{missing}`, which is not in the snapshot"),
        (4, "policy `absent` is attached to"),
        (5, "is of account 999999999999, and this is an import for 123456789012; --account-id"),
        (6, f"certificate id `{missing}` is not the SHA-256 of its certificate"),
        (7, "is listed, but neither described nor in a file"),
        (8, "the text ends"),
    ]:
        assert any(f"more.jsonl:{line}" in one and words in one for one in run.text.splitlines()), (line, run.text)
    assert len(serve().client().list_things()["things"]) == len(read("things.json")["things"])


def test_a_snapshot_is_imported_as_another_account(load, serve):
    run = load(FLEET, "--account-id", "000000000000", "--region", "eu-central-1")
    assert run.code == 0, run.text
    server = serve(THINGWARDEN_ACCOUNTS__ADDITIONAL="000000000000")
    iot = server.client(region="eu-central-1", **server.credentials("000000000000"))
    arn = iot.list_thing_principals(thingName="sensor-01")["principals"][0]
    assert arn.startswith("arn:aws:iot:eu-central-1:000000000000:cert/")
    assert iot.list_principal_things(principal=arn)["things"] == ["sensor-01"]
    assert arn in everything_of_policy(iot, "sensor")
    alias = iot.describe_role_alias(roleAlias="gateway-debug")["roleAliasDescription"]
    assert alias["roleArn"] == "arn:aws:iam::000000000000:role/gateway-debug"


def test_groups_types_and_attachments_in_any_order(load, serve, tmp_path):
    folder = tmp_path / "snapshot"
    pem = read("certificates.jsonl")[0]["certificateDescription"]
    write(
        folder / "all.jsonl",
        {"thingGroupName": "below", "things": ["t"]},
        {"thingName": "u", "thingGroups": [{"groupName": "top"}]},
        {"target": f"{ARN}thinggroup/below", "policies": [{"policyName": "p", "policyArn": f"{ARN}policy/p"}]},
        {"thingName": "t", "thingPrincipalObjects": [{"principal": pem["certificateArn"], "thingPrincipalType": "EXCLUSIVE_THING"}]},
        {"thingGroupName": "below", "thingGroupArn": f"{ARN}thinggroup/below", "version": 4,
         "thingGroupProperties": {"thingGroupDescription": "d", "attributePayload": {"attributes": {"k": "v"}}},
         "thingGroupMetadata": {"parentGroupName": "top", "creationDate": 1700000000}},
        {"thingGroups": [{"groupName": "top", "groupArn": f"{ARN}thinggroup/top"}, {"groupName": "below", "groupArn": f"{ARN}thinggroup/below"}]},
        {"thingTypes": [{"thingTypeName": "k", "thingTypeArn": f"{ARN}thingtype/k",
                         "thingTypeProperties": {"thingTypeDescription": "kind", "searchableAttributes": ["s"]},
                         "thingTypeMetadata": {"deprecated": True, "deprecationDate": 1700000001, "creationDate": 1700000000}}]},
        {"thingName": "t", "thingTypeName": "k", "billingGroupName": "b", "thingId": "00000000-0000-4000-8000-000000000001", "version": 7},
        {"policyName": "p", "policyVersionId": "3", "isDefaultVersion": False, "policyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})},
        {"policyName": "p", "policyVersionId": "2", "isDefaultVersion": True, "policyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})},
        {"certificateDescription": pem},
    )
    run = load(folder)
    assert run.code == 0, run.text
    iot = serve().client()
    thing = iot.describe_thing(thingName="t")
    assert (thing["thingTypeName"], thing["billingGroupName"], thing["version"]) == ("k", "b", 7)
    assert thing["thingId"].endswith("0001")
    assert iot.describe_thing_type(thingTypeName="k")["thingTypeMetadata"]["deprecated"]
    group = iot.describe_thing_group(thingGroupName="below")
    assert (group["version"], group["thingGroupMetadata"]["parentGroupName"]) == (4, "top")
    assert group["thingGroupProperties"]["attributePayload"]["attributes"] == {"k": "v"}
    assert iot.list_things_in_thing_group(thingGroupName="top", recursive=True)["things"] == ["u", "t"]
    attached = iot.list_thing_principals_v2(thingName="t")["thingPrincipalObjects"]
    assert attached == [{"principal": pem["certificateArn"], "thingPrincipalType": "EXCLUSIVE_THING"}]
    versions = iot.list_policy_versions(policyName="p")["policyVersions"]
    assert {one["versionId"]: one["isDefaultVersion"] for one in versions} == {"2": True, "3": False}
    assert iot.create_policy_version(policyName="p", policyDocument='{"Version":"2012-10-17","Statement":[]}')["policyVersionId"] == "4"
    assert iot.list_attached_policies(target=f"{ARN}thinggroup/below")["policies"][0]["policyName"] == "p"


def test_loose_files_become_certificates_and_policies(load, serve, tmp_path):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    device, ca = (read(name)[0]["certificateDescription"] for name in ("certificates.jsonl", "ca-certificates.jsonl"))
    (folder / "device.pem").write_text(device["certificatePem"])
    (folder / "ca.pem").write_text(ca["certificatePem"])
    write(folder / "door.json", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]})
    run = load(folder)
    assert run.code == 0, run.text
    assert "Account 000000000000, region us-east-1" in run.text
    server = serve(THINGWARDEN_ACCOUNTS__ADDITIONAL="000000000000")
    iot = server.client(**server.credentials("000000000000"))
    found = iot.describe_certificate(certificateId=device["certificateId"])["certificateDescription"]
    assert (found["status"], found["certificatePem"].strip()) == ("ACTIVE", device["certificatePem"].strip())
    assert iot.describe_ca_certificate(certificateId=ca["certificateId"])["certificateDescription"]["status"] == "ACTIVE"
    assert json.loads(iot.get_policy(policyName="door")["policyDocument"])["Statement"][0]["Action"] == "iot:Connect"


def test_what_the_registry_says_wins_over_a_file(load, serve, tmp_path):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    device = read("certificates.jsonl")[0]["certificateDescription"]
    (folder / "a.pem").write_text(device["certificatePem"])
    write(folder / "b.json", {"certificateDescription": {**device, "status": "INACTIVE"}})
    for expected in ("added", "unchanged"):
        run = load(folder)
        assert (run.code, table(run)["device certificates"][expected]) == (0, 1), run.text
    iot = serve().client()
    assert iot.describe_certificate(certificateId=device["certificateId"])["certificateDescription"]["status"] == "INACTIVE"
