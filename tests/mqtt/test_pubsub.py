"""Devices connect, subscribe, publish and get what they asked for, in both versions and across them."""

import pytest
from broker_fixtures import *
from devices import ALL, properties
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.subscribeoptions import SubscribeOptions


@pytest.fixture
def anybody(policies, certificate):
    """Certificates that may do everything."""
    (name,) = policies(ALL)
    return lambda: certificate(name)


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("to", [4, 5])
@pytest.mark.parametrize("sent", [4, 5])
def test_a_message_goes_from_device_to_device(anybody, device, sent, to, qos):
    subscriber = device(anybody(), f"s-{sent}{to}{qos}", version=to).connected()
    assert subscriber.subscribe(f"room/{sent}{to}{qos}/+", qos=qos) == [qos]
    publisher = device(anybody(), f"p-{sent}{to}{qos}", version=sent).connected()
    publisher.publish(f"room/{sent}{to}{qos}/temperature", "21", qos=qos)
    event = subscriber.wait("message")
    assert (event.payload, event.qos, event.retain) == (b"21", qos, False)


def test_who_nobody_listens_to_is_told_in_mqtt_5(anybody, device):
    assert device(anybody(), "lonely", version=5).connected().publish("nobody/listens", "x") == 0x10
    assert device(anybody(), "lonely-4", version=4).connected().publish("nobody/listens", "x") == 0


def test_unsubscribing_ends_delivery(anybody, device):
    both = device(anybody(), "both", version=5).connected()
    both.subscribe("a/1", "a/2")
    both.client.unsubscribe("a/1")
    both.wait("unsubscribed")
    both.publish("a/1", "x")
    both.publish("a/2", "y")
    assert both.message() == ("a/2", "y")


def test_retained_messages_wait_for_subscribers_without_wildcards(anybody, device):
    one = device(anybody(), "retainer").connected()
    one.publish("kept/a", "first", retain=True)
    one.publish("kept/a", "last", retain=True)
    other = device(anybody(), "late", version=5).connected()
    other.subscribe("kept/a")
    event = other.wait("message")
    assert (event.payload, event.retain) == (b"last", True)
    other.subscribe("kept/+")
    one.publish("kept/a", "", retain=True)
    assert other.wait("message").payload == b""
    third = device(anybody(), "later").connected()
    third.subscribe("kept/a")
    third.nothing_more(one, "kept/a")


def test_mqtt_5_passes_on_what_applications_say(anybody, device):
    one, other = device(anybody(), "asks", version=5).connected(), device(anybody(), "answers", version=5).connected()
    other.subscribe("question", properties=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=7))
    said = properties(
        PacketTypes.PUBLISH, ResponseTopic="answer/1", CorrelationData=b"\0\1", ContentType="text/plain",
        UserProperty=[("a", "1"), ("a", "2")], PayloadFormatIndicator=1, MessageExpiryInterval=60,
    )
    one.publish("question", "?", properties=said)
    heard = other.wait("message").properties
    assert heard.ResponseTopic == "answer/1" and heard.CorrelationData == b"\0\1"
    assert heard.UserProperty == [("a", "1"), ("a", "2")] and heard.ContentType == "text/plain"
    assert heard.SubscriptionIdentifier == [7] and 0 < heard.MessageExpiryInterval <= 60


def test_no_local_and_retain_as_published(anybody, device):
    one, other = device(anybody(), "nolocal", version=5).connected(), device(anybody(), "talker", version=5).connected()
    one.subscribe("hall", options=SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True))
    one.publish("hall", "own")
    other.publish("hall", "other", retain=True)
    event = one.wait("message")
    assert (event.payload, event.retain) == (b"other", True)


def test_a_shared_subscription_gives_each_message_to_one(anybody, device):
    workers = [device(anybody(), f"worker-{n}").connected() for n in range(2)]
    for worker in workers:
        worker.subscribe("$share/crew/jobs/#", f"fence/{id(worker)}")
    boss = device(anybody(), "boss").connected()
    for number in range(10):
        boss.publish(f"jobs/{number}", str(number))
    done = []
    for worker in workers:
        boss.publish(f"fence/{id(worker)}", "end")
        while (message := worker.message())[1] != "end":
            done.append(message[1])
    assert sorted(done) == [str(number) for number in range(10)]


def test_overlapping_subscriptions_deliver_once(anybody, device):
    one = device(anybody(), "overlap", version=5).connected()
    one.subscribe("lap/a", "lap/+", "lap/#")
    one.publish("lap/a", "x")
    assert one.message() == ("lap/a", "x")
    one.nothing_more(one, "lap/a")


def test_the_last_will_is_published_unless_one_says_goodbye(anybody, device):
    watcher = device(anybody(), "watcher").connected()
    watcher.subscribe("last/#")
    will = {"topic": "last/words", "payload": "gone", "qos": 1}
    device(anybody(), "polite", will=will).connected().close()
    device(anybody(), "rude", will={**will, "payload": "rude"}).connected().drop()
    assert watcher.message() == ("last/words", "rude")


def test_what_waits_for_a_session_is_sent_when_it_comes_back(anybody, device):
    who = anybody()
    sleeper = device(who, "sleeper", clean_session=False).connected()
    sleeper.subscribe("dream/+", qos=1)
    sleeper.close()
    other = device(anybody(), "storyteller").connected()
    for number in range(5):
        other.publish(f"dream/{number}", str(number), qos=1)
    other.publish("dream/forgotten", "qos 0 does not wait", qos=0)
    back = device(who, "sleeper", clean_session=False)
    assert back.wait("connected").present is True
    assert [back.message()[1] for _ in range(5)] == list("01234")
    back.nothing_more(other, "dream/end")
    back.close()
    clean = device(who, "sleeper", clean_session=True)
    assert clean.wait("connected").present is False
    again = device(who, "sleeper", clean_session=False)
    assert again.wait("connected").present is False


def test_a_session_of_mqtt_5_lasts_as_long_as_asked(anybody, device):
    who = anybody()
    lasting = properties(PacketTypes.CONNECT, SessionExpiryInterval=100)
    first = device(who, "lasting", version=5, properties=lasting, clean_start=True).connected()
    first.subscribe("lasting")
    first.close()
    assert device(who, "lasting", version=5, clean_start=False).wait("connected").present is True
    # That one did not ask for a session beyond its connection.
    third = device(who, "lasting", version=5, clean_start=False)
    third.wait("connected")
    third.close()
    assert device(who, "lasting", version=5, clean_start=False).wait("connected").present is False


def test_the_server_says_its_limits(anybody, device):
    said = device(anybody(), "", version=5).wait("connected").properties
    assert (said.ReceiveMaximum, said.TopicAliasMaximum, said.MaximumQoS, said.ServerKeepAlive) == (100, 8, 1, 60)
    assert len(said.AssignedClientIdentifier) == 36


def test_alpn_is_awss_or_the_registered_name_or_none(anybody, device):
    for number, names in enumerate([["x-amzn-mqtt-ca"], ["mqtt"], None]):
        device(anybody(), f"alpn-{number}", alpn=names).connected()
    assert not device(anybody(), "alpn-other", alpn=["h2"]).is_let_in()


def test_qos_2_ends_the_connection(anybody, device):
    one = device(anybody(), "two").connected()
    one.client.publish("a", "x", qos=2)
    one.gone()
    other = device(anybody(), "two-5", version=5).connected()
    assert other.subscribe("a", qos=2) == [1]


def test_topics_are_as_long_and_deep_as_awss(anybody, device):
    one = device(anybody(), "deep", version=5).connected()
    assert one.subscribe("1/2/3/4/5/6/7/8", "1/2/3/4/5/6/7/8/9", "x" * 257) == [1, 0x8F, 0x8F]
    one.client.publish("1/2/3/4/5/6/7/8/9", "x")
    one.gone()
    assert one.wait("disconnected").code.value == 0x90


def test_a_client_has_fifty_subscriptions(anybody, device):
    one = device(anybody(), "fifty", version=5).connected()
    codes = [code for number in range(7) for code in one.subscribe(*[f"{number}/{n}" for n in range(8)])]
    assert codes == [1] * 50 + [0x97] * 6


def test_large_messages_are_taken_up_to_the_limit(anybody, device):
    one = device(anybody(), "large", version=5).connected()
    one.subscribe("big")
    one.publish("big", b"x" * (128 << 10))
    assert len(one.wait("message").payload) == 128 << 10
    one.client.publish("big", b"x" * (129 << 10), qos=1)
    one.gone()
    assert one.wait("disconnected").code.value == 0x95


def test_the_broker_is_not_there_unless_asked_for(tmp_path):
    from serving import Server

    server = Server(tmp_path)
    try:
        assert "mqtt" not in server.addresses
    finally:
        assert server.stop() == 0
