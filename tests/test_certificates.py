"""Every kind of bad certificate is found, under its own check and no other, and sound ones are left alone."""

import base64
import http.server
import json
import pathlib
import threading

import pytest
from conftest import NOW, ROOT, check_runs
from corpus import (DAY, Authority, der, ed25519_key, fingerprint, pem, prime, roca_modulus, rsa_public, self_signed, with_old_hash)
from corpus import NOW as MOMENT
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

DEBIAN = json.loads((ROOT / "tests/conformance/debian_weak_keys.json").read_text())
EXPIRING, AGE = "DEVICE_CERTIFICATE_EXPIRING_CHECK", "DEVICE_CERTIFICATE_AGE_CHECK"
INTERMEDIATE = "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK"
QUALITY, REVOKED = "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK", "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK"


def labelled(authority):
    """(certificate, {(check, reason code)}) pairs."""
    yield authority.sign("sound"), set()
    yield authority.sign("sound-ed25519", ed25519_key()), set()
    yield authority.sign("sound-p384", ec.generate_private_key(ec.SECP384R1()).public_key()), set()
    yield authority.sign("sound-rsa", rsa.generate_private_key(65537, 2048).public_key()), set()
    yield authority.sign("31-days", end=MOMENT + 31 * DAY), set()
    yield authority.sign("29-days", end=MOMENT + 29 * DAY), {(EXPIRING, "CERTIFICATE_APPROACHING_EXPIRATION")}
    yield authority.sign("past", end=MOMENT - DAY), {(EXPIRING, "CERTIFICATE_PAST_EXPIRATION")}
    yield authority.sign("old", start=MOMENT - 366 * DAY), {(AGE, "CERTIFICATE_PAST_AGE_THRESHOLD")}
    yield authority.sign("early", start=MOMENT + DAY), {
        ("THINGWARDEN_CERTIFICATE_NOT_YET_VALID_CHECK", "CERTIFICATE_NOT_YET_VALID")}
    for name in ("MD5", "SHA-1"):
        yield with_old_hash(name, name), {
            ("THINGWARDEN_SIGNATURE_ALGORITHM_WEAK_CHECK", "CERTIFICATE_SIGNATURE_ALGORITHM_WEAK")}
    yield authority.sign("short", rsa.generate_private_key(65537, 1024).public_key()), {
        ("THINGWARDEN_RSA_KEY_SHORT_CHECK", "CERTIFICATE_RSA_KEY_SHORT")}
    yield authority.sign("exponent-3", rsa.generate_private_key(3, 2048).public_key()), {
        ("THINGWARDEN_RSA_EXPONENT_WEAK_CHECK", "CERTIFICATE_RSA_EXPONENT_SMALL")}
    yield authority.sign("roca", rsa_public(roca_modulus())), {(QUALITY, "CERTIFICATE_KEY_VULNERABILITY_CVE-2017-15361")}
    first = prime(1024)
    yield authority.sign("close", rsa_public(first * prime(1024, start=first + 2**20))), {
        ("THINGWARDEN_RSA_CLOSE_PRIMES_CHECK", "CERTIFICATE_RSA_CLOSE_PRIMES")}
    shared = prime(1024)
    for number in (1, 2, 3):
        yield authority.sign(f"shared-prime-{number}", rsa_public(shared * prime(1024))), {
            ("THINGWARDEN_RSA_SHARED_PRIME_CHECK", "CERTIFICATE_RSA_SHARED_PRIME")}
    again = ec.generate_private_key(ec.SECP256R1()).public_key()
    for number in (1, 2):
        yield authority.sign(f"same-key-{number}", again), {
            ("THINGWARDEN_PUBLIC_KEY_REUSED_CHECK", "CERTIFICATE_PUBLIC_KEY_REUSED")}
    for number, modulus in enumerate(DEBIAN["listed"]):
        yield authority.sign(f"debian-{number}", rsa_public(int(modulus, 16))), {
            (QUALITY, "CERTIFICATE_KEY_VULNERABILITY_CVE-2008-0166")}


@pytest.mark.parametrize("form", ["pem", "der", "bundle"])
def test_each_defect_is_found_and_nothing_else(tmp_path, findings, form):
    authority = Authority("Corpus CA")
    corpus = list(labelled(authority))
    revoked = authority.sign("revoked")
    corpus.append((revoked, {(REVOKED, "CERTIFICATE_REVOKED_BY_ISSUER")}))
    (tmp_path / "ca.pem").write_bytes(pem(authority.certificate))
    (tmp_path / "ca.crl").write_bytes(der(authority.revocation_list(revoked)))
    if form == "bundle":
        (tmp_path / "all.pem").write_bytes(b"".join(pem(certificate) for certificate, _ in corpus))
    for number, (certificate, _) in enumerate(corpus):
        if form != "bundle":
            encoded = pem(certificate) if form == "pem" else der(certificate)
            (tmp_path / f"{number:03}.{form}").write_bytes(encoded)
    expected = {(check, code, fingerprint(certificate)) for certificate, found in corpus for check, code in found}
    about_ca = {(AGE, "CERTIFICATE_PAST_AGE_THRESHOLD", fingerprint(authority.certificate))}
    assert findings(tmp_path) - about_ca == expected


def test_revocation_needs_a_list_that_its_issuer_signed(tmp_path, thingwarden):
    authority, stranger = Authority("CA"), Authority("Stranger")
    certificate = authority.sign("device")
    (tmp_path / "ca.pem").write_bytes(pem(authority.certificate))
    (tmp_path / "device.pem").write_bytes(pem(certificate))
    cases = [
        (None, "FAILED"),
        (authority.revocation_list(certificate, key=stranger.key), "FAILED"),
        (authority.revocation_list(next_update=MOMENT - DAY), "FAILED"),
        (authority.revocation_list(), "COMPLETED_COMPLIANT"),
        (authority.revocation_list(certificate), "COMPLETED_NON_COMPLIANT"),
        (authority.revocation_list(certificate, next_update=MOMENT - DAY), "COMPLETED_NON_COMPLIANT"),
    ]
    for crl, expected in cases:
        if crl is not None:
            (tmp_path / "ca.crl").write_bytes(pem(crl))
        result = thingwarden("audit", tmp_path, "--check", REVOKED, "--format", "json", "--now", NOW)
        run = check_runs(result)[REVOKED]
        assert run["checkRunStatus"] == expected, result.text
        assert (expected == "FAILED") == ("message" in run), run


def test_a_revoked_intermediate_names_its_devices(tmp_path, thingwarden):
    root = Authority("Root")
    plant = Authority("Plant", root)
    devices = [plant.sign(f"device-{number}") for number in range(3)]
    (tmp_path / "issuers").mkdir()
    (tmp_path / "issuers/chain.pem").write_bytes(pem(root.certificate) + pem(plant.certificate))
    (tmp_path / "devices.pem").write_bytes(b"".join(map(pem, devices)))
    (tmp_path / "root.crl").write_bytes(der(root.revocation_list(plant.certificate)))
    (tmp_path / "plant.crl").write_bytes(der(plant.revocation_list()))
    (finding,) = thingwarden("audit", tmp_path, "--check", INTERMEDIATE, "--format", "jsonl", "--now", NOW).lines
    identifier = finding["nonCompliantResource"]["resourceIdentifier"]["issuerCertificateIdentifier"]
    assert identifier["issuerId"] == fingerprint(plant.certificate)
    assert "Plant" in identifier["issuerCertificateSubject"]
    related = {one["resourceIdentifier"]["deviceCertificateId"] for one in finding["relatedResources"]}
    assert related == set(map(fingerprint, devices))


def test_a_self_signed_device_certificate_has_nobody_to_revoke_it(tmp_path, findings):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed("alone", key)
    (tmp_path / "alone.pem").write_bytes(pem(certificate))
    assert findings(tmp_path) == set()


@pytest.mark.parametrize("bundle", ["debian", "certifi"])
def test_real_ca_bundles_are_read_to_the_last_certificate(thingwarden, bundle):
    if bundle == "certifi":
        import certifi
        path = pathlib.Path(certifi.where())
    else:
        path = pathlib.Path("/etc/ssl/certs")
        if not path.is_dir() or not any(path.iterdir()):
            pytest.fail("install the package ca-certificates: this test reads Debian's bundle")
    result = thingwarden("audit", path, "--check", "*CERTIFICATE_EXPIRING*", "--format", "json", "--now", NOW,
                         "--fail-on", "never")
    assert result.code == 0, result.err.decode()
    wanted = set()
    files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
    for file in files:
        blocks = file.read_bytes().split(b"-----BEGIN CERTIFICATE-----")[1:]
        wanted.update(base64.b64decode(block.split(b"-----END")[0]) for block in blocks)
    runs = check_runs(result)
    assert sum(run["totalResourcesCount"] for run in runs.values()) == len(wanted)
    assert runs["CA_CERTIFICATE_EXPIRING_CHECK"]["totalResourcesCount"] > 100
    assert result.json["input"]["skipped"] == []


@pytest.fixture
def crl_server():
    """An HTTP server on loopback: what it serves by path, and what it was asked for."""
    served, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = served.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", served, asked
        server.shutdown()


def test_online_fetches_lists_and_only_when_asked(tmp_path, thingwarden, crl_server):
    address, served, asked = crl_server
    authority = Authority("CA")
    certificate = authority.sign("device", crl_url=f"{address}/ca.crl")
    (tmp_path / "ca.pem").write_bytes(pem(authority.certificate))
    (tmp_path / "device.pem").write_bytes(pem(certificate))
    served["/ca.crl"] = pem(authority.revocation_list(certificate))

    def status(*options):
        result = thingwarden("audit", tmp_path, "--check", REVOKED, "--format", "json", "--now", NOW, *options)
        return check_runs(result)[REVOKED]["checkRunStatus"]

    assert status() == "FAILED" and asked == []
    assert status("--online") == "FAILED" and asked == [], "an address inside was asked"
    assert status("--online", "--allow-private-targets") == "COMPLETED_NON_COMPLIANT" and asked == ["/ca.crl"]
    served["/ca.crl"] = der(authority.revocation_list())
    assert status("--online", "--allow-private-targets") == "COMPLETED_COMPLIANT"
    del served["/ca.crl"]
    assert status("--online", "--allow-private-targets") == "FAILED", "a failed fetch is no data"


def write(folder, **files):
    for name, things in files.items():
        (folder / f"{name}.pem").write_bytes(b"".join(map(pem, things)))


def revocation(thingwarden, folder, check=REVOKED):
    """(status, message, {resource: number of findings}) of one check."""
    result = thingwarden("audit", folder, "--check", check, "--format", "json", "--now", NOW, "--fail-on", "never")
    run = check_runs(result)[check]
    found = [finding["nonCompliantResource"]["resourceIdentifier"] for finding in result.json["findings"]]
    found = {one.get("deviceCertificateId") or one["issuerCertificateIdentifier"]["issuerId"] for one in found}
    return run["checkRunStatus"], run.get("message", ""), found


@pytest.mark.parametrize("ca_has_key_id", [False, True])
@pytest.mark.parametrize("device_has_key_id", [False, True])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_list_of_a_namesake_says_nothing(tmp_path, thingwarden, ca_has_key_id, device_has_key_id, kind):
    known = Authority("CA", key_ids=ca_has_key_id, key=rsa.generate_private_key(65537, 2048) if kind == "rsa" else None)
    unknown = Authority("CA", key_ids=device_has_key_id)
    listed, other = (unknown.sign(f"device-{serial}", serial=serial) for serial in (1, 2))
    write(tmp_path, ca=[known.certificate], devices=[listed, other],
          crl=[known.revocation_list(known.sign("of known", serial=1))])
    status, message, found = revocation(thingwarden, tmp_path)
    assert (status, found) == ("FAILED", set())
    assert "only another of the same name (2 resources" in message
    status, message, found = revocation(thingwarden, tmp_path, INTERMEDIATE)
    assert (status, found) == ("FAILED", set())
    assert "issuer's certificate is not in the input" in message


@pytest.mark.parametrize("key_ids", [False, True])
def test_after_a_change_of_keys_each_list_counts_for_its_own(tmp_path, thingwarden, key_ids):
    old, new = (Authority("CA", key_ids=key_ids) for _ in range(2))
    signed = [[ca.sign(f"device-{serial}", serial=serial) for serial in (1, 2)] for ca in (old, new)]
    write(tmp_path, ca=[old.certificate, new.certificate], devices=sum(signed, []),
          crls=[old.revocation_list(signed[0][0]), new.revocation_list(signed[1][1])])
    expected = {fingerprint(signed[0][0]), fingerprint(signed[1][1])}
    assert revocation(thingwarden, tmp_path) == ("COMPLETED_NON_COMPLIANT", "", expected)
    assert revocation(thingwarden, tmp_path, INTERMEDIATE) == ("COMPLETED_COMPLIANT", "", set())
    # Without the new CA's list, nothing is known of its certificates.
    write(tmp_path, crls=[old.revocation_list(signed[0][0])])
    status, message, found = revocation(thingwarden, tmp_path)
    assert (status, found) == ("COMPLETED_NON_COMPLIANT", {fingerprint(signed[0][0])})
    assert "no usable revocation list of the issuer (2 resources" in message


@pytest.mark.parametrize("key_ids", [False, True])
def test_an_intermediate_and_its_namesake_are_told_apart(tmp_path, thingwarden, key_ids):
    root = Authority("Root", key_ids=key_ids)
    revoked, sound = (Authority("Plant", root, key_ids=key_ids) for _ in range(2))
    write(tmp_path, ca=[root.certificate, revoked.certificate, sound.certificate], crl=[root.revocation_list(revoked.certificate)],
          devices=[sound.sign("device")])
    assert revocation(thingwarden, tmp_path, INTERMEDIATE) == ("COMPLETED_COMPLIANT", "", set())
    write(tmp_path, devices=[sound.sign("device"), revoked.sign("device")])
    expected = {fingerprint(revoked.certificate)}
    assert revocation(thingwarden, tmp_path, INTERMEDIATE) == ("COMPLETED_NON_COMPLIANT", "", expected)


def test_what_cannot_be_verified_goes_by_name(tmp_path, thingwarden):
    odd, plain = Authority("CA", key=ec.generate_private_key(ec.SECP521R1())), Authority("CA")
    device = odd.sign("device")
    write(tmp_path, ca=[odd.certificate, plain.certificate], devices=[device], crl=[plain.revocation_list(device)])
    status, message, found = revocation(thingwarden, tmp_path)
    assert (status, found) == ("FAILED", set()) and "several issuers have the same name" in message
    status, message, found = revocation(thingwarden, tmp_path, INTERMEDIATE)
    assert status == "FAILED" and "several CA certificates have the issuer's name" in message


def test_a_delta_list_ends_a_hold(tmp_path, thingwarden):
    authority, flags = Authority("CA"), x509.ReasonFlags
    device, listed = authority.sign("held"), authority.sign("compromised")
    delta = {"number": 2, "delta_of": 1, "this_update": MOMENT - DAY, "reason": flags.remove_from_crl}
    write(tmp_path, ca=[authority.certificate], devices=[device, listed],
          base=[authority.revocation_list(device, reason=flags.certificate_hold)])
    assert revocation(thingwarden, tmp_path)[2] == {fingerprint(device)}
    write(tmp_path, delta=[authority.revocation_list(device, **delta)])
    assert revocation(thingwarden, tmp_path) == ("COMPLETED_COMPLIANT", "", set())
    write(tmp_path, base=[authority.revocation_list(listed, reason=flags.key_compromise)],
          delta=[authority.revocation_list(listed, **delta)])
    assert revocation(thingwarden, tmp_path)[2] == {fingerprint(listed)}, "only a hold ends"
