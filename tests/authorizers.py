"""Functions of custom authorizers for black-box tests: an HTTP server behind the Invoke API that answers as a test says, and
the keys that sign tokens for them."""

import base64
import contextlib
import http.server
import json
import queue
import threading

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from serving import ACCOUNT, REGION, listen

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:authorizer"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}


def verdict(*documents, **changes):
    """A good answer."""
    return {
        "isAuthenticated": True,
        "principalId": "somebody",
        "disconnectAfterInSeconds": 3600,
        "refreshAfterInSeconds": 300,
        "policyDocuments": list(documents) or [ALL],
        **changes,
    }


class Function:
    """Answers events with what `answer` is, or what it says about an event: an object, or bytes as they are. Events are kept.
    While it is `held`, it answers nothing."""

    def __init__(self, arn=ARN):
        self.arn, self.answer, self.events = arn, verdict(), queue.Queue()
        self.status, self.headers = 200, {}
        self.free = threading.Event()
        self.free.set()
        function = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                assert self.headers["x-amz-invocation-type"] == "RequestResponse"
                function.events.put(event)
                function.free.wait()
                answer = function.answer(event) if callable(function.answer) else function.answer
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                with contextlib.suppress(ConnectionError):
                    self.send_response(function.status)
                    for name, value in function.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = listen(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def environment(self):
        """Settings of a server that finds it."""
        return {"THINGWARDEN_NOTIFICATIONS__FUNCTIONS": f"{self.arn}={self.url}"}

    def hold(self):
        self.free.clear()

    def reset(self):
        """As it was at first."""
        self.answer, self.status, self.headers, self.events = verdict(), 200, {}, queue.Queue()
        self.free.set()

    def event(self):
        """The next event."""
        return self.events.get(timeout=30)

    def close(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()


class Signer:
    """A key that signs tokens."""

    def __init__(self, bits=2048):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.pem = self.key.public_key().public_bytes(*form).decode()

    def sign(self, token, hash=hashes.SHA256()):
        return base64.b64encode(self.key.sign(token.encode(), padding.PKCS1v15(), hash)).decode()


@pytest.fixture(scope="module")
def function():
    made = Function()
    yield made
    made.close()
