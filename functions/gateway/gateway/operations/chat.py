"""Chat Completions through Converse and ConverseStream."""

from typing import TypedDict

import orjson

from gateway.bedrock.grammar import usage_of
from gateway.converse.draft import Built, build
from gateway.dialects.openai_chat.reply import ReplyForm, completion
from gateway.dialects.openai_chat.request import ChatRequest, read_request
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.stream import Verdict
from gateway.errors import StreamBroken
from gateway.messages import Response
from gateway.operations.call import Call
from gateway.operations.relay import Relay
from gateway.routing import checked_model_name

_SSE_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
_JSON_HEADERS = {"content-type": "application/json"}
# OpenClaw writes a model's name with its provider in front.
_PROVIDER_PREFIX = "amazon-bedrock/"


class About(TypedDict):
    """What a reply says of itself, whole or streamed."""

    reply_id: str
    created: int
    model: str
    form: ReplyForm


def answer(call: Call, *, created: int, reply_id: str) -> Response:
    """Answer a chat completion, streamed or whole; `created` is epoch seconds.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock, before anything was sent.
    """
    request = read_request(call.request.body, call.request.headers, call.remote_files())
    call.record.ignored_fields = request.ignored
    call.record.left_out_tools = request.left_out_tools
    model_id = checked_model_name(request.model.removeprefix(_PROVIDER_PREFIX))
    built = build(request.draft, call.traits_of(model_id))
    about: About = {"reply_id": reply_id, "created": created, "model": request.model, "form": _form(request, built)}
    body = orjson.dumps(built.body)
    if request.stream:
        return _streamed(call, model_id, body, ChatStream(include_usage=request.include_usage, **about))
    return _whole(call, model_id, body, about)


def _form(request: ChatRequest, built: Built) -> ReplyForm:
    return ReplyForm(
        names=built.names,
        answer_tool=built.output_tool,
        unwraps=built.output_unwraps,
        ids_carry_reasoning=not request.keeps_reasoning,
    )


def _streamed(call: Call, model_id: str, request: bytes, encoder: ChatStream) -> Response:
    pending = call.send(model_id, "converse-stream", {}, request)
    relay = Relay(call, pending, encoder, answered=False)
    relay.open()
    return Response(200, {**_SSE_HEADERS, "x-request-id": call.request.request_id}, relay)


def _whole(call: Call, model_id: str, request: bytes, about: About) -> Response:
    pending = call.send(model_id, "converse", {}, request)
    try:
        head = call.head_of(pending)
        body = call.body_of(pending)
    finally:
        pending.close()
    if head.status != 200:
        raise call.refusal(head, body)
    try:
        reply = orjson.loads(body)
        answer = completion(reply, **about)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise StreamBroken("Bedrock answered with what is no Converse response.") from error
    call.record.verdict = Verdict(
        stop_reason=reply.get("stopReason", ""),
        usage=usage_of(reply.get("usage", {}), reply.get("additionalModelResponseFields")),
    )
    return Response(200, {**_JSON_HEADERS, "x-request-id": call.request.request_id}, (orjson.dumps(answer),))
