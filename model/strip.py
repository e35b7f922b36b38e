#!/usr/bin/env python3
"""Writes iot.json: the service model that botocore carries, without prose.

Kept are names, shapes, constraints, HTTP bindings, exceptions with their status, paginators, and the IAM action
of an operation where it is not the operation's own name. Run it as `python3 model/strip.py` after installing the
version of botocore that the README names; then `cargo xtask gen`.
"""

import gzip
import json
import pathlib
import re

import botocore

SERVICE = pathlib.Path(botocore.__file__).parent / "data/iot/2015-05-28"
SHAPE_KEYS = ("type", "enum", "min", "max", "pattern", "sensitive", "required", "payload", "exception")
MEMBER_KEYS = ("shape", "location", "locationName", "idempotencyToken")
PERMISSION = re.compile(r"ermission to access the <a [^>]*>(\w+)</a>")


def operation(model, paginators, name):
    full = model["operations"][name]
    kept = {"method": full["http"]["method"], "uri": full["http"]["requestUri"], "input": full["input"]["shape"]}
    if "output" in full:
        kept["output"] = full["output"]["shape"]
    kept["errors"] = sorted(error["shape"] for error in full["errors"])
    if name in paginators:
        page = paginators[name]
        kept["paginator"] = {key: page[key] for key in ("input_token", "output_token", "limit_key", "result_key") if key in page}
    permission = PERMISSION.findall(full.get("documentation", ""))
    if permission and permission[0] != name:
        kept["action"] = permission[0]
    return kept


def shape(full):
    kept = {key: full[key] for key in SHAPE_KEYS if key in full}
    if "error" in full:
        kept["status"] = full["error"]["httpStatusCode"]
    if "members" in full:
        kept["members"] = {
            name: {key: member[key] for key in MEMBER_KEYS if key in member}
            for name, member in full["members"].items()
        }
    for part in ("member", "key", "value"):
        if part in full:
            kept[part] = full[part]["shape"]
    return kept


def main():
    with gzip.open(SERVICE / "service-2.json.gz") as file:
        model = json.load(file)
    paginators = json.loads((SERVICE / "paginators-1.json").read_text())["pagination"]
    parts = {
        "operations": {name: operation(model, paginators, name) for name in model["operations"]},
        "shapes": {name: shape(full) for name, full in model["shapes"].items()},
    }
    # One line for each operation and shape: a new version of the model is a diff that people can read.
    blocks = [f'"source": {json.dumps(f"botocore {botocore.__version__}, iot 2015-05-28")}']
    for part, entries in parts.items():
        lines = [f"  {json.dumps(name)}: {json.dumps(entries[name], ensure_ascii=False)}" for name in sorted(entries)]
        blocks.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
    target = pathlib.Path(__file__).with_name("iot.json")
    target.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
