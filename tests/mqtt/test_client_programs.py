"""Other people's clients: `mosquitto_pub` and `mosquitto_sub`, and AWS's device SDK with a certificate."""

import json
import queue
import subprocess

import pytest
from broker_fixtures import *  # noqa: F403
from devices import ALL, PATIENCE, allow, policy

VERSIONS = ("mqttv311", "mqttv5")


@pytest.fixture
def mosquitto(server):
    """The command line of `mosquitto_pub` or `mosquitto_sub` with a certificate."""
    host, _, port = server.addresses["mqtt"].rpartition(":")

    def command(program, certificate, client_id, version, *more):
        tls = ["--cafile", server.folder / "data" / "tls" / "ca.pem", "--cert", certificate.file, "--key", certificate.key_file]
        return [f"mosquitto_{program}", "-h", host, "-p", port, "-i", client_id, "-V", version, *map(str, tls), *more]

    return command


@pytest.fixture
def subscribed(device, certificate, policies):
    """Waits until a client has subscribed: its life-cycle event says so."""
    watcher = device(certificate(*policies(ALL)), "watcher").connected()
    watcher.subscribe("$aws/events/subscriptions/subscribed/+")

    def wait(client_id):
        while json.loads(watcher.message()[1])["clientId"] != client_id:
            pass

    return wait


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", ["0", "1"])
def test_mosquitto_publishes_to_mosquitto(mosquitto, subscribed, certificate, policies, version, qos):
    shown, name = certificate(*policies(ALL)), f"sub-{version}-{qos}"
    command = mosquitto("sub", shown, name, version, "-t", f"{name}/+", "-q", qos, "-C", "3", "-F", "%t %q %p", "-W", "60")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listening:
        subscribed(name)
        sent = run(mosquitto("pub", shown, f"pub-{name}", version, "-t", f"{name}/x", "-q", qos, "-l"), input="one\ntwo\nthree\n")
        assert sent.returncode == 0, sent.stderr
        said, _ = listening.communicate(timeout=60)
    assert said.splitlines() == [f"{name}/x {qos} {text}" for text in ("one", "two", "three")]
    assert listening.returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_mosquitto_waits(mosquitto, certificate, policies, version):
    shown, name = certificate(*policies(ALL)), f"sleeper-{version}"
    keep = ["-c", *(["-x", "600"] if version == "mqttv5" else []), "-q", "1", "-t", name]
    # -E ends it as soon as it has subscribed.
    assert run(mosquitto("sub", shown, name, version, *keep, "-E")).returncode == 0
    assert run(mosquitto("pub", shown, "waker", version, "-t", name, "-q", "1", "-m", "good morning")).returncode == 0
    back = run(mosquitto("sub", shown, name, version, *keep, "-C", "1", "-W", "60"))
    assert (back.returncode, back.stdout) == (0, "good morning\n"), back.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_mosquitto_is_told_that_it_may_not(mosquitto, certificate, policies, version):
    (only,) = policies(policy(allow("iot:Connect", "client/mine"), allow(["iot:Publish", "iot:Receive"], "topic/mine"),
                              allow("iot:Subscribe", "topicfilter/mine")))
    shown = certificate(only)
    other = run(mosquitto("pub", shown, "yours", version, "-t", "mine", "-m", "x"))
    # The programs end with the code that they were refused with: AWS's 7, or that of MQTT 5.
    assert other.returncode == {"mqttv311": 7, "mqttv5": 0x87}[version], other
    assert run(mosquitto("pub", shown, "mine", version, "-t", "mine", "-m", "x", "-q", "1")).returncode == 0
    denied = run(mosquitto("sub", shown, "mine", version, "-t", "yours", "-W", "60"))
    assert denied.stderr == "All subscription requests were denied.\n"


def sdk(server, certificate, client_id):
    """Arguments that both of AWS's clients take."""
    host, _, port = server.addresses["mqtt"].rpartition(":")
    return {
        "endpoint": host, "port": int(port), "client_id": client_id, "ca_filepath": str(server.folder / "data" / "tls" / "ca.pem"),
        "cert_filepath": str(certificate.file), "pri_key_filepath": str(certificate.key_file),
    }


def test_the_device_sdk_of_aws_speaks_mqtt_3(server, certificate, policies):
    from awscrt import mqtt
    from awsiot import mqtt_connection_builder

    got = queue.Queue()
    connection = mqtt_connection_builder.mtls_from_path(**sdk(server, certificate(*policies(ALL)), "sdk-3"), clean_session=True)
    connection.connect().result(PATIENCE)
    subscribed, _ = connection.subscribe("sdk/3", mqtt.QoS.AT_LEAST_ONCE, lambda topic, payload, **_: got.put((topic, payload)))
    assert subscribed.result(PATIENCE)["qos"] == mqtt.QoS.AT_LEAST_ONCE
    connection.publish("sdk/3", "hello", mqtt.QoS.AT_LEAST_ONCE)[0].result(PATIENCE)
    assert got.get(timeout=PATIENCE) == ("sdk/3", b"hello")
    connection.disconnect().result(PATIENCE)


def test_the_device_sdk_of_aws_speaks_mqtt_5(server, certificate, policies):
    from awscrt import mqtt5
    from awsiot import mqtt5_client_builder

    events = queue.Queue()
    client = mqtt5_client_builder.mtls_from_path(
        **sdk(server, certificate(*policies(ALL)), "sdk-5"),
        on_lifecycle_connection_success=lambda data: events.put(data.connack_packet.reason_code),
        on_lifecycle_stopped=lambda data: events.put("stopped"),
        on_publish_received=lambda data: events.put(data.publish_packet),
    )
    client.start()
    assert events.get(timeout=PATIENCE) == mqtt5.ConnectReasonCode.SUCCESS
    wanted = mqtt5.Subscription(topic_filter="sdk/5", qos=mqtt5.QoS.AT_LEAST_ONCE)
    subscribed = client.subscribe(mqtt5.SubscribePacket(subscriptions=[wanted])).result(PATIENCE)
    assert subscribed.reason_codes == [mqtt5.SubackReasonCode.GRANTED_QOS_1]
    said = mqtt5.PublishPacket(
        topic="sdk/5", payload=b"hello", qos=mqtt5.QoS.AT_LEAST_ONCE, response_topic="sdk/answer",
        user_properties=[mqtt5.UserProperty(name="a", value="b")],
    )
    assert client.publish(said).result(PATIENCE).puback.reason_code == mqtt5.PubackReasonCode.SUCCESS
    got = events.get(timeout=PATIENCE)
    assert (got.topic, got.payload, got.response_topic) == ("sdk/5", b"hello", "sdk/answer")
    assert [(one.name, one.value) for one in got.user_properties] == [("a", "b")]
    client.stop()
    assert events.get(timeout=PATIENCE) == "stopped"
