"""Topics from the first subscription to the last message, as receivers written for AWS see them."""

import itertools
import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

import wire
from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, run
from receivers import Receiver, get, verify
from serving import ACCOUNT, REGION, Server
from test_iam import TRUST_IOT, policy

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


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def subscribe(sns, topic, receiver, path="/hook", **attributes):
    """Subscribes a receiver, which confirms as AWS tells it to; gives the subscription's ARN."""
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + path, Attributes=attributes)
    assert answer["SubscriptionArn"] == "pending confirmation"
    asked = receiver.document("SubscriptionConfirmation")
    assert asked["TopicArn"] == topic and asked["Token"] in asked["SubscribeURL"]
    confirmed = get(asked["SubscribeURL"]).decode()
    assert "<ConfirmSubscriptionResult><SubscriptionArn>" in confirmed
    [found] = [it for it in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] if it["Endpoint"] == receiver.url + path]
    assert found["SubscriptionArn"] in confirmed
    return found["SubscriptionArn"]


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


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_receiver_confirms_verifies_and_is_told_of_its_end(sns, receiver, version):
    topic = sns.create_topic(Name=next(NAMES), Attributes={"SignatureVersion": version})["TopicArn"]
    arn = subscribe(sns, topic, receiver)
    attributes = {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": b"\0\1"}}
    text = json.dumps({"default": "for all", "http": "Grüße\n\"<&>\" \u2028"})
    sent = sns.publish(TopicArn=topic, Message=text, Subject="A subject", MessageStructure="json", MessageAttributes=attributes)
    got = receiver.document("Notification")
    assert got["SignatureVersion"] == version
    assert (got["MessageId"], got["Subject"], got["Message"]) == (sent["MessageId"], "A subject", json.loads(text)["http"])
    assert got["MessageAttributes"] == {"n": {"Type": "Number", "Value": "7"}, "b": {"Type": "Binary", "Value": "AAE="}}
    for broken in ("Message", "Subject", "Timestamp"):
        with pytest.raises(Exception):
            verify({**got, broken: got[broken] + "x"})
    sns.publish(TopicArn=topic, Message="plain")
    plain = receiver.document("Notification")
    assert "Subject" not in plain and "MessageAttributes" not in plain
    get(plain["UnsubscribeURL"])
    gone = receiver.document("UnsubscribeConfirmation")
    assert arn in gone["Message"]
    sns.publish(TopicArn=topic, Message="to nobody")
    get(gone["SubscribeURL"])
    sns.publish(TopicArn=topic, Message="back")
    assert receiver.document("Notification")["Message"] == "back", "what was sent in between is not delivered"


def test_who_confirms_with_a_signature_may_ask_for_one_at_the_end(server, sns, topic, receiver):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    token = receiver.document("SubscriptionConfirmation")["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["ConfirmationWasAuthenticated"] == "true"
    assert wire.send(server, "GET", f"/?Action=Unsubscribe&SubscriptionArn={arn}").status == 403
    sns.unsubscribe(SubscriptionArn=arn)
    assert receiver.document("UnsubscribeConfirmation")


def test_filters_and_raw_delivery(sns, topic, receiver):
    subscribe(sns, topic, receiver, RawMessageDelivery="true", FilterPolicy='{"kind": ["audit"]}')
    for kind in ("other", "audit"):
        sns.publish(TopicArn=topic, Message=f"of {kind}", MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
    _, headers, body = receiver.next()
    assert body == b"of audit" and headers["x-amz-sns-rawdelivery"] == "true"


def role(server, name, *actions, trust=TRUST_IOT):
    iam = server.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*actions))
    return arn


def notify(iot, topic, role):
    target = {"SNS": {"targetArn": topic, "roleArn": role, "enabled": True}}
    iot.update_account_audit_configuration(auditNotificationTargetConfigurations=target)


def test_the_end_of_an_audit_is_told_also_when_all_is_well(server, sns, iot, topic, receiver):
    subscribe(sns, topic, receiver)
    enable(iot, PERMISSIVE_CHECK)
    notify(iot, topic, role(server, "DDAtoSNSRole", "sns:Publish"))
    for name, document in (("WS_AUDIT_PermissivePolicy", PERMISSIVE), ("Restrictive", RESTRICTIVE)):
        iot.create_policy(policyName=name, policyDocument=json.dumps(document))
    task, description = run(iot, PERMISSIVE_CHECK)
    got = json.loads(receiver.document("Notification")["Message"])
    assert got == {
        "accountId": ACCOUNT,
        "taskId": task,
        "taskStatus": "COMPLETED",
        "taskType": "ON_DEMAND_AUDIT_TASK",
        "failedChecksCount": 0,
        "canceledChecksCount": 0,
        "nonCompliantChecksCount": 1,
        "compliantChecksCount": 0,
        "totalChecksCount": 1,
        "taskStartTime": got["taskStartTime"],
        "auditDetails": [
            {
                "checkName": PERMISSIVE_CHECK,
                "checkRunStatus": "COMPLETED_NON_COMPLIANT",
                "nonCompliantResourcesCount": 1,
                "totalResourcesCount": 2,
            }
        ],
    }
    assert got["taskStartTime"] // 1000 == int(description["taskStartTime"].timestamp())
    iot.delete_policy(policyName="WS_AUDIT_PermissivePolicy")
    run(iot, PERMISSIVE_CHECK)
    got = json.loads(receiver.document("Notification")["Message"])
    assert (got["compliantChecksCount"], got["nonCompliantChecksCount"]) == (1, 0)


def test_a_role_that_may_not_publish_stops_no_audit_and_shows(server, iot, thingwarden):
    sns = server.client("sns")
    topic = sns.create_topic(Name=next(NAMES))["TopicArn"]
    enable(iot, PERMISSIVE_CHECK)
    trusts_nobody = {**TRUST_IOT, "Statement": [{**TRUST_IOT["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}
    for name, given, trust, why in (
        ("MayNothing", [], TRUST_IOT, "not authorized to perform: sns:Publish"),
        ("TrustsNobody", ["sns:Publish"], trusts_nobody, "trust policy"),
        (None, [], None, "does not exist"),
    ):
        arn = role(server, name, *given, trust=trust) if name else f"arn:aws:iam::{ACCOUNT}:role/none"
        notify(iot, topic, arn)
        _, description = run(iot, PERMISSIVE_CHECK)
        assert description["taskStatus"] == "COMPLETED"
        assert why in server.log_text()
        dead = thingwarden("deliveries", "--data", server.folder / "data", "--dead", "--format", "json")
        assert dead.code == 0 and why in dead.text, dead.text


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
