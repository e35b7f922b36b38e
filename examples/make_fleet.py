"""Makes examples/fleet: a small fleet with one of nearly everything that can be wrong.

    python3 examples/make_fleet.py        (needs the package cryptography)

The company is invented: Northwind Cold Chain, 24 sensors and gateways in refrigerated lorries. The snapshot is as of
2026-11-25T12:00:00Z. Keys are new at each run, so ids change; what is wrong does not. No private key is written.
"""

import datetime as dt
import hashlib
import json
import math
import pathlib
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

OUT = pathlib.Path(__file__).parent / "fleet"
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.timezone.utc)
ACCOUNT, REGION = "123456789012", "us-east-1"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"

# The modulus of a key made by the OpenSSL of CVE-2008-0166 (64-bit, process id 1234): public for eighteen years.
DEBIAN_MODULUS = (
    "ADD469BCDB50E65EF69BCD5A861DB31F6086DAFD2D3E2A6E4D53104159C297F1DFFC833E07198C0C75DC6D4B491EB033FFF077379BBE6136"
    "841A12C57660CEAABC5993C28E9C4FD2A460B2C5277A301A260673DC4535F649DA1BAFFD4D381B4A7A26321B89307801C39EA7ACFBFEE6EB"
    "4961CF20A90360A5024176468800454BA138609F0A2B80C430822F9AA53BB8C4F1AC7FB79F7A09BF996EF8B6AAECB2C42858DA63505F6FCB"
    "4CA4CD9016A0497E95FDBE4A92058A4FB89B5B6A28D91D73909707978D1EE7A47A9C601F2483588BC5AC2CC138D2A0C248778A95F01A01DB"
    "018F87EFCF4428528E7130466973C013E72C8D7C62C7335BA4E08593B1AFEC0F"
)


def days(count):
    return dt.timedelta(days=count)


def name(common_name):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Northwind Cold Chain"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])


def epoch(moment):
    return moment.timestamp()


class Authority:
    def __init__(self, common_name, issuer=None, start=NOW - days(1500), end=NOW + days(3000)):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name(common_name)
        self.issuer = issuer or self
        self.certificate = self.issuer.sign(self.name, self.key.public_key(), start, end, authority=True)

    def sign(self, subject, public_key, start, end, authority=False, crl_url=None):
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
            .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.KeyUsage(
                digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False), critical=True)
        )
        return builder.sign(self.key, hashes.SHA256())

    def revocation_list(self, revoked):
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(NOW - days(1)).next_update(NOW + days(6))
        builder = builder.add_extension(x509.CRLNumber(7), critical=False)
        for certificate, reason in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            entry = entry.revocation_date(NOW - days(9)).add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256())


def fingerprint(certificate):
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def roca_key():
    """A modulus of the form that the Infineon library made: both primes are k * M + (65537^a mod M)."""
    primes = [p for p in range(2, 702) if all(p % d for d in range(2, int(p ** 0.5) + 1))][:126]
    product = math.prod(primes)

    def prime():
        while True:
            candidate = random.getrandbits(1024 - product.bit_length()) * product + pow(65537, random.getrandbits(60), product)
            if candidate.bit_length() == 1024 and candidate >> 1022 == 3 and pow(2, candidate - 1, candidate) == 1:
                return candidate

    return rsa.RSAPublicNumbers(65537, prime() * prime()).public_key()


def write(path, records):
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(record) + "\n" for record in records)
        else:
            file.write(json.dumps(records, indent=2) + "\n")


root = Authority("Northwind Root CA")
plant1 = Authority("Northwind Plant CA 1", root)
plant2 = Authority("Northwind Plant CA 2", root)
legacy = Authority("Northwind Legacy CA", start=NOW - days(3600), end=NOW + days(19))

devices, things, principals, descriptions = {}, [], [], []


def device(thing, authority=plant1, key=None, start=NOW - days(200), end=NOW + days(800), status="ACTIVE"):
    key = key or ec.generate_private_key(ec.SECP256R1()).public_key()
    certificate = authority.sign(name(thing), key, start, end)
    identifier = fingerprint(certificate)
    devices[thing] = certificate
    descriptions.append({"certificateDescription": {
        "certificateArn": f"{ARN}cert/{identifier}", "certificateId": identifier,
        "caCertificateId": fingerprint(authority.certificate), "status": status, "certificatePem": pem(certificate),
        "ownedBy": ACCOUNT, "creationDate": epoch(start + days(1)), "lastModifiedDate": epoch(start + days(1)),
        "customerVersion": 1, "generationId": "11111111-2222-3333-4444-555555555555",
        "validity": {"notBefore": epoch(start), "notAfter": epoch(end)}, "certificateMode": "DEFAULT"}})
    kind = "gateway" if thing.startswith("gateway") else "sensor"
    things.append({"thingName": thing, "thingTypeName": kind, "thingArn": f"{ARN}thing/{thing}",
                   "attributes": {"lorry": thing[-2:]}, "version": 1})
    principals.append({"thingName": thing, "principals": [f"{ARN}cert/{identifier}"]})
    return certificate


for number in range(1, 15):
    device(f"sensor-{number:02}")
device("sensor-15", end=NOW + days(12))
device("sensor-16", end=NOW + days(27))
device("sensor-17", start=NOW - days(900), end=NOW - days(3))
device("sensor-18", authority=legacy, start=NOW - days(3000), end=NOW + days(19))
device("sensor-19", authority=plant2)
device("sensor-20", key=rsa.RSAPublicNumbers(65537, int(DEBIAN_MODULUS, 16)).public_key())
device("gateway-01", key=roca_key())
device("gateway-02")
device("gateway-03", status="INACTIVE", end=NOW - days(40))
device("gateway-04", status="PENDING_TRANSFER", end=NOW + days(5))


def ca_description(authority):
    identifier = fingerprint(authority.certificate)
    return {"certificateDescription": {
        "certificateArn": f"{ARN}cacert/{identifier}", "certificateId": identifier, "status": "ACTIVE",
        "certificatePem": pem(authority.certificate), "ownedBy": ACCOUNT, "creationDate": epoch(NOW - days(1400)),
        "autoRegistrationStatus": "DISABLE", "lastModifiedDate": epoch(NOW - days(1400)), "customerVersion": 1,
        "generationId": "11111111-2222-3333-4444-555555555555", "certificateMode": "DEFAULT",
        "validity": {"notBefore": epoch(authority.certificate.not_valid_before_utc),
                     "notAfter": epoch(authority.certificate.not_valid_after_utc)}}}


write("account.json", {"UserId": "AIDAEXAMPLE", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor"})
write("certificates.jsonl", descriptions)
write("ca-certificates.jsonl", [ca_description(authority) for authority in (plant1, plant2, legacy)])
write("things.json", {"things": things})
write("thing-principals.jsonl", principals)
(OUT / "issuers").mkdir(exist_ok=True)
(OUT / "issuers/root.pem").write_text(pem(root.certificate))
(OUT / "crls").mkdir(exist_ok=True)
for label, authority, revoked in [
    ("root", root, [(plant2.certificate, x509.ReasonFlags.ca_compromise)]),
    ("plant-1", plant1, [(devices["sensor-09"], x509.ReasonFlags.key_compromise)]),
    ("plant-2", plant2, []),
    ("legacy", legacy, []),
]:
    encoding = serialization.Encoding.PEM if label == "root" else serialization.Encoding.DER
    (OUT / f"crls/{label}.crl").write_bytes(authority.revocation_list(revoked).public_bytes(encoding))

OWN = "${iot:Connection.Thing.ThingName}"
ATTACHED = {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}
POLICIES = {
    "sensor": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{ARN}client/{OWN}", "Condition": ATTACHED},
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": [
            f"{ARN}topic/telemetry/{OWN}", f"{ARN}topic/$aws/things/{OWN}/shadow/*"]},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": f"{ARN}topicfilter/$aws/things/{OWN}/shadow/*"},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": f"{ARN}topic/$aws/things/{OWN}/shadow/*"}],
    "gateway": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{ARN}client/${{iot:ClientId}}"},
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": f"{ARN}topic/$aws/things/*/shadow/update"}],
    "field-service": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
    "depot-display": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{ARN}client/depot-display-*"},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": f"{ARN}topicfilter/telemetry/*"},
        {"Effect": "Deny", "Action": "iot:Subscribe", "Resource": f"{ARN}topicfilter/telemetry/pharma/*"},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": f"{ARN}topic/telemetry/*"}],
    "audit-reader": [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{ARN}client/audit-reader"},
        {"Effect": "Allow", "Action": ["iot:Subscribe", "iot:Receive"],
         "Resource": [f"{ARN}topicfilter/telemetry/*", f"{ARN}topic/telemetry/*"]},
        {"Effect": "Deny", "Action": "iot:Subscribe", "Resource": f"{ARN}topicfilter/telemetry/+/raw"}],
}
write("policies.jsonl", [
    {"policyName": policy, "policyArn": f"{ARN}policy/{policy}", "defaultVersionId": "1", "generationId": "1",
     "policyDocument": json.dumps({"Version": "2012-10-17", "Statement": statements}),
     "creationDate": epoch(NOW - days(300)), "lastModifiedDate": epoch(NOW - days(300))}
    for policy, statements in POLICIES.items()])


def certificate_arn(thing):
    return f"{ARN}cert/{fingerprint(devices[thing])}"


write("policy-targets.jsonl", [
    {"policyName": "sensor", "targets": [certificate_arn(thing) for thing in devices if thing.startswith("sensor")]},
    {"policyName": "gateway", "targets": [certificate_arn(thing) for thing in devices if thing.startswith("gateway")]},
    {"policyName": "field-service", "targets": [certificate_arn("gateway-02")]},
    {"policyName": "depot-display", "targets": []},
    {"policyName": "audit-reader", "targets": []}])

ROLE = f"arn:aws:iam::{ACCOUNT}:role/"


def iam_role(role, service, statements):
    return {
        "Path": "/", "RoleName": role, "RoleId": "AROA" + hashlib.sha256(role.encode()).hexdigest()[:17].upper(),
        "Arn": ROLE + role, "CreateDate": "2024-01-01T00:00:00+00:00", "InstanceProfileList": [], "Tags": [],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        "AttachedManagedPolicies": []}


write("role-aliases.jsonl", [
    {"roleAliasDescription": {"roleAlias": alias, "roleAliasArn": f"{ARN}rolealias/{alias}", "roleArn": ROLE + alias,
                              "owner": ACCOUNT, "credentialDurationSeconds": 3600,
                              "creationDate": epoch(NOW - days(400)), "lastModifiedDate": epoch(NOW - days(400))}}
    for alias in ("gateway-uploads", "gateway-debug")])
write("iam-account-authorization-details.json", {"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [
    iam_role("gateway-uploads", "credentials.iot.amazonaws.com", [
        {"Effect": "Allow", "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::northwind-uploads/${credentials-iot:ThingName}/*"}]),
    iam_role("gateway-debug", "credentials.iot.amazonaws.com", [
        {"Effect": "Allow", "Action": ["s3:*", "dynamodb:PutItem"], "Resource": "*"},
        {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}]),
    iam_role("app-guest", "cognito-identity.amazonaws.com", [
        {"Effect": "Allow", "Action": ["iot:Connect", "iot:DescribeThing"], "Resource": "*"}]),
    iam_role("app-user", "cognito-identity.amazonaws.com", [
        {"Effect": "Allow", "Action": "iot:Connect",
         "Resource": f"{ARN}client/${{cognito-identity.amazonaws.com:sub}}"}])]})
used = (NOW - days(2)).isoformat()
write("iam-service-last-accessed.jsonl", [
    {"Arn": ROLE + "gateway-uploads", "JobStatus": "COMPLETED", "JobType": "SERVICE_LEVEL",
     "JobCreationDate": NOW.isoformat(), "JobCompletionDate": NOW.isoformat(), "IsTruncated": False,
     "ServicesLastAccessed": [{"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "LastAuthenticated": used,
                               "TotalAuthenticatedEntities": 1}]},
    {"Arn": ROLE + "gateway-debug", "JobStatus": "COMPLETED", "JobType": "SERVICE_LEVEL",
     "JobCreationDate": NOW.isoformat(), "JobCompletionDate": NOW.isoformat(), "IsTruncated": False,
     "ServicesLastAccessed": [
         {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "LastAuthenticated": used, "TotalAuthenticatedEntities": 1},
         {"ServiceName": "Amazon DynamoDB", "ServiceNamespace": "dynamodb", "TotalAuthenticatedEntities": 0},
         {"ServiceName": "AWS CloudTrail", "ServiceNamespace": "cloudtrail", "TotalAuthenticatedEntities": 0}]}])
write("cognito-identity-pools.jsonl", [
    {"IdentityPoolId": f"{REGION}:0a1b2c3d-1111-2222-3333-444455556666",
     "Roles": {"authenticated": ROLE + "app-user", "unauthenticated": ROLE + "app-guest"}}])
write("v2-logging-options.json", {"roleArn": ROLE + "iot-logging", "defaultLogLevel": "INFO", "disableAllLogs": False})
write("audit-configuration.json", {
    "roleArn": ROLE + "iot-audit",
    "auditNotificationTargetConfigurations": {},
    "auditCheckConfigurations": {
        "DEVICE_CERTIFICATE_EXPIRING_CHECK": {"enabled": True, "configuration": {"CERT_EXPIRATION_THRESHOLD_IN_DAYS": "30"}},
        "IOT_POLICY_OVERLY_PERMISSIVE_CHECK": {"enabled": True}}})
write("audit-suppressions.json", {"suppressions": [
    {"checkName": "DEVICE_CERTIFICATE_EXPIRING_CHECK",
     "resourceIdentifier": {"deviceCertificateId": fingerprint(devices["sensor-18"])},
     "expirationDate": epoch(NOW + days(30)), "suppressIndefinitely": False,
     "description": "Lorry 18 is sold; the sensor is scrapped on 1 December."}]})

trace = 0


def record(moment, event, client, certificate, ip, **more):
    global trace
    trace += 1
    return {"timestamp": moment.strftime("%Y-%m-%d %H:%M:%S.") + "105", "logLevel": "ERROR" if more.get("reason") else "INFO",
            "traceId": f"00000000-0000-4000-8000-{trace:012}", "accountId": ACCOUNT,
            "status": "Failure" if more.get("reason") else "Success", "eventType": event, "protocol": "MQTT",
            "clientId": client, "principalId": fingerprint(certificate), "sourceIp": ip, "sourcePort": 40000 + trace, **more}


day = NOW - days(1)
log = [record(day + dt.timedelta(minutes=number), "Connect", thing, certificate, f"198.51.100.{number}")
       for number, (thing, certificate) in enumerate(devices.items(), 1) if thing != "gateway-03"]
log += [
    record(day + dt.timedelta(hours=3), "Connect", "tablet-7", devices["gateway-02"], "203.0.113.80"),
    record(day + dt.timedelta(hours=4), "Connect", "sensor-05", devices["sensor-06"], "203.0.113.9"),
    record(day + dt.timedelta(hours=4, seconds=1), "Disconnect", "sensor-05", devices["sensor-05"], "198.51.100.5",
           reason="DUPLICATE_CLIENT_ID", details="A new connection was established with the same client ID",
           disconnectReason="DUPLICATE_CLIENT_ID"),
    record(day + dt.timedelta(hours=9), "Disconnect", "tablet-7", devices["gateway-02"], "203.0.113.80",
           disconnectReason="CLIENT_INITIATED_DISCONNECT")]
write("logs/AWSIotLogsV2.jsonl", log)
