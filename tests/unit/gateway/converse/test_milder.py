"""A model of which nothing is known: what it refuses is left away, until it takes the request."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from gateway.bedrock.failures import refused
from gateway.converse.caching import cache_point
from gateway.converse.content import text_block
from gateway.converse.conversation import Conversation, tool_result, tool_use
from gateway.converse.draft import Draft, build
from gateway.converse.milder import milder
from gateway.converse.reasoning import Reasoning
from gateway.converse.sampling import Sampling
from gateway.converse.structured import OutputFormat
from gateway.converse.tools import Tool, ToolChoice
from gateway.operations.conversing import _MOST_REFUSALS
from sluice.traits import UNKNOWN_MODEL, ModelTraits, differences
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import Model

MODELS = [model.model_id for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
# They take no tools, which no other way of asking can change.
WITHOUT_TOOLS = ("amazon.titan", "mistral.mistral-7b", "deepseek.r1")
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
UNION = {"anyOf": [SCHEMA, {"type": "object", "properties": {"b": {"type": "string"}}}]}


def talk(*, marked: bool = False, prefill: bool = False, redacted: bool = False) -> Conversation:
    conversation = Conversation(keeps_order=True)
    conversation.add_system([text_block("Be kind."), *([cache_point("1h")] if marked else [])])
    conversation.add("user", [text_block("Hello.")])
    if redacted:
        conversation.add("assistant", [{"reasoningContent": {"redactedContent": "YQ=="}}, text_block("Hello!")])
        conversation.add("user", [text_block("How are you?")])
    if prefill:
        conversation.add("assistant", [text_block("I am")])
    return conversation


def used_a_tool() -> Conversation:
    conversation = talk()
    conversation.add("assistant", [text_block("I will look."), tool_use("a", "f", {})])
    conversation.add("user", [tool_result("a", [text_block("21 °C")]), text_block("And?")])
    return conversation


DRAFTS = {
    "sampling": Draft(talk(), sampling=Sampling(temperature=0.5, top_p=0.5)),
    "top_k": Draft(talk(), sampling=Sampling(temperature=0.5, top_k=5)),
    "stop sequences": Draft(talk(), sampling=Sampling(stop_sequences=["."])),
    "cache marks": Draft(talk(marked=True)),
    "prefill": Draft(talk(prefill=True)),
    "redacted reasoning": Draft(talk(redacted=True)),
    "output": Draft(talk(), output=OutputFormat(SCHEMA)),
    "strict tool": Draft(talk(), tools=[Tool("f", schema=SCHEMA, strict=True)]),
    "named tool": Draft(talk(), tools=[Tool("f", schema=SCHEMA)], tool_choice=ToolChoice("tool", "f")),
    "union": Draft(talk(), tools=[Tool("f", schema=UNION)]),
    "mixed turns": Draft(used_a_tool(), tools=[Tool("f")]),
    "budget": Draft(talk(), reasoning=Reasoning(budget=2000, mode="enabled")),
    "adaptive": Draft(talk(), reasoning=Reasoning(mode="adaptive")),
}


def refusal(model_id: str, body: Any) -> ServiceError | None:
    model = Model(model_id, model_id, "", input_modalities=("TEXT",))
    try:
        request = decode_request("Converse", {"modelId": model_id}, {}, orjson.dumps(body))
        check_conversation(request)
        check_model(request, model, streaming=False)
    except ServiceError as error:
        return error
    return None


def attempts(draft: Draft, model_id: str) -> Iterator[tuple[ModelTraits, ServiceError | None]]:
    """Yield each set of traits that is tried, and what the model says to it."""
    traits, body = UNKNOWN_MODEL, build(draft).body
    while True:
        said = refusal(model_id, body)
        yield traits, said
        if said is None:
            return
        for less in milder(traits, refused(said.status, said.name, said.message)):
            if (other := build(draft, less).body) != body:
                traits, body = less, other
                break
        else:
            return


@pytest.mark.parametrize("model_id", MODELS)
@pytest.mark.parametrize("asked", DRAFTS)
def test_what_an_unknown_model_refuses_is_left_away_until_it_answers(asked: str, model_id: str) -> None:
    draft = DRAFTS[asked]
    if draft.tools and model_id.startswith(WITHOUT_TOOLS):
        return
    tried = list(attempts(draft, model_id))
    assert tried[-1][1] is None
    assert len(tried) <= 1 + _MOST_REFUSALS


@pytest.mark.parametrize(
    ("text", "left_away"),
    [
        ("output_config.format: Extra inputs are not permitted", "structured_output"),
        ("output_config.format.schema: For 'array' type, property 'maxItems' is not supported", "structured_output"),
        ("Schema is too complex for compilation. Try reducing the number of tools", "structured_output"),
        ("The compiled grammar is too large, which would cause performance issues.", "structured_output"),
        ("Schemas contains too many parameters with union types (17, limit: 16)", "structured_output"),
        ("tools.0.custom.strict: Extra inputs are not permitted", "strict_tools"),
        ("tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false", "strict_tools"),
        ("input_schema does not support oneOf, allOf, or anyOf at the top level", "root_unions"),
        ("This model doesn't support the cachePoint field. Remove cachePoint and try again.", "cache_points"),
        ("This model doesn't support the stopSequences field. Remove it and try again.", "stop_sequences"),
        ("`temperature` and `top_p` cannot both be specified for this model.", "sampling"),
        ("`top_p` is deprecated for this model.", "sampling"),
        ("extraneous key [top_k] is not permitted, please reformat your input", "top_k"),
        ("extraneous key [reasoning_effort] is not permitted, please reformat your input", "reasoning"),
        (
            "messages.2.content: Conversation blocks and tool use blocks cannot be provided in the same turn.",
            "mixed_turns",
        ),
        ("role 'system' is not supported on this model", "mid_conversation_system"),
        ("This model doesn't support system messages. Try again without a system message", "system"),
        ("This model doesn't support the toolConfig.toolChoice.tool field. Remove it and try again.", "tool_choices"),
        ("tool_choice: this model does not support forcing tool use.", "tool_choices"),
        ("This model doesn't support the status field. Remove status and try again.", "tool_result_status"),
        ("This model doesn't support the reasoningContent.reasoningText.signature field.", "reasoning_history"),
    ],
)
def test_the_words_of_bedrock_and_of_the_models(text: str, left_away: str) -> None:
    error = refused(400, "ValidationException", f"The model returned the following errors: {text}")
    known = ModelTraits(mid_conversation_system=True)
    assert left_away in differences(known, next(milder(known, error)))


@pytest.mark.parametrize(
    ("status", "aws_type", "text"),
    [
        (400, "ValidationException", "Input is too long for requested model."),
        (400, "ValidationException", "The text field in the ContentBlock object at messages.0.content.0 is blank."),
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
        (429, "ThrottlingException", "Too many requests for this model's stopSequences."),
    ],
)
def test_any_other_refusal_is_the_answer(status: int, aws_type: str, text: str) -> None:
    assert list(milder(ModelTraits(), refused(status, aws_type, text))) == []
