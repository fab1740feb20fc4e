"""What to leave away where Bedrock refuses a request because of it: less than the model was thought to take.

What is known of models grows old, nobody knows the newest, and nothing tells the limits of a schema. A refusal costs
nothing, so the request is asked once more without what was refused. These are words that Bedrock and the models were
seen to use.
"""

import re
from collections.abc import Iterator
from typing import Any

from sluice.traits import ModelTraits

from gateway.errors import GatewayError

_FIELD = r"support the (\w+\.)*"
_EXTRA = r"(: extra inputs|\] is not permitted)"
# The first whose words are found and that takes anything away counts.
_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("(oneof|anyof|allof) at the top level", {"root_unions": False}),
    (r"\.strict\b|strict tools (is|are) not|" + _FIELD + "strict field", {"strict_tools": False}),
    (
        "output_?config.format|textformat|" + _FIELD + "outputconfig|schemas? (is|contains?) too|schema type|grammar",
        {"structured_output": "never", "strict_tools": False},
    ),
    (r"tools\.\d+\.custom: ", {"strict_tools": False}),
    ("prompt caching|" + _FIELD + "cachepoint", {"cache_points": False}),
    (_FIELD + "stopsequences|stop_sequences`?( is not supported|" + _EXTRA + ")", {"stop_sequences": False}),
    ("`?temperature`? and `?top_p`? cannot both", {"sampling": "one_of"}),
    ("(temperature|top_p)`? is (deprecated|not supported)|" + _FIELD + "(temperature|topp) ", {"sampling": "fixed"}),
    (rf"top_k(`? is (deprecated|not supported)|{_EXTRA})", {"top_k": ()}),
    ("prefill", {"prefill": False}),
    ("cannot be provided in the same turn", {"mixed_turns": False}),
    ("role 'system' is not supported", {"mid_conversation_system": False}),
    (_FIELD + "system|support system (message|prompt)s?", {"system": False}),
    (r"toolchoice\.tool\b", {"tool_choices": frozenset({"auto", "any"})}),
    ("toolchoice|forc(ing|ed) tool|tool_choice: this model", {"tool_choices": frozenset({"auto"})}),
    ("service_?tier", {"service_tiers": frozenset()}),
    ("redactedcontent", {"redacted_history": False}),
    (_FIELD + "signature", {"reasoning_history": "text"}),
    ("reasoningcontent", {"reasoning_history": "none"}),
    (_FIELD + "status", {"tool_result_status": False}),
    (r"thinking\.type\.enabled.*thinking\.type\.adaptive", {"reasoning": "adaptive"}),
    (
        rf"(thinking|reasoning|reasoning_effort|reasoningconfig){_EXTRA}|thinking\.type: `?(adaptive|enabled)`? is not",
        {"reasoning": "none"},
    ),
)
_COMPILED = tuple((re.compile(words), less) for words, less in _RULES)


def milder(traits: ModelTraits, error: GatewayError) -> Iterator[ModelTraits]:
    """Yield the traits with less and less of what the refusal may speak of; nothing where that is another matter."""
    if error.aws_type not in ("ValidationException", "AccessDeniedException"):
        return
    text = str(error).lower()
    for words, less in _COMPILED:
        if words.search(text) and (found := traits._replace(**less)) != traits:
            yield (traits := found)
