#!/usr/bin/env python3
"""Writes wire_requests.json: requests as botocore serializes them, with the parameters that they were made from.

Every served operation is called through a boto3 client whose transport is replaced, so nothing is sent: once with all
parameters, valid by the model, and, where a parameter travels outside of the body, once with texts that need encoding.
Run it as `python3 tests/conformance/wire_requests.py` with the version of botocore that model/README.md names.
"""

import base64
import datetime
import json
import pathlib
import re
import urllib.parse

import boto3
import botocore.awsrequest
import botocore.config

ROOT = pathlib.Path(__file__).parent.parent.parent
TARGET = pathlib.Path(__file__).with_name("wire_requests.json")

TIME = datetime.datetime(2024, 1, 1, 1, 2, 3, 456000, tzinfo=datetime.timezone.utc)
KEPT_HEADERS = re.compile(r"x-amz-tagging|x-amzn-.*|content-type")

# Tried in this order; the first that fits is used.
TEXTS = [
    "Zoë: a/b %41+~ 漢字 😀 \"q\" \\ {x}",
    "Zoë: a/b:c=d+e-f@g 漢字",
    "arn:aws:iot:us-east-1:123456789012:cert/a b",
    "a.b,c@d/e:f#g=h[i]-j",
    "a.b,c@d/e:f#g-h",
    "$a:b_c-1",
    "a:b_c-1",
    "a-b_c",
    "a=b,c@d-e",
    "a/b#c",
    "QUJD/+==",
    "28",
    "UPPER_1",
    "arn:aws:acm:us-east-1:123456789012:certificate/a-b",
    "a.b:c",
    "a",
]
ODD = "a/b c%2F:é+~?&=#;\"<😀>'|x\\"
ODD_HEADER = "a/b c%2F:+~?&=#;\"<>'|x\\"

JAVA_CLASSES = {
    r"\p{Graph}": "!-~",
    r"\p{Upper}": "A-Z",
    r"\p{Digit}": "0-9",
    r"\p{Cntrl}": r"\x00-\x1f\x7f",
    r"[^\p{C}]": r"[^\x00-\x1f]",
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]": r"[\w\s.:/=+\-@]",
}


def fits(shape, text):
    pattern = shape.metadata.get("pattern", "")
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return not pattern or re.fullmatch(pattern, text) is not None


def valid_text(shape):
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
    for text in TEXTS:
        if len(text) < least:
            text = (text * least)[:least] if least > len("0a") else text
        if least == 64 or most == 64 and fits(shape, "0a" * 32):
            text = "0a" * 32
        if least <= len(text) <= most and fits(shape, text):
            return text
    raise ValueError(f"no text fits {shape.name}: {shape.metadata}")


def value(shape, odd, in_header=False):
    kind = shape.type_name
    if kind == "structure":
        return {name: value(member, odd, member.serialization.get("location") == "header") for name, member in shape.members.items()}
    if kind == "list":
        return [value(shape.member, odd)] * max(1, shape.metadata.get("min", 0))
    if kind == "map":
        return {value(shape.key, odd): value(shape.value, odd)}
    if kind == "string":
        if shape.enum:
            return shape.enum[-1]
        if in_header:
            arn = "arn:aws:iot:us-east-1:123456789012:cert/0a"
            return ODD_HEADER if odd else arn if fits(shape, arn) else valid_text(shape)
        return ODD + "0" * max(0, shape.metadata.get("min", 0) - len(ODD)) if odd else valid_text(shape)
    return {
        "boolean": lambda: True,
        "integer": lambda: shape.metadata.get("min", 1),
        "long": lambda: 9007199254740993,
        "double": lambda: 1.5,
        "timestamp": lambda: TIME,
        "blob": lambda: b"\x00\xff",
    }[kind]()


def in_json(params, shape, in_query=False):
    """What a server has to understand: times as seconds, bytes as base64."""
    kind = shape.type_name
    if kind == "structure":
        return {
            name: in_json(part, shape.members[name], shape.members[name].serialization.get("location") == "querystring")
            for name, part in params.items()
        }
    if kind == "list":
        return [in_json(part, shape.member) for part in params]
    if kind == "map":
        return {key: in_json(part, shape.value) for key, part in params.items()}
    if kind == "timestamp":
        return params.timestamp() if in_query else int(params.timestamp())
    if kind == "blob":
        return base64.b64encode(params).decode()
    return params


def main():
    sent = []

    def record(request, **_):
        sent.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, type("Raw", (), {"stream": lambda self: iter([b"{}"])})())

    client = boto3.client(
        "iot",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=botocore.config.Config(parameter_validation=False),
    )
    client.meta.events.register("before-send.iot", record)
    methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
    served = (ROOT / "model/operations.txt").read_text().splitlines()
    served = sorted(name for name in served if name and name[0] not in "#[")
    vectors = []

    def call(name, params, valid):
        shape = client.meta.service_model.operation_model(name).input_shape
        getattr(client, methods[name])(**params)
        request = sent.pop()
        url = urllib.parse.urlsplit(request.url)
        headers = {key.lower(): text for key, text in request.headers.items()}
        body = request.body or b""
        vectors.append({
            "operation": name,
            **({"valid": True} if valid else {}),
            "method": request.method,
            "path": url.path,
            "query": url.query,
            "headers": {
                key: text.decode() if isinstance(text, bytes) else text
                for key, text in headers.items()
                if KEPT_HEADERS.fullmatch(key)
            },
            "body": body.decode() if isinstance(body, bytes) else body,
            "input": in_json(params, shape),
        })

    for name in served:
        shape = client.meta.service_model.operation_model(name).input_shape
        call(name, value(shape, odd=False), valid=True)
        if any(member.serialization.get("location") and member.type_name == "string" and not member.enum for member in shape.members.values()):
            call(name, value(shape, odd=True), valid=False)
        elif shape.members:
            required = {key: part for key, part in value(shape, odd=False).items() if key in shape.required_members}
            call(name, required, valid=True)
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(vectors)} requests of {len(served)} operations")


if __name__ == "__main__":
    main()
