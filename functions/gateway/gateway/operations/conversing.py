"""Converse and ConverseStream for the dialects that answer in JSON and in server-sent events."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from sluice.traits import ModelTraits, differences

from gateway.bedrock.failures import cannot_stream
from gateway.bedrock.grammar import tier_of, usage_of
from gateway.dialects.stream import StreamEncoder, Verdict
from gateway.errors import StreamBroken, UpstreamRefused
from gateway.messages import Response
from gateway.operations.call import Call
from gateway.operations.relay import Relay

type Json = dict[str, Any]

# Each is asked again without one more thing; more than two at once have not been seen.
_MOST_REFUSALS = 4
_SSE_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


class Translation(NamedTuple):
    """A client's request as Converse's, and how its reply is told: events by an encoder, a whole one by `tell`."""

    request: Json
    new_encoder: Callable[[], StreamEncoder]
    tell: Callable[[Json], Json]


def answer(
    call: Call,
    model_id: str,
    translated: Callable[[ModelTraits], Translation],
    *,
    streams: bool,
    id_header: str = "x-request-id",
) -> Response:
    """Answer with what Bedrock says to the translation for this model, streamed or whole.

    What Bedrock refuses because the model takes less than was thought is asked again without that. `id_header` is where
    the dialect's SDKs look for the request's id.

    Raises:
        GatewayError: Bedrock refused, or its answer broke, before anything was sent.
    """
    carry = _streamed if streams else _whole
    traits = call.traits_of(model_id)
    translation = translated(traits)
    for _ in range(_MOST_REFUSALS):
        try:
            return carry(call, model_id, translation, id_header)
        except UpstreamRefused as error:
            less, translation = _less(traits, translation, translated, error)
            call.record.left_away += differences(traits, less)
            traits = less
    return carry(call, model_id, translation, id_header)


def _less(
    traits: ModelTraits, refused: Translation, translated: Callable[[ModelTraits], Translation], error: UpstreamRefused
) -> tuple[ModelTraits, Translation]:
    """Return what to ask instead; raises the refusal where leaving away what it may speak of changes nothing."""
    # Few requests are refused.
    from gateway.converse.milder import milder

    for less in milder(traits, error):
        translation = translated(less)
        if translation.request != refused.request:
            return less, translation
    raise error


def _streamed(call: Call, model_id: str, translation: Translation, id_header: str) -> Response:
    """Answer with ConverseStream's events; where the model does not stream, or not with tools, its whole answer is."""
    body = orjson.dumps(translation.request)
    try:
        relay = _opened(call, model_id, "converse-stream", body, translation.new_encoder)
    except UpstreamRefused as error:
        if not cannot_stream(error):
            raise
        # Few models are like that.
        from gateway.dialects.whole_stream import WholeStream

        call.record.left_away += ("streaming",)
        relay = _opened(call, model_id, "converse", body, lambda: WholeStream(translation.new_encoder()))
    return Response(200, {**_SSE_HEADERS, id_header: call.request.request_id}, relay)


def _opened(call: Call, model_id: str, operation: str, body: bytes, new_encoder: Callable[[], StreamEncoder]) -> Relay:
    pending = call.send(model_id, operation, {}, body)
    try:
        # Made while Bedrock is at work.
        relay = Relay(call, pending, new_encoder(), answered=False)
    except BaseException:
        pending.close()
        raise
    relay.open()
    return relay


def _whole(call: Call, model_id: str, translation: Translation, id_header: str) -> Response:
    """Answer with what the dialect makes of Converse's reply."""
    pending = call.send(model_id, "converse", {}, orjson.dumps(translation.request))
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
        answer = orjson.dumps(translation.tell(reply))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise StreamBroken("Bedrock answered with what is no Converse response.") from error
    return Response(200, {"content-type": "application/json", id_header: call.request.request_id}, (answer,))
