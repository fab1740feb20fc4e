"""Library scenarios in which the model answers: every kind of content block, every stop reason."""

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.samples import PLAIN_PIECES, REASONING_PIECES
from sluice_local.bedrock_runtime.scenarios.scenario import Event, Scenario
from sluice_local.bedrock_runtime.service_model import stop_reasons

SIGNATURE = sign("".join(REASONING_PIECES))
REDACTED = b"reasoning that the provider encrypted\x00\xff"
# A transparent pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
CITATION = {
    "title": "Annual report",
    "sourceContent": [{"text": "Revenue grew by twelve percent."}],
    "location": {"documentPage": {"documentIndex": 0, "start": 3, "end": 4}},
}
TRACE: Mapping[str, Any] = {
    "guardrail": {
        "inputAssessment": {
            "gr4emulator0": {
                "topicPolicy": {
                    "topics": [{"name": "Investment advice", "type": "DENY", "action": "BLOCKED", "detected": True}]
                }
            }
        },
        "actionReason": "Guardrail blocked.",
    }
}


def plain(stop_reason: str = "end_turn") -> tuple[Event, ...]:
    """Return an ordinary answer in a few deltas."""
    return _reply(*blocks.text(0, PLAIN_PIECES), stop_reason=stop_reason)


def tool_use(*, name: str = "get_weather", arguments: Mapping[str, Any] | None = None) -> tuple[Event, ...]:
    """Return a sentence and one tool use."""
    chosen = {"city": "Paris", "unit": "celsius"} if arguments is None else arguments
    return _reply(
        *blocks.text(0, ["Let me", " look", " that up."]),
        *blocks.tool_use(1, "tooluse_emulator-0001", name, blocks.json_fragments(chosen)),
        stop_reason="tool_use",
    )


def parallel_tools() -> tuple[Event, ...]:
    """Return three tool uses whose deltas come interleaved, told apart by their index only."""
    cities = ("Paris", "Lisbon", "Oslo")
    uses = [
        list(blocks.tool_use(at, f"tooluse_emulator-000{at}", "get_weather", blocks.json_fragments({"city": city}, 6)))
        for at, city in enumerate(cities)
    ]
    turns = max(len(use) for use in uses)
    interleaved = [use[turn] for turn in range(turns) for use in uses if turn < len(use)]
    return _reply(*interleaved, stop_reason="tool_use")


def tool_use_cut() -> tuple[Event, ...]:
    """Return a tool use whose JSON input stops in the middle, because max_tokens was reached."""
    fragments = blocks.json_fragments({"path": "/etc/hosts", "content": "127.0.0.1 localhost"})
    return _reply(*blocks.tool_use(0, "tooluse_emulator-0001", "write_file", fragments[:3]), stop_reason="max_tokens")


def reasoning() -> tuple[Event, ...]:
    """Return reasoning with a signature, then the answer."""
    return _reply(*blocks.reasoning(0, REASONING_PIECES, SIGNATURE), *blocks.text(1, PLAIN_PIECES))


def reasoning_unsigned() -> tuple[Event, ...]:
    """Return reasoning without a signature, as models other than Claude send it."""
    return _reply(*blocks.reasoning(0, REASONING_PIECES, None), *blocks.text(1, PLAIN_PIECES))


def reasoning_redacted() -> tuple[Event, ...]:
    """Return encrypted reasoning, then the answer."""
    return _reply(*blocks.redacted_reasoning(0, REDACTED), *blocks.text(1, PLAIN_PIECES))


def reasoning_then_tool() -> tuple[Event, ...]:
    """Return reasoning, then a tool use and no text: what has to be sent back untouched."""
    return _reply(
        *blocks.reasoning(0, REASONING_PIECES, SIGNATURE),
        *blocks.tool_use(1, "tooluse_emulator-0001", "get_weather", blocks.json_fragments({"city": "Paris"})),
        stop_reason="tool_use",
    )


def citations() -> tuple[Event, ...]:
    """Return text with a citation of a document's page."""
    return _reply(*blocks.cited_text(0, ["Revenue grew", " by 12 %."], [CITATION]))


def image() -> tuple[Event, ...]:
    """Return a sentence and an image."""
    return _reply(*blocks.text(0, ["Here it is:"]), *blocks.image(1, "png", PIXEL))


def guardrail() -> tuple[Event, ...]:
    """Return what a guardrail says instead of the model, with its trace."""
    blocked = blocks.text(0, ["Sorry, the model", " cannot answer this question."])
    return _reply(*blocked, stop_reason="guardrail_intervened", members={"trace": TRACE})


def cached() -> tuple[Event, ...]:
    """Return an answer most of whose prompt came out of the cache."""
    counted = {**blocks.usage(21, 9, 4096, 512), "cacheDetails": [{"ttl": "5m", "inputTokens": 512}]}
    return (*plain()[:-1], blocks.metadata(counted, 180))


def empty() -> tuple[Event, ...]:
    """Return an answer without any content."""
    return _reply()


def unknown_events() -> tuple[Event, ...]:
    """Return a plain answer among events, deltas and members that no SDK knows yet."""
    start, *rest = plain()
    return (
        start,
        Event("contentBlockAnnotation", {"contentBlockIndex": 0, "annotation": {"kind": "new"}}),
        blocks.delta(0, {"hologram": {"depth": 3}}),
        *rest[:-1],
        blocks.metadata({**blocks.usage(12, 9), "serverToolUsage": {}}, 42, quantumState={"collapsed": True}),
    )


def _reply(
    *events: Event, stop_reason: str = "end_turn", members: Mapping[str, Any] | None = None
) -> tuple[Event, ...]:
    deltas = sum(event.type == "contentBlockDelta" for event in events)
    return (
        blocks.message_start(),
        *events,
        blocks.message_stop(stop_reason),
        blocks.metadata(blocks.usage(27, deltas), 180, **(members or {})),
    )


def _tool_without_arguments() -> tuple[Event, ...]:
    return tool_use(name="get_time", arguments={})


def _scenario(name: str) -> Scenario:
    return Scenario(name, _STEPS[name](), asks_tools=_STEPS[name] in _TOOL_STEPS)


_TOOL_STEPS = (tool_use, parallel_tools, reasoning_then_tool, _tool_without_arguments)
_STEPS: Mapping[str, Callable[[], tuple[Event, ...]]] = {
    "text": plain,
    "tool-use": tool_use,
    "tool-use-no-arguments": _tool_without_arguments,
    "tool-use-parallel": parallel_tools,
    "tool-use-cut": tool_use_cut,
    "reasoning": reasoning,
    "reasoning-unsigned": reasoning_unsigned,
    "reasoning-redacted": reasoning_redacted,
    "reasoning-tool-use": reasoning_then_tool,
    "citations": citations,
    "image": image,
    "guardrail": guardrail,
    "cached": cached,
    "empty": empty,
    "unknown-events": unknown_events,
    **{f"stop-{reason.replace('_', '-')}": partial(plain, reason) for reason in stop_reasons()},
}

REPLIES: Mapping[str, Callable[[], Scenario]] = {name: partial(_scenario, name) for name in _STEPS}
