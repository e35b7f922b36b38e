"""Workers that share a subscription: what was chosen for one that loses its right goes to another one."""

import pytest
from broker_fixtures import *
from devices import ALL, deny, policy
from packets import PUBLISH, SUBACK, Wire, subscribe

# MQTT 5: the client takes one message at a time.
RECEIVE_MAXIMUM_1 = b"\x21\0\1"
JOBS = [str(number) for number in range(20)]


@pytest.fixture
def crew(server, policies, certificate, device):
    """Two workers and who gives them work. The first one takes one job at a time, and acknowledges none."""
    own, everything = policies(ALL, ALL)
    topic, cert = f"jobs-{own}", certificate(own)
    slow = Wire(server, cert).open(f"slow-{own}", version=5, said=RECEIVE_MAXIMUM_1)
    slow.send(subscribe(f"$share/crew/{topic}/#", version=5)).expect(SUBACK)
    worker = device(certificate(everything), f"worker-{own}").connected()
    worker.subscribe(f"$share/crew/{topic}/#", f"fence-{own}")
    boss = device(certificate(everything), f"boss-{own}").connected()

    def give_work():
        for job in JOBS:
            assert boss.publish(f"{topic}/{job}", job) == 0

    def done():
        """What the other worker has got."""
        boss.publish(f"fence-{own}", "end")
        got = []
        while (message := worker.message())[1] != "end":
            got.append(message[1])
        return sorted(got, key=int)

    yield slow, cert, own, give_work, done
    slow.close()


def taken(slow):
    """The one job that the slow worker takes."""
    body = slow.expect(PUBLISH)
    return body.rpartition(b"\0")[2].decode()


def test_who_may_not_receive_passes_on(crew, iot):
    _, _, own, give_work, done = crew
    may_not = policy(("Allow", "iot:*", "*"), deny("iot:Receive", f"topic/jobs-{own}/*"))
    iot.create_policy_version(policyName=own, policyDocument=may_not, setAsDefault=True)
    give_work()
    assert done() == JOBS


def test_a_message_that_nobody_may_have_is_given_up(server, crew, iot, policies, certificate):
    slow, _, own, give_work, done = crew
    may_not = policy(("Allow", "iot:*", "*"), deny("iot:Receive", f"topic/jobs-{own}/*"))
    iot.create_policy_version(policyName=own, policyDocument=may_not, setAsDefault=True)
    alone = Wire(server, certificate(own)).open(f"alone-{own}", version=5)
    alone.send(subscribe(f"$share/others/jobs-{own}/#", version=5)).expect(SUBACK)
    again = Wire(server, certificate(own)).open(f"again-{own}", version=5)
    again.send(subscribe(f"$share/others/jobs-{own}/#", version=5)).expect(SUBACK)
    give_work()
    assert done() == JOBS
    assert slow.is_alive() and alone.is_alive() and again.is_alive()
    alone.close()
    again.close()


def test_what_waits_for_who_may_not_subscribe_any_more_goes_to_another(crew, iot):
    slow, _, own, give_work, done = crew
    give_work()
    has = taken(slow)
    may_not = policy(("Allow", "iot:*", "*"), deny("iot:Subscribe", "topicfilter/$share/*", f"topicfilter/jobs-{own}/*"))
    iot.create_policy_version(policyName=own, policyDocument=may_not, setAsDefault=True)
    assert done() == [job for job in JOBS if job != has]
    assert slow.is_alive()


@pytest.mark.parametrize("keeps_session", [False, True])
def test_nothing_is_lost_with_a_worker_that_is_cut_off(server, crew, keeps_session):
    slow, cert, own, give_work, done = crew
    if keeps_session:
        # Session expiry interval of an hour.
        slow = Wire(server, cert).open(f"slow-{own}", version=5, flags=0, said=RECEIVE_MAXIMUM_1 + b"\x11\0\0\x0e\x10")
        slow.send(subscribe(f"$share/crew/jobs-{own}/#", version=5)).expect(SUBACK)
    give_work()
    assert taken(slow) in JOBS
    cert.set_status("REVOKED")
    assert done() == JOBS, "also what it has not acknowledged"
