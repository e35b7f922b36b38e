"""A Security Hub to import findings into: signatures are verified and shapes checked with botocore, every third call may be throttled."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.validate import ParamValidator

KEY, SECRET = "AKIAHUBHUBHUBHUBHUB0", "hub-secret-hub-secret-hub-secret-hub-sec"
MODEL = botocore.session.get_session().get_service_model("securityhub")


class SecurityHub:
    """Keeps what it is sent. `mode` says what it does: work, throttle (every third call), down."""

    def __init__(self):
        self.mode, self.findings, self.calls, self.throttled, self.wrong = "work", {}, 0, 0, []
        self.largest, self.failing, self.fail_always = 0, set(), set()
        self.key, self.secret = KEY, SECRET
        self.lock = threading.Condition()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = hub.answer(self, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        """What a server needs to send here."""
        return {
            "AWS_ENDPOINT_URL_SECURITYHUB": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    def answer(self, request, body):
        with self.lock:
            self.calls += 1
            self.lock.notify_all()
            if self.mode == "down":
                return 503, {"message": "down"}
            if self.mode == "throttle" and self.calls % 3 == 0:
                self.throttled += 1
                return 429, {"__type": "LimitExceededException", "message": "Rate exceeded"}
            problem = self.problem(request, body)
            if problem:
                self.wrong.append(problem)
                return 400, {"__type": "InvalidInputException", "Message": problem}
            if request.path == "/findings":
                return 200, self.page(json.loads(body))
            failed = self.take(json.loads(body)["Findings"])
            sent = len(json.loads(body)["Findings"])
            return 200, {"FailedCount": len(failed), "SuccessCount": sent - len(failed), "FailedFindings": failed}

    def problem(self, request, body):
        operation = {"/findings/import": "BatchImportFindings", "/findings": "GetFindings"}.get(request.path)
        if not operation:
            return f"path {request.path}"
        if expected_authorization(request, body, self.url, Credentials(self.key, self.secret)) != request.headers["authorization"]:
            return "signature"
        call = json.loads(body)
        report = ParamValidator().validate(call, MODEL.operation_model(operation).input_shape)
        if report.has_errors():
            return report.generate_report()
        if operation == "GetFindings":
            return None
        if not 1 <= len(call["Findings"]) <= 100 or len(body) > 6_000_000:
            return f"{len(call['Findings'])} findings in {len(body)} bytes"
        if any(len(json.dumps(finding)) > 240 << 10 for finding in call["Findings"]):
            return "a finding is too long"
        ids = [finding["Id"] for finding in call["Findings"]]
        return "an id is there twice" if len(set(ids)) < len(ids) else None

    def page(self, call):
        """GetFindings with the filters that importers use: equal, and prefix of the type."""
        wanted = [
            finding for finding in self.findings.values()
            if all(finding["RecordState"] == one["Value"] for one in call["Filters"].get("RecordState", []))
            and all(finding["Types"][0].startswith(one["Value"]) for one in call["Filters"].get("Type", []))
        ]
        start = int(call.get("NextToken") or 0)
        following = {"NextToken": str(start + 100)} if len(wanted) > start + 100 else {}
        return {"Findings": wanted[start:start + 100], **following}

    def take(self, findings):
        failed = []
        for finding in findings:
            one = finding["Id"]
            if one in self.failing or one in self.fail_always:
                self.failing.discard(one)
                failed.append({"Id": one, "ErrorCode": "InternalFailure", "ErrorMessage": "not now"})
                continue
            known = self.findings.get(one)
            if known and known["UpdatedAt"] > finding["UpdatedAt"]:
                self.wrong.append(f"{one} goes back in time")
            self.findings[one] = finding
        self.largest = max(self.largest, len(self.findings))
        self.lock.notify_all()
        return failed

    def ids(self, state):
        return {one for one, finding in self.findings.items() if finding["RecordState"] == state}

    def wait_for(self, condition, seconds=120):
        with self.lock:
            assert self.lock.wait_for(condition, seconds), f"not so after {seconds} seconds: {len(self.findings)} findings, {self.wrong[:3]}"

    @contextlib.contextmanager
    def being(self, mode):
        self.mode = mode
        yield
        self.mode = "work"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def expected_authorization(request, body, url, credentials):
    """The header that botocore would send."""
    given = request.headers["authorization"]
    scope = given.split("Credential=")[1].split(",")[0].split("/")
    signed = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    again = AWSRequest(request.command, url + request.path, data=body, headers={
        name: request.headers[name] for name in signed if name not in ("host", "x-amz-date")
    })
    again.headers["host"] = request.headers["host"]
    again.context["timestamp"] = request.headers["x-amz-date"]
    again.headers["X-Amz-Date"] = request.headers["x-amz-date"]
    signer = SigV4Auth(credentials, "securityhub", scope[2])
    string = signer.string_to_sign(again, signer.canonical_request(again))
    return (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{'/'.join(scope[1:])}, "
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(again))}, "
        f"Signature={signer.signature(string, again)}"
    )


@pytest.fixture
def hub():
    """Security Hub, which in the end has seen nothing that the real one would refuse."""
    running = SecurityHub()
    yield running
    running.close()
    assert running.wrong == []
