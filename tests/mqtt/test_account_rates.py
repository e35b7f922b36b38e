"""What all clients of an account may do in a second."""

from broker_fixtures import *  # noqa: F403
from botocore.exceptions import ClientError
from devices import ALL

SERVER_ENVIRONMENT = {
    **SERVER_ENVIRONMENT,
    "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_ACCOUNT_PER_SECOND": "1",
    "THINGWARDEN_LIMITS__MQTT_PUBLISHES_PER_ACCOUNT_PER_SECOND": "2",
    "THINGWARDEN_LIMITS__MQTT_SUBSCRIPTIONS_PER_ACCOUNT_PER_SECOND": "10",
}
# More than a slow machine needs to do one thing twice in a second.
TRIES = 60


def admitted(device, shown, name):
    """A device that is let in, however often it has to come."""
    while True:
        one = device(shown, name, version=5)
        if one.wait("connected", "refused").kind == "connected":
            return one


def publishes_over_http(server):
    try:
        server.client("iot-data").publish(topic="nobody/listens", payload=b"x")
        return True
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ThrottlingException"
        return False


def test_the_rates_of_an_account_are_shared_by_its_clients(server, device, certificate, policies):
    shown = certificate(*policies(ALL))
    one, other = admitted(device, shown, "one"), admitted(device, shown, "other")
    # Topic filters count, not packets; those beyond are refused one by one.
    codes = [code for n in range(8) for code in one.subscribe(*(f"{n}/{m}" for m in range(8)))]
    assert codes.count(1) >= 10 and set(codes) == {1, 0x97}
    for number in range(TRIES):
        for sender in (one, other):
            sender.client.publish("nobody/listens", str(number), qos=1)
    codes = [sender.wait("published").code for sender in (one, other) for _ in range(TRIES)]
    assert set(codes) == {0x10, 0x97}
    # HTTP is no way around it, and neither is a client id of one's own.
    assert not all(publishes_over_http(server) for _ in range(TRIES))
    connects = (device(shown, f"eager-{number}", version=5).wait("refused", "connected").code.value for number in range(TRIES))
    assert 0x9F in connects
