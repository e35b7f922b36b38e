"""What all clients of an account may do in a second."""

from broker_fixtures import *  # noqa: F403
from botocore.exceptions import ClientError
from devices import ALL

SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_ACCOUNT_PER_SECOND": "2",
    "THINGWARDEN_LIMITS__MQTT_PUBLISHES_PER_ACCOUNT_PER_SECOND": "20",
    "THINGWARDEN_LIMITS__MQTT_SUBSCRIPTIONS_PER_ACCOUNT_PER_SECOND": "10",
}


def admitted(device, shown, name):
    """A device that is let in, however often it has to come."""
    while True:
        one = device(shown, name, version=5)
        if one.wait("connected", "refused").kind == "connected":
            return one


def test_the_rates_of_an_account_are_shared_by_its_clients(server, device, certificate, policies):
    shown = certificate(*policies(ALL))
    one, other = admitted(device, shown, "one"), admitted(device, shown, "other")
    # Topic filters count, not packets; those beyond are refused one by one.
    codes = [code for n in range(8) for code in one.subscribe(*(f"{n}/{m}" for m in range(8)))]
    assert codes.count(1) >= 10 and set(codes) == {1, 0x97}
    for sender in (one, other):
        for number in range(60):
            sender.client.publish("nobody/listens", str(number), qos=1)
    codes = [sender.wait("published").code for sender in (one, other) for _ in range(60)]
    assert codes.count(0x10) >= 20 and set(codes) == {0x10, 0x97}
    refused = 0
    for number in range(60):
        try:
            server.client("iot-data").publish(topic="nobody/listens", payload=b"x")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ThrottlingException"
            refused += 1
        one.client.publish("nobody/listens", b"x" * 10, qos=0)
        other.client.publish("nobody/listens", b"x" * 10, qos=0)
    assert refused
    # A client id of its own does not help.
    codes = {device(shown, f"eager-{number}", version=5).wait("refused", "connected").code.value for number in range(12)}
    assert codes == {0, 0x9F}
