"""What certificates say, where policies speak of it: from a snapshot and from the folder of a server, which keeps no more than it needs."""

import json

import pytest
from corpus import Authority, dt
from cryptography.hazmat.primitives import hashes, serialization

ARN = "arn:aws:iot:eu-central-1:111122223333:"
NOW = dt.datetime.now(dt.timezone.utc)
FIELD = "${iot:Certificate.Subject.CommonName}"


def document(action, resource, **condition):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": ARN + resource, **condition}})


def fleet(folder, with_group):
    """Five lamps with certificates; gives their ids by common name. With the group, its policy speaks of certificates too."""
    folder.mkdir()
    authority = Authority("Lamps CA")
    devices = {"lamp-2": ("lamp-1", "as-named"), "lamp-1": ("lamp-2", "own"), "lamp-4": ("lamp-3", "own"), "vip": ("lamp-4", "vip"), "other": ("lamp-5", "vip")}
    ids, described = {}, []
    for name in devices:
        certificate = authority.sign(name, start=NOW - dt.timedelta(days=9), end=NOW + dt.timedelta(days=900))
        ids[name] = certificate.fingerprint(hashes.SHA256()).hex()
        described.append({"certificateDescription": {
            "certificateId": ids[name], "certificateArn": f"{ARN}cert/{ids[name]}", "status": "ACTIVE",
            "certificatePem": certificate.public_bytes(serialization.Encoding.PEM).decode(), "creationDate": NOW.timestamp() - 86400,
        }})
    policies = {
        "as-named": document("iot:Connect", f"client/{FIELD}"),
        "own": document("iot:Connect", "client/${iot:Connection.Thing.ThingName}"),
        "vip": document("iot:Connect", "client/*", Condition={"StringEquals": {"iot:Certificate.Subject.CommonName": "vip"}}),
    }
    targets = [{"policyName": policy, "targets": [f"{ARN}cert/{ids[name]}"]} for name, (_, policy) in devices.items()]
    records = {
        "certificates": described,
        "things": [{"things": [{"thingName": thing, "attributes": {}} for thing, _ in devices.values()]}],
        "thing-principals": [{"thingName": thing, "principals": [f"{ARN}cert/{ids[name]}"]} for name, (thing, _) in devices.items()],
    }
    if with_group:
        policies["hall"] = document("iot:Publish", f"topic/$aws/things/{FIELD}/*")
        targets.append({"policyName": "hall", "targets": [f"{ARN}thinggroup/hall"]})
        records["thing-groups"] = [{"thingGroupName": "hall", "thingGroupMetadata": {"creationDate": NOW.timestamp() - 86400}}]
        records["members"] = [{"thingGroupName": "hall", "things": ["lamp-3"]}]
    records["targets"] = targets
    records["policies"] = [
        {"policyName": name, "policyArn": f"{ARN}policy/{name}", "policyDocument": text, "defaultVersionId": "1"} for name, text in policies.items()
    ]
    for name, all in records.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, all)))
    return ids


@pytest.mark.parametrize("with_group", [False, True])
def test_certificates_count_as_policies_speak_of_them(thingwarden, tmp_path, with_group):
    snapshot, data = tmp_path / "snapshot", tmp_path / "tw"
    ids = fleet(snapshot, with_group)
    expected = {"lamp-2": 1, "lamp-1": 0, "lamp-4": int(with_group), "vip": 4, "other": 0}
    imported = thingwarden("import", snapshot, "--data", data, "--quiet")
    assert imported.code in (0, 2), imported.err
    for source in [("--snapshot", snapshot), ("--data", data)]:
        result = thingwarden("prove", "blast-radius", *source, "--format", "json")
        radius, = [line for line in result.lines if line["things"]]
        touches = {top["principal"]: top["touches"] for top in radius["top"]}
        assert {name: touches[id] for name, id in ids.items()} == expected, source
        assert radius["outOfBounds"] == {} and "problems" not in radius
        one = thingwarden("prove", "cross-device", "lamp-1", *source, "--format", "json").lines
        assert [line["verdict"] for line in one if line["policies"]] == ["touches other devices"], source
