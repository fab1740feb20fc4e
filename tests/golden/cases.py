"""The cases: each a folder with one recording of a ConverseStream reply and what each dialect makes of it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

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


def reply(*events: Event, stop_reason: str = "end_turn") -> Callable[[], bytes]:
    counted = blocks.metadata(blocks.usage(9, 4), 120)
    return told(blocks.message_start(), *events, blocks.message_stop(stop_reason), counted)


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
    "guardrail": library("guardrail"),
    "prompt-from-the-cache": library("cached"),
    "stop-max-tokens": library("stop-max-tokens"),
    "stop-sequence": library("stop-stop-sequence"),
    "stop-content-filtered": library("stop-content-filtered"),
    "stop-context-window-exceeded": library("stop-model-context-window-exceeded"),
    "stop-refusal": reply(*blocks.text(0, ["I cannot."]), stop_reason="refusal"),
    "stop-unheard-of": reply(*blocks.text(0, ["Hm."]), stop_reason="solar_flare"),
    "no-message-start": library("no-message-start"),
    "no-block-stops": library("no-block-stop"),
    "no-metadata": library("no-metadata"),
    "metadata-before-the-stop": frames(*PLAIN[:-2], PLAIN[-1], PLAIN[-2]),
    "metadata-without-usage": frames(*PLAIN[:-1], event_frame("metadata", {"metrics": {"latencyMs": 7}})),
    "unknown-event": frames(START, event_frame("heartbeat", {"beat": 1}), *PLAIN[1:]),
}

BROKEN: Mapping[str, Callable[[], bytes]] = {
    "broken-by-throttling": library("midstream-throttling"),
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

CASES = {**WHOLE, **BROKEN}


def write_recording(case: str) -> None:
    """Record a new case. A recording stays as it is from then on, whatever becomes of the emulator."""
    path = FOLDER / case / "recording.bin"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CASES[case]())
