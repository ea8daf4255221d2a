"""The governance log as a file, streamed: memory does not grow with it, and no transaction lasts.

The rows are read a chunk at a time while the answer is on its way, outside of the view.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from groups import log_formats
from groups.actions import log_exports
from groups.queries import log_pages
from groups.queries.log_pages import Wanted
from portal.core.actors import Actor

NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9.-]+")
LONGEST_PART = 60


def send(
    *,
    wanted: Wanted,
    form: str,
    filters: Mapping[str, object],
    by: Actor,
    at: datetime,
    is_whole: bool = True,
) -> StreamingHttpResponse:
    """Record the export and answer with the file. `filters` are named in its name."""
    log_exports.record(wanted=wanted, form=form, by=by, at=at)
    chunks = log_pages.list_chunks(wanted=wanted, at=at)
    response = StreamingHttpResponse(
        log_formats.write(form, chunks, is_whole=is_whole),
        content_type=log_formats.MEDIA_TYPES[form],
    )
    name = f"{_name(filters, at)}.{form}"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    # What comes in pieces is of no use to a proxy that waits for the whole.
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = "no-store"
    return response


def _name(filters: Mapping[str, object], at: datetime) -> str:
    parts = [f"log_{at:%Y-%m-%d}"]
    for name, value in filters.items():
        if value:
            text = f"{value:%Y-%m-%dT%H%M}" if isinstance(value, datetime) else str(value)
            parts.append(f"{name}-{NOT_IN_FILE_NAMES.sub('-', text)[:LONGEST_PART]}")
    return "_".join(parts)
