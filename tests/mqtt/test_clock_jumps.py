"""The machine's clock is set by hours while the server runs: nobody is cut wrongly, and nothing that was to last ends or stays."""

import pathlib
import time

import pytest
from broker_fixtures import *  # noqa: F403
from certificates import make
from cryptography.hazmat.primitives import serialization
from devices import ALL, PATIENCE, Certificate, Device, properties
from paho.mqtt.packettypes import PacketTypes

from serving import Server

LIBRARY = "faketime/libfaketimeMT.so.1"
# Small enough to be used up at once when seconds bring nothing.
PUBLISHES_PER_SECOND = 20


class Clock:
    """The machine's clock as the server sees it. What only measures how time passes is left alone."""

    def __init__(self, folder):
        (library,) = pathlib.Path("/usr/lib").glob(f"*/{LIBRARY}")
        self.file, self.server, self.times = folder / "clock", None, 0
        self.file.write_text("+0\n")
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset):
        """Sets it to so much beside the right time, and waits until the server has noticed."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset}\n")
        fresh.rename(self.file)
        self.times += 1
        deadline = time.monotonic() + PATIENCE
        while self.server.log_text().count("clock was set") < self.times:
            assert time.monotonic() < deadline, self.server.log_text()
            time.sleep(0.05)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def server(tmp_path_factory, clock):
    environment = {
        **SERVER_ENVIRONMENT,
        **clock.environment,
        "THINGWARDEN_LIMITS__MQTT_PUBLISHES_PER_SECOND": str(PUBLISHES_PER_SECOND),
        "THINGWARDEN_LIMITS__MQTT_CONNECTS_PER_CLIENT_PER_SECOND": "5",
    }
    running = clock.server = Server(tmp_path_factory.mktemp("server"), *SERVER_OPTIONS, environment=environment)
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture
def valid_for(iot, tmp_path, policies):
    """A certificate of its own issuer that has been valid for a day, and will be for `hours`."""

    def certificate(hours):
        pem, key = make(f"valid-{hours}", hours / 24)
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return Certificate(iot, tmp_path, pem, text.decode()).attach(*policies(ALL))

    return certificate


def many(one):
    """Every message is taken, more than the rate of a few seconds."""
    return [one.publish("own/x", "x") for _ in range(PUBLISHES_PER_SECOND // 2)]


def test_the_clock_is_set_by_hours(server, clock, valid_for):
    long, short = valid_for(24 * 30), valid_for(2)
    bystander = Device(server, long, "bystander", version=5).connected()
    bystander.subscribe("news/+")
    brief = Device(server, short, "brief", version=5).connected()
    brief.subscribe("news/brief")
    expiry = properties(PacketTypes.CONNECT, SessionExpiryInterval=600)
    sleeper = Device(server, long, "sleeper", version=5, clean_start=False, properties=expiry).connected()
    sleeper.subscribe("sleeper/#")
    sleeper.close()
    minute = properties(PacketTypes.PUBLISH, MessageExpiryInterval=60)
    assert bystander.publish("sleeper/one", "one", properties=minute) == 0

    def is_served():
        assert many(bystander) == [0x10] * (PUBLISHES_PER_SECOND // 2)
        assert bystander.publish("news/x", "still here") == 0
        assert bystander.message() == ("news/x", "still here")

    def comes_back(topic, payload):
        one = Device(server, long, "sleeper", version=5, clean_start=False, properties=expiry)
        event = one.wait("connected", "refused", "failed", "ended")
        assert event.kind == "connected" and event.present
        assert one.message() == (topic, payload)
        one.close()

    # Forward: whose certificate has ended by that goes, and nobody else; neither sessions nor messages were hours in waiting.
    clock.set("+3h")
    brief.gone()
    assert not Device(server, short, "brief", version=5).is_let_in()
    is_served()
    comes_back("sleeper/one", "one")
    assert bystander.publish("sleeper/two", "two", properties=minute) == 0
    # Backward: nothing waits for the clock to come back to where it was.
    clock.set("-3h")
    is_served()
    comes_back("sleeper/two", "two")
    assert Device(server, long, "newcomer", version=5).is_let_in()
    # With the right time, what was refused for the wrong one is let in.
    clock.set("+0")
    is_served()
    brief = Device(server, short, "brief", version=5).connected()
    brief.close()
    bystander.close()
