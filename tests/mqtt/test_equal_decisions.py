"""The broker behaves as TestAuthorization says and as `thingwarden policy eval` says: generated policies, topics and filters.

Every answer is asked of the wire: an acknowledgment with its reason, or a message that comes or does not."""

import json
import random

import pytest
from broker_fixtures import *
from devices import ACCOUNT_ARN, ALL, allow, policy

POLICIES = 40
NAMES = 24
# Few words, so that policies and topics meet.
WORDS = ["a", "b", "fleet", "lamp-1", "${iot:ClientId}", "${iot:Connection.Thing.ThingName}", "x"]
PATTERNS = [*WORDS, "*", "?", "lamp-*", "a*", "+", "#", "${iot:Certificate.Subject.CommonName}", "${iot:Connection.Thing.Attributes[site]}"]


def generated(chance, client_id):
    """A policy about publishing, subscribing, receiving and retaining, with wildcards, variables, denials and conditions."""
    statements = []
    for _ in range(chance.randint(1, 6)):
        action = chance.choice(["iot:Publish", "iot:Subscribe", "iot:Receive", "iot:RetainPublish", "iot:*", "iot:Re*"])
        kind = chance.choice(["topic", "topicfilter", "topic*"])
        name = "/".join(chance.choice(PATTERNS) for _ in range(chance.randint(1, 3)))
        statement = {
            "Effect": chance.choice(["Allow", "Allow", "Allow", "Deny"]),
            "Action": action,
            chance.choice(["Resource"] * 5 + ["NotResource"]): f"{ACCOUNT_ARN}:{kind}/{name}",
        }
        if chance.random() < 0.2:
            statement["Condition"] = chance.choice([
                {"StringEquals": {"iot:ClientId": client_id}},
                {"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
                {"StringLike": {"iot:Connection.Thing.Attributes[site]": "b*"}},
                {"StringNotEquals": {"iot:Certificate.Subject.CommonName": "lamp-1"}},
            ])
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def topics(chance, client_id):
    words = [word if not word.startswith("$") else client_id for word in WORDS]
    return sorted({"/".join(chance.choice(words) for _ in range(chance.randint(1, 3))) for _ in range(NAMES)})


def filters(chance, client_id):
    words = [word if not word.startswith("$") else client_id for word in WORDS] + ["+"]
    made = {"/".join(chance.choice(words) for _ in range(chance.randint(1, 3))) for _ in range(NAMES)}
    return sorted(made | {"#", "a/#"})


def test_authorization(iot, cert, client_id, action, resources):
    """{resource: whether it is allowed} as TestAuthorization answers, ten questions a call."""
    answers = {}
    for start in range(0, len(resources), 10):
        asked = resources[start : start + 10]
        infos = [{"actionType": action, "resources": [resource]} for resource in asked]
        results = iot.test_authorization(principal=cert.arn, clientId=client_id, authInfos=infos)["authResults"]
        answers |= {one: result["authDecision"] == "ALLOWED" for one, result in zip(asked, results)}
    return answers


def evaluated(thingwarden, documents, context, questions):
    """[whether it is allowed] as the command line answers."""
    lines = [
        json.dumps({"policies": [json.loads(one) for one in documents], "action": action, "resource": resource, "context": context})
        for action, resource in questions
    ]
    result = thingwarden("policy", "eval", "--batch", "-", stdin="\n".join(lines).encode())
    return [line["decision"] == "allowed" for line in result.lines]


@pytest.mark.parametrize("seed", range(POLICIES))
def test_the_broker_decides_as_the_api_and_the_command_line(
    seed, iot, policies, certificate, thing, device, thingwarden
):
    chance = random.Random(seed)
    client_id = thing("lamp", attributePayload={"attributes": {"site": chance.choice(["berlin", "x"])}})
    base = policy(allow("iot:Connect", "*"))
    document = generated(chance, client_id)
    base_name, name, everything = policies(base, document, ALL)
    cert = certificate(base_name, name).be(client_id) if seed % 4 else certificate(base_name, name)
    one = device(cert, client_id, version=5)
    client = f"{ACCOUNT_ARN}:client/{client_id}"
    assert one.is_let_in() == test_authorization(iot, cert, client_id, "CONNECT", [client])[client], document
    if not one.client.is_connected():
        return
    context = {"iot:ClientId": client_id, "iot:Connection.Thing.IsAttached": "true" if seed % 4 else "false",
               "iot:Certificate.Subject.CommonName": "Thingwarden IoT Certificate"}
    if seed % 4:
        site = iot.describe_thing(thingName=client_id)["attributes"]["site"]
        context |= {"iot:Connection.Thing.ThingName": client_id, "iot:Connection.Thing.Attributes[site]": site}

    names, wanted = topics(chance, client_id), filters(chance, client_id)
    published = {topic: one.publish(topic) != 0x87 for topic in names}
    subscribed = {}
    for topic_filter in wanted:
        subscribed[topic_filter] = one.subscribe(topic_filter) == [1]
        one.client.unsubscribe(topic_filter)
        one.wait("unsubscribed")
    arns = {topic: f"{ACCOUNT_ARN}:topic/{topic}" for topic in names}
    filter_arns = {topic_filter: f"{ACCOUNT_ARN}:topicfilter/{topic_filter}" for topic_filter in wanted}
    for action, behavior, resources in [("PUBLISH", published, arns), ("SUBSCRIBE", subscribed, filter_arns)]:
        told = test_authorization(iot, cert, client_id, action, list(resources.values()))
        assert behavior == {one: told[resource] for one, resource in resources.items()}, (action, document)
        questions = [(f"iot:{action.title()}", resource) for resource in resources.values()]
        assert list(behavior.values()) == evaluated(thingwarden, [base, document], context, questions), (action, document)

    # Receiving: all topics reach the subscription; the policies decide which are delivered.
    (may_subscribe,) = policies(policy(allow("iot:Subscribe", "topicfilter/#"), allow("iot:Receive", "topic/the-end")))
    cert.attach(may_subscribe)
    sender = device(certificate(everything), f"sender-{client_id}").connected()
    codes = one.subscribe("#")
    received = set()
    if codes == [1]:
        for topic in names:
            sender.publish(topic, "x")
        sender.publish("the-end", "x")
        may_end = test_authorization(iot, cert, client_id, "RECEIVE", [f"{ACCOUNT_ARN}:topic/the-end"])
        if all(may_end.values()):
            while (got := one.message()[0]) != "the-end":
                received.add(got)
            told = test_authorization(iot, cert, client_id, "RECEIVE", list(arns.values()))
            assert received == {topic for topic, arn in arns.items() if told[arn]}, document


test_authorization.__test__ = False
