"""A request as a dialect read it, and the Converse request that it becomes for one model."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sluice.traits import UNKNOWN_MODEL, ModelTraits

from gateway.converse import structured
from gateway.converse.caching import Caching, place_cache_points
from gateway.converse.content import Block, text_block
from gateway.converse.conversation import Conversation
from gateway.converse.extras import service_tier
from gateway.converse.reasoning import Reasoning, ReasoningPlan, plan_reasoning
from gateway.converse.sampling import Sampling, inference_config, top_k_fields
from gateway.converse.strict_schemas import StrictSchemas
from gateway.converse.structured import OutputFormat
from gateway.converse.tools import (
    NO_TOOL,
    Tool,
    ToolChoice,
    ToolNames,
    allowed_choice,
    has_tool_blocks,
    told_as_text,
    tool_config,
    tool_use_id,
)

type Json = dict[str, Any]


class Draft(NamedTuple):
    """What a client asked for, in no dialect's words. `guardrail` and `metadata` are Converse's objects already.

    Names and ids of tools are the client's own everywhere, in the conversation's blocks too. `fields` are members of
    `additionalModelRequestFields` that the dialect adds by itself, `reasoning_fields` those that make sense only where
    the model reasons. `model_tools` are the names of the tools among them. `performance` is `performanceConfig`.
    `response_fields` are JSON pointers for `additionalModelResponseFieldPaths`.
    """

    conversation: Conversation
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tools: bool = True
    output: OutputFormat | None = None
    reasoning: Reasoning = Reasoning()
    sampling: Sampling = Sampling()
    caching: Caching = Caching()
    guardrail: Json | None = None
    service_tier: str = ""
    metadata: Json | None = None
    fields: Mapping[str, Any] = {}
    reasoning_fields: Mapping[str, Any] = {}
    model_tools: frozenset[str] = frozenset()
    response_fields: tuple[str, ...] = ()
    performance: Json | None = None


class Built(NamedTuple):
    """A Converse request's body without the model's id, and what its reply must be read with.

    names: gives tools their client's names back. output_tool: the name of the tool whose input is the answer, empty
    where the answer is text (`answer.AnswerReader(output_tool, unwraps=output_unwraps)` reads it). reasons: the model
    will reason.
    """

    body: Json
    names: ToolNames
    output_tool: str = ""
    output_unwraps: bool = True
    reasons: bool = False


def build(draft: Draft, traits: ModelTraits = UNKNOWN_MODEL) -> Built:
    """Make the Converse request.

    Raises:
        InvalidRequest: something cannot be carried; it names the field.
    """
    messages = draft.conversation.finish(traits)
    plan = plan_reasoning(
        draft.reasoning,
        traits,
        max_tokens=draft.sampling.max_tokens,
        messages=messages,
        has_tools=bool(draft.tools),
    )
    names, strict_schemas = ToolNames(traits), StrictSchemas()
    native = structured.native_schema(draft.output, traits, strict_schemas, reasons=plan.reasons)
    tools, choice, output_tool = _offered(draft, traits, plan, is_native=native is not None)
    choice, of_model_tools = _divided(choice, draft, has_tools=bool(tools))
    if not tools and draft.model_tools and has_tool_blocks(messages):
        tools = [NO_TOOL]
    config = tool_config(tools, choice, names, traits, strict_schemas)
    if config is None and has_tool_blocks(messages):
        messages = told_as_text(messages)
    body: Json = {"messages": [_renamed(message, names) for message in messages]}
    if system := _system(draft, native, output_tool, is_unforced=choice.kind == "auto"):
        if traits.system:
            body["system"] = system
        else:
            body["messages"][0]["content"][:0] = system
    if inference := inference_config(draft.sampling, traits, plan):
        body["inferenceConfig"] = inference
    if config is not None:
        body["toolConfig"] = config
    if draft.output and native is not None:
        body["outputConfig"] = structured.output_config(draft.output, native)
    if fields := _additional_fields(draft, traits, plan, config, of_model_tools):
        body["additionalModelRequestFields"] = fields
    body.update(_extras(draft, traits, plan))
    place_cache_points(body, draft.caching, traits)
    return Built(body, names, output_tool, _unwraps(draft.output), plan.reasons)


def _offered(
    draft: Draft, traits: ModelTraits, plan: ReasoningPlan, *, is_native: bool
) -> tuple[list[Tool], ToolChoice, str]:
    """Return the tools to offer, the choice, and the name of the one that takes the answer."""
    tools = [] if draft.tool_choice.kind == "none" else list(draft.tools)
    choice = draft.tool_choice
    output = draft.output
    if output is None or output.schema is None or is_native or not traits.tools:
        return tools, allowed_choice(choice, traits, reasons=plan.reasons), ""
    choice = structured.output_choice(choice, beside_others=bool(tools))
    tools = [*tools, structured.output_tool(output)]
    return tools, allowed_choice(choice, traits, reasons=plan.reasons), structured.OUTPUT_TOOL


def _divided(choice: ToolChoice, draft: Draft, *, has_tools: bool) -> tuple[ToolChoice, Json]:
    """Return the choice for `toolConfig`, and Claude's own for tools that only its fields hold."""
    if choice.kind == "tool" and choice.name in draft.model_tools:
        return ToolChoice(), {"type": "tool", "name": choice.name}
    if choice.kind == "any" and draft.model_tools and not has_tools:
        return ToolChoice(), {"type": "any"}
    return choice, {}


def _unwraps(output: OutputFormat | None) -> bool:
    """Tell whether a lone `properties` around an answer can only be the model's mistake."""
    return output is None or "properties" not in ((output.schema or {}).get("properties") or {})


def _renamed(message: Block, names: ToolNames) -> Block:
    """Give tool uses and results the names and ids that Bedrock takes."""
    return {**message, "content": [_renamed_block(block, names) for block in message["content"]]}


def _renamed_block(block: Block, names: ToolNames) -> Block:
    if use := block.get("toolUse"):
        return {"toolUse": {**use, "toolUseId": tool_use_id(use["toolUseId"]), "name": names.upstream(use["name"])}}
    if result := block.get("toolResult"):
        return {"toolResult": {**result, "toolUseId": tool_use_id(result["toolUseId"])}}
    return block


def _system(draft: Draft, native: Json | None, output_tool: str, *, is_unforced: bool) -> list[Block]:
    system = list(draft.conversation.system)
    if output_tool and is_unforced:
        system.append(text_block(structured.ANSWER_WITH_TOOL))
    if draft.output and native is None and not output_tool:
        system.append(text_block(structured.asked_in_words(draft.output)))
    return system


def _additional_fields(
    draft: Draft, traits: ModelTraits, plan: ReasoningPlan, config: Json | None, choice: Json
) -> Json:
    """Return `additionalModelRequestFields`; `choice` is Claude's own of a tool among them."""
    parts = [draft.fields, draft.reasoning_fields if plan.reasons else {}, plan.fields]
    fields = {**parts[0], **parts[1], **top_k_fields(draft.sampling, traits, plan), **parts[2]}
    betas = [beta for part in parts for beta in part.get("anthropic_beta", [])]
    if betas:
        fields["anthropic_beta"] = list(dict.fromkeys(betas))
    if choice:
        fields["tool_choice"] = choice
    if not draft.parallel_tools and (config or draft.model_tools) and traits.parallel_switch:
        # Beside toolChoice, which already says the type, Claude takes the switch alone.
        kind = {} if config and "toolChoice" in config else {"type": "auto"}
        fields["tool_choice"] = {**kind, **choice, "disable_parallel_tool_use": True}
    return fields


def _extras(draft: Draft, traits: ModelTraits, plan: ReasoningPlan) -> Json:
    extras: Json = {}
    if draft.guardrail:
        extras["guardrailConfig"] = draft.guardrail
    if tier := service_tier(draft.service_tier, traits):
        extras["serviceTier"] = tier
    if draft.performance:
        extras["performanceConfig"] = draft.performance
    if draft.metadata:
        extras["requestMetadata"] = draft.metadata
    reasoning_paths = traits.reasoning_response_fields if plan.reasons else ()
    if paths := dict.fromkeys([*traits.response_fields, *reasoning_paths, *draft.response_fields]):
        extras["additionalModelResponseFieldPaths"] = list(paths)
    return extras
