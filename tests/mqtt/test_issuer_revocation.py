"""Revocation lists of the issuer, which the server has from an import, at CONNECT."""

import datetime as dt

import corpus
from broker_fixtures import SERVER_ENVIRONMENT, SERVER_OPTIONS
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from devices import ALL, Certificate, Device
from serving import ACCOUNT, REGION, Server

NOW = dt.datetime.now(dt.timezone.utc)
SPAN = {"start": NOW - corpus.DAY, "end": NOW + 90 * corpus.DAY}


class Factory:
    """An authority whose certificates are registered."""

    def __init__(self, server, folder):
        self.folder, self.iot, self.authority = folder, server.client(), corpus.Authority("factory", **SPAN, key_ids=True)
        ca = corpus.pem(self.authority.certificate).decode()
        self.iot.register_ca_certificate(caCertificate=ca, certificateMode="SNI_ONLY", setAsActive=True)
        self.iot.create_policy(policyName="all", policyDocument=ALL)

    def device(self, name):
        key = ec.generate_private_key(ec.SECP256R1())
        made = self.authority.sign(name, key.public_key(), **SPAN)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        text = corpus.pem(made).decode(), key.private_bytes(*form).decode()
        return Certificate(self.iot, self.folder, *text).attach("all"), made


def is_let_in(server, certificate, client_id):
    return Device(server, certificate, client_id).is_let_in()


def restart(server, **environment):
    assert server.stop() == 0
    server.environment = {**SERVER_ENVIRONMENT, **environment}
    server.start()


def test_a_certificate_on_a_list_of_its_issuer_is_refused_when_that_is_asked_for(tmp_path, thingwarden):
    server = Server(tmp_path, *SERVER_OPTIONS, environment=SERVER_ENVIRONMENT)
    try:
        factory = Factory(server, tmp_path)
        (bad, revoked), (good, _) = factory.device("bad"), factory.device("good")
        # A list of somebody with the same name, and the issuer's own.
        other = corpus.Authority("factory", **SPAN, key_ids=True)
        lists = {"other": other.revocation_list(revoked, next_update=NOW + corpus.DAY),
                 "own": factory.authority.revocation_list(revoked, next_update=NOW + corpus.DAY)}
        for name, expected in [("other", True), ("own", False)]:
            assert server.stop() == 0
            (tmp_path / f"{name}.crl").write_bytes(corpus.der(lists[name]))
            owner = ("--account-id", ACCOUNT, "--region", REGION)
            run = thingwarden("import", tmp_path / f"{name}.crl", "--data", tmp_path / "data", *owner)
            assert run.code == 0, run
            server.environment = {**SERVER_ENVIRONMENT, "THINGWARDEN_MQTT__CHECK_REVOCATION": "true"}
            server.start()
            assert is_let_in(server, bad, "bad") is expected
            assert is_let_in(server, good, "good")
        assert "is on a revocation list of its issuer" in server.log_text()
        restart(server)
        assert is_let_in(server, bad, "bad"), "not asked for, as with AWS IoT"
    finally:
        server.kill()
