"""Converse and ConverseStream for the dialects that answer in JSON and in server-sent events."""

from collections.abc import Callable
from typing import Any

import orjson

from gateway.bedrock.failures import cannot_stream
from gateway.bedrock.grammar import tier_of, usage_of
from gateway.dialects.stream import StreamEncoder, Verdict
from gateway.errors import GatewayError, StreamBroken
from gateway.messages import Response
from gateway.operations.call import Call
from gateway.operations.relay import Relay

type Json = dict[str, Any]

_SSE_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


def streamed(
    call: Call,
    model_id: str,
    request: Json,
    new_encoder: Callable[[], StreamEncoder],
    *,
    id_header: str = "x-request-id",
) -> Response:
    """Answer with ConverseStream's events, as an encoder tells them; `request` is Converse's.

    Where the model does not stream, or not with tools, its whole answer is told as a stream. `id_header` is where the
    dialect's SDKs look for the request's id.

    Raises:
        GatewayError: Bedrock refused, or its stream broke, before anything was sent.
    """
    body = orjson.dumps(request)
    try:
        relay = _opened(call, model_id, "converse-stream", body, new_encoder)
    except GatewayError as error:
        if not cannot_stream(error):
            raise
        # Few models are like that.
        from gateway.dialects.whole_stream import WholeStream

        relay = _opened(call, model_id, "converse", body, lambda: WholeStream(new_encoder()))
    return Response(200, {**_SSE_HEADERS, id_header: call.request.request_id}, relay)


def _opened(call: Call, model_id: str, operation: str, body: bytes, new_encoder: Callable[[], StreamEncoder]) -> Relay:
    pending = call.send(model_id, operation, {}, body)
    # Made only now, while Bedrock is at work already.
    relay = Relay(call, pending, new_encoder(), answered=False)
    relay.open()
    return relay


def whole(
    call: Call, model_id: str, request: Json, tell: Callable[[Json], Json], *, id_header: str = "x-request-id"
) -> Response:
    """Answer with what `tell` makes of Converse's reply; `id_header` as in `streamed`.

    Raises:
        GatewayError: Bedrock refused, or answered with what `tell` cannot read.
    """
    pending = call.send(model_id, "converse", {}, orjson.dumps(request))
    try:
        head = call.head_of(pending)
        body = call.body_of(pending)
    finally:
        pending.close()
    if head.status != 200:
        raise call.refusal(head, body)
    try:
        reply = orjson.loads(body)
        # Before it is told: a reply that cannot be carried was paid for all the same.
        call.record.verdict = Verdict(
            stop_reason=str(reply["stopReason"]),
            usage=usage_of(reply.get("usage", {}), reply.get("additionalModelResponseFields"), tier_of(reply)),
        )
        answer = orjson.dumps(tell(reply))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise StreamBroken("Bedrock answered with what is no Converse response.") from error
    return Response(200, {"content-type": "application/json", id_header: call.request.request_id}, (answer,))
