"""Streams as Bedrock sends them, made by the emulator's encoder, which shares no code with the gateway's reader."""

from itertools import pairwise

from sluice_local.bedrock_runtime.frames import encode_frame, error_frame, event_frame, exception_frame
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import Wait
from sluice_local.bedrock_runtime.schedule import encode_step

USAGE = blocks.usage(12, 3, 4, 2)


def event(name, payload):
    """Return one event's frame."""
    return event_frame(name, payload)


def text(index, *pieces):
    """Return a text block's frames: no start, as in a real stream."""
    return [event(step.type, step.payload) for step in blocks.text(index, pieces)]


def delta(index, content):
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": content})


def block_start(index, content):
    return event("contentBlockStart", {"contentBlockIndex": index, "start": content})


def block_stop(index):
    return event("contentBlockStop", {"contentBlockIndex": index})


START = event("messageStart", {"role": "assistant"})
STOP = event("messageStop", {"stopReason": "end_turn"})
METADATA = event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 7}})
PLAIN = [START, *text(0, "Hel", "lo"), STOP, METADATA]
THROTTLED = exception_frame("throttlingException", {"message": "Too many tokens, please wait."})
UNMODELLED = error_frame("InternalFailure", "An internal server error occurred")
NOT_AN_EVENT = encode_frame([(":message-type", "event"), (":event-type", "novelty")], b'{"p":"abc"}')


def library(name):
    """Return a library scenario of the emulator's as frames, without its pauses."""
    return [encode_step(step) for step in library_scenario(name).steps if not isinstance(step, Wait)]


def cuts(data, *positions):
    """Split bytes at the given positions."""
    return [data[start:end] for start, end in pairwise((0, *positions, len(data)))]


def every_cut(data):
    """Yield the bytes whole, in two pieces cut at every byte, and byte by byte."""
    yield [data]
    for position in range(1, len(data)):
        yield cuts(data, position)
    yield [data[at : at + 1] for at in range(len(data))]
