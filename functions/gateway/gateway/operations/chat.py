"""Chat Completions through Converse and ConverseStream."""

from functools import partial
from typing import TypedDict

from sluice.traits import ModelTraits

from gateway.converse.draft import Built, build
from gateway.dialects.openai_chat.reply import ReplyForm, completion
from gateway.dialects.openai_chat.request import ChatRequest, read_request
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.messages import Response
from gateway.operations import conversing
from gateway.operations.call import Call
from gateway.operations.conversing import Translation


class About(TypedDict):
    """What a reply says of itself, whole or streamed."""

    reply_id: str
    created: int
    model: str
    form: ReplyForm


def answer(call: Call) -> Response:
    """Answer a chat completion, streamed or whole.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock, before anything was sent.
    """
    request = read_request(call.request.body, call.request.headers, call.remote_files())
    call.record.ignored_fields = request.ignored
    call.record.left_out_tools = request.left_out_tools
    model_id = call.resolve(request.model)

    def translated(traits: ModelTraits) -> Translation:
        built = build(request.draft, traits)
        about: About = {
            "reply_id": f"chatcmpl-{call.new_id}",
            "created": call.created,
            "model": request.model,
            "form": _form(call, request, built),
        }
        new_stream = partial(ChatStream, include_usage=request.include_usage, **about)
        return Translation(built.body, new_stream, partial(completion, **about))

    return conversing.answer(call, model_id, translated, streams=request.stream)


def _form(call: Call, request: ChatRequest, built: Built) -> ReplyForm:
    return ReplyForm(
        names=built.names,
        custom_tools=request.custom_tools,
        answer_tool=built.output_tool,
        unwraps=built.output_unwraps,
        ids_carry_reasoning=not request.keeps_reasoning,
        cost=call.told_cost,
    )
