"""The dialects' stream encoders, with every id and time fixed, by the name of the file they are held against."""

from collections.abc import Callable, Mapping

from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import ConverseWitness
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.stream import StreamEncoder

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
CREATED = 1_700_000_000


def chat(*, include_usage: bool) -> ChatStream:
    return ChatStream(reply_id="chatcmpl-golden", created=CREATED, model=MODEL, include_usage=include_usage)


ENCODERS: Mapping[str, Callable[[], StreamEncoder]] = {
    "native.bin": lambda: NativeStream(ConverseWitness()),
    "openai_chat.sse": lambda: chat(include_usage=False),
    "openai_chat_with_usage.sse": lambda: chat(include_usage=True),
    "anthropic_messages.sse": lambda: MessagesStream(reply_id="msg_golden", model=MODEL, request_id="request-golden"),
}
