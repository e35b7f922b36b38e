"""Hostile and broken input: one clear line each, the rest of the audit goes on, nothing hangs, memory stays bounded."""

import ctypes
import gzip
import io
import json
import os
import resource
import subprocess
import tarfile

import pytest
from conftest import BINARY, NOW
from corpus import Authority, der, fingerprint, pem

CHECK = "DEVICE_CERTIFICATE_EXPIRING_CHECK"


@pytest.fixture
def folder(tmp_path):
    """A folder with one sound device certificate in it."""
    (tmp_path / "good.pem").write_bytes(pem(Authority("CA").sign("device")))
    return tmp_path


def audit(thingwarden, *paths, code=2):
    result = thingwarden("audit", *paths, "--check", CHECK, "--format", "json", "--now", NOW, "--fail-on", "never")
    assert result.code == code, result.err.decode()
    return result.json


def only_skipped(report):
    (skipped,) = report["input"]["skipped"]
    return skipped


def test_a_broken_certificate_is_named_with_its_line(thingwarden, folder):
    broken = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    (folder / "broken.pem").write_bytes(b"text before\n" + broken)
    report = audit(thingwarden, folder)
    skipped = only_skipped(report)
    assert skipped["path"].endswith("broken.pem") and skipped["line"] == 2
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1
    assert report["task"]["auditDetails"][CHECK]["checkRunStatus"] == "FAILED"


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_truncated_certificate(thingwarden, folder, cut):
    (folder / "cut.der").write_bytes(der(Authority("CA").sign("device"))[:-cut])
    assert only_skipped(audit(thingwarden, folder))["path"].endswith("cut.der")


def test_an_unparsable_policy_is_named_with_line_and_column(thingwarden, folder):
    (folder / "policy.json").write_text('{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Acton": "iot:*", "Resource": "*"}]}')
    report = audit(thingwarden, folder)
    skipped = only_skipped(report)
    assert skipped["line"] == 2 and "Acton" in skipped["what"]


def test_truncated_json_keeps_the_records_before_it(thingwarden, tmp_path):
    certificate = Authority("CA").sign("device")
    record = {"certificateDescription": {"certificateId": fingerprint(certificate), "status": "ACTIVE",
                                         "certificatePem": pem(certificate).decode()}}
    (tmp_path / "certificates.jsonl").write_text(json.dumps(record) + "\n" + json.dumps(record)[:500])
    report = audit(thingwarden, tmp_path)
    assert only_skipped(report)["path"].endswith("certificates.jsonl")
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def test_what_is_neither_is_named_and_no_error(thingwarden, folder):
    (folder / "notes.txt").write_text("milk, bread")
    (folder / "photo.jpg").write_bytes(os.urandom(5000))
    report = audit(thingwarden, folder, code=0)
    assert {entry["path"].rsplit("/", 1)[-1] for entry in report["input"]["ignored"]} == {"notes.txt", "photo.jpg"}


def test_a_private_key_is_not_read_and_said_so(thingwarden, folder):
    (folder / "device.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (ignored,) = audit(thingwarden, folder, code=0)["input"]["ignored"]
    assert "private key" in ignored["what"]


def test_links_in_a_circle(thingwarden, folder):
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    report = audit(thingwarden, folder, code=2)
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def test_a_path_that_does_not_exist(thingwarden, folder):
    result = thingwarden("audit", folder / "nowhere")
    assert result.code == 2 and b"nowhere" in result.err and result.out == b""


def test_a_pipe_is_not_opened(thingwarden, folder):
    os.mkfifo(folder / "pipe.pem")
    audit(thingwarden, folder, code=0)


def obey_permissions():
    """Root reads everything, unless it drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH before the program starts."""
    if os.geteuid() == 0:
        drop, libc = 24, ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):
            if libc.prctl(drop, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "cannot drop a capability")


def test_a_file_without_permission(folder):
    (folder / "secret.pem").write_bytes(b"x")
    (folder / "secret.pem").chmod(0)
    command = [str(BINARY), "audit", str(folder), "--check", CHECK, "--format", "json", "--now", NOW]
    result = subprocess.run(command, capture_output=True, timeout=60, preexec_fn=obey_permissions)
    report = json.loads(result.stdout)
    assert result.returncode == 2 and only_skipped(report)["path"].endswith("secret.pem")
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def limited(*arguments, megabytes=400):
    """Runs the binary with a limit on its memory."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    command = [str(BINARY), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, preexec_fn=limit)


@pytest.mark.parametrize("name", ["huge.pem", "huge.der", "huge.json", "huge.jsonl", "huge.crl"])
def test_four_gigabytes_of_nothing(folder, name):
    with open(folder / name, "wb") as file:
        file.truncate(4 << 30)
    result = limited("audit", folder, "--check", CHECK, "--format", "json", "--now", NOW, "--jobs", "2")
    assert result.returncode == 2, result.stderr.decode()
    report = json.loads(result.stdout)
    assert only_skipped(report)["path"].endswith(name)
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def archive(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_a_snapshot_in_an_archive(thingwarden, tmp_path):
    certificate = Authority("CA").sign("device")
    archive(tmp_path / "fleet.tar.gz", [("fleet/../../device.pem", pem(certificate)), ("fleet/notes.txt", b"hello")])
    report = audit(thingwarden, tmp_path / "fleet.tar.gz", code=0)
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def test_a_truncated_archive_keeps_what_came_before(thingwarden, tmp_path):
    certificates = [pem(Authority("CA").sign(f"device-{number}")) for number in range(40)]
    archive(tmp_path / "fleet.tar.gz", [(f"{number:02}.pem", content) for number, content in enumerate(certificates)])
    whole = (tmp_path / "fleet.tar.gz").read_bytes()
    (tmp_path / "fleet.tar.gz").write_bytes(whole[: len(whole) // 2])
    report = audit(thingwarden, tmp_path / "fleet.tar.gz")
    assert 0 < report["task"]["auditDetails"][CHECK]["totalResourcesCount"] < 40


def test_a_bomb_ends_early(tmp_path):
    bomb = tmp_path / "bomb.tar.gz"
    zeros = gzip.compress(bytes(1 << 24), 9)
    header = tarfile.TarInfo("fleet.jsonl")
    header.size = 1 << 36
    with open(bomb, "wb") as file:
        file.write(gzip.compress(header.tobuf()))
        for _ in range(256):
            file.write(zeros)
    result = limited("audit", bomb, "--check", CHECK, "--format", "json", "--now", NOW, "--jobs", "2")
    assert result.returncode == 2, result.stderr.decode()
    skipped = json.loads(result.stdout)["input"]["skipped"]
    assert skipped[-1]["path"] == str(bomb) and "expand" in skipped[-1]["what"]


def test_names_from_the_input_cannot_drive_the_terminal(thingwarden, folder):
    evil = "\x1b]0;owned\x07\x1b[31mred\u202e"
    (folder / f"{evil}.txt").write_text("x")
    (folder / "log.jsonl").write_text(json.dumps({
        "timestamp": "2026-11-24 10:00:00.000", "eventType": "Disconnect", "status": "Failure", "clientId": evil,
        "principalId": evil, "reason": "DUPLICATE_CLIENT_ID", "sourceIp": "192.0.2.1"}) + "\n")
    for output in ("report", "csv"):
        result = thingwarden("audit", folder, "--check", "CONFLICTING_CLIENT_IDS_CHECK", "--now", NOW, "--format", output)
        assert result.code == 1, result.err.decode()
        assert b"\x1b" not in result.out + result.err and b"\x07" not in result.out + result.err
        if output == "report":
            assert "\u202e" not in result.text and "owned" in result.text


def test_an_empty_folder_says_no_data_everywhere(thingwarden, tmp_path):
    result = thingwarden("audit", tmp_path, "--check", "*", "--format", "json", "--now", NOW)
    runs = result.json["task"]["auditDetails"]
    assert {run["checkRunStatus"] for run in runs.values()} == {"FAILED"}
    assert {run["errorCode"] for run in runs.values()} == {"NO_DATA"}
    assert not any(run["checkCompliant"] for run in runs.values())


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_never_crash(thingwarden, tmp_path, seed):
    import random
    rng = random.Random(seed)
    authority = Authority("CA")
    certificate = authority.sign("device")
    sources = [pem(certificate), der(certificate), der(authority.revocation_list(certificate)),
               b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}',
               json.dumps({"things": [{"thingName": "a"}]}).encode()]
    for number, source in enumerate(sources):
        damaged = bytearray(source)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        for name in (f"{number}.pem", f"{number}.der", f"{number}.json", f"{number}.crl"):
            (tmp_path / name).write_bytes(bytes(damaged))
    result = thingwarden("audit", tmp_path, "--check", "*", "--format", "json", "--now", NOW)
    assert result.code in (0, 1, 2) and b"panicked" not in result.err, result.err.decode()
    assert all(run.get("errorCode") != "INTERNAL_FAILURE" for run in result.json["task"]["auditDetails"].values())


BAD_POLICY = b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}'


def policies(thingwarden, *paths):
    """The run of the policy check, and the report."""
    report = thingwarden("audit", *paths, "--check", "IOT_POLICY_OVERLY_PERMISSIVE_CHECK", "--format", "json", "--now", NOW)
    return report.code, report.json["task"]["auditDetails"]["IOT_POLICY_OVERLY_PERMISSIVE_CHECK"], report.json["input"]


def link(tar, name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    tar.addfile(info)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, b"M"])
def test_a_link_in_an_archive_is_an_error(thingwarden, tmp_path, kind):
    with tarfile.open(tmp_path / "fleet.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("fleet/policies/fine.json")
        fine = BAD_POLICY.replace(b"Allow", b"Deny")
        info.size = len(fine)
        tar.addfile(info, io.BytesIO(fine))
        link(tar, "fleet/policies/bad.json", kind, "../elsewhere/bad.json")
    code, _, read = policies(thingwarden, tmp_path / "fleet.tar.gz")
    (skipped,) = read["skipped"]
    assert code == 2 and skipped["path"].endswith("fleet.tar.gz/fleet/policies/bad.json")


def test_devices_and_pipes_in_an_archive_are_named(thingwarden, tmp_path):
    archive(tmp_path / "fleet.tar", [("device.pem", pem(Authority("CA").sign("device")))], "w")
    with tarfile.open(tmp_path / "fleet.tar", "a") as tar:
        link(tar, "null", tarfile.CHRTYPE)
        link(tar, "pipe", tarfile.FIFOTYPE)
    report = audit(thingwarden, tmp_path / "fleet.tar", code=0)
    assert ["device" in entry["what"] or "pipe" in entry["what"] for entry in report["input"]["ignored"]] == [True, True]

@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archives_one_after_another_are_read_to_the_end(thingwarden, tmp_path, mode):
    parts = []
    for number in range(3):
        archive(tmp_path / "part", [(f"{number}.pem", pem(Authority("CA").sign(f"device-{number}")))], mode)
        parts.append((tmp_path / "part").read_bytes())
    whole = tmp_path / "fleet.tar.any"
    whole.write_bytes(b"".join(parts))
    report = audit(thingwarden, whole, code=0)
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 3


def test_other_data_behind_an_archive_is_an_error(thingwarden, tmp_path):
    archive(tmp_path / "fleet.tar", [("device.pem", pem(Authority("CA").sign("device")))], "w")
    with open(tmp_path / "fleet.tar", "ab") as file:
        file.write(pem(Authority("CA").sign("other")))
    assert "after the end" in only_skipped(audit(thingwarden, tmp_path / "fleet.tar"))["what"]


def test_a_policy_without_its_default_version_is_not_compliant(thingwarden, tmp_path):
    record = {"policyName": "p", "policyVersionId": "1", "isDefaultVersion": False, "policyDocument": BAD_POLICY.decode()}
    (tmp_path / "policies.json").write_text(json.dumps(record))
    _, run, _ = policies(thingwarden, tmp_path)
    assert run["checkRunStatus"] == "FAILED" and run["errorCode"] == "NO_DATA" and "default version" in run["message"]
    (tmp_path / "default.json").write_text(json.dumps({**record, "policyVersionId": "2", "isDefaultVersion": True}))
    code, run, _ = policies(thingwarden, tmp_path)
    assert code == 1 and run["nonCompliantResourcesCount"] == 1


@pytest.mark.parametrize("more", [{"nextMarker": "x"}, {"NextToken": "x"}])
def test_a_list_without_its_last_page_is_not_compliant(thingwarden, tmp_path, more):
    text = BAD_POLICY.replace(b"Allow", b"Deny").decode()
    (tmp_path / "policies.json").write_text(json.dumps({"policyName": "p", "defaultVersionId": "1", "policyDocument": text}))
    (tmp_path / "list.json").write_text(json.dumps({"policies": [{"policyName": "p"}], **more}))
    _, run, _ = policies(thingwarden, tmp_path)
    assert run["checkRunStatus"] == "FAILED" and run["errorCode"] == "PARTIAL_DATA" and "last page" in run["message"]
    (tmp_path / "list.json").write_text(json.dumps({"policies": [{"policyName": "p"}]}))
    code, run, _ = policies(thingwarden, tmp_path)
    assert code == 0 and run["checkRunStatus"] == "COMPLETED_COMPLIANT"


def test_a_certificate_under_a_wrong_id(thingwarden, tmp_path):
    certificate, other = Authority("CA").sign("device"), Authority("CA").sign("other")
    record = {"certificateDescription": {"certificateId": fingerprint(other), "status": "ACTIVE",
                                         "certificatePem": pem(certificate).decode()}}
    (tmp_path / "certificates.jsonl").write_text(json.dumps(record))
    skipped = only_skipped(audit(thingwarden, tmp_path))
    assert skipped["line"] == 1 and fingerprint(other) in skipped["what"] and "SHA-256" in skipped["what"]


def test_a_path_that_is_no_file_is_an_error(thingwarden, folder):
    os.mkfifo(folder / "pipe.pem")
    report = audit(thingwarden, folder / "good.pem", folder / "pipe.pem", "/dev/zero")
    assert [entry["path"] for entry in report["input"]["skipped"]] == [str(folder / "pipe.pem"), "/dev/zero"]
    assert report["task"]["auditDetails"][CHECK]["totalResourcesCount"] == 1


def test_a_named_file_of_no_known_kind_is_an_error(thingwarden, folder):
    (folder / "notes.txt").write_text("milk, bread")
    assert only_skipped(audit(thingwarden, folder / "good.pem", folder / "notes.txt"))["path"].endswith("notes.txt")
    assert only_skipped(audit(thingwarden, folder, folder / "notes.txt"))["path"].endswith("notes.txt")


def test_an_archive_in_a_named_archive_is_an_error(thingwarden, folder):
    archive(folder / "inner.tar.gz", [("device.pem", pem(Authority("CA").sign("device")))])
    inner = (folder / "inner.tar.gz").read_bytes()
    archive(folder / "outer.tar", [("inner.tar.gz", inner)], "w")
    assert only_skipped(audit(thingwarden, folder / "outer.tar"))["path"].endswith("outer.tar/inner.tar.gz")
    audit(thingwarden, folder, code=0)
