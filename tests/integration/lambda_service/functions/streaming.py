"""A function for the streaming runtime: waits for files between the pieces of its answer."""

import time
from pathlib import Path

from streaming_runtime import StreamResponse


def handler(event, context):
    gates = event.get("queryStringParameters", {}).get("gates", "")
    return StreamResponse(200, {"content-type": "text/plain"}, ["a=b"], body(gates.split(",") if gates else []))


def body(gates):
    yield b"first;"
    for gate in gates:
        while not Path(gate).exists():
            time.sleep(0.005)
        yield gate.rpartition("/")[2].encode() + b";"


def fails_late(event, context):
    def failing():
        yield b"first;"
        raise ValueError("mid-stream")

    return StreamResponse(200, {}, [], failing())
