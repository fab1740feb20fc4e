"""Bedrock Runtime's operations for clients that speak them: bytes pass, only what must be read is read."""

from collections.abc import Callable
from urllib.parse import quote

from gateway.aws.connection import PendingResponse
from gateway.dialects.native.reply import explained, passed_headers, refusal_headers, usage_in
from gateway.dialects.native.request import forwarded_headers
from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import ConverseWitness, InvokeWitness, Witness, read_json
from gateway.dialects.stream import Verdict
from gateway.errors import UpstreamRefused
from gateway.http1 import Head
from gateway.messages import Response
from gateway.operations.call import Call
from gateway.operations.relay import Relay
from gateway.routing import Operation

# What follows a streamed answer, by operation: the two kinds of stream say in different frames that they are whole.
_WITNESSES: dict[str, Callable[[], Witness]] = {
    Operation.CONVERSE_STREAM: ConverseWitness,
    Operation.INVOKE_STREAM: InvokeWitness,
}


def answer(call: Call, model_id: str, operation: Operation) -> Response:
    """Answer Converse, InvokeModel or CountTokens.

    Raises:
        GatewayError: Bedrock could not be asked. What it answers itself, errors too, is passed on.
    """
    return _whole(call, _ask(call, model_id, operation))


def apply_guardrail(call: Call, guardrail: str, version: str) -> Response:
    """Answer ApplyGuardrail.

    Raises:
        GatewayError: Bedrock could not be asked.
    """
    path = f"/guardrail/{quote(guardrail, safe='')}/version/{version}/apply"
    call.record.model = f"guardrail/{guardrail}"
    headers = forwarded_headers(call.request.headers)
    return _whole(call, call.send_to(path, "apply", headers, call.request.body))


def answer_stream(call: Call, model_id: str, operation: Operation) -> Response:
    """Answer ConverseStream or InvokeModelWithResponseStream.

    The status is Bedrock's: an early 200 would turn a retryable 429 into a broken stream.

    Raises:
        GatewayError: Bedrock could not be asked. What it answers itself, errors too, is passed on.
    """
    pending = _ask(call, model_id, operation)
    try:
        head = call.head_of(pending)
        if head.status != 200:
            return _refusal(call, head, pending)
    except BaseException:
        pending.close()
        raise
    stream = NativeStream(_WITNESSES[operation]())
    return Response(head.status, passed_headers(head.headers), Relay(call, pending, stream, answered=True))


def _ask(call: Call, name: str, operation: Operation) -> PendingResponse:
    # CountTokens takes no inference profile.
    model_id = call.foundation_id(name) if operation is Operation.COUNT_TOKENS else call.resolve(name)
    return call.send(model_id, operation, forwarded_headers(call.request.headers), call.request.body)


def _whole(call: Call, pending: PendingResponse) -> Response:
    try:
        head = call.head_of(pending)
        if head.status != 200:
            return _refusal(call, head, pending)
        body = call.body_of(pending)
    finally:
        pending.close()
    reply = read_json(body)
    call.record.verdict = Verdict(stop_reason=str(reply.get("stopReason", "")), usage=usage_in(reply, head.headers))
    return Response(head.status, passed_headers(head.headers), (body,))


def _refusal(call: Call, head: Head, pending: PendingResponse) -> Response:
    """Pass Bedrock's own error on, with its status, its headers and its text."""
    try:
        body = call.body_of(pending)
    finally:
        pending.close()
    call.record.error = error = call.refusal(head, body)
    if not isinstance(error, UpstreamRefused):
        raise error
    return Response(head.status, refusal_headers(head.headers, error), (explained(error, body) or b"{}",))
