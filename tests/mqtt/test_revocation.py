"""What is taken away is gone at once: the order of events is tested, not how long they take.

A change is made by a call of the API. Whatever is published after that call has returned is decided by the change, and what
is published before it is not; so there is nothing to wait for."""

import pytest
from broker_fixtures import *
from devices import ALL, Certificate, allow, deny, policy
from packets import Wire

EVERYTHING_BUT_SECRETS = policy(("Allow", "iot:*", "*"), deny("iot:Receive", "topic/secret/*"))


@pytest.fixture
def pair(policies, certificate, device):
    """A sender, and a receiver of `secret/#` and `open/#` with the certificate and policy that let it."""
    everything, own = policies(ALL, ALL)
    sender = device(certificate(everything), f"sender-{own}").connected()
    cert = certificate(own)

    def receiver(client_id=f"receiver-{own}", version=5):
        one = device(cert, client_id, version=version).connected()
        assert one.subscribe("secret/#", "open/#") == [1, 1]
        return one

    return sender, receiver, cert, own


def check_cut(sender, receiver):
    """That nothing published from now on under `secret/` arrives, and the connection lives."""
    sender.publish("secret/after", "after")
    sender.publish("open/after", "fence")
    assert receiver.message() == ("open/after", "fence")


def test_a_new_default_version_stops_delivery(pair, iot):
    sender, receiver, _, own = pair
    one = receiver()
    sender.publish("secret/before", "before")
    assert one.message() == ("secret/before", "before")
    iot.create_policy_version(policyName=own, policyDocument=EVERYTHING_BUT_SECRETS, setAsDefault=True)
    check_cut(sender, one)
    iot.set_default_policy_version(policyName=own, policyVersionId="1")
    sender.publish("secret/again", "again")
    assert one.message() == ("secret/again", "again")


def test_a_policy_that_is_attached_binds_at_once(pair, iot, policies):
    sender, receiver, cert, _ = pair
    one = receiver()
    (forbids,) = policies(policy(deny("iot:Receive", "topic/secret/*")))
    cert.attach(forbids)
    check_cut(sender, one)
    iot.detach_policy(policyName=forbids, target=cert.arn)
    sender.publish("secret/again", "again")
    assert one.message() == ("secret/again", "again")


def test_losing_the_right_to_subscribe_ends_the_subscription(pair, iot):
    sender, receiver, _, own = pair
    one = receiver()
    without = policy(("Allow", "iot:*", "*"), deny("iot:Subscribe", "topicfilter/secret/*"))
    iot.create_policy_version(policyName=own, policyDocument=without, setAsDefault=True)
    check_cut(sender, one)
    # The right comes back; the subscription does not.
    iot.set_default_policy_version(policyName=own, policyVersionId="1")
    check_cut(sender, one)
    assert one.subscribe("secret/#") == [1]
    sender.publish("secret/again", "again")
    assert one.message() == ("secret/again", "again")


def test_losing_the_right_to_publish_binds_the_next_message(pair, iot):
    _, receiver, _, own = pair
    one = receiver()
    assert one.publish("x") == 0x10
    without = policy(("Allow", "iot:*", "*"), deny("iot:Publish", "topic/x"))
    iot.create_policy_version(policyName=own, policyDocument=without, setAsDefault=True)
    assert one.publish("x") == 0x87


def test_losing_the_right_to_connect_ends_the_connection(pair, iot):
    _, receiver, _, own = pair
    one = receiver()
    iot.create_policy_version(policyName=own, policyDocument=policy(allow("iot:Publish", "*")), setAsDefault=True)
    one.gone()
    assert one.wait("disconnected").code.value == 0x87


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_deactivated_certificate_is_cut_off_though_nothing_happens(pair, version, status):
    _, receiver, cert, _ = pair
    one, other = receiver("idle-1", version), receiver("idle-2", version)
    cert.set_status(status)
    for each in (one, other):
        each.gone()
        if version == 5:
            assert each.wait("disconnected").code.value == 0x87


def test_a_deactivated_certificate_gets_nothing_more(pair):
    sender, receiver, cert, _ = pair
    one = receiver()
    cert.set_status("INACTIVE")
    sender.publish("secret/after", "after")
    one.gone()
    assert not [event for event in one.kept if event.kind == "message"]


def test_a_certificate_that_is_deleted_or_transferred_is_cut_off(pair, iot):
    _, receiver, cert, own = pair
    one = receiver()
    cert.set_status("INACTIVE")
    one.gone()
    cert.set_status("ACTIVE")
    assert receiver().publish("x") == 0x10


def test_detaching_the_thing_takes_what_its_name_gave(policies, certificate, thing, device, iot):
    (name,) = policies(policy(allow("iot:Connect", "*"), allow("iot:Publish", "topic/${iot:Connection.Thing.ThingName}")))
    own = thing("detached")
    cert = certificate(name).be(own)
    one = device(cert, own, version=5).connected()
    assert one.publish(own) == 0x10
    iot.detach_thing_principal(thingName=own, principal=cert.arn)
    assert one.publish(own) == 0x87
    cert.be(own)
    assert one.publish(own) == 0x10


def test_attributes_and_groups_of_the_thing_bind_at_once(policies, certificate, thing, device, iot):
    connect = allow("iot:Connect", "*")
    by_site, by_group = policies(
        policy(connect, allow("iot:Publish", "topic/${iot:Connection.Thing.Attributes[site]}")),
        policy(allow("iot:Publish", "topic/group")),
    )
    own = thing("moved", attributePayload={"attributes": {"site": "berlin"}})
    group = f"group-{own}"
    arn = iot.create_thing_group(thingGroupName=group)["thingGroupArn"]
    one = device(certificate(by_site).be(own), own, version=5).connected()
    assert (one.publish("berlin"), one.publish("paris"), one.publish("group")) == (0x10, 0x87, 0x87)
    iot.update_thing(thingName=own, attributePayload={"attributes": {"site": "paris"}})
    assert (one.publish("berlin"), one.publish("paris")) == (0x87, 0x10)
    iot.add_thing_to_thing_group(thingGroupName=group, thingName=own)
    assert one.publish("group") == 0x87
    iot.attach_policy(policyName=by_group, target=arn)
    assert one.publish("group") == 0x10
    iot.remove_thing_from_thing_group(thingGroupName=group, thingName=own)
    assert one.publish("group") == 0x87


def test_what_waits_for_a_sleeper_is_decided_when_it_wakes(policies, certificate, device, iot):
    everything, own = policies(ALL, ALL)
    cert = certificate(own)
    sleeper = device(cert, f"sleeper-{own}", clean_session=False).connected()
    sleeper.subscribe("secret/#", "open/#")
    sleeper.close()
    sender = device(certificate(everything), f"sender-{own}").connected()
    sender.publish("secret/1", "a")
    sender.publish("open/1", "b")
    iot.create_policy_version(policyName=own, policyDocument=EVERYTHING_BUT_SECRETS, setAsDefault=True)
    back = device(cert, f"sleeper-{own}", clean_session=False).connected()
    assert back.message() == ("open/1", "b")


def test_the_will_of_a_deactivated_certificate_is_not_published(policies, certificate, device):
    (name,) = policies(ALL)
    watcher = device(certificate(name), f"watcher-{name}").connected()
    watcher.subscribe(f"will/{name}")
    cert = certificate(name)
    one = device(cert, f"doomed-{name}", will={"topic": f"will/{name}", "payload": "boo"}).connected()
    cert.set_status("REVOKED")
    one.gone()
    watcher.nothing_more(watcher, f"will/{name}")


@pytest.mark.parametrize("way", ["certificate", "policy", "attachment"])
def test_the_call_returns_when_the_connections_have_ended(server, policies, certificate, iot, way):
    """What has been sent to a socket of this machine is there at once, so nothing is waited for."""
    (name,) = policies(ALL)
    cert = certificate(name)
    wires = [Wire(server, cert).open(f"cut-{name}-{number}", version=5) for number in range(20)]
    if way == "certificate":
        cert.set_status("INACTIVE")
    elif way == "policy":
        iot.create_policy_version(policyName=name, policyDocument=policy(allow("iot:Publish", "*")), setAsDefault=True)
    else:
        iot.detach_policy(policyName=name, target=cert.arn)
    for wire in wires:
        wire.stream.setblocking(False)
        assert wire.stream.recv(100)[:1] == b"\xe0"
        wire.close()
