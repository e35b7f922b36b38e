"""Limits on what one access key, and one wrong clock, may do."""

import datetime

import pytest
from botocore.exceptions import ClientError

import wire
from serving import Server


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory):
    environment = {"THINGWARDEN_LIMITS__REQUESTS_PER_SECOND": "5", "THINGWARDEN_LIMITS__CLOCK_SKEW_SECONDS": "60"}
    running = Server(tmp_path_factory.mktemp("slow"), environment=environment)
    yield running
    assert running.stop() == 0


def test_too_many_requests_are_told_to_come_back(slow_server):
    iot = slow_server.client()
    codes = set()
    for number in range(40):
        try:
            iot.create_thing(thingName=f"t{number}")
            codes.add("done")
        except ClientError as refused:
            codes.add(refused.response["Error"]["Code"])
    assert codes == {"done", "ThrottlingException"}
    from botocore.config import Config

    patient = slow_server.client(config=Config(retries={"total_max_attempts": 8, "mode": "standard"}))
    for number in range(8):
        patient.describe_thing(thingName="t0")


def test_the_query_protocol_says_it_in_its_own_form(slow_server):
    iam = slow_server.client("iam")
    with pytest.raises(ClientError) as refused:
        for _ in range(40):
            iam.list_users()
    assert refused.value.response["Error"]["Code"] == "Throttling"


def test_the_clock_may_be_off_by_what_the_configuration_says(slow_server, monkeypatch):
    import botocore.auth

    def at(seconds):
        monkeypatch.setattr(
            botocore.auth,
            "get_current_datetime",
            lambda remove_tzinfo=True: datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(seconds=seconds),
        )
        for _ in range(1000):
            answer = wire.call(slow_server, "GET", "/things/absent")
            if answer.code != "ThrottlingException":
                return answer

    assert at(-50).status == 404
    assert at(50).status == 404
    for seconds in (-70, 70):
        answer = at(seconds)
        assert (answer.status, answer.code) == (403, "InvalidSignatureException"), answer
