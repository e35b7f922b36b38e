"""Topics from the first subscription to the last message, as receivers written for AWS see them."""

import itertools
import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

import wire
from serving import ACCOUNT, REGION, Server

NAMES = (f"topic-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that may send to this machine."""
    running = Server(tmp_path_factory.mktemp("server"), "--allow-private-targets")
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def sns(server):
    return server.client("sns")


@pytest.fixture
def topic(sns):
    return sns.create_topic(Name=next(NAMES))["TopicArn"]


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_the_api_as_boto3_sees_it(sns):
    name = next(NAMES)
    topic = sns.create_topic(Name=name, Attributes={"DisplayName": "A topic"}, Tags=[{"Key": "team", "Value": "a"}])["TopicArn"]
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    assert {"TopicArn": topic} in [it for page in sns.get_paginator("list_topics").paginate() for it in page["Topics"]]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "A topic" and json.loads(attributes["Policy"])["Statement"]
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "team", "Value": "a"}]
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "x", "Value": "y"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["team"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "x", "Value": "y"}]
    sns.add_permission(TopicArn=topic, Label="other", AWSAccountId=["210987654321"], ActionName=["Publish"])
    sns.remove_permission(TopicArn=topic, Label="other")
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"FilterPolicy": '{"k": ["v"]}'})["SubscriptionArn"]
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (shown["PendingConfirmation"], shown["FilterPolicyScope"]) == ("false", "MessageAttributes")
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    assert arn in [it["SubscriptionArn"] for page in sns.get_paginator("list_subscriptions").paginate() for it in page["Subscriptions"]]
    assert sns.publish(TargetArn=topic, Message="m", MessageAttributes={"k": {"DataType": "String", "StringValue": "w"}})["MessageId"]
    batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "m"}, {"Id": "b", "Message": ""}])
    assert [it["Id"] for it in batch["Successful"]] == ["a"] and batch["Failed"][0]["Code"] == "InvalidParameter"
    sns.unsubscribe(SubscriptionArn=arn)
    sns.delete_topic(TopicArn=topic)
    assert code(sns.get_topic_attributes, TopicArn=topic) == "NotFound"
    assert code(sns.publish, TopicArn=topic, Message="m") == "NotFound"
    assert code(sns.create_topic, Name="x.fifo", Attributes={"FifoTopic": "true"}) == "InvalidParameter"
    assert code(sns.publish, PhoneNumber="+15550100", Message="m") == "InvalidParameter"
    with pytest.raises(ClientError) as caught:
        sns.get_sms_attributes()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_messages_have_at_most_256_kib(sns, topic):
    sns.publish(TopicArn=topic, Message="x" * 262_144)
    assert code(sns.publish, TopicArn=topic, Message="x" * 262_145) == "InvalidParameter"


def test_what_needs_no_signature_and_nothing_else(server, sns, topic):
    for path in ("/?Action=ListTopics&Version=2010-03-31", f"/?Action=Publish&TopicArn={topic}&Message=m", "/SimpleNotificationService-0.pem"):
        assert wire.send(server, "GET", path).status == 403, path
    answer = wire.send(server, "GET", f"/?Action=ConfirmSubscription&TopicArn={topic}&Token=nonsense")
    assert answer.status == 400 and b"<Code>InvalidParameter</Code>" in answer.body
    form = f"Action=Unsubscribe&SubscriptionArn={topic}:6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    assert wire.send(server, "GET", f"/?{form}").status == 200
    posted = wire.send(server, "POST", "/", form.encode(), {"content-type": "application/x-www-form-urlencoded"})
    assert posted.status == 403
    signed_wrongly = wire.send(server, "GET", f"/?{form}&X-Amz-Signature=0", headers={})
    assert signed_wrongly.status in (400, 403)


def test_the_aws_cli(server, tmp_path):
    def aws(*arguments):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "AWS_ENDPOINT_URL": server.url,
            "AWS_SHARED_CREDENTIALS_FILE": str(server.folder / "data" / "root-credentials"),
            "AWS_REGION": REGION,
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }
        command = [sys.executable, "-m", "awscli", "sns", *arguments, "--output", "json"]
        result = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, timeout=120)
        assert result.returncode == 0, (arguments, result.stderr)
        return json.loads(result.stdout) if result.stdout.strip() else None

    topic = aws("create-topic", "--name", next(NAMES))["TopicArn"]
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cli"
    arn = aws("subscribe", "--topic-arn", topic, "--protocol", "lambda", "--notification-endpoint", function)["SubscriptionArn"]
    assert aws("list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"][0]["SubscriptionArn"] == arn
    aws("unsubscribe", "--subscription-arn", arn)
    assert aws("publish", "--topic-arn", topic, "--message", "hello", "--subject", "s")["MessageId"]
    aws("delete-topic", "--topic-arn", topic)
