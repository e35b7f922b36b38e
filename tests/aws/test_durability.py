"""What was acknowledged survives a kill, and nothing is half there."""

import concurrent.futures
import json
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from audits import PERMISSIVE, PERMISSIVE_CHECK, enable, ended
from serving import Server


@pytest.fixture
def own_server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.kill() if running.process.poll() is None else None


def test_kill_under_load_loses_nothing_that_was_acknowledged(own_server):
    for round_number in range(3):
        acknowledged, enough = set(), threading.Event()

        def work(worker):
            iot = own_server.client()
            try:
                for number in range(10_000):
                    name = f"r{round_number}-w{worker}-{number}"
                    iot.create_thing(thingName=name, attributePayload={"attributes": {"round": str(round_number)}})
                    acknowledged.add(name)
                    if len(acknowledged) >= 150:
                        enough.set()
            except (BotoCoreError, ClientError):
                pass

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(work, worker) for worker in range(4)]
            assert enough.wait(60)
            own_server.kill()
            concurrent.futures.wait(jobs)
        own_server.start()
        iot = own_server.client()
        pages = iot.get_paginator("list_things").paginate(maxResults=250)
        stored = {thing["thingName"]: thing for page in pages for thing in page["things"]}
        assert acknowledged <= set(stored)
        for name in acknowledged:
            assert stored[name]["attributes"] == {"round": str(round_number)}
        prefix = f"r{round_number}-"
        extra = {name for name in stored if name.startswith(prefix)} - acknowledged
        assert len(extra) <= 4, "at most the request that each worker was waiting for"


def test_an_audit_that_was_running_ends_honestly(own_server):
    iot = own_server.client()
    enable(iot, PERMISSIVE_CHECK)
    for number in range(20):
        iot.create_policy(policyName=f"p{number}", policyDocument=json.dumps(PERMISSIVE))
    tasks = [iot.start_on_demand_audit_task(targetCheckNames=[PERMISSIVE_CHECK])["taskId"] for _ in range(5)]
    own_server.kill()
    own_server.start()
    iot = own_server.client()
    for task in tasks:
        description = ended(iot, task)
        details = description["auditDetails"][PERMISSIVE_CHECK]
        if description["taskStatus"] == "COMPLETED":
            assert details["nonCompliantResourcesCount"] == 20
        else:
            assert description["taskStatus"] == "FAILED" and details["message"], description


def test_credentials_stay_and_a_clean_stop_is_clean(own_server):
    before = own_server.credentials()
    own_server.client().create_thing(thingName="t")
    assert own_server.stop() == 0
    own_server.start()
    assert own_server.credentials() == before
    assert own_server.client().describe_thing(thingName="t")["version"] == 1
