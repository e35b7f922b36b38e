"""Whether an answer is what the service model says: the bytes on the wire, not what a client makes of them."""

import json
import re

# Seconds since 1970 between 1990 and 2100; the last moment of X.509 is allowed for `notAfter`.
EARLIEST, LATEST, LAST_OF_X509 = 631_152_000, 4_102_444_800, 253_402_300_799


def faults(shape, value, place=""):
    """What is wrong with a value, member by member."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{place}: not an object: {value!r}"
            return
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        for name in value.keys() - names.keys():
            yield f"{place}.{name}: unknown"
        for name in shape.required_members:
            if name not in value:
                yield f"{place}.{name}: missing"
        for wire_name, name in names.items():
            if wire_name in value:
                yield from faults(shape.members[name], value[wire_name], f"{place}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{place}: not a list: {value!r}"
            return
        for element in value:
            yield from faults(shape.member, element, f"{place}[]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{place}: not an object: {value!r}"
            return
        for key, element in value.items():
            yield from faults(shape.key, key, f"{place} key")
            yield from faults(shape.value, element, f"{place}{{}}")
    elif kind == "timestamp":
        last = LAST_OF_X509 if place.endswith("notAfter") else LATEST
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not EARLIEST <= value <= last:
            yield f"{place}: not seconds since 1970: {value!r}"
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{place}: not a boolean: {value!r}"
    elif kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{place}: not a whole number: {value!r}"
        else:
            yield from out_of_range(shape, value, place)
    elif kind == "string":
        if not isinstance(value, str):
            yield f"{place}: not a text: {value!r}"
        else:
            yield from out_of_range(shape, len(value), place)
            if shape.enum and value not in shape.enum:
                yield f"{place}: not one of {shape.enum}: {value!r}"
            if not matches(shape.metadata.get("pattern"), value):
                yield f"{place}: not as {shape.metadata['pattern']}: {value!r}"
    else:
        yield f"{place}: {kind} is in no answer of this service"


def out_of_range(shape, number, place):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        yield f"{place}: {number} is not in {low}..{high}"


def matches(pattern, value):
    """Patterns are Java's; those that Python cannot read are judged by the tests of the patterns themselves."""
    if pattern is None:
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


def members(shape, value, place=""):
    """The members that a value has, by place."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            if wire_name in value:
                yield f"{place}.{name}".lstrip(".")
                yield from members(member, value[wire_name], f"{place}.{name}")
    elif kind == "list" and isinstance(value, list):
        for element in value:
            yield from members(shape.member, element, place)
    elif kind == "map" and isinstance(value, dict):
        for element in value.values():
            yield from members(shape.value, element, place)


def all_members(shape, place="", inside=()):
    """The members that a value could have. What a resource identifier holds depends on the kind of resource."""
    kind = "string" if shape.name == "ResourceIdentifier" else shape.type_name
    if kind == "structure" and shape.name not in inside:
        for name, member in shape.members.items():
            yield f"{place}.{name}".lstrip(".")
            yield from all_members(member, f"{place}.{name}", (*inside, shape.name))
    elif kind == "list":
        yield from all_members(shape.member, place, inside)
    elif kind == "map":
        yield from all_members(shape.value, place, inside)


class Watch:
    """Reads along what clients are answered: which operations, which members, what is wrong."""

    def __init__(self):
        self.seen, self.wrong = {}, []

    def on(self, client):
        client.meta.events.register("after-call.iot", self.answered)
        return client

    def answered(self, http_response, model, **_):
        if http_response.status_code >= 300:
            return
        headers, content = http_response.headers, http_response.content
        if http_response.status_code != 200:
            self.wrong.append(f"{model.name}: status {http_response.status_code}")
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers.get("x-amzn-RequestId", "")):
            self.wrong.append(f"{model.name}: no request id: {dict(headers)}")
        if content and headers.get("Content-Type") != "application/json":
            self.wrong.append(f"{model.name}: content type {headers.get('Content-Type')}")
        value = json.loads(content) if content else {}
        seen = self.seen.setdefault(model.name, set())
        if model.output_shape is None:
            if value != {}:
                self.wrong.append(f"{model.name}: has no output, but answered {value!r}")
            return
        self.wrong += [f"{model.name}{fault}" for fault in faults(model.output_shape, value)]
        seen.update(members(model.output_shape, value))
