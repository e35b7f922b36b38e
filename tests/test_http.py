"""The listener against clients of all kinds: slow, half-hearted, too large, ambiguous. Raw bytes over sockets."""

import http.client
import json
import re
import select
import socket
import time
import uuid
from urllib.parse import urlsplit

import pytest
from serving import Server

HEAD = b"POST /things/t HTTP/1.1\r\nHost: a.example\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TIMES = {"HEADER_TIMEOUT_SECONDS": 1, "BODY_TIMEOUT_SECONDS": 1, "IDLE_TIMEOUT_SECONDS": 2}


def limits(**values):
    return {f"THINGWARDEN_LIMITS__{name}": str(value) for name, value in values.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("http"), environment=limits(**TIMES))
    yield running
    assert running.stop() == 0, running.log_text()
    assert "ERROR" not in running.log_text()


class Peer:
    """A client that sends what it is told to."""

    def __init__(self, server, timeout=20):
        address = urlsplit(server.url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def answer(self, method="POST"):
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        response.content = response.read()
        return response

    def is_closed(self):
        """Waits for the other end to close."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def ask(server, data, method="POST"):
    with Peer(server) as peer:
        return peer.send(data).answer(method)


def check_refused(answer, status, code):
    """An error in the form that SDKs parse, and the end of the connection."""
    assert answer.status == status, answer.content
    assert answer.headers["x-amzn-errortype"] == code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    uuid.UUID(answer.headers["x-amzn-requestid"])
    body = json.loads(answer.content)
    assert body["__type"] == code and body["message"]


def test_every_answer_can_be_traced(server):
    first, second = (ask(server, HEAD + b"Content-Length: 2\r\n\r\n{}") for _ in range(2))
    for answer in (first, second):
        assert answer.status == 403 and uuid.UUID(answer.headers["x-amzn-requestid"]).version == 4
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.headers["date"])
        assert int(answer.headers["content-length"]) == len(answer.content) > 0
        assert answer.headers["content-type"] == "application/json"
    assert first.headers["x-amzn-requestid"] != second.headers["x-amzn-requestid"]


def test_connections_are_kept(server):
    with Peer(server) as peer:
        for _ in range(3):
            assert peer.send(HEAD + b"Content-Length: 3\r\n\r\nabc").answer().status == 403


def test_requests_may_come_all_at_once(server):
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with Peer(server) as peer:
        peer.send(one * 2 + HEAD + b"Content-Length: 3\r\n\r\nabc" + one)
        received = b""
        while received.count(b"HTTP/1.1 ") < 4:
            received += peer.socket.recv(65536)
        assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"200", b"403", b"200"]


def test_garbage_after_a_request_is_refused_after_its_answer(server):
    with Peer(server) as peer:
        peer.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01 nonsense\r\n\r\n")
        received = b""
        while part := peer.socket.recv(65536):
            received += part
        assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"400"]


def test_http_1_0_is_answered_and_closed(server):
    with Peer(server) as peer:
        assert peer.send(b"GET /healthz HTTP/1.0\r\n\r\n").answer().status == 200
        assert peer.is_closed()


def test_a_slow_head_is_told_so(server):
    with Peer(server) as peer:
        answer = peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Half: ").answer()
        check_refused(answer, 408, "RequestTimeoutException")


def test_a_head_that_trickles_has_one_deadline(server):
    with Peer(server) as peer:
        started = time.monotonic()
        try:
            for byte in b"GET / HTTP/1.1\r\n" + b"X-Slow: yes\r\n" * 1000:
                peer.send(bytes([byte]))
                if select.select([peer.socket], [], [], 0.1)[0]:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert time.monotonic() - started < 10


def test_a_connection_that_says_nothing_is_closed(server):
    with Peer(server) as peer:
        assert peer.is_closed()


def test_a_connection_is_closed_after_long_silence(server):
    with Peer(server) as peer:
        assert peer.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 200
        started = time.monotonic()
        assert peer.is_closed()
        assert time.monotonic() - started > 1.5, "idle connections live longer than slow heads"


@pytest.mark.parametrize("body", [b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe"])
def test_a_body_that_does_not_come_is_told_so(server, body):
    check_refused(ask(server, HEAD + body), 408, "RequestTimeoutException")


def test_a_body_that_breaks_off_harms_nobody(server):
    with Peer(server) as peer:
        peer.send(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        peer.socket.shutdown(socket.SHUT_WR)
        while peer.socket.recv(65536):
            pass
    assert ask(server, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET").status == 200


@pytest.mark.parametrize("head", [b"X-Long: " + b"a" * 20_000 + b"\r\n", b"X: y\r\n" * 150])
def test_a_large_head_is_refused(server, head):
    check_refused(ask(server, HEAD + head + b"\r\n"), 431, "InvalidRequestException")


def test_a_long_request_line_is_refused(server):
    answer = ask(server, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", "GET")
    assert answer.status in (414, 431) and json.loads(answer.content)["message"]


def test_an_endless_head_is_refused(server):
    with Peer(server) as peer:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while True:
                peer.send(b"X-More: and more\r\n" * 1000)


def test_a_large_body_is_refused_in_words(server):
    body = b"a" * (2 << 20)
    check_refused(ask(server, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body), 413, "RequestEntityTooLargeException")
    chunks = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    check_refused(ask(server, CHUNKED + chunks * 32 + b"0\r\n\r\n"), 413, "RequestEntityTooLargeException")


def test_the_largest_body_is_taken(server):
    body = b"a" * (1 << 20)
    assert ask(server, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).status == 403


def test_whoever_asks_whether_to_go_on_is_told(server):
    with Peer(server) as peer:
        peer.send(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert peer.socket.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert peer.send(b"abc").answer().status == 403
    answer = ask(server, HEAD + b"Content-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
    check_refused(answer, 413, "RequestEntityTooLargeException")


def test_a_chunked_body_is_taken(server):
    with Peer(server) as peer:
        assert peer.send(CHUNKED + b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: x\r\n\r\n").answer().status == 403
        assert peer.is_closed(), "nothing may hide behind a chunked body"


@pytest.mark.parametrize("lengths", [
    b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    b"Content-Length: 3\r\nContent-Length: 4\r\n",
    b"Content-Length: -3\r\n",
    b"Content-Length: +3\r\n",
    b"Content-Length: three\r\n",
    b"Content-Length: 3, 4\r\n",
    b"Content-Length : 3\r\n",
    b"Content-Length: 99999999999999999999999\r\n",
    b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Folded: a\r\n b\r\n",
    b"Nul: a\0b\r\n",
    b"no colon\r\n",
])
def test_a_head_that_can_be_read_in_two_ways_is_refused(server, lengths):
    check_refused(ask(server, HEAD + lengths + b"\r\n3\r\nabc\r\n0\r\n\r\n"), 400, "InvalidRequestException")


def test_other_encodings_are_not_served(server):
    check_refused(ask(server, HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501, "NotImplementedException")


@pytest.mark.parametrize("chunks", [b"xyz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"3\r\nabcdef\r\n"])
def test_bad_chunks_are_refused(server, chunks):
    check_refused(ask(server, CHUNKED + chunks), 400, "InvalidRequestException")


@pytest.mark.parametrize("headers", [b"", b"Host: a\r\nHost: a\r\n", b"Host:\r\n", b"Host: a b\r\n", b"Host: u@a\r\n", b"Host: a/b\r\n"])
def test_a_request_is_for_one_host(server, headers):
    check_refused(ask(server, b"GET / HTTP/1.1\r\n" + headers + b"\r\n", "GET"), 400, "InvalidRequestException")


def test_a_target_may_be_a_url(server):
    answer = ask(server, b"GET http://b.example/healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET")
    assert (answer.status, json.loads(answer.content)) == (200, {"status": "up"})


@pytest.mark.parametrize("data", [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /\r\n\r\n",
    b"G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
])
def test_what_is_not_http_1_is_told_so(server, data):
    check_refused(ask(server, data), 400, "InvalidRequestException")


def test_tunnels_and_upgrades_are_not_served(server):
    answer = ask(server, b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
    check_refused(answer, 405, "MethodNotAllowedException")
    upgrade = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert ask(server, upgrade, "GET").status == 200


def test_probes_need_no_signature(server):
    for path, state in (("/healthz", "up"), ("/readyz", "ready")):
        answer = ask(server, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "GET")
        assert (answer.status, json.loads(answer.content)) == (200, {"status": state})
        answer = ask(server, f"HEAD {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "HEAD")
        assert (answer.status, answer.content) == (200, b"") and int(answer.headers["content-length"]) > 0
        answer = ask(server, f"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".encode())
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert ask(server, b"GET /healthz/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET").status == 403


def metric(server, name):
    answer = ask(server, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    lines = dict(line.rsplit(" ", 1) for line in answer.content.decode().splitlines() if not line.startswith("#"))
    return float(lines.get(name, 0))


def test_requests_are_counted(server):
    name = 'thingwarden_http_requests_total{operation="none",status="403"}'
    before = metric(server, name)
    ask(server, HEAD + b"Content-Length: 0\r\n\r\n")
    assert metric(server, name) == before + 1
    assert metric(server, "thingwarden_http_requests_in_flight") == 1


def test_answers_that_nobody_takes_are_given_up(server):
    with Peer(server) as peer:
        peer.socket.setblocking(False)
        request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
        waiting = select.poll()
        waiting.register(peer.socket, select.POLLOUT)
        try:
            while waiting.poll(500):
                peer.socket.send(request)
        except (BrokenPipeError, ConnectionResetError):
            return
        # Everything is full now; what comes next is the end.
        waiting.modify(peer.socket, select.POLLRDHUP)
        assert waiting.poll(20_000)


def test_answers_taken_slowly_all_arrive(server):
    count = 1500
    request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * count + b"no request\r\n\r\n"
    sent, received, stalls = 0, [], 0
    with Peer(server) as peer:
        peer.socket.setblocking(False)
        # Reads only when nothing more can be sent, so that everything in between is full again and again.
        while sent < len(request):
            if select.select([], [peer.socket], [], 0.1)[1]:
                sent += peer.socket.send(request[sent:])
            else:
                stalls += 1
                received.append(peer.socket.recv(1 << 18))
        peer.socket.settimeout(20)
        while part := peer.socket.recv(1 << 18):
            received.append(part)
    answers = re.findall(rb"HTTP/1\.1 (\d+) ", b"".join(received))
    assert answers == [b"200"] * count + [b"400"], stalls


def test_connections_beyond_the_limit_are_told_so(tmp_path):
    server = Server(tmp_path, environment=limits(CONNECTIONS=2))
    with Peer(server) as first, Peer(server) as second:
        request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        assert first.send(request).answer().status == second.send(request).answer().status == 200
        with Peer(server) as third:
            answer = third.send(request).answer()
            check_refused(answer, 503, "ServiceUnavailableException")
            assert answer.headers["retry-after"] == "1"
        first.socket.shutdown(socket.SHUT_WR)
        assert first.is_closed()
        deadline = time.monotonic() + 20
        while (status := ask(server, request, "GET").status) != 200 and time.monotonic() < deadline:
            pass
        assert status == 200
    assert server.stop() == 0


def test_broken_clients_leave_no_trace(server):
    peers = [Peer(server) for _ in range(200)]
    for at, peer in enumerate(peers):
        peer.send([b"GET", HEAD, HEAD + b"Content-Length: 9\r\n\r\nx", b"\0"][at % 4])
        peer.socket.close()
    assert ask(server, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET").status == 200
    deadline = time.monotonic() + 20
    while (open_now := metric(server, "thingwarden_http_connections")) > 1 and time.monotonic() < deadline:
        pass
    assert open_now == 1
