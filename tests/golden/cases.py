"""The cases: each a folder with one recording of a ConverseStream reply and what each dialect makes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from botocore.eventstream import EventStreamBuffer
from gateway.converse.structured import OUTPUT_TOOL
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.frames import encode_frame, error_frame, event_frame, exception_frame
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.library import library_schedule
from sluice_local.bedrock_runtime.scenarios.scenario import Event
from unit.gateway.recordings import PLAIN, START

FOLDER = Path(__file__).parent / "cases"


def library(name: str) -> Callable[[], bytes]:
    """Return the recording of a scenario of the emulator's."""

    def record() -> bytes:
        schedule = library_schedule(name)
        assert schedule is not None
        return schedule.body

    return record


def told(*events: Event) -> Callable[[], bytes]:
    return lambda: b"".join(event_frame(event.type, event.payload) for event in events)


def frames(*recorded: bytes) -> Callable[[], bytes]:
    return lambda: b"".join(recorded)


def structured() -> Iterator[Event]:
    """Yield an answer that came as a tool's input, wrapped as models wrap it, beside text that is none of it."""
    yield from blocks.text(0, ["I will", " answer."])
    pieces = ['{"prop', 'erties": {"city"', ': "Pari', 's"}}']
    yield from blocks.tool_use(1, "tooluse_1", OUTPUT_TOOL, pieces)


def reply(*events: Event, stop_reason: str = "end_turn", **members: Any) -> Callable[[], bytes]:
    fields = members.pop("fields", None)
    counted = blocks.metadata(blocks.usage(9, 4), 120, **members)
    return told(blocks.message_start(), *events, blocks.message_stop(stop_reason, fields), counted)


def server_tool() -> Iterator[Event]:
    """Yield a tool that Bedrock ran itself, its result, and the answer: no client has asked for that."""
    use = {"toolUseId": "tooluse_1", "name": "nova_grounding", "type": "server_tool_use"}
    yield Event("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": use}})
    yield blocks.block_stop(0)
    result = {"toolUseId": "tooluse_1", "type": "nova_grounding_result", "status": "success"}
    yield Event("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolResult": result}})
    yield blocks.delta(1, {"toolResult": [{"text": "Paris"}, {"json": {"page": 1}}]})
    yield blocks.block_stop(1)
    yield from blocks.text(2, ["Paris."])


def every_citation() -> Iterator[Event]:
    """Yield a text for each kind of place that can be cited, and one that is cited without any."""
    at: Mapping[str, int] = {"start": 1, "end": 2}
    places: Sequence[Mapping[str, Any]] = (
        {"web": {"url": "https://example.com/report", "domain": "example.com"}},
        {"documentChar": {"documentIndex": 0, **at}},
        {"documentPage": {"documentIndex": 1, **at}},
        {"documentChunk": {"documentIndex": 2, **at}},
        {"searchResultLocation": {"searchResultIndex": 3, **at}},
    )
    for index, place in enumerate(places):
        source = [{"text": f"What stands at {index}."}]
        cited = {"title": f"Title {index}", "source": f"source-{index}", "sourceContent": source, "location": place}
        yield from blocks.cited_text(index, [f"Sentence {index}. "], [cited])
    yield from blocks.cited_text(len(places), ["The end."], [{"title": "Nowhere"}])


def image_error() -> Iterator[Event]:
    """Yield an image that could not be made, and one that Bedrock left in S3."""
    stored = {"s3Location": {"uri": "s3://bucket/picture.png", "bucketOwner": "123456789012"}}
    for index, told in enumerate(({"error": {"message": "No image could be made."}}, {"source": stored})):
        yield Event("contentBlockStart", {"contentBlockIndex": index, "start": {"image": {"format": "png"}}})
        yield blocks.delta(index, {"image": told})
        yield blocks.block_stop(index)


def every_script() -> Iterator[Event]:
    """Yield text whose characters take one to four bytes, and those that JSON escapes."""
    yield from blocks.text(0, ['a"\\/\b\n', "é\u2028\u0000", "日本", "🙂‍↔️", "\u202e<&>", " "])


WHOLE: Mapping[str, Callable[[], bytes]] = {
    "text": library("text"),
    "text-in-every-script": reply(*every_script()),
    "text-in-two-blocks": reply(*blocks.text(0, ["One."]), *blocks.text(1, ["Two", "."])),
    "empty": library("empty"),
    "tool-use": library("tool-use"),
    "tool-use-without-arguments": library("tool-use-no-arguments"),
    "tool-use-cut-by-max-tokens": library("tool-use-cut"),
    "tool-uses-interleaved": library("tool-use-parallel"),
    "reasoning": library("reasoning"),
    "reasoning-unsigned": library("reasoning-unsigned"),
    "reasoning-redacted": library("reasoning-redacted"),
    "reasoning-then-tool-use": library("reasoning-tool-use"),
    "citations": library("citations"),
    "citations-of-every-place": reply(*every_citation()),
    "tier-and-latency": reply(
        *blocks.text(0, ["Fast."]), serviceTier={"type": "priority"}, performanceConfig={"latency": "optimized"}
    ),
    "stop-end-turn": library("stop-end-turn"),
    "stop-tool-use": library("stop-tool-use"),
    "stop-guardrail-intervened": library("stop-guardrail-intervened"),
    "tool-use-then-text-without-stops": frames(
        START,
        event_frame(
            "contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t_1", "name": "f"}}}
        ),
        event_frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}}),
        event_frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Done."}}),
        *PLAIN[-2:],
    ),
    "guardrail": library("guardrail"),
    "prompt-from-the-cache": library("cached"),
    "stop-max-tokens": library("stop-max-tokens"),
    "stop-sequence": library("stop-stop-sequence"),
    "stop-content-filtered": library("stop-content-filtered"),
    "stop-context-window-exceeded": library("stop-model-context-window-exceeded"),
    "stop-refusal": reply(*blocks.text(0, ["I cannot."]), stop_reason="refusal"),
    "stop-refusal-explained": reply(
        *blocks.text(0, ["I cannot."]),
        stop_reason="refusal",
        fields={"stop_details": {"type": "refusal", "category": "cyber", "explanation": "It may do harm."}},
    ),
    "stop-sequence-and-reasoning-tokens-told": reply(
        *blocks.text(0, ["One"]),
        stop_reason="stop_sequence",
        fields={"stop_sequence": "END", "usage": {"output_tokens_details": {"thinking_tokens": 3}}},
    ),
    "answer-as-a-tool-use": reply(*structured(), stop_reason="tool_use"),
    "stop-unheard-of": reply(*blocks.text(0, ["Hm."]), stop_reason="solar_flare"),
    "no-message-start": library("no-message-start"),
    "no-block-stops": library("no-block-stop"),
    "no-metadata": library("no-metadata"),
    "metadata-before-the-stop": frames(*PLAIN[:-2], PLAIN[-1], PLAIN[-2]),
    "metadata-without-usage": frames(*PLAIN[:-1], event_frame("metadata", {"metrics": {"latencyMs": 7}})),
    "unknown-event": frames(START, event_frame("heartbeat", {"beat": 1}), *PLAIN[1:]),
}

# Whole natively, and nothing that another dialect could tell.
UNTELLABLE: Mapping[str, Callable[[], bytes]] = {
    "stop-malformed-model-output": library("stop-malformed-model-output"),
    "stop-malformed-tool-use": library("stop-malformed-tool-use"),
    "image": library("image"),
    "image-that-failed": reply(*image_error()),
    "server-tool": reply(*server_tool()),
    "unknown-content": library("unknown-events"),
}

BROKEN: Mapping[str, Callable[[], bytes]] = {
    "broken-by-throttling": library("midstream-throttling"),
    "broken-by-an-internal-server-exception": library("midstream-internal-server"),
    "broken-by-service-unavailable": library("midstream-service-unavailable"),
    "broken-by-validation": library("midstream-validation"),
    "broken-by-the-providers-error": frames(
        START,
        exception_frame(
            "modelStreamErrorException",
            {"message": "The model failed.", "originalStatusCode": 529, "originalMessage": "Overloaded"},
        ),
    ),
    "broken-by-a-model-stream-error": library("midstream-model-stream-error"),
    "broken-by-an-unknown-exception": library("midstream-unknown-exception"),
    "broken-by-an-error-frame": library("midstream-error"),
    "broken-by-an-exception-at-once": library("exception-first"),
    "broken-by-an-exception-after-the-stop": frames(
        *PLAIN[:-1], exception_frame("internalServerException", {"message": "The system failed."})
    ),
    "broken-by-an-error-without-words": frames(START, error_frame("", "")),
    "broken-by-damage": library("bad-message-crc"),
    "broken-by-garbage": library("garbage"),
    "broken-by-unreadable-json": frames(
        START, encode_frame([(":message-type", "event"), (":event-type", "contentBlockDelta")], b"{"), *PLAIN[1:]
    ),
    "broken-before-the-first-event": library("no-events"),
    "broken-before-the-stop": library("cut-before-stop"),
    "broken-inside-a-frame": library("cut-midframe"),
    "broken-without-a-stop": library("no-message-stop"),
}

# The case whose client asked for structured output of a model that has none of its own.
STRUCTURED = "answer-as-a-tool-use"

CASES = {**WHOLE, **UNTELLABLE, **BROKEN}


# What Converse answers in one piece where the stream's events add up to a reply.
IN_ONE_PIECE = (*WHOLE, *UNTELLABLE)
WHOLE_FOLDER = Path(__file__).parent / "whole"


def write_recording(case: str) -> None:
    """Record a new case. A recording stays as it is from then on, whatever becomes of the emulator."""
    _write_once(FOLDER / case / "recording.bin", CASES[case])
    if case in IN_ONE_PIECE:
        _write_once(WHOLE_FOLDER / case / "recording.json", lambda: orjson.dumps(assemble(_events(CASES[case]()))))


def _events(data: bytes) -> Iterator[Event]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    for found in buffer:
        yield Event(found.headers[":event-type"], orjson.loads(found.payload))


def _write_once(path: Path, record: Callable[[], bytes]) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(record())
