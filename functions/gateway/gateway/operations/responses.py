"""OpenAI's Responses through Converse and ConverseStream, without any stored state."""

from functools import partial

from sluice.traits import ModelTraits

from gateway.converse.draft import build
from gateway.dialects.openai_responses.reply import ReplyForm, ResponseHead
from gateway.dialects.openai_responses.request import read_request
from gateway.dialects.openai_responses.stream import ResponseStream
from gateway.dialects.openai_responses.writer import response
from gateway.errors import UnknownRoute
from gateway.messages import Response
from gateway.operations import conversing
from gateway.operations.call import Call
from gateway.operations.conversing import Translation


def answer(call: Call) -> Response:
    """Answer a Responses request, streamed or whole.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock, before anything was sent.
    """
    request = read_request(call.request.body, call.request.headers, call.remote_files())
    call.record.ignored_fields = request.ignored
    call.record.left_out_tools = request.left_out_tools
    model_id = call.resolve(request.model)
    head = ResponseHead(f"resp_{call.new_id}", call.created, request.model, request.echo)

    def translated(traits: ModelTraits) -> Translation:
        built = build(request.draft, traits)
        form = ReplyForm(
            names=built.names,
            tools=request.tools,
            answer_tool=built.output_tool,
            unwraps=built.output_unwraps,
            ids_carry_reasoning=not request.keeps_reasoning,
            cost=call.told_cost,
        )
        return Translation(built.body, partial(ResponseStream, head, form), partial(response, head=head, form=form))

    return conversing.answer(call, model_id, translated, streams=request.stream)


def refuse_stored() -> Response:
    """Answer whatever is asked of a response that was given earlier.

    Raises:
        UnknownRoute: always.
    """
    raise UnknownRoute(
        "Sluice stores no responses, so there is nothing to retrieve, cancel or delete. Keep what POST /v1/responses "
        "answers, and send it back in `input`."
    )
