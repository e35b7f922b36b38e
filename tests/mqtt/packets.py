"""MQTT by hand: packets as bytes, and a connection that says anything and hears what comes."""

import socket
import ssl

from devices import PATIENCE, device_context

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT = 0x20, 0x30, 0x40, 0x90, 0xB0, 0xD0, 0xE0


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return len(value).to_bytes(2, "big") + value


def number(value):
    """A variable byte integer."""
    made = b""
    while True:
        value, byte = divmod(value, 128)
        made += bytes([byte | 0x80 if value else byte])
        if not value:
            return made


def packet(first, body=b""):
    return bytes([first]) + number(len(body)) + body


def properties(version, values=b""):
    return number(len(values)) + values if version == 5 else b""


def connect(client_id, version=4, flags=0x02, keep_alive=60, name="MQTT", level=None, said=b"", more=b""):
    """`said` are properties; `more` is what follows the client id: will, user name, password."""
    level = version if level is None else level
    head = text(name) + bytes([level, flags]) + keep_alive.to_bytes(2, "big")
    return packet(0x10, head + properties(version, said) + text(client_id) + more)


def publish(topic, payload=b"", version=4, qos=0, id=1, flags=0, said=b""):
    body = text(topic) + (id.to_bytes(2, "big") if qos else b"") + properties(version, said)
    return packet(0x30 | qos << 1 | flags, body + payload)


def subscribe(*filters, version=4, id=1, options=1, said=b""):
    body = b"".join(text(one) + bytes([options]) for one in filters)
    return packet(0x82, id.to_bytes(2, "big") + properties(version, said) + body)


def unsubscribe(*filters, version=4, id=1):
    return packet(0xA2, id.to_bytes(2, "big") + properties(version) + b"".join(map(text, filters)))


def puback(id):
    return packet(0x40, id.to_bytes(2, "big"))


class Ended(Exception):
    """The server has ended the connection."""


class Wire:
    """A connection over TLS with a certificate, or None. `server_name` is what it calls the server instead of its address."""

    def __init__(self, server, certificate, server_name=None):
        host, _, port = server.addresses["mqtt"].rpartition(":")
        plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = device_context(server, certificate)
        context.check_hostname = server_name is None
        self.stream = context.wrap_socket(plain, server_hostname=server_name or host)
        self.buffer = b""

    def send(self, *packets):
        try:
            self.stream.sendall(b"".join(packets))
        except OSError:
            # Ended already: what the server has said can still be read.
            pass
        return self

    def _fill(self, length):
        while len(self.buffer) < length:
            try:
                came = self.stream.recv(65536)
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                came = b""
            if not came:
                raise Ended
            self.buffer += came

    def packet(self):
        """The next one: its first byte and its body."""
        self._fill(2)
        length, at = 0, 1
        while True:
            self._fill(at + 1)
            byte = self.buffer[at]
            length |= (byte & 0x7F) << 7 * (at - 1)
            at += 1
            if not byte & 0x80:
                break
        self._fill(at + length)
        first, body = self.buffer[0], self.buffer[at : at + length]
        self.buffer = self.buffer[at + length :]
        return first, body

    def expect(self, first):
        got = self.packet()
        assert got[0] & 0xF0 == first & 0xF0, got
        return got[1]

    def all_until_end(self):
        """Packets up to the end of the connection."""
        packets = []
        try:
            while True:
                packets.append(self.packet())
        except Ended:
            return packets

    def open(self, client_id, version=4, **how):
        """Connects, and is let in."""
        body = self.send(connect(client_id, version, **how)).expect(CONNACK)
        assert body[1] == 0, body
        self.present = bool(body[0] & 1)
        return self

    def close(self):
        self.stream.close()

    def is_alive(self):
        """Answers PINGREQ; also says that all before was read."""
        return self.send(packet(0xC0)).packet() == (PINGRESP, b"")
