"""Deliveries by the real binary: in order, at least once through kills, past bad endpoints, and never where they must not go."""

import itertools
import json
import pathlib
import time
import urllib.request

import pytest

import own
import receivers
from receivers import publish_many, subscribe
from serving import ACCOUNT, REGION, Server

NAMES = (f"topic-{number}" for number in itertools.count())
AT_ONCE = json.dumps({"healthyRetryPolicy": {"numRetries": 2, "numNoDelayRetries": 2}})


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path, "--allow-private-targets")
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def sns(server):
    return server.client("sns")


@pytest.fixture
def queues(server, thingwarden):
    """Waits until the queues are as wanted, and gives them by target."""

    def wait(wanted, *options, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            run = thingwarden("deliveries", "--data", server.folder / "data", "--format", "json", *options)
            assert run.code == 0, run.err
            found = {queue["target"]: queue for queue in run.lines}
            if wanted(found):
                return found
            assert time.monotonic() < deadline, found

    return wait


def topic_of(sns):
    return sns.create_topic(Name=next(NAMES))["TopicArn"]


def Receiver(answer=None):
    return receivers.Receiver(answer, confirms=True)


def memory_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_a_dead_and_a_slow_endpoint_hold_up_nobody(server, sns, queues):
    topic = topic_of(sns)
    release = []

    def wait(handler, number):
        with slow.changed:
            slow.changed.wait_for(lambda: release, 60)
        handler.plain(200)

    with Receiver() as fast, Receiver(wait) as slow, Receiver() as dying:
        arns = [subscribe(sns, topic, receiver) for receiver in (fast, slow, dying)]
        dying.die()
        texts = [f"m{number}" for number in range(50)]
        publish_many(sns, topic, texts)
        fast.wait_for(lambda it: it.messages == texts)
        assert len(slow.messages) <= 1
        # What has arrived leaves the queue a moment later.
        found = queues(lambda found: arns[0] not in found and arns[2] in found and found[arns[2]]["lastError"])
        assert (found[arns[2]]["waiting"], found[arns[2]]["dead"]) == (50, 0)
        assert found[arns[2]]["nextAttempt"]
        assert found[arns[1]]["waiting"] == 50
        metrics = urllib.request.urlopen(server.url + "/metrics").read().decode()
        assert 'thingwarden_deliveries_attempts_total{protocol="http",outcome="failed"} 1' in metrics, metrics
        with slow.changed:
            release.append(True)
            slow.changed.notify_all()
        slow.wait_for(lambda it: it.messages == texts)


def test_nothing_is_lost_and_all_is_in_order_when_the_server_is_killed(tmp_path):
    server = Server(tmp_path, "--allow-private-targets")
    sns = server.client("sns")
    topic = topic_of(sns)
    texts = [f"m{number:04}" for number in range(1000)]
    with Receiver() as first, Receiver() as second:
        for receiver in (first, second):
            subscribe(sns, topic, receiver)
        publish_many(sns, topic, texts)
        kills = (100, 400, 700)
        for enough in kills:
            first.wait_for(lambda it: len(set(it.messages)) >= enough)
            server.kill()
            server.start()
        for receiver in (first, second):
            receiver.wait_for(lambda it: it.messages and it.messages[-1] == texts[-1], seconds=120)
            # Each in its order; one that was on its way at a kill may come twice, right behind itself.
            assert [text for text, _ in itertools.groupby(receiver.messages)] == texts
            assert len(receiver.messages) <= len(texts) + len(kills)
    assert server.stop() == 0, server.log_text()


def test_endpoints_that_misbehave_cost_little_and_are_seen(server, sns, queues):
    def endless(handler, number):
        handler.send_response(200)
        handler.send_header("content-length", str(10 << 30))
        handler.end_headers()
        for _ in range(10 << 10):
            handler.wfile.write(bytes(1 << 20))

    answers = {
        "500": lambda handler, number: handler.plain(500),
        "endless": endless,
        "loop": lambda handler, number: handler.plain(307, location="/again"),
        "gone": lambda handler, number: handler.plain(410),
        "garbage": lambda handler, number: (handler.wfile.write(b"\0" * 1000), handler.finish()),
    }
    before = memory_mib(server)
    arns = {}
    for name, answer in answers.items():
        topic = topic_of(sns)
        receiver = Receiver(answer)
        arns[name] = subscribe(sns, topic, receiver, DeliveryPolicy=AT_ONCE)
        sns.publish(TopicArn=topic, Message="m")
    bad = {arns[name] for name in ("500", "loop", "gone", "garbage")}
    found = queues(lambda found: {target for target, queue in found.items() if queue["dead"]} == bad and len(found) == 4)
    errors = {name: (found[arn]["lastError"], found[arn]["attempts"]) for name, arn in arns.items() if arn in found}
    assert errors["500"] == ("HTTP status 500", 3)
    assert errors["gone"] == ("HTTP status 410", 1)
    assert errors["loop"] == ("more than 3 redirects", 1)
    assert errors["garbage"][1] == 3
    # What answers 200 has the message, however much it says besides.
    assert arns["endless"] not in found
    assert memory_mib(server) - before < 100


def test_addresses_that_are_not_public_are_refused_and_seen(tmp_path, thingwarden):
    server = Server(tmp_path)
    sns = server.client("sns")
    topic = topic_of(sns)
    with Receiver() as receiver:
        port = receiver.server.server_port
        endpoints = [
            receiver.url,
            f"http://localhost:{port}/",
            f"http://2130706433:{port}/",
            f"http://[::ffff:127.0.0.1]:{port}/",
            "http://169.254.169.254/latest/meta-data/",
        ]
        for endpoint in endpoints:
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)
        deadline = time.monotonic() + 60
        lines = []
        while len(lines) < len(endpoints):
            assert time.monotonic() < deadline, lines
            run = thingwarden("deliveries", "--data", server.folder / "data", "--dead", "--format", "json")
            lines = run.lines
        assert all("which is no public address" in line["lastError"] for line in lines), lines
        assert receiver.requests == []
        table = thingwarden("deliveries", "--data", server.folder / "data", "--dead").text
        assert "169.254.169.254" in table and "token" not in table.lower()
    assert server.stop() == 0


def test_an_allowed_network_is_enough(tmp_path):
    server = Server(tmp_path, environment={"THINGWARDEN_NOTIFICATIONS__ALLOWED_NETWORKS": "127.0.0.1/32"})
    sns = server.client("sns")
    topic = topic_of(sns)
    with Receiver() as receiver:
        subscribe(sns, topic, receiver)
        sns.publish(TopicArn=topic, Message="m", Subject="s")
        receiver.wait_for(lambda it: it.messages == ["m"])
        _, headers, _ = receiver.requests[-1]
        assert headers["x-amz-sns-topic-arn"] == topic
    assert server.stop() == 0


def test_functions_queues_and_topics_of_aws(tmp_path):
    def answer(handler, number):
        handler.plain(200, b'{"QueueUrl": "http://sqs.example.com/1/q", "MessageId": "m"}')

    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mine"
    with Receiver(answer) as aws, Receiver(answer) as emulator:
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": aws.url,
            "THINGWARDEN_NOTIFICATIONS__FUNCTIONS": f"{function}={emulator.url}/2015-03-31/functions/function/invocations",
        }
        server = Server(tmp_path, environment=environment)
        sns = server.client("sns")
        topic = topic_of(sns)
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", Attributes={"RawMessageDelivery": "true"})
        sns.publish(TopicArn=topic, Message="m", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
        emulator.wait_for(lambda it: it.requests)
        path, headers, body = emulator.requests[0]
        assert path == "/2015-03-31/functions/function/invocations" and "authorization" not in {name.lower() for name in headers}
        assert json.loads(body)["Records"][0]["Sns"]["Message"] == "m"
        aws.wait_for(lambda it: len(it.requests) >= 2)
        _, headers, body = aws.requests[1]
        assert headers["x-amz-target"] == "AmazonSQS.SendMessage" and "/eu-west-1/sqs/aws4_request" in headers["authorization"]
        sent = {"QueueUrl": "http://sqs.example.com/1/q", "MessageBody": "m", "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}}}
        assert json.loads(body) == sent
        # The queue's URL is known by now.
        sns.publish(TopicArn=topic, Message="m")
        aws.wait_for(lambda it: len(it.requests) >= 3)
        operations = [headers["x-amz-target"].split(".")[1] for _, headers, _ in aws.requests]
        assert operations == ["GetQueueUrl", "SendMessage", "SendMessage"]
        assert server.stop() == 0, server.log_text()


def test_a_server_does_not_call_itself(tmp_path, thingwarden):
    config = tmp_path / "config"
    server = Server(tmp_path, environment={"AWS_CONFIG_FILE": str(config)})
    config.write_text(f"[default]\nendpoint_url = {server.url}\naws_access_key_id = A\naws_secret_access_key = s\n")
    sns = server.client("sns")
    topic = topic_of(sns)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")
    sns.publish(TopicArn=topic, Message="m")
    deadline = time.monotonic() + 60
    lines = []
    while not lines:
        assert time.monotonic() < deadline
        lines = thingwarden("deliveries", "--data", server.folder / "data", "--dead", "--format", "json").lines
    assert lines[0]["lastError"] == "`127.0.0.1` is this server itself"
    assert server.stop() == 0


def test_what_was_given_up_is_brought_back_or_thrown_away(server, sns, queues, thingwarden):
    topic = topic_of(sns)
    is_well = []

    def answer(handler, number):
        handler.plain(200 if is_well else 404)

    with Receiver(answer) as receiver:
        arn = subscribe(sns, topic, receiver)
        texts = [f"m{number}" for number in range(20)]
        publish_many(sns, topic, texts)
        queues(lambda found: found.get(arn, {}).get("dead") == 20)
        told = own.call(server, "ListDeliveries")["queues"]
        assert [(queue["target"], queue["dead"], queue["lastError"]) for queue in told] == [(arn, 20, "HTTP status 404")]
        is_well.append(True)
        assert own.call(server, "RedriveDeliveries", {"target": arn + "0"}) == {"redriven": 0, "more": False}
        place = ("--data", server.folder / "data", "--endpoint", server.url)
        done = thingwarden("deliveries", "redrive", "--target", arn, *place)
        assert (done.code, done.text) == (0, "20 deliveries wait again\n"), done.err
        receiver.wait_for(lambda it: it.messages == texts * 2)
        queues(lambda found: not found)
        is_well.clear()
        sns.publish(TopicArn=topic, Message="m")
        queues(lambda found: found.get(arn, {}).get("dead") == 1)
        done = thingwarden("deliveries", "purge", "--waiting", *place)
        assert (done.code, done.text) == (0, "0 deliveries are gone\n"), done.err
        done = thingwarden("deliveries", "purge", *place)
        assert (done.code, done.text) == (0, "1 deliveries are gone\n"), done.err
        assert own.call(server, "ListDeliveries") == {"queues": []}
