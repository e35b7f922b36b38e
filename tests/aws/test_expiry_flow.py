"""A certificate that expires in ten days: found, suppressed, fixed, audited on a schedule."""

import datetime

import certificates
from audits import EXPIRING_CHECK, enable, findings, run


def register(iot, days, status="ACTIVE"):
    pem, _ = certificates.make(f"device {days}", days)
    answer = iot.register_certificate_without_ca(certificatePem=pem, status=status)
    assert answer["certificateId"] == certificates.certificate_id(pem)
    return answer["certificateId"]


def test_from_registration_to_the_fix(iot):
    expiring = register(iot, 10)
    edge = register(iot, 29)
    for _ in range(7):
        register(iot, 400)
    register(iot, 31)
    inactive = register(iot, 10, status="INACTIVE")
    described = iot.describe_certificate(certificateId=expiring)["certificateDescription"]
    left = described["validity"]["notAfter"] - certificates.now()
    assert datetime.timedelta(days=9) < left <= datetime.timedelta(days=10)
    assert iot.describe_certificate(certificateId=inactive)["certificateDescription"]["status"] == "INACTIVE"

    enable(iot, EXPIRING_CHECK)
    task, description = run(iot, EXPIRING_CHECK)
    details = description["auditDetails"][EXPIRING_CHECK]
    assert (details["totalResourcesCount"], details["nonCompliantResourcesCount"]) == (10, 2)
    assert description["taskStatistics"]["nonCompliantChecks"] == 1
    found = {
        finding["nonCompliantResource"]["resourceIdentifier"]["deviceCertificateId"]: finding
        for finding in findings(iot, taskId=task)
    }
    assert set(found) == {expiring, edge}
    finding = found[expiring]
    assert (finding["severity"], finding["reasonForNonComplianceCode"]) == ("MEDIUM", "CERTIFICATE_APPROACHING_EXPIRATION")
    not_after = described["validity"]["notAfter"].timestamp() * 1000
    assert finding["nonCompliantResource"]["additionalInfo"]["EXPIRATION_TIME"] == str(int(not_after))
    assert iot.describe_audit_finding(findingId=finding["findingId"])["finding"]["taskId"] == task

    identifier = {"deviceCertificateId": expiring}
    iot.create_audit_suppression(
        checkName=EXPIRING_CHECK, resourceIdentifier=identifier, suppressIndefinitely=True, description="known"
    )
    task, description = run(iot, EXPIRING_CHECK)
    details = description["auditDetails"][EXPIRING_CHECK]
    assert (details["nonCompliantResourcesCount"], details["suppressedNonCompliantResourcesCount"]) == (1, 1)
    (suppressed,) = findings(iot, taskId=task, listSuppressedFindings=True)
    assert suppressed["nonCompliantResource"]["resourceIdentifier"] == identifier and suppressed["isSuppressed"]
    assert len(findings(iot, taskId=task, listSuppressedFindings=False)) == 1
    iot.delete_audit_suppression(checkName=EXPIRING_CHECK, resourceIdentifier=identifier)

    iot.update_certificate(certificateId=expiring, newStatus="INACTIVE")
    task, description = run(iot, EXPIRING_CHECK)
    details = description["auditDetails"][EXPIRING_CHECK]
    assert (details["totalResourcesCount"], details["nonCompliantResourcesCount"]) == (9, 1)

    day = datetime.timedelta(days=1)
    history = findings(
        iot, resourceIdentifier=identifier, startTime=certificates.now() - day, endTime=certificates.now() + day
    )
    assert len(history) == 2, "one finding for each run that found it"

    arn = iot.create_scheduled_audit(scheduledAuditName="daily", frequency="DAILY", targetCheckNames=[EXPIRING_CHECK])
    assert arn["scheduledAuditArn"] == "arn:aws:iot:us-east-1:123456789012:scheduledaudit/daily"
