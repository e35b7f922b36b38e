"""A function that replaces the permissive policies that an audit found, as AWS's workshop on automated remediation has it."""

import json
import os

import boto3

from audits import RESTRICTIVE

iot = boto3.client("iot")


def replace(name, version):
    versions = iot.list_policy_versions(policyName=name)["policyVersions"]
    if len(versions) == 5:
        oldest = min((one for one in versions if not one["isDefaultVersion"]), key=lambda one: int(one["versionId"]))
        iot.delete_policy_version(policyName=name, policyVersionId=oldest["versionId"])
    iot.create_policy_version(policyName=name, policyDocument=json.dumps(RESTRICTIVE), setAsDefault=True)
    iot.delete_policy_version(policyName=name, policyVersionId=version)


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        for detail in message["auditDetails"]:
            if detail["checkRunStatus"] == "COMPLETED_COMPLIANT":
                continue
            pages = iot.get_paginator("list_audit_findings").paginate(taskId=message["taskId"], checkName=detail["checkName"])
            for finding in [one for page in pages for one in page["findings"]]:
                version = finding["nonCompliantResource"]["resourceIdentifier"]["policyVersionIdentifier"]
                if version["policyName"].startswith(os.environ["TARGET_POLICY_NAME_PREFIX"]):
                    replace(version["policyName"], version["policyVersionId"])
