"""What HTTP itself refuses, and what nobody foresaw, in the form of all errors."""

from portal.core import errors


class Malformed(errors.AccordError):
    """The body, the address or a header could not be read."""

    code = "malformed-request"
    title = "The request could not be read"
    advice = "Check the syntax: valid JSON in UTF-8, no unknown escapes, no cut-off body."


class ValidationFailed(errors.Invalid):
    """One or more fields are missing or not valid. Nothing was changed."""

    code = "validation-failed"
    title = "Some fields are not valid"
    advice = "`errors` names each field by JSON pointer and says what is wrong with it."


class NotSignedIn(errors.AccordError):
    """The request has no access token, or the token is unknown, expired or withdrawn."""

    code = "not-authenticated"
    status = 401
    title = "Sign in first"
    advice = "Get a new token with your client id and secret and send it as a Bearer token."


class MethodNotAllowed(errors.AccordError):
    """The address exists, but does not take this method."""

    code = "method-not-allowed"
    status = 405
    title = "Method not allowed"
    advice = "The Allow header lists the methods that this address takes."


class NotAcceptable(errors.AccordError):
    """None of the media types in the Accept header can be sent."""

    code = "not-acceptable"
    status = 406
    title = "No such representation"
    advice = "Accept application/json."


class TooLarge(errors.AccordError):
    """The body is larger than Accord takes in one request."""

    code = "too-large"
    status = 413
    title = "The request is too large"
    advice = "Send at most 10 MiB at once; split a batch of events into several."


class UnsupportedMediaType(errors.AccordError):
    """The body is of a media type that this address does not take."""

    code = "unsupported-media-type"
    status = 415
    title = "Unsupported media type"
    advice = "Send the Content-Type that the API documentation names for this operation."


class Throttled(errors.AccordError):
    """Your client sent more requests than its rate allows. The request had no effect."""

    code = "throttled"
    status = 429
    title = "Too many requests"
    advice = "Wait the seconds named in Retry-After. Batches count as one request."
    retry_after = 1


class Unexpected(errors.AccordError):
    """Something in Accord failed in a way we did not foresee."""

    code = "internal-error"
    status = 500
    title = "Something went wrong in Accord"
    advice = (
        "Send it again with the same Idempotency-Key. If it happens again, tell us the request id; "
        "it leads us to the cause."
    )
