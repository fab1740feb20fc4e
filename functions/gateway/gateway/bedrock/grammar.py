"""One grammar before any dialect sees the stream.

Bedrock's stream is loose: text and reasoning blocks have no start, stops may be missing, usage comes after
`messageStop`, exceptions are frames. The reader turns it into

    MessageStart (BlockStart BlockDelta* BlockStop)* MessageStop

or a `Failure`, which ends everything. Blocks do not overlap: one left open is closed before the next begins, except
tool uses, whose deltas Bedrock may interleave by `contentBlockIndex`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from gateway.bedrock.eventstream import FrameKind, FrameReader
from gateway.bedrock.failures import message_of, refused_in_stream
from gateway.errors import GatewayError, StreamBroken

if TYPE_CHECKING:
    from collections.abc import Callable

type Json = dict[str, Any]


class Usage(NamedTuple):
    """Tokens as Bedrock counts them: `input_tokens` are the uncached ones only.

    `cache_writes_by_ttl` is empty, or splits all of the cache writes; `reasoning_tokens`, a part of the output's, are
    None where the model does not tell them. `tier` is the service tier that they were served at.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_writes_by_ttl: tuple[tuple[str, int], ...] = ()
    reasoning_tokens: int | None = None
    tier: str = "default"

    @property
    def prompt_tokens(self) -> int:
        """All that went in, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


class MessageStart(NamedTuple):
    """The reply begins."""


class TextDelta(NamedTuple):
    """Some text of a block."""

    block_index: int
    text: str


class BlockStart(NamedTuple):
    """A block begins. `kind` is the content block's key: text, reasoningContent, toolUse, toolResult or image."""

    block_index: int
    kind: str
    start: Json


class BlockDelta(NamedTuple):
    """More of a block that is not text; `delta` is Bedrock's own value below the block's key."""

    block_index: int
    kind: str
    delta: Any


class BlockStop(NamedTuple):
    """A block is over."""

    block_index: int
    kind: str


class MessageStop(NamedTuple):
    """The reply is whole. `usage` is None where Bedrock hung up before it sent any."""

    stop_reason: str
    usage: Usage | None
    additional_fields: Any = None
    metadata: Mapping[str, Any] = {}


class Failure(NamedTuple):
    """The reply ends here, unfinished."""

    error: GatewayError


type Event = MessageStart | BlockStart | TextDelta | BlockDelta | BlockStop | MessageStop | Failure

_TOOL_USE = "toolUse"
# A delta's key is its block's, but for the citations of a text block.
_KIND_OF_DELTA = {"citation": "text"}


class GrammarReader:
    """Reads the bytes of one ConverseStream reply. After a MessageStop or a Failure nothing follows."""

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._open: dict[int, str] = {}
        self._stop: Json | None = None
        self._metadata: Json = {}
        self._started = False
        self.unknown_events = 0
        self.ended = False
        self._readers: dict[str, Callable[[Json, list[Event]], None]] = {
            "messageStart": self._message_start,
            "contentBlockStart": self._block_start,
            "contentBlockDelta": self._block_delta,
            "contentBlockStop": self._block_stop,
            "messageStop": self._message_stop,
            "metadata": self._read_metadata,
        }

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete."""
        _, frames, problem = self._frames.feed(data)
        out: list[Event] = []
        for kind, payload in frames:
            if self.ended:
                return out
            self._read(kind, payload, out)
        if problem and not self.ended:
            self._fail(StreamBroken(f"Bedrock's stream is damaged ({problem}); the answer is incomplete."), out)
        return out

    def finish(self) -> list[Event]:
        """Say that Bedrock sent all it will, in good order."""
        where = "in the middle of a frame" if self._frames.inside_a_frame else "without a messageStop"
        return self.fail(StreamBroken(f"Bedrock's stream ended {where}; the answer is incomplete."))

    def fail(self, error: GatewayError) -> list[Event]:
        """Say that the stream broke. A reply whose messageStop was seen is whole all the same, only unmetered."""
        out: list[Event] = []
        if self.ended:
            return out
        if self._stop is not None:
            self._complete(out)
        else:
            self._fail(error, out)
        return out

    def _read(self, kind: FrameKind, payload: bytes, out: list[Event]) -> None:
        message_type, name, error_message = kind
        if message_type != "event":
            self._fail(refused_in_stream(name, error_message or message_of(payload)), out)
            return
        reader = self._readers.get(name)
        if reader is None:
            # An event that did not exist when this was written: skipped here, and nowhere else, and counted.
            self.unknown_events += 1
            return
        try:
            reader(orjson.loads(payload), out)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self._fail(StreamBroken(f"Bedrock sent a {name} event that cannot be read."), out)

    def _message_start(self, _: Json, out: list[Event]) -> None:
        self._ensure_started(out)

    def _block_start(self, payload: Json, out: list[Event]) -> None:
        for kind, start in payload["start"].items():
            self._open_block(payload["contentBlockIndex"], kind, start, out)

    def _block_delta(self, payload: Json, out: list[Event]) -> None:
        index = payload["contentBlockIndex"]
        for key, value in payload["delta"].items():
            kind = _KIND_OF_DELTA.get(key, key)
            if self._open.get(index) != kind:
                self._open_block(index, kind, {}, out)
            out.append(TextDelta(index, value) if key == "text" else BlockDelta(index, key, value))

    def _block_stop(self, payload: Json, out: list[Event]) -> None:
        index = payload["contentBlockIndex"]
        if kind := self._open.pop(index, None):
            out.append(BlockStop(index, kind))

    def _message_stop(self, payload: Json, out: list[Event]) -> None:
        # Usage comes after messageStop, often in a later read: the end is held until it is here.
        self._stop = {**payload}
        if self._metadata:
            self._complete(out)

    def _read_metadata(self, payload: Json, out: list[Event]) -> None:
        self._metadata = {**payload}
        if self._stop is not None:
            self._complete(out)

    def _ensure_started(self, out: list[Event]) -> None:
        if not self._started:
            self._started = True
            out.append(MessageStart())

    def _open_block(self, index: int, kind: str, start: Json, out: list[Event]) -> None:
        self._ensure_started(out)
        for other, other_kind in list(self._open.items()):
            if other == index or not kind == other_kind == _TOOL_USE:
                del self._open[other]
                out.append(BlockStop(other, other_kind))
        self._open[index] = kind
        out.append(BlockStart(index, kind, start))

    def _complete(self, out: list[Event]) -> None:
        self._ensure_started(out)
        out.extend(BlockStop(index, kind) for index, kind in self._open.items())
        self._open.clear()
        self.ended = True
        stop, metadata = self._stop or {}, self._metadata
        extra = stop.get("additionalModelResponseFields")
        out.append(
            MessageStop(
                stop_reason=str(stop.get("stopReason") or ""),
                usage=usage_of(metadata["usage"], extra, tier_of(metadata)) if metadata.get("usage") else None,
                additional_fields=extra,
                metadata=metadata,
            )
        )

    def _fail(self, error: GatewayError, out: list[Event]) -> None:
        self.ended = True
        out.append(Failure(error))


def usage_of(usage: object, additional_fields: object = None, tier: str = "") -> Usage:
    """Read Bedrock's `usage` object; counts that are absent, or none, are 0: a reply never fails for its numbers.

    `additional_fields` are the reply's additionalModelResponseFields, where Claude tells its reasoning tokens. `tier`
    is the service tier that the reply tells; empty: it tells none.
    """
    if not isinstance(usage, dict):
        return Usage()
    return Usage(
        input_tokens=_count(usage, "inputTokens"),
        output_tokens=_count(usage, "outputTokens"),
        cache_read_tokens=_count(usage, "cacheReadInputTokens"),
        cache_write_tokens=_count(usage, "cacheWriteInputTokens"),
        cache_writes_by_ttl=_by_ttl(usage),
        reasoning_tokens=_reasoning_tokens(additional_fields),
        tier=tier or "default",
    )


def tier_of(metadata: Mapping[str, Any]) -> str:
    """Return the service tier that a reply was served at, empty where Bedrock told none."""
    tier = metadata.get("serviceTier")
    return str(tier.get("type") or "") if isinstance(tier, dict) else ""


def _count(counts: Json, name: str) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) else 0


def _by_ttl(usage: Json) -> tuple[tuple[str, int], ...]:
    details = usage.get("cacheDetails")
    if not isinstance(details, list) or not all(isinstance(detail, dict) for detail in details):
        return ()
    split = tuple((str(detail.get("ttl", "5m")), _count(detail, "inputTokens")) for detail in details)
    # The details once told only a part of what was written; then they are no split.
    return split if sum(tokens for _, tokens in split) == _count(usage, "cacheWriteInputTokens") else ()


def _reasoning_tokens(additional_fields: object) -> int | None:
    found = additional_fields
    for name in ("usage", "output_tokens_details", "thinking_tokens"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, int) else None
