#!/usr/bin/env python3
"""Writes wire_patterns.json: which of some texts each pattern of the served inputs matches, as Java's engine decides.

The patterns of the service model are Java's. Run it as `python3 tests/conformance/wire_patterns.py` with a JDK (17 was
used) on the path.
"""

import base64
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
MODEL = json.loads((HERE.parent.parent / "model/iot.json").read_text(encoding="utf-8"))

# Every printable ASCII character alone and behind a letter, and what engines disagree about: line ends, characters
# outside of ASCII that other engines call word, digit or space, unassigned and private ones, pairs of surrogates.
TEXTS = [chr(code) for code in range(0x20, 0x7F)] + ["a" + chr(code) for code in range(0x20, 0x7F)]
TEXTS += ["", "\t", "\n", "\r", "\0", "\x0b", "\x0c", "\x1f", "\x7f", "a\n", "\na", "a\r\n", "a\x85", "a\u2028"]
TEXTS += ["é", "ß", "Ω", "Ж", "漢", "٣", "²", "Ⅷ", "\u00a0", "\u2003", "\u3000", "\u200b", "\u202e", "\ufeff"]
TEXTS += ["😀", "\U00010400", "\ue000", "\U0010ffff", "\u0378", "e\u0301", "\u00ad", "_\u203f"]
TEXTS += ["LAST", "LAST\n", "last", "0", "1", "9", "10", "29", "30", "31", "32", "031", "0x1f", "0xg", "1.5", "12.5.1"]
TEXTS += ["AbC-1_x:y", "a b", "a/b#c", "QUJD/+==", "QUJD===", "=QUJD", "0a" * 32, "0A:1b", "$aws/things", "a.b,c@d"]
TEXTS += ["arn:aws:acm:us-east-1:123456789012:certificate/a-b/c", "arn:aws:acm:us-east-1:12345678901:certificate/a"]
TEXTS += ["arn:aws-cn:acm:cn-north-1:123456789012:certificate/a", "arn:aws:acm:us-east-1:１23456789012:certificate/a"]
TEXTS += ["http://a", "https://", "https://a\nb", "ftp://a", "a[1]=b", "p99.9", "A_1", "a--b", "a&&b"]


def served_patterns():
    found = set()

    def walk(name):
        shape = MODEL["shapes"][name]
        if "pattern" in shape:
            found.add(shape["pattern"])
        for part in [member["shape"] for member in shape.get("members", {}).values()]:
            walk(part)
        for part in ("member", "key", "value"):
            if part in shape:
                walk(shape[part])

    lines = (HERE.parent.parent / "model/operations.txt").read_text().splitlines()
    for name in lines:
        if name and name[0] not in "#[":
            walk(MODEL["operations"][name]["input"])
    return sorted(found)


def main():
    patterns = served_patterns()
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    lines = "".join(f"{encoded(pattern)} {encoded(text)}\n" for pattern in patterns for text in TEXTS)
    output = subprocess.run(["java", HERE / "WirePatterns.java"], input=lines, capture_output=True, text=True, check=True)
    verdicts = iter(output.stdout.split())
    accepted = {pattern: [index for index in range(len(TEXTS)) if next(verdicts) == "1"] for pattern in patterns}
    rows = ",\n".join(f"  {json.dumps(pattern)}: {json.dumps(indices, separators=(',', ':'))}" for pattern, indices in accepted.items())
    text = f'{{\n"texts": {json.dumps(TEXTS)},\n"accepted": {{\n{rows}\n}}\n}}\n'
    HERE.joinpath("wire_patterns.json").write_text(text, encoding="utf-8")
    print(f"{len(patterns)} patterns on {len(TEXTS)} texts")


if __name__ == "__main__":
    main()
