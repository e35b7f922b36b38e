"""What `thingwarden prove` shows as possible, devices do against the broker that serves the same fleet; what it proves impossible, the
broker refuses; and what was possible is refused once a Deny spells it."""

import json
import random
import uuid

from broker_fixtures import *
from devices import ALL, Device, deny, policy

DEVICES = 120
MQTT = {"iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"}
NOT_AUTHORIZED = 0x87
OWN = "${iot:Connection.Thing.ThingName}"
CLIENTS = [f"client/{OWN}", f"client/{OWN}", "client/*", "client/unit-*", "client/${iot:ClientId}", "client/guest-?", f"client/{OWN}-*"]
NAMES = [
    f"$aws/things/{OWN}/shadow/*", "$aws/things/*", "$aws/things/unit-1*/shadow/update", "$aws/*/jobs/*", f"$aws/things/{OWN}*",
    "plant/*", f"plant/{OWN}/*", "plant/hall-?/state", "${iot:ClientId}/state", "*", "*/state", "plant/#", "plant/+/state",
    "plant/secret/*",
]


def generated(chance):
    """A policy that lets its device connect in some way and says this and that about topics."""
    arn = "arn:aws:iot:us-east-1:123456789012"
    statements = [("Allow", "iot:Connect", f"{arn}:{chance.choice(CLIENTS)}")]
    for _ in range(chance.randint(2, 6)):
        effect = chance.choice(["Allow", "Allow", "Allow", "Deny"])
        action = chance.choice(["iot:Publish", "iot:Subscribe", "iot:Receive", ["iot:Subscribe", "iot:Receive"], "iot:*"])
        kind = chance.choice(["topic*", "topic", "topicfilter"])
        statement = (effect, action, f"{arn}:{kind}/{chance.choice(NAMES)}")
        conditions = [{"Bool": {"iot:Connection.Thing.IsAttached": "true"}}, {"StringLike": {"iot:ClientId": "unit-*"}}]
        statements.append(statement + (chance.choice(conditions),) if chance.random() < 0.2 else statement)
    if chance.random() < 0.2:
        statements.append(("Deny", "iot:Connect", f"{arn}:client/unit-*", {"Bool": {"iot:Connection.Thing.IsAttached": "false"}}))
    return policy(*statements)


@pytest.fixture
def fleet(iot, policies, certificate):
    """{certificate id: (certificate, thing)}; names are of this test, so that patterns of the policies meet them."""
    chance = random.Random(7)
    found = {}
    for number in range(DEVICES):
        name = f"unit-{number}"
        iot.create_thing(thingName=name)
        cert = certificate(*policies(generated(chance))).be(name)
        found[cert.id] = (cert, name)
    return found


def shown(thingwarden, server, question):
    """{certificate id: rows} of the answers about the whole fleet."""
    result = thingwarden("prove", question, "--data", server.folder / "data", "--format", "json")
    assert result.code in (0, 1), result.err.decode()
    return {line["subject"]: line["answers"] for line in result.lines}


def is_served(action, name):
    """Whether the broker takes part in it at all: of reserved topics those of things, where AWS knows more, and what devices publish."""
    return action != "iot:Publish" or not name.startswith("$") or (name.startswith("$aws/things/") and name.rsplit("/", 1)[1] in ("get", "update", "delete"))


def over_mqtt(row):
    """The client id and the (action, name) pairs of a row's requests, if it is about a connected client."""
    requests = row.get("requests", [])
    clients = {client for request in requests for client in request["context"].get("iot:clientid", [])}
    if not requests or len(clients) != 1 or not {request["action"] for request in requests} <= MQTT:
        return None
    names = [(request["action"], request["resource"].split(":", 5)[5].split("/", 1)[1]) for request in requests]
    return (clients.pop(), names) if all(is_served(*name) for name in names) else None


class Replay:
    """Does requests as one certificate, with a connection for each client id."""

    def __init__(self, server, cert, sender):
        self.server, self.cert, self.sender, self.connections = server, cert, sender, {}

    def lets_in(self, client_id):
        """Whether it may connect so; the connection is not kept. Hundreds of clients need more descriptors than `select` takes."""
        one = Device(self.server, self.cert, client_id, version=5)
        if was_let_in := one.is_let_in():
            one.close()
        return was_let_in

    def connection(self, client_id):
        if client_id not in self.connections:
            one = self.connections[client_id] = Device(self.server, self.cert, client_id, version=5)
            assert one.is_let_in(), (self.cert.id, client_id)
        return self.connections[client_id]

    def allowed(self, client_id, action, name):
        one = self.connection(client_id)
        if action == "iot:Publish":
            return one.publish(name) not in (NOT_AUTHORIZED, None)
        if action == "iot:Subscribe":
            return one.subscribe(name)[0] in (0, 1)
        assert action == "iot:Receive"
        payload = uuid.uuid4().hex
        if self.sender.publish(name, payload) == NOT_AUTHORIZED:
            # An answer of a service, which nobody publishes: the subscription stands for it.
            return name.startswith("$aws/")
        # What the subscription brings besides, such as answers about shadows, is skipped.
        try:
            while one.wait("message").payload != payload.encode():
                pass
        except AssertionError:
            return False
        return True

    def row(self, client_id, requests):
        for action, name in requests:
            if action != "iot:Connect":
                yield (action, name), self.allowed(client_id, action, name)
        for action, name in requests:
            if action == "iot:Subscribe" and client_id in self.connections:
                self.connections[client_id].client.unsubscribe(name)
                self.connections[client_id].wait("unsubscribed")

    def close(self):
        for one in self.connections.values():
            one.close()
        self.connections.clear()


def test_what_is_proved_is_so_at_the_broker(server, fleet, certificate, policies, device, thingwarden):
    (everything,) = policies(ALL)
    sender = device(certificate(everything), "the-sender", version=5).connected()
    reach, crossings = shown(thingwarden, server, "reach"), shown(thingwarden, server, "cross-device")
    things = [name for _, name in fleet.values()]
    done = {"connected": 0, "accepted": 0, "impossible": 0, "denied": 0}
    for subject, (cert, own) in fleet.items():
        replay = Replay(server, cert, sender)
        rows = [over_mqtt(row) for row in reach[subject] + crossings[subject]]
        rows = [row for row in rows if row]
        # Each client id that a request comes under is one that the device may connect as.
        accepted = set()
        for client_id, requests in rows:
            replay.connection(client_id)
            for request, was_allowed in replay.row(client_id, requests):
                assert was_allowed, (subject, client_id, request)
                accepted.add((client_id, *request))
        done["connected"] += len(replay.connections)
        done["accepted"] += len(accepted)

        # A proof that it touches no other thing so, tried on the others.
        proved = {row["name"] for row in crossings[subject] if row["answer"] == "proof"}
        others = random.Random(subject).sample([name for name in things if name != own], 5)
        if "publish" in proved:
            for client_id in list(replay.connections):
                for other in others:
                    topic = f"$aws/things/{other}/shadow/update"
                    assert not replay.allowed(client_id, "iot:Publish", topic), (subject, client_id, topic)
                    done["impossible"] += 1
        if "connectAs" in proved:
            for other in others:
                assert not replay.lets_in(other), (subject, other)
                done["impossible"] += 1

        # The same requests, once a Deny spells them.
        spelled = sorted({(action, name) for _, action, name in accepted if action in ("iot:Publish", "iot:Subscribe")})
        for start in range(0, len(spelled), 8):
            part = spelled[start : start + 8]
            kinds = {"iot:Publish": "topic", "iot:Subscribe": "topicfilter"}
            (against,) = policies(policy(*(deny(action, f"{kinds[action]}/{name}") for action, name in part)))
            cert.attach(against)
            for client_id, action, name in sorted(accepted):
                if (action, name) in part:
                    assert not replay.allowed(client_id, action, name), (subject, client_id, action, name)
                    done["denied"] += 1
            cert.iot.detach_policy(policyName=against, target=cert.arn)
        ids = list(replay.connections)
        replay.close()
        for client_id in ids:
            (against,) = policies(policy(deny("iot:Connect", f"client/{client_id}")))
            cert.attach(against)
            assert not replay.lets_in(client_id), (subject, client_id)
            done["denied"] += 1
            cert.iot.detach_policy(policyName=against, target=cert.arn)
    print(json.dumps(done))
    assert sum(done.values()) > 2000 and min(done.values()) > 50, done
