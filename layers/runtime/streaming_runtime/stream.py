"""Posts an answer while its body is drawn, in chunked coding with Lambda's error trailers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from streaming_runtime.answer import Answer
from streaming_runtime.failure import BODY_TRAILER, TYPE_TRAILER, Failure
from streaming_runtime.marshaller import OpenedStream
from streaming_runtime.runtime_api import Connection

# How often, in seconds, a stream looks whether it has been refused meanwhile. A look is a system call, which a fast
# body would feel at each of its items.
LOOK_INTERVAL: Final = 0.1

STREAMING_HEADERS: Final = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Trailer": f"{TYPE_TRAILER}, {BODY_TRAILER}",
}
_LAST_CHUNK: Final = b"0\r\n"
_END: Final = _LAST_CHUNK + b"\r\n"


def post_stream(
    connection: Connection, path: str, headers: Mapping[str, str], stream: OpenedStream, invoke_id: str
) -> Answer:
    """Send head, prelude and first item at once, then each item as soon as it is drawn, and return the answer.

    A body that fails is logged and ends in trailers. A Runtime API that answers or hangs up before the end ends the
    drawing; a chunked message that is open is ended in any case, unless the connection is lost.
    """
    # What fails here is the connection, never the body: an early refusal is told by the answer.
    with suppress(OSError):
        head = connection.head("POST", path, {**STREAMING_HEADERS, **headers})
        connection.send(head + _chunk(stream.prelude + stream.first))
        connection.send(_send_rest(connection, stream, invoke_id))
    return connection.answer()


def _send_rest(connection: Connection, stream: OpenedStream, invoke_id: str) -> bytes:
    """Send what the body still yields, and return what ends the message."""
    send, draw, clock = connection.send, stream.body.draw, time.monotonic
    next_look = clock() + LOOK_INTERVAL
    while True:
        try:
            data = draw()
        except Exception as error:  # noqa: BLE001 - whatever the body raises is the client's to know
            failure = Failure(error, invoke_id)
            failure.log()
            return _LAST_CHUNK + failure.trailers()
        if not data:
            return _END
        send(_chunk(data))
        if (now := clock()) >= next_look:
            if connection.is_answered():
                return _END
            next_look = now + LOOK_INTERVAL


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
