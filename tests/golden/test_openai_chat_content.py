"""What Chat Completions clients get for tools, reasoning and structured output, byte for byte.

`openai_chat/NAME.sse` is the stream for the emulator's recording NAME, `openai_chat/structured.sse` the one for an
answer that came as a tool's input. `python -m golden.test_openai_chat_content` (in tests/) writes them again; read the
change before it is committed.
"""

from pathlib import Path

import pytest
from gateway.converse.structured import OUTPUT_TOOL
from gateway.dialects.openai_chat.reply import ReplyForm
from gateway.dialects.openai_chat.stream import ChatStream
from unit.gateway.recordings import START, block_start, block_stop, delta, event, every_cut, library, text

FOLDER = Path(__file__).parent / "openai_chat"
LIBRARY = (
    "cached",
    "guardrail",
    "reasoning",
    "reasoning-redacted",
    "reasoning-tool-use",
    "reasoning-unsigned",
    "tool-use",
    "tool-use-cut",
    "tool-use-no-arguments",
    "tool-use-parallel",
)
STRUCTURED = [
    START,
    *text(0, "I will", " answer."),
    block_start(1, {"toolUse": {"toolUseId": "tooluse_1", "name": OUTPUT_TOOL}}),
    *(delta(1, {"toolUse": {"input": piece}}) for piece in ('{"prop', 'erties": {"city"', ': "Pari', 's"}}')),
    block_stop(1),
    event("messageStop", {"stopReason": "tool_use"}),
    event(
        "metadata", {"usage": {"inputTokens": 12, "outputTokens": 9, "totalTokens": 21}, "metrics": {"latencyMs": 1}}
    ),
]
NAMES = (*LIBRARY, "structured")


def recording(name: str) -> list[bytes]:
    return STRUCTURED if name == "structured" else library(name)


def encoded(name: str, pieces: list[bytes]) -> bytes:
    encoder = ChatStream(
        reply_id="chatcmpl-golden",
        created=1_700_000_000,
        model="golden",
        include_usage=True,
        # Ids that carry reasoning are compressed, and not every zlib gives the same bytes.
        form=ReplyForm(answer_tool=OUTPUT_TOOL if name == "structured" else "", ids_carry_reasoning=False),
    )
    return b"".join([encoder.feed(piece) for piece in pieces])


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_its_bytes_event_by_event_and_cut_at_every_byte(name: str) -> None:
    golden = (FOLDER / f"{name}.sse").read_bytes()
    frames = recording(name)
    assert encoded(name, frames) == golden
    for pieces in every_cut(b"".join(frames)):
        assert encoded(name, pieces) == golden


def test_every_golden_has_its_recording() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NAMES)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.sse").write_bytes(encoded(name, recording(name)))
