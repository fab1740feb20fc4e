"""The floor: about the least that a streaming relay in Python can do, as a Lambda runtime of the standard library only.

It relays ConverseStream as it comes and translates Chat Completions and Messages, with what is the same in every event
encoded once. It checks nothing, knows no keys, signs nothing, logs nothing and believes that nothing ever breaks: a
yardstick, not a gateway. It runs as a script, in an environment of the function URL's emulator.
"""

import json
import os
import struct
from base64 import b64decode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

RUNTIME = "/2018-06-01/runtime/invocation"
READ_SIZE = 65_536
LENGTHS = struct.Struct("!II")

type Json = dict[str, Any]


def run() -> None:
    """Take invocations for ever."""
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    upstream = HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]).netloc)
    while True:
        # AWS wants the connection of a streamed answer closed, so each invocation has its own.
        api = HTTPConnection(address)
        api.request("GET", f"{RUNTIME}/next")
        invocation = api.getresponse()
        answer(json.loads(invocation.read()), invocation.headers["Lambda-Runtime-Aws-Request-Id"], api, upstream)
        api.close()


def answer(event: Json, request_id: str, api: HTTPConnection, upstream: HTTPConnection) -> None:
    """Answer one request, and have the Runtime API accept the answer."""
    body = b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    content_type = "text/event-stream"
    if event["rawPath"] == "/v1/chat/completions":
        pieces = translated(json.loads(body), ChatCompletion(request_id, json.loads(body)["model"]), upstream)
    elif event["rawPath"] == "/v1/messages":
        pieces = translated(json.loads(body), Message(request_id, json.loads(body)["model"]), upstream)
    else:
        content_type, pieces = "application/vnd.amazon.eventstream", relayed(event["rawPath"], body, upstream)
    api.putrequest("POST", f"{RUNTIME}/{request_id}/response")
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.putheader("Transfer-Encoding", "chunked")
    api.putheader("Content-Type", "application/vnd.awslambda.http-integration-response")
    api.endheaders()
    head = {"statusCode": 200, "headers": {"content-type": content_type}, "cookies": []}
    send_chunk(api, json.dumps(head).encode() + b"\0" * 8)
    for piece in pieces:
        send_chunk(api, piece)
    api.send(b"0\r\n\r\n")
    api.getresponse().read()


def send_chunk(api: HTTPConnection, data: bytes) -> None:
    """Send one chunk."""
    api.send(b"%x\r\n%b\r\n" % (len(data), data))


def ask(upstream: HTTPConnection, path: str, body: bytes) -> HTTPResponse:
    """Ask Bedrock, whose emulator takes a bearer token too."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ['AWS_BEARER_TOKEN_BEDROCK']}"}
    upstream.request("POST", path, body, headers)
    response = upstream.getresponse()
    if response.status != 200:
        raise SystemExit(f"the upstream answered {response.status}: {response.read().decode()}")
    return response


def relayed(path: str, body: bytes, upstream: HTTPConnection) -> Iterator[bytes]:
    """Yield Bedrock's stream as it comes."""
    response = ask(upstream, path, body)
    while data := response.read1(READ_SIZE):
        yield data


def translated(request: Json, dialect: "ChatCompletion | Message", upstream: HTTPConnection) -> Iterator[bytes]:
    """Yield Bedrock's stream as a dialect's server-sent events."""
    before, after = dialect.text("@").split(b'"@"')
    response = ask(upstream, f"/model/{request['model']}/converse-stream", json.dumps(converse(request)).encode())
    buffer = bytearray()
    while data := response.read1(READ_SIZE):
        buffer += data
        out = []
        for event_type, payload in frames(buffer):
            if b"contentBlockDelta" in event_type:
                text = json.loads(payload)["delta"]["text"]
                out.append(b"%b%b%b" % (before, json.dumps(text).encode(), after))
            elif b"messageStart" in event_type:
                out.append(dialect.start())
            elif b"metadata" in event_type:
                out.append(dialect.end(json.loads(payload)["usage"]))
        if out:
            yield b"".join(out)


class ChatCompletion:
    """OpenAI's chunks."""

    def __init__(self, reply_id: str, model: str) -> None:
        self.head = {"id": f"chatcmpl-{reply_id}", "object": "chat.completion.chunk", "created": 0, "model": model}

    def start(self) -> bytes:
        """Return the first chunk."""
        return self.chunk({"role": "assistant", "content": ""})

    def text(self, text: str) -> bytes:
        """Return the chunk of a piece of text."""
        return self.chunk({"content": text})

    def end(self, usage: Json) -> bytes:
        """Return the last chunk and the end's mark."""
        counted = {
            "prompt_tokens": usage["inputTokens"],
            "completion_tokens": usage["outputTokens"],
            "total_tokens": usage["totalTokens"],
        }
        return self.chunk({}, "stop", usage=counted) + b"data: [DONE]\n\n"

    def chunk(self, delta: Json, finish_reason: str | None = None, **more: Json) -> bytes:
        """Encode a chunk."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return b"data: %b\n\n" % encoded({**self.head, "choices": [choice], **more})


class Message:
    """Anthropic's events."""

    def __init__(self, reply_id: str, model: str) -> None:
        self.message = {"id": f"msg_{reply_id}", "type": "message", "role": "assistant", "model": model, "content": []}

    def start(self) -> bytes:
        """Return the first event, and the start of the only block."""
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return self.event("message_start", message=self.message) + self.event("content_block_start", **block)

    def text(self, text: str) -> bytes:
        """Return the event of a piece of text."""
        return self.event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def end(self, usage: Json) -> bytes:
        """Return the last events."""
        counted = {"input_tokens": usage["inputTokens"], "output_tokens": usage["outputTokens"]}
        return (
            self.event("content_block_stop", index=0)
            + self.event("message_delta", delta={"stop_reason": "end_turn"}, usage=counted)
            + self.event("message_stop")
        )

    def event(self, event_type: str, **members: object) -> bytes:
        """Encode an event."""
        return b"event: %b\ndata: %b\n\n" % (event_type.encode(), encoded({"type": event_type, **members}))


def frames(buffer: bytearray) -> Iterator[tuple[bytearray, bytearray]]:
    """Take the whole frames off the buffer: the headers, unread, and the payload."""
    while len(buffer) >= 12:
        total, headers = LENGTHS.unpack_from(buffer)
        if len(buffer) < total:
            return
        yield buffer[12 : 12 + headers], buffer[12 + headers : total - 4]
        del buffer[:total]


def converse(request: Json) -> Json:
    """Turn a chat of texts into a Converse request."""
    return {
        "messages": [
            {"role": message["role"], "content": [{"text": message["content"]}]} for message in request["messages"]
        ]
    }


def encoded(value: Json) -> bytes:
    """Encode JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


if __name__ == "__main__":
    run()
