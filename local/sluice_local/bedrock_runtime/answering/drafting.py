"""From what a reply is to say to the events that say it: cut at max_tokens and at stop sequences, counted in tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sluice_local.bedrock_runtime.answering.tokens import pieces
from sluice_local.bedrock_runtime.frames import encode_json
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.scenario import Event


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning; only some models sign it. A text that the model keeps to itself is empty."""

    text: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class HiddenThought:
    """Reasoning that comes encrypted."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Speech:
    """Text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool use with its arguments."""

    tool_use_id: str
    name: str
    arguments: dict[str, Any]


type Part = Thought | HiddenThought | Speech | ToolCall

_HIDDEN_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """The events of a reply between start and stop, and how it came to its end."""

    events: tuple[Event, ...]
    stop_reason: str
    output_tokens: int
    stop_sequence: str | None = None
    thinking_tokens: int = 0


def draft(parts: Sequence[Part], *, max_tokens: int, stop_sequences: Sequence[str] = ()) -> Draft:
    """Return a reply of these parts; what stands after a stop sequence or above `max_tokens` is not said."""
    events: list[Event] = []
    left, thinking_tokens = max_tokens, 0
    for index, part in enumerate(parts):
        said, stop_sequence = _until_stop(part, stop_sequences)
        tokens = _tokens(said)
        kept = tokens[:left]
        events += _block(index, said, kept, whole=len(kept) == len(tokens))
        left -= len(kept)
        thinking_tokens += len(kept) if isinstance(part, Thought | HiddenThought) else 0
        if len(kept) < len(tokens) or (not left and index + 1 < len(parts)):
            return Draft(tuple(events), "max_tokens", max_tokens, None, thinking_tokens)
        if stop_sequence is not None:
            return Draft(tuple(events), "stop_sequence", max_tokens - left, stop_sequence, thinking_tokens)
    calls = any(isinstance(part, ToolCall) for part in parts)
    return Draft(tuple(events), "tool_use" if calls else "end_turn", max_tokens - left, None, thinking_tokens)


def _until_stop(part: Part, stop_sequences: Sequence[str]) -> tuple[Part, str | None]:
    """Return a text up to the first stop sequence in it, and which it was; stop sequences stop nothing else."""
    if not isinstance(part, Speech):
        return part, None
    found = [(part.text.find(sequence), sequence) for sequence in stop_sequences if sequence in part.text]
    if not found:
        return part, None
    at, sequence = min(found)
    return Speech(part.text[:at]), sequence


def _tokens(part: Part) -> list[str]:
    match part:
        case Thought(text, _) | Speech(text):
            return pieces(text)
        case ToolCall(_, _, arguments):
            return pieces(encode_json(arguments).decode()) if arguments else []
        case HiddenThought():
            return [""] * _HIDDEN_TOKENS
        case _:
            assert_never(part)


def _block(index: int, part: Part, kept: Sequence[str], *, whole: bool) -> Iterator[Event]:
    match part:
        case Thought(_, signature):
            # A thought is signed when it is over.
            yield from blocks.reasoning(index, kept, signature if whole else None)
        case HiddenThought(data):
            yield from blocks.redacted_reasoning(index, data)
        case Speech():
            # A text of which nothing is said is no block.
            yield from blocks.text(index, kept) if kept else ()
        case ToolCall(tool_use_id, name, _):
            yield from blocks.tool_use(index, tool_use_id, name, kept)
        case _:
            assert_never(part)
