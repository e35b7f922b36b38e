"""Devices that want to do harm: the server's memory stays bounded, and others are served meanwhile."""

import pathlib
import random
import subprocess
import time

import pytest
from broker_fixtures import *  # noqa: F403
from devices import ALL, Device
from packets import CONNACK, DISCONNECT, PUBACK, PUBLISH, SUBACK, connect, packet, properties, puback, publish, subscribe, text, unsubscribe

RETAINED_MAX = 200
SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_RETAINED_MESSAGES": str(RETAINED_MAX),
    "THINGWARDEN_LIMITS__HEADER_TIMEOUT_SECONDS": "2",
}
MIB = 1024
DEEP = "/" * 65535


@pytest.fixture
def shown(certificate, policies):
    return certificate(*policies(ALL))


@pytest.fixture
def bystander(server, certificate, policies):
    """Somebody who has nothing to do with it, and is served before and after."""
    one = Device(server, certificate(*policies(ALL)), "bystander", version=5).connected()
    one.subscribe("bystander/+")

    def is_served():
        one.publish("bystander/x", "still here")
        return one.message() == ("bystander/x", "still here")

    assert is_served()
    yield is_served
    assert is_served()
    one.close()


def memory_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1])


@pytest.mark.parametrize("version", [4, 5])
def test_topics_of_65535_levels_cost_nothing(wire, bystander, version):
    one = wire().open("deep", version)
    assert one.send(subscribe("/" * 256, version=version)).expect(SUBACK)[-1] == (0x8F if version == 5 else 0x80)
    assert one.send(unsubscribe("/" * 256, version=version)).packet()[0] == 0xB0
    # Beyond what packets of that kind may have, nothing of it is read.
    for sent, reason in [(publish(DEEP, version=version), 0x90), (subscribe(DEEP, version=version), 0x95), (unsubscribe(DEEP, version=version), 0x95)]:
        said = wire().open("deep", version).send(sent).all_until_end()
        assert [body[0] for _, body in said] == ([reason] if version == 5 else [])
    left = properties(version) + text(DEEP) + text("x")
    for _, body in wire().send(connect("deep-will", version, flags=0x06, more=left)).all_until_end():
        assert body[1] != 0


def test_wildcards_by_the_thousand(server, wire, bystander):
    """Forty clients with fifty subscriptions each, all of which fit the same topics."""
    filters = ["#", *("/".join(["+"] * n + ["#"]) for n in range(1, 8)), *("/".join(["+"] * n) for n in range(1, 9))]
    filters += [f"$share/g{n}/#" for n in range(50 - len(filters))]
    before, clients = memory_kib(server), [wire().open(f"wild-{n}", 5) for n in range(40)]
    for one in clients:
        for at in range(0, 50, 8):
            assert set(one.send(subscribe(*filters[at : at + 8], version=5, options=0)).expect(SUBACK)[3:]) == {0}
    sender = wire().open("sender", 5)
    for n in range(20):
        sender.send(publish("a/b/c/d/e/f/g/h", bytes([n]), version=5, qos=1)).expect(PUBACK)
    # Each has each message once for all filters without `$share`, whatever the groups bring.
    for one in clients:
        got = []
        while got.count(19) == 0:
            got.append(one.expect(PUBLISH)[-1])
        assert sorted(set(got)) == list(range(20)) and got == sorted(got)
    assert memory_kib(server) - before < 64 * MIB


def test_a_storm_of_retained_messages_ends_at_the_limit(server, wire, bystander):
    before, one = memory_kib(server), wire().open("storm", 5)
    codes = []
    for n in range(RETAINED_MAX + 100):
        one.send(publish(f"storm/{n}", b"x" * 10_000, version=5, qos=1, flags=1))
        codes.append(one.expect(PUBACK)[2:3])
    assert codes.count(b"\x97") == 100 and codes[-1] == b"\x97"
    # Those that are kept may be replaced and ended; a subscriber to all of them is not flooded.
    for n in range(RETAINED_MAX):
        assert one.send(publish(f"storm/{n}", version=5, qos=1, flags=1)).expect(PUBACK)[2:3] != b"\x97"
        one.send(publish(f"storm/{n}", b"new", version=5, qos=1, flags=1)).expect(PUBACK)
    late = wire().open("late", 5)
    late.send(subscribe("#", version=5)).expect(SUBACK)
    assert late.is_alive()
    for n in range(RETAINED_MAX):
        one.send(publish(f"storm/{n}", version=5, qos=1, flags=1)).expect(PUBACK)
    assert memory_kib(server) - before < 64 * MIB


def test_wills_that_chase_each_other_end(wire, bystander):
    """Each connection displaces the one before, whose will is what the next one listens to."""
    watcher = wire().open("watcher", 5)
    watcher.send(subscribe("chase", version=5, options=0)).expect(SUBACK)
    rounds = 60
    for n in range(rounds):
        one = wire().open("chaser", 5, flags=0x0E, more=properties(5) + text("chase") + text(bytes([n])))
        one.send(subscribe("chase", version=5, options=0)).expect(SUBACK)
    assert [watcher.expect(PUBLISH)[-1] for _ in range(rounds - 1)] == list(range(rounds - 1))
    assert watcher.is_alive()


def test_who_does_not_read_loses_its_own_messages_only(server, wire, bystander):
    slow = wire().open("slow", 5)
    slow.send(subscribe("flood", version=5, options=0)).expect(SUBACK)
    before, sender = memory_kib(server), wire().open("sender", 5)
    for n in range(400):
        sender.send(publish("flood", b"x" * 100_000, version=5, qos=1)).expect(PUBACK)
    assert memory_kib(server) - before < 32 * MIB, "of 40 MB"
    assert slow.expect(PUBLISH)


def test_half_open_connections_are_ended(server, wire, bystander):
    """TLS and then nothing; half a CONNECT; single bytes that gain no time."""
    silent, half, slow = (wire() for _ in range(3))
    half.send(connect("half")[:7])
    began = time.monotonic()
    for byte in connect("x" * 100):
        slow.send(bytes([byte]))
        if time.monotonic() - began > 10:
            break
        time.sleep(0.1)
    for one in (silent, half, slow):
        assert one.all_until_end() == []


def test_a_handshake_is_not_begun_again(server, shown, bystander):
    """Renegotiation, which TLS 1.2 has and nobody needs: whoever asks for it is ended."""
    command = ["openssl", "s_client", "-tls1_2", "-connect", server.addresses["mqtt"], "-cert", shown.file, "-key", shown.key_file]
    command += ["-CAfile", server.folder / "data" / "tls" / "ca.pem"]
    asked = subprocess.run(command, input="R\n", capture_output=True, text=True, timeout=60)
    assert "RENEGOTIATING" in asked.stderr and "Verify return code: 0" in asked.stdout, asked
    assert asked.returncode != 0 and "read R BLOCK" not in asked.stdout, asked


VALID = {
    "CONNECT": connect("mutant", 5, flags=0xEE, said=b"\x11\0\0\0\1\x21\0\5\x26" + text("a") + text("b"),
                       more=properties(5, b"\x18\0\0\0\1") + text("w") + text("x") + text("user") + text("word")),
    "PUBLISH": publish("a/b", b"payload", version=5, qos=1, said=b"\1\1\2\0\0\0\7\3" + text("t") + b"\x26" + text("k") + text("v")),
    "PUBACK": puback(1),
    "SUBSCRIBE": subscribe("a/+", "$share/g/b/#", version=5, said=b"\x0b\1"),
    "UNSUBSCRIBE": unsubscribe("a/+", "b", version=5),
    "PINGREQ": packet(0xC0),
    "DISCONNECT": packet(0xE0, b"\x04\5\x11\0\0\0\1"),
}


@pytest.mark.parametrize("kind", VALID)
def test_mutants_of_every_packet_harm_nobody(server, wire, bystander, kind):
    """Cut short, prolonged, and with bytes exchanged: the answer is a packet or the end, and the server goes on."""
    chance, whole = random.Random(kind), VALID[kind]
    mutants = [whole[:length] for length in range(1, len(whole), max(1, len(whole) // 12))]
    for _ in range(25):
        mutant = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            mutant[chance.randrange(len(mutant))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        mutants.append(bytes(mutant) + bytes(chance.randrange(256) for _ in range(chance.choice([0, 0, 5]))))
    for number, mutant in enumerate(mutants):
        one = wire()
        if kind != "CONNECT":
            one.open(f"mutant-{number}", 5)
        # More bytes than any packet may have, so that the server does not wait for the rest of one.
        for first, _ in one.send(mutant, bytes(300_000)).all_until_end():
            assert first & 0xF0 in (CONNACK, PUBACK, SUBACK, 0xB0, 0xD0, PUBLISH, DISCONNECT)
    assert server.process.poll() is None and "panicked" not in server.log_text()
