"""A function that imports an audit's findings into Security Hub and archives all others, as AWS's sample solution has it."""

import datetime
import json
import os

import boto3

iot = boto3.client("iot")
hub = boto3.client("securityhub")
TYPE = "Software and Configuration Checks/AWS IoT Device Defender"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def send(findings):
    for start in range(0, len(findings), 100):
        hub.batch_import_findings(Findings=findings[start : start + 100])


def mapped(message, task, finding):
    account, check, region = message["accountId"], finding["checkName"], os.environ["AWS_REGION"]
    identifier = next(iter(finding["nonCompliantResource"]["resourceIdentifier"].values()))
    name = identifier["policyName"] if isinstance(identifier, dict) else identifier
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:iot-device-defender:{region}:{account}:audits/finding/{check}-{name}",
        "ProductArn": f"arn:aws:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": f"arn:aws:iot:{region}:{account}:scheduledaudit/{task.get('scheduledAuditName', 'OnDemand')}",
        "AwsAccountId": account,
        "Types": [f"{TYPE}/{check}"],
        "CreatedAt": now(),
        "UpdatedAt": now(),
        "Severity": {"Label": finding["severity"]},
        "Title": f"IoT Device Defender: resource {name} non compliant to {check}",
        "Description": finding["reasonForNonCompliance"],
        "Remediation": {"Recommendation": {
            "Text": "For directions on how to fix this issue, start mitigation action in AWS IoT Device Defender console",
            "Url": f"https://console.aws.amazon.com/iot/home?region={region}#/dd/audit/{message['taskId']}/{check}",
        }},
        "ProductFields": {"ProviderName": "IoTDeviceDefender", "ProviderVersion": "1.0"},
        "Resources": [{"Id": name, "Type": "Other", "Partition": "aws", "Region": region}],
        "Compliance": {"Status": "FAILED"},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        task = iot.describe_audit_task(taskId=message["taskId"])
        found = []
        for detail in message["auditDetails"]:
            if detail["checkRunStatus"] == "COMPLETED_NON_COMPLIANT":
                pages = iot.get_paginator("list_audit_findings").paginate(taskId=message["taskId"], checkName=detail["checkName"])
                found += [mapped(message, task, finding) for page in pages for finding in page["findings"]]
        if not found:
            continue
        send(found)
        filters = {
            "Type": [{"Value": TYPE, "Comparison": "PREFIX"}], "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        }
        pages = hub.get_paginator("get_findings").paginate(Filters=filters)
        old = [one for page in pages for one in page["Findings"] if one["Id"] not in {new["Id"] for new in found}]
        send([one | {"UpdatedAt": now(), "RecordState": "ARCHIVED"} for one in old])
