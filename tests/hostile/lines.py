"""Single events that nobody sends by accident, and why Accord refuses each."""

import json
from collections.abc import Callable

from tests.factories.events import cloud_event

MIB = 1024 * 1024


def good(**fields):
    return json.dumps(cloud_event(**fields)).encode()


def spoilt(old, new):
    """A good event in which one part is replaced."""
    return lambda: good().replace(old, new)


def nested(depth):
    return b"[" * depth + b"]" * depth


def attributes(value):
    return lambda: good(data={"attributes": {"n": "VALUE"}}).replace(b'"VALUE"', value)


def field_of(name, value):
    return lambda: json.dumps({**cloud_event(), name: value}).encode()


def data_of(name, value):
    return lambda: json.dumps(cloud_event(data={name: value})).encode()


WRONG_TYPES = {
    f"{name} is {word}": (field_of(name, value), code)
    for name, value, word, code in [
        ("id", 7, "a number", "BAD_FIELD"),
        ("id", ["a"], "an array", "BAD_FIELD"),
        ("source", {}, "an object", "BAD_FIELD"),
        ("type", 1.5, "a number", "BAD_FIELD"),
        ("subject", True, "a truth value", "BAD_FIELD"),
        ("time", 1_793_620_800, "a number", "BAD_FIELD"),
        ("time", "yesterday", "a word", "BAD_FIELD"),
        ("sequence", 1.5, "a fraction", "BAD_FIELD"),
        ("sequence", "-1", "negative", "BAD_FIELD"),
        ("sequence", "٣", "an Arabic digit", "BAD_FIELD"),
        ("specversion", 1.0, "a number", "BAD_FIELD"),
        ("data", "text", "a text", "BAD_FIELD"),
        ("data", [], "an array", "BAD_FIELD"),
    ]
} | {
    f"data.{name} is {word}": (data_of(name, value), "BAD_FIELD")
    for name, value, word in [
        ("actor", 7, "a number"),
        ("subject", {}, "an object"),
        ("role", ["owner"], "an array"),
        ("old_role", 1, "a number"),
        ("reason", {"a": 1}, "an object"),
        ("until", "soon", "a word"),
        ("until", "2026-11-02T12:00:00", "without a zone"),
        ("caused_by", False, "a truth value"),
        ("attributes", [], "an array"),
    ]
}
# One bad line between two good ones: the good ones land.
LINES: dict[str, tuple[Callable[[], bytes], str]] = WRONG_TYPES | {
    "NUL raw": (spoilt(b'"e-', b'"\0e-'), "BAD_JSON"),
    "NUL escaped": (lambda: good(id="a\0b"), "BAD_TEXT"),
    "NUL in the source": (lambda: good(source="\0"), "BAD_TEXT"),
    "NUL in a name of attributes": (attributes(rb'{"\u0000": 1}'), "BAD_TEXT"),
    "lone high surrogate": (spoilt(b'"e-', rb'"\ud800e-'), "BAD_TEXT"),
    "lone low surrogate": (spoilt(b'"e-', rb'"\udfffe-'), "BAD_TEXT"),
    "surrogates the wrong way round": (spoilt(b'"e-', rb'"\udc00\ud800'), "BAD_TEXT"),
    "surrogate in UTF-8": (spoilt(b'"e-', b'"\xed\xa0\x80'), "BAD_TEXT"),
    "not UTF-8": (spoilt(b'"e-', b'"\xff\xfe'), "BAD_TEXT"),
    "overlong UTF-8": (spoilt(b'"e-', b'"\xc0\xaf'), "BAD_TEXT"),
    "UTF-8 cut off": (spoilt(b'"e-', b'"\xf0\x9f\x98'), "BAD_TEXT"),
    "UTF-16": (lambda: good().decode().encode("utf-16-le").replace(b"\n", b""), "BAD_JSON"),
    "byte order mark": (lambda: b"\xef\xbb\xbf" + good(), "BAD_JSON"),
    "10^400 as sequence": (field_of("sequence", 10**400), "BAD_FIELD"),
    "1e400 in attributes": (attributes(b"1e400"), "BAD_FIELD"),
    "-1e400 in attributes": (attributes(b"-1e400"), "BAD_FIELD"),
    "NaN": (attributes(b"NaN"), "BAD_JSON"),
    "Infinity": (attributes(b"Infinity"), "BAD_JSON"),
    "4,301 digits": (attributes(b"9" * 4301), "BAD_FIELD"),
    "leading zero": (attributes(b"007"), "BAD_JSON"),
    "hexadecimal": (attributes(b"0x1F"), "BAD_JSON"),
    "a comment": (spoilt(b"{", b"{/* */"), "BAD_JSON"),
    "single quotes": (lambda: good().replace(b'"', b"'"), "BAD_JSON"),
    "a comma too many": (lambda: good()[:-1] + b",}", "BAD_JSON"),
    "two on a line": (lambda: good() + good(), "BAD_JSON"),
    "a name twice": (spoilt(b"{", b'{"id": "x", '), "BAD_JSON"),
    "a name twice, escaped": (spoilt(b"{", rb'{"\u0069d": "x", '), "BAD_JSON"),
    "a name twice in data": (spoilt(b'"actor"', b'"actor": "x", "actor"'), "BAD_JSON"),
    "depth 10,000": (lambda: nested(10_000), "BAD_FIELD"),
    "depth 10,000 in an unknown field": (
        spoilt(b"{", b'{"x": ' + nested(10_000) + b","),
        "TOO_DEEP",
    ),
    "depth 21 in attributes": (attributes(nested(20)), "TOO_DEEP"),
    "depth 10,000 open": (lambda: b'{"a":' * 10_000, "TOO_DEEP"),
    "64 KiB and one": (lambda: good(data={"reason": "x" * 65_536}), "LINE_TOO_LARGE"),
    "endless line": (lambda: b"x" * (9 * MIB), "LINE_TOO_LARGE"),
    "attributes over 2 KiB": (attributes(b'"' + b"x" * 2048 + b'"'), "ATTRIBUTES_TOO_LARGE"),
    "20,000 attributes": (
        attributes(b"[" + b"0," * 20_000 + b"0]"),
        "ATTRIBUTES_TOO_LARGE",
    ),
    "a number": (lambda: b"5", "BAD_FIELD"),
    "null": (lambda: b"null", "BAD_FIELD"),
    "a text": (lambda: b'"event"', "BAD_FIELD"),
    "an empty object": (lambda: b"{}", "BAD_FIELD"),
    "an empty array": (lambda: b"[]", "BAD_FIELD"),
    "cut off": (lambda: good()[:-5], "BAD_JSON"),
    "a form": (lambda: b"id=1&type=2", "BAD_JSON"),
    "XML": (lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "BAD_JSON"),
    "30 February": (field_of("time", "2026-02-30T12:00:00Z"), "BAD_FIELD"),
    "hour 25": (field_of("time", "2026-11-01T25:00:00Z"), "BAD_FIELD"),
    "year 1": (field_of("time", "0001-01-01T00:00:00+14:00"), "BAD_FIELD"),
    "year 9999": (field_of("time", "9999-12-31T23:59:59-14:00"), "BAD_FIELD"),
    "year 10000": (field_of("time", "10000-01-01T00:00:00Z"), "BAD_FIELD"),
    "a leap second": (field_of("time", "2026-06-30T23:59:60Z"), "BAD_FIELD"),
    "a zone of 99 hours": (field_of("time", "2026-11-01T12:00:00+99:00"), "BAD_FIELD"),
    "an hour ahead": (lambda: good(days=1 / 24), "IN_THE_FUTURE"),
    "a year ago": (lambda: good(days=-365), "TOO_OLD"),
    "id of 201 characters": (lambda: good(id="x" * 201), "TOO_LONG"),
    "an empty id": (lambda: good(id=""), "MISSING_ID"),
    "sequence 2^62": (field_of("sequence", 2**62), "BAD_FIELD"),
    "sequence 2^70": (field_of("sequence", 2**70), "BAD_FIELD"),
    "an unknown kind": (lambda: good(type="accord.governance.message.sent.v1"), "UNKNOWN_KIND"),
    "a kind with a line end": (
        lambda: good(type="accord.governance.group.updated\n.v1"),
        "UNKNOWN_KIND",
    ),
    "another version": (lambda: good(specversion="0.3"), "BAD_FIELD"),
    "an unknown role": (lambda: good(data={"role": "root"}), "UNKNOWN_ROLE"),
    "a size below zero": (
        lambda: good(type="accord.governance.group.size.v1", data={"attributes": {"size": -1}}),
        "BAD_FIELD",
    ),
    "a size of 2^31": (
        lambda: good(type="accord.governance.group.size.v1", data={"attributes": {"size": 2**31}}),
        "BAD_FIELD",
    ),
}
