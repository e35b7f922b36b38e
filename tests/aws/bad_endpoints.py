"""Endpoints of subscriptions: good ones, and every bad kind."""

import contextlib
import http.server
import json
import threading
import urllib.request


class Receiver:
    """An HTTP server that keeps what it is sent. `answer(handler, number)` answers a request; without it all get 200."""

    def __init__(self, answer=None):
        self.requests, self.changed, self.is_dead = [], threading.Condition(), False
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if receiver.is_dead:
                    self.close_connection = True
                    return
                with receiver.changed:
                    receiver.requests.append((self.path, dict(self.headers), body))
                    number = len(receiver.requests)
                    receiver.changed.notify_all()
                if self.headers.get("x-amz-sns-message-type") == "SubscriptionConfirmation":
                    urllib.request.urlopen(json.loads(body)["SubscribeURL"], timeout=30).read()
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

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

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
