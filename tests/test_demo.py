"""Black box: `thingwarden demo`, from its report to its last signal."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import threading

import boto3
import pytest

from conftest import BINARY
from serving import ONCE

REPORTED = {
    "DEVICE_CERTIFICATE_EXPIRING_CHECK",
    "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK",
    "DEVICE_CERTIFICATE_SHARED_CHECK",
    "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK",
    "IOT_POLICY_OVERLY_PERMISSIVE_CHECK",
    "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK",
    "LOGGING_DISABLED_CHECK",
    "THINGWARDEN_SIGNATURE_ALGORITHM_WEAK_CHECK",
}


class Demo:
    """`thingwarden demo` in a temporary folder of its own."""

    def __init__(self, folder, *options):
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [str(BINARY), "demo", *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
        )
        self.text = ""
        # Whatever hangs ends, and reading with it.
        watch = threading.Timer(60, self.process.kill)
        watch.start()
        for line in self.process.stdout:
            self.text += line
            if line.startswith("ready api="):
                break
        else:
            raise AssertionError(f"not ready:\n{self.text}\n{self.process.stderr.read()}")
        watch.cancel()
        self.exports = dict(pair.split("=", 1) for pair in shlex.split(" ".join(re.findall(r"export (.*)", self.text))))
        self.folder = pathlib.Path(self.exports["AWS_SHARED_CREDENTIALS_FILE"]).parent
        (self.task,) = set(re.findall(r"--task-id ([0-9a-f]{32})", self.text))

    def client(self, monkeypatch):
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", self.exports["AWS_SHARED_CREDENTIALS_FILE"])
        session = boto3.Session(region_name=self.exports["AWS_REGION"], profile_name="default")
        return session.client("iot", endpoint_url=self.exports["AWS_ENDPOINT_URL"], config=ONCE)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        return err


def test_the_printed_lines_lead_to_the_reported_findings(tmp_path, monkeypatch):
    demo = Demo(tmp_path)
    iot = demo.client(monkeypatch)
    assert iot.describe_audit_task(taskId=demo.task)["taskStatus"] == "COMPLETED"
    pages = iot.get_paginator("list_audit_findings").paginate(taskId=demo.task)
    found = {finding["checkName"] for page in pages for finding in page["findings"]}
    assert REPORTED <= found
    assert set(re.findall(r"^([A-Z_]+_CHECK): \d+ resource", demo.text, re.M)) == found
    things = iot.list_things(maxResults=250)["things"]
    assert len(things) >= 30 and len({thing["thingTypeName"] for thing in things}) >= 4
    assert iot.list_things_in_thing_group(thingGroupName="fleet", recursive=True, maxResults=250)["things"]
    folder = demo.folder
    assert folder.parent == tmp_path and (folder / "snapshot/certificates.jsonl").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    demo.stop(signal.SIGINT)
    assert not folder.exists()


def test_a_given_folder_is_kept_and_served_on(tmp_path, thingwarden):
    data = tmp_path / "it is mine"
    demo = Demo(tmp_path, "--data", data)
    assert f"'{data}/root-credentials'" in demo.text
    demo.stop()
    listed = thingwarden("findings", "--data", data)
    assert "LOGGING_DISABLED_CHECK" in listed.text, listed.err
    again = thingwarden("demo", "--data", data, "--once")
    assert again.code == 2 and b"there are things in" in again.err


def test_once_reports_and_ends(tmp_path, thingwarden):
    run = thingwarden("demo", "--once")
    assert run.code == 0, run.err
    assert "Ctrl-C" not in run.text and "THINGWARDEN_RSA_SHARED_PRIME_CHECK: 2 resources" in run.text
    assert run.err == b""


def test_an_address_in_use_leaves_nothing_behind(tmp_path, monkeypatch):
    demo = Demo(tmp_path)
    port = demo.exports["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    with pytest.raises(AssertionError, match="cannot listen on"):
        Demo(tmp_path, "--listen", f"127.0.0.1:{port}")
    assert list(tmp_path.glob("thingwarden-demo-*")) == [demo.folder]
    demo.stop()


def test_an_audit_of_the_demos_snapshot_finds_the_same(tmp_path, thingwarden):
    data = tmp_path / "data"
    demo = Demo(tmp_path, "--data", data)
    demo.stop()
    offline = thingwarden("audit", data / "snapshot", "--check", "*", "--format", "jsonl", "--fail-on", "never")
    found = {line["checkName"] for line in offline.lines}
    assert found == set(re.findall(r"^([A-Z_]+_CHECK): \d+ resource", demo.text, re.M))
