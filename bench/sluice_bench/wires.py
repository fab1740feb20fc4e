"""The wire formats that are measured: what is asked, when the first token is there, and whether a stream is whole."""

import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PROMPT = "Tell me about the sea."
_LENGTHS = struct.Struct("!II")


class IncompleteStream(Exception):
    """A stream that lacks something; every figure of a run with one is worthless."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire format. `first_token` finds the first delta in the bytes so far; `count` returns a whole stream's deltas.

    `count` raises `IncompleteStream`.
    """

    name: str
    path: Callable[[str], str]
    body: Callable[[str], object]
    first_token: re.Pattern[bytes]
    count: Callable[[bytes], int]

    def payload(self, model: str) -> bytes:
        """Encode the body of the request that asks `model` for a stream."""
        return json.dumps(self.body(model)).encode()

    def request(self, model: str, headers: Mapping[str, str]) -> bytes:
        """Encode the request."""
        body = self.payload(model)
        lines = (f"POST {self.path(model)} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()))
        return "\r\n".join((*lines, f"content-length: {len(body)}", "", "")).encode() + body


def count_frames(stream: bytes) -> int:
    """Count the deltas of a ConverseStream reply that ends as one should: in messageStop and metadata."""
    types = []
    position = 0
    while position + 12 <= len(stream):
        total, headers = _LENGTHS.unpack_from(stream, position)
        block = stream[position + 12 : position + 12 + headers]
        match = re.search(rb":event-type\x07..(\w+)", block, re.DOTALL)
        types.append(match[1] if match else b"")
        position += total
    if position != len(stream):
        raise IncompleteStream("it ends inside a frame")
    if types[-2:] != [b"messageStop", b"metadata"]:
        raise IncompleteStream(f"it ends in {types[-2:]}")
    return types.count(b"contentBlockDelta")


def count_chunks(stream: bytes) -> int:
    """Count the pieces of text of a chat completion that ends as one should: in a finish reason and `[DONE]`."""
    *lines, end = stream.split(b"\n\n")
    if end or lines[-1:] != [b"data: [DONE]"]:
        raise IncompleteStream("it does not end in [DONE]")
    choices = [json.loads(line.removeprefix(b"data: "))["choices"] for line in lines[:-1]]
    if [choice["finish_reason"] for [choice] in choices if choice["finish_reason"]] != ["stop"]:
        raise IncompleteStream("it has no finish reason, or several")
    return sum(bool(choice["delta"].get("content")) for [choice] in choices)


def count_events(stream: bytes) -> int:
    """Count the pieces of text of an Anthropic message that ends as one should: in a stop reason and `message_stop`."""
    *events, end = stream.split(b"\n\n")
    if end:
        raise IncompleteStream("it ends inside an event")
    data = [json.loads(event.partition(b"\ndata: ")[2]) for event in events]
    types = [event["type"] for event in data]
    if types[-3:] != ["content_block_stop", "message_delta", "message_stop"]:
        raise IncompleteStream(f"it ends in {types[-3:]}")
    if data[-2]["delta"]["stop_reason"] != "end_turn":
        raise IncompleteStream("it has no stop reason")
    return types.count("content_block_delta")


NATIVE = Wire(
    name="native",
    path=lambda model: f"/model/{model}/converse-stream",
    body=lambda _: {"messages": [{"role": "user", "content": [{"text": _PROMPT}]}]},
    first_token=re.compile(rb"contentBlockDelta"),
    count=count_frames,
)
OPENAI = Wire(
    name="openai",
    path=lambda _: "/v1/chat/completions",
    body=lambda model: {"model": model, "stream": True, "messages": [{"role": "user", "content": _PROMPT}]},
    first_token=re.compile(rb'"content":\s?"[^"]'),
    count=count_chunks,
)
ANTHROPIC = Wire(
    name="anthropic",
    path=lambda _: "/v1/messages",
    body=lambda model: {
        "model": model,
        "max_tokens": 1024,
        "stream": True,
        "messages": [{"role": "user", "content": _PROMPT}],
    },
    first_token=re.compile(rb'"text_delta",\s?"text":\s?"[^"]'),
    count=count_events,
)
WIRES = {wire.name: wire for wire in (NATIVE, OPENAI, ANTHROPIC)}
