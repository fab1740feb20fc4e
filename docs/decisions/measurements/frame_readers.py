"""CPU time for each event of a ConverseStream reply, in botocore and in the gateway's readers (decision 6).

.venv/bin/python docs/decisions/measurements/frame_readers.py
"""

import statistics
import time
from collections.abc import Callable

import botocore.session
from botocore.eventstream import EventStream, EventStreamBuffer
from botocore.parsers import EventStreamJSONParser
from gateway.bedrock.eventstream import FrameReader, encode_frame
from gateway.bedrock.grammar import GrammarReader

EVENTS = 5_000
ROUNDS = 9
READ = 4_096
HEADERS = {":event-type": "contentBlockDelta", ":content-type": "application/json", ":message-type": "event"}
PAYLOAD = b'{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcdefghijkl"}'
STREAM = encode_frame(HEADERS, PAYLOAD) * EVENTS
READS = [STREAM[start : start + READ] for start in range(0, len(STREAM), READ)]

MODEL = botocore.session.get_session().get_service_model("bedrock-runtime")
SHAPE = MODEL.operation_model("ConverseStream").output_shape.members["stream"]


class Reads:
    """What EventStream wants of a urllib3 response."""

    def stream(self) -> list[bytes]:
        return READS


def botocore_stream() -> int:
    return sum(1 for _ in EventStream(Reads(), SHAPE, EventStreamJSONParser(), "ConverseStream"))


def botocore_frames() -> int:
    buffer, count = EventStreamBuffer(), 0
    for data in READS:
        buffer.add_data(data)
        count += sum(1 for _ in buffer)
    return count


def own_frames() -> int:
    reader = FrameReader()
    return sum(len(reader.feed(data)[1]) for data in READS)


def own_events() -> int:
    reader = GrammarReader()
    # A start of the message and of its text block come on top.
    return sum(len(reader.feed(data)) for data in READS) - 2


def microseconds(read: Callable[[], int]) -> float:
    started = time.process_time()
    count = read()
    elapsed = time.process_time() - started
    assert count == EVENTS, f"{read.__name__} saw {count} of {EVENTS} events"
    return elapsed / EVENTS * 1e6


def main() -> None:
    cases = (botocore_stream, botocore_frames, own_frames, own_events)
    rounds = [[microseconds(read) for read in cases] for _ in range(ROUNDS)]
    for read, figures in zip(cases, zip(*rounds, strict=True), strict=True):
        print(f"{read.__name__:16} {statistics.median(figures):6.2f} µs")


if __name__ == "__main__":
    main()
