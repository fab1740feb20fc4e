"""Which model has which traits: a table of patterns over foundation model ids.

Sources: `model_prices_and_context_window.json` and `anthropic_beta_headers_config.json` of litellm 1.109.1 (MIT; its
supports_* flags, bedrock_output_config_effort_ceiling and the betas of its Bedrock providers), the Bedrock user guide's
pages on Converse's features, prompt caching, counting tokens, and Claude's thinking, tools and betas. A model that no
row knows is `UNKNOWN_MODEL`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from sluice.traits import UNKNOWN_MODEL, ModelTraits

_GEOGRAPHY = re.compile(r"^(us-gov|us|eu|apac|ap|jp|au|global|in|ca)\.(?=[a-z0-9-]+\.)")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):\d*:(foundation-model|inference-profile)/(?P<id>.+)")

_AUTO = frozenset({"auto"})
_AUTO_ANY = frozenset({"auto", "any"})
_UP_TO_HIGH = ("low", "medium", "high")
_UP_TO_XHIGH = (*_UP_TO_HIGH, "xhigh")
_UP_TO_MAX = (*_UP_TO_XHIGH, "max")
_INTERLEAVED = "interleaved-thinking-2025-05-14"
_REASONING_TOKENS = ("/usage/output_tokens_details",)
_EFFORT = "effort-2025-11-24"

# Betas by what brought them. Claude 4 and later can have old tool results cleared and tools' inputs streamed as they
# are written; 4.5 and later have a newer computer.
_COMPUTER_2024 = frozenset({"computer-use-2024-10-22"})
_COMPUTER_2025 = frozenset({"computer-use-2025-01-24"})
_BETAS_4 = _COMPUTER_2025 | {"context-management-2025-06-27", "fine-grained-tool-streaming-2025-05-14"}
_BETAS_4_5 = _BETAS_4 | {"computer-use-2025-11-24", "structured-outputs-2025-11-13"}
_BETAS_4_7 = _BETAS_4_5 | {"thinking-binding-controls-2026-08-01", "thinking-display-updates-2026-08-18"}
_LONG_CONTEXT = frozenset({"context-1m-2025-08-07"})
_CLIENT_TOOLS = ("bash_", "computer_", "text_editor_")
_MEMORY_TOO = (*_CLIENT_TOOLS, "memory_")

# Claude before it reasoned, with budgets (3.7 to 4.5), and with adaptive reasoning (4.6 and later).
_CLAUDE = ModelTraits(
    reasoning="none",
    efforts=_UP_TO_MAX,
    effort_betas=None,
    reasoning_history="signed",
    strict_tools=False,
    structured_output="never",
    cache_ttls=frozenset({"5m"}),
    cache_points=False,
    service_tiers=frozenset({"default"}),
)
_CLAUDE_BUDGET = replace(
    _CLAUDE,
    reasoning="budget",
    reasoning_beta=_INTERLEAVED,
    cache_points=True,
    cache_minimum=1024,
    reasoning_response_fields=_REASONING_TOKENS,
    betas=_COMPUTER_2025 | {_INTERLEAVED},
    anthropic_tools=_CLIENT_TOOLS,
)
_CLAUDE_4 = replace(_CLAUDE_BUDGET, betas=_BETAS_4 | {_INTERLEAVED}, anthropic_tools=_MEMORY_TOO)
_CLAUDE_4_5 = replace(
    _CLAUDE_4,
    sampling="one_of",
    parallel_switch=True,
    strict_tools=True,
    structured_output="always",
    cache_ttls=frozenset({"5m", "1h"}),
    betas=_BETAS_4_5 | {_INTERLEAVED},
)
_CLAUDE_4_6 = replace(
    _CLAUDE_4_5,
    reasoning="budget_or_adaptive",
    reasoning_beta="",
    effort_betas=(),
    prefill=False,
    betas=_BETAS_4_5 | _LONG_CONTEXT,
)
_CLAUDE_ADAPTIVE = replace(
    _CLAUDE_4_6,
    reasoning="adaptive",
    efforts=_UP_TO_XHIGH,
    sampling="fixed",
    top_k=(),
    strict_tools=False,
    structured_output="never",
    betas=_BETAS_4_7,
    # Another endpoint than Bedrock Runtime counts for these.
    counts_tokens=False,
)
_CLAUDE_5 = replace(
    _CLAUDE_ADAPTIVE, cache_minimum=512, mid_conversation_system=True, response_fields=("/stop_details",)
)

_OTHER = ModelTraits(
    reasoning="none",
    efforts=_UP_TO_HIGH,
    effort_betas=None,
    reasoning_history="text",
    redacted_history=False,
    top_k=(),
    strict_tools=False,
    tool_result_status=False,
    structured_output="never",
    cache_points=False,
)
_NOVA = replace(
    _OTHER,
    top_k=("inferenceConfig", "topK"),
    tool_name_hyphens=False,
    tool_result_status=True,
    cache_points=True,
    cache_tools=False,
    cache_ttls=frozenset({"5m"}),
    cache_minimum=1024,
)
_GPT = replace(
    _OTHER,
    reasoning="effort",
    efforts=_UP_TO_XHIGH,
    reasoning_history="none",
    sampling="fixed",
    stop_sequences=False,
    fewest_tokens=16,
    tool_result_images=False,
)
_OPEN_WEIGHTS = replace(_OTHER, structured_output="always", tool_choices=_AUTO_ANY)

# The first pattern that begins the foundation model's id counts.
_TABLE: Sequence[tuple[str, ModelTraits]] = (
    (r"anthropic\.claude-3-5-haiku", replace(_CLAUDE, cache_points=True, cache_minimum=2048)),
    (
        r"anthropic\.claude-3-5-sonnet-20241022",
        replace(_CLAUDE, cache_points=True, cache_minimum=2048, betas=_COMPUTER_2024, anthropic_tools=_CLIENT_TOOLS),
    ),
    (r"anthropic\.claude-3-7", _CLAUDE_BUDGET),
    (r"anthropic\.claude-(3-|v2|v1|instant)", _CLAUDE),
    (r"anthropic\.claude-sonnet-4-2", replace(_CLAUDE_4, betas=_CLAUDE_4.betas | _LONG_CONTEXT)),
    (r"anthropic\.claude-opus-4-2", _CLAUDE_4),
    (r"anthropic\.claude-opus-4-1", replace(_CLAUDE_4, sampling="one_of")),
    (r"anthropic\.claude-sonnet-4-5", replace(_CLAUDE_4_5, betas=_CLAUDE_4_5.betas | _LONG_CONTEXT)),
    (r"anthropic\.claude-haiku-4-5", replace(_CLAUDE_4_5, cache_minimum=4096)),
    (
        r"anthropic\.claude-opus-4-5",
        replace(
            _CLAUDE_4_5,
            efforts=_UP_TO_HIGH,
            effort_betas=(_EFFORT,),
            cache_minimum=4096,
            betas=_CLAUDE_4_5.betas | {_EFFORT},
        ),
    ),
    (r"anthropic\.claude-opus-4-6", replace(_CLAUDE_4_6, efforts=(*_UP_TO_HIGH, "max"), cache_minimum=4096)),
    (r"anthropic\.claude-sonnet-4-6", replace(_CLAUDE_4_6, efforts=(*_UP_TO_HIGH, "max"))),
    (r"anthropic\.claude-opus-4-7", replace(_CLAUDE_ADAPTIVE, cache_minimum=2048)),
    (
        r"anthropic\.claude-opus-4-8",
        replace(_CLAUDE_5, cache_minimum=1024, structured_output="reasoning", response_fields=()),
    ),
    (
        r"anthropic\.claude-sonnet-5-5",
        replace(_CLAUDE_5, structured_output="reasoning", always_reasons=True, tool_choices=_AUTO),
    ),
    (r"anthropic\.claude-sonnet-5", replace(_CLAUDE_5, cache_minimum=1024, structured_output="reasoning")),
    (r"anthropic\.claude-haiku-5-5", replace(_CLAUDE_5, structured_output="reasoning")),
    (r"anthropic\.claude-fable-5-1", replace(_CLAUDE_5, always_reasons=True, tool_choices=_AUTO, strict_tools=True)),
    (r"anthropic\.claude-fable", replace(_CLAUDE_5, always_reasons=True, strict_tools=True)),
    (
        r"anthropic\.claude-mythos",
        replace(_CLAUDE_5, always_reasons=True, strict_tools=True, structured_output="always"),
    ),
    (r"anthropic\.claude-opus-5-5", replace(_CLAUDE_5, efforts=_UP_TO_MAX, always_reasons=True, tool_choices=_AUTO)),
    (r"anthropic\.", replace(_CLAUDE_5, efforts=_UP_TO_MAX)),
    (r"amazon\.nova-2", replace(_NOVA, reasoning="nova", efforts=_UP_TO_HIGH)),
    (r"amazon\.nova", _NOVA),
    (r"openai\.gpt-oss", replace(_OPEN_WEIGHTS, reasoning="raw", efforts=_UP_TO_HIGH, always_reasons=True)),
    (r"openai\.", _GPT),
    (
        r"xai\.",
        replace(
            _OTHER,
            reasoning="effort",
            efforts=_UP_TO_HIGH,
            stop_sequences=False,
            fewest_tokens=16,
            regex_lookaround=False,
        ),
    ),
    (r"deepseek\.r1", replace(_OTHER, reasoning_history="none", always_reasons=True, tool_choices=_AUTO)),
    (r"deepseek\.", replace(_OPEN_WEIGHTS, reasoning="raw", efforts=_UP_TO_HIGH)),
    (r"moonshotai\.kimi-k3", replace(_OTHER, regex_lookaround=False, tool_choices=_AUTO_ANY)),
    (r"(moonshot|minimax|qwen|nvidia|google|zai)", _OPEN_WEIGHTS),
    (r"mistral\.(ministral|magistral|voxtral|mistral-large-3|devstral)", _OPEN_WEIGHTS),
    (r"mistral\.(mistral-7b|mixtral)", replace(_OTHER, system=False)),
    (r"mistral\.", replace(_OTHER, tool_choices=_AUTO_ANY)),
    (r"(meta|ai21|cohere|writer|twelvelabs)\.", replace(_OTHER, tool_choices=_AUTO)),
    (r"amazon\.titan", replace(_OTHER, tool_choices=_AUTO, system=False)),
)


@lru_cache(maxsize=512)
def traits_of(model_id: str) -> ModelTraits:
    """Return the traits of a model by its foundation id, inference profile id, or the ARN of either.

    What hides its model behind an opaque ARN (an application profile, a custom model) is to be resolved by the caller;
    as it stands, it is `UNKNOWN_MODEL`.
    """
    arn = _ARN.fullmatch(model_id)
    name = arn["id"] if arn else model_id
    base_id = _GEOGRAPHY.sub("", name)
    traits = next((traits for pattern, traits in _TABLE if re.match(pattern, base_id)), UNKNOWN_MODEL)
    is_govcloud = name.startswith("us-gov.") or (arn is not None and arn["region"].startswith("us-gov-"))
    return replace(traits, reasoning_display=False) if is_govcloud else traits
