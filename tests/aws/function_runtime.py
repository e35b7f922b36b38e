"""Runs a Lambda function of Python as it is, behind the Invoke API: `python function_runtime.py FILE` in the folder of the file.

The functions that AWS and others have published for audits can be run by the tests without a change: clone their repositories
as OWNER/NAME below a folder and name it in `THINGWARDEN_PUBLISHED`. They are not copied here. Without them, the tests run
functions of our own that do the same."""

import http.server
import importlib.util
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import traceback

from serving import REGION

OWN = pathlib.Path(__file__).parent / "functions"
PUBLISHED = {
    "remediate": "reisjr/aws-iot-playground/lambdas/dda_findings_processor_lambda/lambda_function.py",
    "import_findings": "aws-samples/iot-device-defender-integration-with-securityhub/src/functions/import_security_hub_audit.py",
}


def implementations(name):
    """Our function of this name, and the published one when it is there."""
    found = [OWN / f"{name}.py"]
    published = os.environ.get("THINGWARDEN_PUBLISHED")
    if published:
        found.append(pathlib.Path(published) / PUBLISHED[name])
        assert found[-1].is_file(), f"there is no {found[-1]}"
    return found


class Function:
    """A function that listens; it runs from `begin` on."""

    def __init__(self, file):
        self.invocations = queue.Queue()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen([sys.executable, __file__, str(file)], cwd=file.parent, env=environment, **pipes)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def begin(self, credentials, **environment):
        """AWS's APIs are where `environment` says, and nowhere else."""
        given = {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            **{name.upper(): value for name, value in credentials.items()},
            **environment,
        }
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            # A function may print what it likes.
            if line.startswith('{"event"'):
                self.invocations.put(json.loads(line))

    def next(self, seconds=60):
        """The event of the next invocation, when it has ended and well."""
        invocation = self.invocations.get(timeout=seconds)
        assert invocation["error"] is None, invocation["error"]
        return invocation["event"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def main(file):
    def run(event):
        # Imported when the environment is known, as on AWS: functions make their clients once.
        if "lambda_function" not in sys.modules:
            spec = importlib.util.spec_from_file_location("lambda_function", file)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules["lambda_function"] = module
        sys.modules["lambda_function"].lambda_handler(event, None)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["content-length"])))
            error = None
            if self.path.split("/")[:3] != ["", "2015-03-31", "functions"] or not self.path.endswith("/invocations"):
                error = f"invoked at {self.path}"
            else:
                try:
                    run(event)
                except Exception:
                    error = traceback.format_exc()
            self.send_response(200)
            if error:
                self.send_header("x-amz-function-error", "Unhandled")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            print("\n" + json.dumps({"event": event, "error": error}), flush=True)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    os.environ.update(json.loads(sys.stdin.readline()))
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
