"""Clients that want too much, and sockets that say nothing."""

import socket

from broker_fixtures import *  # noqa: F403
from devices import ALL

SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_UNAUTHENTICATED_CONNECTIONS": "4",
    "THINGWARDEN_LIMITS__MQTT_CONNECTIONS": "2",
    "THINGWARDEN_LIMITS__MQTT_PUBLISHES_PER_SECOND": "10",
    "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_CLIENT_PER_SECOND": "1",
}


def test_sockets_that_say_nothing_keep_nobody_out(server, device, certificate, policies):
    shown = certificate(*policies(ALL))
    inside = device(shown, "inside").connected()
    host, _, port = server.addresses["mqtt"].rpartition(":")
    silent = [socket.create_connection((host, int(port)), timeout=20) for _ in range(6)]
    late = device(shown, "late").connected()
    # Those inside have lost nothing.
    inside.subscribe("x")
    late.publish("x", "hello")
    assert inside.message() == ("x", "hello")
    for connection in silent:
        connection.close()
    third = device(shown, "third", version=5)
    assert third.wait("refused", "connected").code.value == 0x97, "there are as many inside as may be"
    inside.close()
    late.close()
    device(shown, "fourth").connected().close()


def test_what_is_published_beyond_the_rate_is_discarded_and_answered(device, certificate, policies):
    shown = certificate(*policies(ALL))
    one = device(shown, "fast", version=5).connected()
    one.subscribe("fast")
    for number in range(40):
        one.client.publish("fast", str(number), qos=1)
    codes = [one.wait("published").code for _ in range(40)]
    taken = [number for number, code in enumerate(codes) if code == 0]
    assert 10 <= len(taken) < 40 and set(codes) == {0, 0x97}
    assert [one.message() for _ in taken] == [("fast", str(number)) for number in taken]
    one.close()


def test_a_client_id_that_connects_too_often_is_refused(device, certificate, policies):
    shown = certificate(*policies(ALL))
    device(shown, "eager", version=5).connected().close()
    again = device(shown, "eager", version=5)
    # A slow machine needs a second for it.
    assert again.wait("refused", "connected").code.value in (0x9F, 0)
    codes = {device(shown, "eager", version=5).wait("refused", "connected").code.value for _ in range(8)}
    assert 0x9F in codes
