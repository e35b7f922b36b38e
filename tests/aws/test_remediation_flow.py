"""The workshop "automated remediation of permissive policies", from the first audit to the second."""

import json

import pytest
from botocore.exceptions import ClientError

from audits import PERMISSIVE, PERMISSIVE_CHECK, RESTRICTIVE, enable, findings, run

PREFIX = "WS_AUDIT_"


def remediate(iot, task):
    """What the workshop's handler does with an audit's findings."""
    for finding in findings(iot, taskId=task, checkName=PERMISSIVE_CHECK):
        version = finding["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]
        name = version["policyName"]
        if not name.startswith(PREFIX):
            continue
        versions = iot.list_policy_versions(policyName=name)["policyVersions"]
        if len(versions) == 5:
            oldest = min((v for v in versions if not v["isDefaultVersion"]), key=lambda v: int(v["versionId"]))
            iot.delete_policy_version(policyName=name, policyVersionId=oldest["versionId"])
        iot.create_policy_version(policyName=name, policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
        iot.delete_policy_version(policyName=name, policyVersionId=version["policyVersionId"])


def test_permissive_policies_are_found_replaced_and_gone(iot):
    enable(iot, PERMISSIVE_CHECK)
    text = json.dumps(PERMISSIVE)
    as_list = json.dumps({**PERMISSIVE, "Statement": [{**PERMISSIVE["Statement"], "Resource": ["*"]}]})
    assert iot.create_policy(policyName="WS_AUDIT_PermissivePolicy", policyDocument=text)["policyVersionId"] == "1"
    iot.create_policy(policyName="AUDIT_WS_Other", policyDocument=as_list)
    full = "WS_AUDIT_Full"
    iot.create_policy(policyName=full, policyDocument=text)
    for _ in range(4):
        iot.create_policy_version(policyName=full, policyDocument=as_list, setAsDefault=True)
    assert iot.get_policy(policyName="WS_AUDIT_PermissivePolicy")["policyDocument"] == text

    first, description = run(iot, PERMISSIVE_CHECK)
    details = description["auditDetails"][PERMISSIVE_CHECK]
    assert description["taskStatus"] == "COMPLETED" and description["taskType"] == "ON_DEMAND_AUDIT_TASK"
    assert details["checkRunStatus"] == "COMPLETED_NON_COMPLIANT" and details["checkCompliant"] is False
    assert (details["totalResourcesCount"], details["nonCompliantResourcesCount"]) == (3, 3)
    found = {
        finding["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]: finding
        for finding in findings(iot, taskId=first)
    }
    finding = found["WS_AUDIT_PermissivePolicy"]
    assert finding["severity"] == "CRITICAL" and finding["isSuppressed"] is False
    assert finding["nonCompliantResource"]["resourceType"] == "IOT_POLICY"
    assert finding["reasonForNonComplianceCode"] == "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS"
    assert finding["reasonForNonCompliance"].startswith("Policy allows broad access to IoT data plane actions: [iot:")

    remediate(iot, first)
    after = iot.get_policy(policyName="WS_AUDIT_PermissivePolicy")
    assert json.loads(after["policyDocument"]) == RESTRICTIVE and after["defaultVersionId"] == "2"
    versions = iot.list_policy_versions(policyName="WS_AUDIT_PermissivePolicy")["policyVersions"]
    assert [version["versionId"] for version in versions] == ["2"]
    assert iot.get_policy(policyName=full)["defaultVersionId"] == "6"

    second, description = run(iot, PERMISSIVE_CHECK)
    names = [
        finding["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]["policyName"]
        for finding in findings(iot, taskId=second)
    ]
    assert names == ["AUDIT_WS_Other"]
    assert len(findings(iot, taskId=first)) == 3, "the first task's findings stay"


def test_the_rules_that_the_handler_has_to_obey(iot):
    iot.create_policy(policyName="rules", policyDocument=json.dumps(PERMISSIVE))
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_policy_version(policyName="rules", policyVersionId="1")
    for _ in range(4):
        iot.create_policy_version(policyName="rules", policyDocument=json.dumps(PERMISSIVE))
    with pytest.raises(iot.exceptions.VersionsLimitExceededException):
        iot.create_policy_version(policyName="rules", policyDocument=json.dumps(PERMISSIVE))
    with pytest.raises(iot.exceptions.MalformedPolicyException):
        iot.create_policy(policyName="bad", policyDocument="{")


def test_a_check_that_is_not_enabled_cannot_be_asked_for(iot):
    with pytest.raises(ClientError) as refused:
        iot.start_on_demand_audit_task(targetCheckNames=["LOGGING_DISABLED_CHECK"])
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_page_has_25_results_unless_asked_otherwise(server):
    iot = server.client(region="eu-north-1")
    for number in range(30):
        iot.create_policy(policyName=f"paged-{number}", policyDocument=json.dumps(PERMISSIVE))
    enable(iot, PERMISSIVE_CHECK)
    task, _ = run(iot, PERMISSIVE_CHECK)
    page = iot.list_audit_findings(taskId=task)
    rest = iot.list_audit_findings(taskId=task, nextToken=page["nextToken"])
    assert (len(page["findings"]), len(rest["findings"]), "nextToken" in rest) == (25, 5, False)
    assert len(iot.list_audit_findings(taskId=task, maxResults=250)["findings"]) == 30
