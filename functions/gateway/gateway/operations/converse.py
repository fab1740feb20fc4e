"""Converse and ConverseStream for clients that speak them: bytes pass, only what must be read is read."""

from gateway.aws.connection import PendingResponse
from gateway.bedrock.grammar import usage_of
from gateway.dialects.native.reply import explained, passed_headers
from gateway.dialects.native.request import forwarded_headers
from gateway.dialects.native.stream import NativeStream, read_json
from gateway.dialects.stream import Verdict
from gateway.errors import UnknownModel
from gateway.http1 import Head
from gateway.messages import Response
from gateway.operations.call import Call
from gateway.operations.relay import Relay


def answer(call: Call, model_id: str) -> Response:
    """Answer Converse.

    Raises:
        GatewayError: Bedrock could not be asked. What it answers itself, errors too, is passed on.
    """
    pending = _send(call, model_id, "converse")
    try:
        head = call.head_of(pending)
        if head.status != 200:
            return _refusal(call, head, pending)
        body = call.body_of(pending)
    finally:
        pending.close()
    reply = read_json(body)
    call.record.verdict = Verdict(
        stop_reason=str(reply.get("stopReason", "")), usage=usage_of(reply.get("usage") or {})
    )
    return Response(head.status, passed_headers(head.headers), (body,))


def answer_stream(call: Call, model_id: str) -> Response:
    """Answer ConverseStream. The status is Bedrock's: an early 200 would turn a retryable 429 into a broken stream.

    Raises:
        GatewayError: Bedrock could not be asked. What it answers itself, errors too, is passed on.
    """
    pending = _send(call, model_id, "converse-stream")
    try:
        head = call.head_of(pending)
        if head.status != 200:
            return _refusal(call, head, pending)
    except BaseException:
        pending.close()
        raise
    return Response(head.status, passed_headers(head.headers), Relay(call, pending, NativeStream(), answered=True))


def _send(call: Call, model_id: str, operation: str) -> PendingResponse:
    return call.send(model_id, operation, forwarded_headers(call.request.headers), call.request.body)


def _refusal(call: Call, head: Head, pending: PendingResponse) -> Response:
    """Pass Bedrock's own error on, with its status, its headers and its text."""
    try:
        body = call.body_of(pending)
    finally:
        pending.close()
    call.record.error = error = call.refusal(head, body)
    if isinstance(error, UnknownModel):
        raise error
    return Response(head.status, passed_headers(head.headers), (explained(head.headers, body) or b"{}",))
