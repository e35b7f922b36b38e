"""Black box: policies of thing groups that do not hold for devices, in a snapshot and in the server that goes on from it."""

import json

from corpus import Authority, dt
from cryptography.hazmat.primitives import hashes, serialization

import aws.audits as audits
from serving import ACCOUNT, REGION, Server

CHECK = "THINGWARDEN_GROUP_POLICY_WITHOUT_EFFECT_CHECK"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
NOW = dt.datetime.now(dt.timezone.utc)


def document(action, resource, effect="Allow"):
    statement = {"Effect": effect, "Action": action, "Resource": ARN + resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def write(path, *records):
    path.write_text("\n".join(map(json.dumps, records)))


def fleet(folder):
    """Four devices in `hall`, which is below `site`. Policies of certificates let three of them connect; ids by common name."""
    folder.mkdir()
    authority = Authority("Group policies CA")
    ids = {}
    described = []
    for name in ("press-1", "press-2", "press-3", "press-4"):
        certificate = authority.sign(name, start=NOW - dt.timedelta(days=9), end=NOW + dt.timedelta(days=900))
        ids[name] = certificate.fingerprint(hashes.SHA256()).hex()
        described.append({"certificateDescription": {
            "certificateId": ids[name],
            "certificateArn": f"{ARN}cert/{ids[name]}",
            "status": "ACTIVE",
            "certificatePem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
            "creationDate": NOW.timestamp() - 86400,
        }})
    write(folder / "certificates.jsonl", *described)
    policies = {
        "hall": document("iot:Publish", "topic/secret", "Deny"),
        "site": document("iot:Subscribe", "topicfilter/all/*"),
        "as-named": document("iot:Connect", "client/${iot:Certificate.Subject.CommonName}"),
        "as-line": document("iot:Connect", "client/line-*"),
        "as-any": document("iot:Connect", "client/*"),
    }
    targets = {
        "hall": ["thinggroup/hall"],
        "site": ["thinggroup/site"],
        "as-named": [f"cert/{ids['press-1']}"],
        "as-line": [f"cert/{ids['press-2']}"],
        "as-any": [f"cert/{ids['press-3']}", f"cert/{ids['press-4']}"],
    }
    write(folder / "policies.jsonl", *(
        {"policyName": name, "policyArn": f"{ARN}policy/{name}", "policyDocument": text, "defaultVersionId": "1"}
        for name, text in policies.items()
    ))
    write(folder / "policy-targets.jsonl", *(
        {"policyName": name, "targets": [ARN + target for target in all]} for name, all in targets.items()
    ))
    write(folder / "things.json", {"things": [{"thingName": name, "attributes": {}} for name in ids]})
    write(folder / "thing-principals.jsonl", *(
        {"thingName": name, "principals": [f"{ARN}cert/{id}"]} for name, id in ids.items()
    ))
    groups = {"site": {}, "hall": {"parentGroupName": "site"}}
    write(folder / "thing-groups.jsonl", *(
        {"thingGroupName": name, "thingGroupMetadata": {"creationDate": NOW.timestamp() - 86400, **above}}
        for name, above in groups.items()
    ))
    write(folder / "thing-group-members.jsonl", {"thingGroupName": "hall", "things": list(ids)}, {"thingGroupName": "site", "things": []})
    # press-4 may connect as itself, and does not.
    stamp = (NOW - dt.timedelta(hours=3)).strftime("%Y-%m-%d %H:%M:%S.000")
    write(folder / "log.jsonl", {
        "timestamp": stamp, "logLevel": "INFO", "traceId": "t", "accountId": ACCOUNT, "status": "Success",
        "eventType": "Connect", "protocol": "MQTT", "clientId": "visitor", "principalId": ids["press-4"], "sourceIp": "192.0.2.1", "sourcePort": 1,
    })
    return ids


def evidence(finding):
    return {member: finding["nonCompliantResource"]["additionalInfo"][member] for member in ("DEVICES", "DEVICES_WITHOUT_EFFECT")}


def clients(finding):
    """{thing: client id} of the devices that a finding shows."""
    infos = [related["additionalInfo"] for related in finding["relatedResources"]]
    return {info["THING_NAME"]: info["CLIENT_ID"] for info in infos}


def test_a_group_policy_without_effect_is_found_by_log_and_by_policies(thingwarden, tmp_path):
    ids = fleet(tmp_path / "snapshot")
    run = thingwarden("audit", tmp_path / "snapshot", "--check", CHECK, "--format", "jsonl", "--fail-on", "never")
    found = {line["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]: line for line in run.lines}
    assert set(found) == {"hall", "site"}, run.text + run.err.decode()
    for finding in found.values():
        assert evidence(finding) == {"DEVICES": "4", "DEVICES_WITHOUT_EFFECT": "2"}
        shown = clients(finding)
        assert shown["press-4"] == "visitor" and shown["press-2"].startswith("line-") and len(shown) == 2
        witness = finding["nonCompliantResource"]["additionalInfo"]["WITNESS"]
        assert any(witness.startswith(f"certificate {ids[thing]} of thing {thing}, ") for thing in shown)

    # Who the first certificate is only its subject can tell, which the picture of a snapshot does not hold.
    outcome = thingwarden("audit", tmp_path / "snapshot", "--check", CHECK, "--format", "json", "--fail-on", "never")
    assert "iot:Certificate.Subject.CommonName" in outcome.json["task"]["auditDetails"][CHECK]["message"]

    imported = thingwarden("import", tmp_path / "snapshot", "--data", tmp_path / "data")
    assert imported.code == 0, imported.text + imported.err.decode()
    server = Server(tmp_path)
    try:
        iot = server.client()
        audits.enable(iot, CHECK)
        task, description = audits.run(iot, CHECK)
        details = description["auditDetails"][CHECK]
        assert details["checkRunStatus"] == "COMPLETED_NON_COMPLIANT" and "message" not in details, details
        assert (details["totalResourcesCount"], details["nonCompliantResourcesCount"]) == (2, 2)
        served = audits.findings(iot, taskId=task)
        assert {one["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]["policyName"] for one in served} == set(found)
        for finding in served:
            assert evidence(finding) == {"DEVICES": "4", "DEVICES_WITHOUT_EFFECT": "2"}
            assert clients(finding)["press-4"] == "visitor" and clients(finding)["press-2"].startswith("line-")

        # A certificate that is its thing's alone has the group's policies whatever the client id is.
        principal = f"{ARN}cert/{ids['press-2']}"
        iot.detach_thing_principal(thingName="press-2", principal=principal)
        iot.attach_thing_principal(thingName="press-2", principal=principal, thingPrincipalType="EXCLUSIVE_THING")
        iot.update_certificate(certificateId=ids["press-4"], newStatus="INACTIVE")
        _, description = audits.run(iot, CHECK)
        assert description["auditDetails"][CHECK]["checkRunStatus"] == "COMPLETED_COMPLIANT"
    finally:
        assert server.stop() == 0, server.log_text()


def test_what_is_not_collected_is_no_compliance(thingwarden, tmp_path):
    fleet(tmp_path / "snapshot")

    def message():
        run = thingwarden("audit", tmp_path / "snapshot", "--check", CHECK, "--format", "json", "--fail-on", "never")
        outcome = run.json["task"]["auditDetails"][CHECK]
        assert outcome["checkRunStatus"] == "FAILED", outcome
        return outcome["message"]

    for name, what in (
        ("thing-group-members.jsonl", "list-things-in-thing-group"),
        ("policy-targets.jsonl", "list-targets-for-policy"),
        ("thing-principals.jsonl", "list-thing-principals"),
    ):
        hidden = tmp_path / name
        (tmp_path / "snapshot" / name).rename(hidden)
        assert what in message()
        hidden.rename(tmp_path / "snapshot" / name)
