"""The normative statements of MQTT 3.1.1 and MQTT 5 for servers, by their numbers, over bytes.

A statement that both versions have is named as 3.1.1 numbers it. Statements about quality of service 2 are left out: as AWS IoT, the
server does not take it. Where AWS IoT differs from the standard the test says so (`test_what_aws_differs_in_is_as_documented`)."""

import itertools
import uuid

import pytest
from broker_fixtures import *  # noqa: F403
from devices import ALL, Certificate
from packets import (
    CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK, connect, number, packet, properties, puback, publish,
    subscribe, text, unsubscribe,
)

MALFORMED, PROTOCOL, BAD_METHOD, TOPIC_NAME, ALIAS, TOO_LARGE, QOS = 0x81, 0x82, 0x8C, 0x90, 0x94, 0x95, 0x9B
BOTH = (4, 5)
counter = itertools.count()


@pytest.fixture(scope="module")
def shown(server, tmp_path_factory):
    """One certificate that may do everything."""
    iot = server.client()
    name = f"policy-{uuid.uuid4().hex[:8]}"
    iot.create_policy(policyName=name, policyDocument=ALL)
    return Certificate(iot, tmp_path_factory.mktemp("conformance")).attach(name)


def name(prefix="c"):
    return f"{prefix}{next(counter)}"


def cases(*rows):
    """(statement, versions, what is wrong, bytes for a version, reason of MQTT 5) for each version."""
    found = []
    for statement, versions, what, sent, reason in rows:
        for version in versions:
            made = sent(version) if callable(sent) else sent
            found.append(pytest.param(version, made, reason, id=f"MQTT-{statement}-{what}-v{version}".replace(" ", "-")))
    return found


def malformed_flags():
    """Each kind of packet with bits of its first byte that it does not have."""
    for kind, flags, body in [
        ("PUBACK", 0x40, b"\0\1"), ("SUBSCRIBE", 0x82, None), ("UNSUBSCRIBE", 0xA2, None), ("PINGREQ", 0xC0, b""),
        ("DISCONNECT", 0xE0, b""),
    ]:
        for bit in range(4):
            if kind in ("SUBSCRIBE", "UNSUBSCRIBE"):
                make = (lambda v, b=bit: flip(subscribe("a", version=v), b)) if kind == "SUBSCRIBE" else (
                    lambda v, b=bit: flip(unsubscribe("a", version=v), b))
            else:
                make = packet(flags ^ 1 << bit, body)
            yield ("2.2.2-2", BOTH, f"{kind} with bit {bit}", make, MALFORMED)


def flip(made, bit):
    return bytes([made[0] ^ 1 << bit]) + made[1:]


WRONG_WHEN_OPEN = [
    *malformed_flags(),
    ("1.5.3-1", BOTH, "a surrogate in a topic", lambda v: publish(b"a\xed\xa0\x80", version=v), MALFORMED),
    ("1.5.3-1", BOTH, "a broken sequence in a topic", lambda v: publish(b"a\xc3", version=v), MALFORMED),
    ("1.5.3-1", BOTH, "an overlong sequence in a filter", lambda v: subscribe(b"\xc0\x80", version=v), MALFORMED),
    ("1.5.3-2", BOTH, "a null character in a topic", lambda v: publish("a\0b", version=v), MALFORMED),
    ("2.3.1-1", BOTH, "SUBSCRIBE with id 0", lambda v: subscribe("a", version=v, id=0), None),
    ("2.3.1-1", BOTH, "UNSUBSCRIBE with id 0", lambda v: unsubscribe("a", version=v, id=0), None),
    ("2.3.1-1", BOTH, "PUBLISH with id 0", lambda v: publish("a", version=v, qos=1, id=0), None),
    ("2.2.3", BOTH, "a length of five bytes", b"\x30\xff\xff\xff\xff\x01", MALFORMED),
    ("1.5.5-1", (5,), "a length with more bytes than needed", b"\xc0\x80\x00", MALFORMED),
    ("3.1.0-2", BOTH, "a second CONNECT", lambda v: connect("again", v), PROTOCOL),
    ("3.3.1-2", BOTH, "DUP without quality of service", lambda v: publish("a", version=v, flags=8), MALFORMED),
    ("3.3.1-4", BOTH, "quality of service 3", lambda v: publish("a", version=v, qos=3), MALFORMED),
    ("3.3.2-1", BOTH, "PUBLISH that ends in its topic", packet(0x30, b"\0\5a"), MALFORMED),
    ("3.3.2-2", BOTH, "a topic with +", lambda v: publish("a/+", version=v), TOPIC_NAME),
    ("3.3.2-2", BOTH, "a topic with #", lambda v: publish("a/#", version=v), TOPIC_NAME),
    ("4.7.3-1", BOTH, "an empty topic", lambda v: publish("", version=v), None),
    ("3.8.3-3", BOTH, "SUBSCRIBE without filters", lambda v: packet(0x82, b"\0\1" + properties(v)), PROTOCOL),
    ("3-8.3-4", BOTH, "quality of service 3 asked for", lambda v: subscribe("a", version=v, options=3), MALFORMED),
    ("3-8.3-4", (4,), "reserved bits of a subscription", subscribe("a", options=0x04), None),
    ("3.8.3-5", (5,), "reserved bits of a subscription", subscribe("a", version=5, options=0xC0), MALFORMED),
    ("3.8.3-4", (5,), "no local on a shared subscription", subscribe("$share/g/a", version=5, options=0x05), PROTOCOL),
    ("3.8.3.1", (5,), "retain handling 3", subscribe("a", version=5, options=0x31), PROTOCOL),
    ("3.8.2.1.2", (5,), "subscription identifier 0", subscribe("a", version=5, said=b"\x0b\0"), PROTOCOL),
    ("3.10.3-2", BOTH, "UNSUBSCRIBE without filters", lambda v: packet(0xA2, b"\0\1" + properties(v)), PROTOCOL),
    ("3.14.1-1", (4,), "DISCONNECT with a body", packet(0xE0, b"\0"), None),
    ("3.12", BOTH, "PINGREQ with a body", packet(0xC0, b"\0"), TOO_LARGE),
    ("4.3.3", BOTH, "PUBREL of nothing", packet(0x62, b"\0\1"), None),
    ("2.2.1", (4,), "the reserved packet type 15", packet(0xF0), None),
    ("2.1.2", BOTH, "the reserved packet type 0", packet(0x00), PROTOCOL),
    ("4.12.0-6", (5,), "AUTH without authentication", packet(0xF0, b"\x18\0"), BAD_METHOD),
    ("2.1.2", BOTH, "a packet that only servers send", lambda v: packet(0x20, b"\0\0"), None),
    ("3.3.2-8", (5,), "topic alias 0", publish("a", version=5, said=b"\x23\0\0"), ALIAS),
    ("3.3.2-9", (5,), "a topic alias beyond the maximum", publish("a", version=5, said=b"\x23\0\x09"), ALIAS),
    ("3.3.2-7", (5,), "a topic alias that was never set", publish("", version=5, said=b"\x23\0\1"), None),
    ("3.3.2-14", (5,), "a response topic with wildcards", publish("a", version=5, said=b"\x08" + text("r/#")), None),
    ("3.3.4-6", (5,), "a subscription identifier from a client", publish("a", version=5, said=b"\x0b\1"), None),
    ("2.2.2.2", (5,), "a property twice", publish("a", version=5, said=b"\1\1\1\1"), PROTOCOL),
    ("2.2.2.2", (5,), "a property that is none", publish("a", version=5, said=b"\x7f\0"), MALFORMED),
    ("2.2.2.1", (5,), "properties longer than the packet", packet(0x30, text("a") + b"\x7f"), MALFORMED),
    ("3.3.2.3.2", (5,), "a payload format of 2", publish("a", version=5, said=b"\1\2"), None),
    ("3.14.2.2.2", (5,), "DISCONNECT that keeps a session that was to end", packet(0xE0, b"\0\5\x11\0\0\0\x09"), PROTOCOL),
    ("3.14.2.1", (5,), "DISCONNECT with a reason that is none", packet(0xE0, b"\x01\0"), None),
]


@pytest.mark.parametrize("version, sent, reason", cases(*WRONG_WHEN_OPEN))
def test_what_is_wrong_ends_the_connection(wire, version, sent, reason):
    """MQTT-4.8.0-1, and MQTT-4.13.1-1 of MQTT 5: the connection ends, with the reason where the version has one."""
    said = wire().open(name(), version).send(sent).all_until_end()
    if version == 4:
        assert said == []
        return
    assert len(said) == 1 and said[0][0] == DISCONNECT, said
    assert said[0][1][0] >= 0x80 and (reason is None or said[0][1][0] == reason), said


WRONG_AT_FIRST = [
    ("3.1.0-1", BOTH, "PUBLISH", lambda v: publish("a", version=v), None),
    ("3.1.0-1", BOTH, "PINGREQ", packet(0xC0), None),
    ("3.1.0-1", BOTH, "DISCONNECT", packet(0xE0), None),
    ("2.2.2-2", BOTH, "CONNECT with reserved bits", lambda v: flip(connect("a", v), 0), None),
    ("3.1.2-1", BOTH, "another protocol", lambda v: connect("a", v, name="HTTP"), None),
    ("3.1.2-1", (4,), "the protocol of MQTT 3.1", connect("a", name="MQIsdp", level=3), None),
    ("3.1.2-3", BOTH, "the reserved flag", lambda v: connect("a", v, flags=3), None),
    ("3.1.2-13", BOTH, "quality of service of no will", lambda v: connect("a", v, flags=0x0A), None),
    ("3.1.2-15", BOTH, "retaining no will", lambda v: connect("a", v, flags=0x22), None),
    ("3.1.2-14", BOTH, "a will with quality of service 3", lambda v: connect("a", v, flags=0x1E, more=properties(v) + text("w") + text("x")), None),
    ("3.1.2-22", (4,), "a password without user name", connect("a", flags=0x42, more=text("secret")), None),
    ("3.1.3-1", BOTH, "a user name that is announced and missing", lambda v: connect("a", v, flags=0x82), None),
    ("3.1.3-1", BOTH, "bytes after the last field", lambda v: connect("a", v, more=b"x"), None),
    ("3.1.3-4", BOTH, "a client id that is not UTF-8", lambda v: connect(b"\xff\xfe", v), None),
    ("3.1.2-21", (5,), "a receive maximum of 0", connect("a", 5, said=b"\x21\0\0"), None),
    ("3.1.2.11.4", (5,), "a maximum packet size of 0", connect("a", 5, said=b"\x27\0\0\0\0"), None),
    ("3.1.2.11.7", (5,), "a flag of 2", connect("a", 5, said=b"\x17\2"), None),
    ("3.1.2.11.2", (5,), "session expiry twice", connect("a", 5, said=b"\x11\0\0\0\1" * 2), None),
    ("3.1.2.11.10", (5,), "authentication data without a method", connect("a", 5, said=b"\x16\0\1x"), None),
]


@pytest.mark.parametrize("version, sent, reason", cases(*WRONG_AT_FIRST))
def test_what_is_wrong_at_first_is_not_let_in(wire, version, sent, reason):
    """Nothing but a CONNACK with an error may come, and the connection ends (MQTT-3.1.4-1, MQTT-3.2.2-5)."""
    for first, body in wire().send(sent).all_until_end():
        assert first == CONNACK and body[0] == 0 and body[1] != 0


@pytest.mark.parametrize("data", [b"", b"\x16\0\x05nonce"])
def test_enhanced_authentication_is_not_served(wire, data):
    """AWS's list of MQTT 5 features has none. A method that is not supported is told so (MQTT 5, 4.12), and nothing more is asked."""
    method = b"\x15" + text("SCRAM-SHA-1")
    ((first, body),) = wire().send(connect(name(), 5, said=method + data)).all_until_end()
    assert (first, body[:2]) == (CONNACK, bytes([0, BAD_METHOD]))


@pytest.mark.parametrize("level, code", [(3, b"\0\1"), (6, b"\0\1"), (132, b"\0\1")])
def test_an_unknown_level_is_told(wire, level, code):
    """MQTT-3.1.2-2"""
    assert wire().send(connect("a", level=level)).all_until_end() == [(CONNACK, code)]


@pytest.mark.parametrize("version", BOTH)
def test_connack_is_the_first_packet_and_says_nothing_of_a_session(wire, version):
    """MQTT-3.2.0-1, MQTT-3.2.2-1, MQTT-3.1.4-4"""
    one = wire().send(connect(name(), version), packet(0xC0))
    assert one.expect(CONNACK)[:2] == b"\0\0" and one.packet() == (PINGRESP, b"")


@pytest.mark.parametrize("client_id", ["a", "0123456789abcdefghijABC", "0123456789" * 12 + "01234567"])
def test_client_ids_that_are_taken(wire, client_id):
    """MQTT-3.1.3-5; and up to AWS's 128 bytes"""
    wire().open(client_id)


def test_an_empty_client_id_needs_a_clean_session(wire):
    """MQTT-3.1.3-6, MQTT-3.1.3-7, MQTT-3.1.3-8"""
    wire().open("")
    assert wire().send(connect("", flags=0)).all_until_end() == [(CONNACK, b"\0\2")]


def test_an_empty_client_id_is_assigned(wire):
    """MQTT-3.1.3-7 of MQTT 5"""
    one, other = (wire().send(connect("", 5)).expect(CONNACK) for _ in range(2))
    assert b"\x12\0\x24" in one and one != other


@pytest.mark.parametrize("version", BOTH)
def test_a_second_connection_displaces_the_first(wire, version):
    """MQTT-3.1.4-2; MQTT 5 with reason 0x8E (MQTT-3.1.4-3)"""
    who = name()
    old, new = wire().open(who, version), wire().open(who, version)
    assert [body[0] for _, body in old.all_until_end()] == ([0x8E] if version == 5 else [])
    assert new.is_alive()


@pytest.mark.parametrize("version", BOTH)
def test_sessions_are_kept_unless_they_are_clean(wire, version):
    """MQTT-3.1.2-4, MQTT-3.1.2-5, MQTT-3.1.2-6, MQTT-3.2.2-2, MQTT-3.2.2-3"""
    who, keep = name(), {"said": b"\x11\0\0\0\x64"} if version == 5 else {}
    assert not wire().open(who, version, flags=0, **keep).present
    assert wire().open(who, version, flags=0, **keep).present
    assert not wire().open(who, version, flags=2).present
    assert not wire().open(who, version, flags=0, **keep).present


@pytest.mark.parametrize("version", BOTH)
def test_acknowledgments_have_the_id_of_what_they_acknowledge(wire, version):
    """MQTT-2.3.1-6, MQTT-2.3.1-7, MQTT-3.3.4-1, MQTT-3.8.4-1, MQTT-3.8.4-2, MQTT-3.10.4-4"""
    one = wire().open(name(), version)
    for id in (1, 0x1234, 0xFFFF):
        assert one.send(subscribe("t", version=version, id=id)).expect(SUBACK)[:2] == id.to_bytes(2, "big")
        assert one.send(publish("other", version=version, qos=1, id=id)).expect(PUBACK)[:2] == id.to_bytes(2, "big")
        assert one.send(unsubscribe("t", version=version, id=id)).expect(UNSUBACK)[:2] == id.to_bytes(2, "big")


@pytest.mark.parametrize("version", BOTH)
def test_suback_has_a_code_for_each_filter_in_order(wire, version):
    """MQTT-3.8.4-5, MQTT-3.8.4-6, MQTT-3.9.3-1, MQTT-3.9.3-2"""
    mixed = text("a") + b"\0" + text("a/#/b") + b"\1" + text("b") + b"\1"
    body = wire().open(name(), version).send(packet(0x82, b"\0\1" + properties(version) + mixed)).expect(SUBACK)
    assert body == b"\0\1" + (b"\0" if version == 5 else b"") + bytes([0, 0x8F if version == 5 else 0x80, 1])


@pytest.mark.parametrize("version", BOTH)
def test_unsubscribing_from_nothing_is_acknowledged(wire, version):
    """MQTT-3.10.4-5; MQTT-3.11.3-1 of MQTT 5: a code for each"""
    one = wire().open(name(), version)
    one.send(subscribe("u", version=version)).expect(SUBACK)
    assert one.send(unsubscribe("never", "u", version=version)).expect(UNSUBACK)[2:] == (b"\0\x11\0" if version == 5 else b"")


def taken(publisher, version, *topics):
    """Publishes to topics and waits until the server has them."""
    for topic in topics:
        publisher.send(publish(topic, topic.encode(), version=version, qos=1)).expect(PUBACK)


def topics_of(one, version, fence):
    """Topics of messages up to a fence."""
    found = []
    while True:
        body = one.expect(PUBLISH)
        topic = body[2 : 2 + int.from_bytes(body[:2], "big")].decode()
        if topic == fence:
            return found
        found.append(topic)


MATCHES = [
    # Filter, topics that it fits, topics that it does not (MQTT-4.7.1-1, -2, -3, MQTT-4.7.3-4).
    ("m/#", ["m/a", "m/a/b", "m/"], ["n/a", "mm/a"]),
    ("m/+", ["m/a", "m/"], ["m/a/b", "n/a"]),
    ("m/+/c", ["m/a/c", "m//c"], ["m/a/b", "m/a/c/d"]),
    ("+/+", ["m/a", "/"], ["m", "m/a/b"]),
    ("/m", ["/m"], ["m", "m/"]),
    ("m/A", ["m/A"], ["m/a"]),
    ("m x/ä", ["m x/ä"], ["m x/a"]),
    ("\ufeffm", ["\ufeffm"], ["m"]),
    ("#", ["m", "/m", "m/a"], []),
]


@pytest.mark.parametrize("filter, fitting, other", MATCHES, ids=[row[0] for row in MATCHES])
@pytest.mark.parametrize("version", BOTH)
def test_filters_fit_as_the_standard_says(wire, version, filter, fitting, other):
    one, publisher, fence = wire().open(name(), version), wire().open(name(), version), name("fence/")
    one.send(subscribe(filter, fence, version=version, options=0)).expect(SUBACK)
    taken(publisher, version, *fitting, *other, fence)
    assert topics_of(one, version, fence) == fitting


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("filter", ["#", "+/#", "+/things/#", "+/+/+/shadow/get"])
def test_wildcards_do_not_fit_dollar_topics(wire, version, filter):
    """MQTT-4.7.2-1"""
    one, publisher, fence = wire().open(name(), version), wire().open(name(), version), name("fence/")
    one.send(subscribe(filter, fence, version=version, options=0)).expect(SUBACK)
    taken(publisher, version, "$aws/things/none/shadow/get", fence)
    assert topics_of(one, version, fence) == []


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("granted", [0, 1])
@pytest.mark.parametrize("published", [0, 1])
def test_quality_of_service_is_the_lesser(wire, version, granted, published):
    """MQTT-3.8.4-6 (3.1.1), MQTT-3.8.4-8 (5)"""
    topic = name("q/")
    one, publisher = wire().open(name(), version), wire().open(name(), version)
    one.send(subscribe(topic, version=version, options=granted)).expect(SUBACK)
    publisher.send(publish(topic, b"x", version=version, qos=published))
    assert one.packet()[0] >> 1 & 3 == min(granted, published)


@pytest.mark.parametrize("version", BOTH)
def test_overlapping_subscriptions_give_the_best_quality(wire, version):
    """MQTT-3.3.5-1 (3.1.1), MQTT-3.3.4-2 (5)"""
    topic = name("o/")
    one, publisher = wire().open(name(), version), wire().open(name(), version)
    for filter, options in [("o/+", 0), (topic, 1)]:
        one.send(subscribe(filter, version=version, options=options)).expect(SUBACK)
    publisher.send(publish(topic, b"x", version=version, qos=1)).expect(PUBACK)
    assert one.packet()[0] == 0x32 and one.is_alive()


@pytest.mark.parametrize("version", BOTH)
def test_subscribing_again_replaces_and_sends_what_is_retained(wire, version):
    """MQTT-3.8.4-3, MQTT-3.3.1-6, MQTT-3.3.1-8"""
    topic = name("r/")
    one = wire().open(name(), version)
    one.send(publish(topic, b"kept", version=version, qos=1, flags=1)).expect(PUBACK)
    for options in (1, 0):
        one.send(subscribe(topic, version=version, options=options)).expect(SUBACK)
        first, body = one.packet()
        assert first & 1 and body.endswith(b"kept") and first >> 1 & 3 == options
        if options:
            one.send(puback(int.from_bytes(body[2 + len(topic) : 4 + len(topic)], "big")))
    # The quality of the newer subscription holds, and there is one.
    one.send(publish(topic, b"new", version=version, qos=1))
    assert sorted(one.packet()[0] for _ in range(2)) == [PUBLISH, PUBACK]
    assert one.is_alive()


@pytest.mark.parametrize("version", BOTH)
def test_retained_messages_are_one_for_each_topic_and_end_with_an_empty_one(wire, version):
    """MQTT-3.3.1-5, MQTT-3.3.1-7, MQTT-3.3.1-9, MQTT-3.3.1-10, MQTT-3.3.1-11, MQTT-3.3.1-12"""
    topic = name("s/")
    listener, one = wire().open(name(), version), wire().open(name(), version)
    listener.send(subscribe(topic, version=version, options=0)).expect(SUBACK)
    for payload, flags in [(b"first", 1), (b"second", 1), (b"not kept", 0)]:
        one.send(publish(topic, payload, version=version, qos=1, flags=flags)).expect(PUBACK)
        first, body = listener.packet()
        assert first & 1 == 0 and body.endswith(payload), "to who had subscribed before, it is not retained"
    late = wire().open(name(), version)
    late.send(subscribe(topic, version=version)).expect(SUBACK)
    first, body = late.packet()
    assert first & 1 and body.endswith(b"second")
    one.send(publish(topic, b"", version=version, qos=1, flags=1)).expect(PUBACK)
    assert listener.packet()[1] == text(topic) + properties(version), "passed on as any other message"
    later = wire().open(name(), version)
    later.send(subscribe(topic, version=version)).expect(SUBACK)
    assert later.is_alive()


@pytest.mark.parametrize("version", BOTH)
def test_what_was_not_acknowledged_comes_again_with_dup_and_its_id(wire, version):
    """MQTT-4.4.0-1, MQTT-3.3.1-1, MQTT-4.6.0-1"""
    who, topic, keep = name(), name("d/"), {"said": b"\x11\0\0\0\x64"} if version == 5 else {}
    one, publisher = wire().open(who, version, flags=0, **keep), wire().open(name(), version)
    one.send(subscribe(topic, version=version)).expect(SUBACK)
    for payload in (b"1", b"2", b"3"):
        publisher.send(publish(topic, payload, version=version, qos=1)).expect(PUBACK)
    before = [one.packet() for _ in range(3)]
    assert [first for first, _ in before] == [0x32] * 3
    one.close()
    again = wire().open(who, version, flags=0, **keep)
    assert again.present and [again.packet() for _ in range(3)] == [(0x3A, body) for _, body in before]


@pytest.mark.parametrize("version", BOTH)
def test_messages_keep_the_order_of_their_publisher(wire, version):
    """MQTT-4.6.0-6"""
    topic = name("n/")
    one, publisher = wire().open(name(), version), wire().open(name(), version)
    one.send(subscribe(topic, version=version)).expect(SUBACK)
    for n in range(60):
        publisher.send(publish(topic, bytes([n]), version=version, qos=n % 2, id=n + 1))
    assert [one.expect(PUBLISH)[-1] for _ in range(60)] == list(range(60))


def will(version, topic, payload=b"last", said=b""):
    return properties(version, said) + text(topic) + text(payload)


@pytest.mark.parametrize("version", BOTH)
def test_a_will_is_published_unless_the_client_says_goodbye(wire, version):
    """MQTT-3.1.2-8, MQTT-3.1.2-10, MQTT-3.14.4-3, MQTT-3.1.2-17"""
    topic = name("w/")
    watcher = wire().open(name(), version)
    watcher.send(subscribe(topic, version=version)).expect(SUBACK)
    polite = wire().open(name(), version, flags=0x0E, more=will(version, topic, b"never"))
    assert polite.send(packet(0xE0)).all_until_end() == []
    lost = wire().open(name(), version, flags=0x2E, more=will(version, topic))
    lost.close()
    assert watcher.expect(PUBLISH).endswith(b"last")
    late = wire().open(name(), version)
    late.send(subscribe(topic, version=version)).expect(SUBACK)
    assert late.packet()[0] & 1, "the will was to be retained"


def test_a_will_is_published_when_a_disconnect_of_mqtt_5_says_so(wire):
    """MQTT-3.14.4.1, reason 0x04; and when the client broke the protocol"""
    topic = name("w/")
    watcher = wire().open(name(), 5)
    watcher.send(subscribe(topic, version=5)).expect(SUBACK)
    for bytes_ in (packet(0xE0, b"\x04"), packet(0xF0)):
        wire().open(name(), 5, flags=0x0E, more=will(5, topic)).send(bytes_).all_until_end()
        assert watcher.expect(PUBLISH).endswith(b"last")


@pytest.mark.parametrize("version", BOTH)
def test_whoever_says_goodbye_is_hung_up_on(wire, version):
    """MQTT-3.14.4-1, MQTT-3.14.4-2: nothing that comes later is done"""
    watcher, topic = wire().open(name(), version), name("g/")
    watcher.send(subscribe(topic, version=version)).expect(SUBACK)
    assert wire().open(name(), version).send(packet(0xE0), publish(topic, b"x", version=version)).all_until_end() == []
    watcher.send(publish(topic, b"own", version=version))
    assert watcher.expect(PUBLISH).endswith(b"own")


def test_no_more_is_sent_at_once_than_the_client_takes(wire):
    """MQTT-3.3.4-9: receive maximum; MQTT-3.3.4-7 is the client's side"""
    topic = name("x/")
    one, publisher = wire().open(name(), 5, said=b"\x21\0\2"), wire().open(name(), 5)
    one.send(subscribe(topic, version=5)).expect(SUBACK)
    for n in range(4):
        publisher.send(publish(topic, bytes([n]), version=5, qos=1)).expect(PUBACK)
    ids = [int.from_bytes(one.expect(PUBLISH)[2 + len(topic) :][:2], "big") for _ in range(2)]
    assert one.is_alive(), "the third waits"
    one.send(puback(ids[0]))
    assert one.expect(PUBLISH)[-1] == 2


@pytest.mark.parametrize("version", BOTH)
def test_what_is_published_at_once_is_acknowledged_in_order(wire, version):
    """MQTT-4.6.0-2"""
    one = wire().open(name(), version)
    one.send(b"".join(publish("x", version=version, qos=1, id=n + 1) for n in range(2000)))
    assert [int.from_bytes(one.expect(PUBACK)[:2], "big") for _ in range(2000)] == list(range(1, 2001))


def test_packets_larger_than_the_client_takes_are_not_sent(wire):
    """MQTT-3.1.2-24, MQTT-3.1.2-25 of MQTT 5"""
    topic = name("l/")
    one, publisher = wire().open(name(), 5, said=b"\x27\0\0\0\x40"), wire().open(name(), 5)
    one.send(subscribe(topic, version=5)).expect(SUBACK)
    for payload in (b"x" * 100, b"small"):
        publisher.send(publish(topic, payload, version=5, qos=1)).expect(PUBACK)
    assert one.expect(PUBLISH).endswith(b"small")


def test_topic_aliases_stand_for_topics_until_the_connection_ends(wire):
    """MQTT-3.3.2-7, MQTT-3.3.2-12"""
    topic = name("t/")
    who = name()
    watcher, one = wire().open(name(), 5), wire().open(who, 5)
    watcher.send(subscribe("t/+", version=5)).expect(SUBACK)
    one.send(publish(topic, b"1", version=5, said=b"\x23\0\1"), publish("", b"2", version=5, said=b"\x23\0\1"))
    one.send(publish("t/else", b"3", version=5, said=b"\x23\0\1"), publish("", b"4", version=5, said=b"\x23\0\1"))
    assert [watcher.expect(PUBLISH) for _ in range(4)] == [
        text(where) + b"\0" + payload for where, payload in [(topic, b"1"), (topic, b"2"), ("t/else", b"3"), ("t/else", b"4")]
    ]
    one.close()
    again = wire().open(who, 5).send(publish("", b"5", version=5, said=b"\x23\0\1"))
    assert again.expect(DISCONNECT)[0] >= 0x80


def test_what_applications_say_is_passed_on_unchanged_and_in_order(wire):
    """MQTT-3.3.2-4, -15, -16, -17, -18, -20"""
    topic = name("p/")
    said = (b"\x01\x01" + b"\x03" + text("text/plain") + b"\x08" + text("answer") + b"\x09" + text(b"\0\xff")
            + b"".join(b"\x26" + text("k") + text(str(n)) for n in range(3)))
    one = wire().open(name(), 5)
    one.send(subscribe(topic, version=5)).expect(SUBACK)
    one.send(publish(topic, b"x", version=5, said=said))
    body = one.expect(PUBLISH)[2 + len(topic) :]
    assert len(body) == len(number(len(said)) + said) + 1
    user = body.index(b"\x26")
    assert body[user:-1] == b"".join(b"\x26" + text("k") + text(str(n)) for n in range(3))
    for property in (b"\x01\x01", b"\x03" + text("text/plain"), b"\x08" + text("answer"), b"\x09" + text(b"\0\xff")):
        assert property in body


def test_subscription_identifiers_of_all_that_fit(wire):
    """MQTT-3.3.4-3, MQTT-3.3.4-4"""
    topic = name("i/")
    one = wire().open(name(), 5)
    for filter, id in [(topic, 1), ("i/+", 200)]:
        one.send(subscribe(filter, version=5, options=0, said=b"\x0b" + number(id))).expect(SUBACK)
    one.send(publish(topic, b"x", version=5))
    body = one.expect(PUBLISH)[2 + len(topic) :]
    assert body in (b"\5\x0b\1\x0b\xc8\1x", b"\5\x0b\xc8\1\x0b\1x")


@pytest.mark.parametrize("handling, again", [(0, True), (1, False), (2, False)])
def test_retain_handling(wire, handling, again):
    """MQTT-3.3.1-9, -10, -11 of MQTT 5"""
    topic = name("h/")
    one = wire().open(name(), 5)
    one.send(publish(topic, b"kept", version=5, qos=1, flags=1)).expect(PUBACK)
    for is_new in (True, False):
        one.send(subscribe(topic, version=5, options=handling << 4)).expect(SUBACK)
        if handling != 2 and (is_new or again):
            assert one.expect(PUBLISH).endswith(b"kept")
        assert one.is_alive()


def test_retain_as_published_and_no_local(wire):
    """MQTT-3.3.1-12, MQTT-3.3.1-13, MQTT-3.8.3-3"""
    topic = name("a/")
    keeps, plain, own = (wire().open(name(), 5) for _ in range(3))
    keeps.send(subscribe(topic, version=5, options=0x08)).expect(SUBACK)
    plain.send(subscribe(topic, version=5, options=0)).expect(SUBACK)
    own.send(subscribe(topic, version=5, options=0x04)).expect(SUBACK)
    own.send(publish(topic, b"x", version=5, flags=1))
    assert keeps.packet()[0] & 1 and not plain.packet()[0] & 1 and own.is_alive()


def test_a_session_of_mqtt_5_ends_when_disconnect_says_so(wire):
    """MQTT-3.14.2.2.2"""
    who, keep = name(), b"\x11\0\0\0\x64"
    wire().open(who, 5, said=keep).send(packet(0xE0, b"\0\5\x11\0\0\0\0")).all_until_end()
    assert not wire().open(who, 5, flags=0, said=keep).present


def test_what_aws_differs_in_is_as_documented(wire):
    """Deviations of AWS IoT Core, which this server shares: quality of service 2 is not served, `a/#` does not fit `a` (MQTT-4.7.1-2),
    filters with wildcards get no retained messages (MQTT-3.3.1-6). And a keep-alive is 30 seconds at least (MQTT-3.1.2-24)."""
    assert wire().send(connect(name(), 5, keep_alive=1)).expect(CONNACK).endswith(b"\x13\0\x1e")
    assert [body[:1] for _, body in wire().open(name(), 5).send(publish("a", version=5, qos=2)).all_until_end()] == [bytes([QOS])]
    assert wire().open(name()).send(publish("a", qos=2)).all_until_end() == []
    one, publisher, topic, fence = wire().open(name()), wire().open(name()), name("z"), name("fence/")
    publisher.send(publish(f"{topic}/r", b"kept", qos=1, flags=1)).expect(PUBACK)
    assert one.send(subscribe(f"{topic}/#", fence, options=2)).expect(SUBACK)[2:] == b"\1\1"
    taken(publisher, 4, topic, fence)
    assert topics_of(one, 4, fence) == []
