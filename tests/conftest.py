"""What the black-box tests share: the real binary, run in a scratch folder."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
BINARY = pathlib.Path(os.environ.get("THINGWARDEN_BINARY", ROOT / "target/debug/thingwarden"))
NOW = "2026-11-25T12:00:00Z"


class Run:
    """What one call of the binary gave."""

    def __init__(self, finished):
        self.code, self.out, self.err = finished.returncode, finished.stdout, finished.stderr

    @property
    def text(self):
        return self.out.decode()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def thingwarden(tmp_path):
    """Runs the binary: thingwarden("audit", path, ...) -> Run."""

    def run(*arguments, stdin=None, cwd=tmp_path, timeout=300):
        command = [str(BINARY), *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
        return Run(subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, timeout=timeout, env=environment))

    return run


@pytest.fixture
def findings(thingwarden):
    """Audits paths and gives {(check, reason code, resource id)}."""

    def run(*paths, checks=("*",), now=NOW, options=()):
        chosen = [part for check in checks for part in ("--check", check)]
        result = thingwarden("audit", *paths, "--format", "jsonl", "--now", now, "--fail-on", "never", *chosen, *options)
        assert result.code in (0, 2), result.err.decode()
        return {(line["checkName"], line["reasonForNonComplianceCode"], resource_id(line)) for line in result.lines}

    return run


def resource_id(finding):
    identifier = finding["nonCompliantResource"]["resourceIdentifier"]
    (value,) = identifier.values()
    if isinstance(value, dict):
        return value.get("policyName") or value.get("issuerId")
    return value


def check_runs(result):
    """{check name: its part of auditDetails} of a `--format json` run."""
    return result.json["task"]["auditDetails"]


@pytest.fixture(scope="module")
def server(tmp_path_factory, request):
    """A server that the tests of one file share; the file may say `SERVER_OPTIONS` and `SERVER_ENVIRONMENT`."""
    from serving import Server

    options = getattr(request.module, "SERVER_OPTIONS", ())
    environment = getattr(request.module, "SERVER_ENVIRONMENT", {})
    running = Server(tmp_path_factory.mktemp("server"), *options, environment=environment)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def iot(server):
    """boto3's client of that server, as the root of its account."""
    return server.client()
