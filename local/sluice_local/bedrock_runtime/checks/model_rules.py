"""What one model refuses and another takes: thinking, sampling, prefill, caching, tools, modalities."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.answering.reasoning import is_genuine
from sluice_local.bedrock_runtime.answering.thinking import additional_object
from sluice_local.bedrock_runtime.checks.abilities import Abilities, abilities_of
from sluice_local.bedrock_runtime.checks.conversation import cache_points, content_blocks
from sluice_local.bedrock_runtime.checks.strict_schemas import check_answer_schema, check_limits, check_strict_tools
from sluice_local.bedrock_runtime.errors import ServiceError, invalid, refused
from sluice_local.bedrock_runtime.models import Model

Request = Mapping[str, Any]
_LEAST_BUDGET = 1024
_THINKING_PAGE = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
# What Claude takes besides Converse's own fields; anything else it calls an extra input.
_CLAUDE_FIELDS = frozenset(
    {
        "anthropic_beta",
        "block_binding",
        "context_management",
        "metadata",
        "output_config",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
    }
)


def check_model(request: Request, model: Model, *, streaming: bool) -> None:
    """Refuse what this model cannot do. Raises ValidationException or AccessDeniedException."""
    if "TEXT" not in model.output_modalities or "TEXT" not in model.input_modalities:
        raise invalid(f"The model {model.asked} is not supported by this operation.")
    if streaming and not model.streaming:
        raise invalid("The model is unsupported for streaming.")
    abilities = abilities_of(model.base_id)
    if streaming and request.get("toolConfig") and not abilities.streams_tools:
        raise invalid("This model doesn't support tool use in streaming mode.")
    for check in _CHECKS:
        check(request, model, abilities)
    if abilities.is_claude:
        for claude_check in _CLAUDE_CHECKS:
            claude_check(request, abilities)


def _check_modalities(request: Request, model: Model, _: Abilities) -> None:
    for kind, modality in (("image", "IMAGE"), ("video", "VIDEO"), ("audio", "SPEECH")):
        if modality not in model.input_modalities and any(content_blocks(request["messages"], kind)):
            raise invalid(
                f"This model doesn't support the {kind} content block that you provided. Remove it and try again."
            )


def _check_tools(request: Request, _: Model, abilities: Abilities) -> None:
    configuration = request.get("toolConfig")
    if configuration and not abilities.tools:
        raise invalid("This model doesn't support tool use.")
    if configuration and not abilities.forced_tools and _forces_tools(request):
        raise _from_model("tool_choice: this model does not support forcing tool use.")


def _check_system(request: Request, _: Model, abilities: Abilities) -> None:
    if request.get("system") and not abilities.system:
        raise invalid("This model doesn't support the system field. Remove system and try again.")


def _check_inference(request: Request, _: Model, abilities: Abilities) -> None:
    settings = request.get("inferenceConfig", {})
    if settings.get("stopSequences") and not abilities.stop_sequences:
        raise invalid("This model doesn't support the stopSequences field. Remove stopSequences and try again.")
    if any(not sequence for sequence in settings.get("stopSequences", ())):
        raise invalid("The value at inferenceConfig.stopSequences is blank. Remove the blank value and try again.")
    if settings.get("maxTokens", abilities.fewest_tokens) < abilities.fewest_tokens:
        raise invalid(
            f"The value at inferenceConfig.maxTokens must be at least {abilities.fewest_tokens} for this model."
        )


def _check_caching(request: Request, _: Model, abilities: Abilities) -> None:
    if abilities.cache_minimum is None and cache_points(request):
        raise refused(
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for "
            "more information.",
        )


def _check_strict_schemas(request: Request, _: Model, abilities: Abilities) -> None:
    answer = _answer_schema(request)
    specs = [tool.get("toolSpec", {}) for tool in request.get("toolConfig", {}).get("tools", ())]
    tools = {f"tools.{at}.custom": spec["inputSchema"]["json"] for at, spec in enumerate(specs) if spec.get("strict")}
    if answer is not None:
        if not abilities.structured_output:
            raise _from_model("output_config.format: Extra inputs are not permitted")
        check_answer_schema(answer)
    if tools and not abilities.strict_tools:
        raise _from_model(f"{next(iter(tools))}.strict: Extra inputs are not permitted")
    check_strict_tools(tools)
    check_limits([*tools.values(), *([] if answer is None else [answer])])


def _answer_schema(request: Request) -> Mapping[str, Any] | None:
    structure = request.get("outputConfig", {}).get("textFormat", {}).get("structure", {})
    try:
        schema = json.loads(structure["jsonSchema"]["schema"]) if structure else None
    except ValueError:
        schema = ()
    if schema is not None and not isinstance(schema, dict):
        raise invalid("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON schema.")
    return schema


def _check_mixed_turns(request: Request, _: Model, abilities: Abilities) -> None:
    for at, message in enumerate(request["messages"]):
        kinds = {next(iter(block)) for block in message["content"]} - {"cachePoint"}
        for kind, words in (("toolUse", "tool use"), ("toolResult", "tool result")):
            if not abilities.mixed_turns and kind in kinds and len(kinds) > 1:
                raise invalid(
                    f"messages.{at}.content: Conversation blocks and {words} blocks cannot be provided in the same "
                    "turn."
                )


def _check_reasoning_history(request: Request, _: Model, abilities: Abilities) -> None:
    for at, index, reasoning in content_blocks(request["messages"], "reasoningContent"):
        if "redactedContent" in reasoning and not abilities.is_claude:
            raise invalid(
                f"This model doesn't support the reasoningContent.redactedContent field at "
                f"messages.{at}.content.{index}. Remove it and try again."
            )


_CHECKS: Sequence[Callable[[Request, Model, Abilities], None]] = (
    _check_modalities,
    _check_tools,
    _check_system,
    _check_inference,
    _check_caching,
    _check_strict_schemas,
    _check_mixed_turns,
    _check_reasoning_history,
)


def _check_tool_schemas(request: Request, _: Abilities) -> None:
    for at, tool in enumerate(request.get("toolConfig", {}).get("tools", ())):
        schema = tool.get("toolSpec", {}).get("inputSchema", {}).get("json", {})
        if not {"oneOf", "allOf", "anyOf"}.isdisjoint(schema):
            raise _from_model(
                f"tools.{at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
            )


def _check_prefill(request: Request, abilities: Abilities) -> None:
    if not abilities.prefill and request["messages"][-1]["role"] == "assistant":
        raise _from_model(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_extra_fields(request: Request, _: Abilities) -> None:
    fields = request.get("additionalModelRequestFields")
    for name in fields if isinstance(fields, dict) else ():
        if name not in _CLAUDE_FIELDS:
            raise _from_model(f"{name}: Extra inputs are not permitted")


def _check_sampling(request: Request, abilities: Abilities) -> None:
    settings = request.get("inferenceConfig", {})
    if abilities.sampling == "fixed":
        if "topP" in settings:
            raise _from_model("`top_p` is deprecated for this model.")
        if settings.get("temperature", 1) != 1:
            raise _from_model("`temperature` is deprecated for this model.")
    if abilities.sampling == "one_of" and "topP" in settings and "temperature" in settings:
        raise _from_model("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def _check_thinking(request: Request, abilities: Abilities) -> None:
    thinking = additional_object(request, "thinking")
    kind = thinking.get("type")
    if (kind == "disabled" and (abilities.always_reasons or abilities.between_tools)) or (
        kind == "between_tools" and not abilities.between_tools
    ):
        raise _from_model(f"thinking.type: `{kind}` is not supported for this model.")
    if kind in (None, "disabled", "between_tools"):
        return
    if kind not in ("enabled", "adaptive"):
        raise _from_model(f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    if kind == "enabled" and abilities.reasoning == "adaptive":
        raise _from_model(
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.'
        )
    if abilities.reasoning == "none" or (kind == "adaptive" and abilities.reasoning == "budget"):
        raise _from_model(f"thinking.type: `{kind}` is not supported for this model.")
    if kind == "enabled":
        _check_budget(request, thinking)
    _check_thinking_company(request)


def _check_budget(request: Request, thinking: Mapping[str, Any]) -> None:
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int) or isinstance(budget, bool):
        raise _from_model("thinking.enabled.budget_tokens: Field required")
    if budget < _LEAST_BUDGET:
        raise _from_model(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}")
    if request.get("inferenceConfig", {}).get("maxTokens", budget + 1) <= budget:
        raise _from_model(
            f"`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
            f"{_THINKING_PAGE}#max-tokens-and-context-window-size"
        )


def _check_thinking_company(request: Request) -> None:
    """Refuse what may not stand beside thinking: sampling, forced tools."""
    settings = request.get("inferenceConfig", {})
    if settings.get("temperature", 1) != 1:
        raise _from_model(
            "`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at "
            f"{_THINKING_PAGE}#important-considerations-when-using-extended-thinking"
        )
    if _forces_tools(request):
        raise _from_model("Thinking may not be enabled when tool_choice forces tool use.")


def _check_signatures(request: Request, _: Abilities) -> None:
    for at, index, reasoning in content_blocks(request["messages"], "reasoningContent"):
        if "reasoningText" in reasoning and not is_genuine(reasoning["reasoningText"]):
            raise _from_model(f"messages.{at}.content.{index}: Invalid `signature` in `thinking` block")


def _check_last_tool_turn(request: Request, _: Abilities) -> None:
    """Refuse thinking with a budget where the assistant's turn that called tools has lost its own."""
    messages = request["messages"]
    if additional_object(request, "thinking").get("type") != "enabled" or not any(
        "toolResult" in block for block in messages[-1]["content"]
    ):
        return
    at = max((at for at, message in enumerate(messages) if message["role"] == "assistant"), default=0)
    if messages[at]["role"] == "assistant" and "reasoningContent" not in messages[at]["content"][0]:
        found = "tool_use" if "toolUse" in messages[at]["content"][0] else "text"
        raise _from_model(
            f"messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from "
            "previous turns. To avoid this requirement, disable `thinking`. Please consult our documentation at "
            f"{_THINKING_PAGE}"
        )


_CLAUDE_CHECKS: Sequence[Callable[[Request, Abilities], None]] = (
    _check_tool_schemas,
    _check_prefill,
    _check_extra_fields,
    _check_sampling,
    _check_thinking,
    _check_signatures,
    _check_last_tool_turn,
)


def _forces_tools(request: Request) -> bool:
    choice = request.get("toolConfig", {}).get("toolChoice", {})
    return "any" in choice or "tool" in choice


def _from_model(message: str) -> ServiceError:
    return invalid(f"The model returned the following errors: {message}")
