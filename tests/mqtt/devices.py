"""Devices for black-box tests: a certificate each, and a paho client whose events are waited for, never slept for."""

import json
import queue
import ssl
import threading

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

ACCOUNT_ARN = "arn:aws:iot:us-east-1:123456789012"
PATIENCE = 20


def policy(*statements):
    """A document of (effect, action or actions, resource or resources, conditions) statements."""
    keys = ("Effect", "Action", "Resource", "Condition")
    return json.dumps({"Version": "2012-10-17", "Statement": [dict(zip(keys, one)) for one in statements]})


def allow(action, *resources, **conditions):
    resources = [resource if resource == "*" else f"{ACCOUNT_ARN}:{resource}" for resource in resources]
    return ("Allow", action, resources, *([conditions] if conditions else []))


def deny(action, *resources):
    return ("Deny", *allow(action, *resources)[1:])


ALL = policy(("Allow", "iot:*", "*"))


class Certificate:
    """A registered, active certificate with its files."""

    def __init__(self, iot, folder, pem=None, key=None, status="ACTIVE"):
        self.iot = iot
        if pem is None:
            made = iot.create_keys_and_certificate(setAsActive=status == "ACTIVE")
            pem, key = made["certificatePem"], made["keyPair"]["PrivateKey"]
        else:
            made = iot.register_certificate_without_ca(certificatePem=pem, status=status)
        self.arn, self.id = made["certificateArn"], made["certificateId"]
        self.file, self.key_file = folder / f"{self.id}.pem", folder / f"{self.id}.key"
        self.file.write_text(pem)
        self.key_file.write_text(key)

    def attach(self, *names):
        for name in names:
            self.iot.attach_policy(policyName=name, target=self.arn)
        return self

    def be(self, thing, **how):
        self.iot.attach_thing_principal(thingName=thing, principal=self.arn, **how)
        return self

    def set_status(self, status):
        self.iot.update_certificate(certificateId=self.id, newStatus=status)


class Event:
    def __init__(self, kind, **said):
        self.kind = kind
        self.__dict__.update(said)

    def __repr__(self):
        return f"Event({self.__dict__})"


def device_context(server, certificate, alpn=None):
    """TLS as a device speaks it."""
    context = ssl.create_default_context(cafile=server.folder / "data" / "tls" / "ca.pem")
    if certificate:
        context.load_cert_chain(certificate.file, certificate.key_file)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Device:
    """A client of MQTT 3.1.1 or 5, with a certificate or `anonymous` on the devices' port, `plain` on the one without TLS, else on
    the API's. `credentials` are user name and password, `headers` those of a WebSocket. Everything that happens to it is an event."""

    def __init__(self, server, certificate, client_id, version=4, will=None, alpn=None, websocket=None, anonymous=False, plain=False, credentials=None, headers=None, **connect):
        self.events, self.kept = queue.Queue(), []
        self.version = version
        arguments = {} if version == 5 else {"clean_session": connect.pop("clean_session", True)}
        if websocket:
            arguments["transport"] = "websockets"
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, **arguments)
        on_devices_port = certificate or anonymous
        if on_devices_port:
            self.client.tls_set_context(device_context(server, certificate, alpn))
        if websocket:
            self.client.ws_set_options(path=websocket, headers=headers)
        if credentials:
            self.client.username_pw_set(*credentials)
        if will:
            self.client.will_set(**will)
        client = self.client
        # Only the thread of the loop writes: TLS of Python 3.11 does not bear two threads in one connection.
        client.on_socket_register_write = lambda c, u, s: None
        client.on_connect = lambda c, u, flags, code, p: self._put(
            "connected" if not code.is_failure else "refused", code=code, present=flags.session_present, properties=p
        )
        client.on_connect_fail = lambda c, u: self._put("failed")
        client.on_disconnect = lambda c, u, f, code, p: self._put("disconnected", code=code, properties=p)
        client.on_message = lambda c, u, m: self._put(
            "message", topic=m.topic, payload=m.payload, qos=m.qos, retain=m.retain, dup=m.dup,
            properties=getattr(m, "properties", None),
        )
        client.on_subscribe = lambda c, u, mid, codes, p: self._put("subscribed", codes=[code.value for code in codes])
        client.on_unsubscribe = lambda c, u, mid, codes, p: self._put("unsubscribed", codes=codes)
        client.on_publish = lambda c, u, mid, code, p: self._put("published", mid=mid, code=code.value)
        port = "mqtt" if on_devices_port else "mqtt_plain" if plain else None
        address = server.addresses[port] if port else server.url.partition("://")[2]
        self.host, _, port = address.rpartition(":")
        self.port = int(port)
        self.connect_arguments = connect
        self._start()

    def _start(self):
        # One attempt: what the server says is what is tested.
        try:
            self.client.connect(self.host, self.port, keepalive=60, **self.connect_arguments)
        except (OSError, ssl.SSLError) as error:
            return self._put("failed", error=error)
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    def _loop(self):
        while self.client.loop(timeout=1) == paho.MQTT_ERR_SUCCESS:
            pass
        self._put("ended")

    def _put(self, kind, **said):
        self.events.put(Event(kind, **said))

    def wait(self, *kinds, timeout=PATIENCE):
        """The next event of one of these kinds; others are kept for later."""
        for index, event in enumerate(self.kept):
            if event.kind in kinds:
                return self.kept.pop(index)
        while True:
            try:
                event = self.events.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"no {kinds}; there were {self.kept}") from None
            if event.kind in kinds:
                return event
            self.kept.append(event)

    def connected(self):
        event = self.wait("connected", "refused", "failed", "ended")
        assert event.kind == "connected", event
        return self

    def is_let_in(self):
        """Whether it got a good CONNACK."""
        return self.wait("connected", "refused", "failed", "ended").kind == "connected"

    def subscribe(self, *filters, qos=1, **more):
        if self.version == 5 and "options" not in more and "properties" not in more:
            self.client.subscribe([(name, paho.SubscribeOptions(qos)) for name in filters])
        elif "options" in more or "properties" in more:
            (name,) = filters
            self.client.subscribe(name, **({"options": more["options"]} if "options" in more else {"qos": qos}),
                                  properties=more.get("properties"))
        else:
            self.client.subscribe([(name, qos) for name in filters])
        return self.wait("subscribed").codes

    def publish(self, topic, payload=b"", qos=1, **more):
        """Publishes and waits for the acknowledgment; its code, or None when the connection ends instead."""
        self.client.publish(topic, payload, qos=qos, **more)
        event = self.wait("published", "ended")
        return event.code if event.kind == "published" else None

    def message(self):
        event = self.wait("message")
        return (event.topic, event.payload.decode())

    def nothing_more(self, sender, topic):
        """That no message is on its way: one that comes later is the next."""
        sender.client.publish(topic, b"fence", qos=1)
        assert self.message() == (topic, "fence")

    def gone(self):
        self.wait("ended")

    def close(self):
        self.client.disconnect()
        self.wait("ended")

    def drop(self):
        """Ends the connection without a word."""
        self.client.socket().close()


def properties(packet_type, **values):
    made = Properties(packet_type)
    for name, value in values.items():
        setattr(made, name, value)
    return made
