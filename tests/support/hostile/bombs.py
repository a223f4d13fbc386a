"""Texts made to hurt their reader: small to send, dear to read. Each is refused, or read, in bounded time and memory."""

_TENFOLD = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
_MERGED = "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(10)) + "}\n"
_MERGED += "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10))

#: As policies. What ends the process of a reader that builds on the C stack, or takes it minutes.
YAML: dict[str, str] = {
    "keys of keys": "? " * 50_000,
    "keys of keys with an end": "? " * 50_000 + "x",
    "lists of lists": "- " * 100_000,
    "lists of keys": "- ? " * 20_000,
    "keys of lists": "? - " * 20_000,
    "indented mappings": "".join(f"{' ' * n}a:\n" for n in range(1_200)),
    "open brackets": "[" * 100_000,
    "open braces": "{" * 100_000,
    "brackets and braces": "[{a: " * 50_000,
    "brackets of keys": "[? " * 50_000,
    "flow inside blocks": "- {a: " * 30_000,
    "sexagesimal": "a: " + ":".join(["1"] * 200_000),
    "sexagesimal float": "a: " + "1:" * 200_000 + "1.5",
    "ten of ten": _TENFOLD,
    "merged ten of ten": _MERGED,
    "holds itself": "a: &a [*a, *a]",
    "long text by alias": "a: &a " + "x" * 100_000 + "\nb: [" + "*a," * 90 + "]",
    "aliases": "a: &a 1\nb: [" + "*a," * 200_000 + "]",
    "long key": "? " + "a" * 900_000 + "\n: 1",
    "long plain key": "a" * 900_000 + ": 1",
    "long number": "a: " + "9" * 900_000,
    "long hexadecimal number": "a: 0x" + "f" * 900_000,
    "long float": "a: 1." + "9" * 900_000,
    "great exponent": "a: 1e" + "9" * 1_000,
    "documents": "---\n" * 200_000,
    "tags": "a: " + "!a " * 200_000,
    "long tag": "a: !" + "a" * 900_000 + " x",
    "python object": "a: !!python/object/apply:os.system [exit 1]",
    "tag prefix": "%TAG ! tag:example.com,2000:app/" + "x" * 100_000 + "\n---\n!foo bar",
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(40_000)),
    "unknown keys": "".join(f"k{n}: 1\n" for n in range(80_000)),
    "colons": ": " * 300_000,
    "question marks": "?\n" * 300_000,
    "open quote": '"' + "a" * 900_000,
    "escapes": 'a: "' + "\\x41" * 200_000 + '"',
    "comments": "#" * 900_000,
    "blank lines": "\n" * 900_000,
    "spaces": "a:" + " " * 900_000 + "b",
    "block text": "a: |\n" + " b\n" * 300_000,
    "folded text": "a: >\n" + " b\n\n" * 200_000,
    "small values": "- x\n" * 240_000,
    "commas": "a: [" + "1," * 400_000 + "]",
}

MARKS = "\u0301\u0316"
_LIST = [{"n": n, "a": "x" * 20} for n in range(15_000)]
_LONG = "x" * 300_000
_DOUBLED = " | ".join(["[@, @]"] * 25)
_DOUBLED_FLAT = " | ".join(["[@, @][]"] * 12)

#: Expressions with what they are asked of: more work than their length and the body's let expect.
JMESPATH: dict[str, tuple[str, object]] = {
    "text in every gap": ("join(s, map(&to_string(@), l))", {"s": _LONG, "l": list(range(10_000))}),
    "doubled lists": (f"{_DOUBLED} | to_string(@)", {}),
    "doubled lists as a value": (_DOUBLED, {}),
    "doubled and flattened": (f"{_DOUBLED_FLAT} | {_DOUBLED_FLAT}", [1]),
    "doubled and compared": (f"[{_DOUBLED}, {_DOUBLED}] | [0] == [1]", {}),
    "doubled and looked through": (f"[{_DOUBLED}, {_DOUBLED}] | contains(@, [1])", {}),
    "list in each item": ("l[*]" + ".[@, @, @][][]" * 8, {"l": _LIST}),
    "long texts compared": (f"{_DOUBLED_FLAT} | [?a == b]", [{"a": _LONG, "b": "".join(["x"] * 300_000)}]),
    "long texts sorted": (f"{_DOUBLED_FLAT} | sort(@)", [_LONG, f"{_LONG}y"]),
    "long texts sorted by": (f"{_DOUBLED_FLAT} | sort_by(@, &a)", [{"a": _LONG}, {"a": f"{_LONG}y"}]),
    "greatest of long texts": (f"{_DOUBLED_FLAT} | max(@)", [_LONG, f"{_LONG}y"]),
    "many sorts": (" | ".join(["sort_by(@, &a)"] * 25), _LIST),
    "filters": (" | ".join(["[?length(a) > `0`]"] * 25), _LIST),
    "slices": (" | ".join(["[::-1]"] * 50), [0] * 300_000),
    "reversed": (" | ".join(["reverse(@)"] * 50), _LONG),
    "merged": (" | ".join(["merge(@, @, @, @, @, @, @, @)"] * 25), {f"k{n}": n for n in range(60_000)}),
    "hash of hashes": (" | ".join(["{a: @, b: @}"] * 25), {}),
    "text of text": (" | ".join(["[to_string(@), to_string(@)]"] * 25), {"a": 1}),
}

#: Texts that are refused when a mapping is saved.
NO_EXPRESSIONS: dict[str, str] = {
    "brackets": "[" * 1_000,
    "parentheses": "(" * 999 + "a",
    "negations": "!" * 999 + "a",
    "lists": "[" * 400 + "a" + "]" * 400,
    "pipes": "a" + "|a" * 400,
    "or": "a" + "||a" * 300,
    "hashes": "{a:" * 200 + "b" + "}" * 200,
    "functions": "abs(" * 200 + "a" + ")" * 200,
    "open literal": "`[",
}

#: Bodies: each is refused, or taken as what it is.
JSON: dict[str, bytes] = {
    "open brackets": b"[" * 900_000,
    "open braces": b'{"a":' * 180_000,
    "lists of lists": b"[" * 450_000 + b"]" * 450_000,
    "empty lists": b"[" + b"[]," * 299_000 + b"[]]",
    "brackets in a text": b'{"a": "' + b"[" * 900_000 + b'"}',
    "open text": b'{"a": "' + b"x" * 900_000,
    "open text of backslashes": b'"' + b"\\" * 900_001,
    "escapes": b'{"a": "' + b"\\u0041" * 150_000 + b'"}',
    "long number": b'{"a": ' + b"9" * 900_000 + b"}",
    "long fraction": b'{"a": 0.' + b"9" * 900_000 + b"}",
    "great exponent": b'{"a": 1e' + b"9" * 900_000 + b"}",
    "keys": b"{" + b",".join(b'"k%d":1' % n for n in range(70_000)) + b"}",
    "the same key": b"{" + b",".join([b'"k":1'] * 150_000) + b"}",
    "long key": b'{"' + b"k" * 900_000 + b'": 1}',
    "white space": b" " * 900_000,
    "no numbers": b"["
    + b",".join([b"NaN"] * 63_000)
    + b"]",  # small enough for the service itself, and dear to read again
    "no numbers, few": b"[" + b",".join([b"NaN"] * 5_000) + b"]",
    "no signs": b"[" + b",".join([b'"\\u0000"'] * 25_000) + b"]",
    "colons": b":" * 900_000,
    "no utf-8": b'{"a": "' + b"\xff" * 900_000 + b'"}',
    "marks": ('{"email": "a' + MARKS * 200_000 + '@b.example"}').encode(),
    "fields in pieces": ('{"external_id": "1", "fields": {"lead.first_name": "' + "e\u0301" * 290_000 + '"}}').encode(),
    "a field that shows nothing": (
        '{"external_id": "1", "fields": {"lead.email": "' + "\u3164" * 300_000 + '"}}'
    ).encode(),
}

#: Forms of webhooks.
WEBHOOK_FORMS: dict[str, bytes] = {
    "percents": b"a=" + b"%" * 900_000,
    "encoded": b"a=" + b"%41" * 300_000,
    "no utf-8": b"a=" + b"%ed%a0%80" * 100_000,
    "flaws": b"&".join(b"a[%d]=" % n + b"%ff" * 250 for n in range(1_000)),
    "brackets": b"a" + b"[" * 900_000,
}

#: Forms of the booking page.
FORMS: dict[str, bytes] = {
    "fields": b"&".join(b"a%d=1" % n for n in range(100_000)),
    "separators": b"&" * 900_000,
    "one field": b"start=" + b"x" * 900_000,
    "percents": b"start=" + b"%" * 900_000,
    "encoded": b"start=" + b"%41" * 300_000,
    "encoded, short": b"start=" + b"%C3%28" * 3_000,
    "no ascii": b"start=\xff\xfe" * 1_000,
    "plus signs": b"text=" + b"+" * 19_000,
    "marks": b"text=a" + b"%CC%81" * 3_000,
    "long zone": b"zone=" + b"a/" * 9_000,
}
