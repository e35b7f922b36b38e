"""A folder of an earlier version: everything is found, and a kill on the way to the new version does no harm."""

import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from conftest import BINARY, ROOT
from serving import ACCOUNT, Server

sys.path.insert(0, str(ROOT / "tests/aws"))
from audits import PERMISSIVE, PERMISSIVE_CHECK, enable, run  # noqa: E402

VERSION_1 = ROOT / "crates/store/src/migrations/version_1.sql"
NEWEST = 6
MISCONFIGURED_CHECK = "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK"
MANY = 1_000
# What version 1 had audited.
OLD_TASK = "42015586ca8821477b8b4148cf2ddd98"
OLD_FINDINGS = ["8a357348-75d1-88e8-a1aa-a2f5d55dae51", "9556fc72-c86c-82aa-aa6d-eb16b46238f2"]


@pytest.fixture
def data(tmp_path):
    """A data folder with the database of version 1."""
    folder = tmp_path / "data"
    folder.mkdir()
    with sqlite3.connect(folder / "thingwarden.db") as database:
        database.executescript(VERSION_1.read_text())
    return folder


def version(data):
    """The version of the database, which must have the verdicts and the indexes of that very version."""
    with sqlite3.connect(data / "thingwarden.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (found,) = database.execute("SELECT max(version) FROM version").fetchone()
        columns = [row[1] for row in database.execute("PRAGMA table_info(policy_verdict)")]
        assert ("revision" in columns) == (found >= 2)
        if found >= 2:
            query = "SELECT (SELECT count(*) FROM policy_verdict) - (SELECT count(*) FROM policy_version)"
            assert database.execute(query).fetchone() == (0,)
        indexes = [row[1] for row in database.execute("PRAGMA index_list(certificate)")]
        assert ("certificate_by_in_force_not_after_ms_with_id" in indexes) == (found >= 3)
        assert ("certificate_by_issuer_serial_where_in_force" in indexes) == (found >= 5)
    return found


def findings(iot, task):
    found = []
    for page in iot.get_paginator("list_audit_findings").paginate(taskId=task):
        found += [one["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"] for one in page["findings"]]
    return sorted((one["policyName"], one["policyVersionId"]) for one in found)


def test_a_server_goes_on_with_what_version_1_left(data, tmp_path):
    server = Server(tmp_path)
    try:
        iot = server.client()
        assert iot.describe_thing(thingName="sensor-1")["attributes"] == {"hall": "7"}
        assert iot.get_policy(policyName="narrow")["defaultVersionId"] == "2"
        assert findings(iot, OLD_TASK) == [("broad", "1"), ("mistaken", "1")]
        ids = [one["findingId"] for one in iot.list_audit_findings(taskId=OLD_TASK)["findings"]]
        assert sorted(ids) == OLD_FINDINGS
        for one in ids:
            assert iot.describe_audit_finding(findingId=one)["finding"]["taskId"] == OLD_TASK
        task, description = run(iot, PERMISSIVE_CHECK, MISCONFIGURED_CHECK)
        assert findings(iot, task) == [("broad", "1"), ("mistaken", "1")]
        details = description["auditDetails"].values()
        assert [check["totalResourcesCount"] for check in details] == [3, 3]
        iot.set_default_policy_version(policyName="broad", policyVersionId="2")
        assert findings(iot, run(iot, PERMISSIVE_CHECK)[0]) == []
        for audit in (OLD_TASK, task):
            assert findings(iot, audit) == [("broad", "1"), ("mistaken", "1")]
    finally:
        assert server.stop() == 0
    assert version(data) == NEWEST


def start_and_kill(tmp_path, word):
    """Starts a server and kills it as soon as it logs this word."""
    command = [BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--account-id", ACCOUNT]
    with subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        text=True,
    ) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if word in line:
                process.send_signal(signal.SIGKILL)
                return
        raise AssertionError(f"never said {word!r}: {said}")


def test_a_kill_on_the_way_does_no_harm(data, tmp_path):
    with sqlite3.connect(data / "thingwarden.db") as database:
        (scope,) = database.execute("SELECT scope FROM policy").fetchone()
        policy = {"default_version": 1, "last_version": 1, "generation_id": "g", "created_ms": 0, "modified_ms": 0}
        document = json.dumps(PERMISSIVE)
        for number in range(MANY):
            name = f"many-{number}"
            body = json.dumps({"name": name, **policy})
            database.execute("INSERT INTO policy (scope, id, body) VALUES (?, ?, ?)", (scope, name, body))
            body = json.dumps({"policy": name, "version": 1, "document": document, "created_ms": 0})
            database.execute(
                "INSERT INTO policy_version (scope, id, policy, version, body) VALUES (?, ?, ?, 1, ?)",
                (scope, f"{name}\x1f1", name, body),
            )
    start_and_kill(tmp_path, "migrating the store")
    assert version(data) in (1, NEWEST)
    # Migrated by now, and in the middle of working out the verdicts.
    start_and_kill(tmp_path, "ready")
    assert version(data) == NEWEST
    server = Server(tmp_path)
    try:
        iot = server.client()
        enable(iot, PERMISSIVE_CHECK)
        task, description = run(iot, PERMISSIVE_CHECK)
        details = description["auditDetails"][PERMISSIVE_CHECK]
        assert (details["totalResourcesCount"], details["nonCompliantResourcesCount"]) == (MANY + 3, MANY + 1)
    finally:
        assert server.stop() == 0
