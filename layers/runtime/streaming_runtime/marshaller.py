"""Turns what a handler returned into what is posted."""

import base64
from typing import Any, Final, NamedTuple

from awslambdaric.lambda_runtime_exception import FaultException
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from streaming_runtime.body import Body
from streaming_runtime.head import Head, InvalidHeadError, head_of
from streaming_runtime.response import StreamResponse

HTTP_INTEGRATION_RESPONSE: Final = "application/vnd.awslambda.http-integration-response"
# Function URLs hang on a streamed body of no bytes. A newline is harmless in text, JSON and SSE.
EMPTY_BODY: Final = b"\n"

_TEXT_TYPES = frozenset({"application/json", "application/x-ndjson", "application/xml"})
_TEXT_SUFFIXES = ("+json", "+xml")


class OpenedStream(NamedTuple):
    """An answer that can begin: its first bytes are there, `body` draws the rest. Whoever posts it closes `body`."""

    prelude: bytes
    first: bytes
    body: Body


class StreamingMarshaller(LambdaMarshaller):  # type: ignore[misc] # awslambdaric has no types
    """awslambdaric's marshaller, which also opens a `StreamResponse`.

    The loop unmarshals an event and marshals its response before it takes the next event, so what the event said can
    be kept in between.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_http = False

    def unmarshal_request(self, request: bytes, content_type: str | None = "application/json") -> Any:
        """The event, as awslambdaric reads it."""
        event = super().unmarshal_request(request, content_type)
        self._is_http = _is_http(event)
        return event

    def marshal_response(self, response: object) -> tuple[str | bytes | OpenedStream, str]:
        """What to post, and its content type.

        A `StreamResponse` is opened when an HTTP request is answered, and becomes the payload 2.0 object with its
        whole body when the function was invoked directly. What its body raises up to here is the caller's to report.
        """
        if not isinstance(response, StreamResponse):
            marshalled: tuple[str | bytes, str] = super().marshal_response(response)
            return marshalled
        body = Body(response.body)
        try:
            head = _checked_head(response)
            if self._is_http:
                first = body.draw() or EMPTY_BODY
                return OpenedStream(head.prelude(), first, body), HTTP_INTEGRATION_RESPONSE
            whole = b"".join(iter(body.draw, b""))
        except BaseException:
            body.close()
            raise
        body.close()
        return self.marshal_response(_payload_2(head, whole))


def _is_http(event: object) -> bool:
    # Only function URLs and HTTP APIs describe a request here; direct invokes carry whatever their caller sent.
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and "http" in context


def _checked_head(response: StreamResponse) -> Head:
    try:
        return head_of(response)
    except InvalidHeadError as error:
        raise FaultException(FaultException.MARSHAL_ERROR, f"Unable to marshal response: {error}") from error


def _payload_2(head: Head, body: bytes) -> dict[str, object]:
    text = _text(head.content_type, body)
    return {
        "statusCode": head.status_code,
        "headers": head.headers,
        "cookies": head.cookies,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }


def _text(content_type: str, body: bytes) -> str | None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(_TEXT_SUFFIXES):
        try:
            return body.decode()
        except UnicodeDecodeError:
            return None
    return None
