"""A connection whose bytes come or go faster than they may."""

import time

from broker_fixtures import *  # noqa: F403
from devices import ALL

BYTES_PER_SECOND = 20_000
# What may pass at once: a second's worth, and the piece that is under way.
AT_ONCE = BYTES_PER_SECOND + 8192
SERVER_ENVIRONMENT = {**SERVER_ENVIRONMENT, "THINGWARDEN_LIMITS__MQTT_BYTES_PER_SECOND": str(BYTES_PER_SECOND)}


def test_what_is_too_fast_waits_and_arrives(device, certificate, policies):
    shown = certificate(*policies(ALL))
    fast, other = device(shown, "fast").connected(), device(shown, "other").connected()
    fast.subscribe("fast")
    other.subscribe("other")
    begun = time.monotonic()
    sent = [chr(ord("a") + number) * 12_000 for number in range(6)]
    for payload in sent:
        fast.client.publish("fast", payload, qos=1)
    # Who is not too fast does not wait for the one who is.
    other.publish("other", "hello")
    assert other.message() == ("other", "hello")
    assert [fast.message() for _ in sent] == [("fast", payload) for payload in sent]
    assert time.monotonic() - begun >= (sum(map(len, sent)) - AT_ONCE) / BYTES_PER_SECOND
    for one in (fast, other):
        one.close()


def test_what_one_is_sent_too_fast_waits_and_arrives(device, certificate, policies):
    shown = certificate(*policies(ALL))
    slow = device(shown, "slow").connected()
    slow.subscribe("slow")
    senders = [device(shown, f"sender-{number}").connected() for number in range(4)]
    begun = time.monotonic()
    for number, sender in enumerate(senders):
        sender.client.publish("slow", str(number) * 15_000, qos=1)
    got = {slow.message() for _ in senders}
    assert got == {("slow", str(number) * 15_000) for number in range(4)}
    assert time.monotonic() - begun >= (4 * 15_000 - AT_ONCE) / BYTES_PER_SECOND
    for one in (slow, *senders):
        one.close()
