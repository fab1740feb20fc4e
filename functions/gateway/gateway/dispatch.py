"""Which function answers which operation.

A dialect is imported when it is first asked: all of them together would take longer than the rest of a cold start, and
an environment's clients rarely speak more than one.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gateway.routing import Dialect, Operation, Route

if TYPE_CHECKING:
    from gateway.errors import GatewayError
    from gateway.listing import Listing
    from gateway.messages import Response
    from gateway.operations.call import Call


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


def _list_models(listing: "Listing", where: Route) -> "Response":
    if where.dialect is not Dialect.ANTHROPIC:
        from gateway.dialects.openai_models.reply import model_list

        return model_list(listing.listed())
    from gateway.dialects.anthropic_models.reply import in_stages, model_page
    from gateway.dialects.anthropic_models.request import read_model_page

    page = read_model_page(listing.request.query)
    rows = in_stages(listing.usable(), page.stages, listing.now) if page.stages else listing.listed()
    return model_page(rows, page, listing.request.request_id, listing.now)


def _get_model(listing: "Listing", where: Route) -> "Response":
    if where.dialect is not Dialect.ANTHROPIC:
        from gateway.dialects.openai_models import reply as openai

        return openai.single_model(listing.model(where.name))
    from gateway.dialects.anthropic_models import reply as anthropic

    return anthropic.single_model(listing.model(where.name), listing.request.request_id, listing.now)


def _list_foundation_models(listing: "Listing", _: Route) -> "Response":
    from gateway.dialects.bedrock_models.reply import foundation_models
    from gateway.dialects.bedrock_models.request import read_model_filters

    filters = read_model_filters(listing.request.query)
    return foundation_models(listing.usable(), filters, listing.request.request_id)


def _get_foundation_model(listing: "Listing", where: Route) -> "Response":
    from gateway.dialects.bedrock_models.reply import foundation_model

    return foundation_model(listing.find(where.name), listing.request.request_id)


def _list_inference_profiles(listing: "Listing", _: Route) -> "Response":
    from gateway.dialects.bedrock_models.reply import inference_profiles
    from gateway.dialects.bedrock_models.request import read_profile_page

    page = read_profile_page(listing.request.query)
    return inference_profiles(listing.usable(), page, listing.request.request_id)


def _get_inference_profile(listing: "Listing", where: Route) -> "Response":
    from gateway.dialects.bedrock_models.reply import inference_profile

    return inference_profile(listing.find(where.name), listing.request.request_id)


def _openclaw_config(listing: "Listing", _: Route) -> "Response":
    from gateway.dialects.openclaw_config.reply import configuration

    return configuration(listing.listed(), listing.base_url, listing.primary_model)


# The operations that the catalog answers.
CATALOG_ANSWERS: Mapping[Operation, Callable[["Listing", Route], "Response"]] = {
    Operation.LIST_MODELS: _list_models,
    Operation.GET_MODEL: _get_model,
    Operation.LIST_FOUNDATION_MODELS: _list_foundation_models,
    Operation.GET_FOUNDATION_MODEL: _get_foundation_model,
    Operation.LIST_INFERENCE_PROFILES: _list_inference_profiles,
    Operation.GET_INFERENCE_PROFILE: _get_inference_profile,
    Operation.OPENCLAW_CONFIG: _openclaw_config,
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
