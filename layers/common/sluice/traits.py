"""What a model takes and refuses in a Converse request, as data: mappers ask the traits, never the model's name."""

from typing import Literal, NamedTuple

# How a model is asked to reason (`additionalModelRequestFields`):
#   raw                 {"reasoning_effort": EFFORT}
#   effort              {"reasoning": {"effort": EFFORT}}
#   nova                {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": EFFORT}}
#   budget              {"thinking": {"type": "enabled", "budget_tokens": N}}
#   adaptive            {"thinking": {"type": "adaptive"}, "output_config": {"effort": EFFORT}}
#   budget_or_adaptive  either of the two; adaptive where the client names no budget
#   any                 nobody knows: in the client's own words, {"thinking": …} or {"reasoning_effort": EFFORT}
#   none                it cannot be asked
ReasoningSwitch = Literal["none", "any", "raw", "effort", "nova", "budget", "adaptive", "budget_or_adaptive"]

# What a model takes back of its own reasoning in later turns: anything; only what it signed; only text without a
# signature; nothing.
ReasoningHistory = Literal["any", "signed", "text", "none"]

# From least to most; a client's words are brought to the nearest one that the model has, rather less than more.
EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")


class ModelTraits(NamedTuple):
    """The rules of one model. The defaults, `UNKNOWN_MODEL`, pass everything on and leave the refusing to Bedrock.

    reasoning: how it is asked to reason; `efforts`: the words it knows for how much; `always_reasons`: it cannot be
        told not to; `off_switch`: Claude's word for not reasoning; `reasoning_fields`: what else to send whenever it
        reasons; `reasoning_display`: takes `display`.
    effort_betas: the betas to send with Claude's `output_config.effort`, which says how much effort also where nothing
        is reasoned; None: it takes no such field.
    reasoning_history, redacted_history: what it takes back of earlier reasoning, and of redacted reasoning.
    sampling: temperature and topP as they come (free), one of them (one_of), or temperature 1 only (fixed).
    top_k: the path of its top-k in `additionalModelRequestFields`; empty: none.
    stop_sequences, fewest_tokens: whether it takes stop sequences; the least `maxTokens` it takes.
    prefill: whether a conversation may end with the assistant. mixed_turns: tool uses and results may stand in one turn
        with other things. system: it takes a system prompt;
        `mid_conversation_system`: it takes the role `system` among the messages.
    tools: it takes any. tool_choices: which of auto, any, tool it takes.
    parallel_switch: Claude's `disable_parallel_tool_use`.
    strict_tools, tool_name_hyphens, regex_lookaround, tool_result_images, tool_result_status: whether it takes them;
        `root_unions`: whether a tool's schema may be a union.
    structured_output: takes `outputConfig.textFormat` always, only where it reasons, or never.
    cache_points: takes cachePoints at all; `cache_tools`: among the tools; `cache_ttls`: the TTLs it takes;
        `cache_minimum`: the least tokens of a prompt worth a cachePoint that the client did not ask for; None: never.
    service_tiers: the tiers it takes; None: any.
    response_fields, reasoning_response_fields: JSON pointers to ask for in `additionalModelResponseFieldPaths`, always
        and where it reasons.
    betas: the flags of `anthropic-beta` that it takes through Bedrock; any other flag makes Bedrock refuse a request.
    anthropic_tools: how the types of those tools begin that Anthropic defined, the client runs and the model knows.
    counts_tokens: whether CountTokens may know it; where it does not, Bedrock says so.
    """

    reasoning: ReasoningSwitch = "any"
    efforts: tuple[str, ...] = ("none", *EFFORTS)
    always_reasons: bool = False
    off_switch: Literal["disabled", "between_tools"] = "disabled"
    reasoning_beta: str = ""
    reasoning_display: bool = True
    effort_betas: tuple[str, ...] | None = ()
    reasoning_history: ReasoningHistory = "any"
    redacted_history: bool = True
    sampling: Literal["free", "one_of", "fixed"] = "free"
    top_k: tuple[str, ...] = ("top_k",)
    stop_sequences: bool = True
    fewest_tokens: int = 1
    prefill: bool = True
    mixed_turns: bool = True
    system: bool = True
    mid_conversation_system: bool = False
    tools: bool = True
    tool_choices: frozenset[str] = frozenset({"auto", "any", "tool"})
    parallel_switch: bool = False
    strict_tools: bool = True
    tool_name_hyphens: bool = True
    regex_lookaround: bool = True
    root_unions: bool = True
    tool_result_images: bool = True
    tool_result_status: bool = True
    structured_output: Literal["always", "reasoning", "never"] = "always"
    cache_points: bool = True
    cache_tools: bool = True
    cache_ttls: frozenset[str] = frozenset({"5m", "1h"})
    cache_minimum: int | None = None
    service_tiers: frozenset[str] | None = None
    response_fields: tuple[str, ...] = ()
    reasoning_response_fields: tuple[str, ...] = ()
    betas: frozenset[str] = frozenset()
    anthropic_tools: tuple[str, ...] = ()
    counts_tokens: bool = True

    @property
    def thinks(self) -> bool:
        """Whether it reasons in Claude's way, whose company has rules: no forced tools, no sampling, signed history."""
        return self.reasoning in ("budget", "adaptive", "budget_or_adaptive")


UNKNOWN_MODEL = ModelTraits()


def differences(one: ModelTraits, other: ModelTraits) -> tuple[str, ...]:
    """Return the names of the traits in which two models differ."""
    return tuple(name for name in ModelTraits._fields if getattr(one, name) != getattr(other, name))
