"""Endpoints of topics, good ones and every bad kind: a web server that keeps what it gets, and what AWS's documentation tells receivers to do."""

import base64
import contextlib
import http.server
import json
import threading
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from serving import listen

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
    """An HTTP server that keeps what it is sent. `answer(handler, number)` answers a request; without it all get 200. One that
    `confirms` does so by itself."""

    def __init__(self, answer=None, confirms=False):
        self.requests, self.changed, self.is_dead, self.taken = [], threading.Condition(), False, 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if receiver.is_dead:
                    self.close_connection = True
                    return
                with receiver.changed:
                    receiver.requests.append((self.path, self.headers, body))
                    number = len(receiver.requests)
                    receiver.changed.notify_all()
                if confirms and self.headers.get("x-amz-sns-message-type") == "SubscriptionConfirmation":
                    get(json.loads(body)["SubscribeURL"])
                    self.plain(200)
                elif answer is None:
                    self.plain(200)
                else:
                    with contextlib.suppress(ConnectionError):
                        answer(self, number)

            def plain(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = listen(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        """From now on nobody answers, on connections that are open neither."""
        self.is_dead = True
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, condition, seconds=60):
        """Waits until `condition(self)` is true of what came."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), seconds), f"{len(self.requests)} requests came"

    def next(self, seconds=30):
        """The next request: path, headers, body."""
        self.wait_for(lambda it: len(it.requests) > it.taken, seconds)
        self.taken += 1
        return self.requests[self.taken - 1]

    def document(self, kind, seconds=30):
        """The next request, which is a signed document of this kind."""
        _, headers, body = self.next(seconds)
        document = json.loads(body)
        assert (document["Type"], headers["x-amz-sns-message-type"]) == (kind, kind), document
        assert headers["x-amz-sns-message-id"] == document["MessageId"]
        assert headers["x-amz-sns-topic-arn"] == document["TopicArn"]
        verify(document)
        return document

    def documents(self, kind="Notification"):
        return [json.loads(body) for _, headers, body in self.requests if headers.get("x-amz-sns-message-type") == kind]

    @property
    def messages(self):
        return [document["Message"] for document in self.documents()]


def subscribe(sns, topic, receiver, path="", **attributes):
    """Subscribes a receiver, which confirms by itself."""
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + path, ReturnSubscriptionArn=True, Attributes=attributes)
    arn = answer["SubscriptionArn"]
    receiver.wait_for(lambda it: it.documents("SubscriptionConfirmation"))
    attributes = {"PendingConfirmation": "true"}
    while attributes["PendingConfirmation"] == "true":
        attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return arn


def publish_many(sns, topic, texts):
    """Publishes in order, ten at a time."""
    for start in range(0, len(texts), 10):
        entries = [{"Id": str(at), "Message": text} for at, text in enumerate(texts[start : start + 10])]
        assert not sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries).get("Failed")
