"""The elements of a JSON array and the lines of a text, one after another, never all at once.

No object is built: what an element holds, its parser judges. An element or a line that is too long
comes cut, but still too long.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from groups import events

CUT: Final = events.LINE_BYTES + 1
# A batch of small events has a few of them each. More than this is no batch of events.
MOST_BRACKETS: Final = 200_000

_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# What can be passed over, up to a bracket; between elements also up to a comma. A text that does
# not end in this chunk is left for the next.
_WITHIN = re.compile(rb'(?:[^"\[\]{}]++|' + _TEXT + rb")*+", re.DOTALL)
_BETWEEN = re.compile(rb'(?:[^"\[\]{},]++|' + _TEXT + rb")*+", re.DOTALL)
_REST_OF_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]++|[\]}]++")
_LINE = re.compile(rb"\S[^\n]*+")
_BLANK = re.compile(rb"\s*+")


class NotABatch(ValueError):
    """The whole is not a JSON array."""


def lines(body: bytes) -> Iterator[bytes]:
    """Yield the lines that are not blank."""
    for found in _LINE.finditer(body):
        start, end = found.span()
        yield body[start:end].rstrip() if end - start < CUT else body[start : start + CUT]


def elements(chunks: Iterable[bytes], *, most_brackets: int | None = None) -> Iterator[bytes]:
    """Yield the elements of a JSON array that comes in chunks. Raises NotABatch.

    Brackets are counted, not matched: an element that mixes them up is found by its parser.
    """
    scan = _Scan(most_brackets)
    for chunk in chunks:
        yield from scan.read(chunk)
    scan.end()


class _Scan:
    def __init__(self, most_brackets: int | None) -> None:
        self.depth = 0
        self.is_over = False
        self._is_in_text = self._is_escaped = False
        self._element = bytearray()
        self._count = self._brackets = 0
        self._most_brackets = most_brackets

    def read(self, chunk: bytes) -> Iterator[bytes]:
        place = 0
        while place < len(chunk):
            if self.is_over or self.depth == 0:
                place = self._outside(chunk, place)
            elif self._is_in_text:
                place = self._finish_text(chunk, place)
            else:
                found = (_BETWEEN if self.depth == 1 else _WITHIN).match(chunk, place)
                end = found.end() if found else place
                self._take(chunk, place, end)
                place = end
                if place == len(chunk):
                    return
                if chunk[place] == 0x22:
                    self._is_in_text = True
                    self._take(chunk, place, place + 1)
                    place += 1
                elif chunk[place] == 0x2C:
                    yield self._finish_element()
                    place += 1
                else:
                    place = self._pass_brackets(chunk, place)
                    if self.is_over and (self._count or self._element.strip()):
                        yield self._finish_element()

    def end(self) -> None:
        if not self.is_over:
            raise NotABatch("The batch is not valid JSON: it ends before its array does.")

    def _outside(self, chunk: bytes, place: int) -> int:
        blank = _BLANK.match(chunk, place)
        place = blank.end() if blank else place
        if place == len(chunk):
            return place
        if self.is_over:
            raise NotABatch("The batch is not valid JSON: something follows its array.")
        if chunk[place] != 0x5B:
            raise NotABatch("A batch is a JSON array of events.")
        self.depth = 1
        return place + 1

    def _finish_text(self, chunk: bytes, place: int) -> int:
        start = place
        if self._is_escaped:
            place, self._is_escaped = place + 1, False
        if (end := chunk.find(b'"', place)) < 0:
            end = len(chunk)
        # Most texts have no escape, and a bomb of one text is passed over at once.
        if chunk.find(b"\\", place, end) >= 0:
            found = _REST_OF_TEXT.match(chunk, place)
            end = found.end() if found else place
        if end < len(chunk):
            # A quote, or a backslash that is the last byte of the chunk.
            self._is_in_text = self._is_escaped = chunk[end] == 0x5C
            end += 1
        self._take(chunk, start, end)
        return end

    def _pass_brackets(self, chunk: bytes, place: int) -> int:
        found = _BRACKETS.match(chunk, place)
        end = found.end() if found else place + 1
        if chunk[place] in b"[{":
            self.depth += end - place
        elif end - place < self.depth:
            self.depth -= end - place
        else:
            end = place + self.depth
            self.depth, self.is_over = 0, True
            self._take(chunk, place, end - 1)
            return end
        self._brackets += 1
        if self._most_brackets is not None and self._brackets > self._most_brackets:
            raise NotABatch(
                f"The batch has more than {self._most_brackets:,} brackets: these are no events."
            )
        self._take(chunk, place, end)
        return end

    def _take(self, chunk: bytes, start: int, end: int) -> None:
        room = CUT - len(self._element)
        if room > 0:
            self._element += chunk[start : min(end, start + room)]

    def _finish_element(self) -> bytes:
        element = bytes(self._element)
        if len(element) < CUT and not (element := element.strip()):
            raise NotABatch("The batch is not valid JSON: an element is missing beside a comma.")
        self._element.clear()
        self._count += 1
        return element
