"""Files of events: gzip or plain, one JSON object a line or one JSON array of CloudEvents."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from groups import events
from groups.events import GovernanceEvent, Refusal
from groups.sources import cloudevents, elements, rows
from portal.core import errors

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


class UnreadableFile(errors.Invalid):
    """The file cannot be read as events."""

    code = "unreadable-file"


class Line(NamedTuple):
    number: int
    text: bytes


class Contents(NamedTuple):
    """What a first look at the whole file found."""

    sha256: str
    lines: int
    # Of the last event that is not ahead of the clock.
    last_at: datetime | None


class EventFile:
    """A file that is read from its start as often as needed."""

    def __init__(self, path: Path, *, source: str) -> None:
        self.path = path
        self._source = source

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not blank; one that is too long comes cut, but too long.

        The elements of a JSON array count as lines. Raises UnreadableFile.
        """
        try:
            with self._open() as stream:
                is_batch = _first_byte(stream) == b"["
                yield from self._elements(stream) if is_batch else _split(stream)
        except FileNotFoundError as error:
            raise UnreadableFile(f"There is no file {self.path}.") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"{self.path} is damaged or cut off: {error}.") from error
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be read: {error.strerror}.") from error

    def events(self, *, after: int = 0) -> Iterator[tuple[Line, GovernanceEvent | Refusal]]:
        """Yield each line after the first `after` with the event it holds, or why it holds none."""
        with closing(rows.Reader(source=self._source)) as reader:
            for line in self.lines():
                is_row = b'"specversion"' not in line.text
                if line.number <= after:
                    if is_row:
                        reader.skip(line.text)
                elif is_row:
                    yield line, reader.parse(line.text, number=line.number)
                else:
                    yield line, cloudevents.parse(line.text)

    def look(self, *, at: datetime, for_last_event: bool) -> Contents:
        """Read the whole file once."""
        digest, count, last_at = hashlib.sha256(), 0, None
        for line in self.lines():
            digest.update(line.text + b"\n")
            count += 1
        if for_last_event:
            times = (found.time for _, found in self.events() if not isinstance(found, Refusal))
            last_at = max((time for time in times if time <= at + events.AHEAD), default=None)
        return Contents(digest.hexdigest(), count, last_at)

    def _open(self) -> BinaryIO:
        with self.path.open("rb") as stream:
            is_gzip = stream.read(len(GZIP)) == GZIP
        if is_gzip:
            return cast(BinaryIO, gzip.open(self.path))
        if self.path.suffix == ".gz":
            raise UnreadableFile(f"{self.path} ends in .gz, but it is not gzip. Rename it.")
        return self.path.open("rb")

    def _elements(self, stream: BinaryIO) -> Iterator[Line]:
        chunks = iter(lambda: stream.read(events.LINE_BYTES), b"")
        try:
            for number, element in enumerate(elements.elements(chunks), start=1):
                yield Line(number, element)
        except elements.NotABatch as error:
            raise UnreadableFile(f"{self.path}: {error}") from error


def _first_byte(stream: BinaryIO) -> bytes:
    """Return the first byte that means something, and go back to it."""
    stream.seek(len(BOM) if stream.read(len(BOM)) == BOM else 0)
    start = stream.tell()
    first = stream.read(1)
    while first.isspace():
        first = stream.read(1)
    stream.seek(start)
    return first


def _split(stream: BinaryIO) -> Iterator[Line]:
    number = 0
    while text := stream.readline(events.LINE_BYTES + 2):
        number += 1
        rest = text
        while not rest.endswith(b"\n") and (rest := stream.readline(events.LINE_BYTES)):
            pass
        if text := text.strip():
            yield Line(number, text)
