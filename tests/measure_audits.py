"""How long audits of a large registry take: `python3 tests/measure_audits.py FOLDER`, not a test.

FOLDER/data is the folder of a server, as `thingwarden import` fills it. All checks are enabled and run: first, again, and after
500 policies and 500 certificates were changed. Set THINGWARDEN_BINARY to a release build."""

import concurrent.futures
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

from conftest import BINARY
from serving import Server

ROLE = "arn:aws:iam::123456789012:role/AuditRole"
CHANGED = 500


def memory(process):
    """MiB that the process has in memory now and had at most; the file of the store counts as far as it is mapped."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    values = dict(line.split(":", 1) for line in status)
    return ", ".join(f"{name} {int(values[name].split()[0]) // 1024}" for name in ("VmRSS", "RssAnon", "VmHWM"))


def worked(process):
    """Seconds of processor time that the process has had."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def audit(server, iot, what, checks):
    begun, ended = time.monotonic(), {}
    before = worked(server.process)
    task = iot.start_on_demand_audit_task(targetCheckNames=checks)["taskId"]
    while True:
        answer = iot.describe_audit_task(taskId=task)
        for name, details in answer["auditDetails"].items():
            if details["checkRunStatus"] not in ("IN_PROGRESS", "WAITING_FOR_DATA_COLLECTION"):
                ended.setdefault(name, time.monotonic() - begun)
        if answer["taskStatus"] != "IN_PROGRESS":
            break
        time.sleep(0.05)
    took, processor = time.monotonic() - begun, worked(server.process) - before
    print(f"\n{what}: {took:.2f} s, {processor:.2f} s of processor time, {answer['taskStatus']}")
    before = 0.0
    for name, moment in sorted(ended.items(), key=lambda pair: pair[1]):
        details = answer["auditDetails"][name]
        counts = f"{details.get('nonCompliantResourcesCount', 0)} of {details.get('totalResourcesCount', 0)}"
        print(f"  {moment - before:7.2f} s  {details['checkRunStatus']:24} {counts:22} {name} {details.get('message', '')[:60]}")
        before = moment


def change(server):
    iot = server.client()
    policies = iot.get_paginator("list_policies").paginate(pageSize=250)
    names = [one["policyName"] for page in itertools.islice(policies, 2) for one in page["policies"]][:CHANGED]
    certificates = iot.get_paginator("list_certificates").paginate(pageSize=250)
    certificates = (one for page in certificates for one in page["certificates"] if one["status"] in ("ACTIVE", "INACTIVE"))
    certificates = list(itertools.islice(certificates, CHANGED))
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}

    def work(part):
        mine = server.client()
        for name in names[part::8]:
            mine.create_policy_version(policyName=name, policyDocument=json.dumps(document), setAsDefault=True)
        for one in certificates[part::8]:
            status = "INACTIVE" if one["status"] == "ACTIVE" else "ACTIVE"
            mine.update_certificate(certificateId=one["certificateId"], newStatus=status)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    print(f"\nchanged {len(names)} policies and {len(certificates)} certificates in {time.monotonic() - begun:.1f} s")


def main(folder):
    listed = subprocess.run([BINARY, "checks"], capture_output=True, text=True, check=True).stdout
    checks = [word for line in listed.splitlines() for word in line.split()[2:3] if word.endswith("_CHECK")]
    begun = time.monotonic()
    server = Server(folder)
    print(f"start to ready: {time.monotonic() - begun:.2f} s; {memory(server.process)} MiB")
    try:
        iot = server.client()
        enabled = {check: {"enabled": True} for check in checks}
        # Most of a generated fleet is older than the 365 days that count if nobody says.
        enabled["DEVICE_CERTIFICATE_AGE_CHECK"]["configuration"] = {"CERT_AGE_THRESHOLD_IN_DAYS": "895"}
        iot.update_account_audit_configuration(roleArn=ROLE, auditCheckConfigurations=enabled)
        audit(server, iot, "first audit", checks)
        print(memory(server.process), "MiB")
        audit(server, iot, "again", checks)
        change(server)
        audit(server, iot, "after the changes", checks)
        print(memory(server.process), "MiB")
    finally:
        server.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
