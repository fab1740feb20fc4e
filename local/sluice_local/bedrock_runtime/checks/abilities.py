"""What each family of models can do, as data. Sources: the providers' pages in the Bedrock user guide.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html,
…/prompt-caching.html, …/claude-messages-extended-thinking.html, …/claude-messages-adaptive-thinking.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

# How a request turns reasoning on: Claude's `thinking` with a budget, adaptive, or either; Nova's `reasoningConfig`;
# OpenAI's `reasoning.effort`; gpt-oss's `reasoning_effort`; or not at all.
ReasoningSwitch = Literal["none", "budget", "adaptive", "budget_or_adaptive", "nova", "effort", "reasoning_effort"]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model takes and gives. `cache_minimum` is in tokens, None where prompts are not cached.

    reasons_by_default: it does unless it is told not to. between_tools: that is the word for it, not `disabled`.
    """

    reasoning: ReasoningSwitch = "none"
    always_reasons: bool = False
    reasons_by_default: bool = False
    between_tools: bool = False
    is_claude: bool = False
    tools: bool = True
    streams_tools: bool = True
    forced_tools: bool = True
    mixed_turns: bool = True
    system: bool = True
    prefill: bool = True
    stop_sequences: bool = True
    sampling: Literal["free", "one_of", "fixed"] = "free"
    cache_minimum: int | None = None
    fewest_tokens: int = 1
    counts_tokens: bool = False
    structured_output: bool = True
    strict_tools: bool = True


def _claude(
    reasoning: ReasoningSwitch,
    cache_minimum: int | None,
    *,
    always_reasons: bool = False,
    reasons_by_default: bool = False,
    between_tools: bool = False,
    forced_tools: bool = True,
    prefill: bool = False,
    sampling: Literal["free", "one_of", "fixed"] = "fixed",
    structured_output: bool = True,
    strict_tools: bool = True,
) -> Abilities:
    return Abilities(
        reasoning,
        always_reasons=always_reasons,
        reasons_by_default=reasons_by_default,
        between_tools=between_tools,
        is_claude=True,
        forced_tools=forced_tools,
        prefill=prefill,
        sampling=sampling,
        cache_minimum=cache_minimum,
        # The models that fix sampling have their tokens counted by another endpoint.
        counts_tokens=sampling != "fixed",
        structured_output=structured_output,
        strict_tools=strict_tools,
    )


def _claude_before_4_5(
    reasoning: ReasoningSwitch, cache_minimum: int | None, *, sampling: Literal["free", "one_of"] = "free"
) -> Abilities:
    return _claude(
        reasoning, cache_minimum, prefill=True, sampling=sampling, structured_output=False, strict_tools=False
    )


# The first pattern that begins the foundation model's id counts.
_TABLE: Sequence[tuple[str, Abilities]] = (
    (r"anthropic\.claude-3-5-haiku", _claude_before_4_5("none", 2048)),
    (r"anthropic\.claude-3-5-sonnet-20241022", _claude_before_4_5("none", 1024)),
    (r"anthropic\.claude-3-7", _claude_before_4_5("budget", 1024)),
    (r"anthropic\.claude-(3-|v2|instant)", _claude_before_4_5("none", None)),
    (r"anthropic\.claude-sonnet-4-2", _claude_before_4_5("budget", 1024)),
    (r"anthropic\.claude-opus-4-1", _claude_before_4_5("budget", 1024, sampling="one_of")),
    (r"anthropic\.claude-sonnet-4-5", _claude("budget", 1024, prefill=True, sampling="one_of")),
    (r"anthropic\.claude-(haiku|opus)-4-5", _claude("budget", 4096, prefill=True, sampling="one_of")),
    (r"anthropic\.claude-opus-4-6", _claude("budget_or_adaptive", 4096, sampling="one_of")),
    (r"anthropic\.claude-sonnet-4-6", _claude("budget_or_adaptive", 1024, sampling="one_of")),
    (r"anthropic\.claude-opus-4-7", _claude("adaptive", 2048, structured_output=False, strict_tools=False)),
    (r"anthropic\.claude-opus-4-8", _claude("adaptive", 1024, strict_tools=False)),
    (r"anthropic\.claude-sonnet-5$", _claude("adaptive", 1024, reasons_by_default=True, strict_tools=False)),
    (r"anthropic\.claude-(fable-5$|mythos)", _claude("adaptive", 512, always_reasons=True)),
    (
        r"anthropic\.claude-(fable-5-1|opus-5-5)",
        _claude("adaptive", 512, always_reasons=True, forced_tools=False, structured_output=False, strict_tools=False),
    ),
    (
        r"anthropic\.claude-sonnet-5-5",
        _claude("adaptive", 512, reasons_by_default=True, between_tools=True, forced_tools=False, strict_tools=False),
    ),
    (r"anthropic\.", _claude("adaptive", 512, reasons_by_default=True)),
    (r"amazon\.nova-2", Abilities("nova", cache_minimum=1024)),
    (r"amazon\.nova", Abilities(cache_minimum=1024)),
    (r"amazon\.titan-text", Abilities(tools=False, system=False)),
    (r"mistral\.mistral-7b", Abilities(tools=False, system=False)),
    (r"deepseek\.r1", Abilities(always_reasons=True, tools=False)),
    (r"deepseek\.|openai\.gpt-oss-", Abilities("reasoning_effort", always_reasons=True)),
    (r"openai\.", Abilities("effort", stop_sequences=False, fewest_tokens=16)),
    (r"xai\.", Abilities(stop_sequences=False, fewest_tokens=16)),
    (r"meta\.|mistral\.mistral-large-2402", Abilities(streams_tools=False, mixed_turns=False)),
    (r"writer\.", Abilities(streams_tools=False)),
    (r"mistral\.magistral", Abilities(always_reasons=True, mixed_turns=False)),
    (r"mistral\.", Abilities(mixed_turns=False)),
    (r"moonshot.*thinking|minimax\.", Abilities(always_reasons=True)),
    # Models that only one account knows may be anything, so they may do everything.
    (r"account\.", Abilities("budget_or_adaptive", is_claude=True, cache_minimum=1024, counts_tokens=True)),
    (r"emulator\.", Abilities(counts_tokens=True)),
)


@cache
def abilities_of(base_id: str) -> Abilities:
    """Return what a foundation model can do; a plain text model with tools where the table does not know it."""
    return next((abilities for pattern, abilities in _TABLE if re.match(pattern, base_id)), Abilities())
