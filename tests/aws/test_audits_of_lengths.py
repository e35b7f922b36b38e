"""Verdicts on policies go by how long names may be, and are worked out anew when that is set otherwise."""

from audits import enable, findings, run
from serving import Server

CHECK = "THINGWARDEN_POLICY_DENY_WITHOUT_EFFECT_CHECK"
DEEP = "/".join("0123456789")
POLICY = """{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/0/*"},
    {"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/%s"}]}""" % DEEP


def test_a_server_with_other_limits_judges_policies_anew(tmp_path):
    found = []
    for slashes in ("7", "9", "8", "9"):
        server = Server(tmp_path, environment={"THINGWARDEN_LIMITS__MQTT_TOPIC_SLASHES": slashes})
        try:
            iot = server.client()
            if not found:
                iot.create_policy(policyName="deep", policyDocument=POLICY)
            else:
                iot.create_policy(policyName=f"deep-{len(found)}", policyDocument=POLICY)
            enable(iot, CHECK)
            task, _ = run(iot, CHECK)
            found.append(len(findings(iot, taskId=task)))
        finally:
            assert server.stop() == 0
    # Nobody can publish so deep a topic, so denying it is in vain; and then somebody can.
    assert found == [1, 0, 3, 0]
