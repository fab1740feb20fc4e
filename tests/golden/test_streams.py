"""Every recording through every dialect's encoder, as exact bytes: `make golden` writes them anew."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from botocore.eventstream import EventStreamBuffer
from gateway.bedrock.eventstream import FrameReader
from gateway.converse.structured import OUTPUT_TOOL
from gateway.dialects.stream import StreamEncoder
from golden.cases import BROKEN, CASES, FOLDER, STRUCTURED, UNTELLABLE, WHOLE
from golden.dialects import ENCODERS, ENDS, opened

every_dialect = pytest.mark.parametrize("dialect", ENCODERS)


def recording(case: str) -> bytes:
    return (FOLDER / case / "recording.bin").read_bytes()


def events(data: bytes) -> list[bytes]:
    """Split a recording after each frame; what is no frame any more is the last piece."""
    pieces = []
    while data:
        reader = FrameReader()
        size = int.from_bytes(data[:4], "big")
        whole, _, problem = reader.feed(data[:size])
        if problem or not whole:
            return [*pieces, data]
        pieces.append(whole)
        data = data[size:]
    return pieces


def fed(encoder: StreamEncoder, pieces: Sequence[bytes]) -> bytes:
    """Return what the client gets of a stream before its end, fed as the relay feeds it."""
    sent = b""
    for piece in pieces:
        if encoder.verdict is None:
            sent += encoder.feed(piece)
    return sent


def encoder_of(case: str, dialect: str) -> StreamEncoder:
    return ENCODERS[dialect](OUTPUT_TOOL if case == STRUCTURED else "")


def encoded(case: str, dialect: str, pieces: Sequence[bytes]) -> bytes:
    encoder = encoder_of(case, dialect)
    sent = fed(encoder, pieces)
    sent += encoder.finish() if encoder.verdict is None else b""
    assert encoder.verdict is not None
    return opened(sent)


def golden(path: Path, actual: bytes, *, updates: bool) -> bytes:
    if updates:
        path.write_bytes(actual)
    return path.read_bytes()


@every_dialect
@pytest.mark.parametrize("case", CASES)
def test_a_recording_becomes_exactly_these_bytes(case: str, dialect: str, *, updates_golden: bool) -> None:
    actual = encoded(case, dialect, [recording(case)])
    assert actual == golden(FOLDER / case / dialect, actual, updates=updates_golden)


@every_dialect
@pytest.mark.parametrize("case", CASES)
def test_a_recording_that_comes_event_by_event_or_byte_by_byte_becomes_the_same(case: str, dialect: str) -> None:
    data = recording(case)
    expected = (FOLDER / case / dialect).read_bytes()
    assert encoded(case, dialect, events(data)) == expected
    assert encoded(case, dialect, [data[at : at + 1] for at in range(len(data))]) == expected


@every_dialect
@pytest.mark.parametrize("case", CASES)
def test_a_recording_that_ends_after_any_event_is_told_as_far_as_it_goes_and_then_as_an_error(
    case: str, dialect: str
) -> None:
    expected, pieces = (FOLDER / case / dialect).read_bytes(), events(recording(case))
    for count in range(len(pieces)):
        encoder = encoder_of(case, dialect)
        sent = opened(fed(encoder, pieces[:count]))
        assert expected.startswith(sent)
        if encoder.verdict is None:
            end = encoder.finish()
            is_whole = b'"stopReason"' in b"".join(pieces[:count])
            assert encoder.verdict is not None
            is_told = is_whole and (case not in UNTELLABLE or dialect == "native.bin")
            assert (encoder.verdict.error is None) == is_told
            assert (b"the answer is incomplete" in end) != is_whole


@pytest.mark.parametrize("case", [*WHOLE, *UNTELLABLE])
def test_a_whole_recording_passes_through_the_native_dialect_untouched(case: str) -> None:
    assert (FOLDER / case / "native.bin").read_bytes() == recording(case)


# Natively a payload is the client's to read, and to fail on.
@pytest.mark.parametrize("case", [case for case in BROKEN if case != "broken-by-unreadable-json"])
def test_a_broken_recording_ends_natively_in_a_frame_that_botocore_raises(case: str) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data((FOLDER / case / "native.bin").read_bytes())
    *_, last = buffer
    assert last.headers[":message-type"] in ("exception", "error")
    assert buffer._data == b""


@pytest.mark.parametrize("dialect", ENDS)
@pytest.mark.parametrize("case", CASES)
def test_only_a_whole_reply_ends_as_clients_expect_the_end(case: str, dialect: str) -> None:
    encoder = encoder_of(case, dialect)
    sent = fed(encoder, [recording(case)])
    sent += encoder.finish() if encoder.verdict is None else b""
    assert encoder.verdict is not None
    assert (encoder.verdict.error is None) == (case in WHOLE)
    assert len(re.findall(ENDS[dialect], sent)) == (case in WHOLE)


def test_every_folder_is_a_case_and_every_file_is_compared() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {f"{case}/{name}" for case in CASES for name in ("recording.bin", *ENCODERS)}
