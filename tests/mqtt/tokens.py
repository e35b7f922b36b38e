"""JSON Web Tokens for black-box tests: keys that sign them, and claims that are good for ten minutes."""

import base64
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

ISSUER, AUDIENCE = "https://idp.example", "thingwarden"


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key that signs tokens: RS256, ES256 or EdDSA."""

    def __init__(self, algorithm, key_id=None):
        self.algorithm, self.id = algorithm, key_id or uuid.uuid4().hex
        self.key = {
            "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    @property
    def jwk(self):
        public = self.key.public_key()
        about = {"kid": self.id, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "RS256":
            numbers = public.public_numbers()
            return {**about, "kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        if self.algorithm == "ES256":
            numbers = public.public_numbers()
            return {**about, "kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {**about, "kty": "OKP", "crv": "Ed25519", "x": b64(raw)}

    def sign(self, data):
        if self.algorithm == "RS256":
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "ES256":
            r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.key.sign(data)

    def token(self, header=None, **claims):
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.id, **(header or {})}
        header = {name: value for name, value in header.items() if value is not None}
        signed = f"{b64(header)}.{b64({**good(), **claims})}"
        return f"{signed}.{b64(self.sign(signed.encode()))}"


def good():
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "exp": int(time.time()) + 600, "groups": ["staff"]}
