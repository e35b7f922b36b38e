"""Endpoints of topics: a web server that keeps what it gets, and what AWS's documentation tells receivers to do."""

import base64
import http.server
import json
import queue
import threading
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

# https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def get(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read()


def verify(document):
    """Raises when the signature of a document is not that of the certificate that it names."""
    text = "".join(f"{name}\n{document[name]}\n" for name in SIGNED[document["Type"]] if document.get(name) is not None)
    url = document.get("SigningCertURL") or document["SigningCertUrl"]
    key = x509.load_pem_x509_certificate(get(url)).public_key()
    algorithm = {"1": hashes.SHA1, "2": hashes.SHA256}[document["SignatureVersion"]]()
    key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), algorithm)


class Receiver:
    """A web server on a free port. `answer` gets the path, the headers and the body, and gives a status."""

    def __init__(self, answer=None):
        self.got = queue.Queue()
        answer = answer or (lambda path, headers, body: 200)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status = answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                outer.got.put((self.path, self.headers, body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, seconds=30):
        """The next request: path, headers, body."""
        return self.got.get(timeout=seconds)

    def document(self, kind, seconds=30):
        """The next request, which is a signed document of this kind."""
        _, headers, body = self.next(seconds)
        document = json.loads(body)
        assert (document["Type"], headers["x-amz-sns-message-type"]) == (kind, kind), document
        assert headers["x-amz-sns-message-id"] == document["MessageId"]
        assert headers["x-amz-sns-topic-arn"] == document["TopicArn"]
        verify(document)
        return document

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
