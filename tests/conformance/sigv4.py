#!/usr/bin/env python3
"""Writes sigv4.json: requests as botocore signs them with Signature Version 4, in the header form and presigned.

Run it as `python3 tests/conformance/sigv4.py` with the version of botocore that model/README.md names.
"""

import datetime
import hashlib
import json
import pathlib
import urllib.parse
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = pathlib.Path(__file__).with_name("sigv4.json")
NOW = datetime.datetime(2026, 3, 1, 23, 59, 30, tzinfo=datetime.timezone.utc)
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzE+a/b=="
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
EMPTY = hashlib.sha256(b"").hexdigest()

# Method, path and query as sent, headers, body.
REQUESTS = [
    ("GET", "/", {}, b""),
    ("GET", "", {}, b""),
    ("GET", "/things", {}, b""),
    ("POST", "/things/fz%3Aa_b-1", JSON, b"{}"),
    ("POST", "/things/a%2Fb%25c%20%C3%A9%2B~", JSON, '{"thingTypeName": "caf\u00e9"}'.encode()),
    ("POST", "/things/%E6%BC%A2%E5%AD%97", JSON, b'{"attributePayload": {}}'),
    ("PUT", "/things/t/jobs/$next", JSON, b"{}"),
    ("POST", "/attached-policies/arn:aws:iot:us-east-1:123456789012:cert/abc", {}, b""),
    ("POST", "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2Fabc?recursive=true", {}, b""),
    ("GET", "/authorizers/", {}, b""),
    ("GET", "//things/./a/../b//", {}, b""),
    ("GET", "/things?maxResults=2&nextToken=a%2Fb%2B%3D%3D&attributeName=b&attributeName=a", {}, b""),
    ("GET", "/things?b=2&a=&c&a-b=1&a=0&A=%20x", {}, b""),
    ("GET", "/audit/tasks?startTime=2024-01-01T01%3A02%3A03.456000Z&endTime=2024-01-01T00%3A00%3A00Z", {}, b""),
    ("GET", "/principals/things", {"x-amzn-principal": "arn:aws:iot:us-east-1:123456789012:cert/abc"}, b""),
    ("POST", "/rules/r", {"x-amz-tagging": "  a=b   c\t d  ", "X-Multi": "one", **JSON}, b"{}"),
    ("POST", "/topics/a%2Fb%20c?qos=1", {}, bytes(range(256))),
    ("DELETE", "/things/a", {"x-amz-content-sha256": EMPTY}, b""),
    ("POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15"),
    ("PATCH", "/things/a", {"User-Agent": "x", "Expect": "100-continue", "X-Amzn-Trace-Id": "t", **JSON}, b"{}"),
]
SCOPES = [("iot", "us-east-1"), ("iotdata", "eu-central-1"), ("sts", "us-gov-west-1")]


def sign(signer, method, target, headers, body, presigned):
    request = AWSRequest(method=method, url=f"http://127.0.0.1:5000{target}", headers=headers, data=b"" if presigned else body)
    signer.add_auth(request)
    if presigned:
        request.data = body
    url = urllib.parse.urlsplit(request.url)
    sent = [["Host", url.netloc], *([name, value] for name, value in request.headers.items())]
    return {"method": method, "path": url.path or "/", "query": url.query, "headers": sent, "body": body.hex()}


def main():
    vectors = []
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW):
        for index, (method, target, headers, body) in enumerate(REQUESTS):
            for token in (None, TOKEN):
                service, region = SCOPES[index % len(SCOPES)]
                credentials = Credentials(KEY, SECRET, token)
                common = {"service": service, "region": region, "token": token}
                header_form = botocore.auth.SigV4Auth(credentials, service, region)
                vectors.append(common | {"presigned": False} | sign(header_form, method, target, headers, body, False))
                # botocore moves the body of a presigned request into its query, so these have none.
                if not body and "x-amz-content-sha256" not in headers:
                    query_form = botocore.auth.SigV4QueryAuth(credentials, service, region, expires=60)
                    vectors.append(common | {"presigned": True} | sign(query_form, method, target, headers, body, True))
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    head = json.dumps({"now": int(NOW.timestamp()), "access_key": KEY, "secret": SECRET})[:-1]
    TARGET.write_text(f'{head}, "requests": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(vectors)} requests")


if __name__ == "__main__":
    main()
