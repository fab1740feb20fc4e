"""The dialects' stream encoders, with every id and time fixed, by the name of the file they are held against."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson
from gateway.converse import capsule
from gateway.dialects.anthropic_messages.ending import ReplyForm as MessageForm
from gateway.dialects.anthropic_messages.reply import message
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import ConverseWitness
from gateway.dialects.openai_chat.reply import ReplyForm as ChatForm
from gateway.dialects.openai_chat.reply import completion
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.openai_responses.reply import ReplyForm as ResponseForm
from gateway.dialects.openai_responses.reply import ResponseHead
from gateway.dialects.openai_responses.request import read_request
from gateway.dialects.openai_responses.stream import ResponseStream
from gateway.dialects.openai_responses.writer import response
from gateway.dialects.stream import StreamEncoder

type Json = dict[str, Any]

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
CREATED = 1_700_000_000


def no_fetch(url: str, path: str) -> tuple[str, str]:
    raise AssertionError(f"{path} names no file, and {url} is none")


RESPONSE = ResponseHead(
    "resp_golden", CREATED, MODEL, read_request(orjson.dumps({"model": MODEL, "input": "Hello"}), {}, no_fetch).echo
)


def chat(answer_tool: str, *, include_usage: bool) -> ChatStream:
    return ChatStream(
        reply_id="chatcmpl-golden",
        created=CREATED,
        model=MODEL,
        include_usage=include_usage,
        form=ChatForm(answer_tool=answer_tool),
    )


def responses(answer_tool: str) -> ResponseStream:
    return ResponseStream(RESPONSE, ResponseForm(answer_tool=answer_tool))


def messages(answer_tool: str) -> MessagesStream:
    form = MessageForm(answer_tool=answer_tool)
    return MessagesStream(reply_id="msg_golden", model=MODEL, request_id="request-golden", form=form)


# Each is told the tool whose input is the answer, if there is one.
ENCODERS: Mapping[str, Callable[[str], StreamEncoder]] = {
    "native.bin": lambda _: NativeStream(ConverseWitness()),
    "openai_chat.sse": partial(chat, include_usage=False),
    "openai_chat_with_usage.sse": partial(chat, include_usage=True),
    "openai_responses.sse": responses,
    "anthropic_messages.sse": messages,
}
# What shows in each that the reply is whole.
ENDS: Mapping[str, bytes] = {
    "openai_chat.sse": rb"data: \[DONE\]\n\n$",
    "openai_chat_with_usage.sse": rb"data: \[DONE\]\n\n$",
    "openai_responses.sse": rb"event: response\.(completed|incomplete)\ndata: .*\n\n$",
    "anthropic_messages.sse": rb"event: message_stop\ndata: .*\n\n$",
}
# What each says of a Converse reply that came whole, and of the tool whose input is the answer.
TELLERS: Mapping[str, Callable[[Json, str], Json]] = {
    "openai_chat.json": lambda reply, answer_tool: completion(
        reply, reply_id="chatcmpl-golden", created=CREATED, model=MODEL, form=ChatForm(answer_tool=answer_tool)
    ),
    "openai_responses.json": lambda reply, answer_tool: response(
        reply, RESPONSE, ResponseForm(answer_tool=answer_tool)
    ),
    "anthropic_messages.json": lambda reply, answer_tool: message(
        reply, reply_id="msg_golden", model=MODEL, form=MessageForm(answer_tool=answer_tool)
    ),
}
_SEALED = re.compile(rb'(_slr1_|"encrypted_content":")([0-9a-f]{8}[\w-]+)')


def opened(data: bytes) -> bytes:
    """Return the bytes with reasoning that they carry compressed in readable form: not every zlib gives the same."""

    def readable(found: re.Match[bytes]) -> bytes:
        blocks = orjson.dumps(capsule.unseal(found[2].decode())).decode()
        # It stands inside of a JSON string.
        return found[1] + orjson.dumps(blocks)[1:-1]

    return _SEALED.sub(readable, data)
