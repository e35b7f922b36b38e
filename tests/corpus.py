"""Certificates with known defects, made afresh, each with the findings it must give and no others."""

import datetime as dt
import math
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)
RANDOM = random.Random(20261125)


def is_prime(number):
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 65537))


def prime(bits, step=2, start=None):
    candidate = start or RANDOM.getrandbits(bits) | 3 << (bits - 2) | 1
    while not is_prime(candidate):
        candidate += step
    return candidate


def rsa_public(modulus, exponent=65537):
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def roca_modulus():
    primes = [p for p in range(2, 702) if all(p % d for d in range(2, int(p**0.5) + 1))][:126]
    product = math.prod(primes)

    def one():
        while True:
            free = RANDOM.getrandbits(1024 - product.bit_length())
            candidate = free * product + pow(65537, RANDOM.getrandbits(60), product)
            if candidate.bit_length() == 1024 and candidate >> 1022 == 3 and is_prime(candidate):
                return candidate

    return one() * one()


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    """A CA that signs certificates and revocation lists, with or without key identifiers. Several may share a name."""

    key_ids = False

    def __init__(self, common_name, issuer=None, start=NOW - 1000 * DAY, end=NOW + 3000 * DAY, key_ids=False, key=None):
        self.key, self.key_ids = key or ec.generate_private_key(ec.SECP256R1()), key_ids
        self.name, self.issuer = name(common_name), issuer or self
        self.certificate = self.issuer.sign(common_name, self.key.public_key(), start, end, ca=True)

    def sign(self, common_name, public_key=None, start=NOW - 100 * DAY, end=NOW + 1000 * DAY, ca=False, usage=True,
             basic=True, digest=None, crl_url=None, serial=None):
        public_key = public_key or ec.generate_private_key(ec.SECP256R1()).public_key()
        builder = x509.CertificateBuilder().subject_name(name(common_name)).issuer_name(self.name)
        builder = builder.public_key(public_key).serial_number(serial or x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(end)
        if basic:
            builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        if usage:
            builder = builder.add_extension(x509.KeyUsage(
                not ca, False, False, False, False, ca, ca, False, False), critical=True)
        if self.key_ids:
            issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(issuer_key, critical=False)
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        if crl_url:
            builder = builder.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
                [x509.UniformResourceIdentifier(crl_url)], None, None, None)]), critical=False)
        return builder.sign(self.key, digest or hashes.SHA256())

    def revocation_list(self, *certificates, this_update=NOW - 30 * DAY, next_update=NOW + 7 * DAY, key=None, reason=None,
                        number=1, delta_of=None):
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(this_update).next_update(next_update)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        if delta_of is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(delta_of), critical=True)
        for certificate in certificates:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            if reason:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.revocation_date(NOW - 9 * DAY).build())
        return builder.sign(key or self.key, hashes.SHA256())


def fingerprint(certificate):
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem(thing):
    return thing.public_bytes(serialization.Encoding.PEM)


def der(thing):
    return thing.public_bytes(serialization.Encoding.DER)


def with_old_hash(common_name, hash_name):
    """A certificate that says it is signed with MD5 or SHA-1. Nothing makes such signatures any more, so the algorithm's
    identifier is exchanged and the signature is wrong; nothing that is tested here verifies it."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = self_signed(common_name, key)
    prefix = bytes.fromhex("06092a864886f70d0101")
    changed = der(certificate).replace(prefix + b"\x0b", prefix + {"MD5": b"\x04", "SHA-1": b"\x05"}[hash_name])
    return x509.load_der_x509_certificate(changed)


def self_signed(common_name, key, **options):
    authority = Authority.__new__(Authority)
    authority.key, authority.name = key, name(common_name)
    return authority.sign(common_name, key.public_key(), **options)


def ed25519_key():
    return ed25519.Ed25519PrivateKey.generate().public_key()
