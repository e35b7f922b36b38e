"""What all clients of an account and region may have at the same time, and what is beyond the rates of messages to them."""

import urllib.request

from broker_fixtures import *  # noqa: F403
from botocore.exceptions import ClientError
from devices import ALL

SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_CONNECTIONS_PER_ACCOUNT": "3",
    "THINGWARDEN_LIMITS__MQTT_SUBSCRIPTIONS_PER_ACCOUNT": "4",
    "THINGWARDEN_LIMITS__MQTT_OUTBOUND_PUBLISHES_PER_ACCOUNT_PER_SECOND": "5",
    "THINGWARDEN_LIMITS__MQTT_QUEUED_MESSAGES_PER_ACCOUNT_PER_SECOND": "2",
    "THINGWARDEN_LIMITS__MQTT_RETAINED_MESSAGES_PER_ACCOUNT_PER_SECOND": "3",
    "THINGWARDEN_LIMITS__MQTT_RETAINED_MESSAGES_PER_TOPIC_PER_SECOND": "1",
    "THINGWARDEN_LIMITS__MQTT_QUEUED_MESSAGES": "10000",
}
# More than a slow machine needs to do one thing as often as it may in a second.
TRIES = 60


def over(server, setting):
    """How much was refused or dropped because of a setting."""
    name = f'thingwarden_mqtt_over_quota_total{{what="limits.{setting}"}} '
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return next((int(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


def published_and_dropped(server, sender, topic, *settings):
    """Publishes until some messages were dropped because of these settings and some were not: at first, all may be, when somebody
    else has just used up the rate. How many of each."""

    def counted():
        return sum(over(server, setting) for setting in settings)

    before, published = counted(), 0
    while True:
        for number in range(published, published + TRIES):
            sender.client.publish(topic, str(number), qos=1)
        # The publisher is not at fault.
        assert {sender.wait("published").code for _ in range(TRIES)} <= {0, 0x10}
        published += TRIES
        dropped = counted() - before
        if 0 < dropped < published:
            return published, int(dropped)


@pytest.fixture
def admitted(device, shown):
    """A device that is let in, however often it has to come: others may not have gone yet."""

    def make(*arguments, **how):
        while True:
            one = device(shown, *arguments, **how)
            if one.is_let_in():
                return one

    return make


@pytest.fixture
def shown(certificate, policies):
    return certificate(*policies(ALL))


def test_connections_beyond_are_refused_and_told(server, device, shown, admitted):
    inside = [admitted(f"inside-{number}") for number in range(3)]
    before = over(server, "mqtt_connections_per_account")
    assert device(shown, "late", version=5).wait("refused", "connected").code.value == 0x97
    assert not device(shown, "late").is_let_in()
    assert over(server, "mqtt_connections_per_account") == before + 2
    assert any("limits.mqtt_connections_per_account" in refusal["why"] for refusal in facts(server, "late")["refusals"])
    assert "limits.mqtt_connections_per_account" in server.log_text()
    # Those inside have lost nothing, and there is room again when one has left.
    assert inside[0].publish("x", "hello") is not None
    inside[2].close()
    admitted("late").close()
    for one in inside[:2]:
        one.close()


def test_subscriptions_beyond_are_refused_until_others_end(admitted):
    one, other = admitted("one", version=5), admitted("other", version=4)
    assert one.subscribe("a", "b", "c") == [1, 1, 1]
    assert other.subscribe("a", "b") == [1, 0x80]
    assert one.subscribe("a", "d") == [1, 0x97]
    one.close()
    # Its end may not have been heard of yet.
    while other.subscribe("b") != [1]:
        pass
    other.close()


def test_messages_to_clients_beyond_the_rate_are_dropped(server, admitted):
    reader, sender = admitted("reader"), admitted("sender", version=5)
    reader.subscribe("many")
    published, dropped = published_and_dropped(server, sender, "many", "mqtt_outbound_publishes_per_account_per_second")
    got = [int(reader.message()[1]) for _ in range(published - dropped)]
    assert got == sorted(set(got))
    reader.close()
    sender.close()


def test_messages_that_would_wait_beyond_the_rate_are_dropped(server, admitted):
    away = admitted("away", clean_session=False)
    away.subscribe("later")
    away.close()
    sender = admitted("sender", version=5)
    queued, outbound = "mqtt_queued_messages_per_account_per_second", "mqtt_outbound_publishes_per_account_per_second"
    published, dropped = published_and_dropped(server, sender, "later", queued, outbound)
    back = admitted("away", clean_session=False)
    got = [int(back.message()[1]) for _ in range(published - dropped)]
    assert got == sorted(set(got))
    back.close()
    sender.close()


def test_messages_are_retained_so_often_and_not_more(server, admitted):
    sender = admitted("sender", version=5)

    def retain(*topics):
        for topic in topics:
            sender.client.publish(topic, b"x", qos=1, retain=True)
        return [sender.wait("published").code for _ in topics]

    codes = retain(*["same"] * TRIES)
    assert codes[0] == 0x10 and set(codes) == {0x10, 0x97}
    codes = retain(*(f"other/{number}" for number in range(TRIES)))
    assert set(codes) == {0x10, 0x97}
    assert over(server, "mqtt_retained_messages_per_topic_per_second") > 0
    assert over(server, "mqtt_retained_messages_per_account_per_second") > 0
    # HTTP is no way around it.
    data = server.client("iot-data")
    with pytest.raises(ClientError) as refused:
        for _ in range(TRIES):
            data.publish(topic="same", payload=b"y", retain=True)
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    # Nothing else is touched.
    assert sender.publish("same", b"x") == 0x10
    # MQTT 3.1.1 has no answer for it, and the connection stays.
    old = admitted("old")
    for _ in range(TRIES):
        old.client.publish("same", b"z", qos=0, retain=True)
    assert old.publish("nobody/listens", b"x") is not None
    old.close()
    sender.close()
