"""A small fleet with something for each kind of mitigation action, and a picture of everything that a server remembers."""

import json
import sqlite3

import certificates
import mitigation_tasks as tasks
from audits import EXPIRING_CHECK, PERMISSIVE, PERMISSIVE_CHECK, enable, run
from serving import ACCOUNT

LOGGING_CHECK = "LOGGING_DISABLED_CHECK"
CA_CHECK = "CA_CERTIFICATE_EXPIRING_CHECK"
ALL = (EXPIRING_CHECK, CA_CHECK, PERMISSIVE_CHECK, LOGGING_CHECK)
MAPPING = {EXPIRING_CHECK: ["join", "deactivate", "tell"], CA_CHECK: ["deactivate-ca"], PERMISSIVE_CHECK: ["blank"], LOGGING_CHECK: ["log"]}
# What a mitigation and its end are entered in, and what is sent meanwhile: everything else has to be as it was.
ENTERED = ("trail", "mitigation", "message", "delivery", "sqlite_sequence")


class World:
    """A region with one finding of each of four checks."""

    def __init__(self, server, region):
        self.server, self.region = server, region
        self.iot = iot = server.client(region=region)
        self.role = tasks.role(server, f"Mitigate-{region}", "*")
        topic = f"arn:aws:sns:{region}:{ACCOUNT}:findings"
        server.client("sns", region=region).create_topic(Name="findings")
        for name, params in tasks.parameters(topic).items():
            iot.create_mitigation_action(actionName=name, roleArn=self.role, actionParams=params)
        pem, _ = certificates.make("device", 5)
        made = iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")
        self.certificate, self.principal = made["certificateId"], made["certificateArn"]
        iot.create_thing_group(thingGroupName="quarantine")
        for thing in ("one", "two"):
            iot.create_thing(thingName=thing)
            iot.attach_thing_principal(thingName=thing, principal=self.principal)
        pem, key = certificates.make("an old CA", 5, ca=True)
        proof, _ = certificates.make(iot.get_registration_code()["registrationCode"], 1, issuer=("an old CA", key))
        iot.register_ca_certificate(caCertificate=pem, verificationCertificate=proof, setAsActive=True)
        iot.create_policy(policyName="open", policyDocument=json.dumps(PERMISSIVE))
        iot.attach_policy(policyName="open", target=self.principal)
        enable(iot, *ALL)
        self.audit, _ = run(iot, *ALL)

    def status(self):
        return self.iot.describe_certificate(certificateId=self.certificate)["certificateDescription"]["status"]


def picture(folder):
    """All rows of all tables, to the byte, but of those that a mitigation is entered in."""
    connection = sqlite3.connect(f"file:{folder}/data/thingwarden.db?mode=ro", uri=True)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    kept = [name for name in names if not name.startswith(ENTERED)]
    assert {"certificate", "ca_certificate", "policy", "policy_version", "thing_group_member", "logging_options_v2"} <= set(kept)
    rows = {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in kept}
    connection.close()
    return rows


def differing(before, after):
    """Tables that are not the same, with the rows that only one of them has."""
    return {name: ([row for row in rows if row not in after[name]], [row for row in after[name] if row not in rows])
            for name, rows in before.items() if rows != after[name]}  # fmt: skip
