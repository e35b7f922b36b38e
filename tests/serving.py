"""A running server for black-box tests: the real binary in a scratch folder, driven by boto3."""

import configparser
import http.server
import os
import select
import signal
import subprocess
import threading

import boto3
from botocore.config import Config

from conftest import BINARY

ACCOUNT = "123456789012"
REGION = "us-east-1"
# One try: a retried error would hide what the server answered, and cost seconds.
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"}, parameter_validation=True)


class Server:
    """`thingwarden serve` on a free port. Restarting keeps the folder."""

    def __init__(self, folder, *options, environment=None):
        self.folder, self.options, self.environment = folder, options, environment or {}
        self.process = None
        self.start()

    def start(self):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true", **self.environment}
        command = [str(BINARY), "serve", "--data", str(self.folder / "data"), "--listen", "127.0.0.1:0"]
        command += ["--account-id", ACCOUNT, *map(str, self.options)]
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=environment)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline().decode() if ready else ""
        if not line.startswith("ready "):
            self.process.kill()
            raise AssertionError(f"not ready: {line!r}\n{self.log_text()}")
        self.addresses = dict(pair.split("=", 1) for pair in line.split()[1:])
        self.url = self.addresses["api"]

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def credentials(self, profile="default"):
        parser = configparser.ConfigParser()
        parser.read(self.folder / "data" / "root-credentials")
        return {
            "aws_access_key_id": parser[profile]["aws_access_key_id"],
            "aws_secret_access_key": parser[profile]["aws_secret_access_key"],
        }

    def client(self, service="iot", region=REGION, config=ONCE, **credentials):
        credentials = credentials or self.credentials()
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **credentials)

    def stop(self):
        """Stops it as a supervisor does, and gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()
        return code

    def kill(self):
        """Stops it as a power cut does."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()


def listen(handler):
    """A server of HTTP on a free port, for what the server under test sends; it works on threads of its own until `shutdown`."""

    class Listener(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request, client_address):
            pass

    server = Listener(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
