"""Bodies and files that nobody sends by accident, and what Accord has to answer.

Each is made when it is used: together they take a few hundred MiB.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.hostile.lines import LINES, MIB, good, nested

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Body:
    make: Callable[[], bytes]
    status: int
    # Of each event, where the answer has verdicts; None for a good one.
    codes: list[str | None] | None = None
    media_type: str = NDJSON
    # As a WSGI server hands them on.
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    make: Callable[[], bytes]
    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    # What the command says instead.
    error: str = ""


def between(make):
    return lambda: b"\n".join([good(), make(), good()])


def many(element, *, before=b"[", after=b"]"):
    """An array of 10 MiB in which the element stands as often as there is room."""

    def body():
        room = 10 * MIB - len(before) - len(after) - len(element)
        times = room // (len(element) + 1)
        return before + (element + b",") * times + element + after

    return body


def one_bad_in(batch):
    return lambda: b"[" + good() + b"," + batch() + b"," + good() + b"]"


OK: list[str | None] = [None]
BODIES: dict[str, Body] = (
    {
        f"line: {name}": Body(between(make), 200, [None, code, None])
        for name, (make, code) in LINES.items()
    }
    | {
        f"element: {name}": Body(one_bad_in(LINES[name][0]), 200, [None, code, None], BATCH)
        for name, code in {
            "lone high surrogate": "BAD_TEXT",
            "not UTF-8": "BAD_TEXT",
            "NUL raw": "BAD_JSON",
            "NaN": "BAD_JSON",
            "depth 10,000": "BAD_FIELD",
            "64 KiB and one": "LINE_TOO_LARGE",
            "a name twice": "BAD_JSON",
        }.items()
    }
    | {
        "nothing": Body(lambda: b"", 422, ["BAD_JSON"]),
        "nothing, structured": Body(lambda: b"", 422, ["BAD_JSON"], STRUCTURED),
        "line ends only": Body(lambda: b"\n" * (10 * MIB), 200, []),
        "blank lines only": Body(lambda: b" \r\n" * (3 * MIB), 200, []),
        "CRLF": Body(lambda: good() + b"\r\n" + good() + b"\r\n", 200, [None, None]),
        "CR only": Body(lambda: good() + b"\r" + good(), 422, ["BAD_JSON"]),
        "other line ends of Unicode": Body(
            lambda: good() + "\u2028".encode() + good(), 422, ["BAD_JSON"]
        ),
        "right-to-left and invisible": Body(lambda: good(id="\u202eab\u200b\ufeff"), 200, OK),
        "composed and decomposed are two": Body(
            lambda: good(subject="é") + b"\n" + good(subject="e\u0301"), 200, [None, None]
        ),
        "a quote and SQL as id": Body(lambda: good(id="'); DROP TABLE groups_group; --"), 200, OK),
        "format and template as id": Body(lambda: good(id="%s{0}{{7*7}}${jndi:x}"), 200, OK),
        "tab and line end in an id": Body(lambda: good(id="a\tb\nc\\N"), 200, OK),
        "10 MiB and one": Body(lambda: b"x" * (10 * MIB + 1), 413),
        "10,001 lines": Body(lambda: b"{}\n" * 10_001, 413),
        "3 million short lines": Body(lambda: b"xx\n" * (3 * MIB), 413),
        "10,001 elements": Body(lambda: b"[" + b"{}," * 10_000 + b"{}]", 413, None, BATCH),
        "10,000 bad lines": Body(lambda: b"{}\n" * 10_000, 422, ["BAD_FIELD"] * 10_000),
        "10 MiB of zeros": Body(many(b"0"), 413, None, BATCH),
        "10 MiB of objects": Body(many(b"{}"), 413, None, BATCH),
        "10 MiB of arrays": Body(many(b"[]"), 413, None, BATCH),
        "10 MiB of empty texts": Body(many(b'""'), 413, None, BATCH),
        "10 MiB of nulls": Body(many(b"null"), 413, None, BATCH),
        "10 MiB of nothing between commas": Body(many(b""), 400, None, BATCH),
        "10 MiB of brackets": Body(lambda: b"[" * (10 * MIB), 400, None, BATCH),
        "10 MiB of braces": Body(lambda: b"[" + b'{"a":' * MIB, 400, None, BATCH),
        "10 MiB, closed": Body(lambda: nested(5 * MIB), 422, ["LINE_TOO_LARGE"], BATCH),
        "zeros in one element": Body(
            many(b"0", before=b"[[", after=b"]]"), 422, ["LINE_TOO_LARGE"], BATCH
        ),
        "texts in one element": Body(
            many(b'""', before=b"[[", after=b"]]"), 422, ["LINE_TOO_LARGE"], BATCH
        ),
        "objects in one element": Body(many(b"{}", before=b"[[", after=b"]]"), 400, None, BATCH),
        "a text of 10 MiB": Body(
            lambda: b'["' + b"a" * (10 * MIB - 4) + b'"]', 422, ["LINE_TOO_LARGE"], BATCH
        ),
        "escapes without end": Body(lambda: b'["' + b"\\" * (10 * MIB - 2), 400, None, BATCH),
        "an array with a tail": Body(lambda: b"[" + good() + b"] x", 400, None, BATCH),
        "an array cut off": Body(lambda: b"[" + good() + b",", 400, None, BATCH),
        "a missing element": Body(lambda: b"[" + good() + b",," + good() + b"]", 400, None, BATCH),
        "brackets mixed up": Body(lambda: b"[{]", 400, None, BATCH),
        "an object as batch": Body(lambda: b'{"a": 1}', 422, ["BAD_FIELD"], BATCH),
        "a batch as one event": Body(lambda: b"[" + good() + b"]", 422, ["BAD_FIELD"], STRUCTURED),
        "UTF-16 as a batch": Body(lambda: "[{}]".encode("utf-16"), 422, ["BAD_TEXT"], BATCH),
        "text/plain": Body(good, 415, None, "text/plain"),
        "a form's media type": Body(good, 415, None, "application/x-www-form-urlencoded"),
        "multipart without a boundary": Body(good, 415, None, "multipart/form-data"),
        "no media type": Body(good, 415, None, ""),
        "nonsense as media type": Body(good, 415, None, "\x7f;;=/"),
        "another charset": Body(good, 200, OK, NDJSON + "; charset=utf-16"),
        "a gzip bomb": Body(
            lambda: gzip.compress(b"x" * (1024 * MIB // 4)),
            413,
            headers={"Content-Encoding": "gzip"},
        ),
        "gzip that is none": Body(good, 400, headers={"Content-Encoding": "gzip"}),
        "gzip twice": Body(
            lambda: gzip.compress(gzip.compress(good())),
            415,
            headers={"Content-Encoding": "gzip, gzip"},
        ),
        "gzip unannounced": Body(lambda: gzip.compress(good()), 422),
        "an unknown encoding": Body(good, 415, headers={"Content-Encoding": "zstd"}),
        "an encoding of nonsense": Body(good, 415, headers={"Content-Encoding": "\x01"}),
        "a length too short": Body(good, 422, ["BAD_JSON"], headers={"CONTENT_LENGTH": "20"}),
        "a length below zero": Body(good, 200, [], headers={"CONTENT_LENGTH": "-1"}),
        "no length": Body(good, 200, [], headers={"CONTENT_LENGTH": ""}),
        "a length of 10^30": Body(good, 413, headers={"CONTENT_LENGTH": "1" + "0" * 30}),
        "a key of 10,000 characters": Body(good, 400, headers={"Idempotency-Key": "k" * 10_000}),
    }
)


def rows(*found):
    return lambda: b"\n".join(make() for make in found) + b"\n"


FILES: dict[str, File] = {
    f"file: {name}": File(between(make), 2, {code: 1}) for name, (make, code) in LINES.items()
} | {
    "empty": File(lambda: b""),
    "a byte order mark": File(lambda: b"\xef\xbb\xbf" + good(), 1),
    "UTF-16 file": File(lambda: "[{}]".encode("utf-16"), 0, {"BAD_TEXT": 1}),
    "an endless line of 64 MiB": File(lambda: b"x" * (64 * MIB), 0, {"LINE_TOO_LARGE": 1}),
    "a bomb: an endless line": File(
        lambda: gzip.compress(b"y" * (100 * MIB), 1), 0, {"LINE_TOO_LARGE": 1}
    ),
    "a bomb: one array": File(
        lambda: gzip.compress(b'["' + b"x" * (50 * MIB) + b'"]', 1), 0, {"LINE_TOO_LARGE": 1}
    ),
    "gzip cut off": File(lambda: gzip.compress(good() * 99)[:-12], error="is damaged or cut off"),
    "gzip with a broken sum": File(
        lambda: gzip.compress(good())[:-8] + b"\0" * 8, error="is damaged or cut off"
    ),
    "an array file cut off": File(lambda: b"[" + good(), error="is not valid JSON"),
    "an array file with a tail": File(lambda: b"[" + good() + b"]]", error="is not valid JSON"),
    "64 MiB of brackets": File(lambda: b"[" * (64 * MIB), error="is not valid JSON"),
    "elements beside bad ones": File(
        lambda: b"[" + good() + b",5,{]," + good() + b"]", 2, {"BAD_FIELD": 1, "BAD_JSON": 1}
    ),
    "a row of wrong types": File(lambda: b'{"kind": 1, "time": 2}', 0, {"BAD_FIELD": 1}),
    "a row without a kind": File(lambda: b'{"time": "2026-11-01T12:00:00"}', 0, {"BAD_FIELD": 1}),
}
