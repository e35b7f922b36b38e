#!/usr/bin/env python3
"""Runs the IoT tests of moto, a mock of AWS, against the server, and compares what fails with known-differences.json.

    pip download --no-deps --no-binary :all: moto && tar xf moto-5.*.tar.gz
    python3 tests/conformance/moto.py moto-5.*/ [options of pytest]

Nothing of moto itself runs: its `mock_aws` is replaced by a server of one's own for each test. Exit code 1 says that a test fails that is not in the
list, or that one in the list passes.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).parent
KNOWN = json.loads(HERE.joinpath("known-differences.json").read_text())

MOCK = '''
import functools
import os
import pathlib
import tempfile

import boto3

from serving import Server


class mock_aws:
    def __init__(self, **_):
        pass

    def __new__(cls, function=None, **_):
        return object.__new__(cls) if function is None else object.__new__(cls)(function)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.server = Server(pathlib.Path(self.folder.name), environment={"THINGWARDEN_LIMITS__THING_TYPE_DELETION_DELAY_SECONDS": "0"})
        os.environ["AWS_ENDPOINT_URL"] = self.server.url
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(pathlib.Path(self.folder.name, "data/root-credentials"))
        boto3.DEFAULT_SESSION = None
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.folder.cleanup()

    def __call__(self, function):
        @functools.wraps(function)
        def with_a_server(*arguments, **named):
            with mock_aws():
                return function(*arguments, **named)

        return with_a_server


class settings:
    TEST_SERVER_MODE, TEST_DECORATOR_MODE = True, False
'''


def main(source, *options):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(pathlib.Path(source, "tests/test_iot"), folder / "tests/test_iot")
        folder.joinpath("tests/__init__.py").touch()
        folder.joinpath("moto/core").mkdir(parents=True)
        folder.joinpath("moto/__init__.py").write_text(MOCK)
        folder.joinpath("moto/core/__init__.py").write_text('DEFAULT_ACCOUNT_ID = "123456789012"\n')
        paths = [str(folder), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "AWS_MAX_ATTEMPTS": "1"}
        left_out = [f"--ignore=tests/test_iot/{name}.py" for name in KNOWN["files"]]
        command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "--junit-xml=results.xml", *left_out, *(options or ["tests/test_iot"])]
        subprocess.run(command, cwd=folder, env=environment)
        cases = list(xml.etree.ElementTree.parse(folder / "results.xml").iter("testcase"))
    name = lambda case: f"{case.get('classname').rsplit('.', 1)[-1]}::{case.get('name')}"
    failed = {name(case) for case in cases if case.find("failure") is not None or case.find("error") is not None}
    known = {test for test in KNOWN["tests"] if test in {name(case) for case in cases}}
    for test in sorted(failed - known):
        print(f"fails, and is not known: {test}")
    for test in sorted(known - failed):
        print(f"passes, and is listed as a difference: {test}")
    print(f"{len(cases) - len(failed)} of {len(cases)} pass; {len(known)} differences are known")
    return 1 if failed != known else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
