"""What was acknowledged is there after kill -9: messages in sessions that wait for them, retained ones, subscriptions."""

import contextlib
import sqlite3

import pytest
from broker_fixtures import SERVER_ENVIRONMENT, SERVER_OPTIONS
from devices import ALL, Certificate, Device, properties
from paho.mqtt.packettypes import PacketTypes
from serving import Server

KILLS = 3


class House:
    """A server of its own, with one certificate for all."""

    def __init__(self, folder):
        self.server = Server(folder, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT)
        iot = self.server.client()
        iot.create_policy(policyName="all", policyDocument=ALL)
        self.certificate = Certificate(iot, folder).attach("all")

    def device(self, client_id, version=4, **more):
        return Device(self.server, self.certificate, client_id, version=version, **more).connected()

    def staying(self, client_id, version=4):
        """A client with a session that outlives its connection."""
        if version == 4:
            return self.device(client_id, clean_session=False)
        lasting = properties(PacketTypes.CONNECT, SessionExpiryInterval=600)
        return self.device(client_id, 5, clean_start=False, properties=lasting)

    def kill(self):
        self.server.kill()
        self.server.start()


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.server.kill()


@pytest.mark.parametrize("version", [4, 5])
def test_a_session_that_was_away_gets_all_that_was_acknowledged(house, version):
    reader = house.staying("reader", version)
    assert reader.subscribe("t/+") == [1]
    reader.close()
    sender = house.device("sender")
    for number in range(50):
        assert sender.publish("t/1", str(number)) == 0
    sender.publish("t/1", "not kept", qos=0)
    house.kill()
    reader = house.staying("reader", version)
    assert [reader.message() for _ in range(50)] == [("t/1", str(number)) for number in range(50)]
    sender = house.device("sender")
    reader.nothing_more(sender, "t/2")


def test_who_was_connected_gets_what_it_had_not_acknowledged_with_its_packet_id(house):
    reader = house.staying("reader")
    reader.client.manual_ack_set(True)
    ids = []
    reader.subscribe("t")
    inner = reader.client.on_message
    reader.client.on_message = lambda c, u, m: (ids.append((m.mid, m.dup)), inner(c, u, m))
    sender = house.device("sender")
    for number in range(5):
        assert sender.publish("t", str(number)) == 0
    assert [reader.message()[1] for _ in range(5)] == list("01234")
    for mid, _ in ids[:2]:
        reader.client.ack(mid, 1)
    # What comes after the acknowledgments on the same connection is answered after them.
    reader.subscribe("fence")
    house.kill()
    before, ids[:] = list(ids), []
    again = house.staying("reader")
    events = [again.wait("message") for _ in range(3)]
    assert [event.payload.decode() for event in events] == list("234")
    assert all(event.dup for event in events)
    assert [mid for mid, _ in before] == [1, 2, 3, 4, 5]


def test_subscriptions_survive_and_end_with_unsubscribing(house):
    reader = house.staying("reader")
    reader.subscribe("kept", "given/up")
    reader.client.unsubscribe("given/up")
    reader.wait("unsubscribed")
    reader.subscribe("fence")
    house.kill()
    sender = house.device("sender", 5)
    assert sender.publish("given/up", "x") == 0x10
    assert sender.publish("kept", "y") == 0
    assert house.staying("reader").message() == ("kept", "y")


def test_retained_messages_survive_and_so_does_their_end(house):
    sender = house.device("sender")
    for topic, payload in [("r/1", "old"), ("r/1", "new"), ("r/2", "gone"), ("r/2", "")]:
        assert sender.publish(topic, payload, retain=True) == 0
    house.kill()
    reader = house.device("reader")
    reader.subscribe("r/1", "r/2")
    event = reader.wait("message")
    assert (event.topic, event.payload, event.retain) == ("r/1", b"new", True)
    reader.nothing_more(house.device("sender"), "r/2")


def test_a_session_whose_time_is_over_while_the_server_is_away_is_gone(house):
    short = properties(PacketTypes.CONNECT, SessionExpiryInterval=3599)
    reader = house.device("reader", 5, clean_start=False, properties=short)
    reader.subscribe("t")
    reader.close()
    # A client that comes later is answered after the end of the session before it is written.
    house.staying("other").subscribe("fence")
    house.server.kill()
    # The clock that counts is the wall's: as if the server had been away for an hour.
    with contextlib.closing(sqlite3.connect(house.server.folder / "data" / "thingwarden.db")) as store, store:
        earlier = "UPDATE mqtt_session SET body = json_set(body, '$.disconnected_ms', json_extract(body, '$.disconnected_ms') - 3600000)"
        earlier += " WHERE id = 'reader'"
        assert store.execute(earlier).rowcount == 1
    house.server.start()
    assert house.device("sender", 5).publish("t", "x") == 0x10


def test_last_wills_of_a_killed_server_are_published_by_the_next_one(house):
    watcher = house.staying("watcher")
    watcher.subscribe("last/+")
    wills = {name: house.device(name, will={"topic": f"last/{name}", "payload": name, "qos": 1}) for name in ("one", "two", "polite")}
    wills["polite"].close()
    # Kept, and so is all that came before.
    watcher.close()
    assert house.device("sender").publish("last/words", "x") == 0
    house.kill()
    watcher = house.staying("watcher")
    assert watcher.message() == ("last/words", "x")
    assert {watcher.message() for _ in range(2)} == {("last/one", "one"), ("last/two", "two")}
    watcher.nothing_more(house.device("sender"), "last/end")
    # Once, and not again at the next start.
    watcher.subscribe("fence")
    assert house.server.stop() == 0
    house.server.start()
    watcher = house.staying("watcher")
    watcher.nothing_more(house.device("sender"), "last/fence")


def test_many_publishers_and_a_kill_in_the_middle(house):
    """Each reader gets each acknowledged message at least once, and those of each publisher in their order."""
    readers = ["reader-0", "reader-1"]
    for name in readers:
        reader = house.staying(name)
        reader.subscribe("load/+")
        reader.close()
    acknowledged = {name: [] for name in range(8)}
    for round_ in range(KILLS):
        senders, sent = {}, {}
        for name in acknowledged:
            sender = senders[name] = house.device(f"sender-{name}")
            sent[name] = {}
            for number in range(40):
                text = f"{round_}-{number:03}"
                sent[name][sender.client.publish(f"load/{name}", text, qos=1).mid] = text
        # As soon as some have gone through, the server dies with the rest in flight.
        for name, sender in senders.items():
            for _ in range(3):
                acknowledged[name].append(sent[name][sender.wait("published").mid])
        house.server.kill()
        for name, sender in senders.items():
            sender.wait("ended")
            while not sender.events.empty():
                sender.kept.append(sender.events.get())
            acknowledged[name] += [sent[name][event.mid] for event in sender.kept if event.kind == "published"]
        house.server.start()
        assert round_ < KILLS - 1 or sum(map(len, acknowledged.values())) >= KILLS * 8 * 3
    closer = house.device("closer")
    assert closer.publish("load/end", "end") == 0
    for name in readers:
        reader, got = house.staying(name), {sender: [] for sender in acknowledged}
        while (event := reader.message()) != ("load/end", "end"):
            got[int(event[0].removeprefix("load/"))].append(event[1])
        for sender, texts in acknowledged.items():
            assert set(texts) <= set(got[sender])
            assert got[sender] == sorted(got[sender])
        reader.close()


def test_a_stopped_server_forgets_nothing_either(house):
    reader = house.staying("reader")
    reader.subscribe("t")
    reader.close()
    assert house.device("sender").publish("t", "x") == 0
    assert house.server.stop() == 0
    house.server.start()
    assert house.staying("reader").message() == ("t", "x")
