"""What durable messages cost: `python3 tests/measure_durability.py FOLDER`, not a test.

Publishers keep up to 100 messages of QoS 1 unacknowledged. They go to a session that is away, which the server must have on
disk before it acknowledges them; beside that, to nobody, and what the disk alone can do. And how long calls of the API take meanwhile. Set
THINGWARDEN_BINARY to a release build. The queue of the session is large enough for all."""

import os
import pathlib
import ssl
import socket
import sys
import threading
import time
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent / "mqtt")]

from devices import ALL, Certificate, Device  # noqa: E402
from serving import Server  # noqa: E402

SECONDS = 5
WINDOW = 100
PAYLOAD = b"x" * 100
ENVIRONMENT = {
    "THINGWARDEN_PKI__KEY_TYPE": "ecdsa-p256",
    "THINGWARDEN_LIMITS__MQTT_QUEUED_MESSAGES": "1000000",
    "THINGWARDEN_LIMITS__MQTT_QUEUED_BYTES": "1073741824",
}


def flushes(folder):
    """Writes of 4 KiB that the disk makes durable in a second."""
    with open(folder / "probe", "wb") as file:
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < 2:
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
    return count / (time.monotonic() - begun)


class Publisher(threading.Thread):
    """One connection that publishes as fast as it is acknowledged. Bytes by hand: a client library would be measured else."""

    def __init__(self, server, certificate, number, topic):
        super().__init__()
        context = ssl.create_default_context(cafile=server.folder / "data" / "tls" / "ca.pem")
        context.load_cert_chain(certificate.file, certificate.key_file)
        host, _, port = server.addresses["mqtt"].rpartition(":")
        self.stream = context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
        name = f"publisher-{number}".encode()
        body = b"\0\4MQTT\4\2\0\x3c" + len(name).to_bytes(2, "big") + name
        self.stream.sendall(bytes([0x10, len(body)]) + body)
        assert self.stream.recv(4) == b"\x20\2\0\0"
        self.topic, self.acknowledged, self.delays = topic, 0, []

    def packets(self, first, count):
        packets = b""
        for number in range(first, first + count):
            body = len(self.topic).to_bytes(2, "big") + self.topic + (number % 65535 + 1).to_bytes(2, "big") + PAYLOAD
            length = bytes([len(body) % 128 | 128, len(body) // 128]) if len(body) > 127 else bytes([len(body)])
            packets += b"\x32" + length + body
        return packets

    def run(self):
        end, sent, received, times = time.monotonic() + SECONDS, 0, 0, {}
        while time.monotonic() < end or received < sent * 4:
            free = WINDOW - (sent - received // 4)
            if free and time.monotonic() < end:
                self.stream.sendall(self.packets(sent, free))
                times.update(dict.fromkeys(range(sent, sent + free), time.monotonic()))
                sent += free
            before, received = received // 4, received + len(self.stream.recv(65536))
            now = time.monotonic()
            self.delays += [now - times.pop(number) for number in range(before, received // 4)]
        self.acknowledged = received // 4


def commits(server):
    text = urllib.request.urlopen(server.url + "/metrics").read().decode()
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("thingwarden_mqtt_commits"))


def measure(what, server, certificate, connections, topic):
    publishers = [Publisher(server, certificate, number, topic) for number in range(connections)]
    before, begun = commits(server), time.monotonic()
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()
    took, written = time.monotonic() - begun, commits(server) - before
    count = sum(publisher.acknowledged for publisher in publishers)
    delays = sorted(delay for publisher in publishers for delay in publisher.delays)
    p50, p99 = (delays[int(len(delays) * part)] * 1000 for part in (0.5, 0.99))
    each = f", {count / written:.0f} messages a commit" if written > 5 else ""
    print(f"{what}, {connections} connections: {count / took:,.0f} messages/s, {written / took:.0f} commits/s{each}; p50 {p50:.1f} ms, p99 {p99:.1f} ms")


class Caller(threading.Thread):
    """Makes things, one after the other, until it is told to stop."""

    def __init__(self, iot, prefix):
        super().__init__()
        self.iot, self.prefix, self.calls, self.is_over = iot, prefix, [], threading.Event()

    def run(self):
        while not self.is_over.is_set():
            begun = time.monotonic()
            self.iot.create_thing(thingName=f"{self.prefix}-{len(self.calls)}")
            self.calls.append(time.monotonic() - begun)

    def told(self):
        self.is_over.set()
        self.join()
        calls = sorted(self.calls)
        p50, p99 = (calls[int(len(calls) * part)] * 1000 for part in (0.5, 0.99))
        return f"{len(calls)} calls, p50 {p50:.1f} ms, p99 {p99:.1f} ms, at most {calls[-1] * 1000:.1f} ms"


def calls_beside(server, certificate, iot):
    for connections in (0, 32):
        caller = Caller(iot, f"beside-{connections}")
        caller.start()
        if connections:
            measure("to a session that is away, beside calls", server, certificate, connections, b"kept")
        else:
            time.sleep(SECONDS)
        print(f"CreateThing beside {connections} publishers: {caller.told()}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, "--mqtt-listen", "127.0.0.1:0", environment=ENVIRONMENT)
    try:
        iot = server.client()
        iot.create_policy(policyName="all", policyDocument=ALL)
        certificate = Certificate(iot, folder).attach("all")
        reader = Device(server, certificate, "reader", clean_session=False).connected()
        reader.subscribe("kept")
        reader.close()
        print(f"the disk alone: {flushes(folder):.0f} flushes/s")
        for connections in () if "calls" in sys.argv else (1, 8, 32):
            measure("to nobody", server, certificate, connections, b"nobody")
            measure("to a session that is away", server, certificate, connections, b"kept")
        calls_beside(server, certificate, iot)
        print(f"the disk alone: {flushes(folder):.0f} flushes/s")
    finally:
        server.kill()


if __name__ == "__main__":
    main()
