"""Which function answers which operation.

A dialect is imported when it is first asked: all of them together would take longer than the rest of a cold start, and
an environment's clients rarely speak more than one.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gateway.routing import Dialect, Operation, Route

if TYPE_CHECKING:
    from gateway.errors import GatewayError
    from gateway.messages import Response
    from gateway.operations.call import Call
    from gateway.stores.catalog import CatalogStore


def error_reply(dialect: Dialect, error: "GatewayError", request_id: str) -> "Response":
    """Return an error as the dialect's clients read it."""
    match dialect:
        case Dialect.NATIVE:
            from gateway.dialects.native import reply as native

            return native.error_reply(error, request_id)
        case Dialect.OPENAI:
            from gateway.dialects.openai_chat import reply as openai

            return openai.error_reply(error, request_id)
        case Dialect.ANTHROPIC:
            from gateway.dialects.anthropic_messages import errors as anthropic

            return anthropic.error_reply(error, request_id)


def _chat(call: "Call", _: Route) -> "Response":
    from gateway.operations import chat

    return chat.answer(call)


def _responses(call: "Call", _: Route) -> "Response":
    from gateway.operations import responses

    return responses.answer(call)


def _stored_response(_: "Call", __: Route) -> "Response":
    from gateway.operations import responses

    return responses.refuse_stored()


def _embeddings(call: "Call", _: Route) -> "Response":
    from gateway.operations import embeddings

    return embeddings.answer(call)


def _messages(call: "Call", _: Route) -> "Response":
    from gateway.operations import messages

    return messages.answer(call)


def _count_message_tokens(call: "Call", _: Route) -> "Response":
    from gateway.operations import messages

    return messages.count_tokens(call)


def _native(call: "Call", where: Route) -> "Response":
    from gateway.operations import native

    return native.answer(call, where.name, where.operation)


def _native_stream(call: "Call", where: Route) -> "Response":
    from gateway.operations import native

    return native.answer_stream(call, where.name, where.operation)


def _guardrail(call: "Call", where: Route) -> "Response":
    from gateway.operations import native

    return native.apply_guardrail(call, where.name, where.version)


def _list_models(catalog: "CatalogStore", _: Route) -> "Response":
    from gateway.dialects.openai_models.reply import model_list

    return model_list(catalog.models())


def _get_model(catalog: "CatalogStore", where: Route) -> "Response":
    from gateway.dialects.openai_models.reply import single_model

    return single_model(catalog.models(), where.name)


# The operations that the catalog answers.
CATALOG_ANSWERS: Mapping[Operation, Callable[["CatalogStore", Route], "Response"]] = {
    Operation.LIST_MODELS: _list_models,
    Operation.GET_MODEL: _get_model,
}

# Every operation that asks Bedrock.
ANSWERS: Mapping[Operation, Callable[["Call", Route], "Response"]] = {
    Operation.CHAT_COMPLETIONS: _chat,
    Operation.RESPONSES: _responses,
    Operation.STORED_RESPONSE: _stored_response,
    Operation.EMBEDDINGS: _embeddings,
    Operation.MESSAGES: _messages,
    Operation.COUNT_MESSAGE_TOKENS: _count_message_tokens,
    Operation.CONVERSE: _native,
    Operation.INVOKE: _native,
    Operation.COUNT_TOKENS: _native,
    Operation.CONVERSE_STREAM: _native_stream,
    Operation.INVOKE_STREAM: _native_stream,
    Operation.APPLY_GUARDRAIL: _guardrail,
}
