"""The errors Accord expects: each is a sentence for a person and a stable code for a program.

The class docstring and `advice` are shown on the error's public page, /problems/<code>/.
"""

from typing import Any, ClassVar


class AccordError(Exception):
    """The request could not be carried out."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request could not be carried out"
    advice: ClassVar[str] = "Read the detail, correct the request and send it again."
    # Seconds after which the same request may succeed; sent as Retry-After.
    retry_after: int | None = None

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.params = params


class Invalid(AccordError):
    """The request was understood, but something it says cannot be right."""

    code = "invalid"
    status = 422
    title = "Something in the request is not valid"
    advice = "The detail names what to correct. Correct it and send the request again."


class Conflict(AccordError):
    """The record is in a state that does not allow this, or somebody else was faster."""

    code = "conflict"
    status = 409
    title = "The record has changed or does not allow this now"
    advice = "Load the record again, look at what changed, and decide anew."


class NotFound(AccordError):
    """There is no such record, or it is not one you may see. Both answer alike."""

    code = "not-found"
    status = 404
    title = "Not found"
    advice = "Check the address and the id. An id of another platform answers like a missing one."


class Forbidden(AccordError):
    """You are known, but this is not yours to do."""

    code = "forbidden"
    status = 403
    title = "Not allowed"
    advice = "Ask somebody with the right role, or have the role given to you."


class Unavailable(AccordError):
    """Accord cannot answer at this moment. Nothing was changed."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
    advice = "Send the same request again after the seconds named in Retry-After."
    retry_after = 5
