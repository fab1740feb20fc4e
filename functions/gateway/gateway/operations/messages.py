"""Anthropic Messages through Converse, ConverseStream and CountTokens."""

from functools import partial
from typing import TypedDict

import orjson
from sluice.traits import ModelTraits

from gateway.converse.draft import Built, build
from gateway.converse.estimate import prompt_tokens
from gateway.dialects.anthropic_messages.ending import ReplyForm
from gateway.dialects.anthropic_messages.reply import message
from gateway.dialects.anthropic_messages.request import MessagesRequest, read_request
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.anthropic_messages.tokens import cannot_count, count_request, foundation_id
from gateway.errors import StreamBroken
from gateway.messages import Response
from gateway.operations import conversing
from gateway.operations.call import Call
from gateway.operations.conversing import Translation

_ID_HEADER = "request-id"
# Says that a count of tokens is an estimate.
ESTIMATED_HEADER = "x-sluice-estimated"


class About(TypedDict):
    """What a reply says of itself, whole or streamed."""

    reply_id: str
    model: str
    form: ReplyForm


def answer(call: Call) -> Response:
    """Answer a message, streamed or whole.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock, before anything was sent.
    """
    request, model_id = _read(call)

    def translated(traits: ModelTraits) -> Translation:
        built = _built(call, request, traits)
        form = ReplyForm(built.names, built.output_tool, built.output_unwraps, request.stop_sequences, call.told_cost)
        about: About = {"reply_id": f"msg_{call.new_id}", "model": request.model, "form": form}
        new_stream = partial(MessagesStream, request_id=call.request.request_id, **about)
        return Translation(built.body, new_stream, partial(message, **about))

    return conversing.answer(call, model_id, translated, streams=request.stream, id_header=_ID_HEADER)


def count_tokens(call: Call) -> Response:
    """Answer how many tokens a message's prompt has: counted by Bedrock, or else estimated and marked as that.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock.
    """
    request, model_id = _read(call)
    traits = call.traits_of(model_id)
    built = _built(call, request, traits)
    base_id = foundation_id(call.foundation_id(request.model))
    counted = _counted(call, base_id, built) if base_id and traits.counts_tokens else None
    tokens = prompt_tokens(built.body) if counted is None else counted
    headers = {"content-type": "application/json", _ID_HEADER: call.request.request_id}
    if counted is None:
        headers[ESTIMATED_HEADER] = "true"
    return Response(200, headers, (orjson.dumps({"input_tokens": tokens}),))


def _read(call: Call) -> tuple[MessagesRequest, str]:
    request = read_request(call.request.body, call.request.headers, call.remote_files())
    call.record.ignored_fields = request.ignored
    call.record.model = model_id = call.resolve(request.model)
    return request, model_id


def _built(call: Call, request: MessagesRequest, traits: ModelTraits) -> Built:
    draft, extras = request.for_model(traits)
    call.record.left_out_tools = request.left_out_tools + len(extras.unknown_tools)
    call.record.dropped_betas = extras.dropped_betas
    return build(draft, traits)


def _counted(call: Call, base_id: str, built: Built) -> int | None:
    """Return Bedrock's count; None where it counts none for this model."""
    pending = call.send(base_id, "count-tokens", {}, count_request(built.body))
    try:
        head = call.head_of(pending)
        body = call.body_of(pending)
    finally:
        pending.close()
    if head.status != 200:
        error = call.refusal(head, body)
        if cannot_count(error):
            return None
        raise error
    try:
        return int(orjson.loads(body)["inputTokens"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StreamBroken("Bedrock answered with what is no count of tokens.") from error
