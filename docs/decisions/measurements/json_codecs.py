"""Time to read a delta's payload, and to write its text and a whole chunk, with json and with orjson (decision 18).

.venv/bin/python docs/decisions/measurements/json_codecs.py
"""

import json
import timeit
from types import ModuleType

import orjson

PAYLOAD = b'{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcdefghijkl"}'
CHOICE = {"index": 0, "delta": {"content": "Hello"}, "logprobs": None, "finish_reason": None}
CHUNK = {"id": "chatcmpl-" + "a" * 32, "object": "chat.completion.chunk", "created": 1, "model": "m"}
TIMES = 100_000


def microseconds(codec: ModuleType, statement: str) -> float:
    names = {"codec": codec, "payload": PAYLOAD, "chunk": {**CHUNK, "choices": [CHOICE]}}
    return min(timeit.repeat(statement, number=TIMES, repeat=7, globals=names)) / TIMES * 1e6


def main() -> None:
    for statement in ("codec.loads(payload)", "codec.dumps('Hello')", "codec.dumps(chunk)"):
        standard, ours = (microseconds(codec, statement) for codec in (json, orjson))
        print(f"{statement:22} json {standard:5.2f} µs   orjson {ours:5.2f} µs")


if __name__ == "__main__":
    main()
