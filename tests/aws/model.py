"""The service model as botocore carries it: which requests an operation takes, and which break its constraints."""

import datetime
import json
import pathlib
import urllib.parse

import botocore.loaders
import botocore.model

ROOT = pathlib.Path(__file__).parent.parent.parent
MODEL = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("iot", "service-2"), "iot")


def served():
    """The operations that are served, as the repository lists them."""
    lines = (ROOT / "model/operations.txt").read_text().splitlines()
    return [line for line in lines if line and line[0] not in "#["]


def not_served():
    return sorted(set(MODEL.operation_names) - set(served()))


def errors_of(operation):
    return {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes}


# Values that satisfy patterns, by what a name ends in: the model has no examples.
SPECIAL = {
    "arn": "arn:aws:iot:us-east-1:123456789012:thing/t",
    "certificateId": "0" * 64,
    "deviceCertificateId": "0" * 64,
    "caCertificateId": "0" * 64,
    "policyVersionId": "1",
    "account": "123456789012",
    "targetAwsAccount": "210987654321",
    "taskId": "0" * 32,
    "ipAddress": "10.0.0.1",
    "domainConfigurationName": "d",
    "dayOfMonth": "1",
    "certificatePem": "pem",
    "clientRequestToken": "token",
}


def example(shape, name=""):
    """A value that breaks no constraint of its shape."""
    if shape.enum if shape.type_name == "string" else False:
        return shape.enum[0]
    if shape.type_name == "string":
        text = SPECIAL.get(name, "a")
        low = shape.metadata.get("min", 0)
        if len(text) < low:
            text = text + "a" * (low - len(text))
        return text
    if shape.type_name in ("integer", "long"):
        return max(1, shape.metadata.get("min", 1))
    if shape.type_name in ("float", "double"):
        return 1.5
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "timestamp":
        return 1_800_000_000
    if shape.type_name == "blob":
        return "AAAA"
    if shape.type_name == "list":
        return [example(shape.member, name)] * max(1, shape.metadata.get("min", 1))
    if shape.type_name == "map":
        return {example(shape.key, "key"): example(shape.value, "value")}
    return {member: example(shape.members[member], member) for member in shape.required_members}


def minimal(operation):
    """The required members of an input."""
    return example(operation.input_shape) if operation.input_shape else {}


def request(operation, members):
    """(method, path with query, body, headers) of an input, whatever its values are."""
    shape = operation.input_shape
    path, query, headers, body = operation.http["requestUri"], [], {}, {}
    payload = shape.serialization.get("payload") if shape else None
    for name, value in members.items():
        member = shape.members[name]
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if member.type_name == "timestamp" and location and isinstance(value, int):
            value = datetime.datetime.fromtimestamp(value, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if location == "uri":
            for label, safe in ((f"{{{wire_name}}}", "-_.~"), (f"{{{wire_name}+}}", "-_.~/")):
                path = path.replace(label, urllib.parse.quote(text(value), safe=safe))
        elif location == "querystring":
            query.append((wire_name, text(value)))
        elif location == "header":
            headers[wire_name] = text(value)
        elif name == payload:
            body = value
        else:
            body[wire_name] = value
    if query:
        path += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    has_body = payload or any(not member.serialization.get("location") for member in (shape.members if shape else {}).values())
    content = json.dumps(body).encode() if has_body else b""
    if content:
        headers["Content-Type"] = "application/json"
    return operation.http["method"], path, content, headers


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def violations(operation):
    """(what is broken, input): each constraint of each member in turn, and each required member left out."""
    shape = operation.input_shape
    if shape is None:
        return
    base = minimal(operation)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if name in shape.required_members and location != "uri":
            yield f"{name} missing", {key: value for key, value in base.items() if key != name}
        for what, value in broken(member, name, 3, textual=location is not None):
            # An empty label is another path.
            if not (location == "uri" and value == ""):
                yield f"{name} {what}", {**base, name: value}


def broken(shape, name, depth, textual=False):
    """(how, value) that break a shape's constraints."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    kind = shape.type_name
    if kind == "string":
        if low:
            yield "too short", "a" * (low - 1)
        if high and high <= 100_000:
            yield "too long", "a" * (high + 1)
        if shape.enum:
            yield "not in the list", "no-such-value"
        if shape.metadata.get("pattern") and "\\s\\S" not in shape.metadata["pattern"]:
            yield "not as the pattern", "\x01{}" + "a" * ((low or 1) - 1)
        if not textual:
            yield "of another type", 7
            yield "of another type, a list", ["a"]
    elif kind in ("integer", "long"):
        if low is not None:
            yield "too small", low - 1
        if high is not None:
            yield "too large", high + 1
        yield "of another type", "seven"
    elif kind in ("boolean", "timestamp", "float", "double"):
        yield "of another type", "neither"
    elif kind == "list":
        if low:
            yield "too few", [example(shape.member, name)] * (low - 1)
        if high and high <= 1000:
            yield "too many", [example(shape.member, name)] * (high + 1)
        yield "of another type", "text"
        if depth:
            for what, value in broken(shape.member, name, depth - 1):
                yield f"element {what}", [value]
    elif kind == "map":
        yield "of another type", []
        if depth:
            for what, value in broken(shape.value, "value", depth - 1):
                yield f"value {what}", {example(shape.key, "key"): value}
            for what, key in broken(shape.key, "key", depth - 1):
                if isinstance(key, str):
                    yield f"key {what}", {key: example(shape.value, "value")}
    elif kind == "structure":
        yield "of another type", "text"
        if depth:
            whole = example(shape)
            for member in shape.required_members:
                yield f"without {member}", {key: value for key, value in whole.items() if key != member}
            for member, inner in shape.members.items():
                for what, value in broken(inner, member, depth - 1):
                    yield f".{member} {what}", {**whole, member: value}
